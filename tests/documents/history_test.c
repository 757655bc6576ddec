#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tconnectsync/documents/history.h"
#include "tconnectsync/pump/account.h"

#define WALL 1780000000

static struct moment at(int64_t seconds)
{
    return (struct moment){.wall = WALL + seconds, .monotonic = 500 + seconds};
}

/* A run that ended at that second; error ERROR_NONE: it went well. */
static void ended(struct history *history, int64_t seconds, enum error_kind error, int64_t newest_event)
{
    struct report report;
    report_init(&report, WALL + seconds - 5);
    report.ok = error == ERROR_NONE;
    if (error)
        error_set(&report.error, error, "run at %d failed", (int)seconds);
    report.seconds = 5;
    report.events_read = 7;
    report.requests = 4;
    report.newest_event = newest_event;
    report.kinds[DOCUMENT_TEMP_BASAL].created = 3;
    history_add(history, &report, TRIGGER_TIMER, at(seconds));
    report_free(&report);
}

static void expect_health(const struct history *history, int64_t seconds, const char *word)
{
    assert_string_equal(health_word(history_health(history, true, 180, at(seconds))), word);
}

static void the_last_hundred_are_kept(void **state)
{
    (void)state;
    struct history *history = history_new(true, at(0));
    assert_int_equal(history_count(history), 0);
    assert_null(history_run(history, 0));
    for (int i = 1; i <= 250; i++) {
        ended(history, i, i % 2 ? ERROR_UNREACHABLE : ERROR_NONE, NO_TIME);
        assert_int_equal(history_count(history), i < 100 ? i : 100);
        assert_int_equal(history_run(history, 0)->number, i);
    }
    for (size_t back = 0; back < 100; back++) {
        const struct run *run = history_run(history, back);
        char error[40];
        snprintf(error, sizeof error, "run at %d failed", 250 - (int)back);
        assert_int_equal(run->number, 250 - back);
        assert_int_equal(run->started, WALL + 250 - (int64_t)back - 5);
        assert_string_equal(run->error, back % 2 ? error : "");
        assert_int_equal(run->kinds[DOCUMENT_TEMP_BASAL].created, 3);
    }
    assert_null(history_run(history, 100));
    assert_int_equal(history_last_success(history)->number, 250);
    assert_int_equal(history_totals(history)->runs[RUN_OK], 125);
    assert_int_equal(history_totals(history)->runs[RUN_FAILED], 125);
    assert_int_equal(history_totals(history)->events_read, 250 * 7);
    assert_int_equal(history_totals(history)->requests, 250 * 4);
    assert_int_equal(history_totals(history)->seconds, 250 * 5);
    assert_int_equal(history_totals(history)->kinds[DOCUMENT_TEMP_BASAL].created, 750);
    history_free(history);
    history_free(NULL);
}

static void pretended_and_cancelled_runs(void **state)
{
    (void)state;
    struct history *history = history_new(true, at(0));
    ended(history, 10, ERROR_SERVICE, NO_TIME);
    ended(history, 20, ERROR_CANCELLED, NO_TIME);
    assert_int_equal(history_run(history, 0)->result, RUN_CANCELLED);
    struct report report;
    report_init(&report, WALL);
    report.ok = report.pretend = true;
    report.kinds[DOCUMENT_NOTE].created = 9;
    report.skipped[0] = 2;
    history_add(history, &report, TRIGGER_PAGE, at(30));
    report_free(&report);
    assert_int_equal(history_failures(history), 1);
    assert_null(history_last_success(history));
    assert_int_equal(history_totals(history)->kinds[DOCUMENT_NOTE].created, 0);
    assert_int_equal(history_run(history, 0)->kinds[DOCUMENT_NOTE].created, 9);
    assert_int_equal(history_run(history, 0)->skipped[0], 2);
    assert_string_equal(run_trigger_name(history_run(history, 0)->trigger), "page");
    assert_string_equal(run_result_name(history_run(history, 1)->result), "cancelled");
    history_free(history);
}

static void health_from_start_to_trouble(void **state)
{
    (void)state;
    struct history *history = history_new(true, at(0));
    assert_int_equal(history_health(history, false, 180, at(0)), HEALTH_UNCONFIGURED);
    expect_health(history, 0, "starting");
    expect_health(history, 899, "starting");
    expect_health(history, 900, "stale");
    ended(history, 950, ERROR_NONE, WALL + 900);
    expect_health(history, 960, "ok");
    ended(history, 1000, ERROR_UNREACHABLE, NO_TIME);
    ended(history, 1010, ERROR_UNREACHABLE, NO_TIME);
    expect_health(history, 1010, "ok");
    ended(history, 1020, ERROR_SERVICE, NO_TIME);
    expect_health(history, 1020, "failing");
    ended(history, 1030, ERROR_CREDENTIALS, NO_TIME);
    expect_health(history, 1030, "refused");
    ended(history, 1040, ERROR_CANCELLED, NO_TIME);
    expect_health(history, 1040, "refused");
    ended(history, 1050, ERROR_NONE, WALL + 900);
    expect_health(history, 1050, "ok");
    assert_true(health_is_good(HEALTH_OK) && health_is_good(HEALTH_STARTING) && health_is_good(HEALTH_IDLE));
    for (enum health health = HEALTH_STALE; health <= HEALTH_UNCONFIGURED; health++)
        assert_false(health_is_good(health));
    history_free(history);
}

static void without_a_timer_nothing_is_expected(void **state)
{
    (void)state;
    struct history *history = history_new(false, at(0));
    expect_health(history, 1000000, "idle");
    history_asked(history, at(1000000));
    expect_health(history, 1000001, "starting");
    history_asked(history, at(1000600)); /* does not begin anew */
    expect_health(history, 1000900, "stale");
    ended(history, 1000900, ERROR_NONE, NO_TIME);
    expect_health(history, 1000901, "stale"); /* not one event at all */
    history_free(history);
}

static void freshness(void **state)
{
    (void)state;
    struct history *history = history_new(true, at(0));
    int64_t limit = 180 * 60;
    ended(history, 10, ERROR_NONE, WALL);
    expect_health(history, limit, "ok");
    expect_health(history, limit + 1, "stale");
    ended(history, 10000, ERROR_NONE, WALL); /* nothing newer */
    expect_health(history, limit + 1, "stale");
    ended(history, 10500, ERROR_NONE, WALL + 10400);
    expect_health(history, 10500 + limit, "ok");
    expect_health(history, 10500 + limit + 1, "stale");
    assert_int_equal(history_newest_event(history), WALL + 10400);
    history_free(history);
}

static void uploaded(struct history *history, int64_t seconds, int64_t newest_event, int64_t newest_upload)
{
    struct report report;
    report_init(&report, WALL + seconds - 5);
    report.ok = true;
    report.newest_event = newest_event;
    report.newest_upload = newest_upload;
    history_add(history, &report, TRIGGER_TIMER, at(seconds));
    report_free(&report);
}

static void nothing_is_green_that_was_not_seen(void **state)
{
    (void)state;
    int64_t limit = 180 * 60, days = 3 * 86400;
    /* Nothing ever came, and the phone's last upload is days old. */
    struct history *history = history_new(true, at(0));
    uploaded(history, 10, NO_TIME, WALL - days);
    expect_health(history, 11, "stale");
    uploaded(history, 300, NO_TIME, WALL + 290);
    expect_health(history, 290 + limit, "ok"); /* it has just begun */
    expect_health(history, 290 + limit + 1, "stale");
    history_free(history);

    /* A pump whose clock is days ahead does not make an old upload fresh. */
    history = history_new(true, at(0));
    uploaded(history, 10, WALL - 60, WALL - days);
    expect_health(history, 11, "stale");
    uploaded(history, 300, WALL + 200, WALL + 290);
    expect_health(history, 301, "ok");
    expect_health(history, 200 + limit, "ok");
    history_free(history);

    history = history_new(true, at(0));
    ended(history, 10, ERROR_UNREACHABLE, NO_TIME);
    expect_health(history, 11, "stale");
    history_free(history);
}

static void freshness_when_the_clocks_disagree(void **state)
{
    (void)state;
    int64_t limit = 180 * 60, day = 24 * 3600;
    /* The pump is half a day behind: what it says is old when the process begins, but events keep coming in.
     */
    struct history *history = history_new(true, at(0));
    ended(history, 10, ERROR_NONE, WALL - day / 2);
    expect_health(history, 11, "stale");
    ended(history, 300, ERROR_NONE, WALL - day / 2 + 290);
    expect_health(history, 301, "ok");
    expect_health(history, 300 + limit + 1, "stale");
    history_free(history);

    /* It is a day ahead: that alone does not make its events fresh for a day. */
    history = history_new(true, at(0));
    ended(history, 10, ERROR_NONE, WALL + day);
    expect_health(history, 10 + limit, "ok");
    expect_health(history, 10 + limit + 1, "stale");
    history_free(history);

    /* Half a day ahead (AM and PM mixed up), set right after an hour; six hours back, as on a journey. */
    const int64_t wrong[] = {day / 2, 0}, right[] = {0, -day / 4};
    for (int i = 0; i < 2; i++) {
        history = history_new(true, at(0));
        for (int64_t now = 0; now <= day; now += 300) {
            ended(history, now, ERROR_NONE, WALL + now - 60 + (now < 3600 ? wrong[i] : right[i]));
            expect_health(history, now, "ok");
        }
        assert_int_equal(history_newest_event(history), WALL + day - 60 + right[i]);
        expect_health(history, day + limit + 1, "stale");
        history_free(history);
    }

    /* Our own clock is set back by a day, then forward by two. */
    history = history_new(true, at(0));
    ended(history, 10, ERROR_NONE, WALL);
    ended(history, 310, ERROR_NONE, WALL + 300);
    assert_int_equal(history_health(history, true, 180, (struct moment){WALL - day, 500 + 320}), HEALTH_OK);
    assert_int_equal(history_health(history, true, 180, (struct moment){WALL + day, 500 + 330}), HEALTH_OK);
    assert_int_equal(history_health(history, true, 180, (struct moment){WALL - day, 500 + 320 + limit}),
                     HEALTH_STALE);
    history_free(history);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_hundred_are_kept),
        cmocka_unit_test(pretended_and_cancelled_runs),
        cmocka_unit_test(health_from_start_to_trouble),
        cmocka_unit_test(without_a_timer_nothing_is_expected),
        cmocka_unit_test(freshness),
        cmocka_unit_test(nothing_is_green_that_was_not_seen),
        cmocka_unit_test(freshness_when_the_clocks_disagree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
