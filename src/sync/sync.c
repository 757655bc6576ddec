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
#include "tconnectsync/base/monotonic.h"
#include "tconnectsync/nightscout/nightscout.h"
#include "tconnectsync/pump/account.h"
#include "tconnectsync/pump/feature.h"
#include "tconnectsync/settings/configuration.h"
#include "tconnectsync/tandem/tandem.h"

/* The state table. It is the documentation, the progress display and the log at once. */
static const struct sync_step_row steps[STEP_COUNT] = {
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
    [STEP_SETTLE] = {"settle", sync_enter_settle, NULL, sync_leave_settle, STEP_DONE},
    [STEP_DONE] = {"done", NULL, NULL, NULL, STEP_DONE},
};

/* The one line that tells what went wrong. What a check found it has said already, of each side. */
static void log_result(const struct sync *sync)
{
    const struct report *report = &sync->report;
    struct log *log = sync->account.log;
    const struct report_counts totals = report_totals(report);
    char *failure = report->ok || sync->sign_in.checked || sync->request.is_told
                        ? xstrdup("")
                        : xasprintf(" at=%s error=%s", sync->failed_at, log_quote(log, report->error.text));
    log_line(log, report->ok ? LOG_INFO : LOG_ERROR, "sync",
             "result=%s%s created=%" PRIu64 " amended=%" PRIu64 " unchanged=%" PRIu64 " withheld=%" PRIu64
             " events=%" PRIu64 " requests=%" PRIu64 " ms=%d%s",
             report->ok ? "ok" : "failed", report->nothing_new ? " new=none" : "", totals.created,
             totals.amended, totals.unchanged, totals.withheld, report->events_read, report->requests,
             (int)(report->seconds * 1000), failure);
    free(failure);
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
    log_result(sync);
    sync->watcher.done(sync->watcher.context, sync, report);
    sync_free(sync);
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
    sync->steps = steps;
    sync->conclude = conclude;
    sync->started_monotonic = monotonic_microseconds();
    http_client_count(account->client, &sync->statistics_before);
    report_init(&sync->report, sync->now);
    sync->report.pretend = request->pretend;
    sync->nightscout = nightscout_new(account->client, account->configuration, account->log);
    sync->next = STEP_GREET;
    for (int i = 0; i < COLLECTION_COUNT; i++)
        sync->range.newest[i] = NO_TIME;
    sync_begin_log(sync);
    sync_begin(sync);
    return sync;
}

void sync_free(struct sync *sync)
{
    if (!sync)
        return;
    tandem_cancel(sync->account.tandem);
    nightscout_free(sync->nightscout);
    event_free(sync->turn);
    event_free(sync->deadline);
    sync_drop_readers(sync);
    sync_drop_writes(sync);
    free(sync->range.chosen);
    pump_log_free(&sync->log);
    held_free(&sync->held);
    documents_free(&sync->documents);
    documents_end(sync->builder);
    comparison_free(sync->comparison);
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

const struct difference *sync_difference(const struct sync *sync)
{
    return &sync->difference;
}

const struct json *sync_nightscout_status(const struct sync *sync)
{
    return sync->sign_in.status;
}

bool sync_check_results(const struct sync *sync, struct sync_check *out)
{
    const struct sync_sign_in *sign_in = &sync->sign_in;
    *out = (struct sync_check){
        .tandem = sign_in->tandem_error.kind ? &sign_in->tandem_error : NULL,
        .nightscout = sign_in->nightscout_error.kind ? &sign_in->nightscout_error : NULL,
        .limited = nightscout_is_limited(sync->nightscout),
    };
    out->added_features = sync_added_features(sync, &out->first_day, &out->last_day);
    return sign_in->nightscout_verified;
}
