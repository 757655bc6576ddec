/* The picture of a day and the answers above it at their edges, word for word as in tests/page/approved. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "approved.h"
#include "page_picture_table.h"
#include "page_state.h"
#include "tconnectsync/base/civil_time.h"
#include "page_internal.h"

static struct page_state at;

/* ---- a day's picture, at its edges ---- */

#define MINUTE SECONDS_PER_MINUTE
#define HOUR   SECONDS_PER_HOUR

static void add_edge_readings(struct day_picture *picture, int64_t since, int64_t until, int highest)
{
    const struct {
        int64_t time;
        int glucose;
    } readings[] = {
        {since - 1, 250},
        {since, 251},
        {since + 1, 39},
        {since + 5 * MINUTE, 40},
        {since + 10 * MINUTE, 41},
        {since + 2 * HOUR, 69},
        {since + 3 * HOUR, 70},
        {since + 4 * HOUR, 71},
        {since + 5 * HOUR, 180},
        {since + 6 * HOUR, 181},
        {since + 7 * HOUR, 300},
        {until - 60, highest},
        {until, 100},
        {until + 1, highest > 300 ? 401 : highest},
    };
    picture->reading_count = 0;
    for (size_t i = 0; i < sizeof readings / sizeof *readings; i++)
        picture->readings[picture->reading_count++] =
            (struct day_reading){readings[i].time, (int16_t)readings[i].glucose};
}

static void add_edge_insulin(struct day_picture *picture, int64_t since, int64_t until)
{
    const struct day_step steps[] = {
        {since - HOUR, since, 9000, true},
        {since - 1800, since + 1800, 800, false},
        {since + 1800 + 120, since + HOUR, 1200, true},  /* behind a gap that is none */
        {since + HOUR + 121, since + 2 * HOUR, 0, true}, /* behind one that shows */
        {until - HOUR, until + HOUR, 1499, true},
        {until, until + 5 * HOUR, 2000, false},
    };
    const struct day_bolus boluses[] = {
        {since, 9000, 5000, false},
        {since + 1, 1000, 20000, false},
        {since + 60 * MINUTE, 900, 19000, true},
        {since + 61 * MINUTE + 1, 800, 18000, false},
        {since + 190 * MINUTE + 1, 700, 17000, false},
        {since + 320 * MINUTE, 600, 0, true},
        {since + 450 * MINUTE, 0, 16000, false},
        {until - 30 * MINUTE, 2999, 0, true},
        {until, 50, 500, false},
        {until + 1, 5000, 7000, true},
    };
    picture->step_count = sizeof steps / sizeof *steps;
    memcpy(picture->steps, steps, sizeof steps);
    picture->bolus_count = sizeof boluses / sizeof *boluses;
    memcpy(picture->boluses, boluses, sizeof boluses);
}

static void add_edge_events(struct day_picture *picture, int64_t since, int64_t until)
{
    const struct day_bar bars[] = {
        {since - HOUR, since, DAY_SLEEP, false},
        {since - HOUR, since + 1, DAY_SUSPENDED, false},
        {since + HOUR, since + HOUR + 10368, DAY_SLEEP, false}, /* has just no room for its name */
        {since + 5 * HOUR, since + 5 * HOUR + 10377, DAY_SLEEP, false},
        {since + 9 * HOUR, since + 9 * HOUR + 14688, DAY_EXERCISE, false},
        {since + 14 * HOUR, since + 14 * HOUR + 14697, DAY_EXERCISE, false},
        {until - HOUR, until, DAY_SUSPENDED, true},
        {until, until + HOUR, DAY_SLEEP, true},
    };
    const struct day_mark marks[] = {
        {since, DAY_ALARM, "too early"}, {since + 1, DAY_SITE, ""}, {since + HOUR, DAY_CARTRIDGE, ""},
        {until - 60, DAY_ALERT, "High"}, {until, DAY_SENSOR, ""},   {until + 1, DAY_ALARM, "too late"},
    };
    picture->bar_count = sizeof bars / sizeof *bars;
    memcpy(picture->bars, bars, sizeof bars);
    picture->mark_count = sizeof marks / sizeof *marks;
    memcpy(picture->marks, marks, sizeof marks);
}

static void set_edges(int64_t now, int highest)
{
    page_state_set(&at, "full-flowing");
    at.view.now = now;
    add_edge_readings(&at.picture, now - 24 * HOUR, now, highest);
    add_edge_insulin(&at.picture, now - 24 * HOUR, now);
    add_edge_events(&at.picture, now - 24 * HOUR, now);
    at.picture.newest_event = now;
}

static void add_picture(struct approved *approved, const char *name)
{
    char of_table[120];
    approved_add_part(approved, &at.view, name, page_picture);
    snprintf(of_table, sizeof of_table, "%s: the table", name);
    approved_add_part(approved, &at.view, of_table, page_picture_table);
}

static void the_picture_at_its_edges(void **state)
{
    (void)state;
    const int64_t now = 1778749380, clocks_change = 1792897200;
    struct approved approved;
    struct buffer base;
    set_edges(now, 301);
    buffer_init(&base, PAGE_MAXIMUM);
    page_language_speak(NULL);
    page_picture(&at.view, &base);
    approved_begin(&approved, "edges.txt", NULL);
    add_picture(&approved, "a reading of 301");
    approved.base = &base;
    set_edges(now, 300);
    at.picture.newest_event = now - 1;
    add_picture(&approved, "none above 300, not all uploaded");
    set_edges(now, 400);
    at.view.mmol = true;
    at.picture.target_low = at.picture.target_high = 0;
    at.picture.segment_count = 0;
    add_picture(&approved, "mmol/L, no targets, no profile");
    set_edges(clocks_change + 6 * HOUR, 300);
    add_picture(&approved, "the night in which clocks change");
    set_edges(now, 301);
    at.picture.reading_count = 8;
    at.picture.step_count = at.picture.bolus_count = 3;
    at.picture.bar_count = 4;
    at.picture.mark_count = at.picture.segment_count = 2;
    add_picture(&approved, "behind the ends of the lists stands what was there before");
    set_edges(now, 301);
    at.view.zone = NULL;
    at.view.reader.twelve_hours = true;
    at.view.reader.language = LANGUAGE_FRENCH;
    add_picture(&approved, "no zone, 12 hours, French");
    set_edges(now, 301);
    at.picture.reading_count = at.picture.mark_count = at.picture.bar_count = 0;
    add_picture(&approved, "insulin alone");
    at.picture.bolus_count = 2;
    at.picture.boluses[1].insulin = 2001;
    at.picture.step_count = 1;
    at.picture.steps[0] = (struct day_step){now - 100, now, 501, false};
    at.picture.segment_count = 1;
    at.picture.segments[0].rate = 100;
    add_picture(&approved, "a bolus and a basal just above the least scale");
    at.picture.boluses[1].insulin = 1;
    at.picture.steps[0].rate = 500;
    add_picture(&approved, "and just at it");
    at.picture.step_count = at.picture.bolus_count = 0;
    at.picture.reading_count = 1;
    add_picture(&approved, "a single reading, outside");
    at.picture.readings[0].time = now;
    at.picture.newest_event = NO_TIME;
    add_picture(&approved, "a single reading, inside");
    at.picture.bar_count = 2; /* none of them is an activity of this day */
    at.picture.bars[1] = (struct day_bar){now - HOUR, now, DAY_SUSPENDED, true};
    at.picture.target_low = 20;
    at.picture.target_high = 320;
    approved_add_part(&approved, &at.view, "no activity, and targets beyond what is shown", page_picture);
    at.picture.step_count = at.picture.bolus_count = at.picture.bar_count = at.picture.mark_count = 1;
    at.picture.readings[0].glucose = 390;
    at.picture.steps[0] = (struct day_step){now - HOUR, now - 60, 600, true};
    at.picture.boluses[0] = (struct day_bolus){now - 90 * MINUTE, 3000, 25000, true};
    at.picture.bars[0] = (struct day_bar){now - 110 * MINUTE, now - HOUR, DAY_SLEEP, false};
    at.picture.marks[0] = (struct day_mark){now - 40 * MINUTE, DAY_ALARM, "alone"};
    at.picture.segment_count = 2;
    at.picture.segments[0] = (struct day_segment){0, 0};
    at.picture.segments[1] = (struct day_segment){360, 700};
    at.view.day_from = now - 2 * HOUR;
    at.view.day_until = now;
    add_picture(&approved, "one of each, in two hours");
    approved_end(&approved);
    buffer_free(&base);
}

static void a_day_that_cannot_be_shown(void **state)
{
    (void)state;
    struct approved approved;
    approved_begin(&approved, "no_picture.txt", NULL);
    page_state_set(&at, "full-flowing");
    at.picture.known = false;
    approved_add_part(&approved, &at.view, "no sync yet", page_picture);
    strcpy(at.view.day, "2026-05-13");
    approved_add_part(&approved, &at.view, "a day that is being read", page_picture);
    at.view.day_error = "Tandem did not answer <in time>.";
    approved_add_part(&approved, &at.view, "a day that could not be read", page_picture);
    page_state_set(&at, "full-quiet");
    approved_add_part(&approved, &at.view, "nothing in 24 hours", page_picture);
    strcpy(at.view.day, "2026-05-13");
    approved_add_part(&approved, &at.view, "nothing on a day", page_picture);
    approved_end(&approved);
}

/* ---- the answers ---- */

static void set_ages(int64_t beyond)
{
    struct day_fact *facts = at.picture.facts;
    facts[FACT_GLUCOSE].time = facts[FACT_TREND].time = at.view.now - HOUR - beyond;
    facts[FACT_IOB].time = at.view.now - HOUR / 2 - beyond;
    facts[FACT_RESERVOIR].time = facts[FACT_BATTERY].time = at.view.now - 6 * HOUR - beyond;
    facts[FACT_BOLUS].time = facts[FACT_CARBS].time = at.view.now - 200 * HOUR;
}

static void set_full_day(size_t readings, int64_t seconds)
{
    at.picture.bolus_count = 1;
    at.picture.boluses[0] = (struct day_bolus){at.view.now, 1000, 0, false};
    at.picture.step_count = 1;
    at.picture.steps[0] = (struct day_step){at.view.now - seconds, at.view.now, 1000, true};
    at.picture.reading_count = readings;
    for (size_t i = 0; i < readings; i++)
        at.picture.readings[i] = (struct day_reading){at.view.now - (int64_t)i * 300, i % 3 ? 70 : 181};
}

static void the_answers_at_their_edges(void **state)
{
    (void)state;
    static const int trends[] = {31, 30, 21, 20, 11, 10, 0, -10, -11, -20, -21, -30, -31};
    const int64_t unknown[] = {NO_TIME, 3599, 3600, 7199};
    struct approved approved;
    struct buffer base;
    char name[60];
    page_state_set(&at, "full-flowing");
    buffer_init(&base, PAGE_MAXIMUM);
    page_answers(&at.view, &base);
    approved_begin(&approved, "answers.txt", NULL);
    approved_add_part(&approved, &at.view, "usual", page_answers);
    approved.base = &base;
    for (size_t i = 0; i < sizeof trends / sizeof *trends; i++) {
        at.picture.facts[FACT_TREND].value = trends[i];
        snprintf(name, sizeof name, "trend %d", trends[i]);
        approved_add_part(&approved, &at.view, name, page_answers);
    }
    at.picture.facts[FACT_TREND].time--;
    approved_add_part(&approved, &at.view, "a trend of another reading", page_answers);
    for (int beyond = 0; beyond < 2; beyond++) {
        set_ages(beyond);
        approved_add_part(&approved, &at.view, beyond ? "just old" : "not yet old", page_answers);
    }
    for (int i = 0; i < FACT_COUNT; i++)
        at.picture.facts[i].time = NO_TIME;
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        at.picture.read_from = unknown[i] == NO_TIME ? NO_TIME : at.view.now - unknown[i];
        snprintf(name, sizeof name, "nothing known, %d", (int)i);
        approved_add_part(&approved, &at.view, name, page_answers);
    }
    set_full_day(281, 84599);
    approved_add_part(&approved, &at.view, "sums of almost a day", page_answers);
    set_full_day(282, 84600);
    approved_add_part(&approved, &at.view, "sums of a day", page_answers);
    set_full_day(1, 0);
    at.view.mmol = true;
    approved_add_part(&approved, &at.view, "sums of little", page_answers);
    at.picture.boluses[0].insulin = 3;
    approved_add_part(&approved, &at.view, "sums of next to nothing", page_answers);
    set_full_day(0, 0);
    at.picture.bolus_count = 0;
    approved_add_part(&approved, &at.view, "no sums", page_answers);
    at.view.signed_in = false;
    approved_add_part(&approved, &at.view, "without the secret", page_answers);
    approved_end(&approved);
    buffer_free(&base);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_picture_at_its_edges),
        cmocka_unit_test(a_day_that_cannot_be_shown),
        cmocka_unit_test(the_answers_at_their_edges),
    };
    approved_folder = argv[argc - 1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
