/* What the log says of a clock to the second: jumps, clocks that were lost, readings near a setting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tconnectsync/base/civil_time.h"

#include "clock_world.h"

static void a_jump_that_the_log_contradicts_is_not_believed(void **state)
{
    (void)state;
    static const int64_t steps[] = {HOUR, -HOUR, 12 * HOUR, -3 * DAY, 30 * DAY};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct world world;
        world_begin(&world);
        world_live(&world, &plain);
        const struct record *record = &world.records[world.count * 3 / 4];
        world.changes[world.change_count++] = (struct clock_change){.sequence = record->sequence,
                                                                    .wall = record->wall,
                                                                    .step = steps[i],
                                                                    .is_date = steps[i] % DAY == 0};
        world_find(&world, &plain);
        assert_int_equal(world.clock.disbelieved, 1);
        assert_int_equal(world_middle_error(&world), 0);
        world_end(&world);
    }
}

/* The records around it tell when that was. */
static void a_change_that_tells_no_time_has_one(void **state)
{
    (void)state;
    const struct story story = {"abroad",
                                &new_york,
                                "2026-05-01T00:00:00Z",
                                "2026-05-12T12:00:00Z",
                                -4 * HOUR,
                                {{"2026-05-10T18:00:00Z", 6 * HOUR, false}},
                                .late = 60};
    struct world world;
    world_begin(&world);
    world_live(&world, &story);
    world.changes[0].wall = NO_TIME;
    world_find(&world, &story);
    assert_int_equal(world.clock.count, 2);
    assert_int_equal(world.clock.stretches[0].last_wall, instant_of("2026-05-10T17:55:00Z") - 4 * HOUR);
    assert_int_equal(world.clock.stretches[1].first_wall, instant_of("2026-05-10T18:00:00Z") + 2 * HOUR);
    assert_int_equal(world.clock.wrong_since, instant_of("2026-05-10T18:00:00Z"));
    world_end(&world);
}

/* Replaces the walls of some records in the middle, as a pump with a failing battery does. */
static void spoil(struct world *world, size_t from, size_t count, int64_t wall)
{
    world->run_count = 0;
    for (size_t i = 0; i < world->count; i++) {
        if (i >= from && i < from + count)
            world->records[i].wall = wall + (int64_t)(i - from) * EVERY;
        world_track(world, world->records[i].sequence, world->records[i].wall);
    }
}

static void senseless_dates_between_good_ones_have_no_instant(void **state)
{
    (void)state;
    static const char *const dates[] = {"2008-01-01T00:00:10Z", "2056-05-01T00:00:00Z"};
    for (size_t d = 0; d < 2; d++) {
        struct world world;
        world_begin(&world);
        world_live(&world, &plain);
        spoil(&world, 500, 3, instant_of(dates[d]));
        world_find(&world, &plain);
        for (size_t i = 0; i < world.count; i++) {
            const struct record *record = &world.records[i];
            int64_t instant = world_instant(&world, record);
            assert_true(instant == (i >= 500 && i < 503 ? NO_TIME : record->instant));
        }
        world_end(&world);
    }
}

/* A clock that comes back from senseless dates as far behind as it may drift comes back all the same. */
static void a_clock_comes_back_a_little_behind(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world);
    world_live(&world, &plain);
    for (size_t i = 503; i < world.count; i++)
        world.records[i].wall -= 4 * EVERY + 8 * MINUTE; /* behind the last good one, 499 */
    spoil(&world, 500, 3, instant_of("2056-05-01T00:00:00Z"));
    world_find(&world, &plain);
    for (size_t i = 499; i < 504; i++)
        assert_int_equal(world_instant(&world, &world.records[i]) == NO_TIME, i >= 500 && i < 503);
    world_end(&world);
}

/* The battery died; the person sets date and time the next day. What was written meanwhile is dated by that.
 */
static void a_lost_clock_is_dated_once_it_is_set(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world);
    world_live(&world, &plain);
    int64_t reset = instant_of("2008-01-01T00:00:10Z"), lost_step = reset - world.records[600].wall;
    int64_t sequence = world.records[700].sequence;
    world.run_count = 0;
    for (size_t i = 0; i < world.count; i++) {
        if (i == 700) {
            int64_t wall = world.records[i].wall - 30 + lost_step;
            int64_t days = civil_day_number(wall - lost_step) - civil_day_number(wall),
                    rest = -lost_step - days * DAY;
            world.changes[0] =
                (struct clock_change){.sequence = sequence++,
                                      .wall = wall + rest,
                                      .step = rest,
                                      .prior = (int32_t)(wall - civil_day_number(wall) * DAY),
                                      .after = (int32_t)(wall - civil_day_number(wall) * DAY + rest)};
            world_track(&world, world.changes[0].sequence, wall + rest);
            world.changes[1] = (struct clock_change){
                .sequence = sequence++, .wall = wall - lost_step, .step = days * DAY, .is_date = true};
            world_track(&world, world.changes[1].sequence, wall - lost_step);
            world.change_count = 2;
        }
        if (i >= 600 && i < 700)
            world.records[i].wall += lost_step;
        if (i >= 700)
            world.records[i].sequence = sequence++;
        world_track(&world, world.records[i].sequence, world.records[i].wall);
    }
    world_find(&world, &plain);
    for (size_t i = 0; i < world.count; i++) {
        const struct record *record = &world.records[i];
        assert_int_equal(world_instant(&world, record), record->instant);
    }
    world_end(&world);
}

/* Not set yet: nobody can tell. Before the battery died everything stands. */
static void a_lost_clock_that_nobody_has_set_has_no_instants(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world);
    world_live(&world, &plain);
    spoil(&world, 900, world.count - 900, instant_of("2008-01-01T00:00:10Z"));
    world.witness.wall = world.records[world.count - 1].wall;
    world_find(&world, &plain);
    for (size_t i = 0; i < world.count; i++) {
        const struct record *record = &world.records[i];
        int64_t instant = world_instant(&world, record);
        assert_true(instant == (i >= 900 ? NO_TIME : record->instant));
    }
    world_end(&world);
}

static void readings_follow_the_stretch_they_fell_in(void **state)
{
    (void)state;
    const struct story story = {"set back",
                                &new_york,
                                "2026-10-20T00:00:00Z",
                                "2026-11-05T12:00:00Z",
                                -4 * HOUR,
                                {{"2026-11-01T06:30:00Z", -HOUR, false}},
                                .late = 60};
    struct world world;
    world_begin(&world);
    world_live(&world, &story);
    world_find(&world, &story);
    const struct record *record = &world.records[world.count - 1];
    const struct clock_place place = {0, record->sequence};
    int64_t set = instant_of("2026-11-01T06:30:00Z");
    /* live; backfilled from behind the jump; from before it; from the hour that was shown twice */
    assert_int_equal(pump_clock_reading(&world.clock, place, record->wall, record->wall - 30),
                     record->instant - 30);
    assert_int_equal(pump_clock_reading(&world.clock, place, record->wall, set + 2 * HOUR - 5 * HOUR),
                     set + 2 * HOUR);
    assert_int_equal(pump_clock_reading(&world.clock, place, record->wall, set - 2 * HOUR - 4 * HOUR),
                     set - 2 * HOUR);
    assert_int_equal(pump_clock_reading(&world.clock, place, record->wall, set + HOUR / 2 - 5 * HOUR),
                     set + HOUR / 2);
    world_end(&world);
}

/* Ten minutes on either side of what is told at once, and where a stretch begins and ends. */
static void a_reading_near_a_setting_has_one_place(void **state)
{
    (void)state;
    struct story story = {"set",
                          &new_york,
                          "2026-10-20T00:00:00Z",
                          "2026-11-05T12:00:00Z",
                          -4 * HOUR,
                          {{"2026-11-01T06:30:00Z", 0, false}},
                          .late = 60};
    enum origin { RECORD, BEGIN, END }; /* of the new stretch; of the old one */
    static const struct {
        int64_t step;
        enum origin origin;
        int64_t behind; /* seconds from there to what the clock showed */
        bool is_new;
    } cases[] = {
        {-HOUR, RECORD, -10 * MINUTE, true},
        {-HOUR, RECORD, -10 * MINUTE - 1, false},
        {-HOUR, BEGIN, 0, true},
        {-HOUR, BEGIN, -1, false},
        {HOUR, BEGIN, 0, true},
        {HOUR, END, 10 * MINUTE, false},
        {HOUR, END, 10 * MINUTE + 1, true},
        {HOUR, END, -HOUR, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world world;
        story.settings[0].step = cases[i].step;
        world_begin(&world);
        world_live(&world, &story);
        world_find(&world, &story);
        const struct clock_stretch *old = &world.clock.stretches[0], *new = old + 1;
        size_t first = 0;
        while (world.records[first].instant < instant_of("2026-11-01T06:30:00Z"))
            first++;
        /* the first of the new stretch; one that lies well within it */
        const struct record *record = &world.records[cases[i].origin == RECORD ? first : first + 24];
        const int64_t wall = cases[i].behind + (cases[i].origin == RECORD  ? record->wall
                                                : cases[i].origin == BEGIN ? new->first_wall
                                                                           : old->last_wall);
        int64_t instant =
            pump_clock_reading(&world.clock, (struct clock_place){0, record->sequence}, record->wall, wall);
        if (instant != wall - (cases[i].is_new ? new : old)->offset)
            fail_msg("case %zu", i);
        world_end(&world);
    }
}

/* Two runs of records, and perhaps a change of number 100 between them or within the first: to the second. */
static void a_jump_is_held_against_the_records_around_it(void **state)
{
    (void)state;
    enum { BETWEEN, WITHIN_FIRST, ACROSS, UNTOLD };
    static const struct {
        int where;
        int64_t shown, step; /* from run to run; of the change */
        int64_t is;          /* the step that is believed; 0: none */
        bool disbelieved, lost;
    } cases[] = {
        {.where = BETWEEN, .shown = 15 * MINUTE, .step = -HOUR, .disbelieved = true}, /* it ran evenly */
        {.where = BETWEEN, .shown = 15 * MINUTE + 1, .step = -HOUR, .is = -HOUR},
        {.where = BETWEEN, .shown = -8 * MINUTE + 1, .step = -HOUR, .disbelieved = true},
        {.where = BETWEEN, .shown = -8 * MINUTE, .step = -HOUR, .is = -HOUR},
        {.where = BETWEEN, .shown = 0, .step = 15 * MINUTE, .is = 15 * MINUTE},
        {.where = BETWEEN, .shown = 0, .step = 15 * MINUTE + 1, .disbelieved = true},
        {.where = BETWEEN, .shown = 0, .step = 8 * MINUTE, .is = 15 * MINUTE},
        {.where = BETWEEN, .shown = 0, .step = 8 * MINUTE - 1}, /* drift put right */
        {.where = BETWEEN, .shown = 0, .step = -8 * MINUTE + 1},
        {.where = BETWEEN, .shown = 0, .step = -8 * MINUTE, .disbelieved = true},
        {.where = BETWEEN, .shown = HOUR, .step = HOUR + 7 * MINUTE + 29, .is = HOUR},
        {.where = BETWEEN, .shown = HOUR, .step = HOUR + 8 * MINUTE, .is = HOUR + 15 * MINUTE},
        {.where = BETWEEN, .shown = HOUR, .step = HOUR + 8 * MINUTE + 1, .disbelieved = true},
        {.where = WITHIN_FIRST, .shown = HOUR, .step = HOUR, .is = HOUR},
        {.where = WITHIN_FIRST, .shown = 0, .step = HOUR, .disbelieved = true},
        {.where = ACROSS, .shown = 0, .step = 30 * MINUTE, .is = 30 * MINUTE},
        {.where = ACROSS, .shown = 0, .step = 30 * MINUTE + 1, .disbelieved = true},
        {.where = ACROSS, .shown = 0, .step = -8 * MINUTE + 1},
        {.where = ACROSS, .shown = 0, .step = -8 * MINUTE, .disbelieved = true},
        {.where = UNTOLD, .shown = -8 * MINUTE + 1},
        {.where = UNTOLD, .shown = -8 * MINUTE, .is = -15 * MINUTE},
        {.where = UNTOLD, .shown = -36 * HOUR, .is = -36 * HOUR},
        {.where = UNTOLD, .shown = -36 * HOUR - 1, .lost = true},
        {.where = UNTOLD, .shown = 36 * HOUR + 1}, /* the pump was off */
    };
    const int64_t wall = instant_of("2026-05-10T13:05:00Z");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int where = cases[i].where;
        const int64_t last = where == ACROSS ? 200 : where == BETWEEN ? 99 : 100;
        const struct log_run runs[] = {
            {.first_sequence = 1, .last_sequence = last, .first_wall = wall - HOUR, .last_wall = wall},
            {.first_sequence = where == ACROSS ? 201 : 101,
             .last_sequence = 300,
             .first_wall = wall + cases[i].shown,
             .last_wall = wall + cases[i].shown + HOUR},
        };
        const struct clock_change change = {
            .sequence = 100, .wall = NO_TIME, .step = cases[i].step, .is_date = true};
        const struct clock_input input = {
            .zone = &new_york,
            .now = wall + 10 * DAY,
            .runs = runs,
            .run_count = 2,
            .changes = &change,
            .change_count = where != UNTOLD,
            .first_available = NO_TIME,
            .newest_wall = NO_TIME,
        };
        struct pump_clock clock;
        pump_clock_find(&clock, &input);
        const struct clock_stretch *newest = &clock.stretches[clock.count - 1];
        if (clock.count != 1u + (cases[i].is != 0 || cases[i].lost) || newest->step != cases[i].is ||
            clock.disbelieved != cases[i].disbelieved || newest->lost != cases[i].lost)
            fail_msg("case %zu: %zu stretches, %lld, %zu, %d", i, clock.count, (long long)newest->step,
                     clock.disbelieved, newest->lost);
        pump_clock_free(&clock);
    }
}

/* Of two records that the clock was set: whether they are one setting. */
static void one_setting_writes_several_records(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t numbers, apart; /* from the first record to the second */
        int32_t group;
        bool no_wall;
        size_t jumps;
    } cases[] = {
        {"the next number, however much later", 1, 2 * HOUR, .jumps = 1},
        {"within two minutes", 2, 2 * MINUTE, .jumps = 1},
        {"a second more", 2, 2 * MINUTE + 1, .jumps = 2},
        {"within two minutes, the other way", 2, -2 * MINUTE, .jumps = 1},
        {"a second more, the other way", 2, -2 * MINUTE - 1, .jumps = 2},
        {"within two minutes of the new time", 2, HOUR + 2 * MINUTE, .jumps = 1},
        {"a second more than that", 2, HOUR + 2 * MINUTE + 1, .jumps = 2},
        {"two minutes before the new time", 2, HOUR - 2 * MINUTE, .jumps = 1},
        {"a second more before it", 2, HOUR - 2 * MINUTE - 1, .jumps = 2},
        {"twenty records on", 20, 0, .jumps = 1},
        {"one more", 21, 0, .jumps = 2},
        {"in another group", 1, 0, .group = 1, .jumps = 2},
        {"at an unknown time", 2, 0, .no_wall = true, .jumps = 2},
    };
    const int64_t wall = instant_of("2026-05-10T13:00:00Z");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int step = -1; step < 2; step += 2) {
            const struct clock_change changes[] = {
                {.sequence = 100, .wall = wall, .step = HOUR, .is_date = true},
                {.sequence = 100 + cases[i].numbers,
                 .wall = cases[i].no_wall ? NO_TIME : wall + cases[i].apart,
                 .step = step * 2 * HOUR,
                 .group = cases[i].group,
                 .is_date = true},
            };
            const struct clock_input input = {
                .zone = &new_york,
                .now = wall + DAY,
                .changes = changes,
                .change_count = 2,
                .first_available = NO_TIME,
                .newest_wall = NO_TIME,
            };
            struct pump_clock clock;
            pump_clock_find(&clock, &input);
            if (clock.count != cases[i].jumps + 1)
                fail_msg("%s: %zu stretches", cases[i].name, clock.count);
            assert_int_equal(clock.stretches[1].step, cases[i].jumps == 1 ? HOUR + step * 2 * HOUR : HOUR);
            pump_clock_free(&clock);
        }
}

/* Records whose dates leap from one to the next, and thousands of changes elsewhere: if each leap was held
   against all that follow and all changes, this would take hours. */
static void a_log_that_makes_no_sense_takes_no_time(void **state)
{
    (void)state;
    enum { LEAPS = 50000, CHANGES = 5000 };
    struct log_run *runs = calloc(LEAPS, sizeof *runs);
    struct clock_change *changes = calloc(CHANGES, sizeof *changes);
    struct pump_clock clock;
    const int64_t now = instant_of("2026-05-05T12:00:00Z");
    for (int64_t i = 0; i < LEAPS; i++) {
        int64_t wall = now - 3 * DAY * (i % 6500);
        runs[i] =
            (struct log_run){.first_sequence = i, .last_sequence = i, .first_wall = wall, .last_wall = wall};
    }
    for (int64_t i = 0; i < CHANGES; i++)
        changes[i] =
            (struct clock_change){.sequence = LEAPS + 100 * i, .wall = now, .step = i % 2 ? HOUR : -HOUR};
    const struct clock_input input = {
        .zone = &new_york,
        .now = now,
        .runs = runs,
        .run_count = LEAPS,
        .changes = changes,
        .change_count = CHANGES,
        .first_available = NO_TIME,
        .newest_wall = NO_TIME,
    };
    pump_clock_find(&clock, &input);
    assert_true(clock.count > CHANGES);
    pump_clock_free(&clock);
    free(changes);
    free(runs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_jump_that_the_log_contradicts_is_not_believed),
        cmocka_unit_test(a_change_that_tells_no_time_has_one),
        cmocka_unit_test(senseless_dates_between_good_ones_have_no_instant),
        cmocka_unit_test(a_clock_comes_back_a_little_behind),
        cmocka_unit_test(a_lost_clock_is_dated_once_it_is_set),
        cmocka_unit_test(a_lost_clock_that_nobody_has_set_has_no_instants),
        cmocka_unit_test(readings_follow_the_stretch_they_fell_in),
        cmocka_unit_test(a_reading_near_a_setting_has_one_place),
        cmocka_unit_test(a_jump_is_held_against_the_records_around_it),
        cmocka_unit_test(one_setting_writes_several_records),
        cmocka_unit_test(a_log_that_makes_no_sense_takes_no_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
