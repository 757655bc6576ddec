/* The state table of a sync. It is the documentation, the progress display and the log at once. */
#include "sync_internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <event2/event.h>

#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/base/log.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/nightscout/nightscout.h"
#include "tconnectsync/pump/account.h"
#include "tconnectsync/pump/feature.h"
#include "tconnectsync/settings/configuration.h"
#include "tconnectsync/tandem/tandem.h"

/* A step issues requests when it is entered, works without any where it has work, and is left when all of
   that is done. */
static const struct {
    const char *name;
    void (*enter)(struct sync *sync); /* may issue nothing: the next step follows at once */
    void (*work)(struct sync *sync);  /* in a turn of the loop of its own: at once where nothing enters, else
                                         when the step takes one */
    void (*leave)(struct sync *sync); /* may fail, or set sync->next */
    enum sync_step next;
} steps[STEP_COUNT] = {
    [STEP_START] = {"start", NULL, NULL, NULL, STEP_GREET},
    [STEP_GREET] = {"greet", sync_enter_greet, NULL, sync_leave_greet, STEP_SIGN_IN},
    [STEP_SIGN_IN] = {"sign-in", sync_enter_sign_in, NULL, NULL, STEP_AUTHORIZE},
    [STEP_AUTHORIZE] = {"authorize", sync_enter_authorize, NULL, NULL, STEP_TOKEN},
    [STEP_TOKEN] = {"token", sync_enter_token, NULL, sync_leave_token, STEP_ACCOUNT},
    [STEP_ACCOUNT] = {"account", sync_enter_account, NULL, sync_leave_account, STEP_READ},
    [STEP_READ] = {"read", sync_enter_read, NULL, sync_leave_read, STEP_ORDER},
    [STEP_ORDER] = {"order", NULL, sync_order_log, NULL, STEP_BUILD},
    [STEP_BUILD] = {"build", NULL, sync_build_documents, NULL, STEP_COMPARE},
    [STEP_COMPARE] = {"compare", NULL, sync_compare, NULL, STEP_WRITE},
    [STEP_WRITE] = {"write", sync_enter_write, sync_list_pretended, sync_leave_write, STEP_SETTLE},
    [STEP_WAIT] = {"wait", sync_enter_wait, NULL, NULL, STEP_READ_BACK},
    [STEP_READ_BACK] = {"read-back", sync_enter_read_back, NULL, NULL, STEP_COMPARE},
    [STEP_SETTLE] = {"settle", sync_enter_settle, NULL, NULL, STEP_DONE},
    [STEP_DONE] = {"done", NULL, NULL, NULL, STEP_DONE},
};

static int64_t monotonic_microseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t sync_monotonic_seconds(void)
{
    return monotonic_microseconds() / 1000000;
}

/* ---- how it ends ---- */

/* Once it is so, it stays so: the first error wins. */
static bool has_ended(const struct sync *sync)
{
    return sync->outcome > SYNC_STOPPING;
}

void sync_fail(struct sync *sync, enum sync_outcome outcome, const struct error *error)
{
    if (has_ended(sync))
        return;
    sync->outcome = outcome;
    sync->report.error = *error;
    log_warn(sync->account.log, "sync", "step=%s error=%s", steps[sync->step].name,
             log_quote(sync->account.log, error->text));
    tandem_cancel(sync->account.tandem);
    nightscout_cancel(sync->nightscout);
    evtimer_del(sync->turn);
    sync->pending = 0;
}

void sync_fail_at_nightscout(struct sync *sync, const struct error *error)
{
    bool skipped =
        error->kind == ERROR_UNREACHABLE && sync->account.configuration->nightscout_ignore_connection_errors;
    sync_fail(sync, skipped ? SYNC_NIGHTSCOUT_SKIPPED : SYNC_FAILED_AT_NIGHTSCOUT, error);
}

static void fail_stopped(struct sync *sync)
{
    sync_fail(sync, SYNC_STOPPED,
              &(struct error){.kind = ERROR_CANCELLED,
                              .text = "The sync was stopped. Nothing is lost; the next one goes on."});
}

static void conclude(struct sync *sync)
{
    struct report *report = &sync->report;
    struct http_client_statistics now;
    http_client_count(sync->account.client, &now);
    report->requests = now.requests - sync->statistics_before.requests;
    report->connections = now.connections - sync->statistics_before.connections;
    report->seconds = (double)(monotonic_microseconds() - sync->started_monotonic) / 1e6;
    report->events_read = sync->log.records;
    memcpy(report->skipped, sync->log.skipped, sizeof report->skipped);
    sync_count_documents(sync);
    sync_settle(sync);
    report->nightscout_skipped = sync->outcome == SYNC_NIGHTSCOUT_SKIPPED;
    report->ok = sync->outcome == SYNC_OK || report->nightscout_skipped;
    if (!report->nothing_new)
        sync_remember_run(sync, sync->outcome == SYNC_OK);
    if (report->nightscout_skipped)
        log_warn(sync->account.log, "sync", "skipped=%s", log_quote(sync->account.log, report->error.text));
    struct report_counts totals = report_totals(report);
    log_line(sync->account.log, report->ok ? LOG_INFO : LOG_ERROR, "sync",
             "result=%s%s created=%" PRIu64 " amended=%" PRIu64 " unchanged=%" PRIu64 " withheld=%" PRIu64
             " events=%" PRIu64 " requests=%" PRIu64 " ms=%d%s%s",
             report->ok ? "ok" : "failed", report->nothing_new ? " new=none" : "", totals.created,
             totals.amended, totals.unchanged, totals.withheld, report->events_read, report->requests,
             (int)(report->seconds * 1000),
             report->ok ? "" : " error=", report->ok ? "" : log_quote(sync->account.log, report->error.text));
    sync->watcher.done(sync->watcher.context, sync, report);
    sync_free(sync);
}

/* ---- moving ---- */

void sync_take_turn(struct sync *sync, int64_t milliseconds)
{
    const struct timeval delay = {milliseconds / 1000, milliseconds % 1000 * 1000};
    sync->pending++;
    evtimer_add(sync->turn, &delay);
}

static void show_progress(struct sync *sync)
{
    if (!sync->watcher.progress)
        return;
    const struct sync_progress progress = {
        .step = steps[sync->step].name,
        .step_number = sync->step,
        .step_count = STEP_DONE,
        .done = sync->sent > sync->pending ? sync->sent - sync->pending : 0,
        .total = sync->sent,
    };
    sync->watcher.progress(sync->watcher.context, &progress);
}

static void sync_move(struct sync *sync, enum sync_step step)
{
    log_info(sync->account.log, "sync", "step=%s after=%s ms=%" PRId64, steps[step].name,
             steps[sync->step].name, (monotonic_microseconds() - sync->started_monotonic) / 1000);
    sync->step = step;
    sync->next = steps[step].next;
    sync->sent = 0;
    if (steps[step].enter)
        steps[step].enter(sync);
    else if (steps[step].work)
        sync_take_turn(sync, 0);
    show_progress(sync);
}

/* Leaves the step whose answers are all there, and the empty ones behind it. */
static void advance(struct sync *sync)
{
    while (sync->pending == 0) {
        if (sync->outcome == SYNC_RUNNING && steps[sync->step].leave)
            steps[sync->step].leave(sync);
        if (sync->pending > 0)
            return; /* it waits before it goes on */
        if (sync->outcome == SYNC_STOPPING)
            fail_stopped(sync);
        else if (sync->outcome == SYNC_RUNNING && sync->step == STEP_DONE)
            sync->outcome = SYNC_OK;
        if (has_ended(sync)) {
            conclude(sync);
            return;
        }
        sync_move(sync, sync->next);
    }
}

static void on_turn(evutil_socket_t socket, short what, void *context)
{
    (void)socket, (void)what;
    struct sync *sync = context;
    if (steps[sync->step].work && !has_ended(sync))
        steps[sync->step].work(sync);
    sync_answered(sync);
}

void sync_expect(struct sync *sync)
{
    sync->pending++;
    sync->sent++;
}

void sync_answered(struct sync *sync)
{
    if (sync->pending > 0)
        sync->pending--;
    show_progress(sync);
    advance(sync);
}

void sync_warn(struct sync *sync, const char *format, ...)
{
    char text[600];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    report_warn(&sync->report, "%s", text);
    log_warn(sync->account.log, "sync", "note=%s", log_quote(sync->account.log, text));
}

void sync_on_tandem(void *context, const struct error *error)
{
    struct sync *sync = context;
    bool refused = error && error->kind == ERROR_CREDENTIALS && error->status == 401;
    if (refused && sync->step != STEP_SIGN_IN && sync->sign_in.token != TOKEN_REPLACED)
        sync->sign_in.token = TOKEN_REFUSED; /* it has run out: sign in again, once */
    else if (error)
        sync_fail(sync, SYNC_FAILED_AT_TANDEM, error);
    sync_answered(sync);
}

void sync_on_nightscout(void *context, const struct error *error)
{
    struct sync *sync = context;
    if (error)
        sync_fail_at_nightscout(sync, error);
    sync_answered(sync);
}

/* ---- life ---- */

struct sync *sync_start(const struct account_context *account, const struct sync_request *request,
                        const struct sync_watcher *watcher)
{
    struct sync *sync = xcalloc(1, sizeof *sync);
    sync->account = *account;
    sync->request = *request;
    sync->watcher = *watcher;
    sync->now = (int64_t)time(NULL);
    sync->started_monotonic = monotonic_microseconds();
    http_client_count(account->client, &sync->statistics_before);
    report_init(&sync->report, sync->now);
    sync->report.pretend = request->pretend;
    sync->nightscout = nightscout_new(account->client, account->configuration, account->log);
    sync->next = STEP_GREET;
    for (int i = 0; i < COLLECTION_COUNT; i++)
        sync->range.newest[i] = NO_TIME;
    sync_begin_log(sync);
    sync->turn = evtimer_new(account->base, on_turn, sync);
    sync_take_turn(sync, 0);
    return sync;
}

void sync_stop(struct sync *sync)
{
    if (sync->outcome == SYNC_RUNNING)
        sync->outcome = SYNC_STOPPING;
    if (sync->step == STEP_WRITE && sync->pending > 0)
        return; /* what is being written comes to its end; nothing more is sent */
    fail_stopped(sync);
    advance(sync);
}

void sync_free(struct sync *sync)
{
    if (!sync)
        return;
    tandem_cancel(sync->account.tandem);
    nightscout_free(sync->nightscout);
    event_free(sync->turn);
    sync_drop_readers(sync);
    free(sync->range.chosen);
    pump_log_free(&sync->log);
    held_free(&sync->held);
    documents_free(&sync->documents);
    difference_free(&sync->difference);
    sync_forget_days(sync);
    account_free(sync->pumper);
    json_free(sync->settling.activities);
    json_free(sync->profile.newest);
    json_free(sync->profile.stored);
    json_free(sync->sign_in.status);
    report_free(&sync->report);
    free(sync);
}

const struct account *sync_account(const struct sync *sync)
{
    return sync->pumper;
}

const struct documents *sync_documents(const struct sync *sync)
{
    return &sync->documents;
}

const struct pump_log *sync_pump_log(const struct sync *sync)
{
    return &sync->log;
}

bool sync_has_read(const struct sync *sync, int64_t from, int64_t until)
{
    return sync->range.chosen && sync->range.read_from <= from && sync_read_until(sync) >= until;
}

const struct held *sync_held(const struct sync *sync)
{
    return &sync->held;
}

const struct json *sync_nightscout_status(const struct sync *sync)
{
    return sync->sign_in.status;
}
