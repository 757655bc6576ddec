/* A Nightscout's doors: who may do what, and which way. */
#include "nightscout.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "nightscout_access.h"
#include "nightscout_read.h"
#include "nightscout_write.h"
#include "simulator.h"
#include "tconnectsync/base/memory.h"

#define HTML_TYPE "text/html; charset=utf-8"
#define API       "/api/v1/"

static void reply_cannot(struct exchange *exchange)
{
    char *text = xasprintf("<!DOCTYPE html>\n<html><body><pre>Cannot %s %s</pre></body></html>",
                           exchange->method, exchange->path);
    exchange_reply_text(exchange, 404, HTML_TYPE, text);
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
        nightscout_is_old(&simulator->settings) ? "15.0.6" : "15.0.7", clock_print_utc(time, now * 1000),
        (long long)now * 1000, simulator->settings.careportal ? "true" : "false", simulator->settings.units,
        simulator->settings.careportal ? "\"careportal\"," : "");
    exchange_reply_json(exchange, 200, text);
    free(text);
}

/* ---- a database in trouble ---- */

/* true: it has answered in the database's place. A write fails when it is full, everything when it is down:
   some collections then say that they hold null. */
static bool database_fails(const struct settings *settings, struct exchange *exchange, enum place place,
                           bool is_read)
{
    bool is_full = strcmp(settings->database, "full") == 0, is_down = strcmp(settings->database, "down") == 0;
    if (is_read && is_down && place != ENTRIES)
        exchange_reply_json(exchange, 200, "null");
    else if (!is_read && is_full)
        exchange_reply_json(
            exchange, 500,
            "{\"status\":500,\"message\":\"Mongo Error\",\"description\":{\"code\":8000,\"name\":"
            "\"MongoError\",\"message\":\"you are over your space quota, using 513 MB of 512 MB\"}}");
    else if (is_down)
        exchange_reply_json(
            exchange, 500,
            "{\"status\":500,\"message\":\"Mongo Error\",\"description\":\"no primary server\"}");
    else
        return false;
    return true;
}

/* ---- which way ---- */

/* What a request for a collection wants done; rest: what follows the collection's name. */
enum wish { WISH_NONE, WISH_LIST, WISH_TABLE, WISH_CURRENT, WISH_POST, WISH_PUT, WISH_DELETE };

static enum wish wish_to_read(const struct exchange *exchange, enum place place, const char *rest,
                              bool is_whole)
{
    const char *accept = exchange_header(exchange, "Accept");
    bool wants_json = strcmp(rest, ".json") == 0 || (accept && strstr(accept, "application/json"));
    if (is_whole)
        return place == ENTRIES && !wants_json ? WISH_TABLE : WISH_LIST;
    bool is_current = strcmp(rest, "/current") == 0 || strcmp(rest, "/current.json") == 0;
    return place == PROFILE && is_current ? WISH_CURRENT : WISH_NONE;
}

static enum wish wish_of(const struct exchange *exchange, enum place place, const char *rest, bool is_read)
{
    bool is_whole = !*rest || strcmp(rest, "/") == 0 || strcmp(rest, ".json") == 0;
    if (is_read)
        return wish_to_read(exchange, place, rest, is_whole);
    if (strcmp(exchange->method, "POST") == 0 && is_whole)
        return WISH_POST;
    if (strcmp(exchange->method, "PUT") == 0 && is_whole && places[place].takes_put)
        return WISH_PUT;
    return strcmp(exchange->method, "DELETE") == 0 && rest[0] == '/' && rest[1] ? WISH_DELETE : WISH_NONE;
}

static void handle_collection(struct simulator *simulator, struct exchange *exchange, enum place place,
                              const char *rest, const struct access *access)
{
    bool is_read = strcmp(exchange->method, "GET") == 0 || strcmp(exchange->method, "HEAD") == 0;
    bool is_closed = places[place].of_careportal && !is_read && !simulator->settings.careportal;
    enum wish wish = is_closed ? WISH_NONE : wish_of(exchange, place, rest, is_read);
    if (!is_closed && !access_allows(access, exchange->method, place)) {
        reply_unauthorized(exchange);
        return;
    }
    if (wish != WISH_NONE && database_fails(&simulator->settings, exchange, place, is_read))
        return;
    switch (wish) {
    case WISH_LIST:
    case WISH_TABLE:
        nightscout_read(simulator, exchange, place, wish == WISH_TABLE);
        break;
    case WISH_CURRENT:
        nightscout_read_profile(simulator, exchange);
        break;
    case WISH_POST:
        nightscout_post(simulator, exchange, place);
        break;
    case WISH_PUT:
        nightscout_put(simulator, exchange, place);
        break;
    case WISH_DELETE:
        nightscout_delete(simulator, exchange, place, rest + 1);
        break;
    case WISH_NONE:
        reply_cannot(exchange);
    }
}

void nightscout_handle(void *context, struct exchange *exchange)
{
    struct simulator *simulator = context;
    if (exchange_header(exchange, "Upgrade")) {
        exchange_drop(exchange);
        return;
    }
    /* The site may live below some path. */
    const char *what = strstr(exchange->path, API);
    what = what ? what + strlen(API) : "";
    struct access access = nightscout_access(simulator, exchange);
    if (strncmp(what, "verifyauth", 10) == 0) {
        if (access.read || access.is_named || access.is_wrong)
            reply_verifyauth(simulator, exchange, &access);
        else
            reply_unauthorized(exchange);
        return;
    }
    /* Old servers let a wrong secret do what no secret may. */
    if (access.is_wrong && !nightscout_is_old(&simulator->settings))
        access.read = 0;
    if (strncmp(what, "status", 6) == 0) {
        if (access.read)
            reply_status(simulator, exchange);
        else
            reply_unauthorized(exchange);
        return;
    }
    for (int place = 0; place < PLACES; place++) {
        size_t length = strlen(places[place].name);
        if (strncmp(what, places[place].name, length) == 0 && strchr("/.", what[length])) {
            handle_collection(simulator, exchange, (enum place)place, what + length, &access);
            return;
        }
    }
    reply_cannot(exchange);
}
