#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "schedule.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define START  (1000 * SECOND)

static struct schedule started(unsigned minutes)
{
    struct schedule schedule;
    schedule_start(&schedule, minutes, START, 0); /* the first run at START + 2 s */
    return schedule;
}

static void the_first_run_comes_soon(void **state)
{
    (void)state;
    int64_t least = INT64_MAX, most = 0;
    for (uint32_t random = 0; random < 20000; random++) {
        struct schedule schedule;
        schedule_start(&schedule, 5, START, random);
        least = schedule.next < least ? schedule.next : least;
        most = schedule.next > most ? schedule.next : most;
    }
    assert_int_equal(least, START + 2 * SECOND);
    assert_int_equal(most, START + 12 * SECOND);
}

static void off(void **state)
{
    (void)state;
    struct schedule schedule = started(0);
    assert_int_equal(schedule_turn(&schedule, INT64_MAX - 1, false), SCHEDULE_WAIT);
    schedule_ended(&schedule, false, START, 1);
    schedule_ended(&schedule, true, START, 1);
    schedule_pause(&schedule);
    schedule_resume(&schedule, START);
    assert_int_equal(schedule.next, SCHEDULE_NEVER);
    assert_int_equal(schedule_next_time(&schedule, START, 50), 0);
}

static void the_rhythm_does_not_drift(void **state)
{
    (void)state;
    struct schedule schedule = started(5);
    int64_t first = START + 2 * SECOND;
    assert_int_equal(schedule_turn(&schedule, first - 1, false), SCHEDULE_WAIT);
    for (int i = 0; i < 100; i++) {
        int64_t now = first + i * 5 * MINUTE + i * 37; /* always a little late */
        assert_int_equal(schedule_turn(&schedule, now, false), SCHEDULE_RUN);
        assert_int_equal(schedule_turn(&schedule, now, false), SCHEDULE_WAIT);
        schedule_ended(&schedule, true, now + 20 * SECOND, 7);
        assert_int_equal(schedule.next, first + (i + 1) * 5 * MINUTE);
    }
    /* The machine stood still for hours: one run, then the old rhythm. */
    int64_t late = first + 100 * 5 * MINUTE + 7 * 3600 * SECOND + 1;
    assert_int_equal(schedule_turn(&schedule, late, false), SCHEDULE_RUN);
    assert_int_equal(schedule.next, first + 100 * 5 * MINUTE + 7 * 3600 * SECOND + 5 * MINUTE);
}

static void busy_means_skipped(void **state)
{
    (void)state;
    struct schedule schedule = started(5);
    int64_t first = START + 2 * SECOND;
    assert_int_equal(schedule_turn(&schedule, first, false), SCHEDULE_RUN);
    assert_int_equal(schedule_turn(&schedule, first + 5 * MINUTE, true), SCHEDULE_SKIP);
    assert_int_equal(schedule_turn(&schedule, first + 5 * MINUTE + 1, false), SCHEDULE_WAIT);
    schedule_ended(&schedule, true, first + 6 * MINUTE, 0);
    assert_int_equal(schedule.next, first + 10 * MINUTE);
}

static void failures_back_off(void **state)
{
    (void)state;
    static const int64_t waits[] = {30, 60, 120, 240, 300, 300, 300};
    for (unsigned round = 0; round < 2; round++) {
        struct schedule schedule = started(5);
        int64_t now = schedule.next;
        for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
            assert_int_equal(schedule_turn(&schedule, now, false), SCHEDULE_RUN);
            now += 3 * SECOND;
            uint32_t random = round ? (uint32_t)(waits[i] * SECOND / 4) : 0; /* the whole spread, or none */
            schedule_ended(&schedule, false, now, random);
            assert_int_equal(schedule.next, now + waits[i] * SECOND - random);
            assert_int_equal(schedule.failures, i + 1);
            now = schedule.next;
        }
        assert_int_equal(schedule_turn(&schedule, now, false), SCHEDULE_RUN);
        schedule_ended(&schedule, true, now + SECOND, 0);
        assert_int_equal((schedule.next - (START + 2 * SECOND)) % (5 * MINUTE), 0);
        assert_true(schedule.next > now && schedule.next <= now + SECOND + 5 * MINUTE);
        assert_int_equal(schedule.failures, 0);
    }
}

/* What somebody asked for ends between two turns. */
static void a_success_that_was_asked_for(void **state)
{
    (void)state;
    struct schedule schedule = started(5);
    int64_t first = schedule.next;
    schedule_ended(&schedule, true, first + SECOND, 0);
    assert_int_equal(schedule.next, first); /* due all the same */
    assert_int_equal(schedule_turn(&schedule, first + SECOND, false), SCHEDULE_RUN);
    schedule_ended(&schedule, false, first + 2 * SECOND, 0);
    assert_int_equal(schedule.next, first + 32 * SECOND);
    schedule_ended(&schedule, true, first + 10 * SECOND, 0); /* nothing is left to retry */
    assert_int_equal(schedule.next, first + 5 * MINUTE);
}

static void long_failing_and_long_intervals(void **state)
{
    (void)state;
    struct schedule schedule = started(UINT32_MAX);
    for (uint32_t i = 0; i < 200; i++) {
        schedule_ended(&schedule, false, START, i * 0x9e3779b9u);
        assert_true(schedule.next > START && schedule.next <= START + schedule.interval);
    }
    struct schedule minute = started(1);
    for (uint32_t i = 0; i < 200; i++) {
        schedule_ended(&minute, false, START, i * 0x9e3779b9u);
        assert_true(minute.next >= START + 22 * SECOND && minute.next <= START + MINUTE);
    }
}

static void pause_and_resume(void **state)
{
    (void)state;
    struct schedule schedule = started(5);
    int64_t first = START + 2 * SECOND;
    schedule_pause(&schedule);
    assert_int_equal(schedule_turn(&schedule, first + 1, false), SCHEDULE_WAIT);
    schedule_ended(&schedule, false, first, 0); /* of a run that somebody asked for */
    assert_int_equal(schedule.next, SCHEDULE_NEVER);
    schedule_resume(&schedule, first + 7 * MINUTE);
    assert_int_equal(schedule.next, first + 10 * MINUTE);
    schedule_resume(&schedule, first + 20 * MINUTE); /* was not paused */
    assert_int_equal(schedule.next, first + 10 * MINUTE);
    schedule_pause(&schedule);
    schedule_resume(&schedule, START);
    assert_int_equal(schedule.next, first);
}

static void times_of_day(void **state)
{
    (void)state;
    struct schedule schedule = started(5);
    assert_int_equal(schedule_next_time(&schedule, START, 1780000000), 1780000002);
    assert_int_equal(schedule_next_time(&schedule, START + 1, 1780000000), 1780000002);
    assert_int_equal(schedule_next_time(&schedule, START + 999, 1780000000), 1780000002);
    assert_int_equal(schedule_next_time(&schedule, START + 1000, 1780000000), 1780000001);
    assert_int_equal(schedule_next_time(&schedule, START + 9 * SECOND, 1780000000), 1780000000);
    /* Somebody set the clock: the run comes when it would have. */
    assert_int_equal(schedule_next_time(&schedule, START, 1000), 1002);
}

/* The first run of each comes at once, those after it spread over the interval. */
static void several_spread(void **state)
{
    (void)state;
    for (unsigned place = 0; place < 3; place++) {
        struct schedule schedule;
        schedule_start(&schedule, 15, 0, 0);
        schedule_spread(&schedule, place, 3);
        assert_int_equal(schedule.next, 2000);
        schedule_turn(&schedule, 2000, false);
        assert_int_equal(schedule.next, 2000 + (place ? place * 5 : 15) * 60000);
        schedule_turn(&schedule, schedule.next, false);
        assert_int_equal(schedule.next, 2000 + (place * 5 + (place ? 15 : 30)) * 60000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(several_spread),
        cmocka_unit_test(the_first_run_comes_soon),
        cmocka_unit_test(off),
        cmocka_unit_test(the_rhythm_does_not_drift),
        cmocka_unit_test(busy_means_skipped),
        cmocka_unit_test(failures_back_off),
        cmocka_unit_test(a_success_that_was_asked_for),
        cmocka_unit_test(long_failing_and_long_intervals),
        cmocka_unit_test(pause_and_resume),
        cmocka_unit_test(times_of_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
