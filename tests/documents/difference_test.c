/* Which documents are created, amended, withheld or left alone: a row for each sentence under "The
 * difference". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"

#pragma GCC diagnostic ignored "-Wmissing-field-initializers" /* a row names what it needs */

struct row {
    const char *name;
    const char *events;
    const char *treatments, *entries; /* NULL: none */
    const char *plan;
    const char *from, *to;            /* NULL: any */
    const char *newest_device_status; /* NULL: none */
    bool not_safe;                    /* ALARM_SAFE_MINUTES=0 */
    bool settled;                     /* every record is */
};
#define ROW(...)                                                                                             \
    {                                                                                                        \
        __VA_ARGS__                                                                                          \
    }

#define RESUMED(number, time) "12 " number " " time "\n"
#define OURS                  "'enteredBy':'Pump (tconnectsync)'"
/* A stored one; time in UTC. */
#define STORED(id, type, time, rest)                                                                         \
    "{'_id':'" id "','eventType':'" type "','created_at':'2026-05-14T" time "Z'," rest "}"
#define STORED_RESUME(id, time, numbers)                                                                     \
    STORED(id, "Basal Resume", time, OURS ",'pump_event_id':'" numbers "'")
#define PLAN(what, type, time, id) what " " type " 2026-05-14T" time "-04:00 " id "\n"
#define RESUME(what, time, id)     PLAN(what, "Basal Resume", time, id)

static const struct row event_rows[] = {
    ROW("what is not there is created", RESUMED("5", "00:01:00"), NULL, NULL,
        RESUME("create", "00:01:00", "5")),
    ROW("what is there is left alone", RESUMED("5", "00:01:00"),
        "[" STORED_RESUME("a", "04:01:00.000", "5") "]", NULL, RESUME("unchanged", "00:01:00", "5")),
    ROW("the first number of the id counts", RESUMED("5", "00:01:00") RESUMED("6", "00:02:00"),
        "[" STORED_RESUME("a", "04:01:00.000", "5,6") "]", NULL,
        RESUME("unchanged", "00:01:00", "5") RESUME("create", "00:02:00", "6")),
    ROW("moved by 26 hours it is still that event", RESUMED("5", "00:01:00"),
        "[{'_id':'a','eventType':'Basal "
        "Resume','created_at':'2026-05-15T06:01:00.000Z','pump_event_id':'5'}]",
        NULL, RESUME("unchanged", "00:01:00", "5")),
    ROW("moved the other way as well", RESUMED("5", "00:01:00"),
        "[{'_id':'a','eventType':'Basal "
        "Resume','created_at':'2026-05-13T02:01:00.000Z','pump_event_id':'5'}]",
        NULL, RESUME("unchanged", "00:01:00", "5")),
    ROW("by more it is another", RESUMED("5", "00:01:00"),
        "[{'_id':'a','eventType':'Basal "
        "Resume','created_at':'2026-05-15T06:01:01.000Z','pump_event_id':'5'}]",
        NULL, RESUME("create", "00:01:00", "5")),
    ROW("whoever entered it", RESUMED("5", "00:01:00"),
        "[" STORED("a", "Basal Resume", "04:01:00.000", "'enteredBy':'a person','pump_event_id':'5'") "]",
        NULL, RESUME("unchanged", "00:01:00", "5")),
    ROW("another number at its second does not count", RESUMED("5", "00:01:00"),
        "[" STORED_RESUME("a", "04:01:00.000", "6") "]", NULL, RESUME("create", "00:01:00.001", "5")),
    ROW("whatever its type: a person may have changed it", RESUMED("5", "00:01:00"),
        "[" STORED("a", "Note", "04:01:00.000", OURS ",'pump_event_id':'5'") "]", NULL,
        RESUME("unchanged", "00:01:00", "5")),
    ROW("without a type, cut to the minute by the report editor", RESUMED("5", "00:01:44"),
        "[" STORED("a", "", "04:01:00.000", OURS ",'utcOffset':0,'pump_event_id':'5'") "]", NULL,
        RESUME("unchanged", "00:01:44", "5")),
    ROW("another type at another time is not enough without a source", RESUMED("5", "00:01:00"),
        "[" STORED("a", "Note", "04:02:00.000", OURS ",'pump_event_id':'5'") "]", NULL,
        RESUME("create", "00:01:00", "5")),
    ROW("without a number one of ours in that second is it", RESUMED("5", "00:01:00"),
        "[" STORED("a", "Basal Resume", "04:01:00.999", OURS) "]", NULL,
        RESUME("unchanged", "00:01:00", "5")),
    ROW("a number that is none counts as without", RESUMED("5", "00:01:00"),
        "[" STORED("a", "Basal Resume", "04:01:00.000", OURS ",'pump_event_id':'x5'") "]", NULL,
        RESUME("unchanged", "00:01:00", "5")),
    ROW("in the next second it is not", RESUMED("5", "00:01:00"),
        "[" STORED("a", "Basal Resume", "04:01:01.000", OURS) "]", NULL, RESUME("create", "00:01:00", "5")),
    ROW("one stored document is one event", RESUMED("5", "00:01:00") RESUMED("6", "00:01:00"),
        "[" STORED("a", "Basal Resume", "04:01:00.000", OURS) "]", NULL,
        RESUME("unchanged", "00:01:00", "5") RESUME("create", "00:01:00.001", "6")),
    ROW("the nearest of several is it, the others stay", RESUMED("5", "00:01:00"),
        "[" STORED_RESUME("a", "05:01:00.000", "5") "," STORED_RESUME("b", "04:02:00.000", "5") "]", NULL,
        RESUME("unchanged", "00:01:00", "5")),
};

/* The source of pump 0, 1000001, and of pump 1 in its sequenceGroup 0; of pump 0 in group 1. */
#define FROM_PUMP_0  ",'pump_event_source':'0e2bd970'"
#define FROM_PUMP_1  ",'pump_event_source':'6e3a6edb'"
#define FROM_GROUP_1 ",'pump_event_source':'371137a3'"
#define BOLUS                                                                                                \
    "64 4 11:00:00 {'bolusId':7,'carbAmount':60}\n"                                                          \
    "20 5 11:01:00 {'bolusId':7,'completionStatus':3,'insulinDelivered':6}\n"
#define EXTENDED BOLUS "21 6 12:01:00 {'bolusId':7,'completionStatus':3,'insulinDelivered':2}\n"
#define EXTENDED_WITHOUT_20                                                                                  \
    "64 4 11:00:00 {'bolusId':7,'carbAmount':60}\n"                                                          \
    "21 6 12:00:00 {'bolusId':7,'completionStatus':3,'insulinDelivered':2}\n"
#define SUSPENDED        "11 5 11:00:00 {'suspendReason':0}\n"
#define BOLUS_IS(what)   PLAN(what, "Combo Bolus", "11:01:00", "5,4")
#define BOLUS_ID(source) OURS ",'pump_event_id':'5,4'" source
#define ALL_OF_IT        ",'insulin':6,'carbs':60"

#define SUSPENDED_AT_ONCE                                                                                    \
    SUSPENDED "279 6 11:00:00 {'commandedRate':0,'commandedRateSource':0}\n"                                 \
              "279 9 11:30:00 {'commandedRate':800}\n"

static const struct row identity_rows[] = {
    ROW("number and source, at whatever time and of whatever type", RESUMED("5", "00:01:00"),
        "[{'_id':'a','eventType':'Note','created_at':'2026-05-19T04:01:00.000Z','pump_event_id':'"
        "5'" FROM_PUMP_0 "}]",
        NULL, RESUME("unchanged", "00:01:00", "5")),
    ROW("another pump's number is another event", RESUMED("5", "00:01:00"),
        "[" STORED("a", "Basal Resume", "04:01:00.000", OURS ",'pump_event_id':'5'" FROM_PUMP_1) "]", NULL,
        RESUME("create", "00:01:00.001", "5")),
    ROW("and so is that of another group", RESUMED("5", "00:01:00") RESUMED("5/1", "00:03:00"),
        "[" STORED("a", "Basal Resume", "04:01:00.000", OURS ",'pump_event_id':'5'" FROM_GROUP_1) "]", NULL,
        RESUME("create", "00:01:00.001", "5") RESUME("unchanged", "00:03:00", "5")),
    ROW("the source outweighs the second", RESUMED("5", "00:01:00"),
        "[" STORED("a", "Basal Resume", "04:01:00.000", OURS ",'pump_event_id':'5'") "," STORED(
            "b", "Basal Resume", "09:00:00.000", OURS ",'pump_event_id':'5'" FROM_PUMP_0) "]",
        NULL, RESUME("unchanged", "00:01:00", "5")),
    ROW("a bolus that a person made a meal", BOLUS,
        "[" STORED("a", "Meal Bolus", "15:01:00.000", BOLUS_ID(FROM_PUMP_0) ALL_OF_IT) "]", NULL,
        BOLUS_IS("unchanged")),
    ROW("one without a source too, with amounts of text", BOLUS,
        "[" STORED("a", "Meal Bolus", "15:01:00.000", BOLUS_ID("") ",'insulin':'6','carbs':'60'") "]", NULL,
        BOLUS_IS("unchanged")),
    ROW("one that was dragged, without a source", BOLUS,
        "[" STORED("a", "Combo Bolus", "16:30:00.000", BOLUS_ID("") ALL_OF_IT) "]", NULL,
        BOLUS_IS("unchanged")),
    ROW("of another size it is another pump's", BOLUS,
        "[" STORED("a", "Combo Bolus", "16:30:00.000", BOLUS_ID("") ",'insulin':2,'carbs':60") "]", NULL,
        BOLUS_IS("create")),
    ROW("a basal of another rate is another pump's",
        "279 5 11:00:00 {'commandedRate':100}\n279 6 11:05:00 {}\n",
        "[" STORED("a", "Temp Basal", "16:30:00.000",
                   OURS ",'pump_event_id':'5','rate':0.2,'duration':5") "]",
        NULL, PLAN("create", "Temp Basal", "11:00:00", "5")),
    ROW("one of the same rate is this one", "279 5 11:00:00 {'commandedRate':100}\n279 6 11:05:00 {}\n",
        "[" STORED("a", "Temp Basal", "16:30:00.000",
                   OURS ",'pump_event_id':'5','rate':'0.1','duration':5") "]",
        NULL, PLAN("unchanged", "Temp Basal", "11:00:00", "5")),
    ROW("moved carbs: neither half is filled up", BOLUS,
        "[" STORED(
            "a", "Combo Bolus", "15:01:00.000",
            OURS ",'pump_event_id':'5','insulin':6" FROM_PUMP_0) "," STORED("b", "Combo Bolus",
                                                                            "15:30:00.000",
                                                                            OURS ",'pump_event_id':'5','"
                                                                                 "carbs':60" FROM_PUMP_0) "]",
        NULL, BOLUS_IS("unchanged")),
    ROW("moved carbs without a source", BOLUS,
        "[" STORED("a", "Combo Bolus", "15:01:00.000", OURS ",'pump_event_id':'5','insulin':6") "," STORED(
            "b", "Combo Bolus", "15:30:00.000", OURS ",'pump_event_id':'5','carbs':60") "]",
        NULL, BOLUS_IS("unchanged")),
    ROW("what two halves lack is not filled, what one lacks is", BOLUS,
        "[" STORED("a", "Combo Bolus", "15:01:00.000",
                   OURS ",'pump_event_id':'5','insulin':6" FROM_PUMP_0) "]",
        NULL,
        "amend {'_id':'a','eventType':'Combo Bolus','created_at':'2026-05-14T15:01:00.000Z'," OURS
        ",'insulin':6" FROM_PUMP_0 ",'pump_event_id':'5,4','carbs':60}\n"),
    ROW("a later bolus is no half of it", BOLUS,
        "[" STORED(
            "a", "Combo Bolus", "15:01:00.000",
            OURS ",'pump_event_id':'5','insulin':6" FROM_PUMP_0) "," STORED("b", "Combo Bolus",
                                                                            "15:30:00.000",
                                                                            OURS ",'pump_event_id':'9,8','"
                                                                                 "carbs':20" FROM_PUMP_0) "]",
        NULL,
        "amend {'_id':'a','eventType':'Combo Bolus','created_at':'2026-05-14T15:01:00.000Z'," OURS
        ",'insulin':6" FROM_PUMP_0 ",'pump_event_id':'5,4','carbs':60}\n"),
    ROW("one half left is the event", BOLUS,
        "[" STORED("b", "Combo Bolus", "15:30:00.000", BOLUS_ID(FROM_PUMP_0) ",'carbs':60") "]", NULL,
        BOLUS_IS("unchanged")),
    ROW("a meal that an older version laid into the extended part, or that another document names, is there",
        EXTENDED_WITHOUT_20,
        "[" STORED("a", "Combo Bolus", "16:00:00.000",
                   OURS ",'pump_event_id':'6,4','carbs':60,'insulin':2") "]",
        NULL,
        PLAN("unchanged", "Combo Bolus", "11:00:00", "4")
            PLAN("unchanged", "Combo Bolus", "11:15:00", "6,1,2")
                PLAN("unchanged", "Combo Bolus", "11:45:00", "6,2,2")),
    ROW("an extended part that is there in one piece stays in one piece", EXTENDED,
        "[" STORED("a", "Combo Bolus", "16:01:00.000",
                   OURS ",'pump_event_id':'6','insulin':2" FROM_PUMP_0) "]",
        NULL,
        BOLUS_IS("create") PLAN("unchanged", "Combo Bolus", "11:16:00", "6,1,2")
            PLAN("unchanged", "Combo Bolus", "11:46:00", "6,2,2")),
    ROW("and one in another number of parts as it is", EXTENDED,
        "[" STORED("a", "Combo Bolus", "16:01:00.000",
                   OURS ",'pump_event_id':'6,1,4','insulin':0.5" FROM_PUMP_0) "]",
        NULL,
        BOLUS_IS("create") PLAN("unchanged", "Combo Bolus", "11:16:00", "6,1,2")
            PLAN("unchanged", "Combo Bolus", "11:46:00", "6,2,2")),
    ROW("and one in one piece, whose other numbers look like a part's but for the 0", EXTENDED,
        "[" STORED("a", "Combo Bolus", "16:01:00.000",
                   OURS ",'pump_event_id':'6,0,2','insulin':2" FROM_PUMP_0) "]",
        NULL,
        BOLUS_IS("create") PLAN("unchanged", "Combo Bolus", "11:16:00", "6,1,2")
            PLAN("unchanged", "Combo Bolus", "11:46:00", "6,2,2")),
    ROW("or are more parts than there can be", EXTENDED,
        "[" STORED("a", "Combo Bolus", "16:01:00.000",
                   OURS ",'pump_event_id':'6,1,256','insulin':2" FROM_PUMP_0) "]",
        NULL,
        BOLUS_IS("create") PLAN("unchanged", "Combo Bolus", "11:16:00", "6,1,2")
            PLAN("unchanged", "Combo Bolus", "11:46:00", "6,2,2")),
    ROW("parts are told apart", EXTENDED,
        "[" STORED("a", "Meal Bolus", "15:46:00.000",
                   OURS ",'pump_event_id':'6,2,2','insulin':1" FROM_PUMP_0) "]",
        NULL,
        BOLUS_IS("create") PLAN("create", "Combo Bolus", "11:16:00", "6,1,2")
            PLAN("unchanged", "Combo Bolus", "11:46:00", "6,2,2")),
    ROW("another pump's extended part is another", EXTENDED,
        "[" STORED("a", "Combo Bolus", "16:01:00.000",
                   OURS ",'pump_event_id':'6','insulin':2" FROM_PUMP_1) "]",
        NULL,
        BOLUS_IS("create") PLAN("create", "Combo Bolus", "11:16:00", "6,1,2")
            PLAN("create", "Combo Bolus", "11:46:00", "6,2,2")),
    ROW("the two documents of a suspension are told apart, whatever their types", SUSPENDED,
        "[" STORED("a", "", "15:00:00.000", OURS ",'pump_event_id':'5,0'" FROM_PUMP_0) "]", NULL,
        PLAN("create", "Basal Suspension", "11:00:00", "5")
            PLAN("unchanged", "Temp Basal", "11:00:00", "5,0")),
    ROW("the other way as well", SUSPENDED,
        "[" STORED("a", "", "15:00:00.000", OURS ",'pump_event_id':'5'" FROM_PUMP_0) "]", NULL,
        PLAN("unchanged", "Basal Suspension", "11:00:00", "5")
            PLAN("create", "Temp Basal", "11:00:00", "5,0")),
    ROW("a suspension whose rate is logged in the same second has no basal of its own", SUSPENDED_AT_ONCE,
        NULL, NULL,
        PLAN("create", "Basal Suspension", "11:00:00", "5") PLAN("unchanged", "Temp Basal", "11:00:00", "5,0")
            PLAN("create", "Temp Basal", "11:00:00", "6") PLAN("create", "Temp Basal", "11:30:00", "9")),
    ROW("one that was stored before its rate came is ended", SUSPENDED_AT_ONCE,
        "[" STORED("a", "Temp Basal", "15:00:00.000",
                   OURS ",'rate':0,'absolute':0,'duration':30,'pump_event_id':'5,0'" FROM_PUMP_0) "]",
        NULL,
        PLAN("create", "Basal Suspension", "11:00:00",
             "5") "amend " STORED("a", "Temp Basal", "15:00:00.000",
                                  OURS ",'rate':0,'absolute':0,'pump_event_id':'5,0'" FROM_PUMP_0
                                       ",'duration':0") "\n" PLAN("create", "Temp Basal", "11:00:00.001", "6")
            PLAN("create", "Temp Basal", "11:30:00", "9")),
    ROW("another pump's have nothing to do with it", BOLUS,
        "[" STORED("a", "Combo Bolus", "17:00:00.000",
                   OURS ",'pump_event_id':'9,4','carbs':60" FROM_PUMP_1) "]",
        NULL, BOLUS_IS("create")),
    ROW("what is settled and gone was deleted by a person", RESUMED("5", "00:01:00") RESUMED("6", "00:02:00"),
        "[" STORED_RESUME("a", "04:02:00.000", "6") "]", NULL,
        RESUME("unchanged", "00:01:00", "5") RESUME("unchanged", "00:02:00", "6"), .settled = true),
    ROW("what is settled and there still follows the pump", BOLUS,
        "[" STORED("a", "Combo Bolus", "15:01:00.000",
                   OURS ",'pump_event_id':'5','insulin':6" FROM_PUMP_0) "]",
        NULL,
        "amend {'_id':'a','eventType':'Combo Bolus','created_at':'2026-05-14T15:01:00.000Z'," OURS
        ",'insulin':6" FROM_PUMP_0 ",'pump_event_id':'5,4','carbs':60}\n",
        .settled = true),
};

static const struct row second_rows[] = {
    ROW("several in one second by their order",
        RESUMED("7", "00:01:00") RESUMED("5", "00:01:00") RESUMED("6", "00:01:00"), NULL, NULL,
        RESUME("create", "00:01:00", "5") RESUME("create", "00:01:00.001", "6")
            RESUME("create", "00:01:00.002", "7")),
    ROW("a stranger's document has the second already", RESUMED("5", "00:01:00"),
        "[" STORED("a", "Basal Resume", "04:01:00.000", "'enteredBy':'a person'") "]", NULL,
        RESUME("create", "00:01:00.001", "5")),
    ROW("the lowest free one", RESUMED("5", "00:01:00") RESUMED("6", "00:01:00") RESUMED("7", "00:01:00"),
        "[" STORED("a", "Basal Resume", "04:01:00.001",
                   "'enteredBy':'a person'") "," STORED_RESUME("b", "04:01:00.003", "1") "]",
        NULL,
        RESUME("create", "00:01:00", "5") RESUME("create", "00:01:00.002", "6")
            RESUME("create", "00:01:00.004", "7")),
    ROW("a stored one keeps its own", RESUMED("5", "00:01:00") RESUMED("6", "00:01:00"),
        "[" STORED_RESUME("b", "04:01:00.000", "6") "]", NULL,
        RESUME("create", "00:01:00.001", "5") RESUME("unchanged", "00:01:00", "6")),
    ROW("types do not meet", RESUMED("5", "00:01:00") "11 6 00:01:00 {'suspendReason':0}\n", NULL, NULL,
        RESUME("create", "00:01:00", "5") PLAN("create", "Basal Suspension", "00:01:00", "6")
            PLAN("create", "Temp Basal", "00:01:00", "6,0")),
};

static const struct row range_rows[] = {
    ROW("only what starts in the range, both ends included",
        RESUMED("5", "00:00:59") RESUMED("6", "00:01:00") RESUMED("7", "00:02:00") RESUMED("8", "00:02:01"),
        NULL, NULL,
        RESUME("outside", "00:00:59", "5") RESUME("create", "00:01:00", "6") RESUME("create", "00:02:00", "7")
            RESUME("outside", "00:02:01", "8"),
        "00:01:00", "00:02:00"),
    ROW("ours are amended anywhere",
        "229 5 00:01:00 {'requestedAction':1}\n229 6 00:31:00 {'requestedAction':2}\n",
        "[" STORED(
            "a", "Sleep", "04:01:00.000",
            OURS
            ",'pump_event_id':'5','duration':2,'notes':'Sleep - Not Ended','reason':'Sleep - Not Ended'") "]",
        NULL,
        "amend {'_id':'a','eventType':'Sleep','created_at':'2026-05-14T04:01:00.000Z'," OURS
        ",'duration':30,'pump_event_id':'5,6','notes':'Sleep','reason':'Sleep'}\n",
        "03:00:00"),
    ROW("what is fresh waits, the future included",
        RESUMED("5", "11:50:00") RESUMED("6", "11:50:01") RESUMED("7", "12:00:01"), NULL, NULL,
        RESUME("create", "11:50:00", "5") RESUME("withheld", "11:50:01", "6")
            RESUME("withheld", "12:00:01", "7")),
    ROW("unless that is switched off", RESUMED("6", "11:59:59"), NULL, NULL,
        RESUME("create", "11:59:59", "6"), .not_safe = true),
    ROW("readings and device status do not wait",
        "399 5 12:00:00 {'currentGlucoseDisplayValue':100,'egvTimeStamp':579614399}\n9 6 12:00:00 "
        "{'abc':50}\n",
        NULL, NULL, PLAN("create", "sgv", "11:59:59", "5") PLAN("create", "devicestatus", "12:00:00", "6")),
    ROW("device status only if newer", "9 6 11:00:00 {'abc':50}\n", NULL, NULL,
        PLAN("unchanged", "devicestatus", "11:00:00", "6"), .newest_device_status = "11:00:00"),
    ROW("device status newer than the last", "9 6 11:00:01 {'abc':50}\n", NULL, NULL,
        PLAN("create", "devicestatus", "11:00:01", "6"), .newest_device_status = "11:00:00"),
};

/* 579571288 s after 2008 is 2026-05-14T00:01:28, 1778731288000 in Nightscout. */
#define READING(number)                                                                                      \
    "399 " number " 00:01:31 {'currentGlucoseDisplayValue':100,'egvTimeStamp':579571288}\n"
#define SGV(what, number)     PLAN(what, "sgv", "00:01:28", number)
#define ENTRY(id, date, rest) "{'_id':'" id "','type':'sgv','sgv':99,'date':" date "," rest "}"
#define OUR_DEVICE            "'device':'Pump (tconnectsync)'"

static const struct row reading_rows[] = {
    ROW("a reading is created", READING("5"), NULL, NULL, SGV("create", "5")),
    ROW("once", READING("5") READING("6"), NULL, NULL, SGV("create", "5") SGV("unchanged", "6")),
    ROW("not when it is there", READING("5"), NULL,
        "[" ENTRY("a", "1778731288000", OUR_DEVICE ",'pump_event_id':'5'") "]", SGV("unchanged", "5")),
    ROW("not when it is there from another record", READING("5"), NULL,
        "[" ENTRY("a", "1778731288000", OUR_DEVICE ",'pump_event_id':'4'") "]", SGV("unchanged", "5")),
    ROW("one of ours nearby is another reading", READING("5"), NULL,
        "[" ENTRY("a", "1778731287000", OUR_DEVICE ",'pump_event_id':'4'") "]", SGV("create", "5")),
    ROW("another device's within 150 s before", READING("5"), NULL,
        "[" ENTRY("a", "1778731138000", "'device':'share2'") "]", SGV("left out", "5")),
    ROW("another device's within 150 s behind", READING("5"), NULL,
        "[" ENTRY("a", "1778731438000", "'device':'share2'") "]", SGV("left out", "5")),
    ROW("another device's with a fraction of a millisecond", READING("5"), NULL,
        "[" ENTRY("a", "1778731288000.5", "'device':'loop'") "]", SGV("left out", "5")),
    ROW("one that tells no device is another's", READING("5"), NULL,
        "[" ENTRY("a", "1778731288000", "'sysTime':'x'") "]", SGV("left out", "5")),
    ROW("another device's before that", READING("5"), NULL,
        "[" ENTRY("a", "1778731137999", "'device':'share2'") "]", SGV("create", "5")),
    ROW("another device's behind that", READING("5"), NULL,
        "[" ENTRY("a", "1778731438001", "'device':'share2'") "]", SGV("create", "5")),
    ROW("another device's that is no reading", READING("5"), NULL,
        "[{'_id':'a','type':'mbg','mbg':99,'date':1778731288000,'device':'meter'}]", SGV("create", "5")),
    ROW("another's beside ours: ours stands", READING("5"), NULL,
        "[" ENTRY("a", "1778731288000", OUR_DEVICE ",'pump_event_id':'5'") "," ENTRY("b", "1778731289000",
                                                                                     "'device':'share2'") "]",
        SGV("unchanged", "5")),
};

static const struct row twin_rows[] = {
    ROW("of exact twins the elder stays", RESUMED("5", "00:01:00"),
        "[" STORED_RESUME("b", "04:01:00.000", "5") "," STORED_RESUME(
            "c", "04:01:00.000", "5") "," STORED_RESUME("a", "04:01:00.000", "5") "]",
        NULL, RESUME("unchanged", "00:01:00", "5") "delete b\ndelete c\n"),
    ROW("in whatever order they come", "",
        "[" STORED_RESUME("a", "04:01:00.000", "5") "," STORED_RESUME(
            "c", "04:01:00.000", "5") "," STORED_RESUME("b", "04:01:00.000", "5") "]",
        NULL, "delete b\ndelete c\n"),
    ROW("of readings too", READING("5"), NULL,
        "[" ENTRY("a", "1778731288000", OUR_DEVICE ",'pump_event_id':'5'") "," ENTRY(
            "b", "1778731288000", OUR_DEVICE ",'pump_event_id':'5'") "]",
        SGV("unchanged", "5") "delete b\n"),
    ROW("another time, id, type or person is no twin", "",
        "[" STORED_RESUME("a", "04:01:00.000", "5") "," STORED_RESUME(
            "b", "04:01:01.000",
            "5") "," STORED_RESUME("c", "04:01:00.000",
                                   "5,6") "," STORED("d", "Basal Suspension", "04:01:00.000",
                                                     OURS
                                                     ",'pump_event_id':'5'") "," STORED("e", "Basal Resume",
                                                                                        "04:01:00.000",
                                                                                        "'enteredBy':'a "
                                                                                        "person','pump_event_"
                                                                                        "id':'5'") "]",
        NULL, ""),
    ROW("one document that was read twice is no twin", RESUMED("5", "00:01:00"),
        "[" STORED_RESUME("a", "04:01:00.000", "5") "," STORED_RESUME("a", "04:01:00.000", "5") "]", NULL,
        RESUME("unchanged", "00:01:00", "5")),
    ROW("nor is one that could not be deleted", "",
        "[" STORED_RESUME("a", "04:01:00.000", "5") ",{'eventType':'Basal Resume',"
                                                    "'created_at':'2026-05-14T04:01:00.000Z'," OURS
                                                    ",'pump_event_id':'5'}]",
        NULL, ""),
    ROW("nor are two without a number", "",
        "[" STORED("a", "Basal Resume", "04:01:00.000", OURS) "," STORED("b", "Basal Resume", "04:01:00.000",
                                                                         OURS) "]",
        NULL, ""),
    ROW("two runs may have found another millisecond free", RESUMED("5", "00:01:00"),
        "[" STORED_RESUME("a", "04:01:00.001", "5") "," STORED_RESUME("b", "04:01:00.000", "5") "]", NULL,
        RESUME("unchanged", "00:01:00", "5") "delete b\n"),
    ROW("the one with a person's words stays", RESUMED("5", "00:01:00"),
        "[" STORED(
            "a", "Basal Resume", "04:01:00.000",
            OURS ",'pump_event_id':'5','notes':'Basal resumed','reason':'Basal resumed'") "," STORED("b",
                                                                                                     "Basal "
                                                                                                     "Resume",
                                                                                                     "04:01:"
                                                                                                     "00.000",
                                                                                                     OURS
                                                                                                     ",'pump_"
                                                                                                     "event_"
                                                                                                     "id':'5'"
                                                                                                     ",'"
                                                                                                     "notes':"
                                                                                                     "'after "
                                                                                                     "swimmin"
                                                                                                     "g','"
                                                                                                     "reason'"
                                                                                                     ":'"
                                                                                                     "Basal "
                                                                                                     "resumed"
                                                                                                     "'") "]",
        NULL, RESUME("unchanged", "00:01:00", "5") "delete a\n"),
    ROW("where two have them, both stay", RESUMED("5", "00:01:00"),
        "[" STORED(
            "a", "Basal Resume", "04:01:00.000",
            OURS
            ",'pump_event_id':'5','notes':'pool'") "," STORED("b", "Basal Resume", "04:01:00.000",
                                                              OURS
                                                              ",'pump_event_id':'5','notes':'after "
                                                              "swimming'") "," STORED("c", "Basal Resume",
                                                                                      "04:01:00.000",
                                                                                      OURS ",'pump_event_"
                                                                                           "id':'5','notes'"
                                                                                           ":'Basal "
                                                                                           "resumed'") "]",
        NULL, RESUME("unchanged", "00:01:00", "5") "delete c\n"),
    ROW("where the event is not known, other words count as a person's", "",
        "[" STORED(
            "a", "Basal Resume", "04:01:00.000",
            OURS
            ",'pump_event_id':'5','notes':'Basal resumed'") "," STORED("b", "Basal Resume", "04:01:00.000",
                                                                       OURS
                                                                       ",'pump_event_id':'5','notes':'after "
                                                                       "swimming'") "," STORED("c",
                                                                                               "Basal Resume",
                                                                                               "04:01:00.000",
                                                                                               OURS ",'pump_"
                                                                                                    "event_"
                                                                                                    "id':'5',"
                                                                                                    "'notes':"
                                                                                                    "'Basal "
                                                                                                    "resumed"
                                                                                                    "'") "]",
        NULL, "delete c\n"),
    ROW("an event that had the twin of another's has none then",
        RESUMED("5/0", "00:01:00") RESUMED("5/1", "00:01:00"),
        "[" STORED_RESUME("a", "04:01:00.000", "5") "," STORED_RESUME("b", "04:01:00.000", "5") "]", NULL,
        RESUME("unchanged", "00:01:00", "5") RESUME("create", "00:01:00.001", "5") "delete b\n"),
    ROW("other amounts make no twins", BOLUS,
        "[" STORED(
            "a", "Combo Bolus", "15:01:00.000",
            BOLUS_ID(FROM_PUMP_0) ",'insulin':6,'carbs':60") "," STORED("b", "Combo Bolus", "15:01:00.000",
                                                                        BOLUS_ID(
                                                                            FROM_PUMP_0) ",'insulin':6,'"
                                                                                         "carbs':20") "]",
        NULL, BOLUS_IS("unchanged")),
    ROW("what lies between twins hides none", "",
        "[" STORED_RESUME("a", "04:01:00.000", "5,6") "," STORED_RESUME(
            "b", "04:01:00.000", "5") "," STORED_RESUME("c", "04:01:00.000", "5,6") "]",
        NULL, "delete c\n"),
};

static bool is_settled(void *context, const struct document *document)
{
    (void)context;
    (void)document;
    return true;
}

static void open_row(struct fixture *fixture, const struct row *row)
{
    fixture_open(fixture);
    if (row->from)
        fixture->difference_rules.from = at(row->from);
    if (row->to)
        fixture->difference_rules.to = at(row->to);
    if (row->newest_device_status)
        fixture->difference_rules.newest_device_status = at(row->newest_device_status);
    if (row->not_safe)
        fixture->difference_rules.alarm_safe_minutes = 0;
    fixture->difference_rules.settled = row->settled ? is_settled : NULL;
    fixture_read(fixture, 0, row->events);
    fixture_hold(fixture, COLLECTION_TREATMENTS, row->treatments);
    fixture_hold(fixture, COLLECTION_ENTRIES, row->entries);
    fixture_build(fixture);
}

static void row_holds(void **state)
{
    const struct row *row = *state;
    struct fixture fixture;
    struct buffer plan;
    buffer_init(&plan, 1 << 20);
    open_row(&fixture, row);
    fixture_compare(&fixture);
    fixture_write_plan(&fixture, &plan);
    assert_string_equal(plan.data, row->plan);
    buffer_clear(&plan);
    fixture_compare(&fixture); /* once more: nothing is left over from the first time */
    fixture_write_plan(&fixture, &plan);
    assert_string_equal(plan.data, row->plan);
    buffer_free(&plan);
    fixture_close(&fixture);
}

static void assert_plan(struct fixture *fixture, const char *wanted)
{
    struct buffer plan;
    buffer_init(&plan, 1 << 20);
    fixture_compare(fixture);
    fixture_write_plan(fixture, &plan);
    assert_string_equal(plan.data, wanted);
    buffer_free(&plan);
}

/* One number on one day from each of two pumps: the stored one belongs to the pump whose second it has. */
static void two_pumps_may_use_the_same_numbers(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture);
    fixture_read(&fixture, 0, RESUMED("5", "00:01:00"));
    fixture_read(&fixture, 1, RESUMED("5", "03:00:00"));
    fixture_hold(&fixture, COLLECTION_TREATMENTS, "[" STORED_RESUME("a", "07:00:00.000", "5") "]");
    fixture_build(&fixture);
    assert_plan(&fixture, RESUME("create", "00:01:00", "5") RESUME("unchanged", "03:00:00", "5"));
    fixture_close(&fixture);
}

/* A new pump whose numbers begin low, beside what the old one left without sources: each event of both once.
 */
static void a_new_pump_takes_nothing_of_the_old_one(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture);
    fixture_read(&fixture, 1,
                 "20 5 09:00:00 {'bolusId':1,'completionStatus':3,'insulinDelivered':3}\n"
                 "20 6 10:00:00 {'bolusId':2,'completionStatus':3,'insulinDelivered':4}\n");
    fixture_hold(
        &fixture, COLLECTION_TREATMENTS,
        "[" STORED("a", "Combo Bolus", "11:00:00.000", OURS ",'pump_event_id':'5','insulin':7") "," STORED(
            "b", "Combo Bolus", "14:00:00.000", OURS ",'pump_event_id':'6','insulin':4" FROM_PUMP_0) "]");
    fixture_build(&fixture);
    assert_plan(&fixture, PLAN("create", "Combo Bolus", "09:00:00", "5")
                              PLAN("create", "Combo Bolus", "10:00:00.001", "6"));
    fixture_close(&fixture);
}

/* In whatever order Nightscout lists them and the account its pumps. */
static void identity_depends_on_no_order(void **state)
{
    (void)state;
    static const char *const stored[] = {
        STORED("a", "Basal Resume", "04:01:00.000", OURS ",'pump_event_id':'5'"),
        STORED("b", "Basal Resume", "05:00:00.000", OURS ",'pump_event_id':'5','notes':'x'"),
        STORED("c", "Basal Resume", "06:00:00.000", OURS ",'pump_event_id':'5'" FROM_PUMP_1),
    };
    static const int orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (size_t i = 0; i < 12; i++) {
        const int *order = orders[i / 2];
        struct fixture fixture;
        char list[2000];
        snprintf(list, sizeof list, "[%s,%s,%s]", stored[order[0]], stored[order[1]], stored[order[2]]);
        fixture_open(&fixture);
        fixture_read(&fixture, i % 2, RESUMED("5", "00:01:00"));
        fixture_read(&fixture, !(i % 2), RESUMED("5", "00:59:59"));
        fixture_hold(&fixture, COLLECTION_TREATMENTS, list);
        fixture_build(&fixture);
        fixture_compare(&fixture);
        for (size_t document = 0; document < 2; document++) {
            const struct document *found = &fixture.documents.items[document];
            char *id = held_id(&fixture.held, found->held);
            bool pump_1 = document_source(found, &fixture.log) == 0x6e3a6edb;
            bool early = found->time == at("00:01:00");
            assert_string_equal(id, pump_1 ? "c" : early ? "a" : "b");
            free(id);
        }
        fixture_close(&fixture);
    }
}

/* An extended bolus was stored without its first part, which comes late: the meal is there once, when it was
 * eaten. */
static void a_late_first_part_brings_its_meal_once(void **state)
{
    (void)state;
    struct fixture fixture;
    struct buffer written;
    buffer_init(&written, 1 << 20);
    fixture_open(&fixture);
    fixture_read(&fixture, 0, BOLUS);
    fixture_hold(&fixture, COLLECTION_TREATMENTS,
                 "[" STORED("a", "Combo Bolus", "15:00:00.000",
                            OURS ",'pump_event_id':'4','carbs':60" FROM_PUMP_0) "]");
    fixture_build(&fixture);
    assert_plan(&fixture, BOLUS_IS("create"));
    fixture_write_documents(&fixture, &written);
    assert_non_null(strstr(written.data, "'insulin':6"));
    assert_null(strstr(written.data, "carbs"));
    buffer_free(&written);
    fixture_close(&fixture);
}

/* A note of 70 kB: the event is there, and nothing stops. */
static void a_large_document_is_its_event(void **state)
{
    (void)state;
    struct fixture fixture;
    struct buffer list;
    buffer_init(&list, 1 << 20);
    buffer_addf(&list,
                "[" STORED("a", "Combo Bolus", "15:01:00.000",
                           OURS ",'pump_event_id':'5'" FROM_PUMP_0 ",'notes':'%070000d'") "]",
                0);
    fixture_open(&fixture);
    fixture_read(&fixture, 0, BOLUS RESUMED("6", "11:02:00"));
    fixture_hold(&fixture, COLLECTION_TREATMENTS, list.data);
    fixture_build(&fixture);
    assert_plan(&fixture, BOLUS_IS("unchanged") RESUME("create", "11:02:00", "6"));
    buffer_free(&list);
    fixture_close(&fixture);
}

static void creates_are_oldest_first(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture);
    fixture_read(&fixture, 0, RESUMED("5", "03:00:00") RESUMED("6", "02:00:00") RESUMED("7", "04:00:00"));
    fixture_read(&fixture, 1, RESUMED("5", "02:30:00"));
    fixture_build(&fixture);
    fixture_compare(&fixture);
    assert_int_equal(fixture.difference.create_count, 4);
    for (size_t i = 1; i < 4; i++)
        assert_true(fixture.documents.items[fixture.difference.creates[i - 1]].time <
                    fixture.documents.items[fixture.difference.creates[i]].time);
    fixture_close(&fixture);
}

static void what_nightscout_refuses_is_left_out(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture);
    fixture_read(&fixture, 0, RESUMED("5", "00:01:00") RESUMED("6", "00:02:00"));
    fixture_build(&fixture);
    fixture.documents.items[0].refused = true;
    assert_plan(&fixture, RESUME("left out", "00:01:00", "5") RESUME("create", "00:02:00", "6"));
    fixture_close(&fixture);
}

/* The answer to a batch was lost; what a read finds of it was stored. */
static void a_lost_answer_is_made_up_for(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture);
    fixture_read(&fixture, 0, RESUMED("5", "00:01:00") RESUMED("6", "00:02:00"));
    fixture_build(&fixture);
    fixture_compare(&fixture);
    fixture.documents.items[0].attempted = fixture.documents.items[1].attempted = true;
    fixture_hold(&fixture, COLLECTION_TREATMENTS, "[" STORED_RESUME("a", "04:01:00.000", "5") "]");
    assert_plan(&fixture, RESUME("unchanged", "00:01:00", "5") RESUME("create", "00:02:00", "6"));
    assert_true(fixture.documents.items[0].created);
    assert_false(fixture.documents.items[1].created);
    fixture_close(&fixture);
}

/* The server failed on it alone, and so it was left out: nothing was amended. */
static void an_amendment_that_was_left_out_is_none(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture);
    fixture_read(&fixture, 0, "279 5 00:01:00 {'commandedRate':800}\n279 6 00:31:00 {'commandedRate':800}\n");
    fixture_hold(&fixture, COLLECTION_TREATMENTS,
                 "[" STORED("a", "Temp Basal", "04:01:00.000",
                            "'duration':5,'absolute':0.8,'rate':0.8," OURS ",'pump_event_id':'5'") "]");
    fixture_build(&fixture);
    fixture_compare(&fixture);
    struct document *basal = &fixture.documents.items[0];
    assert_int_equal(basal->fate, FATE_AMEND);
    basal->attempted = basal->refused = true;
    fixture_compare(&fixture);
    assert_int_equal(basal->fate, FATE_UNCHANGED);
    assert_false(basal->amended);
    fixture_close(&fixture);
}

static void readings_beside_another_devices_are_counted_once(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture);
    fixture_read(&fixture, 0, READING("5"));
    fixture_hold(&fixture, COLLECTION_ENTRIES, "[" ENTRY("a", "1778731288000", "'device':'share2'") "]");
    fixture_build(&fixture);
    fixture_compare(&fixture);
    fixture_compare(&fixture);
    assert_int_equal(fixture.log.skipped[SKIP_OTHER_DEVICE], 1);
    fixture_close(&fixture);
}

/* Its second holds a thousand strangers: the document is left out, and that is counted. */
static void a_second_may_be_full(void **state)
{
    (void)state;
    struct fixture fixture;
    struct buffer answer;
    buffer_init(&answer, 1 << 20);
    for (int i = 0; i < 1000; i++)
        buffer_addf(&answer,
                    "%c{'_id':'%d','eventType':'Basal Resume','created_at':'2026-05-14T04:01:00.%03dZ'}",
                    i ? ',' : '[', i, i);
    buffer_add_text(&answer, "]");
    fixture_open(&fixture);
    fixture_read(&fixture, 0, RESUMED("5", "00:01:00") RESUMED("6", "00:02:00"));
    fixture_hold(&fixture, COLLECTION_TREATMENTS, answer.data);
    fixture_build(&fixture);
    assert_plan(&fixture, RESUME("left out", "00:01:00", "5") RESUME("create", "00:02:00", "6"));
    assert_int_equal(fixture.log.skipped[SKIP_TIME], 1);
    buffer_free(&answer);
    fixture_close(&fixture);
}

#define BASAL(id, time, rest) STORED(id, "Temp Basal", time, "'duration':5," rest)

/* Fresh basals with our name that no event explains: another pump's, or an older uploader's. */
static void strangers_are_counted(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture);
    fixture_read(&fixture, 0, "279 5 11:00:00 {'commandedRate':100}\n279 6 11:05:00 {'commandedRate':100}\n");
    fixture_hold(
        &fixture, COLLECTION_TREATMENTS,
        "[" BASAL("a", "15:00:00.000", OURS ",'pump_event_id':'5'") "," BASAL(
            "b", "15:02:00.000",
            OURS
            ",'pump_event_id':'900'") "," BASAL("c", "15:03:00.000",
                                                OURS
                                                ",'pump_event_id':'901'") "," BASAL("d", "15:04:00.000",
                                                                                    OURS) "," BASAL("e",
                                                                                                    "15:05:"
                                                                                                    "30.000",
                                                                                                    "'entered"
                                                                                                    "By':'"
                                                                                                    "Loop','"
                                                                                                    "pump_"
                                                                                                    "event_"
                                                                                                    "id':'"
                                                                                                    "902'") ","
                                                                                                            "{'_id':'f','eventType':'Temp "
                                                                                                            "Basal','created_at':'2026-05-"
                                                                                                            "13T15:59:59.000Z'," OURS
                                                                                                            "}]");
    fixture_build(&fixture);
    fixture_compare(&fixture);
    assert_int_equal(fixture.difference.strangers, 2);
    assert_int_equal(fixture.difference.nameless, 1);
    fixture_close(&fixture);
}

static void without_basal_there_are_no_strangers(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture);
    fixture_set_features(&fixture, FEATURE_CGM);
    fixture_read(&fixture, 0, READING("5"));
    fixture_hold(&fixture, COLLECTION_TREATMENTS,
                 "[" BASAL("b", "15:02:00.000", OURS ",'pump_event_id':'9'") "]");
    fixture_build(&fixture);
    fixture_compare(&fixture);
    assert_int_equal(fixture.difference.strangers, 0);
    fixture_close(&fixture);
}

#define ADD_ROWS(rows)                                                                                       \
    for (size_t i = 0; i < sizeof(rows) / sizeof *(rows); i++)                                               \
        tests[count++] = (struct CMUnitTest)                                                                 \
        {                                                                                                    \
            .name = (rows)[i].name, .test_func = row_holds, .initial_state = (void *)(uintptr_t) & (rows)[i] \
        }

static void what_is_freed_is_empty(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture);
    fixture_read(&fixture, 0, RESUMED("5", "00:01:00"));
    fixture_build(&fixture);
    fixture_compare(&fixture);
    assert_int_equal(fixture.difference.create_count, 1);
    difference_free(&fixture.difference);
    assert_null(fixture.difference.creates);
    assert_int_equal(fixture.difference.create_count, 0);
    fixture_close(&fixture);
}

int main(void)
{
    struct CMUnitTest tests[200] = {
        cmocka_unit_test(what_is_freed_is_empty),
        cmocka_unit_test(two_pumps_may_use_the_same_numbers),
        cmocka_unit_test(a_new_pump_takes_nothing_of_the_old_one),
        cmocka_unit_test(identity_depends_on_no_order),
        cmocka_unit_test(a_large_document_is_its_event),
        cmocka_unit_test(a_late_first_part_brings_its_meal_once),
        cmocka_unit_test(creates_are_oldest_first),
        cmocka_unit_test(what_nightscout_refuses_is_left_out),
        cmocka_unit_test(a_lost_answer_is_made_up_for),
        cmocka_unit_test(an_amendment_that_was_left_out_is_none),
        cmocka_unit_test(readings_beside_another_devices_are_counted_once),
        cmocka_unit_test(a_second_may_be_full),
        cmocka_unit_test(strangers_are_counted),
        cmocka_unit_test(without_basal_there_are_no_strangers),
    };
    size_t count = 15;
    ADD_ROWS(event_rows);
    ADD_ROWS(identity_rows);
    ADD_ROWS(second_rows);
    ADD_ROWS(range_rows);
    ADD_ROWS(reading_rows);
    ADD_ROWS(twin_rows);
    return _cmocka_run_group_tests("difference", tests, count, NULL, NULL);
}
