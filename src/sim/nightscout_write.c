/* What a Nightscout stores, replaces and deletes, and how it fails. */
#include "nightscout_write.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "faults.h"
#include "normalise.h"
#include "simulator.h"
#include "tconnectsync/base/memory.h"

#define HTML_TYPE "text/html; charset=utf-8"

static void reply_mongo_error(struct exchange *exchange)
{
    exchange_reply_json(exchange, 500,
                        "{\"status\":500,\"message\":\"Mongo Error\",\"description\":\"cannot store this\"}");
}

static bool has_bad_name(const struct json *json)
{
    for (const struct json *member = json->first; member; member = member->next)
        if ((member->key && (strchr(member->key, '.') || member->key[0] == '$')) || has_bad_name(member))
            return true;
    return false;
}

static bool is_refused(const struct simulator *simulator, const struct json *document)
{
    const char *refused = simulator->settings.refuse_text;
    if (!json_is(document, JSON_OBJECT) || has_bad_name(document))
        return true;
    if (!*refused)
        return false;
    char *text = tree_print(document);
    bool found = strstr(text, refused) != NULL;
    free(text);
    return found;
}

static struct document *find_same(const struct simulator *simulator, const struct collection *collection,
                                  const struct json *document, const char *key)
{
    const char *identifier = json_text(json_get(document, "identifier"));
    if (nightscout_is_old(&simulator->settings) || collection->time_field[0] != 'c')
        return collection_find_key(collection, key);
    for (size_t i = 0; identifier && i < collection->count; i++) {
        const char *other = json_text(json_get(collection->items[i]->json, "identifier"));
        if (other && strcmp(identifier, other) == 0)
            return collection->items[i];
    }
    struct document *same = collection_find_id(collection, json_text(json_get(document, "_id")));
    return same || identifier ? same : collection_find_key(collection, key);
}

/* Adds the document as the answer to a POST tells it: old servers know no _id of one that was there already.
 */
static void add_answer(struct evbuffer *answer, const struct document *stored, bool with_id)
{
    if (evbuffer_get_length(answer) > 1)
        evbuffer_add(answer, ",", 1);
    if (with_id) {
        evbuffer_add(answer, stored->text, stored->length);
        return;
    }
    struct json *copy = tree_copy(stored->json);
    tree_remove(copy, "_id");
    char *text = tree_print(copy);
    evbuffer_add(answer, text, strlen(text));
    free(text);
    json_free(copy);
}

/* false: the server fails on it. */
static bool store_one(struct simulator *simulator, enum place place, const struct json *given,
                      struct evbuffer *answer)
{
    struct collection *collection = &simulator->nightscout->collections[place];
    int64_t now_ms = service_now(simulator) * 1000;
    struct json *document = tree_copy(given);
    struct document *same = NULL;
    char *key = NULL, time[CLOCK_TEXT];
    bool old = nightscout_is_old(&simulator->settings);
    sanitise(document);
    switch (place) {
    case TREATMENTS:
        key = normalise_treatment(document, now_ms);
        break;
    case ENTRIES:
        key = normalise_entry(document);
        if (!key) {
            json_free(document);
            return false;
        }
        break;
    case DEVICESTATUS:
        /* Old servers look at the list where they mean its items. */
        if (!old)
            normalise_status(document, now_ms);
        break;
    case ACTIVITY: /* both versions mean to date it, and date the list instead */
        break;
    default:
        if (!json_get(document, "created_at"))
            tree_set(document, "created_at", JSON_STRING, clock_print_utc(time, now_ms));
    }
    if (key)
        same = find_same(simulator, collection, document, key);
    add_answer(answer, collection_put(collection, document, key, same), !old || (!same && place != ENTRIES));
    free(key);
    return true;
}

/* Stores the list as this version does; how many are stored, fewer than there are after a failure. */
static size_t store_all(struct simulator *simulator, enum place place, const struct json *list, size_t most,
                        struct evbuffer *answer)
{
    size_t count = 0;
    if (!nightscout_is_old(&simulator->settings))
        for (const struct json *item = list->first; item; item = item->next)
            if (is_refused(simulator, item))
                return 0;
    for (const struct json *item = list->first; item && count < most; item = item->next, count++)
        if (is_refused(simulator, item) || !store_one(simulator, place, item, answer))
            break;
    return count;
}

static bool any_has_bad_name(const struct json *list)
{
    for (const struct json *item = list->first; item; item = item->next)
        if (has_bad_name(item))
            return true;
    return false;
}

static void store_list(struct simulator *simulator, struct exchange *exchange, enum place place,
                       const struct json *list)
{
    bool half = exchange->fault && exchange->fault->kind == FAULT_STORE_HALF;
    size_t count = 0;
    for (const struct json *item = list->first; item; item = item->next)
        count++;
    if (nightscout_is_old(&simulator->settings) && any_has_bad_name(list)) { /* it dies of that */
        exchange_drop(exchange);
        return;
    }
    struct evbuffer *answer = evbuffer_new();
    evbuffer_add(answer, "[", 1);
    if (store_all(simulator, place, list, half ? count / 2 : count, answer) == count && !half) {
        evbuffer_add(answer, "]", 1);
        exchange_reply(exchange, 200, "application/json; charset=utf-8", answer);
    } else {
        evbuffer_free(answer);
        reply_mongo_error(exchange);
    }
}

/* The body as a list; what is no JSON by its type becomes a junk document. NULL: unreadable, and answered. */
static struct json *read_list(struct simulator *simulator, struct exchange *exchange, enum place place)
{
    const char *type = exchange_header(exchange, "Content-Type");
    int64_t limit =
        simulator->settings.body_limit ? simulator->settings.body_limit : places[place].body_limit;
    if ((int64_t)exchange->body_length > limit) {
        exchange_reply_text(exchange, 413, HTML_TYPE,
                            "<pre>PayloadTooLargeError: request entity too large</pre>");
        return NULL;
    }
    if (!type || strncasecmp(type, "application/json", 16) != 0) {
        struct json *junk = json_parse("[{}]", 4, NULL);
        if (type && strncasecmp(type, "application/x-www-form-urlencoded", 33) == 0)
            tree_set(junk->first, exchange->body, JSON_STRING, "");
        return junk;
    }
    struct json *body = json_parse(exchange->body, exchange->body_length, NULL);
    if (!body || (body->type != JSON_ARRAY && body->type != JSON_OBJECT)) {
        json_free(body);
        exchange_reply_text(exchange, 400, HTML_TYPE, "<pre>SyntaxError: Unexpected token in JSON</pre>");
        return NULL;
    }
    if (body->type == JSON_ARRAY)
        return body;
    struct json *list = json_parse("[]", 2, NULL);
    list->first = list->last = body;
    return list;
}

void nightscout_post(struct simulator *simulator, struct exchange *exchange, enum place place)
{
    struct json *list = read_list(simulator, exchange, place);
    if (list)
        store_list(simulator, exchange, place, list);
    json_free(list);
}

void nightscout_put(struct simulator *simulator, struct exchange *exchange, enum place place)
{
    struct collection *collection = &simulator->nightscout->collections[place];
    struct json *list = read_list(simulator, exchange, place);
    bool old = nightscout_is_old(&simulator->settings);
    if (!list)
        return;
    /* A list of one is still a list, which PUT does not take. */
    const struct json *given = exchange->body[strspn(exchange->body, " \t\r\n")] == '[' ? NULL : list->first;
    const char *id = json_text(json_get(given, "_id"));
    if (!id || strlen(id) != ID_LENGTH || is_refused(simulator, given)) {
        reply_mongo_error(exchange);
    } else {
        struct json *document = tree_copy(given);
        int64_t now_ms = service_now(simulator) * 1000;
        char *key = place == TREATMENTS ? normalise_treatment(document, now_ms) : NULL, time[CLOCK_TEXT];
        if (place == ACTIVITY && old)
            tree_set(document, "created_at", JSON_STRING, clock_print_utc(time, now_ms));
        struct document *stored =
            collection_put(collection, document, key, collection_find_id(collection, id));
        free(key);
        exchange_reply_json(exchange, 200, old ? "{\"n\":1,\"nModified\":1,\"ok\":1}" : stored->text);
    }
    json_free(list);
}

void nightscout_delete(struct simulator *simulator, struct exchange *exchange, enum place place,
                       const char *id)
{
    struct collection *collection = &simulator->nightscout->collections[place];
    struct document *document = collection_find_id(collection, id);
    if (document)
        collection_remove(collection, document);
    if (place == ACTIVITY) /* whether or not there was one */
        exchange_reply_json(exchange, 200, "{}");
    else
        exchange_reply_json(exchange, 200, document ? "{\"n\":1,\"ok\":1}" : "{\"n\":0,\"ok\":1}");
}
