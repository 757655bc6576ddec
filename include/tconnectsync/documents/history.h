/* history.h - the last runs, and how the whole is: what the status page, /status.json, /metrics and /healthz
   tell. In memory alone. Pure. */
#ifndef TCONNECTSYNC_HISTORY_H
#define TCONNECTSYNC_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tconnectsync/base/error.h"
#include "tconnectsync/documents/report.h"

#define HISTORY_RUNS 100
#define RUN_WARNINGS 3 /* kept of one run */

/* Seconds on both clocks: since 1970, which a person may set, and one that only ever goes on. */
struct moment {
    int64_t wall, monotonic;
};

enum run_trigger {
    TRIGGER_TIMER,
    TRIGGER_RUN,       /* /run */
    TRIGGER_UPDATE,    /* /update */
    TRIGGER_PAGE,      /* the status page's button */
    TRIGGER_SCHEDULER, /* /scheduler/jobs/update/run */
    TRIGGER_COUNT,
};
const char *run_trigger_name(enum run_trigger trigger); /* "timer", ... */

enum run_result { RUN_OK, RUN_FAILED, RUN_CANCELLED, RUN_RESULT_COUNT };
const char *run_result_name(enum run_result result); /* "ok", "failed", "cancelled" */

struct run {
    uint64_t number; /* 1 is the first of this process */
    int64_t started; /* seconds since 1970 */
    double seconds;
    enum run_trigger trigger;
    enum run_result result;
    bool pretend;
    bool nightscout_skipped;    /* as in report.h */
    enum error_kind error_kind; /* ERROR_NONE when all went well */
    char *error;                /* in words; "" when all went well */
    struct report_counts kinds[DOCUMENT_KIND_COUNT];
    uint64_t events_read;
    uint64_t skipped[SKIP_REASON_COUNT]; /* events */
    uint64_t refused;                    /* documents that Nightscout does not take */
    char *warnings[RUN_WARNINGS];
    size_t warning_count;
    int64_t newest_event; /* instant, or NO_TIME: as in report.h */
    int64_t newest_reading;
};

/* Since the process began; pretended runs write nothing and are not in kinds. */
struct history_totals {
    uint64_t runs[RUN_RESULT_COUNT];
    double seconds; /* of all runs */
    struct report_counts kinds[DOCUMENT_KIND_COUNT];
    uint64_t events_read;
    uint64_t requests; /* to Tandem and Nightscout */
};

struct history;

/* timer_on: runs come by themselves. */
struct history *history_new(bool timer_on, struct moment now);
void history_free(struct history *history);

/* Somebody has asked for a run: without a timer, only from now on is it expected to go well. */
void history_asked(struct history *history, struct moment now);
/* A run has ended. */
void history_add(struct history *history, const struct report *report, enum run_trigger trigger,
                 struct moment now);

size_t history_count(const struct history *history); /* at most HISTORY_RUNS */
/* 0 is the newest; NULL from history_count on. Valid until the next history_add. */
const struct run *history_run(const struct history *history, size_t back);
/* The newest that went well and was no pretence; NULL when there is none among them. */
const struct run *history_last_success(const struct history *history);
const struct history_totals *history_totals(const struct history *history);
/* Failed ones in a row up to now; cancelled and pretended ones do not count. */
unsigned history_failures(const struct history *history);
/* Instants of the pump's newest event, as the last run that saw one tells it, and of the newest reading that
   any run saw; NO_TIME when none did. */
int64_t history_newest_event(const struct history *history);
int64_t history_newest_reading(const struct history *history);

enum health {
    HEALTH_OK,
    HEALTH_STARTING,     /* no run has ended yet, for 15 minutes at most */
    HEALTH_IDLE,         /* no timer, and nobody has asked yet */
    HEALTH_STALE,        /* too long without a newer event of the pump */
    HEALTH_FAILING,      /* three runs in a row */
    HEALTH_REFUSED,      /* a password or secret was, in the last run */
    HEALTH_UNCONFIGURED, /* settings that no sync can work with */
};
#define HEALTH_COUNT (HEALTH_UNCONFIGURED + 1)
/* configured: the settings are usable. no_data_minutes: AUTOUPDATE_NO_DATA_FAILURE_MINUTES. */
enum health history_health(const struct history *history, bool configured, unsigned no_data_minutes,
                           struct moment now);
const char *health_word(enum health health); /* "ok", "starting", ... */
/* What /healthz answers 200 for. */
bool health_is_good(enum health health);

#endif
