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
    const char *serial_number = sync->account.configuration->pump_serial_number;
    if (!sync->range.chosen)
        return NULL;
    const struct pump *pump = account_profile_pump(sync->pumper, serial_number, sync->range.from, sync->now);
    return pump ? pump->settings : NULL;
}

const struct json *sync_current_profile(const struct sync *sync)
{
    const struct json *newest = sync->profile.newest;
    return json_is(newest, JSON_ARRAY) ? newest->first : NULL;
}

/* The hash in the newest document of ours, NULL when there is none. */
static const char *newest_settings_hash(const struct sync *sync)
{
    const struct json *stored = sync->profile.stored;
    const char *hash = NULL;
    for (const struct json *profile = stored ? stored->first : NULL; profile && !hash;
         profile = profile->next)
        hash = json_text(json_get(profile, "pump_settings_hash"));
    return hash;
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
    const struct json *settings = sync_pump_settings(sync);
    enum profile_action action = profile_plan(settings, sync_current_profile(sync),
                                              newest_settings_hash(sync), &rules, sync->now, &body, &error);
    if (*error.text && settings)
        sync_warn(sync, "%s", error.text);
    else if (*error.text) /* the phone is away, which the page says already */
        log_warn(sync->account.log, "sync", "profile=none note=%s", log_quote(sync->account.log, error.text));
    if (action == PROFILE_UNCHANGED) {
        counts->unchanged++;
    } else if (action != PROFILE_NONE && sync->request.pretend) {
        counts->created++;
        if (!sync->request.is_listed)
            log_info(sync->account.log, "sync", "pretend=\"would write the profile\"");
    } else if (action != PROFILE_NONE) {
        sync_expect(sync);
        nightscout_write_profile(sync->nightscout, action == PROFILE_REPLACE, &body, on_profile_written,
                                 sync);
    }
    buffer_free(&body);
}
