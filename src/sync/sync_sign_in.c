/* The steps up to the account: both services are there, the clocks agree, and Tandem knows us. */
#include "memory_of_pump.h"
#include "sync_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/base/log.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/nightscout/nightscout.h"
#include "tconnectsync/pump/account.h"
#include "tconnectsync/pump/feature.h"
#include "tconnectsync/tandem/tandem.h"

#define CLOCK_TOLERANCE (5 * SECONDS_PER_MINUTE)

/* The time of this moment: a run can be minutes old when Tandem signs its token. */
static int64_t now(void)
{
    return (int64_t)time(NULL);
}

/* A refused password is not tried again by itself: repeated sign-ins lock the account. */
static bool may_sign_in(struct sync *sync)
{
    int64_t since;
    char time[CIVIL_TEXT_SIZE];
    struct error error = {0};
    struct tandem *tandem = sync->account.tandem;
    const bool by_person = sync->request.asked_by_person;
    bool refused = tandem_refused(tandem, &since) && !(by_person && tandem_lift_refusal(tandem, now()));
    if (!refused && tandem_may_sign_in(tandem, now(), by_person, &error))
        return true;
    if (refused)
        error_set(
            &error, ERROR_CREDENTIALS,
            "Tandem refused the email or password at %s. It is not tried again by itself, so that the "
            "account "
            "is not locked. Correct TCONNECT_EMAIL, TCONNECT_PASSWORD or TCONNECT_REGION, then check the "
            "login%s.",
            time_zone_format(sync->account.zone, time, since, 0),
            by_person ? "; the same password can be tried once in 30 minutes" : "");
    sync_fail(sync, SYNC_FAILED_AT_TANDEM, &error);
    return false;
}

static void fetch_account(struct sync *sync)
{
    sync_expect(sync);
    tandem_fetch_account(sync->account.tandem, &sync->pumper, sync_on_tandem, sync);
}

void sync_enter_greet(struct sync *sync)
{
    struct sync_sign_in *sign_in = &sync->sign_in;
    const char *place = sync->account.memory->nightscout_place;
    /* A check has to try the password itself, whatever token is kept. */
    sign_in->wanted = sync->request.check_only || !tandem_signed_in(sync->account.tandem, now());
    if (sign_in->wanted && !may_sign_in(sync)) {
        sign_in->wanted = false;
        if (!sync->request.check_only)
            return;
    }
    if (!sign_in->wanted && !sync->request.check_only && sync_may_be_idle(sync) && place) {
        sign_in->nightscout_verified = true; /* minutes ago, and perhaps there is nothing to write */
        nightscout_go_to(sync->nightscout, place);
    }
    if (!sign_in->nightscout_verified) {
        sync_expect(sync);
        nightscout_verify(sync->nightscout, sync_on_nightscout, sync);
    }
    if (sign_in->wanted) {
        sync_expect(sync);
        tandem_open_login_page(sync->account.tandem, sync_on_tandem, sync);
    } else if (!sync->pumper && !sync->request.check_only) {
        fetch_account(sync);
    }
}

/* Dates that are wrong by the clock would go into Nightscout wrong. */
static bool check_clock(struct sync *sync, struct error *error)
{
    int64_t tandem = 0, nightscout = 0;
    tandem_clock_difference(sync->account.tandem, &tandem);
    nightscout_clock_difference(sync->nightscout, &nightscout);
    int64_t worst = llabs(tandem) > llabs(nightscout) ? tandem : nightscout;
    if (llabs(worst) <= CLOCK_TOLERANCE)
        return true;
    return error_set(error, ERROR_CONFIGURATION,
                     "This machine's clock is %" PRId64
                     " minutes %s what %s says. Nothing was written, so that no "
                     "time is wrong. Set the machine's clock (NTP).",
                     ((int64_t)llabs(worst) + 30) / 60, worst > 0 ? "behind" : "ahead of",
                     worst == tandem ? "Tandem" : "Nightscout");
}

/* Both have told the time by now, and no password has gone out yet. */
void sync_leave_greet(struct sync *sync)
{
    struct error error = {0};
    struct sync_memory *memory = sync->account.memory;
    sync->sign_in.nightscout_verified = true;
    if (sync->sign_in.nightscout_error.kind == ERROR_NONE) {
        free(memory->nightscout_place);
        memory->nightscout_place = xstrdup(nightscout_place(sync->nightscout));
    }
    if (!check_clock(sync, &error))
        sync_fail(sync, SYNC_FAILED_HERE, &error);
    else if (sync->sign_in.token == TOKEN_REFUSED)
        sync_sign_in_again(sync);
    else if (sync_has_nothing_new(sync)) {
        sync->report.nothing_new = true;
        sync->next = STEP_DONE;
    }
}

/* Both are needed before the log can be: what is settled, or where nothing is, the newest documents. */
static void fetch_progress(struct sync *sync)
{
    const bool others_ask = sync->sign_in.wanted || sync->request.features & FEATURE_PROFILES;
    if (others_ask || (!sync->request.has_range && !memory_knows_coverage(sync->account.memory)))
        sync_fetch_coverage(sync); /* beside the others it costs no round trip */
    if (sync->request.has_range)
        return;
    if (memory_knows_coverage(sync->account.memory) && sync_is_automatic(sync))
        return;
    if (sync_wants_treatments(sync))
        sync_fetch_newest(sync, COLLECTION_TREATMENTS, sync->now);
    if (sync->request.features & FEATURE_CGM)
        sync_fetch_newest(sync, COLLECTION_ENTRIES, sync->now);
}

/* A sync does without it. */
static void on_status(void *context, const struct error *error)
{
    struct sync *sync = context;
    if (error)
        log_info(sync->account.log, "sync", "note=\"the site's status could not be read\"");
    sync_answered(sync);
}

void sync_enter_sign_in(struct sync *sync)
{
    if (sync->sign_in.wanted) {
        sync_expect(sync);
        tandem_sign_in(sync->account.tandem, now(), sync_on_tandem, sync);
    }
    if (sync->sign_in.nightscout_asked)
        return; /* in the first sign-in; but a token refused in the step before has skipped that */
    sync->sign_in.nightscout_asked = true;
    if (!sync->request.check_only)
        fetch_progress(sync);
    if (sync->request.features & FEATURE_PROFILES && !sync->request.check_only) {
        sync_expect(sync);
        nightscout_fetch_profile(sync->nightscout, &sync->profile.newest, sync_on_nightscout, sync);
    }
    const bool checks_site = sync->request.check_only && sync->sign_in.nightscout_error.kind == ERROR_NONE;
    if (checks_site)
        sync_fetch_coverage(sync);
    if (checks_site || sync->request.wants_status) {
        sync_expect(sync);
        nightscout_fetch_status(sync->nightscout, &sync->sign_in.status,
                                sync->request.check_only ? sync_on_nightscout : on_status, sync);
    }
}

void sync_enter_authorize(struct sync *sync)
{
    if (!sync->sign_in.wanted)
        return;
    sync_expect(sync);
    tandem_authorize(sync->account.tandem, sync_on_tandem, sync);
}

void sync_enter_token(struct sync *sync)
{
    if (!sync->sign_in.wanted)
        return;
    sync_expect(sync);
    sync_expect(sync);
    tandem_fetch_token(sync->account.tandem, sync_on_tandem, sync);
    tandem_fetch_keys(sync->account.tandem, sync_on_tandem, sync);
}

void sync_leave_token(struct sync *sync)
{
    struct error error = {0};
    if (sync->sign_in.wanted && !tandem_verify(sync->account.tandem, now(), &error))
        sync_fail(sync, SYNC_FAILED_AT_TANDEM, &error);
}

void sync_enter_account(struct sync *sync)
{
    if (!sync->pumper && sync->sign_in.tandem_error.kind == ERROR_NONE)
        fetch_account(sync);
}

static void end_check(struct sync *sync)
{
    struct sync_sign_in *sign_in = &sync->sign_in;
    sign_in->checked = true;
    if (sign_in->tandem_error.kind != ERROR_NONE)
        sync_fail(sync, SYNC_FAILED_AT_TANDEM, &sign_in->tandem_error);
    else if (sign_in->nightscout_error.kind != ERROR_NONE)
        sync_fail(sync, SYNC_FAILED_AT_NIGHTSCOUT, &sign_in->nightscout_error);
    sync->next = STEP_DONE;
}

/* Whether the phone still uploads, for those who watch. */
static void note_upload(struct sync *sync)
{
    for (size_t i = 0; sync->pumper && i < sync->pumper->pump_count; i++)
        if (sync->pumper->pumps[i].last_upload > sync->report.newest_upload)
            sync->report.newest_upload = sync->pumper->pumps[i].last_upload;
}

void sync_leave_account(struct sync *sync)
{
    struct error error = {0};
    note_upload(sync);
    sync_learn_coverage(sync);
    if (sync->request.check_only && !sync->pumper)
        end_check(sync);
    else if (sync->sign_in.token == TOKEN_REFUSED)
        sync_sign_in_again(sync);
    else if (!sync->range.chosen && !sync_choose_range(sync, &error))
        sync_fail(sync, SYNC_FAILED_HERE, &error);
    else if (sync->request.check_only)
        end_check(sync);
}
