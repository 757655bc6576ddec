/* The pages and parts of pages, word for word as somebody has found them right: tests/page/approved. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "approved.h"
#include "page_state.h"
#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/documents/coverage.h"
#include "tconnectsync/page/web_file.h"
#include "page_internal.h"

static struct page_state at;

/* A file of the page is not the page: its tag is blotted out. */
static void blot_tags(struct buffer *page)
{
    for (size_t i = 0; i < web_file_count; i++)
        for (char *tag = page->data; (tag = strstr(tag, web_files[i].tag));)
            memset(tag, 'x', strlen(web_files[i].tag));
}

static void add_page(struct approved *approved, const char *name)
{
    struct buffer page;
    buffer_init(&page, PAGE_MAXIMUM);
    page_render(&at.view, &page);
    blot_tags(&page);
    approved_add(approved, name, &page);
    buffer_free(&page);
}

/* That state with few runs: there is a test of many. */
static void set_state(const char *name)
{
    page_state_set(&at, name);
    if (at.view.run_count > 8)
        at.view.run_count = 8;
}

static void render_base(struct buffer *base, const char *state)
{
    buffer_init(base, PAGE_MAXIMUM);
    set_state(state);
    page_render(&at.view, base);
    blot_tags(base);
}

/* ---- whole pages ---- */

/* Those of the hostile and the crowded state are long, and page_test.c looks at them. */
static void approve_view(const char *view, const char *file)
{
    struct approved approved;
    struct buffer base;
    char first[40];
    snprintf(first, sizeof first, "%sflowing", view);
    render_base(&base, first);
    approved_begin(&approved, file, NULL);
    add_page(&approved, first);
    approved.base = &base;
    for (size_t i = 0; i < page_state_count; i++) {
        const char *name = page_state_names[i];
        if (strncmp(name, view, strlen(view)) != 0 || strcmp(name, first) == 0 || strstr(name, "hostile") ||
            strstr(name, "crowded"))
            continue;
        set_state(name);
        add_page(&approved, name);
    }
    approved_end(&approved);
    buffer_free(&base);
}

static void every_state_with_the_secret(void **state)
{
    (void)state;
    approve_view("full-", "full.txt");
}

static void every_state_for_everybody(void **state)
{
    (void)state;
    approve_view("public-", "public.txt");
}

/* A page of the owner in each language, and the one that is read first in all of them. */
static void every_language(void **state)
{
    (void)state;
    static const char *const names[LANGUAGE_COUNT] = {"full-check", "full-setup", "full-failing",
                                                      "full-idle"};
    struct approved approved;
    struct buffer base;
    render_base(&base, "full-flowing");
    approved_begin(&approved, "languages.txt", &base);
    for (enum page_language language = 0; language < LANGUAGE_COUNT; language++)
        for (int setup = 0; setup < 2; setup++) {
            char name[80];
            set_state(setup ? "public-setup" : names[language]);
            at.view.reader.language = language;
            at.view.reader.twelve_hours = setup;
            snprintf(name, sizeof name, "%s, %s", setup ? "public-setup" : names[language],
                     page_language_name(language));
            add_page(&approved, name);
        }
    approved_end(&approved);
    buffer_free(&base);
}

static void several_people_and_notices(void **state)
{
    (void)state;
    static const struct page_tab tabs[] = {
        {2, "Ada & Ben", VERDICT_FAILING}, {1, NULL, VERDICT_FLOWING}, {3, "Cy", VERDICT_UNCONFIGURED}};
    struct approved approved;
    struct buffer base;
    render_base(&base, "public-flowing");
    approved_begin(&approved, "people.txt", &base);
    for (unsigned person = 1; person <= 2; person++) {
        page_state_set(&at, "public-flowing");
        at.view.person = person;
        at.view.tabs = tabs;
        at.view.tab_count = 3;
        at.view.still = person == 1;
        strcpy(at.view.lang, person == 2 ? "de" : "");
        strcpy(at.view.day, person == 2 ? "2026-05-13" : "");
        add_page(&approved,
                 person == 1 ? "the first of three, still" : "the second, a day and a language asked for");
    }
    page_state_set(&at, "public-flowing");
    for (enum page_notice notice = NOTICE_NONE; notice < NOTICE_COUNT; notice++) {
        at.view.notice = notice;
        add_page(&approved, notice == NOTICE_NONE ? "no notice" : page_notice_word(notice));
        assert_int_equal(page_notice_find(page_notice_word(notice)), notice);
    }
    approved_end(&approved);
    buffer_free(&base);
}

/* ---- runs and progress ---- */

static char no_error[] = "", an_error[] = "The <site> did not answer.", another_error[] = "It answered 418.";
static char warning[] = "A warning & more.";

static struct run runs[60];
static const struct run *listed[60];

static void list_runs(size_t count)
{
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        runs[i] =
            (struct run){.started = at.view.now - 60 - (int64_t)i * 900, .seconds = 1, .error = no_error};
        listed[i] = &runs[i];
    }
    at.view.runs = listed;
    at.view.run_count = count;
}

/* Every kind of run that there is. */
static void vary_runs(void)
{
    static const double seconds[] = {0.05, 0.1, 59.9, 60, 61, 3600};
    for (size_t i = 0; i < 6; i++)
        runs[i].seconds = seconds[i];
    for (size_t i = 0; i < TRIGGER_COUNT; i++)
        runs[i].trigger = (enum run_trigger)i;
    for (int kind = 0; kind < DOCUMENT_KIND_COUNT; kind++) {
        runs[0].kinds[kind].created = 1 + (unsigned)kind % 2;
        runs[1].kinds[kind / 6].amended = 1 + (unsigned)kind % 2;
    }
    for (int reason = 0; reason < SKIP_REASON_COUNT; reason++)
        runs[2].skipped[reason] = 1 + (unsigned)reason;
    runs[2].refused = 4;
    runs[2].warnings[0] = runs[2].warnings[1] = warning;
    runs[2].warning_count = 2;
    runs[0].kinds[DOCUMENT_READING].withheld = 2;
    runs[3].kinds[DOCUMENT_READING].withheld = 1;
    runs[4].pretend = runs[5].pretend = runs[6].pretend = true;
    runs[4].kinds[DOCUMENT_NOTE].created = 1;
    runs[5].kinds[DOCUMENT_NOTE].amended = 1;
    runs[7].nightscout_skipped = true;
    runs[8].nightscout_skipped = runs[8].pretend = true;
    for (int kind = 0; kind <= ERROR_CANCELLED; kind++) {
        struct run *run = &runs[9 + kind];
        run->result = kind == ERROR_CANCELLED ? RUN_CANCELLED : RUN_FAILED;
        run->error_kind = (enum error_kind)kind;
        run->error = kind < 3 ? an_error : another_error;
    }
}

static void runs_of_every_kind_and_number(void **state)
{
    (void)state;
    static const size_t counts[] = {0, 1, 2, 6, 7, 24, 25, 48};
    struct approved approved;
    struct buffer base;
    char name[60];
    page_state_set(&at, "full-flowing");
    list_runs(30);
    vary_runs();
    approved_begin(&approved, "runs.txt", NULL);
    approved_add_part(&approved, &at.view, "the list", page_runs);
    approved_add_part(&approved, &at.view, "the strip", page_strip);
    approved_add_part(&approved, &at.view, "the report", page_diagnostics);
    list_runs(49);
    buffer_init(&base, PAGE_MAXIMUM);
    page_runs(&at.view, &base);
    page_strip(&at.view, &base);
    approved_add(&approved, "49 runs", &base);
    approved.base = &base;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        list_runs(counts[i]);
        snprintf(name, sizeof name, "%zu runs", counts[i]);
        approved_add_part(&approved, &at.view, name, page_runs);
        approved_add_part(&approved, &at.view, name, page_strip);
    }
    page_state_set(&at, "full-setup");
    at.view.warnings = at.view.problems;
    at.view.warning_count = 2;
    at.view.paused = true;
    approved_add_part(&approved, &at.view, "a report of problems", page_diagnostics);
    at.view.interval_minutes = 1;
    approved_add_part(&approved, &at.view, "a report of a pause", page_diagnostics);
    approved_end(&approved);
    buffer_free(&base);
}

static void progress_step_by_step(void **state)
{
    (void)state;
    static const struct sync_progress cases[] = {
        {"start", 0, 14, 0, 0},      {"greet", 1, 14, 0, 1},     {"sign-in", 2, 14, 1, 2},
        {"authorize", 3, 14, 0, 0},  {"token", 4, 14, 1, 1},     {"account", 5, 14, 0, 2},
        {"read", 6, 14, 3, 8},       {"order", 7, 14, 0, 0},     {"build", 8, 14, 0, 0},
        {"compare", 9, 14, 0, 0},    {"write", 10, 14, 99, 100}, {"wait", 11, 14, 0, 0},
        {"read-back", 12, 14, 0, 0}, {"done", 14, 14, 0, 0},     {"else", 20, 14, 5, 5},
        {"else", 1, 0, 1, 2},
    };
    struct approved approved;
    page_state_set(&at, "full-running");
    approved_begin(&approved, "progress.txt", NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        at.progress = cases[i];
        approved_add_part(&approved, &at.view, cases[i].step, page_render_progress);
    }
    at.progress.step = NULL;
    approved_add_part(&approved, &at.view, "no step", page_render_progress);
    at.view.progress = NULL;
    at.view.running = false;
    approved_add_part(&approved, &at.view, "nothing runs", page_render_progress);
    approved_end(&approved);
}

/* ---- facts, advice, settings ---- */

static void ages_at_their_edges(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t event, reading;
    } cases[] = {
        {"not yet too old", 180 * SECONDS_PER_MINUTE, 180 * SECONDS_PER_MINUTE},
        {"just too old", 180 * SECONDS_PER_MINUTE + 1, 180 * SECONDS_PER_MINUTE + 1},
        {"the reading half an hour older", SECONDS_PER_MINUTE, 31 * SECONDS_PER_MINUTE},
        {"the reading more than half an hour older", SECONDS_PER_MINUTE, 31 * SECONDS_PER_MINUTE + 1},
        {"the reading an hour older", SECONDS_PER_MINUTE, 61 * SECONDS_PER_MINUTE},
        {"the reading more than an hour older", SECONDS_PER_MINUTE, 61 * SECONDS_PER_MINUTE + 1},
    };
    static const char *const verdicts[] = {"full-waiting", "full-paused", "full-idle", "full-once"};
    struct approved approved;
    approved_begin(&approved, "ages.txt", NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        page_state_set(&at, verdicts[i % 4]);
        at.view.verdict = VERDICT_WAITING;
        at.view.newest_event = at.view.now - cases[i].event;
        at.view.newest_reading = at.view.now - cases[i].reading;
        approved_add_part(&approved, &at.view, cases[i].name, page_facts);
        approved_add_part(&approved, &at.view, "advice", page_verdict_advice);
    }
    at.view.no_data_minutes = 0;
    approved_add_part(&approved, &at.view, "no limit", page_facts);
    page_state_set(&at, "full-once");
    at.view.running = true;
    approved_add_part(&approved, &at.view, "failed, running", page_verdict_advice);
    approved_add_part(&approved, &at.view, "failed, running: facts", page_facts);
    at.view.running = false;
    at.view.next_run = NO_TIME;
    approved_add_part(&approved, &at.view, "failed, no timer", page_verdict_advice);
    approved_add_part(&approved, &at.view, "failed, no timer: facts", page_facts);
    at.view.interval_minutes = 0;
    approved_add_part(&approved, &at.view, "by hand: facts", page_facts);
    at.view.run_count = 0;
    approved_add_part(&approved, &at.view, "failed, nothing kept", page_verdict_advice);
    approved_end(&approved);
}

/* What is asked for may be any day up to today. */
static void days_at_their_edges(void **state)
{
    (void)state;
    static const char *const days[] = {"", "2026-05-14", "2026-05-13", "2026-04-17", "2026-04-16"};
    struct approved approved;
    struct buffer base;
    page_state_set(&at, "full-flowing");
    memset(at.view.calendar, DAY_WHOLE, sizeof at.view.calendar);
    at.view.calendar[0] = DAY_WITH_HOLES;
    at.view.person = 2;
    strcpy(at.view.lang, "en");
    buffer_init(&base, PAGE_MAXIMUM);
    page_calendar(&at.view, &base);
    approved_begin(&approved, "days.txt", NULL);
    approved_add(&approved, "the calendar", &base);
    approved.base = &base;
    for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
        strcpy(at.view.day, days[i]);
        approved_add_part(&approved, &at.view, days[i], page_day_title);
        approved_add_part(&approved, &at.view, days[i], page_day_links);
        approved_add_part(&approved, &at.view, days[i], page_calendar);
    }
    at.view.has_calendar = false;
    approved_add_part(&approved, &at.view, "no calendar", page_calendar);
    approved_end(&approved);
    buffer_free(&base);
}

static void settings_find_their_steps(void **state)
{
    (void)state;
    char *const problems[] = {
        (char[]){"PUMP_SERIAL_NUMBER is not a number."},
        (char[]){"API_SECRET_FILE cannot be read."},
        (char[]){"TZ2 is not known."},
        (char[]){"TZ is not a zone."},
        (char[]){"TCONNECTSYNC_HEROKU_SECRET_FILES is."},
        (char[]){"TCONNECTSYNC_HEROKU_INTERVAL_MINS is 0."},
        (char[]){"NS_URLA is not known."},
        (char[]){"TCONNECT_REGION is XX."},
    };
    struct approved approved;
    approved_begin(&approved, "setup.txt", NULL);
    page_state_set(&at, "full-setup");
    at.view.problems = problems;
    at.view.problem_count = 8;
    approved_add_part(&approved, &at.view, "problems", page_setup);
    at.view.problem_count = 0;
    at.view.warnings = problems;
    at.view.warning_count = 8;
    at.view.interval_minutes = 0;
    at.view.has_secret = true;
    at.view.zone = NULL;
    approved_add_part(&approved, &at.view, "warnings", page_setup);
    at.view.warning_count = 0;
    at.view.interval_minutes = 1;
    approved_add_part(&approved, &at.view, "all well", page_setup);
    for (unsigned feature = 1; feature <= 1U << 10; feature <<= 1) {
        char name[20];
        at.view.features = feature;
        snprintf(name, sizeof name, "feature %u", feature);
        approved_add_part(&approved, &at.view, name, page_feature_boxes);
        approved_add_part(&approved, &at.view, name, page_not_carried);
    }
    approved_end(&approved);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_with_the_secret),
        cmocka_unit_test(every_state_for_everybody),
        cmocka_unit_test(every_language),
        cmocka_unit_test(several_people_and_notices),
        cmocka_unit_test(runs_of_every_kind_and_number),
        cmocka_unit_test(progress_step_by_step),
        cmocka_unit_test(ages_at_their_edges),
        cmocka_unit_test(days_at_their_edges),
        cmocka_unit_test(settings_find_their_steps),
    };
    approved_folder = argv[argc - 1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
