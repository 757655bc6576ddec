/* What is settled: adding, uniting, gaps and what an automatic run makes of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tconnectsync/base/json.h"
#include "tconnectsync/documents/coverage.h"
#include "tconnectsync/documents/difference.h"

#include "coverage_runs.h"
#include "fixture.h"

#define DAY(text) (at(text "T00:00:00Z") / SECONDS_PER_DAY)

/* "GROUP:FIRST-LAST/FEATURES ..." */
static void show(const struct coverage *coverage, struct buffer *out)
{
    buffer_clear(out);
    for (size_t i = 0; i < coverage->count; i++)
        buffer_addf(out, "%s%d:%lld-%lld/%x", i ? " " : "", coverage->runs[i].group,
                    (long long)coverage->runs[i].first, (long long)coverage->runs[i].last,
                    coverage->runs[i].features);
}

static void assert_runs(const struct coverage *coverage, const char *expected)
{
    struct buffer text;
    buffer_init(&text, 10000);
    show(coverage, &text);
    assert_string_equal(text.data, expected);
    buffer_free(&text);
}

static void add(struct coverage *coverage, const char *day, int32_t group, int64_t first, int64_t last,
                unsigned features)
{
    struct run_list list = {coverage->runs, coverage->count, coverage->count};
    run_list_add(&list, &(struct coverage_run){at(day) / SECONDS_PER_DAY, first, last, group, features});
    run_list_unite(&list);
    coverage->runs = list.items;
    coverage->count = list.count;
}

static void runs_unite(void **state)
{
    (void)state;
    struct coverage coverage;
    coverage_init(&coverage);
    add(&coverage, "2026-05-14T00:00:00Z", 0, 10, 20, 1);
    add(&coverage, "2026-05-14T00:00:00Z", 0, 21, 30, 1);
    assert_runs(&coverage, "0:10-30/1");
    add(&coverage, "2026-05-14T00:00:00Z", 0, 15, 25, 2);
    assert_runs(&coverage, "0:10-14/1 0:15-25/3 0:26-30/1");
    add(&coverage, "2026-05-14T00:00:00Z", 0, 1, 40, 3);
    assert_runs(&coverage, "0:1-40/3");
    add(&coverage, "2026-05-14T00:00:00Z", 1, 1, 5, 3);
    add(&coverage, "2026-05-14T00:00:00Z", 0, 45, 50, 3);
    assert_runs(&coverage, "0:1-40/3 0:45-50/3 1:1-5/3");
    coverage_free(&coverage);
}

static struct coverage_rules rules_of(const struct fixture *fixture, const char *from, const char *to)
{
    return (struct coverage_rules){.features = FEATURES_ALL,
                                   .zone = fixture->zone,
                                   .from = at(from),
                                   .to = at(to),
                                   .today = DAY("2026-05-14"),
                                   .first = true};
}

/* A log that is compared with an empty Nightscout, and nothing settled yet. */
static void begin(struct fixture *fixture, struct coverage *coverage, const char *lines)
{
    fixture_open(fixture);
    coverage_init(coverage);
    fixture_read(fixture, 0, lines);
    fixture_build(fixture);
    fixture_compare(fixture);
}

static void end(struct fixture *fixture, struct coverage *coverage)
{
    coverage_free(coverage);
    fixture_close(fixture);
}

static void store_all(struct fixture *fixture)
{
    for (size_t i = 0; i < fixture->documents.count; i++)
        fixture->documents.items[i].created = true;
}

/* What has no document is settled by being read; what waits is not. */
static void a_run_settles_what_it_confirmed(void **state)
{
    (void)state;
    struct fixture fixture;
    struct coverage coverage;
    int64_t waiting;
    begin(&fixture, &coverage,
          "12 100 08:00:00\n12 101 08:05:00\n999 102 08:10:00\n12 103 08:15:00\n12 110 08:30:00");
    struct coverage_rules rules = rules_of(&fixture, "00:00:00", "12:00:00");
    /* nothing is stored yet */
    assert_true(coverage_settle(&coverage, &fixture.log, &fixture.documents, &rules, &waiting));
    assert_runs(&coverage, "0:102-102/1ff");
    assert_int_equal(waiting, at("08:00:00"));
    assert_int_equal(coverage.through, at("08:00:00"));
    for (size_t i = 0; i < fixture.documents.count; i++)
        fixture.documents.items[i].created =
            fixture.log.events[fixture.documents.items[i].event].sequence != 101;
    assert_true(coverage_settle(&coverage, &fixture.log, &fixture.documents, &rules, &waiting));
    assert_runs(&coverage, "0:100-100/1ff 0:102-103/1ff 0:110-110/1ff");
    assert_int_equal(waiting, at("08:05:00"));
    store_all(&fixture);
    assert_true(coverage_settle(&coverage, &fixture.log, &fixture.documents, &rules, &waiting));
    assert_runs(&coverage, "0:100-103/1ff 0:110-110/1ff");
    assert_true(waiting == NO_TIME);
    assert_int_equal(coverage.through, at("08:30:00"));
    assert_false(
        coverage_settle(&coverage, &fixture.log, &fixture.documents, &rules, &waiting)); /* nothing new */
    end(&fixture, &coverage);
}

/* A database that changes over to its copy may lose what it has confirmed. */
static void what_was_confirmed_and_is_not_there_waits(void **state)
{
    (void)state;
    struct fixture fixture;
    struct coverage coverage;
    int64_t waiting;
    begin(&fixture, &coverage, "12 100 08:00:00\n12 101 08:05:00");
    store_all(&fixture);
    fixture_compare(&fixture);                    /* Nightscout shows neither */
    fixture.documents.items[1].attempted = false; /* it was written again, and confirmed */
    const struct coverage_rules rules = rules_of(&fixture, "00:00:00", "12:00:00");
    coverage_settle(&coverage, &fixture.log, &fixture.documents, &rules, &waiting);
    assert_runs(&coverage, "0:101-101/1ff");
    assert_int_equal(waiting, at("08:00:00"));
    end(&fixture, &coverage);
}

/* Records outside of the range are read for what they tell of others, and not created: not settled. */
static void only_the_range_is_settled(void **state)
{
    (void)state;
    struct fixture fixture;
    struct coverage coverage;
    int64_t waiting;
    begin(&fixture, &coverage,
          "12 100 08:00:00\n999 101 08:04:00\n12 102 08:08:00\n12 103 08:12:00\n12 104 08:16:00");
    store_all(&fixture);
    struct coverage_rules rules = rules_of(&fixture, "08:05:00", "08:13:00");
    coverage_settle(&coverage, &fixture.log, &fixture.documents, &rules, &waiting);
    assert_runs(&coverage, "0:101-103/1ff");
    end(&fixture, &coverage);
}

static void a_settled_record_is_not_created_again(void **state)
{
    (void)state;
    struct fixture fixture;
    struct coverage coverage;
    begin(&fixture, &coverage, "279 100 08:00:00 {'commandedRate':1000}\n12 101 08:05:00");
    add(&coverage, "2026-05-14T00:00:00Z", 0, 100, 101, FEATURE_PUMP_EVENTS);
    assert_false(coverage_count_features(&coverage, FEATURE_BASAL | FEATURE_PUMP_EVENTS, at("07:00:00")));
    for (size_t i = 0; i < fixture.documents.count; i++) {
        const struct document *document = &fixture.documents.items[i];
        bool basal = document->kind == DOCUMENT_TEMP_BASAL;
        assert_true(coverage_has(&coverage, &fixture.log, document) == !basal);
        assert_true(coverage_is_settled(&coverage, &fixture.log, document) == !basal);
    }
    /* a feature that begins to count later leaves the past alone */
    coverage.through = at("09:00:00");
    coverage.since[0] = NO_TIME;
    assert_true(coverage_count_features(&coverage, FEATURE_BASAL | FEATURE_PUMP_EVENTS, at("07:00:00")));
    assert_false(coverage_count_features(&coverage, FEATURE_BASAL | FEATURE_PUMP_EVENTS, at("07:00:00")));
    for (size_t i = 0; i < fixture.documents.count; i++) {
        const struct document *document = &fixture.documents.items[i];
        assert_true(coverage_has(&coverage, &fixture.log, document));
        assert_true(coverage_is_settled(&coverage, &fixture.log, document) ==
                    (document->kind != DOCUMENT_TEMP_BASAL));
    }
    end(&fixture, &coverage);
}

/* The carbs of an extended bolus become a document only with its end, hours after their own record was
 * settled. */
static void a_meal_is_settled_with_its_extended_bolus(void **state)
{
    (void)state;
    struct fixture fixture;
    struct coverage coverage;
    int64_t waiting;
    begin(&fixture, &coverage,
          "64 100 08:00:00 {'bolusId':7,'carbAmount':45}\n999 101 09:00:00\n"
          "21 102 10:00:00 {'bolusId':7,'bolusDeliveryStatus':3,'insulinDelivered':2.0}");
    const struct document *meal = &fixture.documents.items[0];
    assert_int_equal(fixture.log.events[meal->event].sequence, 100);
    struct coverage_rules rules = rules_of(&fixture, "00:00:00", "12:00:00");
    coverage_count_features(&coverage, FEATURE_BOLUS, at("00:00:00"));
    add(&coverage, "2026-05-14T00:00:00Z", 0, 100, 101, FEATURE_BOLUS);
    assert_false(coverage_has(&coverage, &fixture.log, meal));
    for (size_t i = 1; i < fixture.documents.count; i++)
        fixture.documents.items[i].created = true;
    coverage_settle(&coverage, &fixture.log, &fixture.documents, &rules, &waiting);
    assert_false(coverage_has(&coverage, &fixture.log, meal)); /* refused, it is tried again */
    fixture.documents.items[0].created = true;
    coverage_settle(&coverage, &fixture.log, &fixture.documents, &rules, &waiting);
    assert_true(coverage_has(&coverage, &fixture.log, meal));
    end(&fixture, &coverage);
}

/* The documents lie in the order of what tells them, their records do not. */
static void what_waits_may_come_in_any_order(void **state)
{
    (void)state;
    struct fixture fixture;
    struct coverage coverage;
    int64_t waiting;
    begin(&fixture, &coverage,
          "64 100 08:00:00 {'bolusId':7,'carbAmount':45}\n12 101 09:00:00\n999 102 09:30:00\n"
          "21 103 10:00:00 {'bolusId':7,'bolusDeliveryStatus':3,'insulinDelivered':2.0}\n999 104 10:30:00");
    const struct coverage_rules rules = rules_of(&fixture, "00:00:00", "12:00:00");
    assert_int_equal(fixture.log.events[fixture.documents.items[0].event].sequence, 101);
    coverage_settle(&coverage, &fixture.log, &fixture.documents, &rules, &waiting);
    assert_runs(&coverage, "0:102-102/1ff 0:104-104/1ff");
    assert_int_equal(waiting, at("08:00:00"));
    end(&fixture, &coverage);
}

/* The end of an extended bolus is settled, and what was entered for it comes hours later. */
static void a_meal_that_comes_late_is_not_settled(void **state)
{
    (void)state;
    struct fixture fixture;
    struct coverage coverage;
    fixture_open(&fixture);
    coverage_init(&coverage);
    fixture_read(&fixture, 0,
                 "64 100 08:00:00 {'bolusId':7,'carbAmount':45}\n"
                 "21 102 10:00:00 {'bolusId':7,'bolusDeliveryStatus':3,'insulinDelivered':2.0}");
    fixture_build(&fixture);
    const struct document *meal = &fixture.documents.items[0];
    assert_int_equal(fixture.log.events[meal->event].sequence, 100);
    coverage_count_features(&coverage, FEATURE_BOLUS, at("00:00:00"));
    add(&coverage, "2026-05-14T00:00:00Z", 0, 101, 102, FEATURE_BOLUS);
    assert_false(coverage_has(&coverage, &fixture.log, meal));
    add(&coverage, "2026-05-14T00:00:00Z", 0, 100, 100, FEATURE_BOLUS);
    assert_true(coverage_has(&coverage, &fixture.log, meal));
    end(&fixture, &coverage);
}

/* A basal that cannot be read has no time, and says nothing of the records behind it. */
static void a_record_without_a_time_is_settled_with_those_around_it(void **state)
{
    (void)state;
    struct fixture fixture;
    struct coverage coverage;
    int64_t waiting;
    begin(&fixture, &coverage, "12 100 08:00:00\n279 101 null {'commandedRate':900}\n12 102 08:10:00");
    store_all(&fixture);
    struct coverage_rules rules = rules_of(&fixture, "00:00:00", "12:00:00");
    coverage_settle(&coverage, &fixture.log, &fixture.documents, &rules, &waiting);
    assert_runs(&coverage, "0:100-102/1ff");
    end(&fixture, &coverage);
}

/* An exercise whose end never comes, or that of a pump that was put away, is looked after for a week. */
static void what_stays_open_is_settled_in_the_end(void **state)
{
    (void)state;
    struct fixture fixture;
    struct coverage coverage;
    int64_t waiting;
    begin(&fixture, &coverage,
          "229 100 2026-05-06T11:00:00 {'requestedAction':3,'currentUserMode':2,'previousUserMode':0}\n"
          "999 101 2026-05-06T14:00:00\n12 102 08:00:00");
    store_all(&fixture);
    assert_true(fixture.documents.items[0].open);
    struct coverage_rules rules = rules_of(&fixture, "2026-05-06T00:00:00", "2026-05-13T10:00:00");
    coverage_settle(&coverage, &fixture.log, &fixture.documents, &rules, &waiting);
    assert_int_equal(waiting, at("2026-05-06T11:00:00"));
    rules.to = at("2026-05-14T12:00:00");
    coverage_settle(&coverage, &fixture.log, &fixture.documents, &rules, &waiting);
    assert_true(waiting == NO_TIME);
    assert_int_equal(coverage.through, at("08:00:00"));
    assert_runs(&coverage, "0:100-101/1ff 0:102-102/1ff");
    end(&fixture, &coverage);
}

/* Nor does it come back when a person deletes it before it has ended; it is not waited for either. */
static void what_a_person_deletes_while_it_lasts_stays_deleted(void **state)
{
    (void)state;
    struct fixture fixture;
    struct coverage coverage;
    int64_t waiting;
    begin(
        &fixture, &coverage,
        "229 100 08:00:00 {'requestedAction':3,'currentUserMode':2,'previousUserMode':0}\n999 101 08:10:00");
    coverage_count_features(&coverage, FEATURES_ALL, at("00:00:00"));
    struct coverage_rules rules = rules_of(&fixture, "00:00:00", "12:00:00");
    struct document *exercise = &fixture.documents.items[0];
    coverage_settle(&coverage, &fixture.log, &fixture.documents, &rules, &waiting);
    assert_false(coverage_has(&coverage, &fixture.log, exercise)); /* not stored yet */
    store_all(&fixture);
    coverage_settle(&coverage, &fixture.log, &fixture.documents, &rules, &waiting);
    assert_true(coverage_has(&coverage, &fixture.log, exercise));
    assert_int_equal(waiting, at("08:00:00"));
    exercise->created = false;
    exercise->fate = FATE_UNCHANGED;
    coverage_settle(&coverage, &fixture.log, &fixture.documents, &rules, &waiting);
    assert_true(waiting == NO_TIME);
    assert_int_equal(coverage.through, at("08:10:00"));
    end(&fixture, &coverage);
}

/* Who asks for today alone, or for something else alone, leaves the days since then to the next automatic
 * run. */
static void what_a_person_asks_for_hides_no_hole_before_it(void **state)
{
    (void)state;
    struct fixture fixture;
    struct coverage coverage;
    int64_t waiting;
    begin(&fixture, &coverage, "12 102 08:00:00\n12 103 08:10:00");
    store_all(&fixture);
    struct coverage_rules rules = rules_of(&fixture, "00:00:00", "12:00:00");
    rules.first = false; /* of a pump that was put on days ago */
    coverage_settle(&coverage, &fixture.log, &fixture.documents, &rules, &waiting);
    assert_true(coverage.through == NO_TIME);
    coverage.through = at("2026-05-04T08:00:00");
    coverage_count_features(&coverage, FEATURE_PUMP_EVENTS, at("2026-05-04T08:00:00"));
    coverage_settle(&coverage, &fixture.log, &fixture.documents, &rules, &waiting);
    assert_int_equal(coverage.through, at("2026-05-04T08:00:00"));
    rules.from = at("2026-05-04T08:00:00");
    rules.features = FEATURE_BOLUS;
    coverage_settle(&coverage, &fixture.log, &fixture.documents, &rules, &waiting);
    assert_int_equal(coverage.through, at("2026-05-04T08:00:00"));
    rules.features = FEATURE_BOLUS | FEATURE_PUMP_EVENTS;
    coverage_settle(&coverage, &fixture.log, &fixture.documents, &rules, &waiting);
    assert_int_equal(coverage.through, at("08:10:00"));
    end(&fixture, &coverage);
}

/* Holes in what a pump with a wrong year has told are found, and it is forgotten, as that of any other. */
static void days_are_those_of_the_zone(void **state)
{
    (void)state;
    struct fixture fixture;
    struct coverage coverage;
    int64_t waiting;
    fixture_open(&fixture);
    coverage_init(&coverage);
    fixture.log.latest = at("2100-01-01T00:00:00");
    fixture.witness.upload = at("08:11:00");
    fixture_read(&fixture, 0, "12 102 2027-05-14T08:00:00\n12 103 2027-05-14T08:10:00");
    fixture_build(&fixture);
    fixture_compare(&fixture);
    assert_int_equal(fixture.documents.items[1].time, at("08:10:00"));
    store_all(&fixture);
    struct coverage_rules rules = rules_of(&fixture, "00:00:00", "12:00:00");
    coverage_settle(&coverage, &fixture.log, &fixture.documents, &rules, &waiting);
    assert_runs(&coverage, "0:102-103/1ff");
    assert_int_equal(coverage.runs[0].day, DAY("2026-05-14"));
    end(&fixture, &coverage);
}

/* What was logged last before the numbers began anew may come late. */
static void the_last_of_a_group_may_come_late(void **state)
{
    (void)state;
    struct coverage coverage;
    coverage_init(&coverage);
    add(&coverage, "2026-05-10T00:00:00Z", 0, 401, 500, FEATURES_ALL);
    assert_true(coverage_first_gap(&coverage, DAY("2026-05-01"), true) == NO_TIME);
    add(&coverage, "2026-05-12T00:00:00Z", 1, 7, 9, FEATURES_ALL);
    assert_int_equal(coverage_first_gap(&coverage, DAY("2026-05-01"), false), DAY("2026-05-10"));
    assert_int_equal(coverage_first_gap(&coverage, DAY("2026-05-12"), false), DAY("2026-05-12"));
    assert_true(coverage_first_gap(&coverage, DAY("2026-05-13"), true) == NO_TIME);
    coverage_remember_gaps(&coverage);
    add(&coverage, "2026-05-11T00:00:00Z", 0, 501, 550, FEATURES_ALL); /* more may come */
    assert_true(coverage_first_gap(&coverage, DAY("2026-05-01"), false) == NO_TIME);
    assert_int_equal(coverage_first_gap(&coverage, DAY("2026-05-01"), true), DAY("2026-05-11"));
    /* but it is no hole that is known of */
    assert_int_equal(coverage_of_day(&coverage, FEATURES_ALL, DAY("2026-05-11")), DAY_WHOLE);
    assert_int_equal(coverage_of_day(&coverage, FEATURES_ALL, DAY("2026-05-12")), DAY_WHOLE);
    coverage_free(&coverage);
}

static void gaps_are_found_and_remembered(void **state)
{
    (void)state;
    struct coverage coverage;
    coverage_init(&coverage);
    add(&coverage, "2026-05-10T00:00:00Z", 0, 100, 200, FEATURES_ALL);
    add(&coverage, "2026-05-12T00:00:00Z", 0, 301, 400, FEATURES_ALL);
    add(&coverage, "2026-05-13T00:00:00Z", 0, 401, 500, FEATURES_ALL);
    assert_int_equal(coverage_first_gap(&coverage, DAY("2026-05-01"), false), DAY("2026-05-10"));
    assert_int_equal(coverage_first_gap(&coverage, DAY("2026-05-11"), false), DAY("2026-05-11"));
    assert_int_equal(coverage_first_gap(&coverage, DAY("2026-05-12"), false), DAY("2026-05-12"));
    assert_true(coverage_first_gap(&coverage, DAY("2026-05-13"), false) == NO_TIME);
    coverage_remember_gaps(&coverage);
    assert_int_equal(coverage.known_gaps[0].first, 201);
    assert_int_equal(coverage.known_gaps[0].last, 300);
    assert_true(coverage_first_gap(&coverage, DAY("2026-05-01"), false) == NO_TIME);
    assert_int_equal(coverage_first_gap(&coverage, DAY("2026-05-01"), true), DAY("2026-05-10"));
    add(&coverage, "2026-05-11T00:00:00Z", 0, 250, 260, FEATURES_ALL); /* what is left of it is still known */
    assert_true(coverage_first_gap(&coverage, DAY("2026-05-01"), false) == NO_TIME);
    add(&coverage, "2026-05-14T00:00:00Z", 0, 600, 610, FEATURES_ALL);
    assert_int_equal(coverage_first_gap(&coverage, DAY("2026-05-01"), false), DAY("2026-05-13"));
    assert_int_equal(coverage_of_day(&coverage, FEATURES_ALL, DAY("2026-05-13")), DAY_WITH_HOLES);
    assert_int_equal(coverage_of_day(&coverage, FEATURES_ALL, DAY("2026-05-09")), DAY_NOT_READ);
    add(&coverage, "2026-05-13T00:00:00Z", 0, 501, 599, FEATURES_ALL);
    assert_int_equal(coverage_of_day(&coverage, FEATURES_ALL, DAY("2026-05-13")), DAY_WHOLE);
    add(&coverage, "2026-05-17T00:00:00Z", 0, 900, 910,
        FEATURES_ALL); /* what is missing is of the days between */
    assert_int_equal(coverage_of_day(&coverage, FEATURES_ALL, DAY("2026-05-17")), DAY_WHOLE);
    assert_int_equal(coverage_of_day(&coverage, FEATURES_ALL, DAY("2026-05-14")), DAY_WHOLE);
    assert_int_equal(coverage_of_day(&coverage, FEATURES_ALL, DAY("2026-05-16")), DAY_NOT_READ);
    coverage_free(&coverage);
}

/* A pump's first upload may bring what is older than the runs that have waited for it. */
static void runs_that_settled_nothing_hide_nothing(void **state)
{
    (void)state;
    struct fixture fixture;
    struct coverage coverage;
    begin(&fixture, &coverage, "12 102 08:00:00");
    assert_false(coverage_count_features(&coverage, FEATURE_PUMP_EVENTS, at("12:00:00")));
    assert_true(coverage_has(&coverage, &fixture.log, &fixture.documents.items[0]));
    assert_false(coverage_count_features(&coverage, FEATURE_PUMP_EVENTS, at("07:00:00")));
    assert_false(coverage_has(&coverage, &fixture.log, &fixture.documents.items[0]));
    assert_false(coverage_count_features(&coverage, FEATURE_PUMP_EVENTS, at("09:00:00")));
    assert_false(coverage_has(&coverage, &fixture.log, &fixture.documents.items[0]));
    coverage.through = at("09:00:00");
    assert_false(coverage_count_features(&coverage, FEATURE_PUMP_EVENTS, at("06:00:00")));
    assert_int_equal(coverage.since[2], at("07:00:00"));
    end(&fixture, &coverage);
}

/* The treatments were refused on a day whose readings went through. */
static void a_lack_of_a_feature_is_found(void **state)
{
    (void)state;
    struct fixture fixture; /* lends its zone */
    struct coverage coverage;
    fixture_open(&fixture);
    coverage_init(&coverage);
    coverage_count_features(&coverage, FEATURE_CGM | FEATURE_BASAL | FEATURE_PROFILES,
                            at("2026-05-08T00:00:00Z"));
    add(&coverage, "2026-05-12T00:00:00Z", 0, 1, 100, FEATURE_CGM);
    add(&coverage, "2026-05-13T00:00:00Z", 0, 101, 200, FEATURE_CGM | FEATURE_BASAL);
    assert_int_equal(coverage_first_lack(&coverage, fixture.zone, DAY("2026-05-01")), DAY("2026-05-12"));
    assert_int_equal(coverage_first_lack(&coverage, fixture.zone, DAY("2026-05-12")), DAY("2026-05-12"));
    assert_true(coverage_first_lack(&coverage, fixture.zone, DAY("2026-05-13")) == NO_TIME);
    coverage.since[0] = at("2026-05-12T12:00:00Z"); /* BASAL was added that day */
    assert_true(coverage_first_lack(&coverage, fixture.zone, DAY("2026-05-01")) == NO_TIME);
    add(&coverage, "2026-05-13T00:00:00Z", 0, 201, 300, FEATURE_CGM); /* the next one is all its own */
    assert_int_equal(coverage_first_lack(&coverage, fixture.zone, DAY("2026-05-01")), DAY("2026-05-13"));
    end(&fixture, &coverage);
}

/* What another program carries over is none of this one's business, and stays as it was: it must not begin
   anew where this one has come to. */
static void two_programs_carry_over_different_features(void **state)
{
    (void)state;
    struct fixture fixture; /* lends its zone */
    struct coverage coverage;
    fixture_open(&fixture);
    coverage_init(&coverage);
    const unsigned many = FEATURE_BASAL | FEATURE_BOLUS | FEATURE_CGM, few = FEATURE_BASAL | FEATURE_BOLUS;
    coverage_count_features(&coverage, many, at("2026-05-10T00:00:00Z"));
    add(&coverage, "2026-05-12T00:00:00Z", 0, 1, 100, many);
    coverage.through = at("2026-05-12T22:00:00Z");
    assert_false(coverage_count_features(&coverage, few, at("2026-05-12T00:00:00Z")));
    add(&coverage, "2026-05-13T00:00:00Z", 0, 101, 200, few);
    coverage.through = at("2026-05-13T22:00:00Z");
    assert_true(coverage_first_lack(&coverage, fixture.zone, DAY("2026-05-01")) == NO_TIME);
    assert_false(coverage_count_features(&coverage, many, at("2026-05-13T00:00:00Z")));
    for (size_t i = 0; i < FEATURE_COUNT; i++)
        assert_true(coverage.since[i] == (many >> i & 1 ? at("2026-05-10T00:00:00Z") : NO_TIME));
    assert_int_equal(coverage_first_lack(&coverage, fixture.zone, DAY("2026-05-01")), DAY("2026-05-13"));
    end(&fixture, &coverage);
}

/* What an automatic run reads of the time before is settled for the features of then alone. */
static void the_past_of_an_added_feature_is_told(void **state)
{
    (void)state;
    struct fixture fixture;
    struct coverage coverage;
    int64_t waiting, first, last;
    fixture_open(&fixture);
    coverage_init(&coverage);
    add(&coverage, "2026-05-12T00:00:00Z", 0, 50, 99, FEATURE_BASAL);
    coverage_count_features(&coverage, FEATURE_BASAL, at("2026-05-12T00:00:00Z"));
    coverage.through = at("08:05:00");
    assert_int_equal(coverage_features_added(&coverage, FEATURE_BASAL | FEATURE_PROFILES, &first, &last), 0);
    coverage_count_features(&coverage, FEATURE_BASAL | FEATURE_CGM, at("00:00:00"));
    fixture_read(&fixture, 0, "12 100 08:00:00\n12 101 08:10:00");
    fixture_build(&fixture);
    fixture_compare(&fixture);
    store_all(&fixture);
    struct coverage_rules rules = rules_of(&fixture, "00:00:00", "12:00:00");
    rules.features = FEATURE_BASAL | FEATURE_CGM;
    rules.automatic = true;
    coverage_settle(&coverage, &fixture.log, &fixture.documents, &rules, &waiting);
    assert_runs(&coverage, "0:50-99/1 0:100-100/1 0:101-101/11");
    assert_int_equal(coverage_features_added(&coverage, rules.features, &first, &last), FEATURE_CGM);
    assert_int_equal(first, DAY("2026-05-12"));
    assert_int_equal(last, DAY("2026-05-14"));
    /* suspend and resume come with the basal */
    assert_int_equal(coverage_features_added(&coverage, FEATURE_PUMP_EVENTS_BASAL_SUSPENSION, &first, &last),
                     0);
    /* who asks for the days settles them */
    rules.automatic = false;
    coverage_settle(&coverage, &fixture.log, &fixture.documents, &rules, &waiting);
    assert_runs(&coverage, "0:50-99/1 0:100-101/11");
    coverage_features_added(&coverage, rules.features, &first, &last);
    assert_int_equal(last, DAY("2026-05-12"));
    end(&fixture, &coverage);
}

static void it_comes_back_from_nightscout(void **state)
{
    (void)state;
    struct coverage coverage, again;
    struct buffer first, second, list;
    char key[COVERAGE_KEY_SIZE], other[COVERAGE_KEY_SIZE], *id = NULL;
    buffer_init(&first, 10000);
    buffer_init(&second, 10000);
    buffer_init(&list, 30000);
    coverage_init(&coverage);
    coverage_init(&again);
    coverage_key("1234567", key);
    coverage_key("7654321", other);
    assert_string_not_equal(key, other);
    coverage_count_features(&coverage, FEATURE_CGM | FEATURE_BASAL, at("2026-05-08T00:00:00Z"));
    coverage.through = at("2026-05-14T10:00:00Z");
    add(&coverage, "2026-05-12T00:00:00Z", 0, 1, 100, FEATURE_CGM);
    add(&coverage, "2026-05-12T00:00:00Z", 0, 110, 120, FEATURE_CGM);
    add(&coverage, "2026-05-13T00:00:00Z", 3, 101, 200, FEATURE_CGM | FEATURE_BASAL);
    coverage_write(&coverage, key, "64a", at("2026-05-14T10:00:00Z"), &first);
    buffer_addf(
        &list,
        "[null,5,{\"enteredBy\":\"x\"},%s,{\"_id\":\"63f\",\"pump\":\"%s\",\"pump_coverage\":1,\"enteredBy\":"
        "\"Pump "
        "(tconnectsync)\",\"through\":\"2099-01-01T00:00:00Z\",\"since\":{\"BOLUS\":\"2099-01-01T00:00:00Z\"}"
        ",\"days\":[3,{\"day\":\"2026-05-14\",\"features\":\"CGM\","
        "\"runs\":[[0,1],[0,9,5],[0,-1,5],[0,1,1.5],[3,201,205],\"x\"]},{\"day\":\"never\",\"features\":"
        "\"CGM\",\"runs\":[[3,300,305]]},{\"day\":\"2026-05-14\",\"features\":\"WHAT\",\"runs\":[[3,300,305]]"
        "}]},{\"_id\":\"62f\",\"pump\":\"%s\",\"pump_coverage\":2,\"enteredBy\":\"Pump "
        "(tconnectsync)\",\"through\":"
        "\"2025-01-01T00:00:00Z\"}]",
        first.data, key, key);
    struct json *json = json_parse(list.data, list.length, NULL);
    assert_non_null(json);
    coverage_read(&again, json, other, at("2026-05-14T10:00:00Z"), &id);
    assert_null(id);
    assert_int_equal(again.count, 0);
    coverage_read(&again, json, key, at("2026-05-14T10:00:00Z"), &id);
    assert_string_equal(id, "63f"); /* of two always the same */
    assert_runs(&again, "0:1-100/10 0:110-120/10 3:101-200/11 3:201-205/10");
    assert_int_equal(again.through, coverage.through);
    assert_memory_equal(again.since, coverage.since, sizeof coverage.since);
    free(id);
    coverage_write(&coverage, key, NULL, at("2026-05-14T10:00:00Z"), &second);
    assert_null(strstr(second.data, "_id"));
    json_free(json);
    coverage_free(&coverage);
    coverage_free(&again);
    buffer_free(&first);
    buffer_free(&second);
    buffer_free(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_unite),
        cmocka_unit_test(a_run_settles_what_it_confirmed),
        cmocka_unit_test(what_was_confirmed_and_is_not_there_waits),
        cmocka_unit_test(only_the_range_is_settled),
        cmocka_unit_test(a_settled_record_is_not_created_again),
        cmocka_unit_test(a_meal_is_settled_with_its_extended_bolus),
        cmocka_unit_test(what_waits_may_come_in_any_order),
        cmocka_unit_test(a_meal_that_comes_late_is_not_settled),
        cmocka_unit_test(a_record_without_a_time_is_settled_with_those_around_it),
        cmocka_unit_test(what_stays_open_is_settled_in_the_end),
        cmocka_unit_test(what_a_person_deletes_while_it_lasts_stays_deleted),
        cmocka_unit_test(what_a_person_asks_for_hides_no_hole_before_it),
        cmocka_unit_test(days_are_those_of_the_zone),
        cmocka_unit_test(the_last_of_a_group_may_come_late),
        cmocka_unit_test(gaps_are_found_and_remembered),
        cmocka_unit_test(runs_that_settled_nothing_hide_nothing),
        cmocka_unit_test(a_lack_of_a_feature_is_found),
        cmocka_unit_test(two_programs_carry_over_different_features),
        cmocka_unit_test(the_past_of_an_added_feature_is_told),
        cmocka_unit_test(it_comes_back_from_nightscout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
