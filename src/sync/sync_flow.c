/* How a sync moves through its table: requests are counted, steps entered and left, the first error wins. */
#include "sync_internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include <event2/event.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/log.h"
#include "tconnectsync/base/monotonic.h"
#include "tconnectsync/nightscout/nightscout.h"
#include "tconnectsync/settings/configuration.h"
#include "tconnectsync/tandem/tandem.h"

enum { MINUTES_ALLOWED = 10, USUAL_DAYS = 31 };

static void name_settings(const struct sync *sync, const char *text, char *named, size_t size)
{
    struct buffer out;
    buffer_init(&out, size - 1);
    configuration_add_named(sync->account.configuration, text, &out);
    snprintf(named, size, "%s", out.data);
    buffer_free(&out);
}

struct error sync_named(const struct sync *sync, const struct error *error)
{
    struct error named = *error;
    name_settings(sync, error->text, named.text, sizeof named.text);
    return named;
}

/* ---- how it ends ---- */

/* Once it is so, it stays so: the first error wins. */
static bool has_ended(const struct sync *sync)
{
    return sync->outcome > SYNC_STOPPING;
}

/* A check goes on without the side that failed, so that it can tell of the other. False: this is no check. */
static bool note_for_check(struct sync *sync, enum sync_outcome outcome, const struct error *error)
{
    struct sync_sign_in *sign_in = &sync->sign_in;
    const bool tandem = outcome == SYNC_FAILED_AT_TANDEM,
               nightscout = outcome == SYNC_FAILED_AT_NIGHTSCOUT || outcome == SYNC_NIGHTSCOUT_SKIPPED;
    if (!sync->request.check_only || sign_in->checked || sync->outcome != SYNC_RUNNING ||
        !(tandem || nightscout))
        return false;
    struct error *noted = tandem ? &sign_in->tandem_error : &sign_in->nightscout_error;
    if (!sync->request.is_told)
        log_error(sync->account.log, "sync", "check=%s error=%s", tandem ? "tandem" : "nightscout",
                  log_quote(sync->account.log, error->text));
    if (noted->kind == ERROR_NONE)
        *noted = *error;
    if (tandem)
        sign_in->wanted = false; /* the steps that would come next are left out */
    return true;
}

void sync_fail(struct sync *sync, enum sync_outcome outcome, const struct error *error)
{
    const struct error named = sync_named(sync, error);
    if (has_ended(sync) || note_for_check(sync, outcome, &named))
        return;
    sync->outcome = outcome;
    sync->report.error = named;
    sync->failed_at = sync->steps[sync->step].name;
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

/* The account is let in, but what it was given for that is not taken. */
static void fail_fresh_token(struct sync *sync, const struct error *error)
{
    struct error words = *error;
    error_set(
        &words, ERROR_SERVICE,
        "Tandem lets this account sign in, but does not accept the token that it gives for it (401). That "
        "is Tandem's trouble, not the password's and not Nightscout's. Nothing is lost: the log stays with "
        "Tandem, and the next sync catches up.");
    tandem_reject_token(sync->account.tandem, &words);
    sync_fail(sync, SYNC_FAILED_AT_TANDEM, &words);
}

static void fail_stopped(struct sync *sync)
{
    sync_fail(sync, SYNC_STOPPED,
              &(struct error){.kind = ERROR_CANCELLED,
                              .text = "The sync was stopped. Nothing is lost; the next one goes on."});
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
        .step = sync->steps[sync->step].name,
        .step_number = sync->step,
        .step_count = STEP_DONE,
        .done = sync->sent > sync->pending ? sync->sent - sync->pending : 0,
        .total = sync->sent,
    };
    sync->watcher.progress(sync->watcher.context, &progress);
}

static void sync_move(struct sync *sync, enum sync_step step)
{
    log_info(sync->account.log, "sync", "step=%s after=%s ms=%" PRId64, sync->steps[step].name,
             sync->steps[sync->step].name, (monotonic_microseconds() - sync->started_monotonic) / 1000);
    sync->step = step;
    sync->next = sync->steps[step].next;
    sync->sent = 0;
    if (sync->steps[step].enter)
        sync->steps[step].enter(sync);
    else if (sync->steps[step].work)
        sync_take_turn(sync, 0);
    show_progress(sync);
}

/* Leaves the step whose answers are all there, and the empty ones behind it. */
static void advance(struct sync *sync)
{
    while (sync->pending == 0) {
        if (sync->outcome == SYNC_RUNNING && sync->steps[sync->step].leave)
            sync->steps[sync->step].leave(sync);
        if (sync->pending > 0)
            return; /* it waits before it goes on */
        if (sync->outcome == SYNC_STOPPING)
            fail_stopped(sync);
        else if (sync->outcome == SYNC_RUNNING && sync->step == STEP_DONE)
            sync->outcome = SYNC_OK;
        if (has_ended(sync)) {
            sync->conclude(sync);
            return;
        }
        sync_move(sync, sync->next);
    }
}

static void on_turn(evutil_socket_t socket, short what, void *context)
{
    (void)socket, (void)what;
    struct sync *sync = context;
    if (sync->steps[sync->step].work && !has_ended(sync))
        sync->steps[sync->step].work(sync);
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

/* For the days that are usual; a person who asks for a year gets the time that it takes. */
static unsigned minutes_allowed(const struct sync *sync)
{
    const struct sync_request *request = &sync->request;
    int64_t days = request->has_range ? (request->to - request->from) / SECONDS_PER_DAY : 0;
    return MINUTES_ALLOWED + (days > USUAL_DAYS ? (unsigned)(days - USUAL_DAYS) : 0);
}

/* Each exchange has its own time, but there can be many. What has been sent may have arrived: the next run
   reads before it writes, as always. */
static void on_deadline(evutil_socket_t socket, short what, void *context)
{
    (void)socket, (void)what;
    struct sync *sync = context;
    struct error error = {0};
    error_set(
        &error, ERROR_UNREACHABLE,
        "The sync took over %u minutes and was ended. Nothing is lost; the next one goes on. Is Tandem, "
        "Nightscout or this machine very slow?",
        minutes_allowed(sync));
    sync_fail(sync, SYNC_FAILED_HERE, &error);
    advance(sync);
}

void sync_begin(struct sync *sync)
{
    const struct timeval allowed = {minutes_allowed(sync) * SECONDS_PER_MINUTE, 0};
    sync->turn = evtimer_new(sync->account.base, on_turn, sync);
    sync->deadline = evtimer_new(sync->account.base, on_deadline, sync);
    evtimer_add(sync->deadline, &allowed);
    sync_take_turn(sync, 0);
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

/* ---- answers and words ---- */

void sync_warn(struct sync *sync, const char *format, ...)
{
    char text[600], named[600];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    name_settings(sync, text, named, sizeof named);
    report_warn(&sync->report, "%s", named);
    log_warn(sync->account.log, "sync", "note=%s", log_quote(sync->account.log, named));
}

void sync_on_tandem(void *context, const struct error *error)
{
    struct sync *sync = context;
    bool refused = error && error->kind == ERROR_CREDENTIALS && error->status == 401;
    if (refused && sync->step >= STEP_ACCOUNT && sync->sign_in.wanted)
        fail_fresh_token(sync, error);
    else if (refused && sync->step != STEP_SIGN_IN)
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

void sync_sign_in_again(struct sync *sync)
{
    log_info(sync->account.log, "sync", "note=\"the token was refused: signing in again\"");
    tandem_forget_token(sync->account.tandem);
    sync->sign_in.token = TOKEN_REPLACED;
    sync->next = STEP_GREET;
}
