/* The pump's settings as Nightscout's profile. */
#include "sync_internal.h"

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/base/log.h"
#include "tconnectsync/documents/profile.h"
#include "tconnectsync/nightscout/nightscout.h"
#include "tconnectsync/pump/account.h"
#include "tconnectsync/pump/feature.h"
#include "tconnectsync/settings/configuration.h"

const struct json *sync_pump_settings(const struct sync *sync)
{
    const struct pump *found = NULL;
    for (size_t i = 0; sync->range.chosen && i < sync->pumper->pump_count; i++) {
        const struct pump *pump = &sync->pumper->pumps[i];
        if (sync->range.chosen[i] && pump->settings && (!found || pump->newest_event > found->newest_event))
            found = pump;
    }
    return found ? found->settings : NULL;
}

/* The hash in the newest document of ours, NULL when there is none. */
static const char *newest_settings_hash(const struct sync *sync)
{
    if (!json_is(sync->profile.stored, JSON_ARRAY))
        return NULL;
    for (const struct json *profile = sync->profile.stored->first; profile; profile = profile->next)
        if (json_text(json_get(profile, "pump_settings_hash")))
            return json_text(json_get(profile, "pump_settings_hash"));
    return NULL;
}

/* A profile gets one attempt: it has no key that would make a repeat safe. */
static void on_profile_written(void *context, const struct error *error)
{
    struct sync *sync = context;
    if (!error)
        sync->report.kinds[DOCUMENT_PROFILE].created++;
    else
        sync->profile.error = *error;
    sync_answered(sync);
}

void sync_write_profile(struct sync *sync)
{
    if (!(sync->request.features & FEATURE_PROFILES) || sync->profile.tried)
        return;
    sync->profile.tried = true;
    struct report_counts *counts = &sync->report.kinds[DOCUMENT_PROFILE];
    const struct json *current = json_is(sync->profile.newest, JSON_OBJECT) ? sync->profile.newest : NULL;
    struct error error = {0};
    struct buffer body;
    buffer_init(&body, 1u << 20);
    const struct configuration *configuration = sync->account.configuration;
    const struct profile_rules rules = {
        .carbs_hr = configuration->profile_carbs_hr,
        .delay = configuration->profile_delay,
        .time_zone = configuration->time_zone,
        .replace = configuration->profile_replace,
    };
    enum profile_action action = profile_plan(sync_pump_settings(sync), current, newest_settings_hash(sync),
                                              &rules, sync->now, &body, &error);
    if (action != PROFILE_NONE && *error.text)
        log_warn(sync->account.log, "sync", "note=%s", log_quote(sync->account.log, error.text));
    if (action == PROFILE_NONE) {
        log_warn(sync->account.log, "sync", "profile=none note=%s", log_quote(sync->account.log, error.text));
    } else if (action == PROFILE_UNCHANGED) {
        counts->unchanged++;
    } else if (sync->request.pretend) {
        counts->created++;
        log_info(sync->account.log, "sync", "pretend=\"would write the profile\"");
    } else {
        sync_expect(sync);
        nightscout_write_profile(sync->nightscout, action == PROFILE_REPLACE, &body, on_profile_written,
                                 sync);
    }
    buffer_free(&body);
}
