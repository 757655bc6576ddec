/* runner.h - one sync at a time for everybody who asks: the timer, requests, the page. */
#ifndef TCONNECTSYNC_RUNNER_H
#define TCONNECTSYNC_RUNNER_H

#include <stdbool.h>

#include "tconnectsync/documents/history.h"
#include "tconnectsync/sync/sync.h"

struct redactor;
struct run_log;
struct runner;
struct wish;

/* Told about a run until it ends or runner_leave. */
struct listener {
    /* Its log has grown; who wants to keep it holds it. May be NULL. */
    void (*grown)(void *context, struct run_log *log);
    /* text: what a check reports, "" for a sync. May be NULL. */
    void (*done)(void *context, const struct report *report, const char *text);
    void *context;
};

enum runner_answer {
    RUNNER_STARTED,
    RUNNER_JOINED,
    RUNNER_WAITS,  /* it comes after the one that runs */
    RUNNER_RECENT, /* an equal one ended well within the last minute: nothing to do (only when
                      recent_is_enough) */
    RUNNER_FULL,   /* another one waits already */
};

/* Told about every run and check, whoever asked for it. */
struct runner_watcher {
    void (*moved)(void *context); /* one has begun or gone on: see runner_progress */
    /* The report's words are redacted. text: what a check reports, "" for a sync. sync: what it saw. */
    void (*ended)(void *context, const struct sync *sync, const struct report *report,
                  const struct wish *wish, const char *text);
    void *context;
};

/* account and watcher are copied; all they point at outlives the runner. */
struct runner *runner_new(const struct account_context *account, struct history *history,
                          const struct redactor *redactor, const struct runner_watcher *watcher);
void runner_free(struct runner *runner); /* ends what runs, without a word to its listeners */
enum runner_answer runner_ask(struct runner *runner, const struct wish *wish, enum run_trigger trigger,
                              bool recent_is_enough, const struct listener *listener);
/* The caller has gone; the run goes on. */
void runner_leave(struct runner *runner, const void *context);
bool runner_is_busy(const struct runner *runner);     /* runner NULL: false */
bool runner_is_checking(const struct runner *runner); /* what runs is a check; runner NULL: false */
/* Where the running sync stands; false when none runs, or runner is NULL. */
bool runner_progress(const struct runner *runner, struct sync_progress *progress);
/* Lets writes that are under way finish; starts nothing more. */
void runner_stop(struct runner *runner);

struct moment moment_now(void);

#endif
