#include "tconnectsync/pump/account.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/base/memory.h"

enum { ASSIGNMENT_ID_MAXIMUM = 128, STALE_DAYS = 3 };

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
        if (strcmp(account->pumps[i].assignment_id, assignment_id) == 0)
            return true;
    return false;
}

static void add_pump(struct account *account, const struct json *json)
{
    const char *assignment_id = json_text(json_get(json, "assignmentId"));
    if (!is_assignment_id(assignment_id) || is_known(account, assignment_id))
        return;
    const struct json *range = json_get(json, "availableDataRange"), *settings = json_get(json, "settings");
    const struct json *details = json_get(settings, "details"), *hash = json_get(settings, "settingsHash");
    account->pumps = xreallocarray(account->pumps, account->pump_count + 1, sizeof *account->pumps);
    account->pumps[account->pump_count++] = (struct pump){
        .assignment_id = xstrdup(assignment_id),
        .serial_number = copy_text(json_get(json, "serialNumber")),
        .model_name = copy_text(json_get(json, "modelName")),
        .newest_event = naive_date(json_get(json, "maxDateOfEvents")),
        .first_available = naive_date(json_get(range, "start")),
        .last_available = naive_date(json_get(range, "end")),
        .last_upload = utc_date(json_get(json, "lastUploadDate")),
        .settings = json_is(details, JSON_OBJECT) ? details : NULL,
        .settings_hash = xstrdup(json_text(hash)),
    };
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
    for (const struct json *pump = pumps->first; pump; pump = pump->next)
        add_pump(account, pump);
    return account;
}

void account_free(struct account *account)
{
    if (!account)
        return;
    for (size_t i = 0; i < account->pump_count; i++) {
        free(account->pumps[i].assignment_id);
        free_secret(account->pumps[i].serial_number);
        free(account->pumps[i].model_name);
        free(account->pumps[i].settings_hash);
    }
    free(account->pumps);
    json_free(account->document);
    free(account);
}

/* ---- which pump ---- */

/* The newest of the pump's two dates that can be true. */
static int64_t newest_date(const struct pump *pump, int64_t now_local)
{
    int64_t newest = NO_TIME;
    const int64_t dates[] = {pump->newest_event, pump->last_available};
    for (size_t i = 0; i < 2; i++)
        if (dates[i] != NO_TIME && dates[i] <= now_local + SECONDS_PER_DAY && dates[i] > newest)
            newest = dates[i];
    return newest;
}

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

/* A new pump was put on and the setting still names the old one. */
static void warn_of_newer_pump(const struct account *account, const bool *chosen, int64_t now_local,
                               char *warning, size_t warning_size)
{
    int64_t newest_chosen = NO_TIME, newest_other = NO_TIME;
    const struct pump *other = NULL;
    for (size_t i = 0; i < account->pump_count; i++) {
        int64_t newest = newest_date(&account->pumps[i], now_local);
        if (chosen[i] && newest > newest_chosen)
            newest_chosen = newest;
        if (!chosen[i] && newest > newest_other) {
            newest_other = newest;
            other = &account->pumps[i];
        }
    }
    bool stale = newest_chosen == NO_TIME || newest_chosen < now_local - STALE_DAYS * SECONDS_PER_DAY;
    if (other && stale && newest_other > newest_chosen)
        snprintf(warning, warning_size,
                 "The pump that PUMP_SERIAL_NUMBER names has sent nothing for over %d days, but another one "
                 "has, whose serial "
                 "number ends in %s. If that is the new pump, change PUMP_SERIAL_NUMBER or leave it empty.",
                 STALE_DAYS, ending(other));
}

static bool reaches_into(const struct pump *pump, int64_t from, int64_t to, int64_t now_local)
{
    int64_t newest = newest_date(pump, now_local);
    return newest != NO_TIME && newest >= from &&
           (pump->first_available == NO_TIME || pump->first_available < to);
}

bool account_choose_pumps(const struct account *account, const char *serial_number, int64_t from, int64_t to,
                          int64_t now_local, bool *chosen, char *warning, size_t warning_size,
                          struct error *error)
{
    size_t count = 0;
    snprintf(warning, warning_size, "%s", "");
    for (size_t i = 0; i < account->pump_count; i++) {
        const struct pump *pump = &account->pumps[i];
        chosen[i] = serial_number ? strcmp(pump->serial_number, serial_number) == 0
                                  : reaches_into(pump, from, to, now_local);
        count += chosen[i];
    }
    if (serial_number && count == 0)
        return refuse_serial(account, error);
    if (serial_number)
        warn_of_newer_pump(account, chosen, now_local, warning, warning_size);
    else if (count == 0)
        snprintf(warning, warning_size, "%s",
                 account->pump_count
                     ? "No pump of this Tandem account has data in this range. Is the phone in reach of the "
                       "pump, and the Tandem app signed in?"
                     : "This Tandem account has no pump. Check TCONNECT_EMAIL: the account has to be the one "
                       "that the pump uploads to.");
    return true;
}
