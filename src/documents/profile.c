/* The pump's profiles as a Nightscout profile document, and whether it has to be written. */
#include "tconnectsync/documents/profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/documents/document.h"
#include "tconnectsync/pump/pump_settings.h"

/* Stands before the hash and grows whenever the same settings are rendered otherwise than before. */
#define RENDERING "1:"
enum {
    HASH_SIZE = sizeof RENDERING + 64,
    STORE_MAXIMUM = 512 * 1024,
    MEMBERS_MAXIMUM = 256,
    NODES_MAXIMUM = 20000
};

/* ---- rendering ---- */

struct schedule {
    const char *key;
    size_t member;
    bool thousandths;
};

static const struct schedule schedules[] = {
    {"carbratio", offsetof(struct pump_segment, carb_ratio), true},
    {"sens", offsetof(struct pump_segment, sensitivity), false},
    {"basal", offsetof(struct pump_segment, basal), true},
};
static const struct schedule targets[] = {
    {"target_low", offsetof(struct pump_segment, target), false},
    {"target_high", offsetof(struct pump_segment, target), false},
};

static void write_value(struct json_writer *writer, int64_t minute, int64_t value, bool thousandths)
{
    char time[16];
    snprintf(time, sizeof time, "%02d:%02d", (int)(minute / 60), (int)(minute % 60));
    json_open_object(writer);
    json_write_key(writer, "time");
    json_write_text(writer, time);
    json_write_key(writer, "timeAsSeconds");
    json_write_integer(writer, minute * 60);
    json_write_key(writer, "value");
    if (thousandths)
        json_write_thousandths(writer, value);
    else
        json_write_integer(writer, value);
    json_close_object(writer);
}

static void write_schedule(struct json_writer *writer, const struct pump_profile *profile,
                           const struct schedule *schedule)
{
    json_write_key(writer, schedule->key);
    json_open_array(writer);
    for (size_t i = 0; i < profile->segment_count; i++) {
        int64_t value;
        memcpy(&value, (const char *)&profile->segments[i] + schedule->member, sizeof value);
        write_value(writer, profile->segments[i].start_minute, value, schedule->thousandths);
    }
    json_close_array(writer);
}

static void write_target(struct json_writer *writer, const char *key, int64_t value)
{
    json_write_key(writer, key);
    json_open_array(writer);
    write_value(writer, 0, value, false);
    json_close_array(writer);
}

/* Hours as text: "5", "4.5", "4.833". */
static void write_hours(struct json_writer *writer, int64_t minutes)
{
    char text[32];
    int length = snprintf(text, sizeof text, "%.3f", (double)minutes / 60);
    while (text[length - 1] == '0')
        length--;
    length -= text[length - 1] == '.';
    json_write_bytes(writer, text, (size_t)length);
}

static void write_pair(struct json_writer *writer, const char *key, const char *text)
{
    json_write_key(writer, key);
    json_write_text(writer, text);
}

static void write_profile(struct json_writer *writer, const struct pump_settings *settings,
                          const struct pump_profile *profile, const struct profile_rules *rules)
{
    json_write_key(writer, profile->name);
    json_open_object(writer);
    json_write_key(writer, "dia");
    write_hours(writer, profile->insulin_minutes);
    for (size_t i = 0; i < sizeof schedules / sizeof *schedules; i++)
        write_schedule(writer, profile, &schedules[i]);
    if (settings->high_alert) {
        write_target(writer, targets[0].key, settings->low_alert);
        write_target(writer, targets[1].key, settings->high_alert);
    } else {
        write_schedule(writer, profile, &targets[0]);
        write_schedule(writer, profile, &targets[1]);
    }
    write_pair(writer, "carbs_hr", rules->carbs_hr);
    write_pair(writer, "delay", rules->delay);
    write_pair(writer, "timezone", rules->time_zone);
    write_pair(writer, "startDate", "1970-01-01T00:00:00.000Z");
    write_pair(writer, "units", "mg/dl");
    json_close_object(writer);
}

static void write_profiles(struct json_writer *writer, const struct pump_settings *settings,
                           const struct profile_rules *rules)
{
    for (size_t i = 0; i < settings->profile_count; i++)
        write_profile(writer, settings, &settings->profiles[i], rules);
}

/* What we would write of the pump's settings alone, which is what the hash stands for. */
static void render(const struct pump_settings *settings, const struct profile_rules *rules,
                   struct buffer *out)
{
    struct json_writer *writer = json_writer_new(out);
    json_open_object(writer);
    write_pair(writer, "defaultProfile", settings->active->name);
    json_write_key(writer, "store");
    json_open_object(writer);
    write_profiles(writer, settings, rules);
    json_close_object(writer);
    json_close_object(writer);
    json_writer_free(writer);
}

static bool hash_of(const struct buffer *rendered, char hash[HASH_SIZE])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    size_t length = 0;
    if (!EVP_Q_digest(NULL, "SHA256", NULL, rendered->data, rendered->length, digest, &length) ||
        length != 32)
        return false;
    int at = snprintf(hash, HASH_SIZE, "%s", RENDERING);
    for (size_t i = 0; i < length; i++)
        at += snprintf(hash + at, HASH_SIZE - (size_t)at, "%02x", digest[i]);
    return true;
}

/* ---- what Nightscout holds ---- */

static bool same_tree(const struct json *one, const struct json *other);

/* Every member that counts of one is in other. */
static bool holds_members_of(const struct json *other, const struct json *one)
{
    for (const struct json *member = one->first; member; member = member->next)
        if (json_get(one, member->key) == member && !same_tree(member, json_get(other, member->key)))
            return false;
    return true;
}

static bool same_tree(const struct json *one, const struct json *other)
{
    int64_t a, b;
    if (!one || !other || one->type != other->type)
        return false;
    switch (one->type) {
    case JSON_STRING:
        return one->length == other->length && memcmp(one->text, other->text, one->length) == 0;
    case JSON_NUMBER:
        return json_thousandths(one, &a) && json_thousandths(other, &b) && a == b;
    case JSON_OBJECT:
        return holds_members_of(other, one) && holds_members_of(one, other);
    case JSON_ARRAY:
        one = one->first;
        other = other->first;
        for (; one && other && same_tree(one, other); one = one->next)
            other = other->next;
        return !one && !other;
    default:
        return true;
    }
}

/* The document says what we would say, whoever wrote it and however it was hashed. */
static bool says_the_same(const struct json *current, const struct buffer *rendered)
{
    struct json *ours = json_parse(rendered->data, rendered->length, NULL);
    bool same = ours && same_tree(json_get(ours, "defaultProfile"), json_get(current, "defaultProfile"));
    const struct json *store = json_get(ours, "store"), *held = json_get(current, "store");
    same = same && json_is(held, JSON_OBJECT) && holds_members_of(held, store);
    json_free(ours);
    return same;
}

/* A hash of another version of this program cannot be compared with ours; then what the document says is. */
static bool is_unchanged(const struct json *current, const char *newest_hash, const char *hash,
                         const struct buffer *rendered)
{
    const char *held = json_text(json_get(current, "pump_settings_hash"));
    if (!held)
        held = newest_hash;
    if (!held)
        return false;
    if (strncmp(held, RENDERING, sizeof RENDERING - 1) == 0)
        return strcmp(held, hash) == 0;
    return says_the_same(current, rendered);
}

/* Nightscout takes the highest startDate for the current profile, as strings compare: ours would not be it. A
   startDate that is no date at all is in the way as well. */
static bool is_in_the_way(const struct json *current, int64_t now, const char *start_date)
{
    const struct json *start = json_get(current, "startDate");
    int64_t milliseconds;
    if (json_is(start, JSON_NUMBER))
        return !json_integer(start, &milliseconds) || milliseconds > now * 1000;
    if (!json_is(start, JSON_STRING) || start->length == 0)
        return false;
    milliseconds = civil_parse_instant(start->text, start->length);
    return milliseconds > now * 1000 || strcmp(start->text, start_date) > 0;
}

/* ---- the document ---- */

static bool is_ours(const struct pump_settings *settings, const char *name)
{
    for (size_t i = 0; i < settings->profile_count; i++)
        if (strcmp(settings->profiles[i].name, name) == 0)
            return true;
    return false;
}

/* A profile of somebody else that relied on the document's units gets them for its own: ours are mg/dl. */
static void write_kept_profile(struct json_writer *writer, const struct json *profile,
                               const struct json *units)
{
    json_write_key(writer, profile->key);
    if (!json_is(profile, JSON_OBJECT) || json_get(profile, "units") || !json_is(units, JSON_STRING)) {
        json_write_tree(writer, profile);
        return;
    }
    json_open_object(writer);
    for (const struct json *member = profile->first; member; member = member->next)
        if (json_get(profile, member->key) == member) {
            json_write_key(writer, member->key);
            json_write_tree(writer, member);
        }
    json_write_key(writer, "units");
    json_write_tree(writer, units);
    json_close_object(writer);
}

static void write_store(struct json_writer *writer, const struct pump_settings *settings,
                        const struct json *current, const struct profile_rules *rules)
{
    const struct json *store = json_get(current, "store");
    json_write_key(writer, "store");
    json_open_object(writer);
    write_profiles(writer, settings, rules);
    for (const struct json *kept = json_is(store, JSON_OBJECT) ? store->first : NULL; kept; kept = kept->next)
        if (!is_ours(settings, kept->key) && json_get(store, kept->key) == kept)
            write_kept_profile(writer, kept, json_get(current, "units"));
    json_close_object(writer);
}

/* The current document's own fields that a replaced one keeps, its _id and dates among them. */
static void write_kept_fields(struct json_writer *writer, const struct json *current)
{
    static const char *const ours[] = {"defaultProfile", "enteredBy", "units", "store", "pump_settings_hash"};
    for (const struct json *member = current->first; member; member = member->next) {
        bool keep = json_get(current, member->key) == member && !json_is(member, JSON_NULL);
        for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
            keep = keep && strcmp(member->key, ours[i]) != 0;
        if (keep) {
            json_write_key(writer, member->key);
            json_write_tree(writer, member);
        }
    }
}

static bool has(const struct json *object, const char *key)
{
    const struct json *member = json_get(object, key);
    return member && !json_is(member, JSON_NULL);
}

static void write_document(struct buffer *body, bool replace, const struct pump_settings *settings,
                           const struct json *current, const struct profile_rules *rules, const char *hash,
                           const char *now)
{
    struct json_writer *writer = json_writer_new(body);
    json_open_object(writer);
    if (replace)
        write_kept_fields(writer, current);
    if (!replace || !has(current, "startDate"))
        write_pair(writer, "startDate", now);
    if (!replace || !has(current, "created_at"))
        write_pair(writer, "created_at", now);
    write_pair(writer, "defaultProfile", settings->active->name);
    write_pair(writer, "enteredBy", ENTERED_BY);
    write_pair(writer, "units", "mg/dl");
    write_pair(writer, "pump_settings_hash", hash);
    write_store(writer, settings, current, rules);
    json_close_object(writer);
    json_writer_free(writer);
}

/* ---- the plan ---- */

static const char too_large[] = "together with the other profiles in Nightscout it would be too large";

/* Each member of an object is looked up in it here and there: there must not be many. */
static bool is_of_sane_size(const struct json *json, size_t *nodes)
{
    size_t members = 0;
    for (const struct json *child = json ? json->first : NULL; child; child = child->next)
        if (++*nodes > NODES_MAXIMUM || (json_is(json, JSON_OBJECT) && ++members > MEMBERS_MAXIMUM) ||
            !is_of_sane_size(child, nodes))
            return false;
    return true;
}

static enum profile_action none(struct error *error, enum error_kind kind, const char *why)
{
    error_set(error, kind, "No profile is written: %s.", why);
    return PROFILE_NONE;
}

static enum profile_action plan(const struct pump_settings *settings, const struct json *current,
                                const char *newest_hash, const struct profile_rules *rules, int64_t now,
                                struct buffer *body, struct error *error)
{
    struct buffer rendered;
    char hash[HASH_SIZE], start_date[CIVIL_TEXT_SIZE];
    buffer_init(&rendered, STORE_MAXIMUM);
    render(settings, rules, &rendered);
    bool hashed = hash_of(&rendered, hash),
         unchanged = hashed && is_unchanged(current, newest_hash, hash, &rendered);
    buffer_free(&rendered);
    civil_format_utc(start_date, now * 1000);
    if (!hashed)
        return none(error, ERROR_SERVICE, "this machine's OpenSSL has no SHA-256");
    if (unchanged)
        return PROFILE_UNCHANGED;
    if (is_in_the_way(current, now, start_date))
        return none(error, ERROR_SERVICE,
                    "Nightscout's current profile is dated in the future, so that a new one would not "
                    "count. Delete it or correct its date in Nightscout's profile editor");
    const char *id = json_text(json_get(current, "_id"));
    bool replace = rules->replace && id && *id;
    write_document(body, replace, settings, current, rules, hash, start_date);
    if (body->full)
        return none(error, ERROR_LIMIT, too_large);
    return replace ? PROFILE_REPLACE : PROFILE_CREATE;
}

/* What to know about a profile that is written. */
static void remark(const struct pump_settings *settings, struct error *error)
{
    const char *alerts = settings->high_alert
                             ? ""
                             : "The pump has no usable CGM alert levels: the profile's targets are "
                               "those of its segments.";
    const char *left_out = settings->left_out.data;
    if (*left_out)
        error_set(error, ERROR_NONE,
                  "Nightscout's profile leaves out what makes no sense in the pump's settings: %s. Look at "
                  "it on the "
                  "pump. %s",
                  left_out, alerts);
    else if (*alerts)
        error_set(error, ERROR_NONE, "%s", alerts);
}

enum profile_action profile_plan(const struct json *settings, const struct json *current,
                                 const char *newest_hash, const struct profile_rules *rules, int64_t now,
                                 struct buffer *body, struct error *error)
{
    *error = (struct error){0};
    if (!settings)
        return none(error, ERROR_DATA,
                    "no pump that was in use in the last 7 days has uploaded its settings");
    if (current && !json_is(current, JSON_OBJECT))
        return none(error, ERROR_SERVICE, "Nightscout's current profile is not understood");
    size_t nodes = 0;
    if (!is_of_sane_size(current, &nodes))
        return none(error, ERROR_LIMIT, too_large);
    struct error why = {0};
    struct pump_settings *read = pump_settings_read(settings, &why);
    if (!read)
        return none(error, ERROR_DATA, why.text);
    enum profile_action action = plan(read, current, newest_hash, rules, now, body, error);
    if (action == PROFILE_CREATE || action == PROFILE_REPLACE)
        remark(read, error);
    pump_settings_free(read);
    return action;
}
