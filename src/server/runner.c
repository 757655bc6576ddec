/* One sync at a time for everybody who asks; equal wishes share a run, one other may wait. */
#include "runner.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <event2/event.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/log.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/base/monotonic.h"
#include "tconnectsync/base/redact.h"
#include "tconnectsync/sync/check_report.h"
#include "run_log.h"
#include "wish.h"

#define RECENT_SECONDS 60
#define TEXT_MAXIMUM   (64u << 10)

struct job {
    struct wish wish;
    enum run_trigger trigger;
    struct listener *listeners;
    size_t listener_count;
    struct run_log *log; /* since somebody listens, else NULL */
};

struct runner {
    struct account_context account;
    struct history *history;
    const struct redactor *redactor;
    struct runner_watcher watcher;
    struct job *running, *waiting;
    struct sync *sync;
    struct sync_progress progress;
    bool stopping;
    bool knows_site;       /* Nightscout's status was read once */
    struct wish last_wish; /* of the latest sync that ended well */
    int64_t last_ended;    /* monotonic; NO_TIME: none */
};

struct moment moment_now(void)
{
    return (struct moment){(int64_t)time(NULL), monotonic_seconds()};
}

static void free_job(struct job *job)
{
    if (!job)
        return;
    free(job->listeners);
    run_log_release(job->log);
    free(job);
}

static void add_listener(struct job *job, const struct listener *listener)
{
    if (!listener)
        return;
    job->listeners = xreallocarray(job->listeners, job->listener_count + 1, sizeof *job->listeners);
    job->listeners[job->listener_count++] = *listener;
}

static void drop_listener(struct job *job, const void *context)
{
    for (size_t i = 0; job && i < job->listener_count; i++)
        if (job->listeners[i].context == context)
            job->listeners[i--] = job->listeners[--job->listener_count];
}

/* Each is forgotten before it is told: it may leave, or ask for the next run, from within its call. */
static void tell_listeners(struct job *job, const struct report *report, const char *text)
{
    while (job->listener_count > 0) {
        struct listener listener = job->listeners[--job->listener_count];
        if (listener.done)
            listener.done(listener.context, report, text);
    }
}

/* The server's own requests are nobody's run. */
static void on_line(void *context, enum log_level level, const char *line)
{
    struct runner *runner = context;
    (void)level;
    if (!runner->running || strstr(line, " module=http "))
        return;
    struct job *job = runner->running;
    if (job->listener_count == 0)
        return;
    if (!job->log)
        job->log = run_log_new();
    run_log_add(job->log, line);
    for (size_t i = 0; i < job->listener_count; i++)
        if (job->listeners[i].grown)
            job->listeners[i].grown(job->listeners[i].context, job->log);
}

static void on_progress(void *context, const struct sync_progress *progress)
{
    struct runner *runner = context;
    runner->progress = *progress;
    runner->watcher.moved(runner->watcher.context);
}

static void start_job(struct runner *runner, struct job *job);

/* What both services say may quote what must not be seen; from here on it goes to pages. */
static void hide(const struct runner *runner, struct report *report)
{
    struct buffer text;
    buffer_init(&text, TEXT_MAXIMUM);
    redact(runner->redactor, report->error.text, strlen(report->error.text), &text);
    snprintf(report->error.text, sizeof report->error.text, "%s", text.data);
    for (size_t i = 0; i < report->warning_count; i++) {
        buffer_clear(&text);
        redact(runner->redactor, report->warnings[i], strlen(report->warnings[i]), &text);
        free(report->warnings[i]);
        report->warnings[i] = xstrdup(text.data);
    }
    buffer_free(&text);
}

/* The text of a check, with everything hidden. */
static void write_check(const struct runner *runner, const struct sync *sync, const struct report *report,
                        struct buffer *out)
{
    struct buffer text;
    buffer_init(&text, TEXT_MAXIMUM);
    check_report_write(runner->account.configuration, runner->account.zone, sync, report, (int64_t)time(NULL),
                       &text);
    redact(runner->redactor, text.data, text.length, out);
    buffer_free(&text);
}

/* In a turn of its own: by then the sync has freed what it read. */
static void give_back_memory(evutil_socket_t socket, short what, void *context)
{
    (void)socket, (void)what, (void)context;
    malloc_trim(0);
}

/* The place is free before the listeners are told. */
static void on_done(void *context, struct sync *sync, struct report *report)
{
    struct runner *runner = context;
    struct job *job = runner->running;
    struct buffer text;
    buffer_init(&text, TEXT_MAXIMUM);
    hide(runner, report);
    runner->knows_site |= sync_nightscout_status(sync) != NULL;
    if (job->wish.check)
        write_check(runner, sync, report, &text);
    else if (!job->wish.look)
        history_add(runner->history, report, job->trigger, moment_now());
    if (!job->wish.check && !job->wish.look && report->ok) {
        runner->last_wish = job->wish;
        runner->last_ended = moment_now().monotonic;
    }
    runner->running = NULL;
    runner->sync = NULL;
    tell_listeners(job, report, text.data);
    runner->watcher.ended(runner->watcher.context, sync, report, &job->wish, text.data);
    buffer_free(&text);
    free_job(job);
    event_base_once(runner->account.base, -1, EV_TIMEOUT, give_back_memory, NULL, &(struct timeval){0, 0});
    if (runner->waiting && !runner->running && !runner->stopping) {
        job = runner->waiting;
        runner->waiting = NULL;
        start_job(runner, job);
    }
}

/* Begun days count. */
static unsigned days_of(const struct sync_request *request)
{
    return request->has_range
               ? (unsigned)((request->to - request->from + SECONDS_PER_DAY - 1) / SECONDS_PER_DAY)
               : 0;
}

static void start_job(struct runner *runner, struct job *job)
{
    struct sync_request request = wish_request(&job->wish, (int64_t)time(NULL));
    request.keeps_all = true;
    request.wants_status = !runner->knows_site;
    request.by_timer = job->trigger == TRIGGER_TIMER;
    request.asked_by_person =
        job->wish.check || job->trigger == TRIGGER_UPDATE || job->trigger == TRIGGER_PAGE;
    runner->running = job;
    if (!job->wish.check && !job->wish.look)
        history_asked(runner->history, moment_now());
    log_info(runner->account.log, "run", "trigger=%s days=%u pretend=%d check=%d look=%d",
             run_trigger_name(job->trigger), days_of(&request), job->wish.pretend, job->wish.check,
             job->wish.look);
    runner->sync =
        sync_start(&runner->account, &request, &(struct sync_watcher){on_progress, on_done, runner});
    runner->progress = (struct sync_progress){0};
    runner->watcher.moved(runner->watcher.context);
}

struct runner *runner_new(const struct account_context *account, struct history *history,
                          const struct redactor *redactor, const struct runner_watcher *watcher)
{
    struct runner *runner = xcalloc(1, sizeof *runner);
    runner->account = *account;
    runner->history = history;
    runner->redactor = redactor;
    runner->watcher = *watcher;
    runner->last_ended = NO_TIME;
    log_listen(runner->account.log, on_line, runner);
    return runner;
}

void runner_free(struct runner *runner)
{
    if (!runner)
        return;
    log_listen(runner->account.log, NULL, NULL);
    sync_free(runner->sync);
    free_job(runner->running);
    free_job(runner->waiting);
    free(runner);
}

enum runner_answer runner_ask(struct runner *runner, const struct wish *wish, enum run_trigger trigger,
                              bool recent_is_enough, const struct listener *listener)
{
    if (runner->running && wish_equals(&runner->running->wish, wish)) {
        add_listener(runner->running, listener);
        return RUNNER_JOINED;
    }
    if (runner->waiting && wish_equals(&runner->waiting->wish, wish)) {
        add_listener(runner->waiting, listener);
        return RUNNER_WAITS;
    }
    if (runner->waiting || runner->stopping)
        return RUNNER_FULL;
    if (recent_is_enough && !runner->running && runner->last_ended != NO_TIME &&
        moment_now().monotonic - runner->last_ended < RECENT_SECONDS && wish_equals(&runner->last_wish, wish))
        return RUNNER_RECENT;
    struct job *job = xcalloc(1, sizeof *job);
    job->wish = *wish;
    job->trigger = trigger;
    add_listener(job, listener);
    if (runner->running) {
        runner->waiting = job;
        return RUNNER_WAITS;
    }
    start_job(runner, job);
    return RUNNER_STARTED;
}

void runner_leave(struct runner *runner, const void *context)
{
    drop_listener(runner->running, context);
    drop_listener(runner->waiting, context);
}

bool runner_is_busy(const struct runner *runner)
{
    return runner && runner->running;
}

bool runner_is_checking(const struct runner *runner)
{
    return runner && runner->running && runner->running->wish.check;
}

bool runner_progress(const struct runner *runner, struct sync_progress *progress)
{
    if (!runner_is_busy(runner))
        return false;
    *progress = runner->progress;
    return true;
}

void runner_stop(struct runner *runner)
{
    struct report report;
    runner->stopping = true;
    struct job *job = runner->waiting;
    runner->waiting = NULL;
    report_init(&report, (int64_t)time(NULL));
    error_set(&report.error, ERROR_CANCELLED,
              "The server is stopping. Nothing is lost; the next sync goes on.");
    if (job)
        tell_listeners(job, &report, "");
    free_job(job);
    if (runner->sync)
        sync_stop(runner->sync);
}
