/* Coverage as a document of Nightscout's activity collection:
   {"enteredBy", "created_at", "pump_coverage": 1, "pump": KEY, "since": {"BASAL": TIME}, "through": TIME,
    "days": [{"day": "2026-05-14", "features": "BASAL,BOLUS", "runs": [[GROUP, FIRST, LAST]]}]} */
#include "tconnectsync/documents/coverage.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/documents/document.h"
#include "tconnectsync/pump/pump_source.h"

#include "coverage_runs.h"

#define FORMAT       1
#define RUNS_MAXIMUM 20000 /* more than any pump's 62 days can have; a bound for hostile answers */
#define NO_GROUP     (-1)
#define AHEAD        (10 * SECONDS_PER_MINUTE) /* another writer's clock may be that fast */

char *coverage_key(const char *serial_number, char key[COVERAGE_KEY_SIZE])
{
    snprintf(key, COVERAGE_KEY_SIZE, "%08" PRIx32, pump_source(serial_number, NO_GROUP));
    return key;
}

/* ---- reading ---- */

/* What lies ahead of now would keep the runs until then from reading anything: NO_TIME, as garbage is. */
static int64_t past_instant_of(const struct json *json, int64_t now)
{
    const char *text = json_text(json);
    int64_t milliseconds = text ? civil_parse_instant(text, strlen(text)) : NO_TIME;
    return milliseconds == NO_TIME || milliseconds / 1000 > now + AHEAD ? NO_TIME : milliseconds / 1000;
}

static bool read_run(const struct json *json, struct coverage_run *run)
{
    int64_t group;
    const struct json *first = json_is(json, JSON_ARRAY) && json->first ? json->first->next : NULL;
    if (!first || !first->next || !json_integer(json->first, &group) || !json_integer(first, &run->first) ||
        !json_integer(first->next, &run->last))
        return false;
    run->group = (int32_t)group;
    return group >= 0 && group <= INT32_MAX && run->first >= 0 && run->last >= run->first &&
           run->last < INT64_MAX;
}

static void read_day(struct run_list *list, const struct json *json)
{
    struct coverage_run run = {0};
    const char *day = json_text(json_get(json, "day")), *features = json_text(json_get(json, "features"));
    const struct json *runs = json_get(json, "runs");
    int64_t wall = day ? civil_parse_wall(day) : NO_TIME;
    if (wall == NO_TIME || !features || !*features || !features_parse(features, &run.features, NULL) ||
        !json_is(runs, JSON_ARRAY))
        return;
    run.day = wall / SECONDS_PER_DAY;
    for (const struct json *item = runs->first; item && list->count < RUNS_MAXIMUM; item = item->next)
        if (read_run(item, &run))
            run_list_add(list, &run);
}

/* The earlier of two beginnings: two programs that write to one site agree in the end. */
static void read_since(struct coverage *coverage, const struct json *since, int64_t now)
{
    struct buffer name;
    buffer_init(&name, 100);
    for (size_t i = 0; i < FEATURE_COUNT; i++) {
        buffer_clear(&name);
        features_write(1u << i, &name);
        int64_t at = past_instant_of(json_get(since, name.data), now);
        if (at != NO_TIME && (coverage->since[i] == NO_TIME || at < coverage->since[i]))
            coverage->since[i] = at;
    }
    buffer_free(&name);
}

static bool is_of(const struct json *activity, const char *key)
{
    int64_t format;
    const char *pump = json_text(json_get(activity, "pump")),
               *entered_by = json_text(json_get(activity, "enteredBy"));
    return pump && strcmp(pump, key) == 0 && entered_by && strcmp(entered_by, ENTERED_BY) == 0 &&
           json_integer(json_get(activity, "pump_coverage"), &format) && format == FORMAT;
}

void coverage_read(struct coverage *coverage, const struct json *activities, const char *key, int64_t now,
                   char **id)
{
    struct run_list list = {.items = coverage->runs, .count = coverage->count, .capacity = coverage->count};
    const char *least = NULL; /* of several documents always the same one is replaced */
    for (const struct json *item = json_is(activities, JSON_ARRAY) ? activities->first : NULL; item;
         item = item->next) {
        const char *own = json_text(json_get(item, "_id"));
        const struct json *days = json_get(item, "days");
        int64_t through = past_instant_of(json_get(item, "through"), now);
        if (!is_of(item, key))
            continue;
        for (const struct json *day = json_is(days, JSON_ARRAY) ? days->first : NULL; day; day = day->next)
            read_day(&list, day);
        read_since(coverage, json_get(item, "since"), now);
        if (through > coverage->through)
            coverage->through = through;
        if (own && (!least || strcmp(own, least) < 0))
            least = own;
    }
    run_list_unite(&list);
    coverage->runs = list.items;
    coverage->count = list.count;
    *id = least ? xstrdup(least) : NULL;
}

/* ---- writing ---- */

static void write_pair(struct json_writer *writer, const char *key, const char *text)
{
    json_write_key(writer, key);
    json_write_text(writer, text);
}

static void write_features(struct json_writer *writer, unsigned features)
{
    struct buffer names;
    buffer_init(&names, 200);
    features_write(features, &names);
    write_pair(writer, "features", names.data);
    buffer_free(&names);
}

static void write_since(struct json_writer *writer, const struct coverage *coverage)
{
    char time[CIVIL_TEXT_SIZE];
    struct buffer name;
    buffer_init(&name, 100);
    json_write_key(writer, "since");
    json_open_object(writer);
    for (size_t i = 0; i < FEATURE_COUNT; i++) {
        buffer_clear(&name);
        features_write(1u << i, &name);
        if (coverage->since[i] != NO_TIME)
            write_pair(writer, name.data, civil_format_utc(time, coverage->since[i] * 1000));
    }
    json_close_object(writer);
    buffer_free(&name);
}

/* Runs of one day and one set of features that stand side by side share a day's object. */
static void write_days(struct json_writer *writer, const struct coverage *coverage)
{
    char date[CIVIL_TEXT_SIZE];
    json_write_key(writer, "days");
    json_open_array(writer);
    for (size_t i = 0, next; i < coverage->count; i = next) {
        const struct coverage_run *run = &coverage->runs[i];
        json_open_object(writer);
        write_pair(writer, "day", civil_format_date(date, run->day * SECONDS_PER_DAY));
        write_features(writer, run->features);
        json_write_key(writer, "runs");
        json_open_array(writer);
        for (next = i; next < coverage->count && coverage->runs[next].day == run->day &&
                       coverage->runs[next].features == run->features;
             next++) {
            json_open_array(writer);
            json_write_integer(writer, coverage->runs[next].group);
            json_write_integer(writer, coverage->runs[next].first);
            json_write_integer(writer, coverage->runs[next].last);
            json_close_array(writer);
        }
        json_close_array(writer);
        json_close_object(writer);
    }
    json_close_array(writer);
}

void coverage_write(const struct coverage *coverage, const char *key, const char *id, int64_t now,
                    struct buffer *out)
{
    char time[CIVIL_TEXT_SIZE];
    struct json_writer *writer = json_writer_new(out);
    json_open_object(writer);
    if (id)
        write_pair(writer, "_id", id);
    write_pair(writer, "enteredBy", ENTERED_BY);
    write_pair(writer, "created_at", civil_format_utc(time, now * 1000));
    json_write_key(writer, "pump_coverage");
    json_write_integer(writer, FORMAT);
    write_pair(writer, "pump", key);
    write_since(writer, coverage);
    if (coverage->through != NO_TIME)
        write_pair(writer, "through", civil_format_utc(time, coverage->through * 1000));
    write_days(writer, coverage);
    json_close_object(writer);
    json_writer_free(writer);
}
