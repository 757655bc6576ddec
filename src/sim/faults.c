/* Faults that a test dials in: which requests they hit, and those that answer by themselves. */
#include "site.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "tconnectsync/base/error.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/base/memory.h"

static const char *const kind_names[] = {
    [FAULT_ANSWER] = "answer",
    [FAULT_DROP] = "drop",
    [FAULT_STALL] = "stall",
    [FAULT_GARBAGE] = "garbage",
    [FAULT_NULL] = "null",
    [FAULT_FLOOD] = "flood",
    [FAULT_LOSE_ANSWER] = "lose-answer",
    [FAULT_TRUNCATE] = "truncate",
    [FAULT_STORE_HALF] = "store-half",
    [FAULT_DELAY] = "delay",
};

void faults_free(struct fault *fault)
{
    while (fault) {
        struct fault *next = fault->next;
        evhttp_clear_headers(&fault->headers);
        free(fault->site);
        free(fault->method);
        free(fault->path);
        free(fault->content_type);
        free(fault->body);
        free(fault);
        fault = next;
    }
}

static bool is_hit(const struct fault *fault, const struct exchange *exchange)
{
    return (!fault->site || strcmp(fault->site, exchange->site->name) == 0) &&
           (!fault->method || strcmp(fault->method, exchange->method) == 0) &&
           (!fault->path || fnmatch(fault->path, exchange->path, 0) == 0);
}

static struct fault *copy(const struct fault *fault)
{
    struct fault *made = xcalloc(1, sizeof *made);
    struct evkeyval *header;
    *made = *fault;
    made->next = NULL;
    made->site = xstrdup(fault->site);
    made->method = xstrdup(fault->method);
    made->path = xstrdup(fault->path);
    made->content_type = xstrdup(fault->content_type);
    made->body = xstrdup(fault->body);
    TAILQ_INIT(&made->headers);
    TAILQ_FOREACH(header, &fault->headers, next)
    evhttp_add_header(&made->headers, header->key, header->value);
    return made;
}

struct fault *faults_take(struct fault *faults, const struct exchange *exchange)
{
    for (struct fault *fault = faults; fault; fault = fault->next) {
        if (fault->count == 0 || !is_hit(fault, exchange))
            continue;
        if (fault->skip > 0) {
            fault->skip--;
            continue;
        }
        if (fault->count > 0)
            fault->count--;
        return copy(fault);
    }
    return NULL;
}

static char *text_of(const struct json *description, const char *key)
{
    return xstrdup(json_text(json_get(description, key)));
}

static int64_t number_of(const struct json *description, const char *key, int64_t otherwise)
{
    int64_t value;
    return json_integer(json_get(description, key), &value) ? value : otherwise;
}

bool faults_add(struct fault **faults, const struct json *description, struct error *error)
{
    const char *kind = json_text(json_get(description, "kind"));
    const size_t kinds = sizeof kind_names / sizeof *kind_names;
    size_t found = 0;
    while (kind && found < kinds && strcmp(kind, kind_names[found]) != 0)
        found++;
    if (!kind || found == kinds)
        return error_set(error, ERROR_USAGE, "no such kind of fault");
    struct fault *fault = xcalloc(1, sizeof *fault);
    TAILQ_INIT(&fault->headers);
    fault->kind = (enum fault_kind)found;
    fault->site = text_of(description, "site");
    fault->method = text_of(description, "method");
    fault->path = text_of(description, "path");
    fault->content_type = text_of(description, "contentType");
    fault->body = text_of(description, "body");
    fault->skip = number_of(description, "skip", 0);
    fault->count = number_of(description, "count", 1);
    fault->status = number_of(description, "status", 500);
    fault->bytes = number_of(description, "bytes", 0);
    fault->milliseconds = number_of(description, "milliseconds", 0);
    const struct json *headers = json_get(description, "headers");
    if (json_is(headers, JSON_OBJECT))
        for (const struct json *header = headers->first; header; header = header->next)
            if (json_text(header))
                evhttp_add_header(&fault->headers, header->key, header->text);
    while (*faults)
        faults = &(*faults)->next;
    *faults = fault;
    return true;
}

/* As many well-formed records as fill size bytes: one piece, sent again and again without being copied. */
static struct evbuffer *make_flood(int64_t size)
{
    static char piece[1 << 20];
    static const char record[] =
        "{\"deviceAssignmentId\":\"f\",\"eventCode\":777,\"sequenceGroup\":0,\"sequenceNumber\":1,"
        "\"pumpDateTime\":\"2026-05-14T00:01:00\",\"eventProperties\":{\"a\":[1,2,3],\"b\":\"\"}},";
    size_t filled = 0;
    while (filled + sizeof record - 1 <= sizeof piece) {
        memcpy(piece + filled, record, sizeof record - 1);
        filled += sizeof record - 1;
    }
    struct evbuffer *body = evbuffer_new();
    evbuffer_add_printf(body, "{\"events\":[");
    while ((int64_t)evbuffer_get_length(body) < size)
        evbuffer_add_reference(body, piece, filled, NULL, NULL);
    evbuffer_add_printf(body, "null],\"clockChanges\":[]}");
    return body;
}

bool fault_answer(struct exchange *exchange)
{
    const struct fault *fault = exchange->fault;
    struct evkeyval *header;
    bool html = !fault->content_type;
    switch (fault->kind) {
    case FAULT_ANSWER:
        TAILQ_FOREACH(header, &fault->headers, next)
        exchange_add_header(exchange, header->key, header->value);
        exchange_reply_text(
            exchange, (int)fault->status, html ? "text/html; charset=utf-8" : fault->content_type,
            fault->body ? fault->body : "<html><body><h1>Something went wrong</h1></body></html>");
        return true;
    case FAULT_DROP:
        exchange_drop(exchange);
        return true;
    case FAULT_STALL:
        exchange_stall(exchange);
        return true;
    case FAULT_GARBAGE:
        exchange_reply_json(exchange, 200, "{\"events\":[{\"eventCode\":279,}]]");
        return true;
    case FAULT_NULL:
        exchange_reply_json(exchange, 200, "null");
        return true;
    case FAULT_FLOOD:
        exchange_reply(exchange, 200, "application/json; charset=utf-8", make_flood(fault->bytes));
        return true;
    default:
        return false;
    }
}
