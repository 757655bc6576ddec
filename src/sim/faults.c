/* The list of faults: what a test asked for, and whose turn it is. */
#include "faults.h"

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

static bool is_hit(const struct fault *fault, const char *site, const char *method, const char *path)
{
    return (!fault->site || strcmp(fault->site, site) == 0) &&
           (!fault->method || strcmp(fault->method, method) == 0) &&
           (!fault->path || fnmatch(fault->path, path, 0) == 0);
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

struct fault *faults_take(struct fault *faults, const char *site, const char *method, const char *path)
{
    for (struct fault *fault = faults; fault; fault = fault->next) {
        if (fault->count == 0 || !is_hit(fault, site, method, path))
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

/* One piece, sent again and again without being copied. */
struct evbuffer *fault_flood(int64_t size)
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
