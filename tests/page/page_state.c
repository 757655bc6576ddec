#include "page_state.h"

#include <string.h>

#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/pump/feature.h"

/* Two hours behind UTC in summer, three in winter; no real place. */
static struct time_zone_change changes[] = {
    {INT64_MIN, -3 * 3600}, {1774753200, -2 * 3600}, {1792897200, -3 * 3600}};
static char zone_name[] = "Nowhere/Middle";
static const struct time_zone zone = {zone_name, changes, 3};

#define NOW    INT64_C(1778749380) /* 2026-05-14T09:03:00Z, 07:03 there */
#define MINUTE 60
#define HOUR   3600

char page_hostile[] =
    "</title></textarea><script src=//evil.invalid></script><img src=x onerror=alert(1)>\"'`&amp;&#60;"
    "\x01\x1b[2J\x7f\xff\xc3\xe2\x80\xae%s%n{{token}}{{?signed-in}}";

const char *const page_state_names[] = {
    "public-starting",
    "public-idle",
    "public-flowing",
    "public-waiting",
    "public-failing",
    "public-refused",
    "public-setup",
    "public-setup-half",
    "public-hostile",
    "full-starting",
    "full-idle",
    "full-flowing",
    "full-mmol",
    "full-running",
    "full-waiting",
    "full-failing",
    "full-once",
    "full-refused",
    "full-check",
    "full-quiet",
    "full-setup",
    "full-hostile",
    "full-crowded",
    "public-wrong",
    "public-paused",
    "full-paused",
    "full-secret-refused",
    "public-secret-refused",
    "full-clock",
    "full-checking",
    "full-day",
    "full-day-reading",
};
const size_t page_state_count = sizeof page_state_names / sizeof *page_state_names;

static char *const all_problems[] = {
    (char[]){"TCONNECT_EMAIL is not set. Set it to the email address that signs in to Tandem Source."},
    (char[]){"TCONNECT_PASSWORD is not set. Set it to the password that signs in to Tandem Source."},
    (char[]){"NS_URL still holds the example of a guide. Set it to what the browser shows when the "
             "Nightscout site is open, up to the first single slash."},
    (char[]){"NS_SECRET is not set. Set it to the API_SECRET of the Nightscout site, or to an access token "
             "of it."},
    (char[]){"TIMEZONE_NAME is not set. Set it to the time zone of the pump's clock, such as "
             "America/New_York or Europe/Berlin."},
};
static char *const hostile_sentences[] = {page_hostile, page_hostile};
static char no_error[] = "", no_answer[] = "Nightscout did not answer in time. Nothing is lost; the "
                                           "next sync writes what is missing.";

/* ---- a day ---- */

static unsigned noise(unsigned i)
{
    return (i * 2654435761U >> 16) % 97;
}

static void fill_readings(struct day_picture *picture, int64_t until)
{
    /* Over the day, in mg/dL every hour: a low in the night, a peak after each meal. */
    static const int hourly[] = {142, 131, 118, 124, 183, 231, 262, 208, 164, 139, 121, 108, 97,
                                 103, 156, 214, 187, 149, 118, 92,  74,  63,  88,  112, 125};
    for (int i = 0; i < 288; i++) {
        const int64_t time = NOW - 24 * HOUR + 60 + i * 300;
        const int hour = i / 12, part = i % 12;
        if (time > until || (i > 130 && i < 139))
            continue;
        const int glucose =
            (hourly[hour] * (12 - part) + hourly[hour + 1] * part) / 12 + (int)noise((unsigned)i) / 12 - 4;
        picture->readings[picture->reading_count++] = (struct day_reading){time, (int16_t)glucose};
    }
}

static void fill_steps(struct day_picture *picture, int64_t until)
{
    for (int i = 0; i < 288; i++) {
        const int64_t from = NOW - 24 * HOUR + i * 300;
        int rate = 850 + (int)noise((unsigned)i / 2) * 9;
        if (i % 41 > 33 || (i > 244 && i < 262))
            rate = 0;
        if (from + 300 <= until)
            picture->steps[picture->step_count++] = (struct day_step){from, from + 300, rate, i % 12 < 9};
    }
}

static void fill_marks(struct day_picture *picture)
{
    static const struct day_segment segments[] = {{0, 800}, {360, 1100}, {720, 950}, {1320, 800}};
    static const struct day_mark marks[] = {{NOW - 1300 * MINUTE, DAY_SITE, ""},
                                            {NOW - 1290 * MINUTE, DAY_CARTRIDGE, ""},
                                            {NOW - 700 * MINUTE, DAY_ALARM, "OcclusionAlarm"},
                                            {NOW - 420 * MINUTE, DAY_SENSOR, ""},
                                            {NOW - 200 * MINUTE, DAY_ALERT, "Low Glucose"}};
    memcpy(picture->segments, segments, sizeof segments);
    picture->segment_count = sizeof segments / sizeof *segments;
    memcpy(picture->marks, marks, sizeof marks);
    picture->mark_count = sizeof marks / sizeof *marks;
}

static void fill_facts(struct day_picture *picture, int64_t until)
{
    const struct day_fact facts[FACT_COUNT] = {
        [FACT_GLUCOSE] = {until - 180, 124},      [FACT_TREND] = {until - 180, 14},
        [FACT_BOLUS] = {NOW - 61 * MINUTE, 3200}, [FACT_CARBS] = {NOW - 61 * MINUTE, 30000},
        [FACT_IOB] = {NOW - 58 * MINUTE, 2310},   [FACT_BATTERY] = {until - 600, 70},
        [FACT_RESERVOIR] = {until - 600, 96000},  [FACT_SITE] = {NOW - 2 * 86400 - 3 * HOUR, 0},
        [FACT_CARTRIDGE] = {NO_TIME, 0},          [FACT_SENSOR] = {NOW - 7 * 86400, 0},
    };
    memcpy(picture->facts, facts, sizeof facts);
    picture->read_from = NOW - 60 * HOUR;
}

static void fill_picture(struct day_picture *picture, int64_t until)
{
    static const struct {
        int minutes_ago, insulin, carbs;
        bool automatic;
    } boluses[] = {
        {1400, 620, 0, true},      {1206, 5450, 48000, false}, {1150, 940, 0, true},     {1020, 380, 0, true},
        {905, 1200, 15000, false}, {655, 7300, 64000, false},  {590, 1100, 0, true},     {540, 450, 0, true},
        {408, 4150, 38000, false}, {330, 700, 0, true},        {61, 3200, 30000, false},
    };
    day_picture_init(picture);
    picture->known = true;
    picture->newest_event = until;
    picture->target_low = 70;
    picture->target_high = 180;
    fill_readings(picture, until);
    fill_steps(picture, until);
    for (size_t i = 0; i < sizeof boluses / sizeof *boluses; i++)
        if (NOW - boluses[i].minutes_ago * MINUTE <= until)
            picture->boluses[picture->bolus_count++] =
                (struct day_bolus){NOW - boluses[i].minutes_ago * MINUTE, boluses[i].insulin,
                                   boluses[i].carbs, boluses[i].automatic};
    picture->bars[picture->bar_count++] =
        (struct day_bar){NOW - 840 * MINUTE, NOW - 780 * MINUTE, DAY_EXERCISE, false};
    picture->bars[picture->bar_count++] =
        (struct day_bar){NOW - 700 * MINUTE, NOW - 681 * MINUTE, DAY_SUSPENDED, false};
    if (until > NOW - 480 * MINUTE)
        picture->bars[picture->bar_count++] = (struct day_bar){NOW - 480 * MINUTE, until, DAY_SLEEP, true};
    fill_facts(picture, until);
    fill_marks(picture);
}

/* As full as the arrays get. */
static void crowd_picture(struct day_picture *picture)
{
    fill_picture(picture, NOW);
    picture->reading_count = picture->step_count = picture->bolus_count = picture->bar_count = 0;
    for (int i = 0; i < DAY_READINGS; i++)
        picture->readings[picture->reading_count++] =
            (struct day_reading){NOW - 86399 + i * 270, (int16_t)(39 + i * 53 % 363)};
    for (int i = 0; i < DAY_STEPS; i++)
        picture->steps[picture->step_count++] =
            (struct day_step){NOW - 86399 + i * 270, NOW - 86399 + i * 270 + 270, i * 977 % 15001, i % 2};
    for (int i = 0; i < DAY_BOLUSES; i++)
        picture->boluses[picture->bolus_count++] =
            (struct day_bolus){NOW - 86399 + i * 720, i * 7919 % 60001, i * 12345 % 999000, i % 3 == 0};
    picture->mark_count = 0;
    for (int i = 0; i < DAY_MARKS; i++)
        picture->marks[picture->mark_count++] =
            (struct day_mark){NOW - 86399 + i * 1440, (uint8_t)(i % DAY_MARK_KINDS),
                              "A name of forty-six letters, as long as it is"};
    for (int i = 0; i < DAY_BARS; i++)
        picture->bars[picture->bar_count++] = (struct day_bar){
            NOW - 86399 + i * 1440, NOW - 86399 + i * 1440 + 1300, (uint8_t)(i % 3), i % 7 == 0};
}

/* ---- the runs ---- */

static void fill_runs(struct page_state *state, unsigned failed, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct run *run = &state->runs[i];
        state->listed[i] = run;
        *run = (struct run){.started = NOW - 4 * MINUTE - (int64_t)i * 15 * MINUTE,
                            .seconds = 1.3 + noise((unsigned)i) / 50.0,
                            .trigger = i % 9 == 3    ? TRIGGER_PAGE
                                       : i % 13 == 7 ? TRIGGER_RUN
                                                     : TRIGGER_TIMER,
                            .error = no_error};
        if (i < failed || i == 21) {
            run->result = RUN_FAILED;
            run->error_kind = ERROR_UNREACHABLE;
            run->error = no_answer;
        } else if (i % 4 == 0) {
            run->kinds[DOCUMENT_TEMP_BASAL] = (struct report_counts){12, 1, 240, 2};
            run->kinds[DOCUMENT_COMBO_BOLUS] = (struct report_counts){i % 8 ? 2 : 1, 0, 9, 0};
            run->kinds[DOCUMENT_READING] = (struct report_counts){12, 0, 240, 0};
        }
    }
    state->runs[9].skipped[SKIP_BOLUS_SIZE] = 1;
    state->runs[2].pretend = true;
    state->view.runs = state->listed;
    state->view.run_count = count;
}

static void fail(struct page_state *state, unsigned failed)
{
    state->view.verdict = VERDICT_FAILING;
    if (failed == 1)
        state->view.verdict = VERDICT_RETRYING;
    state->view.last_good_run = NOW - 4 * MINUTE - (int64_t)failed * 15 * MINUTE;
    state->view.failing_since = state->view.last_good_run + 15 * MINUTE;
    fill_runs(state, failed, 30);
}

static void refuse(struct page_state *state)
{
    static char refused[] = "Tandem refused the email or password. EU account? Set TCONNECT_REGION=EU. It "
                            "is not tried again before the password or region is changed or a check is "
                            "asked for.";
    state->view.verdict = VERDICT_REFUSED;
    state->view.next_run = NO_TIME;
    fill_runs(state, 1, 30);
    state->runs[0].error_kind = ERROR_CREDENTIALS;
    state->runs[0].error = refused;
}

static void refuse_secret(struct page_state *state)
{
    static char refused[] = "Nightscout refused the secret. Set NS_SECRET to the site's API_SECRET.";
    refuse(state);
    state->view.verdict = VERDICT_SECRET_REFUSED;
    state->view.next_run = NOW + 4 * MINUTE;
    state->runs[0].error = refused;
}

static void pause_timer(struct page_state *state)
{
    state->view.verdict = VERDICT_PAUSED;
    state->view.paused = true;
    state->view.next_run = NO_TIME;
}

static void unset(struct page_state *state, size_t count, bool has_secret)
{
    struct page_view *view = &state->view;
    view->verdict = VERDICT_UNCONFIGURED;
    view->problems = all_problems + (sizeof all_problems / sizeof *all_problems - count);
    view->problem_count = count;
    view->has_secret = has_secret;
    view->interval_minutes = has_secret ? 15 : 0;
    view->last_good_run = view->next_run = view->newest_event = view->newest_reading = NO_TIME;
    view->run_count = 0;
    view->picture = view->latest = NULL;
    view->zone = NULL;
}

static void begin(struct page_state *state, enum page_verdict verdict)
{
    struct page_view *view = &state->view;
    view->verdict = verdict;
    view->up_since = NOW - 5;
    view->last_good_run = view->newest_event = view->newest_reading = NO_TIME;
    view->next_run = verdict == VERDICT_IDLE ? NO_TIME : NOW + 4;
    view->interval_minutes = verdict == VERDICT_IDLE ? 0 : 15;
    view->run_count = 0;
    view->picture = view->latest = NULL;
}

static void turn_hostile(struct page_state *state)
{
    struct page_view *view = &state->view;
    fail(state, 3);
    for (size_t i = 0; i < view->run_count; i++) {
        struct run *run = &state->runs[i];
        run->error = run->result == RUN_OK ? no_error : page_hostile;
        for (run->warning_count = 0; run->warning_count < RUN_WARNINGS; run->warning_count++)
            run->warnings[run->warning_count] = page_hostile;
    }
    view->version = view->libraries = view->form_token = view->check_report = page_hostile;
    view->check_time = NOW;
    view->problems = view->warnings = hostile_sentences;
    view->problem_count = view->warning_count = 2;
    state->progress = (struct sync_progress){page_hostile, 3, 13, 1, 2};
    view->progress = &state->progress;
    view->running = true;
    static struct time_zone hostile_zone;
    hostile_zone = zone;
    hostile_zone.name = page_hostile;
    view->zone = &hostile_zone;
}

/* What only goes with the secret must not show even if it is there. */
static void flow(struct page_state *state)
{
    state->view = (struct page_view){
        .verdict = VERDICT_FLOWING,
        .version = "1.0.0",
        .libraries = "libcurl 8.5.0, OpenSSL 3.0.13",
        .zone = &zone,
        .now = NOW,
        .up_since = NOW - 9 * 86400 - 3 * HOUR,
        .last_good_run = NOW - 4 * MINUTE,
        .next_run = NOW + 11 * MINUTE,
        .interval_minutes = 15,
        .has_secret = true,
        .form_token = "dG9rZW4",
        .features = FEATURE_BASAL | FEATURE_BOLUS | FEATURE_PUMP_EVENTS | FEATURE_PROFILES | FEATURE_CGM,
        .no_data_minutes = 180,
        .newest_event = NOW - 23 * MINUTE,
        .newest_reading = NOW - 26 * MINUTE,
        .picture = &state->picture,
        .latest = &state->picture,
        .has_calendar = true,
        .calendar = {2, 1, 2, 2, 0, 2, 2, 1},
        .clock_since = NO_TIME,
        .failing_since = NO_TIME,
    };
    fill_picture(&state->picture, NOW - 23 * MINUTE);
    fill_runs(state, 0, 30);
}

static void stall(struct page_state *state)
{
    state->view.verdict = VERDICT_WAITING;
    fill_picture(&state->picture, NOW - 272 * MINUTE);
    state->view.newest_event = NOW - 272 * MINUTE;
    state->view.newest_reading = NOW - 349 * MINUTE;
    for (size_t i = 0; i < state->view.run_count && i < 18; i++)
        memset(state->runs[i].kinds, 0, sizeof state->runs[i].kinds);
}

static void run(struct page_state *state)
{
    state->progress = (struct sync_progress){"read", 6, 13, 3, 8};
    state->view.progress = &state->progress;
    state->view.running = true;
    state->view.notice = NOTICE_STARTED;
}

static void look_at_day(struct page_state *state, bool known)
{
    strcpy(state->view.day, "2026-05-13");
    state->view.day_from = NOW - 31 * HOUR - 3 * MINUTE;
    state->view.day_until = state->view.day_from + 24 * HOUR;
    if (!known)
        state->view.picture = NULL;
}

void page_state_set(struct page_state *state, const char *name)
{
    memset(state, 0, sizeof *state);
    flow(state);
    state->view.signed_in = strncmp(name, "full-", 5) == 0;
    name = strchr(name, '-') + 1;
    if (strcmp(name, "starting") == 0)
        begin(state, VERDICT_STARTING);
    else if (strcmp(name, "idle") == 0)
        begin(state, VERDICT_IDLE);
    else if (strcmp(name, "waiting") == 0)
        stall(state);
    else if (strcmp(name, "failing") == 0)
        fail(state, 4);
    else if (strcmp(name, "once") == 0)
        fail(state, 1);
    else if (strcmp(name, "refused") == 0)
        refuse(state);
    else if (strcmp(name, "secret-refused") == 0)
        refuse_secret(state);
    else if (strcmp(name, "paused") == 0)
        pause_timer(state);
    else if (strcmp(name, "setup") == 0)
        unset(state, sizeof all_problems / sizeof *all_problems, state->view.signed_in);
    else if (strcmp(name, "setup-half") == 0)
        unset(state, 2, true);
    else if (strcmp(name, "running") == 0)
        run(state);
    else if (strcmp(name, "hostile") == 0)
        turn_hostile(state);
    else if (strcmp(name, "crowded") == 0)
        crowd_picture(&state->picture);
    else if (strcmp(name, "quiet") == 0)
        state->picture.reading_count = state->picture.bolus_count = state->picture.step_count = 0;
    else if (strcmp(name, "wrong") == 0)
        state->view.notice = NOTICE_WRONG_SECRET;
    if (strncmp(name, "day", 3) == 0)
        look_at_day(state, strcmp(name, "day") == 0);
    state->view.checking = strcmp(name, "checking") == 0;
    state->view.running |= state->view.checking;
    if (strcmp(name, "clock") == 0) {
        state->view.clock =
            "The pump's clock is 60 minutes ahead of Nowhere/Middle time. The times in Nightscout are "
            "right. Set the pump's clock when convenient.";
        state->view.clock_since = NOW - 6 * 86400;
    }
    state->view.mmol = strcmp(name, "mmol") == 0;
    if (strcmp(name, "check") == 0) {
        state->view.check_report =
            "Settings: region US, time zone Nowhere/Middle, every pump with events, features "
            "BASAL,BOLUS\nTandem Source: signed in; 1 pump\nNo API errors returned!\n";
        state->view.check_time = NOW - 40;
    }
}
