#include "tconnectsync/pump/pump_settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/base/memory.h"

enum { NAME_MAXIMUM = 64, LOWEST_ALERT = 40, HIGHEST_ALERT = 400 };

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

static bool refuse(struct error *error, size_t profile, const char *what)
{
    return error_set(error, ERROR_DATA, "profile %zu of the pump's settings %s", profile + 1, what);
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

static bool read_segment(const struct json *json, struct pump_segment *segment, size_t profile,
                         struct error *error)
{
    for (size_t i = 0; i < SEGMENT_FIELD_COUNT; i++) {
        int64_t value = 0;
        bool there = json_integer(json_get(json, segment_fields[i].key), &value);
        if (there ? value < segment_fields[i].least || value > segment_fields[i].most
                  : !segment_fields[i].may_be_absent) {
            char what[80];
            snprintf(what, sizeof what, "has a segment whose %s is missing or out of range",
                     segment_fields[i].key);
            return refuse(error, profile, what);
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

static bool read_segments(const struct json *list, struct pump_profile *profile, size_t number,
                          struct error *error)
{
    if (!json_is(list, JSON_ARRAY))
        return refuse(error, number, "has no list of segments");
    for (const struct json *json = list->first; json; json = json->next) {
        if (is_padding(json))
            continue;
        if (profile->segment_count == PUMP_SEGMENTS_MAXIMUM)
            return refuse(error, number, "has too many segments");
        if (!read_segment(json, &profile->segments[profile->segment_count], number, error))
            return false;
        profile->segment_count++;
    }
    qsort(profile->segments, profile->segment_count, sizeof *profile->segments, by_start);
    if (profile->segment_count && profile->segments[0].start_minute != 0)
        return refuse(error, number, "has no segment that starts at midnight");
    for (size_t i = 1; i < profile->segment_count; i++)
        if (profile->segments[i].start_minute == profile->segments[i - 1].start_minute)
            return refuse(error, number, "has two segments that start at the same minute");
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

/* A profile of nothing but padding is an empty place and leaves nothing behind. */
static bool read_profile(struct pump_settings *settings, const struct json *json, size_t number,
                         struct error *error)
{
    if (settings->profile_count == PUMP_PROFILES_MAXIMUM)
        return error_set(error, ERROR_DATA, "the pump's settings hold too many profiles");
    struct pump_profile *profile = &settings->profiles[settings->profile_count];
    if (!json_integer(json_get(json, "idp"), &profile->idp))
        return refuse(error, number, "has no number (idp)");
    if (!read_segments(json_get(json, "timeDependentSegments"), profile, number, error))
        return false;
    if (profile->segment_count == 0)
        return true;
    if (!json_integer(json_get(json, "insulinDuration"), &profile->insulin_minutes) ||
        profile->insulin_minutes < 60 || profile->insulin_minutes > 720)
        return refuse(error, number, "has an insulinDuration that is missing or out of range");
    profile->name = clean_name(json_get(json, "name"), profile->idp);
    settings->profile_count++;
    return true;
}

static bool find_active(struct pump_settings *settings, const struct json *profiles, struct error *error)
{
    int64_t active;
    for (size_t i = 1; i < settings->profile_count; i++)
        if (settings->profiles[i].idp == settings->profiles[i - 1].idp)
            return error_set(error, ERROR_DATA,
                             "two profiles of the pump's settings have the same number (idp)");
    if (json_integer(json_get(profiles, "activeIdp"), &active))
        for (size_t i = 0; i < settings->profile_count; i++)
            if (settings->profiles[i].idp == active)
                settings->active = &settings->profiles[i];
    return settings->active || error_set(error, ERROR_DATA, "the pump's settings name no active profile");
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

/* Where there are no alerts to make targets of, every segment needs one of its own. */
static bool check_targets(const struct pump_settings *settings, struct error *error)
{
    for (size_t i = 0; !settings->high_alert && i < settings->profile_count; i++)
        for (size_t j = 0; j < settings->profiles[i].segment_count; j++)
            if (settings->profiles[i].segments[j].target < LOWEST_ALERT)
                return error_set(error, ERROR_DATA,
                                 "the pump's settings hold neither usable CGM alert levels nor a target "
                                 "for every segment");
    return true;
}

struct pump_settings *pump_settings_read(const struct json *details, struct error *error)
{
    struct pump_settings *settings = xcalloc(1, sizeof *settings);
    const struct json *profiles = json_get(details, "profiles"), *list = json_get(profiles, "profile");
    bool read = json_is(list, JSON_ARRAY) ||
                error_set(error, ERROR_DATA, "the pump's settings hold no list of profiles");
    size_t number = 0;
    for (const struct json *json = read ? list->first : NULL; read && json; json = json->next)
        read = read_profile(settings, json, number++, error);
    qsort(settings->profiles, settings->profile_count, sizeof *settings->profiles, by_idp);
    tell_names_apart(settings);
    read_alerts(settings, json_get(details, "cgmSettings"));
    if (read && find_active(settings, profiles, error) && check_targets(settings, error))
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
    free(settings);
}
