/* What a Nightscout tells of what it holds. */
#include "nightscout_read.h"

#include <stdlib.h>

#include "query.h"
#include "simulator.h"

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
    exchange_reply(exchange, 200, "application/json; charset=utf-8", body);
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

void nightscout_read(struct simulator *simulator, struct exchange *exchange, enum place place, bool as_table)
{
    const struct collection *collection = &simulator->nightscout->collections[place];
    struct query query;
    size_t found = 0;
    if (!query_read(&query, exchange, collection, places[place].default_limit, service_now(simulator))) {
        query_free(&query);
        if (nightscout_is_old(&simulator->settings))
            exchange_reply_text(exchange, 500, "text/html; charset=utf-8",
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
        reply_list(exchange, sorted, found, place == TREATMENTS && nightscout_is_old(&simulator->settings));
    free(sorted);
    query_free(&query);
}

void nightscout_read_profile(struct simulator *simulator, struct exchange *exchange)
{
    struct collection *profiles = &simulator->nightscout->collections[PROFILE];
    struct document **sorted = collection_sorted(profiles);
    exchange_reply_json(exchange, 200, profiles->count ? sorted[0]->text : "null");
    free(sorted);
}
