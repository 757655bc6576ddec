/* Basal, switched-off pumps, clock changes and boluses: a row for each sentence about them in sync-rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "document_row.h"

static const struct row basal_rows[] = {
    ROW("a basal lasts until the next one, the last until the newest record",
        "279 10 00:01:00 {'commandedRate':1279," ALGORITHM
        "279 40 00:06:00 {'commandedRate':1000,'commandedRateSource':1}\n"
        "3 90 00:20:30\n",
        BASAL("00:01:00", "10", "1.279", "5", "Algorithm") BASAL("00:06:00", "40", "1", "14.5", "Profile")),
    ROW("every source has its name, an unknown one its number, a missing one none",
        "279 10 00:00:00 {'commandedRate':0,'commandedRateSource':0}\n"
        "279 20 00:05:00 {'commandedRate':1,'commandedRateSource':2}\n"
        "279 30 00:10:00 {'commandedRate':15000,'commandedRateSource':4}\n"
        "279 40 00:15:00 {'commandedRate':50,'commandedRateSource':9}\n"
        "279 50 00:20:00 {'commandedRate':500}\n",
        BASAL("00:00:00", "10", "0", "5", "Suspended") BASAL("00:05:00", "20", "0.001", "5", "TempRate")
            BASAL("00:10:00", "30", "15", "5", "TempRateAndAlgorithm")
                BASAL("00:15:00", "40", "0.05", "5", "9")
                    MADE("Temp Basal", "00:20:00", "50") ",'rate':0.5,'absolute':0.5,'duration':5}\n"),
    ROW("durations are exact minutes",
        "279 10 00:00:00 {'commandedRate':100," ALGORITHM "279 40 00:06:41 {'commandedRate':100," ALGORITHM,
        BASAL("00:00:00", "10", "0.1", "6.683333333333334", "Algorithm")
            BASAL("00:06:41", "40", "0.1", "5", "Algorithm")),
    ROW("the last one lasts 5 minutes at least",
        "279 10 00:01:00 {'commandedRate':100," ALGORITHM "3 11 00:02:00\n",
        BASAL("00:01:00", "10", "0.1", "5", "Algorithm")),
    ROW("but never past now", "279 10 11:58:00 {'commandedRate':100," ALGORITHM "3 20 12:10:00\n",
        BASAL("11:58:00", "10", "0.1", "2", "Algorithm")),
    ROW("and not less than nothing", "279 10 12:10:00 {'commandedRate':100," ALGORITHM,
        BASAL("12:10:00", "10", "0.1", "0", "Algorithm")),
    ROW("one out of bounds is left out and still ends the one before",
        "279 10 00:00:00 {'commandedRate':100," ALGORITHM "279 20 00:05:00 {'commandedRate':65535," ALGORITHM
        "279 30 00:10:00 {'commandedRate':300," ALGORITHM,
        BASAL("00:00:00", "10", "0.1", "5", "Algorithm") BASAL("00:10:00", "30", "0.3", "5", "Algorithm")),
    ROW("one without properties is left out and still ends the one before",
        "279 10 00:00:00 {'commandedRate':100," ALGORITHM "279 20 00:05:00 'garbage'\n"
        "279 30 00:10:00 {'commandedRate':300," ALGORITHM,
        BASAL("00:00:00", "10", "0.1", "5", "Algorithm") BASAL("00:10:00", "30", "0.3", "5", "Algorithm")),
    ROW("one whose time is unknown ends the one before after 5 minutes",
        "279 10 00:00:00 {'commandedRate':100," ALGORITHM "279 20 null {'commandedRate':200," ALGORITHM
        "279 30 2008-01-01T00:00:09 {'commandedRate':200," ALGORITHM
        "279 40 00:10:00 {'commandedRate':300," ALGORITHM,
        BASAL("00:00:00", "10", "0.1", "5", "Algorithm") BASAL("00:10:00", "40", "0.3", "5", "Algorithm")),
    ROW("below 0.01 U/h there is none on demand, and the one before ends all the same",
        "279 10 00:00:00 {'commandedRate':100," ALGORITHM "279 20 00:05:00 {'commandedRate':9," ALGORITHM
        "279 30 00:10:00 {'commandedRate':10," ALGORITHM,
        BASAL("00:00:00", "10", "0.1", "5", "Algorithm") BASAL("00:10:00", "30", "0.01", "5", "Algorithm"),
        .ignore_zero_unit_basal = true),
    ROW("the order is that of the sequence, whatever the clock says",
        "279 30 00:10:00 {'commandedRate':300," ALGORITHM "279 9/1 00:15:00 {'commandedRate':400," ALGORITHM
        "279 10 00:00:00 {'commandedRate':100," ALGORITHM "279 20 00:05:00 {'commandedRate':200," ALGORITHM,
        BASAL("00:00:00", "10", "0.1", "5", "Algorithm") BASAL("00:05:00", "20", "0.2", "5", "Algorithm")
            BASAL("00:10:00", "30", "0.3", "5", "Algorithm") BASAL("00:15:00", "9", "0.4", "5", "Algorithm")),
    ROW("a clock that was set back leaves 5 minutes",
        "279 10 02:00:00 {'commandedRate':100," ALGORITHM "279 20 01:03:00 {'commandedRate':200," ALGORITHM
        "279 30 01:08:00 {'commandedRate':300," ALGORITHM,
        BASAL("02:00:00", "10", "0.1", "5", "Algorithm") BASAL("01:03:00", "20", "0.2", "5", "Algorithm")
            BASAL("01:08:00", "30", "0.3", "5", "Algorithm")),
    ROW("two in one second: the first lasts no time",
        "279 10 00:00:00 {'commandedRate':100," ALGORITHM "279 11 00:00:00 {'commandedRate':200," ALGORITHM
        "279 30 00:05:00 {'commandedRate':300," ALGORITHM,
        BASAL("00:00:00", "10", "0.1", "0", "Algorithm") BASAL("00:00:00", "11", "0.2", "5", "Algorithm")
            BASAL("00:05:00", "30", "0.3", "5", "Algorithm")),
    ROW("only with BASAL", "279 10 00:00:00 {'commandedRate':100," ALGORITHM, "", ALL & ~FEATURE_BASAL),
};

/* Off from 00:03 to 02:00. */
#define BEFORE_OFF "279 10 00:00:00 {'commandedRate':100," ALGORITHM
#define LAST_ON    "3 11 00:03:00\n"
#define FIRST_ON   "3 12 02:00:00\n"
#define AFTER_OFF  "279 13 02:01:00 {'commandedRate':200," ALGORITHM
#define OFF_DOCUMENTS                                                                                        \
    BASAL("00:00:00", "10", "0.1", "3", "Algorithm")                                                         \
    BASAL("02:01:00", "13", "0.2", "5", "Algorithm")

static const struct row off_rows[] = {
    ROW("adjoining numbers over 15 minutes apart: the pump was off", BEFORE_OFF LAST_ON FIRST_ON AFTER_OFF,
        OFF_DOCUMENTS),
    ROW("in descending order too", AFTER_OFF FIRST_ON LAST_ON BEFORE_OFF, OFF_DOCUMENTS),
    ROW("in any order", LAST_ON AFTER_OFF BEFORE_OFF FIRST_ON, OFF_DOCUMENTS),
    ROW("without a basal behind it", BEFORE_OFF LAST_ON FIRST_ON,
        BASAL("00:00:00", "10", "0.1", "3", "Algorithm")),
    ROW("the basal's own record may be the last one",
        BEFORE_OFF "279 11 02:01:00 {'commandedRate':200," ALGORITHM,
        BASAL("00:00:00", "10", "0.1", "0", "Algorithm") BASAL("02:01:00", "11", "0.2", "5", "Algorithm")),
    ROW("15 minutes are no gap", BEFORE_OFF "279 11 00:15:00 {'commandedRate':200," ALGORITHM,
        BASAL("00:00:00", "10", "0.1", "15", "Algorithm") BASAL("00:15:00", "11", "0.2", "5", "Algorithm")),
    ROW("numbers that do not adjoin tell nothing",
        BEFORE_OFF "279 12 02:00:00 {'commandedRate':200," ALGORITHM,
        BASAL("00:00:00", "10", "0.1", "120", "Algorithm") BASAL("02:00:00", "12", "0.2", "5", "Algorithm")),
    ROW("across a change of group as well",
        BEFORE_OFF LAST_ON "279 4/1 02:01:00 {'commandedRate':200," ALGORITHM,
        BASAL("00:00:00", "10", "0.1", "3", "Algorithm") BASAL("02:01:00", "4", "0.2", "5", "Algorithm")),
    ROW("a change of group alone is no silence",
        BEFORE_OFF "279 4/1 00:05:00 {'commandedRate':200," ALGORITHM,
        BASAL("00:00:00", "10", "0.1", "5", "Algorithm") BASAL("00:05:00", "4", "0.2", "5", "Algorithm")),
    ROW("a hole in the numbers behind a shutdown; records whose clock was lost are no sign of life",
        BEFORE_OFF
        "5 20 00:01:20 {'alarmId':12}\n3 21 00:01:20 {'changeType':[6]}\n3 30 2008-01-01T00:00:10\n"
        "3 31 2008-01-01T00:00:20\n279 40 02:31:00 {'commandedRate':200," ALGORITHM,
        BASAL("00:00:00", "10", "0.1", "1.3333333333333333", "Algorithm")
            BASAL("02:31:00", "40", "0.2", "5", "Algorithm"),
        FEATURE_BASAL),
    ROW("either of the two tells",
        BEFORE_OFF "3 21 00:01:20 {'changeType':64}\n"
                   "279 40 02:31:00 {'commandedRate':200," ALGORITHM,
        BASAL("00:00:00", "10", "0.1", "1.3333333333333333", "Algorithm")
            BASAL("02:31:00", "40", "0.2", "5", "Algorithm")),
    ROW("with nothing behind it", BEFORE_OFF "5 21 00:01:20 {'alarmId':12}\n4 40 02:31:00\n",
        BASAL("00:00:00", "10", "0.1", "1.3333333333333333", "Algorithm"), FEATURE_BASAL),
    ROW("another alarm is no shutdown",
        BEFORE_OFF "5 21 00:01:20 {'alarmId':2}\n3 22 00:01:30 {'changeType':[4]}\n"
                   "279 40 02:31:00 {'commandedRate':200," ALGORITHM,
        BASAL("00:00:00", "10", "0.1", "151", "Algorithm") BASAL("02:31:00", "40", "0.2", "5", "Algorithm"),
        FEATURE_BASAL),
    ROW("nor is one that the pump outlived",
        BEFORE_OFF
        "5 11 00:01:20 {'alarmId':12}\n4 12 00:06:30\n279 40 02:31:00 {'commandedRate':200," ALGORITHM,
        BASAL("00:00:00", "10", "0.1", "151", "Algorithm") BASAL("02:31:00", "40", "0.2", "5", "Algorithm"),
        FEATURE_BASAL),
    ROW("unless that took it no more than five minutes",
        BEFORE_OFF
        "5 11 00:01:20 {'alarmId':12}\n4 12 00:06:20\n279 40 02:31:00 {'commandedRate':200," ALGORITHM,
        BASAL("00:00:00", "10", "0.1", "6.333333333333333", "Algorithm")
            BASAL("02:31:00", "40", "0.2", "5", "Algorithm"),
        FEATURE_BASAL),
    ROW("a record with a lost clock lies between",
        BEFORE_OFF LAST_ON "3 12 2008-01-01T00:00:07\n"
                           "279 13 02:01:00 {'commandedRate':200," ALGORITHM,
        OFF_DOCUMENTS),
    ROW("a record with a lost clock lies between, in descending order",
        "279 13 02:01:00 {'commandedRate':200," ALGORITHM "3 12 2008-01-01T00:00:07\n" LAST_ON BEFORE_OFF,
        OFF_DOCUMENTS),
    ROW("a record without a time lies between",
        BEFORE_OFF LAST_ON "3 12 null\n"
                           "279 13 02:01:00 {'commandedRate':200," ALGORITHM,
        OFF_DOCUMENTS),
    ROW("a record that is no use lies between", BEFORE_OFF "20 11 00:03:00 'garbage'\n" FIRST_ON AFTER_OFF,
        OFF_DOCUMENTS),
    ROW("off twice: the first time counts",
        BEFORE_OFF LAST_ON FIRST_ON "3 13 04:00:00\n"
                                    "279 14 04:01:00 {'commandedRate':200," ALGORITHM,
        BASAL("00:00:00", "10", "0.1", "3", "Algorithm") BASAL("04:01:00", "14", "0.2", "5", "Algorithm")),
};

#define STOPPED(time, id, minutes)                                                                           \
    MADE("Basal Suspension", time, id)                                                                       \
    SAYS("UserAborted", "Suspended by the user") BASAL(time, id ",0", "0", minutes, "Suspended")

static const struct row suspension_rows[] = {
    ROW("a suspension stops the basal, minutes before the 279 says so",
        BEFORE_OFF "11 20 00:01:49 {'suspendReason':0}\n"
                   "279 30 00:04:05 {'commandedRate':0,'commandedRateSource':0}\n"
                   "279 40 00:10:05 {'commandedRate':200," ALGORITHM,
        BASAL("00:00:00", "10", "0.1", "1.8166666666666667", "Algorithm")
            STOPPED("00:01:49", "20", "2.2666666666666666") BASAL("00:04:05", "30", "0", "6", "Suspended")
                BASAL("00:10:05", "40", "0.2", "5", "Algorithm"),
        FEATURE_BASAL),
    ROW("or never does", BEFORE_OFF "11 20 00:01:49 {'suspendReason':0}\n4 50 00:31:49\n",
        BASAL("00:00:00", "10", "0.1", "1.8166666666666667", "Algorithm") STOPPED("00:01:49", "20", "30"),
        FEATURE_BASAL),
    ROW("with no basal before it",
        "11 20 00:01:49 {'suspendReason':0}\n279 40 00:11:49 {'commandedRate':200," ALGORITHM,
        STOPPED("00:01:49", "20", "10") BASAL("00:11:49", "40", "0.2", "5", "Algorithm"), FEATURE_BASAL),
    ROW("where zeros are not wanted, it still ends the one before",
        BEFORE_OFF "11 20 00:01:49 {'suspendReason':0}\n279 40 00:11:49 {'commandedRate':200," ALGORITHM,
        BASAL("00:00:00", "10", "0.1", "1.8166666666666667", "Algorithm")
            MADE("Basal Suspension", "00:01:49", "20") SAYS("UserAborted", "Suspended by the user")
                BASAL("00:11:49", "40", "0.2", "5", "Algorithm"),
        FEATURE_BASAL, .ignore_zero_unit_basal = true),
};

static const struct row clock_change_rows[] = {
    ROW("a repeated hour: the first one, unless a lower number already lies later",
        "279 10 2026-11-01T01:30:00 {'commandedRate':100," ALGORITHM "3 11 2026-11-01T01:44:00\n"
        "3 12 2026-11-01T01:58:00\n"
        "279 13 2026-11-01T01:03:00 {'commandedRate':200," ALGORITHM
        "279 40 2026-11-01T01:59:00 {'commandedRate':300," ALGORITHM
        "279 41 2026-11-01T02:04:00 {'commandedRate':400," ALGORITHM,
        BASAL_AT("2026-11-01T01:30:00-04:00", "10", "0.1", "33", "Algorithm")
            BASAL_AT("2026-11-01T01:03:00-05:00", "13", "0.2", "56", "Algorithm")
                BASAL_AT("2026-11-01T01:59:00-05:00", "40", "0.3", "5", "Algorithm")
                    BASAL_AT("2026-11-01T02:04:00-05:00", "41", "0.4", "5", "Algorithm"),
        0, "2026-11-02T00:00:00"),
    ROW("a record that nobody wants tells the passes apart",
        "279 10 2026-11-01T01:10:00 {'commandedRate':100," ALGORITHM "3 11 2026-11-01T01:22:00\n"
        "279 12 2026-11-01T01:15:00 {'commandedRate':200," ALGORITHM,
        BASAL_AT("2026-11-01T01:10:00-04:00", "10", "0.1", "12", "Algorithm")
            BASAL_AT("2026-11-01T01:15:00-05:00", "12", "0.2", "5", "Algorithm"),
        0, "2026-11-02T00:00:00"),
    ROW("a clock that nobody set back ends the basal at the last record before the jump",
        "279 10 2026-11-01T01:55:00 {'commandedRate':100," ALGORITHM "3 11 2026-11-01T01:59:00\n"
        "279 12 2026-11-01T02:00:00 {'commandedRate':200," ALGORITHM,
        BASAL_AT("2026-11-01T01:55:00-04:00", "10", "0.1", "4", "Algorithm")
            BASAL_AT("2026-11-01T02:00:00-05:00", "12", "0.2", "5", "Algorithm"),
        0, "2026-11-02T00:00:00"),
    ROW("the same in descending order",
        "279 12 2026-11-01T02:00:00 {'commandedRate':200," ALGORITHM "3 11 2026-11-01T01:59:00\n"
        "279 10 2026-11-01T01:55:00 {'commandedRate':100," ALGORITHM,
        BASAL_AT("2026-11-01T01:55:00-04:00", "10", "0.1", "4", "Algorithm")
            BASAL_AT("2026-11-01T02:00:00-05:00", "12", "0.2", "5", "Algorithm"),
        0, "2026-11-02T00:00:00"),
    ROW("over the skipped hour no pump was off",
        "279 10 2026-03-08T01:57:00 {'commandedRate':100," ALGORITHM
        "279 11 2026-03-08T03:02:00 {'commandedRate':200," ALGORITHM,
        BASAL_AT("2026-03-08T01:57:00-05:00", "10", "0.1", "5", "Algorithm")
            BASAL_AT("2026-03-08T03:02:00-04:00", "11", "0.2", "5", "Algorithm")),
    ROW("a time in the skipped hour has the offset before the change",
        "279 10 2026-03-08T01:57:00 {'commandedRate':100," ALGORITHM
        "279 11 2026-03-08T02:02:00 {'commandedRate':200," ALGORITHM,
        BASAL_AT("2026-03-08T01:57:00-05:00", "10", "0.1", "5", "Algorithm")
            BASAL_AT("2026-03-08T03:02:00-04:00", "11", "0.2", "5", "Algorithm")),
    ROW("a record before that nobody wants is enough",
        "3 10 2026-11-01T01:50:00\n"
        "12 11 2026-11-01T01:10:00\n",
        MADE_AT("Basal Resume", "2026-11-01T01:10:00-05:00", "11") WORDS("Basal resumed"), 0,
        "2026-11-02T00:00:00"),
};

#define REQUEST_1             "64 20 11:02:20 {'bolusId':15,'carbAmount':20,'bg':116,'iob':0.5}\n"
#define REQUEST_2             "65 21 11:02:20 {'bolusId':15,'options':4,'userOverride':0,'declinedCorrection':0}\n"
#define REQUEST_3             "66 22 11:02:20 {'bolusId':15,'foodBolusSize':3.33,'totalBolusSize':3.53}\n"
#define COMPLETED             "20 40 11:04:18 {'bolusId':15,'completionStatus':3,'insulinDelivered':3.53,'iob':3.53}\n"
#define GLUCOSE_FROM(source)  ",'glucose':'116','glucoseType':'" source "','units':'mg/dl'"
#define GLUCOSE               GLUCOSE_FROM("Manual")
#define BOLUS(time, id, rest) MADE("Combo Bolus", time, id) rest "}\n"

static const struct row bolus_rows[] = {
    ROW("a bolus has what was delivered and what was asked for", REQUEST_1 REQUEST_2 REQUEST_3 COMPLETED,
        BOLUS("11:04:18", "40,20,21,22",
              ",'insulin':3.53,'carbs':20" GLUCOSE ",'notes':'BLE Standard Bolus'")),
    ROW("a bolus alone", COMPLETED, BOLUS("11:04:18", "40", ",'insulin':3.53")),
    ROW("its id has those requests that exist", REQUEST_2 COMPLETED,
        BOLUS("11:04:18", "40,21", ",'insulin':3.53,'notes':'BLE Standard Bolus'")),
    ROW("no carbs and no glucose when they are 0",
        "64 20 11:02:20 {'bolusId':15,'carbAmount':0,'bg':0}\n" COMPLETED,
        BOLUS("11:04:18", "40,20", ",'insulin':3.53")),
    ROW("a glucose that cannot be is left out",
        "64 20 11:02:20 {'bolusId':15,'carbAmount':2.5,'bg':19}\n" COMPLETED,
        BOLUS("11:04:18", "40,20", ",'insulin':3.53,'carbs':2.5")),
    ROW("override and declined correction",
        "65 21 11:02:20 {'bolusId':15,'options':0,'userOverride':1,'declinedCorrection':1}\n" COMPLETED,
        BOLUS("11:04:18", "40,21",
              ",'insulin':3.53,'notes':'Standard Bolus (Override) (Declined Correction)'")),
    ROW("an unknown option is its number", "65 21 11:02:20 {'bolusId':15,'options':12}\n" COMPLETED,
        BOLUS("11:04:18", "40,21", ",'insulin':3.53,'notes':'12'")),
    ROW("requests of another bolus, another group or a later time are none",
        "64 19 11:02:20 {'bolusId':14,'carbAmount':99}\n" COMPLETED
        "64 41 11:05:00 {'bolusId':15,'carbAmount':98}\n"
        "64 1/1 11:02:20 {'bolusId':15,'carbAmount':97}\n",
        BOLUS("11:04:18", "40", ",'insulin':3.53")),
    ROW("the nearest earlier request counts",
        "64 18 10:59:00 {'bolusId':15,'carbAmount':99}\n" REQUEST_1 COMPLETED,
        BOLUS("11:04:18", "40,20", ",'insulin':3.53,'carbs':20" GLUCOSE)),
    ROW("a request 12 hours before is one, an earlier one none",
        "64 18 2026-05-13T23:04:18 {'bolusId':15,'carbAmount':20}\n"
        "65 19 2026-05-13T23:04:17 {'bolusId':15,'options':2}\n" COMPLETED,
        BOLUS("11:04:18", "40,18", ",'insulin':3.53,'carbs':20")),
    ROW("two boluses of one second",
        COMPLETED "20 41 11:04:18 {'bolusId':16,'completionStatus':3,'insulinDelivered':1}\n",
        BOLUS("11:04:18", "40", ",'insulin':3.53") BOLUS("11:04:18", "41", ",'insulin':1")),
    ROW("a part of a bolus counts, whatever ended it",
        "20 40 11:04:18 {'bolusId':15,'completionStatus':1,'insulinDelivered':0.05}\n",
        BOLUS("11:04:18", "40", ",'insulin':0.05")),
    ROW("not completed and nothing delivered: none",
        REQUEST_1 "20 40 11:04:18 {'bolusId':15,'completionStatus':0,'insulinDelivered':0}\n", ""),
    ROW("completed and nothing delivered: carbs",
        REQUEST_1 "20 40 11:04:18 {'bolusId':15,'completionStatus':3,'insulinDelivered':0}\n",
        BOLUS("11:04:18", "40,20", ",'carbs':20" GLUCOSE)),
    ROW("more than 60 U is no bolus",
        "20 40 11:04:18 {'bolusId':15,'completionStatus':3,'insulinDelivered':60.001}\n"
        "20 41 11:05:18 {'bolusId':16,'completionStatus':3,'insulinDelivered':60}\n",
        BOLUS("11:05:18", "41", ",'insulin':60")),
    ROW("less than nothing is none", "20 40 11:04:18 {'completionStatus':3,'insulinDelivered':-0.001}\n", ""),
    ROW("insulin has 3 decimals", "20 40 11:04:18 {'completionStatus':3,'insulinDelivered':0.12345}\n",
        BOLUS("11:04:18", "40", ",'insulin':0.123")),
    ROW("an extended part with its first part: insulin alone, in the middle of its time",
        REQUEST_1 REQUEST_2 REQUEST_3 COMPLETED
        "21 60 11:34:18 {'bolusId':15,'completionStatus':3,'insulinDelivered':1.2}\n",
        BOLUS("11:04:18", "40,20,21,22", ",'insulin':3.53,'carbs':20" GLUCOSE ",'notes':'BLE Standard Bolus'")
            BOLUS("11:19:18", "60", ",'insulin':1.2,'notes':'Extended Bolus'")),
    ROW("in equal parts of 30 minutes at most from its activation on, to the milliunit",
        COMPLETED "59 41 11:04:20 {'bolusId':15,'bolexSize':4}\n"
                  "21 60 13:04:20 {'bolusId':15,'completionStatus':3,'insulinDelivered':4.003}\n",
        BOLUS("11:04:18", "40", ",'insulin':3.53")
            BOLUS("11:19:20", "60,1,4", ",'insulin':1,'notes':'Extended Bolus (1 of 4)'")
                BOLUS("11:49:20", "60,2,4", ",'insulin':1.001,'notes':'Extended Bolus (2 of 4)'")
                    BOLUS("12:19:20", "60,3,4", ",'insulin':1.001,'notes':'Extended Bolus (3 of 4)'")
                        BOLUS("12:49:20", "60,4,4", ",'insulin':1.001,'notes':'Extended Bolus (4 of 4)'"),
        .now = "14:00:00"),
    ROW("one that began at an unknown time: at its end",
        "21 60 11:34:18 {'bolusId':15,'completionStatus':3,'insulinDelivered':1.2}\n",
        BOLUS("11:34:18", "60", ",'insulin':1.2,'notes':'Extended Bolus'")),
    ROW("no more parts than milliunits",
        COMPLETED "21 60 13:04:18 {'bolusId':15,'completionStatus':3,'insulinDelivered':0.002}\n",
        BOLUS("11:04:18", "40", ",'insulin':3.53")
            BOLUS("11:34:18", "60,1,2", ",'insulin':0.001,'notes':'Extended Bolus (1 of 2)'")
                BOLUS("12:34:18", "60,2,2", ",'insulin':0.001,'notes':'Extended Bolus (2 of 2)'"),
        .now = "14:00:00"),
    ROW("nothing now: the meal stands at its own time, not where the extended part ends",
        "64 20 09:01:00 {'bolusId':15,'carbAmount':60,'bg':116}\n65 21 09:01:00 {'bolusId':15,'options':1}\n"
        "66 22 09:01:00 {'bolusId':15}\n59 23 09:01:02 {'bolusId':15}\n"
        "21 60 09:31:02 {'bolusId':15,'completionStatus':3,'insulinDelivered':4}\n",
        BOLUS("09:01:00", "20,21,22", ",'carbs':60" GLUCOSE ",'notes':'Extended Bolus'")
            BOLUS("09:16:02", "60", ",'insulin':4,'notes':'Extended Bolus'")),
    ROW("likewise when the first part gave nothing",
        "64 20 09:01:00 {'bolusId':15,'carbAmount':60}\n"
        "20 40 09:01:10 {'bolusId':15,'completionStatus':0,'insulinDelivered':0}\n"
        "21 60 09:31:10 {'bolusId':15,'completionStatus':3,'insulinDelivered':1.2}\n",
        BOLUS("09:01:00", "20", ",'carbs':60")
            BOLUS("09:16:10", "60", ",'insulin':1.2,'notes':'Extended Bolus'")),
    ROW("a request without a meal stands nowhere",
        "64 20 09:01:00 {'bolusId':15,'carbAmount':0,'bg':0}\n"
        "21 60 09:31:00 {'bolusId':15,'completionStatus':3,'insulinDelivered':1.2}\n",
        BOLUS("09:16:00", "60", ",'insulin':1.2,'notes':'Extended Bolus'")),
    ROW("a glucose from the sensor", "16 19 11:02:18 {'bg':116,'bgEntryType':1}\n" REQUEST_1 COMPLETED,
        BOLUS("11:04:18", "40,20", ",'insulin':3.53,'carbs':20" GLUCOSE_FROM("Sensor"))),
    ROW("a glucose that was typed",
        "16 18 11:02:15 {'bg':116,'bgEntryType':0}\n4 19 11:02:16\n" REQUEST_1 COMPLETED,
        BOLUS("11:04:18", "40,20", ",'insulin':3.53,'carbs':20" GLUCOSE_FROM("Finger"))),
    ROW("a glucose of another group tells nothing",
        "16 19 11:02:18 {'bg':116,'bgEntryType':1}\n64 20/1 11:02:20 "
        "{'bolusId':15,'carbAmount':20,'bg':116}\n"
        "20 40/1 11:04:18 {'bolusId':15,'completionStatus':3,'insulinDelivered':1}\n",
        BOLUS("11:04:18", "40,20", ",'insulin':1,'carbs':20" GLUCOSE)),
    ROW("another glucose, or one of 6 seconds before, tells nothing",
        "16 18 11:02:14 {'bg':116,'bgEntryType':1}\n16 19 11:02:18 {'bg':117,'bgEntryType':1}\n" REQUEST_1
            COMPLETED,
        BOLUS("11:04:18", "40,20", ",'insulin':3.53,'carbs':20" GLUCOSE)),
    ROW("an extended part of 0 U: none, and its meal was none",
        REQUEST_1 "21 60 11:34:18 {'bolusId':15,'completionStatus':3,'insulinDelivered':0}\n", ""),
    ROW("a bolus without an id is none's first part",
        "64 20 11:02:20 {'bolusId':0,'carbAmount':20}\n"
        "20 40 11:04:18 {'completionStatus':3,'insulinDelivered':1}\n"
        "21 60 11:34:18 {'bolusId':0,'completionStatus':3,'insulinDelivered':1.2}\n",
        BOLUS("11:04:18", "40", ",'insulin':1") BOLUS("11:02:20", "20", ",'carbs':20")
            BOLUS("11:10:19", "60,1,2", ",'insulin':0.6,'notes':'Extended Bolus (1 of 2)'")
                BOLUS("11:26:18", "60,2,2", ",'insulin':0.6,'notes':'Extended Bolus (2 of 2)'")),
    ROW("only with BOLUS", REQUEST_1 COMPLETED "21 60 11:34:18 {'insulinDelivered':1}\n", "",
        ALL & ~FEATURE_BOLUS),
};

/* The passes of a repeated hour, the open ends and the last sensor are each pump's own. */
static void pumps_keep_apart(void **state)
{
    (void)state;
    struct fixture fixture;
    struct buffer out;
    buffer_init(&out, 1 << 20);
    fixture_open(&fixture);
    fixture_set_now(&fixture, "2026-11-02T00:00:00");
    fixture_read(&fixture, 1,
                 "12 4 2026-11-01T01:10:00\n"
                 "213 5 2026-11-01T01:11:00\n"
                 "279 6 2026-11-01T01:12:00 {'commandedRate':100,'commandedRateSource':1}\n"
                 "64 7 2026-11-01T01:13:00 {'bolusId':3,'carbAmount':5}\n"
                 "229 8 2026-11-01T01:14:00 {'requestedAction':2}\n");
    fixture_read(&fixture, 0,
                 "212 1 2026-11-01T01:00:00\n"
                 "279 2 2026-11-01T01:02:00 {'commandedRate':200,'commandedRateSource':1}\n"
                 "229 3 2026-11-01T01:04:00 {'requestedAction':1}\n"
                 "3 4 2026-11-01T01:15:00\n"
                 "20 90 2026-11-01T01:15:00 {'bolusId':3,'insulinDelivered':1}\n");
    fixture_build(&fixture);
    fixture_write_documents(&fixture, &out);
    assert_string_equal(
        out.data,
        MADE_AT("Sensor Start", "2026-11-01T01:00:00-04:00", "1") WORDS("CGM Session Started")
            BASAL_AT("2026-11-01T01:02:00-04:00", "2", "0.2", "13", "Profile")
                MADE_AT("Sleep", "2026-11-01T01:04:00-04:00", "3") ",'duration':11" WORDS("Sleep - Not Ended")
                    MADE_AT("Combo Bolus", "2026-11-01T01:15:00-04:00", "90") ",'insulin':1}\n" MADE_AT(
                        "Basal Resume", "2026-11-01T01:10:00-04:00", "4") WORDS("Basal resumed")
                        MADE_AT("Sensor Start", "2026-11-01T01:11:00-04:00", "5") WORDS("CGM Session Joined")
                            BASAL_AT("2026-11-01T01:12:00-04:00", "6", "0.1", "5", "Profile"));
    buffer_free(&out);
    fixture_close(&fixture);
}

/* The records of an outage may come in two answers, whichever is first. */
static void off_is_seen_across_answers(void **state)
{
    (void)state;
    static const char *const answers[][2] = {
        {BEFORE_OFF LAST_ON, FIRST_ON AFTER_OFF},
        {FIRST_ON AFTER_OFF, BEFORE_OFF LAST_ON},
        {BEFORE_OFF LAST_ON FIRST_ON, LAST_ON FIRST_ON AFTER_OFF},
        {BEFORE_OFF LAST_ON "3 12 2008-01-01T00:00:07\n", AFTER_OFF},
        {BEFORE_OFF LAST_ON, "3 12 2008-01-01T00:00:07\n" AFTER_OFF},
    };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct fixture fixture;
        struct buffer out;
        buffer_init(&out, 1 << 20);
        fixture_open(&fixture);
        fixture_read(&fixture, 0, answers[i][0]);
        fixture_read(&fixture, 0, answers[i][1]);
        fixture_build(&fixture);
        fixture_write_documents(&fixture, &out);
        assert_string_equal(out.data, OFF_DOCUMENTS);
        buffer_free(&out);
        fixture_close(&fixture);
    }
}

/* The records of a second pump lie behind all of the first one's. */
static void a_last_basal_ends_with_its_pump_s_shutdown(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture);
    fixture_set_features(&fixture, FEATURE_BASAL);
    fixture_read(&fixture, 0,
                 "279 442000 08:00:00 {'commandedRate':2500}\n5 442001 08:01:20 {'alarmId':12}\n"
                 "999 442100 10:31:00");
    fixture_read(&fixture, 1, "279 5 08:00:00 {'commandedRate':800}");
    fixture_build(&fixture);
    assert_int_equal(fixture.documents.count, 2);
    assert_int_equal(fixture.documents.items[0].duration, 80);
    fixture_close(&fixture);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(pumps_keep_apart),
        cmocka_unit_test(off_is_seen_across_answers),
        cmocka_unit_test(a_last_basal_ends_with_its_pump_s_shutdown),
    };
    static const struct rows tables[] = {
        ROWS(basal_rows), ROWS(off_rows), ROWS(suspension_rows), ROWS(clock_change_rows), ROWS(bolus_rows),
    };
    return run_rows("document_insulin", tests, sizeof tests / sizeof *tests, tables,
                    sizeof tables / sizeof *tables);
}
