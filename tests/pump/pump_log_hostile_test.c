/* Hostile pump-logs answers: one event is skipped and counted, or the whole answer is refused. */
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

static void an_answer_cut_anywhere_is_refused_and_leaves_nothing(void **state)
{
    (void)state;
    struct buffer quoted;
    buffer_init(&quoted, 1 << 20);
    add_quoted(&quoted, two_events);
    for (size_t length = 0; length < quoted.length; length++) {
        struct fixture fixture;
        struct error error = {0};
        fixture_open(&fixture);
        assert_false(log_read_pieces(&fixture.log, quoted.data, length, length + 1, &error));
        assert_int_equal(error.kind, ERROR_DATA);
        assert_string_not_equal(error.text, "");
        assert_int_equal(fixture.log.event_count + fixture.log.run_count + fixture.log.records, 0);
        fixture_close(&fixture);
    }
    buffer_free(&quoted);
}

static void what_is_no_pump_log_is_refused(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "null",
        "[]",
        "5",
        "{}",
        "{'message':'Check input parameters.'}",
        "{'events':null}",
        "{'events':{}}",
        "{'events':{'events':[]}}",
        "[{'events':[]}]",
        "{'data':{'events':[]}}",
        "<html>",
        "{'events':[]}x",
        "{'events':[}]",
        "{'events':[{'eventCode':1,}]}",
    };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct fixture fixture;
        struct error error = {0};
        fixture_open(&fixture);
        assert_false(log_read_text(&fixture.log, answers[i], &error));
        assert_true(error.kind == ERROR_DATA || error.kind == ERROR_SERVICE);
        assert_string_not_equal(error.text, "");
        fixture_close(&fixture);
    }
}

static void brackets_without_end_are_refused(void **state)
{
    (void)state;
    enum { DEPTH = 300000 };
    static const char *const beginnings[] = {"",
                                             "{\"events\":", "{\"events\":[{\"eventProperties\":{\"rate\":"};
    char *brackets = malloc(DEPTH);
    memset(brackets, '[', DEPTH);
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
        struct fixture fixture;
        struct error error = {0};
        fixture_open(&fixture);
        struct pump_log_reader *reader = pump_log_reader_new(&fixture.log, 0);
        assert_true(pump_log_reader_feed(reader, beginnings[i], strlen(beginnings[i]), &error));
        assert_false(pump_log_reader_feed(reader, brackets, DEPTH, &error));
        assert_int_equal(error.kind, ERROR_LIMIT);
        pump_log_reader_free(reader);
        fixture_close(&fixture);
    }
    free(brackets);
}

/* Takes its turn in each place of a record, between two good ones. */
struct damage {
    const char *find, *put;
    bool in_place; /* the record still has its place in the sequence */
    bool kept;     /* and its event is kept: a basal is, without its rate */
};

#define GOOD(number, time)                                                                                   \
    "{'eventCode':12,'sequenceGroup':0,'sequenceNumber':" number ",'pumpDateTime':'2026-05-14T" time "'}"
static const char basal[] =
    "'eventCode':279,'sequenceGroup':0,'sequenceNumber':2,'pumpDateTime':'2026-05-14T00:02:00',"
    "'eventProperties':{'commandedRate':1000,'commandedRateSource':1}";
static const char bolus[] =
    "'eventCode':20,'sequenceGroup':0,'sequenceNumber':2,'pumpDateTime':'2026-05-14T00:02:00',"
    "'eventProperties':{'insulinDelivered':1000,'bolusId':1}";

#define CODE  "'eventCode'"
#define GROUP "'sequenceGroup':0"
#define PLACE "'sequenceNumber':2"
#define TIME  "'pumpDateTime':'2026-05-14T00:02:00'"

static const struct damage damages[] = {
    {CODE, "'code'", true, false},
    {CODE ":", "'eventCode':null,'x':", true, false},
    {CODE ":", "'eventCode':'a','x':", true, false},
    {CODE ":", "'eventCode':1.5,'x':", true, false},
    {CODE ":", "'eventCode':-1,'x':", true, false},
    {CODE ":", "'eventCode':65815,'x':", true, false}, /* 279 in 16 bits */
    {CODE ":", "'eventCode':1e300,'x':", true, false},
    {CODE ":", "'eventCode':{'a':[279]},'x':", true, false},
    {GROUP, "'sequenceGroup':-1", false, false},
    {GROUP, "'sequenceGroup':'0'", false, false},
    {GROUP, "'sequenceGroup':4294967296", false, false},
    {GROUP, "'sequenceGroup':[0]", false, false},
    {PLACE, "'number':2", false, false},
    {PLACE, "'sequenceNumber':null", false, false},
    {PLACE, "'sequenceNumber':'2'", false, false},
    {PLACE, "'sequenceNumber':-2", false, false},
    {PLACE, "'sequenceNumber':2.5", false, false},
    {PLACE, "'sequenceNumber':99999999999999999999", false, false},
    {TIME, "'time':'2026-05-14T00:02:00'", true, true},
    {TIME, "'pumpDateTime':null", true, true},
    {TIME, "'pumpDateTime':1778716920", true, true},
    {TIME, "'pumpDateTime':'yesterday'", true, true},
    {TIME, "'pumpDateTime':'2026-02-30T00:02:00'", true, true},
    {TIME, "'pumpDateTime':'2026-05-14T00:02:00\\u0000'", true, true},
    {TIME, "'pumpDateTime':'2008-01-31T23:59:59'", true, true},
    {TIME, "'pumpDateTime':'2026-05-15T12:00:01'", true, true},
    {"'eventProperties':{", "'properties':{", true, true},
    {"'eventProperties':{", "'eventProperties':null,'x':{", true, true},
    {"'eventProperties':{", "'eventProperties':'a','x':{", true, true},
    {"'eventProperties':{", "'eventProperties':[1,{'commandedRate':1000}],'x':{", true, true},
    {":1000", ":null", true, true},
    {":1000", ":'1000'", true, true},
    {":1000", ":true", true, true},
    {":1000", ":[1000]", true, true},
    {":1000", ":{'a':1000}", true, true},
    {":1000", ":-1", true, true},
    {":1000", ":15001000", true, true},
    {":1000", ":1e999", true, true},
    {":1000", ":1000,'commandedRate':null,'insulinDelivered':null", true, true},
};

static void damage_record(struct buffer *out, const char *record, const struct damage *damage)
{
    struct buffer text;
    const char *found = strstr(record, damage->find);
    assert_non_null(found);
    buffer_init(&text, 1 << 16);
    buffer_addf(&text, "{'events':[" GOOD("1", "00:01:00") ",{%.*s%s%s}," GOOD("3", "00:03:00") "]}",
                (int)(found - record), record, damage->put, found + strlen(damage->find));
    add_quoted(out, text.data);
    buffer_free(&text);
}

/* The rest of the answer is read as if nothing was wrong; a basal still ends the one before it. */
static void a_damaged_record_is_skipped_and_counted(void **state)
{
    (void)state;
    static const char *const records[] = {basal, bolus};
    for (size_t i = 0; i < 2 * (sizeof damages / sizeof *damages); i++) {
        const struct damage *damage = &damages[i / 2];
        bool is_basal = i % 2 == 0;
        bool unknown_code = strstr(damage->put, "-1,'x'") || strstr(damage->put, "65815");
        struct buffer answer;
        struct fixture fixture;
        struct error error = {0};
        buffer_init(&answer, 1 << 16);
        damage_record(&answer, records[i % 2], damage);
        fixture_open(&fixture);
        if (!log_read_pieces(&fixture.log, answer.data, answer.length, answer.length, &error))
            fail_msg("%s: %s", damage->put, error.text);
        pump_log_sort(&fixture.log);
        size_t events = 2 + (damage->kept && is_basal);
        if (fixture.log.event_count != events || log_skipped(&fixture.log) != (unknown_code ? 0 : 1) ||
            fixture.log.run_count != (damage->in_place ? 1 : 2) || fixture.log.records != 3)
            fail_msg("%s: %zu events, %d skipped, %zu runs", damage->put, fixture.log.event_count,
                     (int)log_skipped(&fixture.log), fixture.log.run_count);
        if (events == 3)
            assert_false(event_knows(&fixture.log.events[1], basal.rate) &&
                         fixture.log.events[1].wall != NO_TIME);
        buffer_free(&answer);
        fixture_close(&fixture);
    }
}

static void what_is_no_record_is_skipped_and_counted(void **state)
{
    (void)state;
    struct fixture fixture;
    struct error error = {0};
    fixture_open(&fixture);
    assert_true(log_read_text(&fixture.log,
                              "{'events':[null,5,'x',true,[{'eventCode':279}],{}," GOOD("1", "00:01:00") "]}",
                              &error));
    assert_int_equal(fixture.log.event_count, 1);
    assert_int_equal(fixture.log.skipped[SKIP_BROKEN_RECORD], 6);
    fixture_close(&fixture);
}

/* A value that is not needed may be missing or null in silence; what is there and makes no sense is counted.
 */
static void a_detail_that_is_no_use_is_left_out(void **state)
{
    (void)state;
    static const struct {
        const char *source;
        uint64_t skipped;
    } details[] = {
        {"'x':1", 0},
        {"'commandedRateSource':null", 0},
        {"'commandedRateSource':'3'", 1},
        {"'commandedRateSource':[3]", 1},
        {"'commandedRateSource':{'commandedRateSource':3}", 1},
        {"'commandedRateSource':3.5", 1},
        {"'commandedRateSource':99999999999", 1},
        {"'commandedRateSource':3,'commandedRateSource':null", 0},
        {"'commandedRateSource':3,'COMMANDEDRATESOURCE':'x'", 1},
    };
    for (size_t i = 0; i < sizeof details / sizeof *details; i++) {
        struct fixture fixture;
        char line[200];
        snprintf(line, sizeof line, "279 1 00:01:00 {'commandedRate':5,%s}", details[i].source);
        fixture_open(&fixture);
        fixture_read(&fixture, 0, line);
        assert_int_equal(fixture.log.event_count, 1);
        assert_int_equal(fixture.log.events[0].known, 1 << EVENT_FIELD(basal.rate));
        assert_int_equal(fixture.log.skipped[SKIP_BROKEN_DETAIL], details[i].skipped);
        assert_int_equal(log_skipped(&fixture.log), details[i].skipped);
        fixture_close(&fixture);
    }
}

static void bit_masks_are_lists_or_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *bits;
        int64_t value; /* -1: unreadable */
    } masks[] = {{"[0,5,6]", 97}, {"[]", 0},      {"97", 97},        {"[31]", 1LL << 31}, {"[32]", -1},
                 {"[-1]", -1},    {"['0']", -1},  {"[[0]]", -1},     {"{}", -1},          {"'97'", -1},
                 {"[0.5]", -1},   {"[null]", -1}, {"[{'a':0}]", -1}, {"{'a':0}", -1}};
    for (size_t i = 0; i < sizeof masks / sizeof *masks; i++) {
        struct fixture fixture;
        char line[200];
        snprintf(line, sizeof line,
                 "399 1 00:01:00 {'currentGlucoseDisplayValue':99,'egvTimeStamp':1,'cgmDataType':%s}",
                 masks[i].bits);
        fixture_open(&fixture);
        fixture_read(&fixture, 0, line);
        const struct pump_event *event = fixture.log.events;
        assert_int_equal(fixture.log.event_count, 1);
        assert_int_equal(event_knows(event, reading.type) ? event->reading.type : -1, masks[i].value);
        fixture_close(&fixture);
    }
}

static void the_last_of_doubled_keys_counts(void **state)
{
    (void)state;
    struct fixture fixture;
    struct error error = {0};
    fixture_open(&fixture);
    assert_true(log_read_text(
        &fixture.log,
        "{'events':[{'sequenceNumber':'x','sequenceNumber':7,'sequenceGroup':-1,'sequenceGroup':0,"
        "'pumpDateTime':null,'pumpDateTime':'2026-05-14T00:02:00','eventProperties':5,"
        "'eventProperties':{'commandedRateSource':1,'commandedRate':1},"
        "'eventProperties':{'commandedRate':1,'commandedRate':2},'eventCode':5,'eventCode':279}]}",
        &error));
    assert_int_equal(fixture.log.event_count, 1);
    assert_int_equal(fixture.log.events[0].sequence, 7);
    assert_int_equal(fixture.log.events[0].basal.rate, 2);
    assert_false(event_knows(&fixture.log.events[0], basal.source));
    assert_int_equal(log_skipped(&fixture.log), 0);
    fixture_close(&fixture);
}

static void names_with_a_nul_are_other_names(void **state)
{
    (void)state;
    struct fixture fixture;
    struct error error = {0};
    fixture_open(&fixture);
    assert_true(log_read_text(
        &fixture.log,
        "{'events\\u0000':[5],'events':[{'eventCode\\u0000x':5,'eventCode':279,'sequenceNumber':7,"
        "'pumpDateTime':'2026-05-14T00:02:00','eventProperties':"
        "{'commandedRate\\u0000':99,'commandedRate':2,'\\u0000':1}}]}",
        &error));
    assert_int_equal(fixture.log.event_count, 1);
    assert_int_equal(fixture.log.events[0].basal.rate, 2);
    assert_int_equal(log_skipped(&fixture.log), 0);
    fixture_close(&fixture);
}

static void there_is_a_limit_to_what_is_kept(void **state)
{
    (void)state;
    struct fixture fixture;
    struct error error = {0};
    char record[200];
    bool fed = true;
    int i;
    fixture_open(&fixture);
    struct pump_log_reader *reader = pump_log_reader_new(&fixture.log, 0);
    assert_true(pump_log_reader_feed(reader, "{\"events\":[", 11, &error));
    for (i = 0; fed && i < 300000; i++) {
        int length =
            snprintf(record, sizeof record,
                     "%s{\"eventCode\":12,\"sequenceNumber\":%d,\"pumpDateTime\":\"2026-04-01T00:00:00\"}",
                     i ? "," : "", i);
        fed = pump_log_reader_feed(reader, record, (size_t)length, &error);
    }
    assert_int_equal(i, 200000); /* a run counts as well */
    assert_int_equal(error.kind, ERROR_LIMIT);
    pump_log_reader_free(reader);
    fixture_close(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_cut_anywhere_is_refused_and_leaves_nothing),
        cmocka_unit_test(what_is_no_pump_log_is_refused),
        cmocka_unit_test(brackets_without_end_are_refused),
        cmocka_unit_test(a_damaged_record_is_skipped_and_counted),
        cmocka_unit_test(what_is_no_record_is_skipped_and_counted),
        cmocka_unit_test(a_detail_that_is_no_use_is_left_out),
        cmocka_unit_test(bit_masks_are_lists_or_numbers),
        cmocka_unit_test(the_last_of_doubled_keys_counts),
        cmocka_unit_test(names_with_a_nul_are_other_names),
        cmocka_unit_test(there_is_a_limit_to_what_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
