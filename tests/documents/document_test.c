/* Everything but insulin: a row for each line of the table in sync-rules and for each sentence about it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tconnectsync/base/json.h"

#include "document_row.h"

static const struct row pump_rows[] = {
    ROW("suspended and resumed",
        "11 1 00:00:00 {'suspendReason':0}\n11 2 00:01:00 {'suspendReason':1}\n"
        "11 3 00:02:00 {'suspendReason':2}\n11 4 00:03:00 {'suspendReason':6}\n"
        "11 5 00:04:00 {'suspendReason':3}\n11 6 00:05:00 {}\n12 7 00:06:00 {'insulinAmount':90}\n",
        MADE("Basal Suspension", "00:00:00", "1") SAYS("UserAborted", "Suspended by the user")
            MADE("Basal Suspension", "00:01:00", "2") SAYS("TerminatedByAlarm", "Stopped by an alarm")
                MADE("Basal Suspension", "00:02:00", "3")
                    SAYS("TerminatedByMalfunction", "Stopped by a malfunction")
                        MADE("Basal Suspension", "00:03:00", "4")
                            SAYS("AutoSuspendByPlgs", "Suspended automatically: glucose was going low")
                                MADE("Basal Suspension", "00:04:00", "5") WORDS("3")
                                    MADE("Basal Suspension", "00:05:00", "6") "}\n" MADE(
                                        "Basal Resume", "00:06:00", "7") WORDS("Basal resumed"),
        FEATURE_PUMP_EVENTS),
    ROW("suspensions with PUMP_EVENTS_BASAL_SUSPENSION alone",
        "11 1 00:00:00 {}\n5 2 00:01:00 {'alarmId':2}\n", MADE("Basal Suspension", "00:00:00", "1") "}\n",
        FEATURE_PUMP_EVENTS_BASAL_SUSPENSION),
    ROW("suspensions with BASAL alone", "12 1 00:00:00\n5 2 00:01:00 {'alarmId':2}\n",
        MADE("Basal Resume", "00:00:00", "1") WORDS("Basal resumed"), FEATURE_BASAL),
    ROW("suspensions with PUMP_EVENTS alone", "12 1 00:00:00\n",
        MADE("Basal Resume", "00:00:00", "1") WORDS("Basal resumed"), FEATURE_PUMP_EVENTS),
    ROW("no suspensions with the rest", "11 1 00:00:00\n12 2 00:01:00\n", "",
        ALL & ~(FEATURE_PUMP_EVENTS | FEATURE_BASAL | FEATURE_PUMP_EVENTS_BASAL_SUSPENSION)),
    ROW("alarms by name or number, resume reminders none",
        "5 1 00:00:00 {'alarmId':2}\n5 2 00:01:00 {'alarmId':18}\n5 3 00:02:00 {'alarmId':23}\n"
        "5 4 00:03:00 {'alarmId':0}\n5 5 00:04:00 {'alarmId':4}\n5 6 00:05:00 {'alarmId':63}\n"
        "5 7 00:06:00 {'alarmId':64}\n6 8 00:07:00 {'malfId':7}\n",
        MADE("Alarm", "00:00:00", "1") SAYS("OcclusionAlarm", "Insulin flow is blocked")
            MADE("Alarm", "00:03:00", "4") SAYS("CartridgeAlarm", "Problem with the cartridge")
                MADE("Alarm", "00:04:00", "5") WORDS("DefaultAlarm4") MADE("Alarm", "00:05:00", "6")
                    WORDS("DefaultAlarm63") MADE("Alarm", "00:06:00", "7") WORDS("Alarm 64")
                        MADE("Alarm", "00:07:00", "8") SAYS("Malfunction", "The pump has a malfunction")),
    ROW("alarms are for PUMP_EVENTS alone", "5 1 00:00:00 {'alarmId':12}\n", "", FEATURE_BASAL),
    ROW("a cannula or tubing that was given up with nothing primed: none",
        "61 1 00:00:00 {'primeSize':0,'completionStatus':0}\n61 2 00:01:00 "
        "{'primeSize':0,'completionStatus':5}\n"
        "61 3 00:02:00 {'primeSize':0.3,'completionStatus':3}\n61 4 00:03:00 "
        "{'primeSize':0.1,'completionStatus':0}\n"
        "63 5 00:04:00 {'primeSize':0,'completionStatus':0}\n",
        MADE("Site Change", "00:02:00", "3") WORDS("Cannula Filled (0.3u primed)")
            MADE("Site Change", "00:03:00", "4") WORDS("Cannula Filled (0.1u primed)")),
    ROW("cartridge, cannula, tubing",
        "33 1 00:00:00 {'insulinVolume':180,'v2Volume':0}\n33 2 00:01:00 "
        "{'insulinVolume':0,'v2Volume':199.6}\n"
        "33 3 00:02:00 {'insulinVolume':0,'v2Volume':0}\n33 4 00:03:00 {}\n"
        "61 5 00:04:00 {'primeSize':0.3}\n61 6 00:05:00 {'primeSize':0}\n61 7 00:06:00 {'primeSize':1}\n"
        "63 8 00:07:00 {'primeSize':12.4}\n63 9 00:08:00 {'primeSize':-1}\n",
        MADE("Insulin Change", "00:00:00", "1") WORDS("Cartridge Filled (180u filled)")
            MADE("Insulin Change", "00:01:00", "2") WORDS("Cartridge Filled (200u filled)")
                MADE("Insulin Change", "00:02:00", "3") WORDS("Cartridge Filled")
                    MADE("Insulin Change", "00:03:00", "4") WORDS("Cartridge Filled")
                        MADE("Site Change", "00:04:00", "5") WORDS("Cannula Filled (0.3u primed)")
                            MADE("Site Change", "00:05:00", "6") WORDS("Cannula Filled")
                                MADE("Site Change", "00:06:00", "7") WORDS("Cannula Filled (1.0u primed)")
                                    MADE("Note", "00:07:00", "8") WORDS("Tubing Filled (12u primed)")
                                        MADE("Note", "00:08:00", "9") WORDS("Tubing Filled")),
    ROW("only with PUMP_EVENTS",
        "5 1 00:00:00 {'alarmId':2}\n6 2 00:01:00\n33 3 00:02:00\n61 4 00:03:00\n63 5 00:04:00\n"
        "229 6 00:05:00 {'requestedAction':1}\n",
        "", ALL & ~FEATURE_PUMP_EVENTS),
    ROW("codes that nobody asked for give nothing",
        "280 1 00:00:00 {'bolusId':1,'deliveredTotal':3}\n4 2 00:01:00\n", ""),
};

#define SLEEP(time, id, minutes, words)    MADE("Sleep", time, id) ",'duration':" minutes WORDS(words)
#define EXERCISE(time, id, minutes, words) MADE("Exercise", time, id) ",'duration':" minutes WORDS(words)

static const struct row mode_rows[] = {
    ROW("sleep from start to stop",
        "229 1 00:00:00 {'requestedAction':1,'sleepStartedByGui':1,'activeSleepSchedule':[0]}\n"
        "229 2 00:03:55 {'requestedAction':2}\n"
        "229 3 01:00:00 {'requestedAction':1,'sleepStartedByGui':0,'activeSleepSchedule':[0,3]}\n"
        "229 4 09:00:00 {'requestedAction':5}\n"
        "229 5 10:00:00 {'requestedAction':1,'sleepStartedByGui':0,'activeSleepSchedule':[]}\n"
        "229 6 10:30:00 {'requestedAction':2}\n",
        SLEEP("00:00:00", "1,2", "3.9166666666666665", "Sleep (Manual)")
            SLEEP("01:00:00", "3,4", "480", "Sleep (Scheduled)") SLEEP("10:00:00", "5,6", "30", "Sleep")),
    ROW("no stop yet: until the newest record",
        "229 1 00:00:00 {'requestedAction':1,'sleepStartedByGui':1}\n3 9 00:20:00\n",
        SLEEP("00:00:00", "1", "20", "Sleep (Manual) - Not Ended")),
    ROW("but not past now", "229 1 11:50:00 {'requestedAction':1}\n3 9 12:20:00\n",
        SLEEP("11:50:00", "1", "10", "Sleep - Not Ended")),
    ROW("a second start while it lasts changes nothing",
        "229 1 00:00:00 {'requestedAction':1}\n229 5 01:00:00 {'requestedAction':1}\n"
        "229 8 03:00:00 {'requestedAction':2}\n",
        SLEEP("00:00:00", "1,8", "180", "Sleep")),
    ROW("by the modes as well",
        "229 1 00:00:00 {'requestedAction':1,'currentUserMode':1,'previousUserMode':0}\n"
        "229 5 01:00:00 {'requestedAction':1,'currentUserMode':1,'previousUserMode':1}\n"
        "229 8 03:00:00 {'requestedAction':2,'currentUserMode':0,'previousUserMode':1}\n",
        SLEEP("00:00:00", "1,8", "180", "Sleep")),
    ROW("a start from another mode tells that a stop is missing: it cuts the first, which stays open",
        "229 1 00:00:00 {'requestedAction':1,'currentUserMode':1,'previousUserMode':0}\n"
        "229 5 01:00:00 {'requestedAction':1,'currentUserMode':1,'previousUserMode':0}\n"
        "229 8 03:00:00 {'requestedAction':2,'currentUserMode':0,'previousUserMode':1}\n",
        SLEEP("00:00:00", "1", "60", "Sleep - Not Ended") SLEEP("01:00:00", "5,8", "120", "Sleep")),
    ROW("an exercise ends straight into sleep",
        "229 1 2026-05-13T21:30:00 {'requestedAction':3,'currentUserMode':2,'previousUserMode':0}\n"
        "229 2 2026-05-13T23:15:00 {'requestedAction':4,'currentUserMode':1,'previousUserMode':2,"
        "'activeSleepSchedule':[0]}\n"
        "229 3 07:00:00 {'requestedAction':2,'currentUserMode':0,'previousUserMode':1}\n",
        MADE_AT("Exercise", "2026-05-13T21:30:00-04:00", "1,2") ",'duration':105" WORDS("Exercise") MADE_AT(
            "Sleep", "2026-05-13T23:15:00-04:00", "2,3") ",'duration':465" WORDS("Sleep (Scheduled)")),
    ROW("eating soon ends a sleep, and an action that changes no mode nothing",
        "229 1 00:00:00 {'requestedAction':1,'currentUserMode':1,'previousUserMode':0}\n"
        "229 2 00:10:00 {'requestedAction':4,'currentUserMode':1,'previousUserMode':1}\n"
        "229 3 00:30:00 {'requestedAction':6,'currentUserMode':3,'previousUserMode':1}\n",
        SLEEP("00:00:00", "1,3", "30", "Sleep")),
    ROW("a stop that was asked for ends it, even where the mode before it was not noted",
        "229 1 00:00:00 {'requestedAction':3,'currentUserMode':2,'previousUserMode':0}\n"
        "229 2 00:30:00 {'requestedAction':5,'currentUserMode':0,'previousUserMode':0}\n",
        EXERCISE("00:00:00", "1,2", "30", "Exercise")),
    ROW("modes without an action are enough",
        "229 1 00:00:00 {'currentUserMode':2,'previousUserMode':0}\n"
        "229 2 00:30:00 {'currentUserMode':0,'previousUserMode':2}\n",
        EXERCISE("00:00:00", "1,2", "30", "Exercise")),
    ROW("a sleep of three days",
        "229 1 2026-05-10T22:00:00 {'requestedAction':1,'currentUserMode':1,'previousUserMode':0}\n"
        "229 900 2026-05-13T22:00:00 {'requestedAction':2,'currentUserMode':0,'previousUserMode':1}\n",
        MADE_AT("Sleep", "2026-05-10T22:00:00-04:00", "1,900") ",'duration':4320" WORDS("Sleep")),
    ROW("a stop of its own turns up late",
        "229 1 00:00:00 {'requestedAction':1}\n229 5 01:00:00 {'requestedAction':1}\n"
        "229 8 03:00:00 {'requestedAction':2}\n229 4 00:30:00 {'requestedAction':2}\n",
        SLEEP("00:00:00", "1,4", "30", "Sleep") SLEEP("01:00:00", "5,8", "120", "Sleep")),
    ROW("exercise by start and stop",
        "229 1 00:00:00 {'requestedAction':3,'exerciseChoice':0}\n229 2 00:30:00 {'requestedAction':4}\n"
        "229 3 01:00:00 {'requestedAction':3,'exerciseChoice':1,'exerciseTime':30}\n"
        "229 4 01:30:00 {'requestedAction':4,'exerciseStoppedByTimer':1}\n"
        "229 5 02:00:00 {'requestedAction':3,'exerciseChoice':0}\n"
        "229 6 02:10:00 {'requestedAction':5}\n"
        "229 7 03:00:00 {'requestedAction':3,'exerciseChoice':1}\n"
        "3 8 03:04:00\n",
        EXERCISE("00:00:00", "1,2", "30", "Exercise")
            EXERCISE("01:00:00", "3,4", "30", "Exercise (Timed) (Stopped by timer)")
                EXERCISE("02:00:00", "5,6", "10", "Exercise")
                    EXERCISE("03:00:00", "7", "4", "Exercise (Timed) - Not Ended")),
    ROW("a stop of both ends both",
        "229 1 00:00:00 {'requestedAction':1}\n229 2 00:10:00 {'requestedAction':3}\n"
        "229 3 00:30:00 {'requestedAction':5}\n",
        SLEEP("00:00:00", "1,3", "30", "Sleep") EXERCISE("00:10:00", "2,3", "20", "Exercise")),
    ROW("the stop of the other ends nothing",
        "229 1 00:00:00 {'requestedAction':1}\n229 2 00:30:00 {'requestedAction':4}\n"
        "229 3 00:40:00 {'requestedAction':7}\n",
        SLEEP("00:00:00", "1", "40", "Sleep - Not Ended")),
    ROW("a stop alone, and what is neither, give nothing",
        "229 1 00:00:00 {'requestedAction':2}\n229 2 00:01:00 {'requestedAction':0}\n"
        "229 3 00:02:00 {'requestedAction':6}\n229 4 00:03:00 {}\n",
        ""),
};

static const struct row sensor_rows[] = {
    ROW("started, joined, stopped, of every make",
        "212 1 2026-05-01T00:00:00\n213 2 2026-05-02T00:00:00\n214 3 2026-05-03T00:00:00\n"
        "404 4 2026-05-04T00:00:00\n406 5 2026-05-05T00:00:00\n405 6 2026-05-06T00:00:00\n"
        "394 7 2026-05-07T00:00:00\n447 8 2026-05-08T00:00:00\n477 9 2026-05-09T00:00:00\n"
        "486 10 2026-05-10T00:00:00\n",
        MADE_AT("Sensor Start", "2026-05-01T00:00:00-04:00", "1") WORDS("CGM Session Started") MADE_AT(
            "Sensor Start", "2026-05-02T00:00:00-04:00", "2") WORDS("CGM Session Joined")
            MADE_AT("Sensor Stop", "2026-05-03T00:00:00-04:00", "3") WORDS("CGM Session Stopped") MADE_AT(
                "Sensor Start", "2026-05-04T00:00:00-04:00", "4") WORDS("CGM Session Started")
                MADE_AT("Sensor Start", "2026-05-05T00:00:00-04:00", "5") WORDS("CGM Session Joined") MADE_AT(
                    "Sensor Stop", "2026-05-06T00:00:00-04:00", "6") WORDS("CGM Session Stopped")
                    MADE_AT("Sensor Start", "2026-05-07T00:00:00-04:00", "7") WORDS("CGM Session Joined")
                        MADE_AT("Sensor Stop", "2026-05-08T00:00:00-04:00", "8") WORDS("CGM Session Stopped")
                            MADE_AT("Sensor Start", "2026-05-09T00:00:00-04:00", "9")
                                WORDS("CGM Session Joined")
                                    MADE_AT("Sensor Stop", "2026-05-10T00:00:00-04:00", "10")
                                        WORDS("CGM Session Stopped")),
    ROW("a join less than 24 hours after a start or join is the same sensor",
        "212 1 2026-05-10T00:00:00\n213 2 2026-05-10T23:59:59\n213 3 2026-05-11T20:00:00\n"
        "213 4 2026-05-12T20:00:00\n212 5 2026-05-12T20:01:00\n",
        MADE_AT("Sensor Start", "2026-05-10T00:00:00-04:00", "1") WORDS("CGM Session Started")
            MADE_AT("Sensor Start", "2026-05-12T20:00:00-04:00", "4") WORDS("CGM Session Joined")
                MADE_AT("Sensor Start", "2026-05-12T20:01:00-04:00", "5") WORDS("CGM Session Started")),
    ROW("sensors with PUMP_EVENTS alone", "212 1 00:00:00\n171 2 00:01:00 {'dalertId':2}\n",
        MADE("Sensor Start", "00:00:00", "1") WORDS("CGM Session Started"), FEATURE_PUMP_EVENTS),
    ROW("sensors with CGM_ALERTS alone", "214 1 00:00:00\n",
        MADE("Sensor Stop", "00:00:00", "1") WORDS("CGM Session Stopped"), FEATURE_CGM_ALERTS),
    ROW("no sensors with the rest", "212 1 00:00:00\n214 2 00:01:00\n", "",
        ALL & ~(FEATURE_PUMP_EVENTS | FEATURE_CGM_ALERTS)),
    ROW("alerts by name or number, out of range from Dexcom none",
        "171 1 00:00:00 {'dalertId':2}\n369 2 00:01:00 {'dalertId':3}\n460 3 00:02:00 {'dalertId':1}\n"
        "369 4 00:03:00 {'dalertId':14}\n171 5 00:04:00 {'dalertId':14}\n460 6 00:05:00 {'dalertId':14}\n"
        "369 7 00:06:00 {'dalertId':99}\n",
        MADE("CGM Alert", "00:00:00", "1") SAYS("CGM Alert (CgmHigh)", "High glucose")
            MADE("CGM Alert", "00:01:00", "2") SAYS("Dexcom CGM Alert (CgmLow)", "Low glucose")
                MADE("CGM Alert", "00:02:00", "3") SAYS("Libre CGM Alert (CgmFixedLow)", "Urgent low glucose")
                    MADE("CGM Alert", "00:04:00", "5")
                        SAYS("CGM Alert (CgmOutOfRange)", "No signal from the sensor")
                            MADE("CGM Alert", "00:05:00", "6")
                                SAYS("Libre CGM Alert (CgmOutOfRange)", "No signal from the sensor")
                                    MADE("CGM Alert", "00:06:00", "7") WORDS("Dexcom CGM Alert (99)")),
    ROW("alerts only with CGM_ALERTS", "171 1 00:00:00 {'dalertId':2}\n", "", ALL & ~FEATURE_CGM_ALERTS),
};

/* 579571288 s after 2008 is 2026-05-14T00:01:28. */
#define SGV(sgv, date, time, rest, id)                                                                       \
    "{'type':'sgv','sgv':" sgv ",'date':" date ",'dateString':'" time "'" rest                               \
    ",'device':'Pump (tconnectsync)','pump_event_id':'" id "'}\n"
#define SGV_0128(sgv, rest, id) SGV(sgv, "1778731288000", "2026-05-14T00:01:28-04:00", rest, id)
#define READING(code, sgv, rest)                                                                             \
#code " 1 00:01:31 {'currentGlucoseDisplayValue':" #sgv ",'egvTimeStamp':579571288" rest "}\n"

static const struct row reading_rows[] = {
    ROW("a reading at its own time", READING(399, 167, ",'glucoseValueStatus':0,'cgmDataType':[0],'rate':-6"),
        SGV_0128("167", ",'direction':'Flat'", "1")),
    ROW("from Dexcom G6", READING(256, 20, ""), SGV_0128("39", "", "1")),
    ROW("from Libre 2", READING(372, 600, ""), SGV_0128("401", "", "1")),
    ROW("from Libre 3", READING(480, 400, ""), SGV_0128("400", "", "1")),
    ROW("status high", READING(399, 0, ",'glucoseValueStatus':1"), SGV_0128("401", "", "1")),
    ROW("status low", READING(399, 500, ",'glucoseValueStatus':2"), SGV_0128("39", "", "1")),
    ROW("401 is high", READING(399, 401, ""), SGV_0128("401", "", "1")),
    ROW("40 is 40", READING(399, 40, ""), SGV_0128("40", "", "1")),
    ROW("status do not show", READING(399, 120, ",'glucoseValueStatus':6"), ""),
    ROW("a calibration", READING(399, 120, ",'cgmDataType':[0,3]"), ""),
    ROW("a calibration as a number", READING(399, 120, ",'cgmDataType':8"), ""),
    ROW("a backfill is a reading", READING(399, 120, ",'cgmDataType':[1]"), SGV_0128("120", "", "1")),
    ROW("19 is none", READING(399, 19, ""), ""),
    ROW("601 is none", READING(399, 601, ""), ""),
    ROW("rate 31", READING(399, 120, ",'rate':31"), SGV_0128("120", ",'direction':'DoubleUp'", "1")),
    ROW("rate 30", READING(399, 120, ",'rate':30"), SGV_0128("120", ",'direction':'SingleUp'", "1")),
    ROW("rate 20", READING(399, 120, ",'rate':20"), SGV_0128("120", ",'direction':'FortyFiveUp'", "1")),
    ROW("rate 10", READING(399, 120, ",'rate':10"), SGV_0128("120", ",'direction':'Flat'", "1")),
    ROW("rate -10", READING(399, 120, ",'rate':-10"), SGV_0128("120", ",'direction':'Flat'", "1")),
    ROW("rate -11", READING(399, 120, ",'rate':-11"), SGV_0128("120", ",'direction':'FortyFiveDown'", "1")),
    ROW("rate -21", READING(399, 120, ",'rate':-21"), SGV_0128("120", ",'direction':'SingleDown'", "1")),
    ROW("rate -31", READING(399, 120, ",'rate':-31"), SGV_0128("120", ",'direction':'DoubleDown'", "1")),
    ROW("rate 80", READING(399, 120, ",'rate':80"), SGV_0128("120", ",'direction':'DoubleUp'", "1")),
    ROW("rate 81", READING(399, 120, ",'rate':81"), SGV_0128("120", "", "1")),
    ROW("rate -81", READING(399, 120, ",'rate':-81"), SGV_0128("120", "", "1")),
    ROW("only with CGM", READING(399, 120, ""), "", ALL & ~FEATURE_CGM),
    ROW("the time of the reading has bounds as well",
        "399 1 00:01:31 {'currentGlucoseDisplayValue':120,'egvTimeStamp':0}\n"
        "399 2 00:01:31 {'currentGlucoseDisplayValue':120,'egvTimeStamp':4294967295}\n",
        ""),
    /* 594349800 s after 2008 is 2026-11-01T01:10:00, 594352800 is 02:00:00. */
    ROW("a live reading lies on its record's side of a repeated hour",
        "399 1 2026-11-01T01:10:03 {'currentGlucoseDisplayValue':120,'egvTimeStamp':594349800}\n"
        "3 2 2026-11-01T01:50:00\n"
        "399 3 2026-11-01T01:10:03 {'currentGlucoseDisplayValue':121,'egvTimeStamp':594349800}\n",
        SGV("120", "1793509800000", "2026-11-01T01:10:00-04:00", "", "1")
            SGV("121", "1793513400000", "2026-11-01T01:10:00-05:00", "", "3"),
        0, "2026-11-02T00:00:00"),
    ROW("backfilled ones are told apart by their order",
        "399 1 2026-11-01T04:00:00 {'currentGlucoseDisplayValue':120,'egvTimeStamp':594349800}\n"
        "399 2 2026-11-01T04:00:00 {'currentGlucoseDisplayValue':121,'egvTimeStamp':594350100}\n"
        "399 3 2026-11-01T04:00:00 {'currentGlucoseDisplayValue':122,'egvTimeStamp':594349800}\n"
        "399 4 2026-11-01T04:00:00 {'currentGlucoseDisplayValue':123,'egvTimeStamp':594352800}\n",
        SGV("120", "1793509800000", "2026-11-01T01:10:00-04:00", "", "1")
            SGV("121", "1793510100000", "2026-11-01T01:15:00-04:00", "", "2")
                SGV("122", "1793513400000", "2026-11-01T01:10:00-05:00", "", "3")
                    SGV("123", "1793516400000", "2026-11-01T02:00:00-05:00", "", "4"),
        0, "2026-11-02T00:00:00"),
};

#define STATUS(time, id, pump)                                                                               \
    "{'device':'Pump (tconnectsync)','created_at':'2026-05-14T" time "','pump_event_id':'" id                \
    "','pump':{'clock':'2026-05-14T" time "'," pump "}}\n"
#define RUNNING(time) "'status':{'status':'normal','suspended':false,'timestamp':'2026-05-14T" time "-04:00'}"

static const struct row status_rows[] = {
    ROW("the newest of 81 and 9, with the units left",
        "81 1 00:00:00 {'batteryChargePercent':80,'batteryLipoMilliVolts':3912,'iob':1.5}\n"
        "9 2 01:00:00 {'abc':79,'insulin':143,'iobHours':3,'iobMinutes':5}\n",
        STATUS("05:00:00.000Z", "2", "'battery':{'percent':79},'reservoir':143," RUNNING("01:00:00")),
        FEATURE_DEVICE_STATUS),
    ROW("battery in volts, and IOB asks for it too",
        "81 1 00:00:00 {'batteryChargePercent':0,'batteryLipoMilliVolts':3912}\n",
        STATUS("04:00:00.000Z", "1", "'battery':{'percent':0,'voltage':3.912}," RUNNING("00:00:00")),
        FEATURE_IOB),
    ROW("the newest suspension of any record, no insulin on board",
        "81 1 00:00:00 {'batteryChargePercent':80,'iob':1.5}\n"
        "20 2 00:01:00 {'bolusId':1,'completionStatus':3,'insulinDelivered':1,'iob':2.25}\n"
        "12 3 01:30:00\n11 4 02:00:00 {'suspendReason':0}\n",
        STATUS("04:00:00.000Z", "1",
               "'battery':{'percent':80},"
               "'status':{'status':'suspended','suspended':true,'timestamp':'2026-05-14T02:00:00-04:00'}"),
        FEATURE_DEVICE_STATUS),
    ROW("IOB asks for the insulin on board within 5 minutes",
        "9 1 00:00:00 {'abc':55}\n"
        "20 2 00:05:00 {'bolusId':1,'completionStatus':3,'insulinDelivered':1,'iob':2.25}\n"
        "20 3 00:05:01 {'bolusId':2,'completionStatus':3,'insulinDelivered':1,'iob':3}\n",
        STATUS("04:00:00.000Z", "1",
               "'battery':{'percent':55},'iob':{'bolusiob':2.25,'timestamp':'2026-05-14T00:05:00-04:00'}"
               "," RUNNING("00:00:00")),
        FEATURE_DEVICE_STATUS | FEATURE_IOB),
    ROW("a value of 3.9 hours before is none",
        "20 1 00:00:00 {'bolusId':1,'completionStatus':3,'insulinDelivered':6,'iob':6}\n9 2 03:54:00 "
        "{'abc':55}\n",
        STATUS("07:54:00.000Z", "2", "'battery':{'percent':55}," RUNNING("03:54:00")),
        FEATURE_DEVICE_STATUS | FEATURE_IOB),
    ROW("of one second the later record", "9 1 00:00:00 {'abc':55}\n9 2 00:00:00 {'abc':54}\n",
        STATUS("04:00:00.000Z", "2", "'battery':{'percent':54}," RUNNING("00:00:00")), FEATURE_DEVICE_STATUS),
    ROW("resumed again", "11 1 00:00:00\n12 2 01:00:00\n9 3 02:00:00 {'abc':55}\n",
        STATUS("06:00:00.000Z", "3", "'battery':{'percent':55}," RUNNING("01:00:00")), FEATURE_DEVICE_STATUS),
    ROW("the first record of all tells as well: insulin on board",
        "81 1 00:00:00 {'batteryChargePercent':80,'iob':1.5}\n",
        STATUS("04:00:00.000Z", "1",
               "'battery':{'percent':80},'iob':{'bolusiob':1.5,'timestamp':'2026-05-14T00:00:00-04:00'}"
               "," RUNNING("00:00:00")),
        FEATURE_DEVICE_STATUS | FEATURE_IOB),
    ROW("and a suspension", "11 1 00:00:00\n9 2 01:00:00 {'abc':55}\n",
        STATUS("05:00:00.000Z", "2",
               "'battery':{'percent':55},"
               "'status':{'status':'suspended','suspended':true,'timestamp':'2026-05-14T00:00:00-04:00'}"),
        FEATURE_DEVICE_STATUS),
    ROW("percent above 100 is none", "9 1 00:00:00 {'abc':101}\n", "", FEATURE_DEVICE_STATUS),
    ROW("nothing after the range", "9 1 00:00:00 {'abc':55}\n9 2 12:00:01 {'abc':54}\n",
        STATUS("04:00:00.000Z", "1", "'battery':{'percent':55}," RUNNING("00:00:00")), FEATURE_DEVICE_STATUS),
    ROW("only with DEVICE_STATUS or IOB",
        "9 1 00:00:00 {'abc':55}\n81 2 00:01:00 {'batteryChargePercent':80}\n", "",
        ALL & ~(FEATURE_DEVICE_STATUS | FEATURE_IOB)),
};

/* What is left out is counted under its reason. */
static void what_is_left_out_is_counted(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture);
    fixture_read(&fixture, 0,
                 "279 1 00:00:00 {'commandedRate':15001}\n"
                 "20 2 00:00:00 {'insulinDelivered':61}\n"
                 "20 3 00:00:00 {'insulinDelivered':'much'}\n"
                 "20 4 2008-01-31T23:59:59 {'insulinDelivered':1}\n"
                 "20 5 2026-05-15T12:00:01 {'insulinDelivered':1}\n"
                 "64 6 00:00:00 {'bolusId':1,'bg':12}\n"
                 "20 7 00:01:00 {'bolusId':1,'insulinDelivered':1,'completionStatus':[]}\n"
                 "399 8 00:01:00 {'currentGlucoseDisplayValue':601,'egvTimeStamp':579571288}\n"
                 "399 9 00:01:00 {'currentGlucoseDisplayValue':100,'egvTimeStamp':5}\n");
    fixture_build(&fixture);
    assert_int_equal(fixture.documents.count, 1);
    assert_int_equal(fixture.log.skipped[SKIP_BASAL_RATE], 1);
    assert_int_equal(fixture.log.skipped[SKIP_BOLUS_SIZE], 1);
    assert_int_equal(fixture.log.skipped[SKIP_BROKEN_RECORD], 1);
    assert_int_equal(fixture.log.skipped[SKIP_TIME], 3);
    assert_int_equal(fixture.log.skipped[SKIP_GLUCOSE], 2);
    assert_int_equal(fixture.log.skipped[SKIP_BROKEN_DETAIL], 1);
    fixture_close(&fixture);
}

static void bounds_of_time_are_inclusive(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture);
    fixture_read(&fixture, 0,
                 "20 1 2008-02-01T00:00:00 {'insulinDelivered':1}\n"
                 "20 2 2026-05-14T12:10:00 {'insulinDelivered':1}\n"
                 "20 3 2026-05-14T12:10:01 {'insulinDelivered':1}\n"); /* ahead of the clock: it waits */
    fixture_build(&fixture);
    assert_int_equal(fixture.documents.count, 2);
    assert_int_equal(fixture.log.event_count, 3);
    fixture_close(&fixture);
}

/* A reading's own time, of 2008-02-01T00:00:00 and of a second before, of now and a day, which waits, and of
   a second behind. */
static void a_readings_bounds_of_time_are_inclusive(void **state)
{
    (void)state;
    static const struct {
        const char *record;
        size_t documents, skipped;
    } cases[] = {
        {"399 1 2008-02-01T00:05:00 {'currentGlucoseDisplayValue':120,'egvTimeStamp':2678400}\n", 1, 0},
        {"399 1 2008-02-01T00:05:00 {'currentGlucoseDisplayValue':120,'egvTimeStamp':2678399}\n", 0, 1},
        {"399 1 11:00:00 {'currentGlucoseDisplayValue':120,'egvTimeStamp':579700800}\n", 0, 0},
        {"399 1 11:00:00 {'currentGlucoseDisplayValue':120,'egvTimeStamp':579700801}\n", 0, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture fixture;
        fixture_open(&fixture);
        fixture_read(&fixture, 0, cases[i].record);
        fixture_build(&fixture);
        assert_int_equal(fixture.documents.count, cases[i].documents);
        assert_int_equal(fixture.log.skipped[SKIP_TIME], cases[i].skipped);
        fixture_close(&fixture);
    }
}

/* Treatments, entries and device status tell whose numbers they count. */
static void every_document_names_its_source(void **state)
{
    (void)state;
    static const char *const sources[] = {"0e2bd970", "0e2bd970", "371137a3", "6e3a6edb", "6e3a6edb"};
    struct fixture fixture;
    struct buffer out;
    buffer_init(&out, 1 << 16);
    fixture_open(&fixture);
    fixture_read(&fixture, 0,
                 "12 1 00:00:00\n399 2 00:01:31 {'currentGlucoseDisplayValue':120,'egvTimeStamp':579571288}\n"
                 "12 1/1 00:05:00\n");
    fixture_read(&fixture, 1, "12 1 00:00:00\n9 2 00:02:00 {'abc':79}\n");
    fixture_build(&fixture);
    struct json_writer *writer = json_writer_new(&out);
    assert_int_equal(fixture.documents.count, 5);
    for (size_t i = 0; i < fixture.documents.count; i++) {
        buffer_clear(&out);
        json_writer_reset(writer);
        document_write(&fixture.documents.items[i], &fixture.log, &new_york, writer);
        struct json *document = json_parse(out.data, out.length, NULL);
        assert_string_equal(json_text(json_get(document, "pump_event_source")), sources[i]);
        json_free(document);
    }
    json_writer_free(writer);
    buffer_free(&out);
    fixture_close(&fixture);
}

static void kinds_have_names(void **state)
{
    (void)state;
    for (enum document_kind kind = 0; document_is_treatment(kind); kind++)
        assert_int_equal(document_kind_find(document_kind_name(kind), strlen(document_kind_name(kind))),
                         kind);
    assert_int_equal(document_kind_find("sgv", 3), DOCUMENT_KIND_COUNT);
    assert_int_equal(document_kind_find("Alarm2", 6), DOCUMENT_KIND_COUNT);
    assert_int_equal(document_kind_find("", 0), DOCUMENT_KIND_COUNT);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_left_out_is_counted),
        cmocka_unit_test(bounds_of_time_are_inclusive),
        cmocka_unit_test(a_readings_bounds_of_time_are_inclusive),
        cmocka_unit_test(every_document_names_its_source),
        cmocka_unit_test(kinds_have_names),
    };
    static const struct rows tables[] = {
        ROWS(pump_rows), ROWS(mode_rows), ROWS(sensor_rows), ROWS(reading_rows), ROWS(status_rows),
    };
    return run_rows("document", tests, sizeof tests / sizeof *tests, tables, sizeof tables / sizeof *tables);
}
