/* What is read from Nightscout. */
#include "nightscout_internal.h"

#include <inttypes.h>
#include <stdio.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/base/url.h"
#include "tconnectsync/documents/document.h"

#define READ_LIMIT            50000 /* documents in a few days; more are no pump's */
#define READ_MAXIMUM          (64u << 20)
#define READ_PATIENCE_SECONDS 31 /* for a site that is down for a moment */
#define UNUSABLE              "sent what cannot be used: %s"

static bool unusable(const struct error *why, struct error *error)
{
    return error_set(error, why->kind, "Nightscout " UNUSABLE ". " NOTHING_LOST, why->text);
}

static bool no_list(const struct nightscout_call *call, struct error *error)
{
    return error_set(
        error, ERROR_UNREACHABLE,
        "Nightscout answered something that is no list of %s; its database may be down. " NOTHING_LOST,
        call->resource);
}

static bool judge_newest(struct nightscout_call *call, const struct http_response *response,
                         struct error *error)
{
    struct json *answer = json_parse(response->body, response->length, NULL);
    bool good = json_is(answer, JSON_ARRAY) || no_list(call, error);
    int64_t milliseconds = NO_TIME;
    if (good && answer->first) {
        const struct json *date = json_get(answer->first, "date"),
                          *created = json_get(answer->first, "created_at");
        if (call->collection == COLLECTION_ENTRIES)
            json_integer(date, &milliseconds);
        else if (json_text(created))
            milliseconds = civil_parse_instant(created->text, created->length);
    }
    *call->newest = milliseconds == NO_TIME ? NO_TIME : milliseconds / 1000;
    json_free(answer);
    return good;
}

/* Appends "&find[name][$comparison]=value", all of it encoded; "" compares for equality. */
static void add_find(struct buffer *path, const char *name, const char *comparison, const char *value)
{
    buffer_addf(path, "&find%%5B%s%%5D", name);
    if (*comparison)
        buffer_addf(path, "%%5B%%24%s%%5D", comparison);
    buffer_add_text(path, "=");
    url_encode(path, value);
}

/* The collection's moment between two instants in milliseconds. */
static void add_range(struct buffer *path, enum collection collection, int64_t from, int64_t to)
{
    char begin[CIVIL_TEXT_SIZE], end[CIVIL_TEXT_SIZE];
    if (collection == COLLECTION_ENTRIES) {
        snprintf(begin, sizeof begin, "%" PRId64, from);
        snprintf(end, sizeof end, "%" PRId64, to);
        add_find(path, "date", "gte", begin);
        add_find(path, "date", "lte", end);
    } else {
        add_find(path, "created_at", "gte", civil_format_utc(begin, from));
        add_find(path, "created_at", "lte", civil_format_utc(end, to));
    }
}

void nightscout_fetch_newest(struct nightscout *nightscout, enum collection collection, int64_t until,
                             int64_t *newest, nightscout_done *done, void *context)
{
    struct nightscout_call *call =
        nightscout_call_new(nightscout, collection_name(collection), done, context);
    struct buffer path;
    call->judge = judge_newest;
    call->collection = collection;
    call->newest = newest;
    *newest = NO_TIME;
    buffer_init(&path, 1024);
    buffer_addf(&path, "%s.json?count=1", collection_name(collection));
    add_find(&path, collection == COLLECTION_TREATMENTS ? "enteredBy" : "device", "", ENTERED_BY);
    add_range(&path, collection, 0, until * 1000);
    nightscout_call_send(call, "GET", path.data, NULL,
                         (struct http_request){.patience_seconds = READ_PATIENCE_SECONDS});
    buffer_free(&path);
}

static bool on_data(void *context, const char *data, size_t length, struct error *error)
{
    struct nightscout_call *call = context;
    struct error why = {0};
    return held_reader_feed(call->reader, data, length, &why) ||
           error_set(error, why.kind == ERROR_NONE ? ERROR_DATA : why.kind, UNUSABLE, why.text);
}

static void on_restart(void *context)
{
    struct nightscout_call *call = context;
    held_reader_restart(call->reader);
}

static bool judge_read(struct nightscout_call *call, const struct http_response *response,
                       struct error *error)
{
    (void)response;
    struct error why = {0};
    return held_reader_finish(call->reader, READ_LIMIT, &why) || unusable(&why, error);
}

void nightscout_read(struct nightscout *nightscout, enum collection collection, int64_t from, int64_t to,
                     struct held_reader *reader, nightscout_done *done, void *context)
{
    struct nightscout_call *call =
        nightscout_call_new(nightscout, collection_name(collection), done, context);
    struct buffer path;
    call->judge = judge_read;
    call->collection = collection;
    call->reader = reader;
    buffer_init(&path, 1024);
    buffer_addf(&path, "%s.json?count=%d", collection_name(collection), READ_LIMIT);
    add_range(&path, collection, from, to);
    nightscout_call_send(call, "GET", path.data, NULL,
                         (struct http_request){.on_data = on_data,
                                               .on_restart = on_restart,
                                               .maximum_length = READ_MAXIMUM,
                                               .patience_seconds = READ_PATIENCE_SECONDS});
    buffer_free(&path);
}

static bool judge_json(struct nightscout_call *call, const struct http_response *response,
                       struct error *error)
{
    struct error why = {0};
    *call->json = json_parse(response->body, response->length, &why);
    return *call->json || unusable(&why, error);
}

/* A server whose database is down answers null. */
static bool judge_list(struct nightscout_call *call, const struct http_response *response,
                       struct error *error)
{
    return judge_json(call, response, error) && (json_is(*call->json, JSON_ARRAY) || no_list(call, error));
}

static void fetch_json(struct nightscout_call *call, const char *path, struct json **json)
{
    call->json = json;
    *json = NULL;
    nightscout_call_send(call, "GET", path, NULL,
                         (struct http_request){.patience_seconds = READ_PATIENCE_SECONDS});
}

static void fetch_list(struct nightscout *nightscout, const char *resource, const char *path,
                       struct json **list, nightscout_done *done, void *context)
{
    struct nightscout_call *call = nightscout_call_new(nightscout, resource, done, context);
    call->judge = judge_list;
    fetch_json(call, path, list);
}

void nightscout_fetch_profile(struct nightscout *nightscout, struct json **profile, nightscout_done *done,
                              void *context)
{
    fetch_list(nightscout, "profile", "profile.json?count=1", profile, done, context);
}

void nightscout_fetch_profiles(struct nightscout *nightscout, struct json **profiles, nightscout_done *done,
                               void *context)
{
    fetch_list(nightscout, "profile", "profile.json?count=10", profiles, done, context);
}

void nightscout_fetch_activities(struct nightscout *nightscout, struct json **activities,
                                 nightscout_done *done, void *context)
{
    struct buffer path;
    buffer_init(&path, 512);
    buffer_add_text(&path, "activity.json?count=100");
    add_find(&path, "enteredBy", "", ENTERED_BY);
    add_find(&path, "created_at", "gte", "2000-01-01");
    fetch_list(nightscout, "activity", path.data, activities, done, context);
    buffer_free(&path);
}

void nightscout_fetch_status(struct nightscout *nightscout, struct json **status, nightscout_done *done,
                             void *context)
{
    struct nightscout_call *call = nightscout_call_new(nightscout, "", done, context);
    call->judge = judge_json;
    fetch_json(call, "status.json", status);
}
