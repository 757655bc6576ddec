/* The reader of what Nightscout holds: only whole lists count, and of strangers' documents only the place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"
#include "tconnectsync/base/error.h"

#define LIMIT 1000

static bool read_pieces(struct held *held, enum collection collection, const char *data, size_t length,
                        size_t piece, struct error *error)
{
    struct held_reader *reader = held_reader_new(held, collection);
    bool fed = true;
    for (size_t done = 0; fed && done < length; done += piece)
        fed = held_reader_feed(reader, data + done, length - done < piece ? length - done : piece, error);
    bool complete = fed && held_reader_finish(reader, LIMIT, error);
    held_reader_free(reader);
    return complete;
}

static bool read_text(struct held *held, enum collection collection, const char *text, struct error *error)
{
    struct buffer quoted;
    buffer_init(&quoted, 1 << 20);
    add_quoted(&quoted, text);
    bool complete = read_pieces(held, collection, quoted.data, quoted.length, quoted.length + 1, error);
    buffer_free(&quoted);
    return complete;
}

/* One document of the collection, read and asserted to be kept. */
static struct held_document read_one(struct held *held, enum collection collection, const char *document)
{
    struct buffer text;
    struct error error = {0};
    buffer_init(&text, 1 << 20);
    buffer_addf(&text, "[%s]", document);
    *held = (struct held){0};
    assert_true(read_text(held, collection, text.data, &error));
    assert_int_equal(held->count, 1);
    buffer_free(&text);
    return held->items[0];
}

static const char treatments[] =
    "[{'_id':'a','eventType':'Temp Basal','created_at':'2026-05-14T04:01:00.001Z','enteredBy':'Pump "
    "(tconnectsync)',"
    "'pump_event_id':'10','rate':0.1,'absolute':0.1,'duration':5.5,'utcOffset':-240},"
    "{'_id':'b','eventType':'Meal Bolus','created_at':'2026-05-14T05:00:00.000Z'},"
    "{'_id':'c','eventType':'Sleep','created_at':'2026-05-14T01:00:00-04:00','enteredBy':'a "
    "person','notes':'x'},"
    "{'_id':'d','eventType':'Sleep','created_at':'2026-05-14T06:00:00Z','pump_event_id':'7,8','mine':{'a':[1,"
    "null]},"
    "'reason':'Sleep - Not Ended'}]";

static void assert_treatments(const struct held *held)
{
    assert_int_equal(held->documents, 4);
    assert_int_equal(held->count, 3);
    const struct held_document *item = held->items;
    assert_int_equal(item[0].kind, DOCUMENT_TEMP_BASAL);
    assert_int_equal(item[0].time, at("2026-05-14T04:01:00Z") * 1000 + 1);
    assert_int_equal(item[0].numbers[0], 10);
    assert_int_equal(item[0].duration, 330000);
    assert_true(item[0].ours);
    assert_false(item[0].not_ended);
    assert_int_equal(item[1].kind, DOCUMENT_SLEEP);
    assert_int_equal(item[1].time, at("2026-05-14T05:00:00Z") * 1000);
    assert_int_equal(item[1].numbers[0], NO_EVENT_ID);
    assert_int_equal(item[1].duration, NO_DURATION);
    assert_false(item[1].ours);
    assert_null(item[1].text);
    assert_int_equal(item[2].numbers[0], 7);
    assert_true(item[2].not_ended);
    assert_false(item[2].ours);
    static const char text[] =
        "{\"_id\":\"d\",\"eventType\":\"Sleep\",\"created_at\":\"2026-05-14T06:00:00Z\","
        "\"pump_event_id\":\"7,8\",\"mine\":{\"a\":[1,null]},"
        "\"reason\":\"Sleep - Not Ended\"}";
    assert_int_equal(item[2].length, sizeof text - 1);
    assert_memory_equal(item[2].text, text, sizeof text - 1);
}

static void an_answer_may_come_in_pieces_of_any_size(void **state)
{
    (void)state;
    struct buffer quoted;
    buffer_init(&quoted, 1 << 20);
    add_quoted(&quoted, treatments);
    static const size_t pieces[] = {1, 2, 5, 100, 1 << 20};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        struct held held = {0};
        struct error error = {0};
        assert_true(read_pieces(&held, COLLECTION_TREATMENTS, quoted.data, quoted.length, pieces[i], &error));
        assert_treatments(&held);
        held_free(&held);
    }
    buffer_free(&quoted);
}

static void an_answer_cut_anywhere_is_refused_and_leaves_nothing(void **state)
{
    (void)state;
    struct buffer quoted;
    buffer_init(&quoted, 1 << 20);
    add_quoted(&quoted, treatments);
    for (size_t length = 0; length < quoted.length; length++) {
        struct held held = {0};
        struct error error = {0};
        assert_false(read_pieces(&held, COLLECTION_TREATMENTS, quoted.data, length, length + 1, &error));
        assert_int_equal(error.kind, ERROR_DATA);
        assert_int_equal(held.count + held.documents + held.text_length, 0);
        held_free(&held);
    }
    buffer_free(&quoted);
}

/* Servers answer 200 with null when their database is down: no list is no answer, never "nothing there". */
static void what_is_no_list_is_refused(void **state)
{
    (void)state;
    static const char *const answers[] = {"null", "{}", "{'status':500}", "5", "'x'", "true", "<html>",
                                          "[]]",  "[{]"};
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        for (enum collection collection = 0; collection < COLLECTION_COUNT; collection++) {
            struct held held = {0};
            struct error error = {0};
            assert_false(read_text(&held, collection, answers[i], &error));
            assert_true(error.kind == ERROR_DATA || error.kind == ERROR_SERVICE);
            assert_string_not_equal(error.text, "");
            held_free(&held);
        }
}

static void an_empty_list_is_an_answer(void **state)
{
    (void)state;
    struct held held = {0};
    struct error error = {0};
    assert_true(read_text(&held, COLLECTION_TREATMENTS, "[]", &error));
    assert_int_equal(held.count, 0);
    held_free(&held);
}

static void brackets_without_end_are_refused(void **state)
{
    (void)state;
    enum { DEPTH = 300000 };
    char *brackets = malloc(DEPTH);
    memset(brackets, '[', DEPTH);
    for (enum collection collection = 0; collection < COLLECTION_COUNT; collection++) {
        struct held held = {0};
        struct error error = {0};
        assert_false(read_pieces(&held, collection, brackets, DEPTH, DEPTH, &error));
        assert_int_equal(error.kind, ERROR_LIMIT);
        held_free(&held);
    }
    free(brackets);
}

static void what_is_no_document_is_passed_over(void **state)
{
    (void)state;
    struct held held = {0};
    struct error error = {0};
    assert_true(read_text(&held, COLLECTION_TREATMENTS,
                          "[null,5,'x',[],[[{'eventType':'Alarm','created_at':'2026-05-14T06:00:00Z'}]],{},"
                          "{'eventType':'Alarm','created_at':'2026-05-14T06:00:00Z'}]",
                          &error));
    assert_int_equal(held.count, 1);
    held_free(&held);
}

#define ALARM "'eventType':'Alarm','created_at':'2026-05-14T06:00:00Z'"

static void members_of_no_use_count_as_missing(void **state)
{
    (void)state;
    static const char *const no_documents[] = {
        "{'eventType':5,'created_at':'2026-05-14T06:00:00Z'}",
        "{'eventType':['Alarm'],'created_at':'2026-05-14T06:00:00Z'}",
        "{'eventType':'Alarm\\u0000','created_at':'2026-05-14T06:00:00Z'}",
        "{'eventType':'alarm','created_at':'2026-05-14T06:00:00Z'}",
        "{'eventType':'sgv','created_at':'2026-05-14T06:00:00Z'}",
        "{'eventType':'Alarm'}",
        "{'eventType':'Alarm','created_at':null}",
        "{'eventType':'Alarm','created_at':1778731288000}",
        "{'eventType':'Alarm','created_at':'2026-05-14T06:00:00'}",
        "{'eventType':'Alarm','created_at':'now'}",
        "{'eventType':'Alarm','date':1778731288000}",
        "{" ALARM ",'created_at':'now'}",
        "{" ALARM ",'eventType':'Meal Bolus'}",
        "{'x':{" ALARM "}}",
    };
    for (size_t i = 0; i < sizeof no_documents / sizeof *no_documents; i++) {
        struct held held = {0};
        struct error error = {0};
        char list[200];
        snprintf(list, sizeof list, "[%s]", no_documents[i]);
        assert_true(read_text(&held, COLLECTION_TREATMENTS, list, &error));
        assert_int_equal(held.documents, 1);
        if (held.count != 0)
            fail_msg("%s was taken for a document of ours", no_documents[i]);
        held_free(&held);
    }
}

static void numbers_of_events_are_read_with_care(void **state)
{
    (void)state;
    static const struct {
        const char *source;
        int64_t number;
    } ids[] = {
        {"'442700'", 442700},
        {"'442700,442680'", 442700},
        {"442700", 442700},
        {"'0'", 0},
        {"'999999999999999999'", 999999999999999999},
        {"''", NO_EVENT_ID},
        {"','", NO_EVENT_ID},
        {"'x5'", NO_EVENT_ID},
        {"'5x'", NO_EVENT_ID},
        {"'-5'", NO_EVENT_ID},
        {"'5.5'", NO_EVENT_ID},
        {"5.5", NO_EVENT_ID},
        {"5e3", NO_EVENT_ID},
        {"null", NO_EVENT_ID},
        {"[5]", NO_EVENT_ID},
        {"{'5':5}", NO_EVENT_ID},
        {"'5\\u0000'", NO_EVENT_ID},
        {"true", NO_EVENT_ID},
        {"'1000000000000000000'", NO_EVENT_ID},
    };
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        struct held held;
        char document[200];
        snprintf(document, sizeof document, "{" ALARM ",'pump_event_id':%s}", ids[i].source);
        assert_int_equal(read_one(&held, COLLECTION_TREATMENTS, document).numbers[0], ids[i].number);
        held_free(&held);
    }
}

static void durations_are_minutes(void **state)
{
    (void)state;
    static const struct {
        const char *source;
        int64_t milliseconds;
    } durations[] = {
        {"5", 300000},
        {"0", 0},
        {"6373.916666666667", 382435000},
        {"1e1", 600000},
        {"'5'", 300000}, /* as the report editor writes it */
        {"'5 min'", NO_DURATION},
        {"-1", NO_DURATION},
        {"1e9", NO_DURATION},
        {"1e400", NO_DURATION},
        {"null", NO_DURATION},
        {"[5]", NO_DURATION},
        {"5,'duration':null", NO_DURATION},
    };
    for (size_t i = 0; i < sizeof durations / sizeof *durations; i++) {
        struct held held;
        char document[200];
        snprintf(document, sizeof document, "{" ALARM ",'duration':%s}", durations[i].source);
        assert_int_equal(read_one(&held, COLLECTION_TREATMENTS, document).duration,
                         durations[i].milliseconds);
        held_free(&held);
    }
}

/* Hundreds a day: of them only what a deletion needs is kept. */
static void of_readings_little_is_kept(void **state)
{
    (void)state;
    struct held held = {0};
    struct error error = {0};
    assert_true(read_text(&held, COLLECTION_ENTRIES,
                          "[{'_id':'a','type':'sgv','sgv':120,'date':1778731288000,'direction':'Flat',"
                          "'device':'Pump (tconnectsync)','pump_event_id':'5','x':{'_id':'y'}},"
                          "{'_id':'b','type':'sgv','sgv':120,'date':1778731289000,'device':'share2'},"
                          "{'_id':'c','type':'mbg','mbg':120,'date':1778731289000,'device':'meter'},"
                          "{'_id':'d','sgv':120,'date':1778731289000,'device':'meter'},"
                          "{'_id':'e','type':'sgv','sgv':120,'dateString':'2026-05-14T06:00:00Z'},"
                          "{'_id':'f','type':'sgv','sgv':120,'date':'yesterday'}]",
                          &error));
    assert_int_equal(held.documents, 6);
    assert_int_equal(held.count, 2);
    assert_int_equal(held.items[0].kind, DOCUMENT_READING);
    assert_int_equal(held.items[0].time, 1778731288000);
    assert_int_equal(held.items[0].numbers[0], 5);
    assert_true(held.items[0].ours);
    static const char text[] = "{\"_id\":\"a\",\"pump_event_id\":\"5\"}";
    assert_int_equal(held.items[0].length, sizeof text - 1);
    assert_memory_equal(held.items[0].text, text, sizeof text - 1);
    assert_false(held.items[1].ours);
    assert_null(held.items[1].text);
    held_free(&held);
}

static void a_document_stands_in_a_second(void **state)
{
    (void)state;
    static const int64_t times[][2] = {{0, 0}, {999, 0}, {1000, 1}, {-1, -1}, {-1000, -1}, {-1001, -2}};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        assert_int_equal(held_second(&(struct held_document){.time = times[i][0]}), times[i][1]);
}

static void answers_join(void **state)
{
    (void)state;
    struct held held = {0};
    struct error error = {0};
    assert_true(read_text(&held, COLLECTION_ENTRIES,
                          "[{'_id':'x','type':'sgv','date':1778731288000,'device':'Pump (tconnectsync)'}]",
                          &error));
    assert_true(
        read_text(&held, COLLECTION_TREATMENTS, "[{'_id':'y'," ALARM ",'pump_event_id':'1'}]", &error));
    char *first = held_id(&held, 0), *second = held_id(&held, 1);
    assert_string_equal(first, "x");
    assert_string_equal(second, "y");
    free(first);
    free(second);
    held_free(&held);
}

/* As many documents as were asked for: there may be more, and what is not seen would be created again. */
static void a_full_page_is_refused(void **state)
{
    (void)state;
    struct held held = {0};
    struct error error = {0};
    struct held_reader *reader = held_reader_new(&held, COLLECTION_TREATMENTS);
    assert_true(held_reader_feed(reader, "[{},{}]", 7, &error));
    assert_false(held_reader_finish(reader, 2, &error));
    assert_int_equal(error.kind, ERROR_LIMIT);
    held_reader_restart(reader);
    assert_true(held_reader_feed(reader, "[{}]", 4, &error));
    assert_true(held_reader_finish(reader, 2, &error));
    assert_int_equal(held.documents, 1);
    held_reader_free(reader);
    held_reader_free(NULL);
    held_free(&held);
}

/* One that does not fit is known as what it is, but neither amended nor deleted; it stops nothing. */
static void of_a_huge_document_the_text_is_not_kept(void **state)
{
    (void)state;
    static const char event[] = ALARM ",'enteredBy':'Pump (tconnectsync)','pump_event_id':'7',"
                                      "'pump_event_source':'0e2bd970'";
    for (int i = 0; i < 2; i++) {
        struct buffer text;
        struct held held = {0};
        struct error error = {0};
        buffer_init(&text, 1 << 20);
        buffer_addf(&text, "[{%s,'notes':'%070000d'%s}]", i ? event : "'_id':'a'", 0, i ? "" : ",");
        if (i == 0)
            text.length -= 2, buffer_addf(&text, "%s}]", event);
        assert_true(read_text(&held, COLLECTION_TREATMENTS, text.data, &error));
        assert_int_equal(held.count, 1);
        assert_int_equal(held.items[0].numbers[0], 7);
        assert_int_equal(held.items[0].source, 0x0e2bd970);
        assert_int_equal(held.items[0].kind, DOCUMENT_ALARM);
        assert_null(held.items[0].text);
        assert_int_equal(held.text_length, 0);
        buffer_free(&text);
        held_free(&held);
    }
}

/* A person may give it any type; the report editor leaves some without. */
static void an_event_is_kept_whatever_its_type(void **state)
{
    (void)state;
    static const char *const types[] = {"'eventType':'Meal Bolus',", "'eventType':'',", "'eventType':null,",
                                        ""};
    static const char *const whose[] = {"'enteredBy':'Pump (tconnectsync)'", "'pump_event_id':'7'"};
    for (size_t i = 0; i < 8; i++) {
        struct held held;
        char document[200];
        snprintf(document, sizeof document, "{%s%s,'created_at':'2026-05-14T06:00:00Z'}", types[i / 2],
                 whose[i % 2]);
        assert_int_equal(read_one(&held, COLLECTION_TREATMENTS, document).kind, DOCUMENT_KIND_COUNT);
        held_free(&held);
    }
}

static void all_numbers_and_the_source_are_read(void **state)
{
    (void)state;
    struct held held;
    struct held_document item =
        read_one(&held, COLLECTION_TREATMENTS,
                 "{" ALARM ",'pump_event_id':'1,2,3,4,5,6','pump_event_source':'fFFFffff'}");
    for (int i = 0; i < HELD_NUMBERS; i++)
        assert_int_equal(item.numbers[i], i + 1);
    assert_int_equal(item.source, NO_SOURCE); /* not as we write it */
    held_free(&held);
    item = read_one(&held, COLLECTION_TREATMENTS,
                    "{" ALARM ",'pump_event_id':'1,2,x,4','pump_event_source':'fffffffe'}");
    assert_int_equal(item.numbers[1], 2);
    assert_int_equal(item.numbers[2], NO_EVENT_ID);
    assert_int_equal(item.source, 0xfffffffe);
    held_free(&held);
}

/* Forms and old servers make text of numbers. */
static void amounts_are_read_as_numbers_and_as_text(void **state)
{
    (void)state;
    struct held held;
    struct held_document item =
        read_one(&held, COLLECTION_TREATMENTS,
                 "{" ALARM ",'insulin':1.279,'carbs':'60','glucose':'116','rate':'0.8','absolute':0.8}");
    assert_int_equal(item.insulin, 1279);
    assert_int_equal(item.carbs, 60000);
    assert_int_equal(item.glucose, 116000);
    assert_int_equal(item.rate, 800);
    held_free(&held);
    item = read_one(&held, COLLECTION_TREATMENTS, "{" ALARM ",'insulin':null,'carbs':'','rate':'high'}");
    assert_int_equal(item.insulin, NO_AMOUNT);
    assert_int_equal(item.carbs, NO_AMOUNT);
    assert_int_equal(item.glucose, NO_AMOUNT);
    assert_int_equal(item.rate, NO_AMOUNT);
    held_free(&held);
}

/* Another uploader's reading is seen as there, whatever its date looks like. */
static void a_date_may_be_a_fraction_or_text(void **state)
{
    (void)state;
    static const char *const dates[] = {"1779762548000.5", "'1779762548000'", "1.779762548e12"};
    for (size_t i = 0; i < 3; i++) {
        struct held held;
        char document[200];
        snprintf(document, sizeof document, "{'type':'sgv','sgv':100,'date':%s,'device':'loop'}", dates[i]);
        assert_int_equal(read_one(&held, COLLECTION_ENTRIES, document).time, 1779762548000);
        held_free(&held);
    }
}

static void a_copy_is_stale_after_five_seconds(void **state)
{
    (void)state;
    const struct held held = {.read_at = 1000};
    assert_false(held_is_stale(&held, 6000));
    assert_true(held_is_stale(&held, 6001));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_may_come_in_pieces_of_any_size),
        cmocka_unit_test(an_answer_cut_anywhere_is_refused_and_leaves_nothing),
        cmocka_unit_test(what_is_no_list_is_refused),
        cmocka_unit_test(an_empty_list_is_an_answer),
        cmocka_unit_test(brackets_without_end_are_refused),
        cmocka_unit_test(what_is_no_document_is_passed_over),
        cmocka_unit_test(members_of_no_use_count_as_missing),
        cmocka_unit_test(numbers_of_events_are_read_with_care),
        cmocka_unit_test(durations_are_minutes),
        cmocka_unit_test(of_readings_little_is_kept),
        cmocka_unit_test(a_document_stands_in_a_second),
        cmocka_unit_test(answers_join),
        cmocka_unit_test(a_full_page_is_refused),
        cmocka_unit_test(of_a_huge_document_the_text_is_not_kept),
        cmocka_unit_test(an_event_is_kept_whatever_its_type),
        cmocka_unit_test(all_numbers_and_the_source_are_read),
        cmocka_unit_test(amounts_are_read_as_numbers_and_as_text),
        cmocka_unit_test(a_date_may_be_a_fraction_or_text),
        cmocka_unit_test(a_copy_is_stale_after_five_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
