/* A pump's settings, judged: the active profile has to make sense, a spare one that does not is left out. */
#include "tconnectsync/pump/pump_settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tconnectsync/base/error.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/base/memory.h"

enum { NAME_MAXIMUM = 64, LOWEST_ALERT = 40, HIGHEST_ALERT = 400, LEFT_OUT_MAXIMUM = 400 };

static const char no_active[] = "the pump's settings name no active profile";

/* What a segment holds, and what of it can be true. */
static const struct {
    const char *key;
    size_t member;
    int64_t least, most;
    bool may_be_absent;
} segment_fields[] = {
    {"startTime", offsetof(struct pump_segment, start_minute), 0, 1439, false},
    {"basalRate", offsetof(struct pump_segment, basal), 0, 15000, false},
    {"carbRatio", offsetof(struct pump_segment, carb_ratio), 100, 300000, false},
    {"isf", offsetof(struct pump_segment, sensitivity), 1, 1000, false},
    {"targetBg", offsetof(struct pump_segment, target), 0, 400, true},
};
enum { SEGMENT_FIELD_COUNT = sizeof segment_fields / sizeof *segment_fields };

/* why: the rest of a sentence that begins with the profile's name. */
static bool refuse(struct error *why, const char *what)
{
    return error_set(why, ERROR_DATA, "%s", what);
}

static bool is_padding(const struct json *json)
{
    for (size_t i = 0; i < SEGMENT_FIELD_COUNT; i++) {
        int64_t value = 0;
        const struct json *field = json_get(json, segment_fields[i].key);
        if (field && (!json_integer(field, &value) || value != 0))
            return false;
    }
    return json_is(json, JSON_OBJECT);
}

static bool read_segment(const struct json *json, struct pump_segment *segment, struct error *why)
{
    for (size_t i = 0; i < SEGMENT_FIELD_COUNT; i++) {
        int64_t value = 0;
        bool there = json_integer(json_get(json, segment_fields[i].key), &value);
        if (there ? value < segment_fields[i].least || value > segment_fields[i].most
                  : !segment_fields[i].may_be_absent) {
            char what[80];
            snprintf(what, sizeof what, "has a segment whose %s is missing or out of range",
                     segment_fields[i].key);
            return refuse(why, what);
        }
        memcpy((char *)segment + segment_fields[i].member, &value, sizeof value);
    }
    return true;
}

static int by_start(const void *one, const void *other)
{
    int64_t a = ((const struct pump_segment *)one)->start_minute;
    int64_t b = ((const struct pump_segment *)other)->start_minute;
    return (a > b) - (a < b);
}

static bool read_segments(const struct json *list, struct pump_profile *profile, struct error *why)
{
    if (!json_is(list, JSON_ARRAY))
        return refuse(why, "has no list of segments");
    for (const struct json *json = list->first; json; json = json->next) {
        if (is_padding(json))
            continue;
        if (profile->segment_count == PUMP_SEGMENTS_MAXIMUM)
            return refuse(why, "has too many segments");
        if (!read_segment(json, &profile->segments[profile->segment_count], why))
            return false;
        profile->segment_count++;
    }
    qsort(profile->segments, profile->segment_count, sizeof *profile->segments, by_start);
    if (profile->segment_count && profile->segments[0].start_minute != 0)
        return refuse(why, "has no segment that starts at midnight");
    for (size_t i = 1; i < profile->segment_count; i++)
        if (profile->segments[i].start_minute == profile->segments[i - 1].start_minute)
            return refuse(why, "has two segments that start at the same minute");
    return true;
}

/* ---- names ---- */

/* Dots and a leading dollar sign are no keys for Nightscout's database; '<' falls to its sanitiser. */
static char *clean_name(const struct json *json, int64_t idp)
{
    if (!json_is(json, JSON_STRING) || json->length == 0)
        return xasprintf("Profile %" PRId64, idp);
    size_t length = json->length;
    while (length > NAME_MAXIMUM || (length < json->length && (json->text[length] & 0xc0) == 0x80))
        length--; /* never within a character */
    char *name = xmalloc(length + 1), *end = name;
    for (size_t i = 0; i < length; i++) {
        const unsigned char *c = (const unsigned char *)json->text + i;
        bool late_control = c[0] == 0xc2 && c[1] < 0xa0; /* U+0080 to U+009F */
        bool bad = c[0] < 0x20 || c[0] == 0x7f || c[0] == '.' || c[0] == '<' || (c[0] == '$' && i == 0) ||
                   late_control;
        *end++ = (char)(bad ? '_' : c[0]);
        i += late_control;
    }
    *end = '\0';
    return name;
}

static bool is_taken(const struct pump_settings *settings, size_t before, const char *name)
{
    for (size_t i = 0; i < before; i++)
        if (strcmp(settings->profiles[i].name, name) == 0)
            return true;
    return false;
}

/* The profile with the lower idp keeps its name, so that the names are the same at every sync. */
static void tell_names_apart(struct pump_settings *settings)
{
    for (size_t i = 1; i < settings->profile_count; i++) {
        char *wanted = settings->profiles[i].name, *name = xstrdup(wanted);
        for (int number = 2; is_taken(settings, i, name); number++) {
            free(name);
            name = xasprintf("%s (%d)", wanted, number);
        }
        free(wanted);
        settings->profiles[i].name = name;
    }
}

/* ---- profiles ---- */

static int by_idp(const void *one, const void *other)
{
    int64_t a = ((const struct pump_profile *)one)->idp, b = ((const struct pump_profile *)other)->idp;
    return (a > b) - (a < b);
}

static bool is_known(const struct pump_settings *settings, int64_t idp)
{
    for (size_t i = 0; i < settings->profile_count; i++)
        if (settings->profiles[i].idp == idp)
            return true;
    return false;
}

/* Where there are no alerts to make targets of, every segment needs one of its own. */
static bool has_targets(const struct pump_settings *settings, const struct pump_profile *profile)
{
    for (size_t i = 0; !settings->high_alert && i < profile->segment_count; i++)
        if (profile->segments[i].target < LOWEST_ALERT)
            return false;
    return true;
}

/* One of nothing but padding is an empty place: it is left without segments. */
static bool read_profile(const struct pump_settings *settings, const struct json *json,
                         struct pump_profile *profile, struct error *why)
{
    if (!read_segments(json_get(json, "timeDependentSegments"), profile, why))
        return false;
    if (profile->segment_count == 0)
        return true;
    if (is_known(settings, profile->idp))
        return refuse(why, "has the same number (idp) as another");
    if (!json_integer(json_get(json, "insulinDuration"), &profile->insulin_minutes) ||
        profile->insulin_minutes < 60 || profile->insulin_minutes > 720)
        return refuse(why, "has an insulinDuration that is missing or out of range");
    return has_targets(settings, profile) ||
           refuse(why, "has a segment without a target, and there are no usable CGM alert levels instead");
}

/* False when it is the active one and makes no sense: half of what counts must not look like the whole. A
   spare one is left out. */
static bool add_profile(struct pump_settings *settings, const struct json *json, int64_t active,
                        struct error *error)
{
    struct pump_profile profile = {.idp = -1};
    struct error why = {0};
    bool numbered = json_integer(json_get(json, "idp"), &profile.idp),
         is_active = numbered && profile.idp == active;
    bool makes_sense =
        numbered ? read_profile(settings, json, &profile, &why) : refuse(&why, "has no number (idp)");
    if (makes_sense && profile.segment_count == 0)
        return true;
    profile.name = clean_name(json_get(json, "name"), profile.idp);
    if (makes_sense) {
        settings->profiles[settings->profile_count++] = profile;
        return true;
    }
    if (is_active)
        error_set(error, ERROR_DATA, "the pump's active profile \"%s\" %s", profile.name, why.text);
    else
        buffer_addf(&settings->left_out, "%s\"%s\" %s", settings->left_out.length ? ", " : "", profile.name,
                    why.text);
    free(profile.name);
    return !is_active;
}

static bool read_profiles(struct pump_settings *settings, const struct json *profiles, struct error *error)
{
    const struct json *list = json_get(profiles, "profile");
    int64_t active;
    size_t count = 0;
    if (!json_is(list, JSON_ARRAY))
        return error_set(error, ERROR_DATA, "the pump's settings hold no list of profiles");
    if (!json_integer(json_get(profiles, "activeIdp"), &active))
        return error_set(error, ERROR_DATA, "%s", no_active);
    for (const struct json *json = list->first; json; json = json->next) {
        if (count++ == PUMP_PROFILES_MAXIMUM)
            return error_set(error, ERROR_DATA, "the pump's settings hold too many profiles");
        if (!add_profile(settings, json, active, error))
            return false;
    }
    qsort(settings->profiles, settings->profile_count, sizeof *settings->profiles, by_idp);
    tell_names_apart(settings);
    for (size_t i = 0; i < settings->profile_count; i++)
        if (settings->profiles[i].idp == active)
            settings->active = &settings->profiles[i];
    return settings->active || error_set(error, ERROR_DATA, "%s", no_active);
}

/* Both or none: an alert that is switched off is no target. */
static void read_alerts(struct pump_settings *settings, const struct json *cgm)
{
    int64_t low, high;
    if (!json_integer(json_get(cgm, "lowGlucoseAlertMgPerDl"), &low) ||
        !json_integer(json_get(cgm, "highGlucoseAlertMgPerDl"), &high) || low < LOWEST_ALERT ||
        high > HIGHEST_ALERT || low >= high)
        return;
    settings->low_alert = low;
    settings->high_alert = high;
}

struct pump_settings *pump_settings_read(const struct json *details, struct error *error)
{
    struct pump_settings *settings = xcalloc(1, sizeof *settings);
    buffer_init(&settings->left_out, LEFT_OUT_MAXIMUM);
    read_alerts(settings, json_get(details, "cgmSettings"));
    if (read_profiles(settings, json_get(details, "profiles"), error))
        return settings;
    pump_settings_free(settings);
    return NULL;
}

void pump_settings_free(struct pump_settings *settings)
{
    if (!settings)
        return;
    for (size_t i = 0; i < settings->profile_count; i++)
        free(settings->profiles[i].name);
    buffer_free(&settings->left_out);
    free(settings);
}
