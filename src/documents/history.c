/* The last runs, and how the whole is: good, stale, failing, refused. */
#include "tconnectsync/documents/history.h"

#include <stdlib.h>
#include <string.h>

#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/memory.h"

enum {
    STARTING_SECONDS = 15 * 60,
    FAILING_RUNS = 3,
    CLOCK_TOLERANCE = 5 * 60, /* of a pump's clock that is ahead */
};

struct history {
    struct run runs[HISTORY_RUNS];
    uint64_t count; /* of all runs; the newest is runs[(count - 1) % HISTORY_RUNS] */
    struct history_totals totals;
    struct moment waiting_since; /* for the first run's end */
    bool expecting;              /* runs: by timer, or because somebody asked */
    unsigned failures;
    bool refused;
    int64_t newest_event, newest_reading, newest_upload;
    bool seen_advance;      /* events came in while this process looked */
    int64_t advanced_at;    /* monotonic: when the last of them did */
    int64_t upload_age;     /* seconds, when it was first seen ... */
    int64_t upload_seen_at; /* ... monotonic */
};

const char *run_trigger_name(enum run_trigger trigger)
{
    static const char *const names[TRIGGER_COUNT] = {"timer", "run", "update", "page", "scheduler"};
    return names[trigger];
}

const char *run_result_name(enum run_result result)
{
    static const char *const names[RUN_RESULT_COUNT] = {"ok", "failed", "cancelled"};
    return names[result];
}

struct history *history_new(bool timer_on, struct moment now)
{
    struct history *history = xcalloc(1, sizeof *history);
    history->newest_event = history->newest_reading = history->newest_upload = NO_TIME;
    if (timer_on)
        history_asked(history, now);
    return history;
}

static void drop_words(struct run *run)
{
    free(run->error);
    for (size_t i = 0; i < run->warning_count; i++)
        free(run->warnings[i]);
}

void history_free(struct history *history)
{
    for (size_t i = 0; history && i < HISTORY_RUNS; i++)
        drop_words(&history->runs[i]);
    free(history);
}

void history_asked(struct history *history, struct moment now)
{
    if (history->expecting)
        return;
    history->expecting = true;
    history->waiting_since = now;
}

/* The first event that is seen may be of any age; each other one has come in since, also where the pump's
   clock was set back in between. So may have one from ahead of our clock, whose age cannot be told. */
static void note_newest(struct history *history, const struct report *report, struct moment now)
{
    int64_t newest = report->newest_event;
    if (newest != NO_TIME && newest != history->newest_event) {
        if (history->newest_event != NO_TIME || newest > now.wall + CLOCK_TOLERANCE) {
            history->seen_advance = true;
            history->advanced_at = now.monotonic;
        }
        history->newest_event = newest;
    }
    if (report->newest_upload != NO_TIME && report->newest_upload != history->newest_upload) {
        history->newest_upload = report->newest_upload;
        history->upload_age = now.wall > report->newest_upload ? now.wall - report->newest_upload : 0;
        history->upload_seen_at = now.monotonic;
    }
    if (report->newest_reading != NO_TIME &&
        (history->newest_reading == NO_TIME || report->newest_reading > history->newest_reading))
        history->newest_reading = report->newest_reading;
}

static void add_to_totals(struct history_totals *totals, const struct report *report, enum run_result result)
{
    totals->runs[result]++;
    totals->seconds += report->seconds;
    totals->events_read += report->events_read;
    totals->requests += report->requests;
    for (size_t kind = 0; kind < DOCUMENT_KIND_COUNT && !report->pretend; kind++) {
        totals->kinds[kind].created += report->kinds[kind].created;
        totals->kinds[kind].amended += report->kinds[kind].amended;
        totals->kinds[kind].unchanged += report->kinds[kind].unchanged;
        totals->kinds[kind].withheld += report->kinds[kind].withheld;
    }
}

void history_add(struct history *history, const struct report *report, enum run_trigger trigger,
                 struct moment now)
{
    enum run_result result = report->ok                              ? RUN_OK
                             : report->error.kind == ERROR_CANCELLED ? RUN_CANCELLED
                                                                     : RUN_FAILED;
    history_asked(history, now);
    struct run *run = &history->runs[history->count++ % HISTORY_RUNS];
    drop_words(run);
    *run = (struct run){
        .number = history->count,
        .started = report->started,
        .seconds = report->seconds,
        .trigger = trigger,
        .result = result,
        .pretend = report->pretend,
        .nightscout_skipped = report->nightscout_skipped,
        .error_kind = report->ok ? ERROR_NONE : report->error.kind,
        .error = xstrdup(report->ok ? "" : report->error.text),
        .events_read = report->events_read,
        .refused = report->refused,
        .newest_event = report->newest_event,
        .newest_reading = report->newest_reading,
    };
    memcpy(run->kinds, report->kinds, sizeof run->kinds);
    memcpy(run->skipped, report->skipped, sizeof run->skipped);
    for (; run->warning_count < report->warning_count && run->warning_count < RUN_WARNINGS;
         run->warning_count++)
        run->warnings[run->warning_count] = xstrdup(report->warnings[run->warning_count]);
    add_to_totals(&history->totals, report, result);
    note_newest(history, report, now);
    if (result == RUN_CANCELLED || report->pretend)
        return;
    history->failures = result == RUN_OK ? 0 : history->failures + 1;
    history->refused = result == RUN_FAILED && report->error.kind == ERROR_CREDENTIALS;
}

size_t history_count(const struct history *history)
{
    return history->count < HISTORY_RUNS ? (size_t)history->count : HISTORY_RUNS;
}

const struct run *history_run(const struct history *history, size_t back)
{
    if (back >= history_count(history))
        return NULL;
    return &history->runs[(history->count - 1 - back) % HISTORY_RUNS];
}

const struct run *history_last_success(const struct history *history)
{
    const struct run *run;
    for (size_t back = 0; (run = history_run(history, back)); back++)
        if (run->result == RUN_OK && !run->pretend)
            return run;
    return NULL;
}

const struct history_totals *history_totals(const struct history *history)
{
    return &history->totals;
}

unsigned history_failures(const struct history *history)
{
    return history->failures;
}

int64_t history_newest_event(const struct history *history)
{
    return history->newest_event;
}

int64_t history_newest_reading(const struct history *history)
{
    return history->newest_reading;
}

/* Seconds since the newest event: by its own time, or, where pump and machine disagree about that, since one
   last came in; a lifetime while none was seen. */
static int64_t seconds_without_event(const struct history *history, struct moment now)
{
    int64_t since_advance = history->seen_advance ? now.monotonic - history->advanced_at : INT64_MAX;
    if (history->newest_event == NO_TIME || history->newest_event > now.wall + CLOCK_TOLERANCE)
        return since_advance;
    int64_t age = now.wall - history->newest_event;
    return age < since_advance ? age : since_advance;
}

/* Nothing flows that was not seen. No event is newer than the upload that brought it; an account that has
   just begun has uploads alone. */
static int64_t seconds_without_data(const struct history *history, struct moment now)
{
    int64_t without_event = seconds_without_event(history, now);
    if (history->newest_upload == NO_TIME)
        return without_event;
    int64_t without_upload = history->upload_age + now.monotonic - history->upload_seen_at;
    return history->newest_event == NO_TIME || without_upload > without_event ? without_upload
                                                                              : without_event;
}

enum health history_health(const struct history *history, bool configured, unsigned no_data_minutes,
                           struct moment now)
{
    if (!configured)
        return HEALTH_UNCONFIGURED;
    if (history->refused)
        return HEALTH_REFUSED;
    if (history->failures >= FAILING_RUNS)
        return HEALTH_FAILING;
    if (history->count == 0 && !history->expecting)
        return HEALTH_IDLE;
    if (history->count == 0)
        return now.monotonic - history->waiting_since.monotonic < STARTING_SECONDS ? HEALTH_STARTING
                                                                                   : HEALTH_STALE;
    return seconds_without_data(history, now) > (int64_t)no_data_minutes * 60 ? HEALTH_STALE : HEALTH_OK;
}

const char *health_word(enum health health)
{
    static const char *const words[] = {
        [HEALTH_OK] = "ok",
        [HEALTH_STARTING] = "starting",
        [HEALTH_IDLE] = "idle",
        [HEALTH_STALE] = "stale",
        [HEALTH_FAILING] = "failing",
        [HEALTH_REFUSED] = "refused",
        [HEALTH_UNCONFIGURED] = "unconfigured",
    };
    return words[health];
}

bool health_is_good(enum health health)
{
    return health <= HEALTH_IDLE;
}
