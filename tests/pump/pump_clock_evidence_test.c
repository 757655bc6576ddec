/* What tells a clock's offset: uploads, the zone, its seasons, a guess; and what a window of days showed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tconnectsync/base/civil_time.h"

#include "clock_world.h"

static void a_wrong_zone_is_said(void **state)
{
    (void)state;
    struct story story = plain;
    struct world world;
    story.zone = &chicago;
    story.words = "60 minutes ahead of Chicago time, and was so all the time";
    world_begin(&world);
    world_live(&world, &story);
    world_find(&world, &story);
    assert_true(world.clock.zone_is_wrong);
    assert_int_equal(world_middle_error(&world), 0);
    world_check_words(&world, &story);
    world_end(&world);
}

/* In the very second in which summer begins. */
static void a_clock_is_wrong_from_the_zones_change_on(void **state)
{
    (void)state;
    const struct story story = {"just not set",         &new_york, "2026-03-01T00:00:00Z",
                                "2026-03-08T06:50:00Z", -5 * HOUR, .late = 0};
    struct world world;
    world_begin(&world);
    world_live(&world, &story);
    world_find(&world, &story); /* ten minutes later */
    assert_int_equal(world.clock.ahead, -HOUR);
    assert_int_equal(world.clock.wrong_since, instant_of("2026-03-08T07:00:00Z"));
    world_end(&world);
}

/* The pump's clock shows New York's winter time. */
static void an_upload_is_believed_within_bounds(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t late;  /* from the record to the upload */
        int64_t newer; /* seconds by which the newest record lies ahead of now */
        int64_t offset;
        enum clock_evidence evidence;
    } cases[] = {
        {"20 minutes behind its record", 20 * MINUTE, 0, -5 * HOUR, CLOCK_BY_UPLOAD},
        {"a second more", 20 * MINUTE + 1, 0, -5 * HOUR, CLOCK_BY_AGREEMENT},
        {"20 minutes before it", -20 * MINUTE, 0, -5 * HOUR, CLOCK_BY_UPLOAD},
        {"a second more before it", -20 * MINUTE - 1, 0, -5 * HOUR, CLOCK_BY_AGREEMENT},
        {"half an hour before it, as a fast clock can be", -30 * MINUTE, 0, -5 * HOUR, CLOCK_BY_AGREEMENT},
        {"a second more than a fast clock can be", -30 * MINUTE - 1, 0, -4 * HOUR, CLOCK_BY_ZONE},
        {"a newest record half an hour ahead", 3 * HOUR, 30 * MINUTE, -5 * HOUR, CLOCK_BY_AGREEMENT},
        {"a second further ahead", 3 * HOUR, 30 * MINUTE + 1, -4 * HOUR, CLOCK_BY_ZONE},
    };
    const int64_t instant = instant_of("2026-01-20T12:00:00Z");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct clock_witness witness = {instant - 5 * HOUR, instant + cases[i].late};
        const struct clock_input input = {
            .zone = &new_york,
            .now = witness.upload,
            .first_available = NO_TIME,
            .newest_wall = cases[i].newer ? witness.upload - 5 * HOUR + cases[i].newer : witness.wall,
            .witnesses = &witness,
            .witness_count = 1,
        };
        struct pump_clock clock;
        pump_clock_find(&clock, &input);
        if (clock.stretches[0].offset != cases[i].offset || clock.evidence != cases[i].evidence)
            fail_msg("%s: %lld by %s", cases[i].name, (long long)clock.stretches[0].offset,
                     clock_evidence_name(clock.evidence));
        pump_clock_free(&clock);
    }
}

/* Where nothing that the zone allows fits. */
static void what_the_zone_does_not_allow_is_guessed(void **state)
{
    (void)state;
    static const struct {
        int64_t off, guessed; /* ahead of New York's summer time */
    } cases[] = {
        {7 * HOUR + 7 * MINUTE + 29, 7 * HOUR},
        {7 * HOUR + 7 * MINUTE + 30, 7 * HOUR + 15 * MINUTE},
        {20 * HOUR, 20 * HOUR},
        {20 * HOUR + 1, DAY},
        {DAY + 30 * MINUTE, DAY},
        {DAY + 30 * MINUTE + 1, 2 * DAY},
        {3 * DAY - 2 * HOUR, 3 * DAY},
    };
    const int64_t upload = instant_of("2026-05-20T12:00:00Z");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct clock_witness witness = {upload - 4 * HOUR + cases[i].off, upload};
        const struct clock_input input = {
            .zone = &new_york,
            .now = upload,
            .first_available = NO_TIME,
            .newest_wall = witness.wall,
            .witnesses = &witness,
            .witness_count = 1,
        };
        struct pump_clock clock;
        pump_clock_find(&clock, &input);
        assert_int_equal(clock.evidence, CLOCK_BY_GUESS);
        assert_int_equal(clock.stretches[0].offset, cases[i].guessed - 4 * HOUR);
        pump_clock_free(&clock);
    }
}

/* Without an upload the zone decides, whatever the clock shows, as long as it shows a date that can be. */
static void without_an_upload_it_is_the_zones(void **state)
{
    (void)state;
    const struct {
        int64_t wall, offset;
        bool dated;
    } cases[] = {
        {instant_of("2027-05-20T12:00:00Z"), -4 * HOUR, true},
        {instant_of("2026-11-01T01:30:00Z"), -4 * HOUR, true}, /* shown twice: the first */
        {PUMP_TIME_EARLIEST, -5 * HOUR, true},
        {PUMP_TIME_EARLIEST - 1, 0, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct clock_input input = {
            .zone = &new_york,
            .now = instant_of("2026-11-02T12:00:00Z"),
            .first_available = cases[i].wall,
            .newest_wall = cases[i].wall,
        };
        struct pump_clock clock;
        pump_clock_find(&clock, &input);
        assert_int_equal(clock.stretches[0].dated, cases[i].dated);
        assert_int_equal(clock.stretches[0].offset, cases[i].offset);
        if (cases[i].dated)
            assert_int_equal(clock.evidence, CLOCK_BY_ZONE);
        pump_clock_free(&clock);
    }
}

/* The clock may have been left in winter, or each upload was an hour late: three say that it was. */
static void another_season_takes_three_uploads(void **state)
{
    (void)state;
    const int64_t wall = instant_of("2026-07-20T12:00:00Z");
    const struct clock_witness witnesses[] = {{wall - 2 * DAY, wall - 2 * DAY + 5 * HOUR},
                                              {wall - DAY, wall - DAY + 5 * HOUR},
                                              {wall, wall + 5 * HOUR}};
    for (size_t count = 1; count <= 3; count++) {
        const struct clock_input input = {
            .zone = &new_york,
            .now = wall + 5 * HOUR,
            .first_available = wall - 10 * DAY,
            .newest_wall = wall,
            .witnesses = witnesses + 3 - count,
            .witness_count = count,
        };
        struct pump_clock clock;
        pump_clock_find(&clock, &input);
        assert_int_equal(clock.stretches[0].offset, count < 3 ? -4 * HOUR : -5 * HOUR);
        assert_int_equal(clock.evidence, count < 3 ? CLOCK_BY_ZONE : CLOCK_BY_UPLOAD);
        pump_clock_free(&clock);
    }
}

/* Less than a day tells nothing of a zone. */
static void a_zone_is_wrong_after_a_day(void **state)
{
    (void)state;
    const int64_t wall = instant_of("2026-07-20T12:00:00Z");
    const struct clock_witness witness = {wall, wall + 4 * HOUR};
    for (int less = 0; less < 2; less++) {
        const struct clock_input input = {
            .zone = &chicago,
            .now = witness.upload,
            .first_available = wall - DAY + less,
            .newest_wall = wall,
            .witnesses = &witness,
            .witness_count = 1,
        };
        struct pump_clock clock;
        pump_clock_find(&clock, &input);
        assert_int_equal(clock.ahead, HOUR);
        assert_int_equal(clock.zone_is_wrong, !less);
        pump_clock_free(&clock);
    }
}

static void windows_are_what_the_clock_showed(void **state)
{
    (void)state;
    const struct story story = {
        "a wrong date",
        &new_york,
        "2026-05-01T00:00:00Z",
        "2026-05-20T12:00:00Z",
        -4 * HOUR,
        {{"2026-05-10T13:00:00Z", 30 * DAY, false}, {"2026-05-11T13:00:00Z", -30 * DAY, false}},
        .late = 60};
    struct world world;
    struct wall_range ranges[8];
    world_begin(&world);
    world_live(&world, &story);
    world_find(&world, &story);
    assert_true(pump_clock_walls_maximum(&world.clock) <= 8);
    int64_t from = instant_of("2026-05-09T00:00:00Z"), to = instant_of("2026-05-13T00:00:00Z");
    assert_int_equal(pump_clock_walls(&world.clock, from, to, ranges), 3);
    assert_int_equal(ranges[0].first, from - 4 * HOUR);
    assert_int_equal(ranges[1].last, to - 4 * HOUR);
    assert_true(ranges[2].first >= instant_of("2026-06-09T00:00:00Z") &&
                ranges[2].last <= instant_of("2026-06-10T12:00:00Z"));
    to = instant_of("2026-05-09T12:00:00Z");
    assert_int_equal(pump_clock_walls(&world.clock, from, to, ranges), 1);
    world_end(&world);
}

/* Set back, the clock shows a time twice: that is asked for once. */
static void windows_that_overlap_are_one(void **state)
{
    (void)state;
    const struct story story = {"set back",
                                &new_york,
                                "2026-05-01T00:00:00Z",
                                "2026-05-20T12:00:00Z",
                                -4 * HOUR,
                                {{"2026-05-10T13:30:00Z", -6 * HOUR, false}},
                                .late = 60};
    static const struct {
        const char *from, *to, *first, *last;
        size_t count;
    } cases[] = {
        {"2026-05-09T00:00:00Z", "2026-05-13T00:00:00Z", "2026-05-08T20:00:00Z", "2026-05-12T14:00:00Z", 1},
        {"2026-05-10T07:45:00Z", "2026-05-10T14:00:00Z", "2026-05-10T03:29:40Z", "2026-05-10T09:29:40Z", 1},
        {"2026-05-10T08:00:01Z", "2026-05-10T14:00:00Z", "2026-05-10T03:29:40Z", "2026-05-10T09:29:40Z", 1},
        {"2026-05-10T08:00:02Z", "2026-05-10T14:00:00Z", "2026-05-10T03:29:40Z", "2026-05-10T04:00:00Z", 2},
        {"2026-04-20T00:00:00Z", "2026-05-02T00:00:00Z", "2026-04-19T20:00:00Z", "2026-05-01T20:00:00Z", 1},
        {"2026-05-12T06:00:00Z", "2026-05-12T06:00:00Z", "2026-05-11T20:00:00Z", "2026-05-11T20:00:00Z", 1},
        {"2026-05-10T06:00:00Z", "2026-05-10T14:00:00Z", "2026-05-10T02:00:00Z", "2026-05-10T09:29:40Z", 1},
    };
    struct world world;
    world_begin(&world);
    world_live(&world, &story);
    world_find(&world, &story);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wall_range ranges[8];
        assert_int_equal(
            pump_clock_walls(&world.clock, instant_of(cases[i].from), instant_of(cases[i].to), ranges),
            cases[i].count);
        assert_int_equal(ranges[0].first, instant_of(cases[i].first));
        assert_int_equal(ranges[0].last, instant_of(cases[i].last));
    }
    world_end(&world);
}

static void the_zone_rule_reads_everything_in_the_zone(void **state)
{
    (void)state;
    struct pump_clock clock;
    struct wall_range range;
    pump_clock_follow_zone(&clock, &new_york);
    int64_t wall = instant_of("2026-05-14T00:01:00Z");
    assert_int_equal(pump_clock_instant(&clock, (struct clock_place){0, 1}, wall), wall + 4 * HOUR);
    assert_int_equal(pump_clock_reading(&clock, (struct clock_place){0, 1}, wall, wall - HOUR),
                     wall + 3 * HOUR);
    assert_int_equal(pump_clock_walls(&clock, wall + 4 * HOUR, wall + 5 * HOUR, &range), 1);
    assert_int_equal(range.first, wall);
    pump_clock_free(&clock);
}

/* An earlier upload of the same stretch tells what the newest, late one cannot. */
static void an_earlier_upload_bears_witness_too(void **state)
{
    (void)state;
    struct story story = {"late",
                          &new_york,
                          "2026-05-01T00:00:00Z",
                          "2026-05-12T12:00:00Z",
                          -4 * HOUR,
                          {{"2026-05-02T18:00:00Z", -3 * HOUR, false}},
                          .late = 5 * HOUR,
                          .no_changes = true};
    struct world world;
    world_begin(&world);
    world_live(&world, &story);
    const struct record *early = &world.records[world.count - 200];
    const struct clock_witness witnesses[] = {{early->wall, early->instant + 90}, world.witness};
    const struct clock_change told = world.changes[0];
    const struct clock_input input = {
        .zone = &new_york,
        .now = world.witness.upload,
        .runs = world.runs,
        .run_count = world.run_count,
        .changes = &told,
        .change_count = 1,
        .first_available = NO_TIME,
        .newest_wall = world.witness.wall,
        .witnesses = witnesses,
        .witness_count = 2,
    };
    pump_clock_find(&world.clock, &input);
    assert_int_equal(world.clock.evidence, CLOCK_BY_UPLOAD);
    assert_int_equal(world_middle_error(&world), 0);
    world_end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_zone_is_said),
        cmocka_unit_test(a_clock_is_wrong_from_the_zones_change_on),
        cmocka_unit_test(an_upload_is_believed_within_bounds),
        cmocka_unit_test(what_the_zone_does_not_allow_is_guessed),
        cmocka_unit_test(without_an_upload_it_is_the_zones),
        cmocka_unit_test(another_season_takes_three_uploads),
        cmocka_unit_test(a_zone_is_wrong_after_a_day),
        cmocka_unit_test(windows_are_what_the_clock_showed),
        cmocka_unit_test(windows_that_overlap_are_one),
        cmocka_unit_test(the_zone_rule_reads_everything_in_the_zone),
        cmocka_unit_test(an_earlier_upload_bears_witness_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
