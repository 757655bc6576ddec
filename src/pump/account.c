/* The person's pumps as Tandem Source lists them, and which of them a run is about. */
#include "tconnectsync/pump/account.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/base/memory.h"

enum { ASSIGNMENT_ID_MAXIMUM = 128, STALE_DAYS = 3, IN_USE_DAYS = 7 };

static int64_t naive_date(const struct json *json)
{
    const char *text = json_text(json);
    return text ? civil_parse_wall(text) : NO_TIME;
}

/* True UTC, with or without its Z. */
static int64_t utc_date(const struct json *json)
{
    const char *text = json_text(json);
    int64_t wall;
    int32_t offset;
    if (!text || !civil_parse(text, strlen(text), &wall, NULL, &offset))
        return NO_TIME;
    return offset == NO_OFFSET ? wall : wall - offset;
}

static char *copy_text(const struct json *json)
{
    bool number = json_is(json, JSON_NUMBER);
    const char *text = number ? json->text : json_text(json);
    return xstrdup(text ? text : "");
}

/* It becomes a part of a path: no slash, no dots. */
static bool is_assignment_id(const char *text)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    return text && *text && strlen(text) <= ASSIGNMENT_ID_MAXIMUM && strspn(text, allowed) == strlen(text);
}

static bool is_known(const struct account *account, const char *assignment_id)
{
    for (size_t i = 0; i < account->pump_count; i++)
        for (size_t j = 0; j < account->pumps[i].assignment_count; j++)
            if (strcmp(account->pumps[i].assignments[j].id, assignment_id) == 0)
                return true;
    return false;
}

/* The pump of that serial number, a new one where there is none yet. Takes the text. */
static struct pump *pump_of(struct account *account, char *serial_number)
{
    for (size_t i = 0; i < account->pump_count; i++)
        if (strcmp(account->pumps[i].serial_number, serial_number) == 0) {
            free_secret(serial_number);
            return &account->pumps[i];
        }
    account->pumps = xreallocarray(account->pumps, account->pump_count + 1, sizeof *account->pumps);
    account->pumps[account->pump_count] =
        (struct pump){.serial_number = serial_number, .last_upload = NO_TIME};
    return &account->pumps[account->pump_count++];
}

/* What the pump is and how it is set: as its newest upload tells. */
static void describe(struct pump *pump, const struct json *json)
{
    const struct json *settings = json_get(json, "settings"), *details = json_get(settings, "details");
    free(pump->model_name);
    free(pump->settings_hash);
    pump->model_name = copy_text(json_get(json, "modelName"));
    pump->settings = json_is(details, JSON_OBJECT) ? details : NULL;
    pump->settings_hash = xstrdup(json_text(json_get(settings, "settingsHash")));
}

static void add_assignment(struct account *account, const struct json *json)
{
    const char *id = json_text(json_get(json, "assignmentId"));
    if (!is_assignment_id(id) || is_known(account, id))
        return;
    char *serial_number = copy_text(json_get(json, "serialNumber"));
    if (!*serial_number) {
        free(serial_number);
        serial_number = xstrdup(id);
    }
    const struct json *range = json_get(json, "availableDataRange");
    struct pump *pump = pump_of(account, serial_number);
    pump->assignments =
        xreallocarray(pump->assignments, pump->assignment_count + 1, sizeof *pump->assignments);
    struct assignment *assignment = &pump->assignments[pump->assignment_count++];
    *assignment = (struct assignment){
        .id = xstrdup(id),
        .newest_event = naive_date(json_get(json, "maxDateOfEvents")),
        .first_available = naive_date(json_get(range, "start")),
        .last_available = naive_date(json_get(range, "end")),
        .last_upload = utc_date(json_get(json, "lastUploadDate")),
    };
    bool newer = assignment->last_upload > pump->last_upload; /* NO_TIME is less than every time */
    if (newer)
        pump->last_upload = assignment->last_upload;
    if (newer || pump->assignment_count == 1)
        describe(pump, json);
}

struct account *account_parse(const char *data, size_t length, struct error *error)
{
    struct json *document = json_parse(data, length, error);
    if (!document)
        return NULL;
    const struct json *pumps = json_get(document, "pumps");
    if (!json_is(pumps, JSON_ARRAY)) {
        json_free(document);
        error_set(error, ERROR_DATA,
                  "Tandem's answer about the account has no list of pumps. Tandem may have changed its "
                  "service: look for a newer version of this program.");
        return NULL;
    }
    struct account *account = xcalloc(1, sizeof *account);
    account->document = document;
    size_t count = 0;
    for (const struct json *pump = pumps->first; pump; pump = pump->next)
        if (++count <= ASSIGNMENTS_MAXIMUM)
            add_assignment(account, pump);
    if (count <= ASSIGNMENTS_MAXIMUM)
        return account;
    account_free(account);
    error_set(error, ERROR_LIMIT,
              "Tandem's answer about the account lists %zu pumps, more than the %d that this program takes. "
              "Nothing is "
              "lost. Tandem may have changed its service: look for a newer version of this program.",
              count, ASSIGNMENTS_MAXIMUM);
    return NULL;
}

void account_free(struct account *account)
{
    if (!account)
        return;
    for (size_t i = 0; i < account->pump_count; i++) {
        for (size_t j = 0; j < account->pumps[i].assignment_count; j++)
            free(account->pumps[i].assignments[j].id);
        free(account->pumps[i].assignments);
        free_secret(account->pumps[i].serial_number);
        free(account->pumps[i].model_name);
        free(account->pumps[i].settings_hash);
    }
    free(account->pumps);
    json_free(account->document);
    free(account);
}

/* ---- dates ---- */

/* A wall time that an upload brought cannot lie ahead of it, but for the zone. */
static int64_t plausible(int64_t wall, int64_t last_upload, int64_t now)
{
    int64_t brought = last_upload != NO_TIME && last_upload < now ? last_upload : now;
    return wall != NO_TIME && wall <= brought + SECONDS_PER_DAY ? wall : NO_TIME;
}

static int64_t newest_of(const struct assignment *assignment, int64_t now)
{
    int64_t event = plausible(assignment->newest_event, assignment->last_upload, now);
    int64_t available = plausible(assignment->last_available, assignment->last_upload, now);
    return event > available ? event : available;
}

int64_t pump_newest(const struct pump *pump, int64_t now)
{
    int64_t newest = NO_TIME;
    for (size_t i = 0; i < pump->assignment_count; i++) {
        int64_t wall = newest_of(&pump->assignments[i], now);
        if (wall > newest)
            newest = wall;
    }
    return newest;
}

/* Up to when its log can go: to its newest event, and to its last upload, whatever the
   pump's clock showed then. */
static int64_t end_of(const struct assignment *assignment, int64_t now)
{
    int64_t newest = newest_of(assignment, now), upload = plausible(assignment->last_upload, NO_TIME, now);
    return upload > newest ? upload : newest;
}

bool assignment_reaches_into(const struct assignment *assignment, int64_t from, int64_t to, int64_t now)
{
    int64_t end = end_of(assignment, now),
            start = plausible(assignment->first_available, assignment->last_upload, now);
    return (end == NO_TIME || end >= from) && (start == NO_TIME || start < to);
}

static bool reaches_into(const struct pump *pump, int64_t from, int64_t to, int64_t now)
{
    for (size_t i = 0; i < pump->assignment_count; i++)
        if (end_of(&pump->assignments[i], now) != NO_TIME &&
            assignment_reaches_into(&pump->assignments[i], from, to, now))
            return true;
    return false;
}

static bool uploaded_within(const struct pump *pump, int days, int64_t now)
{
    return pump->last_upload != NO_TIME && pump->last_upload >= now - days * SECONDS_PER_DAY &&
           pump->last_upload <= now + SECONDS_PER_DAY;
}

bool pump_in_use(const struct pump *pump, int64_t now)
{
    return uploaded_within(pump, IN_USE_DAYS, now);
}

/* ---- which pump ---- */

/* The last three digits tell a person's pumps apart and tell a stranger nothing. */
static const char *ending(const struct pump *pump)
{
    size_t length = strlen(pump->serial_number);
    if (length < 4 || strspn(pump->serial_number, "0123456789") != length)
        return "(unknown)";
    return pump->serial_number + length - 3;
}

static bool refuse_serial(const struct account *account, struct error *error)
{
    struct buffer endings;
    buffer_init(&endings, 200);
    for (size_t i = 0; i < account->pump_count; i++)
        buffer_addf(&endings, "%s%s", i ? ", " : "", ending(&account->pumps[i]));
    if (account->pump_count)
        error_set(error, ERROR_CONFIGURATION,
                  "PUMP_SERIAL_NUMBER names no pump of this Tandem account. The serial numbers it has end in "
                  "%s. Correct it, "
                  "or leave it empty to take every pump that has data.",
                  endings.data);
    else
        error_set(error, ERROR_CONFIGURATION,
                  "PUMP_SERIAL_NUMBER is set, but this Tandem account has no pump. Check TCONNECT_EMAIL: the "
                  "account has to "
                  "be the one that the pump uploads to.");
    buffer_free(&endings);
    return false;
}

static bool is_named(const struct pump *pump, const char *serial_number)
{
    return strcmp(pump->serial_number, serial_number) == 0;
}

/* The pump in use that uploaded last, of those that the setting names, or (others) of
   those that it does not. */
static const struct pump *latest_in_use(const struct account *account, const char *serial_number, bool others,
                                        int64_t now)
{
    const struct pump *latest = NULL;
    for (size_t i = 0; i < account->pump_count; i++) {
        const struct pump *pump = &account->pumps[i];
        bool meant = serial_number ? is_named(pump, serial_number) != others : !others;
        if (meant && pump_in_use(pump, now) && (!latest || pump->last_upload > latest->last_upload))
            latest = pump;
    }
    return latest;
}

/* A new pump was put on and the setting still names the old one: the new one. Else NULL. */
static const struct pump *successor(const struct account *account, const char *serial_number, int64_t now)
{
    const struct pump *ours = latest_in_use(account, serial_number, false, now),
                      *other = latest_in_use(account, serial_number, true, now);
    bool silent = !ours || !uploaded_within(ours, STALE_DAYS, now);
    return other && silent && (!ours || other->last_upload > ours->last_upload) ? other : NULL;
}

/* When a pump was seen last, as far as that can be believed. */
static int64_t last_seen(const struct pump *pump, int64_t now)
{
    int64_t newest = pump_newest(pump, now);
    return newest != NO_TIME && pump->last_upload != NO_TIME ? pump->last_upload : newest;
}

const struct pump *account_profile_pump(const struct account *account, const char *serial_number,
                                        int64_t from, int64_t now)
{
    const struct pump *found = latest_in_use(account, serial_number, false, now);
    if (found || latest_in_use(account, serial_number, true, now))
        return successor(account, serial_number, now) ? NULL : found;
    for (size_t i = 0; i < account->pump_count; i++) {
        const struct pump *pump = &account->pumps[i];
        int64_t seen = last_seen(pump, now);
        if ((!serial_number || is_named(pump, serial_number)) && seen != NO_TIME && seen >= from &&
            (!found || seen > last_seen(found, now)))
            found = pump;
    }
    return found;
}

bool account_choose_pumps(const struct account *account, const char *serial_number, int64_t from, int64_t to,
                          int64_t now, bool *chosen, char *warning, size_t warning_size, struct error *error)
{
    size_t count = 0;
    snprintf(warning, warning_size, "%s", "");
    for (size_t i = 0; i < account->pump_count; i++) {
        const struct pump *pump = &account->pumps[i];
        chosen[i] = serial_number ? is_named(pump, serial_number) : reaches_into(pump, from, to, now);
        count += chosen[i];
    }
    if (serial_number && count == 0)
        return refuse_serial(account, error);
    const struct pump *other = successor(account, serial_number, now);
    if (other)
        snprintf(warning, warning_size,
                 "The pump that PUMP_SERIAL_NUMBER names has sent nothing for over %d days, but another one "
                 "is in use, "
                 "whose serial number ends in %s: what that one does is not carried over, and no profile is "
                 "taken from "
                 "the silent one. If that is the new pump, change PUMP_SERIAL_NUMBER or leave it empty.",
                 STALE_DAYS, ending(other));
    else if (count == 0)
        snprintf(warning, warning_size, "%s",
                 account->pump_count
                     ? "No pump of this Tandem account has data in this range. Is the phone in reach of the "
                       "pump, and the Tandem app signed in?"
                     : "This Tandem account has no pump. Check TCONNECT_EMAIL: the account has to be the one "
                       "that the pump uploads to.");
    return true;
}
