/* A Nightscout by its facts: doors, and what each collection does with documents. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "nightscout.h"
#include "sim.h"
#include "tconnectsync/base/memory.h"
#include "token.h"

#define HTML_TYPE "text/html; charset=utf-8"
#define API       "/api/v1/"
#define MEGABYTE  (1 << 20)

enum role { DENIED, READABLE, CAREPORTAL, ADMIN, UNKNOWN };

const struct place_facts places[PLACES] = {
    [TREATMENTS] = {"treatments", "created_at", 100, 50 * MEGABYTE, .takes_put = true, .of_careportal = true},
    [ENTRIES] = {"entries", "date", 10, 50 * MEGABYTE},
    [DEVICESTATUS] = {"devicestatus", "created_at", 10, MEGABYTE},
    [PROFILE] = {"profile", "startDate", 10, MEGABYTE, .takes_put = true},
    [ACTIVITY] = {"activity", "created_at", INT64_MAX, 50 * MEGABYTE, .takes_put = true,
                  .of_careportal = true},
};

struct nightscout *nightscout_new(void)
{
    struct nightscout *nightscout = xcalloc(1, sizeof *nightscout);
    for (size_t i = 0; i < PLACES; i++) {
        nightscout->collections[i].name = places[i].name;
        nightscout->collections[i].time_field = places[i].time_field;
    }
    return nightscout;
}

void nightscout_clear(struct nightscout *nightscout)
{
    for (size_t i = 0; i < PLACES; i++)
        collection_clear(&nightscout->collections[i]);
    nightscout->penalty_until = 0;
}

void nightscout_free(struct nightscout *nightscout)
{
    if (nightscout)
        nightscout_clear(nightscout);
    free(nightscout);
}

void nightscout_dump(struct nightscout *nightscout, struct json_writer *writer)
{
    json_open_object(writer);
    for (size_t i = 0; i < PLACES; i++) {
        struct document **sorted = collection_sorted(&nightscout->collections[i]);
        json_write_key(writer, places[i].name);
        json_open_array(writer);
        for (size_t d = nightscout->collections[i].count; d-- > 0;)
            json_write_tree(writer, sorted[d]->json);
        json_close_array(writer);
        free(sorted);
    }
    json_close_object(writer);
}

bool nightscout_put_raw(struct nightscout *nightscout, const char *name, const struct json *documents)
{
    size_t place = 0;
    while (place < PLACES && strcmp(places[place].name, name) != 0)
        place++;
    if (place == PLACES || !json_is(documents, JSON_ARRAY))
        return false;
    for (const struct json *document = documents->first; document; document = document->next) {
        const char *created = json_text(json_get(document, "created_at")),
                   *type = json_text(json_get(document, "eventType"));
        char *key = place == TREATMENTS ? xasprintf("%s|%s", created ? created : "", type ? type : "") : NULL;
        if (json_is(document, JSON_OBJECT))
            collection_put(&nightscout->collections[place], tree_copy(document), key, NULL);
        free(key);
    }
    return true;
}

bool nightscout_is_old(const struct simulator *simulator)
{
    return strcmp(simulator->settings.nightscout_version, "old") == 0;
}

/* ---- who asks ---- */

static enum role role_named(const char *name)
{
    return strcmp(name, "admin") == 0 ? ADMIN : strcmp(name, "careportal") == 0 ? CAREPORTAL : READABLE;
}

static enum role role_of(const struct simulator *simulator, const struct exchange *exchange)
{
    const struct settings *settings = &simulator->settings;
    const char *header = exchange_header(exchange, "api-secret"),
               *token = exchange_parameter(exchange, "token");
    char secret_hash[41], token_hash[41];
    if (!header && !token)
        return strcmp(settings->default_role, "denied") == 0 ? DENIED : READABLE;
    sha1_hex(settings->secret, secret_hash);
    sha1_hex(settings->access_token, token_hash);
    if (header && strcmp(header, secret_hash) == 0)
        return ADMIN;
    const char *given = token ? token : header;
    if (*settings->access_token &&
        (strcmp(given, settings->access_token) == 0 || strcmp(given, token_hash) == 0))
        return role_named(settings->access_role);
    return UNKNOWN;
}

/* After a wrong secret the next requests wait, the longer the more there were. */
static void punish(struct simulator *simulator, struct exchange *exchange, enum role role)
{
    struct nightscout *nightscout = simulator->nightscout;
    double now = clock_monotonic(), delay = (double)simulator->settings.refuse_delay;
    if (nightscout->penalty_until > now)
        exchange->delay += (int64_t)(nightscout->penalty_until - now);
    if (role == UNKNOWN)
        nightscout->penalty_until =
            (nightscout->penalty_until > now ? nightscout->penalty_until : now) + delay;
    else if (role == ADMIN)
        nightscout->penalty_until = 0;
}

static void reply_unauthorized(struct exchange *exchange)
{
    exchange_reply_json(exchange, 401,
                        "{\"status\":401,\"message\":\"Unauthorized\",\"description\":\"Invalid/Missing\"}");
}

static void reply_verifyauth(struct simulator *simulator, struct exchange *exchange, enum role role)
{
    bool admin = role == ADMIN;
    const char *message = admin ? "OK" : "UNAUTHORIZED";
    if (nightscout_is_old(simulator)) {
        char *text = xasprintf("{\"status\":200,\"message\":\"%s\"}", message);
        exchange_reply_json(exchange, 200, text);
        free(text);
        return;
    }
    char *text = xasprintf(
        "{\"status\":200,\"message\":{\"canRead\":%s,\"canWrite\":%s,\"isAdmin\":%s,\"message\":\"%s\","
        "\"rolefound\":\"%s\",\"permissions\":\"%s\"}}",
        role == DENIED ? "false" : "true", admin ? "true" : "false", admin ? "true" : "false", message,
        role == UNKNOWN ? "NOTFOUND" : "FOUND", admin ? "ROLE" : "DEFAULT");
    exchange_reply_json(exchange, 200, text);
    free(text);
}

static void reply_status(struct simulator *simulator, struct exchange *exchange)
{
    char time[CLOCK_TEXT];
    int64_t now = service_now(simulator);
    char *text = xasprintf(
        "{\"status\":\"ok\",\"name\":\"nightscout\",\"version\":\"%s\",\"serverTime\":\"%s\","
        "\"serverTimeEpoch\":%lld,\"apiEnabled\":true,\"careportalEnabled\":%s,\"boluscalcEnabled\":false,"
        "\"settings\":{\"units\":\"%s\",\"timeFormat\":12,\"enable\":[%s\"basal\",\"iob\",\"cage\"]}}",
        nightscout_is_old(simulator) ? "15.0.6" : "15.0.7", clock_print_utc(time, now * 1000),
        (long long)now * 1000, simulator->settings.careportal ? "true" : "false", simulator->settings.units,
        simulator->settings.careportal ? "\"careportal\"," : "");
    exchange_reply_json(exchange, 200, text);
    free(text);
}

/* ---- reading ---- */

/* Old servers tell of a treatment's missing carbs and insulin as null. */
static void add_with_nulls(struct evbuffer *body, const struct document *document)
{
    static const char *const names[] = {"carbs", "insulin"};
    evbuffer_add(body, document->text, document->length - 1);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!json_get(document->json, names[i]))
            evbuffer_add_printf(body, ",\"%s\":null", names[i]);
    evbuffer_add(body, "}", 1);
}

static void reply_list(struct exchange *exchange, struct document **documents, size_t count, bool with_nulls)
{
    struct evbuffer *body = evbuffer_new();
    evbuffer_add(body, "[", 1);
    for (size_t i = 0; i < count; i++) {
        evbuffer_add(body, ",", i > 0);
        if (with_nulls)
            add_with_nulls(body, documents[i]);
        else
            evbuffer_add(body, documents[i]->text, documents[i]->length);
    }
    evbuffer_add(body, "]", 1);
    exchange_reply(exchange, 200, JSON_TYPE, body);
}

/* What a client gets that forgot ".json" and does not ask for JSON. */
static void reply_table(struct exchange *exchange, struct document **documents, size_t count)
{
    struct evbuffer *body = evbuffer_new();
    for (size_t i = 0; i < count; i++) {
        const struct json *sgv = json_get(documents[i]->json, "sgv");
        const char *time = json_text(json_get(documents[i]->json, "dateString"));
        evbuffer_add_printf(body, "%s\"%s\"\t%.0f\t%s", i ? "\r\n" : "", time ? time : "",
                            strtod(documents[i]->when, NULL), json_is(sgv, JSON_NUMBER) ? sgv->text : "");
    }
    exchange_reply(exchange, 200, "text/plain; charset=utf-8", body);
}

static void handle_read(struct simulator *simulator, struct exchange *exchange, enum place place,
                        bool as_table)
{
    const struct collection *collection = &simulator->nightscout->collections[place];
    struct query query;
    size_t found = 0;
    if (!query_read(&query, exchange, collection, places[place].default_limit, service_now(simulator))) {
        query_free(&query);
        if (nightscout_is_old(simulator))
            exchange_reply_text(exchange, 500, HTML_TYPE,
                                "<pre>Error: Cannot parse that as a valid ISO-8601 date</pre>");
        else
            exchange_reply_json(exchange, 200, "null");
        return;
    }
    struct document **sorted = collection_sorted(collection);
    for (size_t i = 0; i < collection->count && (int64_t)found < query.limit; i++)
        if (query_matches(&query, sorted[i]->json))
            sorted[found++] = sorted[i];
    if (as_table)
        reply_table(exchange, sorted, found);
    else
        reply_list(exchange, sorted, found, place == TREATMENTS && nightscout_is_old(simulator));
    free(sorted);
    query_free(&query);
}

/* The highest startDate as a text, also in the future. */
static void reply_current_profile(struct simulator *simulator, struct exchange *exchange)
{
    struct collection *profiles = &simulator->nightscout->collections[PROFILE];
    struct document **sorted = collection_sorted(profiles);
    exchange_reply_json(exchange, 200, profiles->count ? sorted[0]->text : "null");
    free(sorted);
}

/* ---- which way ---- */

static void reply_cannot(struct exchange *exchange)
{
    char *text = xasprintf("<!DOCTYPE html>\n<html><body><pre>Cannot %s %s</pre></body></html>",
                           exchange->method, exchange->path);
    exchange_reply_text(exchange, 404, HTML_TYPE, text);
    free(text);
}

/* Old servers let a wrong secret do what no secret may. */
static enum role effective_role(const struct simulator *simulator, enum role role)
{
    if (role != UNKNOWN || !nightscout_is_old(simulator))
        return role;
    return strcmp(simulator->settings.default_role, "denied") == 0 ? DENIED : READABLE;
}

static bool may(enum role role, const char *method, enum place place)
{
    if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0)
        return role == READABLE || role == CAREPORTAL || role == ADMIN;
    return role == ADMIN || (role == CAREPORTAL && place == TREATMENTS && strcmp(method, "POST") == 0);
}

/* rest: what follows the collection's name. */
static void handle_collection(struct simulator *simulator, struct exchange *exchange, enum place place,
                              const char *rest, enum role role)
{
    const char *method = exchange->method, *accept = exchange_header(exchange, "Accept");
    bool is_read = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
    bool is_whole = !*rest || strcmp(rest, "/") == 0 || strcmp(rest, ".json") == 0;
    bool is_closed = places[place].of_careportal && !is_read && !simulator->settings.careportal;
    bool as_table =
        place == ENTRIES && strcmp(rest, ".json") != 0 && !(accept && strstr(accept, "application/json"));
    if (is_closed)
        reply_cannot(exchange);
    else if (!may(role, method, place))
        reply_unauthorized(exchange);
    else if (is_read && is_whole)
        handle_read(simulator, exchange, place, as_table);
    else if (is_read && place == PROFILE &&
             (strcmp(rest, "/current") == 0 || strcmp(rest, "/current.json") == 0))
        reply_current_profile(simulator, exchange);
    else if (strcmp(method, "POST") == 0 && is_whole)
        nightscout_post(simulator, exchange, place);
    else if (strcmp(method, "PUT") == 0 && is_whole && places[place].takes_put)
        nightscout_put(simulator, exchange, place);
    else if (strcmp(method, "DELETE") == 0 && rest[0] == '/' && rest[1])
        nightscout_delete(simulator, exchange, place, rest + 1);
    else
        reply_cannot(exchange);
}

void nightscout_handle(void *context, struct exchange *exchange)
{
    struct simulator *simulator = context;
    /* The site may live below some path. */
    const char *what = strstr(exchange->path, API);
    enum role role = role_of(simulator, exchange);
    if (exchange_header(exchange, "Upgrade")) {
        exchange_drop(exchange);
        return;
    }
    punish(simulator, exchange, role);
    what = what ? what + strlen(API) : "";
    if (strncmp(what, "verifyauth", 10) == 0) {
        if (role == DENIED)
            reply_unauthorized(exchange);
        else
            reply_verifyauth(simulator, exchange, role);
        return;
    }
    role = effective_role(simulator, role);
    if (strncmp(what, "status", 6) == 0) {
        if (may(role, "GET", TREATMENTS))
            reply_status(simulator, exchange);
        else
            reply_unauthorized(exchange);
        return;
    }
    for (int place = 0; place < PLACES; place++) {
        size_t length = strlen(places[place].name);
        if (strncmp(what, places[place].name, length) == 0 && strchr("/.", what[length])) {
            handle_collection(simulator, exchange, (enum place)place, what + length, role);
            return;
        }
    }
    reply_cannot(exchange);
}
