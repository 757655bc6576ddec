/* The reader of pump-logs answers, and the timeline that comes of several. */
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

static void assert_both_events(const struct pump_log *log)
{
    assert_int_equal(log->records, 2);
    assert_int_equal(log->event_count, 2);
    assert_int_equal(log->events[0].kind, EVENT_BASAL);
    assert_int_equal(log->events[0].sequence, 10);
    assert_int_equal(log->events[0].basal.rate, 1279);
    assert_int_equal(log->events[0].basal.source, 3);
    assert_int_equal(log->events[0].known, 1 << EVENT_FIELD(basal.rate) | 1 << EVENT_FIELD(basal.source));
    assert_int_equal(log->events[1].kind, EVENT_READING);
    assert_int_equal(log->events[1].reading.glucose, 167);
    assert_int_equal(log->events[1].reading.time, 579571288);
    assert_int_equal(log->events[1].reading.type, 3);
    assert_int_equal(log->events[1].reading.rate, -6);
    assert_false(event_knows(&log->events[1], reading.status));
    assert_int_equal(log->run_count, 1);
    assert_int_equal(log->runs[0].first_sequence, 10);
    assert_int_equal(log->runs[0].last_sequence, 11);
}

static void an_answer_may_come_in_pieces_of_any_size(void **state)
{
    (void)state;
    struct buffer quoted;
    buffer_init(&quoted, 1 << 20);
    add_quoted(&quoted, two_events);
    static const size_t pieces[] = {1, 2, 3, 7, 64, 1 << 20};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        struct fixture fixture;
        struct error error = {0};
        fixture_open(&fixture);
        assert_true(log_read_pieces(&fixture.log, quoted.data, quoted.length, pieces[i], &error));
        assert_both_events(&fixture.log);
        fixture_close(&fixture);
    }
    buffer_free(&quoted);
}

static void an_empty_list_is_an_answer(void **state)
{
    (void)state;
    struct fixture fixture;
    struct error error = {0};
    fixture_open(&fixture);
    assert_true(log_read_text(&fixture.log, "{'clockChanges':[{}],'events':[]}", &error));
    assert_int_equal(fixture.log.records, 0);
    fixture_close(&fixture);
}

static void names_of_properties_match_in_any_case(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture);
    fixture_read(&fixture, 0,
                 "279 1 00:01:00 {'COMMANDEDRATE':5,'commandedratesource':2,'commandedRates':7}");
    assert_int_equal(fixture.log.events[0].basal.rate, 5);
    assert_int_equal(fixture.log.events[0].basal.source, 2);
    fixture_close(&fixture);
}

/* Each field in front once, all the others behind it: the code need not come before the properties. */
static void fields_may_come_in_any_order(void **state)
{
    (void)state;
    static const char *const fields[] = {
        "'eventProperties':{'other':[1],'commandedRate':1000,'commandedRateSource':1}",
        "'eventCode':279",
        "'nested':{'eventCode':5,'commandedRate':7,'eventProperties':{'commandedRate':8}}",
        "'sequenceNumber':2",
        "'pumpDateTime':'2026-05-14T00:02:00'",
        "'sequenceGroup':3",
    };
    enum { COUNT = sizeof fields / sizeof *fields };
    for (size_t order = 0; order < COUNT * COUNT; order++) {
        struct buffer text;
        struct fixture fixture;
        struct error error = {0};
        buffer_init(&text, 1 << 16);
        buffer_add_text(&text, "{'events':[{");
        for (size_t i = 0; i < COUNT; i++) /* rotated by one, walked through with a step of 1 or 5 */
            buffer_addf(&text, "%s%s", i ? "," : "",
                        fields[(order / COUNT + i * (order % 2 ? 1 : COUNT - 1)) % COUNT]);
        buffer_add_text(&text, "}]}");
        fixture_open(&fixture);
        assert_true(log_read_text(&fixture.log, text.data, &error));
        assert_int_equal(fixture.log.event_count, 1);
        assert_int_equal(fixture.log.events[0].basal.rate, 1000);
        assert_int_equal(fixture.log.events[0].basal.source, 1);
        assert_int_equal(fixture.log.events[0].group, 3);
        assert_int_equal(log_skipped(&fixture.log), 0);
        buffer_free(&text);
        fixture_close(&fixture);
    }
}

static void a_record_in_two_windows_is_one(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture);
    fixture_read(&fixture, 0, "12 1 00:01:00\n12 2 00:02:00\n12 3 00:03:00\n");
    fixture_read(&fixture, 0, "12 3 00:03:00\n4 4 00:04:00\n");
    fixture_read(&fixture, 1, "12 3 00:03:00\n");
    assert_true(pump_log_newest(&fixture.log, 0, NULL) == NO_TIME); /* not known yet */
    fixture_build(&fixture);
    assert_int_equal(fixture.log.event_count, 4);
    assert_int_equal(fixture.log.run_count, 2);
    assert_int_equal(fixture.log.runs[0].first_sequence, 1);
    assert_int_equal(fixture.log.runs[0].last_sequence, 4);
    int64_t sequence;
    assert_int_equal(pump_log_newest(&fixture.log, 0, &sequence), at("00:04:00"));
    assert_int_equal(sequence, 4);
    assert_int_equal(pump_log_newest(&fixture.log, 1, NULL), at("00:03:00"));
    assert_true(pump_log_newest(&fixture.log, 2, NULL) == NO_TIME);
    fixture_close(&fixture);
}

/* Runs and times are the same, whatever the order in which the same records arrive (but for the side of a
   break on which a record without a clock is counted). */
static void the_order_of_arrival_does_not_matter(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "3 5 00:50:00\n", "12 6 00:55:00\n",  "3 7 2008-01-01T00:00:01\n", "12 8 01:00:00\n",
        "3 9 01:14:00\n", "12 10 01:30:00\n", "3 11 01:20:00\n",           "3 13 01:21:00\n",
    };
    enum { COUNT = sizeof lines / sizeof *lines };
    struct fixture wanted;
    fixture_open(&wanted);
    for (size_t i = 0; i < COUNT; i++)
        fixture_read(&wanted, 0, lines[i]);
    fixture_build(&wanted);
    assert_int_equal(wanted.log.run_count, 5);
    for (size_t step = 1; step < COUNT; step += 2)
        for (size_t start = 0; start < COUNT; start++) {
            struct fixture fixture;
            struct buffer text;
            buffer_init(&text, 1 << 16);
            for (size_t i = 0; i < COUNT; i++)
                buffer_add_text(&text, lines[(start + i * step) % COUNT]);
            fixture_open(&fixture);
            fixture_read(&fixture, 0, text.data);
            fixture_build(&fixture);
            assert_int_equal(fixture.log.run_count, wanted.log.run_count);
            for (size_t i = 0; i < wanted.log.run_count; i++)
                assert_memory_equal(&fixture.log.runs[i].first_wall, &wanted.log.runs[i].first_wall,
                                    offsetof(struct log_run, group) - offsetof(struct log_run, first_wall));
            assert_int_equal(fixture.log.event_count, wanted.log.event_count);
            for (size_t i = 0; i < wanted.log.event_count; i++)
                assert_int_equal(fixture.log.events[i].time, wanted.log.events[i].time);
            buffer_free(&text);
            fixture_close(&fixture);
        }
    fixture_close(&wanted);
}

static void a_repeated_request_leaves_nothing_twice(void **state)
{
    (void)state;
    struct buffer quoted;
    struct fixture fixture;
    struct error error = {0};
    buffer_init(&quoted, 1 << 16);
    add_quoted(&quoted, two_events);
    fixture_open(&fixture);
    struct pump_log_reader *reader = pump_log_reader_new(&fixture.log, 0);
    assert_true(pump_log_reader_feed(reader, quoted.data, 400, &error));
    pump_log_reader_restart(reader);
    assert_false(pump_log_reader_feed(reader, "<html>", 6, &error) && pump_log_reader_finish(reader, &error));
    pump_log_reader_restart(reader);
    assert_true(pump_log_reader_feed(reader, "{}", 2, &error));
    assert_false(pump_log_reader_finish(reader, &error)); /* the list that had begun was another answer's */
    pump_log_reader_restart(reader);
    assert_true(pump_log_reader_feed(reader, quoted.data, quoted.length, &error));
    assert_int_equal(fixture.log.event_count, 0);
    assert_true(pump_log_reader_finish(reader, &error));
    assert_false(pump_log_join(&fixture.log));
    assert_both_events(&fixture.log);
    pump_log_reader_free(reader);
    pump_log_reader_free(NULL);
    buffer_free(&quoted);
    fixture_close(&fixture);
}

/* One answer of count basals, numbered from first on. */
static void read_basals(struct pump_log *log, int first, int count)
{
    struct error error = {0};
    struct buffer text;
    buffer_init(&text, 4 << 20);
    buffer_add_text(&text, "{\"events\":[");
    for (int i = first; i < first + count; i++)
        buffer_addf(
            &text,
            "%s{\"eventCode\":279,\"sequenceNumber\":%d,\"pumpDateTime\":\"2026-04-%02dT%02d:%02d:00\","
            "\"eventProperties\":{\"commandedRate\":1}}",
            i > first ? "," : "", i, 1 + i / 1440, i / 60 % 24, i % 60);
    buffer_add_text(&text, "]}");
    struct pump_log_reader *reader = pump_log_reader_new(log, 0);
    assert_true(pump_log_reader_feed(reader, text.data, text.length, &error));
    assert_true(pump_log_reader_finish(reader, &error));
    pump_log_reader_free(reader);
    buffer_free(&text);
}

static void answers_are_joined_in_turns_the_earliest_first(void **state)
{
    (void)state;
    struct fixture fixture;
    int turns = 1;
    fixture_open(&fixture);
    read_basals(&fixture.log, 12000, 9000);
    read_basals(&fixture.log, 3000, 9000);
    read_basals(&fixture.log, 0, 0);
    read_basals(&fixture.log, 0, 3000);
    while (pump_log_join(&fixture.log))
        turns++;
    assert_int_equal(turns, 8); /* two for what is taken over, three for each of the longer ones */
    assert_int_equal(fixture.log.event_count, 21000);
    for (int i = 0; i < 21000; i++)
        assert_int_equal(fixture.log.events[i].sequence, i);
    pump_log_sort(&fixture.log);
    assert_int_equal(fixture.log.event_count, 21000);
    fixture_close(&fixture);
}

/* Where a pump whose clock is a year off has to be read. */
static void all_times_are_taken_where_that_is_asked_for(void **state)
{
    (void)state;
    static const struct {
        const char *time;
        bool usual, all;
    } cases[] = {
        {"1989-12-31T23:59:59", false, false}, {"1990-01-01T00:00:00", false, true},
        {"2008-01-01T00:00:00", false, true},  {"2026-05-14T00:00:00", true, true},
        {"2026-05-16T00:00:00", false, true},  {"2100-01-01T00:00:00", false, true},
        {"2100-01-01T00:00:01", false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int all = 0; all < 2; all++) {
            struct fixture fixture;
            char line[64];
            snprintf(line, sizeof line, "12 1 %s", cases[i].time);
            fixture_open(&fixture);
            if (all)
                pump_log_take_all_times(&fixture.log);
            fixture_read(&fixture, 0, line);
            assert_int_equal(fixture.log.event_count, all ? cases[i].all : cases[i].usual);
            fixture_close(&fixture);
        }
}

/* The clock was lost and set before an upload told of it. A basal still ends the one before it. */
static void what_has_no_sensible_time_is_left_out(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture);
    pump_log_take_all_times(&fixture.log);
    fixture.witness.upload = at("08:12:00");
    fixture_read(&fixture, 0,
                 "12 1 2008-01-31T08:00:00\n279 2 2008-01-31T08:05:00 {'commandedRate':1}\n"
                 "279 3 null\n12 4 08:10:00");
    fixture_build(&fixture);
    assert_int_equal(fixture.log.event_count, 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(fixture.log.events[i].sequence, i + 2);
        assert_true(fixture.log.events[i].time == (i < 2 ? NO_TIME : at("08:10:00")));
    }
    assert_int_equal(fixture.log.skipped[SKIP_TIME], 2);
    fixture_close(&fixture);
}

/* Memory follows the events kept, not the bytes received. */
static void unwanted_records_leave_nothing(void **state)
{
    (void)state;
    struct fixture fixture;
    struct error error = {0};
    char record[200];
    fixture_open(&fixture);
    fixture_set_features(&fixture, FEATURE_BOLUS);
    struct pump_log_reader *reader = pump_log_reader_new(&fixture.log, 0);
    assert_true(pump_log_reader_feed(reader, "{\"events\":[", 11, &error));
    for (int i = 0; i < 50000; i++) {
        int length = snprintf(
            record, sizeof record,
            "%s{\"eventCode\":279,\"sequenceNumber\":%d,\"pumpDateTime\":\"2026-04-%02dT%02d:%02d:00\","
            "\"eventProperties\":{\"commandedRate\":1}}",
            i ? "," : "", i, 1 + i / 1440 % 30, i / 60 % 24, i % 60);
        assert_true(pump_log_reader_feed(reader, record, (size_t)length, &error));
    }
    assert_true(pump_log_reader_feed(reader, "]}", 2, &error));
    assert_true(pump_log_reader_finish(reader, &error));
    pump_log_reader_free(reader);
    pump_log_sort(&fixture.log);
    assert_int_equal(fixture.log.records, 50000);
    assert_int_equal(fixture.log.event_count, 0);
    assert_in_range(fixture.log.run_count, 1, 900);
    fixture_close(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_may_come_in_pieces_of_any_size),
        cmocka_unit_test(an_empty_list_is_an_answer),
        cmocka_unit_test(names_of_properties_match_in_any_case),
        cmocka_unit_test(fields_may_come_in_any_order),
        cmocka_unit_test(a_record_in_two_windows_is_one),
        cmocka_unit_test(the_order_of_arrival_does_not_matter),
        cmocka_unit_test(a_repeated_request_leaves_nothing_twice),
        cmocka_unit_test(answers_are_joined_in_turns_the_earliest_first),
        cmocka_unit_test(all_times_are_taken_where_that_is_asked_for),
        cmocka_unit_test(what_has_no_sensible_time_is_left_out),
        cmocka_unit_test(unwanted_records_leave_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
