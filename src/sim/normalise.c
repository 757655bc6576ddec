/* What a Nightscout does to documents before it stores them. */
#include "normalise.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "tconnectsync/base/memory.h"

/* ---- HTML ---- */

/* Tags go, with what they enclose only if that is a script or a style; a lone "<" becomes an entity. */
static char *without_html(const char *text)
{
    char *out = xmalloc(strlen(text) * 4 + 1), *to = out;
    while (*text) {
        if (*text != '<') {
            *to++ = *text++;
            continue;
        }
        if (!isalpha((unsigned char)text[1]) && text[1] != '/' && text[1] != '!') {
            memcpy(to, "&lt;", 4);
            to += 4;
            text++;
            continue;
        }
        const char *closing = strncasecmp(text, "<script", 7) == 0  ? strcasestr(text, "</script>")
                              : strncasecmp(text, "<style", 6) == 0 ? strcasestr(text, "</style>")
                                                                    : text;
        const char *end = closing ? strchr(closing, '>') : NULL;
        text = end ? end + 1 : text + strlen(text);
    }
    *to = '\0';
    return out;
}

void sanitise(struct json *json)
{
    if (json->type == JSON_STRING && strchr(json->text, '<')) {
        char *clean = without_html(json->text);
        free(json->text);
        json->text = clean;
        json->length = strlen(clean);
    }
    for (struct json *member = json->first; member; member = member->next)
        sanitise(member);
}

/* ---- times ---- */

/* Reads the field's time; false when it is none. */
static bool read_time(const struct json *json, const char *field, int64_t *instant_ms, int *offset)
{
    const char *text = json_text(json_get(json, field));
    int64_t wall_ms;
    bool has_zone;
    if (!text || !clock_parse(text, &wall_ms, offset, &has_zone))
        return false;
    *instant_ms = wall_ms - *offset * 60000;
    return true;
}

static void set_time(struct json *json, const char *field, int64_t instant_ms)
{
    char text[CLOCK_TEXT];
    tree_set(json, field, JSON_STRING, clock_print_utc(text, instant_ms));
}

static void set_offset(struct json *json, int offset)
{
    char text[16];
    snprintf(text, sizeof text, "%d", offset);
    tree_set(json, "utcOffset", JSON_NUMBER, text);
}

/* ---- treatments ---- */

/* JavaScript's Number(): NAN where there is none. */
static double number_of(const struct json *value)
{
    if (!value)
        return NAN;
    switch (value->type) {
    case JSON_NULL:
    case JSON_FALSE:
        return 0;
    case JSON_TRUE:
        return 1;
    case JSON_NUMBER:
    case JSON_STRING: {
        const char *text = value->text + strspn(value->text, " \t\r\n");
        char *end;
        double number = strtod(text, &end);
        end += strspn(end, " \t\r\n");
        return *text == '\0' ? 0 : *end || isinf(number) ? NAN : number;
    }
    default:
        return NAN;
    }
}

static void make_number(struct json *json, const char *field, bool keep_zero)
{
    const struct json *value = json_get(json, field);
    double number = number_of(value);
    if (isnan(number) || (number == 0 && !keep_zero)) {
        tree_remove(json, field);
    } else if (value->type != JSON_NUMBER) {
        char text[32];
        for (int digits = 15; digits <= 17; digits++) {
            snprintf(text, sizeof text, "%.*g", digits, number);
            if (strtod(text, NULL) == number)
                break;
        }
        tree_set(json, field, JSON_NUMBER, text);
    }
}

static void remove_empty_text(struct json *json, const char *field)
{
    const struct json *value = json_get(json, field);
    if (value && (value->type == JSON_NULL || value->type == JSON_FALSE ||
                  (value->type == JSON_STRING && value->length == 0) ||
                  (value->type == JSON_NUMBER && number_of(value) == 0)))
        tree_remove(json, field);
}

static void take_time(struct json *json, int64_t now_ms)
{
    int64_t instant_ms = now_ms, event_ms;
    int offset = 0, event_offset;
    if (!read_time(json, "created_at", &instant_ms, &offset)) {
        instant_ms = now_ms;
        offset = 0;
    }
    if (read_time(json, "eventTime", &event_ms, &event_offset))
        instant_ms = event_ms;
    tree_remove(json, "eventTime");
    set_time(json, "created_at", instant_ms);
    set_offset(json, offset);
}

char *normalise_treatment(struct json *json, int64_t now_ms)
{
    static const char *const removed_when_zero[] = {"targetTop", "targetBottom", "carbs",   "insulin",
                                                    "percent",   "relative",     "preBolus"};
    take_time(json, now_ms);
    for (size_t i = 0; i < sizeof removed_when_zero / sizeof *removed_when_zero; i++)
        make_number(json, removed_when_zero[i], false);
    make_number(json, "absolute", true);
    make_number(json, "duration", true);
    make_number(json, "glucose", false);
    if (!json_get(json, "glucose")) {
        tree_remove(json, "glucoseType");
        tree_remove(json, "units");
    } else if (!json_get(json, "glucoseType")) {
        tree_remove(json, "units");
    }
    remove_empty_text(json, "notes");
    const char *type = json_text(json_get(json, "eventType"));
    return xasprintf("%s|%s", json_text(json_get(json, "created_at")), type ? type : "");
}

/* ---- entries, device status ---- */

/* NULL: a document that the server fails on. */
char *normalise_entry(struct json *json)
{
    int64_t instant_ms;
    int offset = 0;
    const struct json *date = json_get(json, "date");
    const char *type = json_text(json_get(json, "type"));
    bool has_text = read_time(json, "dateString", &instant_ms, &offset);
    if (!has_text && !json_is(date, JSON_NUMBER))
        return NULL;
    if (!has_text)
        instant_ms = (int64_t)strtod(date->text, NULL);
    char time[CLOCK_TEXT];
    clock_print_utc(time, instant_ms);
    tree_set(json, "sysTime", JSON_STRING, time);
    if (has_text)
        tree_set(json, "dateString", JSON_STRING, time);
    set_offset(json, offset);
    return xasprintf("%s|%s", time, type ? type : "");
}

void normalise_status(struct json *json, int64_t now_ms)
{
    int64_t instant_ms;
    int offset = 0;
    if (!read_time(json, "created_at", &instant_ms, &offset))
        instant_ms = now_ms;
    set_time(json, "created_at", instant_ms);
    set_offset(json, offset);
}
