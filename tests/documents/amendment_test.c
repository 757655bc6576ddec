/* Stored documents that change, and how: a row for each sentence about amendments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"

struct row {
    const char *name;
    const char *events;
    const char *stored;
    const char *amended; /* NULL: left alone */
};
#define ROW(...)                                                                                             \
    {                                                                                                        \
        __VA_ARGS__                                                                                          \
    }

#define HEAD(type, time)                                                                                     \
    "{'_id':'a','eventType':'" type "','created_at':'2026-05-14T" time                                       \
    ".000Z','enteredBy':'Pump (tconnectsync)'"
#define BASAL               HEAD("Temp Basal", "04:01:00") ",'pump_event_id':'5','rate':0.1,'absolute':0.1"
#define EVENT(number, time) "279 " number " " time " {'commandedRate':100,'commandedRateSource':1}\n"

static const struct row basal_rows[] = {
    ROW("a duration that is right", EVENT("5", "00:01:00") EVENT("6", "00:06:00"), BASAL ",'duration':5}",
        NULL),
    ROW("a duration off by a second", EVENT("5", "00:01:00") EVENT("6", "00:06:00"),
        BASAL ",'duration':4.983333333333333}", NULL),
    ROW("a duration off by more", EVENT("5", "00:01:00") EVENT("6", "00:06:02"), BASAL ",'duration':5}",
        BASAL ",'duration':5.033333333333333}"),
    ROW("a duration that is too long", EVENT("5", "00:01:00") EVENT("6", "00:06:00"), BASAL ",'duration':60}",
        BASAL ",'duration':5}"),
    ROW("no duration at all", EVENT("5", "00:01:00") EVENT("6", "00:06:00"), BASAL "}",
        BASAL ",'duration':5}"),
    ROW("null is none", EVENT("5", "00:01:00") EVENT("6", "00:06:00"), BASAL ",'duration':null}",
        BASAL ",'duration':5}"),
    ROW("a number may be text", EVENT("5", "00:01:00") EVENT("6", "00:06:00"), BASAL ",'duration':'5'}",
        NULL),
    ROW("other text is none", EVENT("5", "00:01:00") EVENT("6", "00:06:00"), BASAL ",'duration':'long'}",
        BASAL ",'duration':5}"),
    ROW("an open end grows", EVENT("5", "00:01:00") "3 6 00:10:00\n", BASAL ",'duration':5}",
        BASAL ",'duration':9}"),
    ROW("an open end never shrinks", EVENT("5", "00:01:00") "3 6 00:10:00\n", BASAL ",'duration':12}", NULL),
    ROW("an open end is no end when the pump was off", EVENT("5", "00:01:00") "3 6 00:03:00\n3 7 05:00:00\n",
        BASAL ",'duration':5}", BASAL ",'duration':2}"),
    ROW("other fields are kept, nulls left out", EVENT("5", "00:01:00") EVENT("6", "00:06:00"),
        BASAL ",'utcOffset':0,'carbs':null,'duration':9,'mine':{'a':[1.50,null,true]},'percent':-1e3}",
        BASAL ",'utcOffset':0,'mine':{'a':[1.50,null,true]},'percent':-1e3,'duration':5}"),
    ROW("of a doubled key the last stays", EVENT("5", "00:01:00") EVENT("6", "00:06:00"),
        BASAL ",'note':1,'duration':9,'note':2,'duration':5}", NULL),
    ROW("of a doubled key the last stays in what is written", EVENT("5", "00:01:00") EVENT("6", "00:06:00"),
        BASAL ",'note':1,'duration':5,'note':2,'duration':9}", BASAL ",'note':2,'duration':5}"),
    ROW("a rate that a person changed stands", EVENT("5", "00:01:00") EVENT("6", "00:06:00"),
        HEAD("Temp Basal", "04:01:00") ",'pump_event_id':'5','rate':3,'absolute':3,'duration':5}", NULL),
    ROW("found by its second it is amended all the same", EVENT("5", "00:01:00") EVENT("6", "00:06:00"),
        HEAD("Temp Basal", "04:01:00") ",'duration':1}", HEAD("Temp Basal", "04:01:00") ",'duration':5}"),
    ROW("at another time it keeps that", EVENT("5", "00:01:00") EVENT("6", "00:06:00"),
        HEAD("Temp Basal", "05:01:00") ",'pump_event_id':'5','rate':0.1,'duration':1}",
        HEAD("Temp Basal", "05:01:00") ",'pump_event_id':'5','rate':0.1,'duration':5}"),
    ROW("cut to the minute, with a rate of text, by the report editor",
        EVENT("5", "00:01:30") EVENT("6", "00:06:30"),
        HEAD("Temp Basal", "04:01:00") ",'utcOffset':0,'pump_event_id':'5','rate':'3','duration':'1'}",
        HEAD("Temp Basal", "04:01:00") ",'utcOffset':0,'pump_event_id':'5','rate':'3','duration':5}"),
    ROW("a type that a person chose stands, and all that it holds",
        EVENT("5", "00:01:00") EVENT("6", "00:06:00"),
        HEAD("Note", "04:01:00") ",'pump_event_id':'5','rate':0.1,'duration':1}", NULL),
    ROW("what a person signed stands", EVENT("5", "00:01:00") EVENT("6", "00:06:00"),
        "{'_id':'a','eventType':'Temp Basal','created_at':'2026-05-14T04:01:00.000Z','enteredBy':'Mom',"
        "'pump_event_id':'5','duration':1}",
        NULL),
    ROW("its offset from UTC is kept", EVENT("5", "00:01:00") EVENT("6", "00:06:00"),
        BASAL ",'utcOffset':-300,'duration':1}",
        "{'_id':'a','eventType':'Temp Basal','created_at':'2026-05-13T23:01:00-05:00','enteredBy':'Pump "
        "(tconnectsync)',"
        "'pump_event_id':'5','rate':0.1,'absolute':0.1,'utcOffset':-300,'duration':5}"),
    ROW("and its milliseconds", EVENT("5", "00:01:00") EVENT("6", "00:06:00"),
        "{'created_at':'2026-05-14T04:01:00.007Z','eventType':'Temp Basal','enteredBy':'Pump (tconnectsync)',"
        "'pump_event_id':'5','utcOffset':330,'duration':1}",
        "{'created_at':'2026-05-14T09:31:00.007+05:30','eventType':'Temp Basal','enteredBy':'Pump "
        "(tconnectsync)',"
        "'pump_event_id':'5','utcOffset':330,'duration':5}"),
    ROW("an offset that no zone has is none", EVENT("5", "00:01:00") EVENT("6", "00:06:00"),
        BASAL ",'utcOffset':9000,'duration':1}", BASAL ",'utcOffset':9000,'duration':5}"),
};

#define BOLUS     HEAD("Combo Bolus", "15:04:18")
#define ID(id)    ",'pump_event_id':'" id "'"
#define REQUEST_1 "64 20 11:02:20 {'bolusId':15,'carbAmount':20,'bg':116}\n"
#define REQUEST_2 "65 21 11:02:20 {'bolusId':15,'options':4}\n"
#define COMPLETED "20 40 11:04:18 {'bolusId':15,'completionStatus':3,'insulinDelivered':3.53}\n"
#define GLUCOSE   ",'glucose':'116','glucoseType':'Manual','units':'mg/dl'"

static const struct row bolus_rows[] = {
    ROW("a bolus that has all", REQUEST_1 REQUEST_2 COMPLETED,
        BOLUS ID("40,20,21") ",'insulin':3.53,'carbs':20,'glucose':116,'notes':'BLE Standard Bolus'}", NULL),
    ROW("late requests add what it lacks, and its id grows", REQUEST_1 REQUEST_2 COMPLETED,
        BOLUS ID("40") ",'insulin':3.53}",
        BOLUS ",'insulin':3.53" ID("40,20,21") ",'carbs':20" GLUCOSE ",'notes':'BLE Standard Bolus'}"),
    ROW("what a person removed stays removed", REQUEST_1 REQUEST_2 COMPLETED,
        BOLUS ID("40,20,21") ",'carbs':null,'glucose':null}", NULL),
    ROW("a late record adds its own, not what another brought and a person removed",
        REQUEST_1 REQUEST_2 COMPLETED, BOLUS ID("40,20") ",'insulin':3.53}",
        BOLUS ",'insulin':3.53" ID("40,20,21") ",'notes':'BLE Standard Bolus'}"),
    ROW("insulin is never added", REQUEST_1 COMPLETED, BOLUS ID("40") "}",
        BOLUS ID("40,20") ",'carbs':20" GLUCOSE "}"),
    ROW("numbers that were stored stay in the id", REQUEST_1 REQUEST_2 COMPLETED,
        BOLUS ID("40,21,22") ",'insulin':3.53}",
        BOLUS ",'insulin':3.53" ID("40,21,22,20") ",'carbs':20" GLUCOSE "}"),
    ROW("it keeps what it has", REQUEST_1 REQUEST_2 COMPLETED,
        BOLUS ID("40,20,21") ",'insulin':3,'carbs':25,'glucose':100,'notes':'pizza'}", NULL),
    ROW("a glucose type that it has stays", REQUEST_1 COMPLETED,
        BOLUS ID("40") ",'insulin':3.53,'carbs':20,'glucoseType':'Finger','units':null}",
        BOLUS
        ",'insulin':3.53,'carbs':20,'glucoseType':'Finger'" ID("40,20") ",'glucose':'116','units':'mg/dl'}"),
    ROW("0 U is not lacking", COMPLETED, BOLUS ID("40") ",'insulin':0}", NULL),
    ROW("an id with more numbers stays", COMPLETED, BOLUS ID("40,20,21,22") ",'insulin':3.53}", NULL),
    ROW("an id that is a number grows too", REQUEST_1 COMPLETED,
        BOLUS ",'pump_event_id':40,'insulin':3.53,'carbs':20,'glucose':116}",
        BOLUS ",'insulin':3.53,'carbs':20,'glucose':116" ID("40,20") "}"),
    ROW("one without id does not tell what it had", REQUEST_1 COMPLETED, BOLUS ",'insulin':3.53}", NULL),
    ROW("an extended part lacks no carbs of its bolus",
        REQUEST_1 COMPLETED "21 60 11:34:18 {'bolusId':15,'completionStatus':3,'insulinDelivered':1.2}\n",
        HEAD("Combo Bolus", "15:34:18") ID("60") ",'insulin':1.2,'notes':'Extended Bolus'}", NULL),
};

#define SLEEP       HEAD("Sleep", "04:00:00")
#define BOTH(words) ",'notes':'" words "','reason':'" words "'}"
#define START       "229 1 00:00:00 {'requestedAction':1}\n"

static const struct row activity_rows[] = {
    ROW("an open sleep grows", START "3 9 00:30:00\n",
        SLEEP ID("1") ",'duration':20" BOTH("Sleep - Not Ended"),
        SLEEP ID("1") ",'notes':'Sleep - Not Ended','reason':'Sleep - Not Ended','duration':30}"),
    ROW("an open sleep never shrinks", START "3 9 00:30:00\n",
        SLEEP ID("1") ",'duration':40" BOTH("Sleep - Not Ended"), NULL),
    ROW("an open sleep ends", START "229 4 00:25:00 {'requestedAction':2}\n",
        SLEEP ID("1") ",'duration':40,'mine':1" BOTH("Sleep - Not Ended"),
        SLEEP ",'mine':1,'duration':25" ID("1,4") BOTH("Sleep")),
    ROW("an open sleep of the right duration ends all the same",
        START "229 4 00:25:00 {'requestedAction':2}\n",
        SLEEP ID("1") ",'duration':25" BOTH("Sleep - Not Ended"),
        SLEEP ",'duration':25" ID("1,4") BOTH("Sleep")),
    ROW("an ended sleep stands", START "229 4 00:25:00 {'requestedAction':2}\n",
        SLEEP ID("1,9") ",'duration':40" BOTH("Sleep"), NULL),
    ROW("an ended sleep does not open again", START "3 9 00:30:00\n",
        SLEEP ID("1,4") ",'duration':5" BOTH("Sleep"), NULL),
    ROW("a sleep that a person renamed stands", START "229 4 00:25:00 {'requestedAction':2}\n",
        SLEEP ID("1") ",'duration':40" BOTH("a nap"), NULL),
    ROW("a note in place of our words stays", START "229 4 00:25:00 {'requestedAction':2}\n",
        SLEEP ID("1") ",'duration':40,'notes':'bad dreams','reason':'Sleep - Not Ended'}",
        SLEEP ",'notes':'bad dreams','duration':25" ID("1,4") ",'reason':'Sleep'}"),
    ROW("a reason in place of our words stays", START "229 4 00:25:00 {'requestedAction':2}\n",
        SLEEP ID("1") ",'duration':40,'notes':'Sleep (Manual) - Not Ended','reason':'flu'}",
        SLEEP ",'reason':'flu','duration':25" ID("1,4") ",'notes':'Sleep'}"),
    ROW("a note around our words is a person's", START "229 4 00:25:00 {'requestedAction':2}\n",
        SLEEP ID(
            "1") ",'duration':40,'notes':'Sleep - Not Ended - Not Ended','reason':'flu. Sleep - Not Ended'}",
        NULL),
    ROW("a note that only begins and ends as ours is a person's",
        START "229 4 00:25:00 {'requestedAction':2}\n",
        SLEEP ID("1") ",'duration':40" BOTH("Sleep was bad (again) - Not Ended"), NULL),
    ROW("a note removed stays removed", START "229 4 00:25:00 {'requestedAction':2}\n",
        SLEEP ID("1") ",'duration':40,'reason':'Sleep - Not Ended'}",
        SLEEP ",'duration':25" ID("1,4") ",'reason':'Sleep'}"),
    ROW("a second start cuts the first", START "229 4 00:25:00 {'currentUserMode':1,'previousUserMode':0}\n",
        SLEEP ID("1") ",'duration':40" BOTH("Sleep - Not Ended"),
        SLEEP ID("1") ",'notes':'Sleep - Not Ended','reason':'Sleep - Not Ended','duration':25}"),
    ROW("exercise ends as well",
        "229 1 00:00:00 {'requestedAction':3}\n229 2 01:00:00 {'requestedAction':5}\n",
        HEAD("Exercise", "04:00:00") ID("1") ",'duration':40" BOTH("Exercise - Not Ended"),
        HEAD("Exercise", "04:00:00") ",'duration':60" ID("1,2") BOTH("Exercise")),
};

static const struct row other_rows[] = {
    ROW("anything else is left alone", "5 1 00:00:00 {'alarmId':2}\n",
        HEAD("Alarm", "04:00:00") ID("1") ",'notes':'false alarm'}", NULL),
    ROW("a stranger's document without a number is none of ours",
        EVENT("5", "00:01:00") EVENT("6", "00:06:00"),
        "{'_id':'a','eventType':'Temp Basal','created_at':'2026-05-14T04:01:00.000Z','duration':1}", NULL),
};

/* The first document and the one stored. */
static void row_holds(void **state)
{
    const struct row *row = *state;
    struct fixture fixture;
    struct buffer stored, plan, wanted;
    buffer_init(&stored, 1 << 20);
    buffer_init(&plan, 1 << 20);
    buffer_init(&wanted, 1 << 20);
    buffer_addf(&stored, "[%s]", row->stored);
    if (row->amended)
        buffer_addf(&wanted, "amend %s\n", row->amended);
    fixture_open(&fixture);
    fixture_read(&fixture, 0, row->events);
    fixture_hold(&fixture, COLLECTION_TREATMENTS, stored.data);
    fixture_build(&fixture);
    fixture_compare(&fixture);
    for (size_t i = 0; i < fixture.documents.count; i++)
        if (fixture.documents.items[i].fate != FATE_AMEND)
            fixture.documents.items[i--] = fixture.documents.items[--fixture.documents.count];
    fixture_write_plan(&fixture, &plan);
    assert_string_equal(plan.data, wanted.data);
    buffer_free(&stored);
    buffer_free(&plan);
    buffer_free(&wanted);
    fixture_close(&fixture);
}

static void ids_are_found(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture);
    fixture_hold(
        &fixture, COLLECTION_TREATMENTS,
        "[" HEAD("Alarm", "04:00:00") "},"
                                      "{'_id':5,'eventType':'Alarm','created_at':'2026-05-14T04:00:00Z','"
                                      "enteredBy':'Pump (tconnectsync)'},"
                                      "{'_id':'b','eventType':'Alarm','created_at':'2026-05-14T04:00:00Z'}]");
    char *id = held_id(&fixture.held, 0);
    assert_string_equal(id, "a");
    assert_null(held_id(&fixture.held, 1)); /* no text */
    assert_null(held_id(&fixture.held, 2)); /* another's: not kept */
    free(id);
    fixture_close(&fixture);
}

#define ADD_ROWS(rows)                                                                                       \
    for (size_t i = 0; i < sizeof(rows) / sizeof *(rows); i++)                                               \
        tests[count++] = (struct CMUnitTest)                                                                 \
        {                                                                                                    \
            .name = (rows)[i].name, .test_func = row_holds, .initial_state = (void *)(uintptr_t) & (rows)[i] \
        }

int main(void)
{
    struct CMUnitTest tests[100] = {cmocka_unit_test(ids_are_found)};
    size_t count = 1;
    ADD_ROWS(basal_rows);
    ADD_ROWS(bolus_rows);
    ADD_ROWS(activity_rows);
    ADD_ROWS(other_rows);
    return _cmocka_run_group_tests("amendment", tests, count, NULL, NULL);
}
