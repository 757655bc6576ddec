/* /control/...: one table of routes. */
#include "control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "faults.h"
#include "nightscout_site.h"
#include "simulator.h"
#include "tandem_side.h"
#include "truth.h"
#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/base/memory.h"

#define MAXIMUM (512u << 20)

/* The text of a JSON value as a command line would spell it; to be freed; NULL for lists and objects. */
static char *plain_text(const struct json *value)
{
    switch (value->type) {
    case JSON_NUMBER:
    case JSON_STRING:
        return xstrdup(value->text);
    case JSON_TRUE:
    case JSON_FALSE:
        return xstrdup(value->type == JSON_TRUE ? "true" : "false");
    case JSON_NULL:
        return xstrdup("");
    default:
        return NULL;
    }
}

static void reply_failure(struct exchange *exchange, const char *message)
{
    struct buffer buffer;
    buffer_init(&buffer, 4096);
    struct json_writer *writer = json_writer_new(&buffer);
    json_open_object(writer);
    json_write_key(writer, "error");
    json_write_text(writer, message);
    json_close_object(writer);
    json_writer_free(writer);
    exchange_reply_json(exchange, 400, buffer.data);
    buffer_free(&buffer);
}

static void reply_done(struct exchange *exchange)
{
    exchange_reply_json(exchange, 200, "{\"result\":\"ok\"}");
}

/* The body, or the query as an object of texts where there is no body; NULL when the body is no JSON. */
static struct json *read_body(const struct exchange *exchange)
{
    if (exchange->body_length)
        return json_parse(exchange->body, exchange->body_length, NULL);
    struct buffer buffer;
    struct evkeyval *parameter;
    buffer_init(&buffer, 65536);
    struct json_writer *writer = json_writer_new(&buffer);
    json_open_object(writer);
    TAILQ_FOREACH(parameter, &exchange->query, next)
    {
        json_write_key(writer, parameter->key);
        json_write_text(writer, parameter->value);
    }
    json_close_object(writer);
    json_writer_free(writer);
    struct json *json = json_parse(buffer.data, buffer.length, NULL);
    buffer_free(&buffer);
    return json;
}

static void post_settings(struct simulator *simulator, struct exchange *exchange, const struct json *body)
{
    char message[200] = "an object is wanted";
    bool good = json_is(body, JSON_OBJECT);
    for (const struct json *member = good ? body->first : NULL; member && good; member = member->next) {
        char *value = plain_text(member);
        good = value && settings_set(&simulator->settings, member->key, value);
        if (!good)
            snprintf(message, sizeof message, "cannot set %s", member->key);
        free(value);
    }
    if (good)
        reply_done(exchange);
    else
        reply_failure(exchange, message);
}

static void post_faults(struct simulator *simulator, struct exchange *exchange, const struct json *body)
{
    struct error error = {0};
    bool good = true;
    if (json_is(body, JSON_ARRAY))
        for (const struct json *fault = body->first; fault && good; fault = fault->next)
            good = faults_add(&simulator->faults, fault, &error);
    else
        good = faults_add(&simulator->faults, body, &error);
    if (good)
        reply_done(exchange);
    else
        reply_failure(exchange, error.text);
}

static void delete_faults(struct simulator *simulator, struct exchange *exchange, const struct json *body)
{
    (void)body;
    faults_free(simulator->faults);
    simulator->faults = NULL;
    reply_done(exchange);
}

static bool read_instant(const struct json *body, const char *key, int64_t *instant)
{
    const struct json *value = json_get(body, key);
    char *text = value ? plain_text(value) : NULL;
    bool good = text && clock_parse_instant(text, instant);
    free(text);
    return good;
}

static void post_hold(struct simulator *simulator, struct exchange *exchange, const struct json *body)
{
    int64_t from, to, until, code = 0;
    read_instant(body, "code", &code);
    if (read_instant(body, "from", &from) && read_instant(body, "to", &to) &&
        read_instant(body, "until", &until) && simulator_hold(simulator, from, to, until, code))
        reply_done(exchange);
    else
        reply_failure(exchange, "from, to and until are wanted, in that order");
}

static void delete_hold(struct simulator *simulator, struct exchange *exchange, const struct json *body)
{
    (void)body;
    simulator->hold_count = 0;
    reply_done(exchange);
}

static void post_revoke(struct simulator *simulator, struct exchange *exchange, const struct json *body)
{
    (void)body;
    tandem_side_revoke(simulator->tandem);
    reply_done(exchange);
}

static void post_reset(struct simulator *simulator, struct exchange *exchange, const struct json *body)
{
    (void)body;
    nightscout_clear(simulator->nightscout);
    statistics_reset(&simulator->statistics);
    reply_done(exchange);
}

static void post_documents(struct simulator *simulator, struct exchange *exchange, const struct json *body)
{
    bool good = json_is(body, JSON_OBJECT);
    for (const struct json *member = good ? body->first : NULL; member; member = member->next)
        good = good && nightscout_put_raw(simulator->nightscout, member->key, member);
    if (good)
        reply_done(exchange);
    else
        reply_failure(exchange, "lists of documents by collection are wanted");
}

/* The answer that write makes. */
static void reply_written(struct simulator *simulator, struct exchange *exchange,
                          void (*write)(struct simulator *, struct json_writer *))
{
    struct buffer buffer;
    struct evbuffer *body = evbuffer_new();
    buffer_init(&buffer, MAXIMUM);
    struct json_writer *writer = json_writer_new(&buffer);
    write(simulator, writer);
    json_writer_free(writer);
    evbuffer_add(body, buffer.data, buffer.length);
    buffer_free(&buffer);
    exchange_reply(exchange, 200, "application/json; charset=utf-8", body);
}

static void write_documents(struct simulator *simulator, struct json_writer *writer)
{
    nightscout_dump(simulator->nightscout, writer);
}

static void write_statistics(struct simulator *simulator, struct json_writer *writer)
{
    statistics_write(&simulator->statistics, writer);
}

static void write_requests(struct simulator *simulator, struct json_writer *writer)
{
    statistics_write_requests(&simulator->statistics, writer);
}

static const struct {
    const char *method, *path;
    void (*change)(struct simulator *, struct exchange *, const struct json *body);
    void (*write)(struct simulator *, struct json_writer *);
    void (*reply)(struct simulator *, struct exchange *);
} routes[] = {
    {"POST", "/control/settings", .change = post_settings},
    {"POST", "/control/faults", .change = post_faults},
    {"DELETE", "/control/faults", .change = delete_faults},
    {"POST", "/control/hold", .change = post_hold},
    {"DELETE", "/control/hold", .change = delete_hold},
    {"POST", "/control/revoke", .change = post_revoke},
    {"POST", "/control/reset", .change = post_reset},
    {"POST", "/control/documents", .change = post_documents},
    {"GET", "/control/documents", .write = write_documents},
    {"GET", "/control/statistics", .write = write_statistics},
    {"GET", "/control/requests", .write = write_requests},
    {"GET", "/control/truth", .reply = truth_reply},
};

void control_handle(void *context, struct exchange *exchange)
{
    struct simulator *simulator = context;
    size_t i = 0, count = sizeof routes / sizeof *routes;
    while (i < count && !exchange_is(exchange, routes[i].method, routes[i].path))
        i++;
    if (i == count) {
        exchange_reply_json(exchange, 404, "{\"error\":\"no such control\"}");
    } else if (routes[i].write) {
        reply_written(simulator, exchange, routes[i].write);
    } else if (routes[i].reply) {
        routes[i].reply(simulator, exchange);
    } else {
        struct json *body = read_body(exchange);
        routes[i].change(simulator, exchange, body);
        json_free(body);
    }
}
