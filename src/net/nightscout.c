#include "tconnectsync/nightscout.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <openssl/evp.h>

#include "tconnectsync/buffer.h"
#include "tconnectsync/civil_time.h"
#include "tconnectsync/configuration.h"
#include "tconnectsync/document.h"
#include "tconnectsync/error.h"
#include "tconnectsync/http_client.h"
#include "tconnectsync/json.h"
#include "tconnectsync/log.h"
#include "tconnectsync/memory.h"
#include "tconnectsync/url.h"

#define READ_LIMIT         50000 /* documents in a few days; more are no pump's */
#define READ_MAXIMUM       (64u << 20)
#define SMALL_MAXIMUM      (4u << 20)
#define WAKE_UP_SECONDS    60
#define REDIRECTS_MAXIMUM  4
#define SECRET_DIGEST_SIZE 41
#define NOTHING_LOST       "Nothing is lost; the next sync writes what is missing."
#define UNUSABLE           "sent what cannot be used: %s"

struct nightscout {
    struct http_client *client;
    const struct configuration *configuration;
    struct http_route route;
    char *base; /* of the API: ends in "api/v1/" */
    char secret[SECRET_DIGEST_SIZE];
    struct call *calls; /* under way */
    unsigned redirects;
    bool clock_seen;
    int64_t clock_difference;
};

/* One request under way. */
struct call {
    struct nightscout *nightscout;
    struct call *next;
    struct http_transfer *transfer;
    nightscout_done *done;
    void *context;
    /* Looks at a 200 answer; NULL: its status is enough. */
    bool (*judge)(struct call *call, const struct http_response *response, struct error *error);
    bool writes;
    size_t count; /* documents sent */
    enum collection collection;
    int64_t *newest;
    struct json **json;
    struct held_reader *reader;
};

static bool digest_secret(const char *secret, char *out)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    if (!EVP_Digest(secret, strlen(secret), digest, &length, EVP_sha1(), NULL))
        return false;
    for (unsigned i = 0; i < length; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
    return true;
}

struct nightscout *nightscout_new(struct http_client *client, const struct configuration *configuration)
{
    struct nightscout *nightscout = xcalloc(1, sizeof *nightscout);
    nightscout->client = client;
    nightscout->configuration = configuration;
    nightscout->route.skip_tls_verify = configuration->nightscout_skip_tls_verify;
    nightscout->base = xasprintf("%sapi/v1/", configuration->nightscout_url);
    if (!digest_secret(configuration->nightscout_secret, nightscout->secret))
        log_error("nightscout", "error=\"this OpenSSL has no SHA-1, which Nightscout's secret needs\"");
    return nightscout;
}

void nightscout_cancel(struct nightscout *nightscout)
{
    while (nightscout->calls) {
        struct call *call = nightscout->calls;
        nightscout->calls = call->next;
        http_client_cancel(call->transfer);
        free(call);
    }
}

void nightscout_free(struct nightscout *nightscout)
{
    if (!nightscout)
        return;
    nightscout_cancel(nightscout);
    free(nightscout->base);
    memset(nightscout->secret, 0, sizeof nightscout->secret);
    free(nightscout);
}

bool nightscout_clock_difference(const struct nightscout *nightscout, int64_t *seconds)
{
    *seconds = nightscout->clock_difference;
    return nightscout->clock_seen;
}

/* ---- answers ---- */

static bool is_html(const struct http_response *response)
{
    return strncasecmp(response->content_type, "text/html", 9) == 0;
}

static bool explain_client_error(const struct call *call, const struct http_response *response,
                                 struct error *error)
{
    switch (response->status) {
    case 401:
    case 403:
        return error_set(error, ERROR_CREDENTIALS,
                         call->writes
                             ? "Nightscout does not let this secret or token write. Set NS_SECRET to the "
                               "site's API_SECRET."
                             : "Nightscout refused the secret. Set NS_SECRET to the site's API_SECRET.");
    case 404:
        if (call->writes && call->collection == COLLECTION_TREATMENTS)
            return error_set(
                error, ERROR_CONFIGURATION,
                "Nightscout takes no treatments: add careportal to the ENABLE setting of the Nightscout "
                "site. " NOTHING_LOST);
        return error_set(
            error, ERROR_CONFIGURATION,
            "There is no Nightscout at NS_URL (it answered 404). Set NS_URL to the address that shows the "
            "site in a browser.");
    case 413:
        return error_set(error, ERROR_SERVICE, "Nightscout finds the request too large (413). " NOTHING_LOST);
    default:
        return error_set(error, ERROR_SERVICE, "Nightscout refused the request (%d). " NOTHING_LOST,
                         response->status);
    }
}

/* Everything but a 200 as an error in words. */
static bool check_status(const struct call *call, const struct http_response *response, struct error *error)
{
    int status = response->status;
    bool good = true;
    if (status >= 200 && status < 300 && is_html(response)) {
        good = error_set(
            error, ERROR_CONFIGURATION,
            "What answers at NS_URL is a web page, but no Nightscout. Set NS_URL to the address of the "
            "Nightscout site.");
    } else if (status == 0 || response->error.kind != ERROR_NONE) {
        good = error_set(error, response->error.kind == ERROR_NONE ? ERROR_UNREACHABLE : response->error.kind,
                         "Nightscout %s. " NOTHING_LOST, response->error.text);
    } else if (status == 502 || status == 503 || status == 504) {
        good =
            error_set(error, ERROR_UNREACHABLE, "Nightscout is asleep or down (%d). " NOTHING_LOST, status);
    } else if (status == 429 || status == 408) {
        good = error_set(error, ERROR_UNREACHABLE, "Nightscout asks for fewer requests (%d). " NOTHING_LOST,
                         status);
    } else if (status >= 500) {
        good = error_set(error, ERROR_SERVICE,
                         "Nightscout failed (%d). Its database may be full or down: look at the site's own "
                         "page. " NOTHING_LOST,
                         status);
    } else if (status >= 400) {
        good = explain_client_error(call, response, error);
    } else if (status < 200 || status >= 300) {
        good = error_set(
            error, ERROR_CONFIGURATION,
            "Nightscout answers with a redirect. Set NS_URL to the address that the browser ends at.");
    }
    if (!good)
        error->status = status;
    return good;
}

static void note_clock(struct nightscout *nightscout, const struct http_response *response)
{
    if (response->date == 0)
        return;
    nightscout->clock_seen = true;
    nightscout->clock_difference = response->date - (int64_t)time(NULL);
}

static void take_off(struct call *call)
{
    struct call **place = &call->nightscout->calls;
    while (*place != call)
        place = &(*place)->next;
    *place = call->next;
}

static void on_done(void *context, const struct http_response *response)
{
    struct call *call = context;
    struct error error = {0};
    take_off(call);
    note_clock(call->nightscout, response);
    bool good = check_status(call, response, &error) && (!call->judge || call->judge(call, response, &error));
    call->done(call->context, good ? NULL : &error);
    free(call);
}

static bool on_data(void *context, const char *data, size_t length, struct error *error)
{
    struct call *call = context;
    struct error why = {0};
    return held_reader_feed(call->reader, data, length, &why) ||
           error_set(error, why.kind == ERROR_NONE ? ERROR_DATA : why.kind, UNUSABLE, why.text);
}

static void on_restart(void *context)
{
    struct call *call = context;
    held_reader_restart(call->reader);
}

/* ---- sending ---- */

static struct call *new_call(struct nightscout *nightscout, nightscout_done *done, void *context)
{
    struct call *call = xcalloc(1, sizeof *call);
    call->nightscout = nightscout;
    call->done = done;
    call->context = context;
    call->next = nightscout->calls;
    nightscout->calls = call;
    return call;
}

/* path: below the API's base, encoded. Reads are repeated when that can help; writes never are: whoever asked
   reads back first. */
static void send_call(struct call *call, const char *method, const char *path, const struct buffer *body,
                      struct http_request request)
{
    struct nightscout *nightscout = call->nightscout;
    struct buffer url;
    const struct http_header headers[] = {
        {"api-secret", nightscout->secret},
        {"Accept", "application/json"},
        {"Content-Type", "application/json"},
    };
    buffer_init(&url, 4096);
    buffer_addf(&url, "%s%s", nightscout->base, path);
    call->writes = strcmp(method, "GET") != 0;
    request.route = &nightscout->route;
    request.method = method;
    request.url = url.data;
    request.headers = headers;
    request.header_count = body ? 3 : 2;
    request.body = body ? body->data : NULL;
    request.body_length = body ? body->length : 0;
    request.retry = !call->writes;
    request.maximum_length = request.maximum_length ? request.maximum_length : SMALL_MAXIMUM;
    request.on_done = on_done;
    request.context = call;
    call->transfer = http_client_send(nightscout->client, &request);
    buffer_free(&url);
}

/* ---- is it one, and does it know us? ---- */

static void ask(struct call *call);

static bool is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* The part of a URL that names scheme and host: [begin, length). */
static size_t find_host(const char *url, const char **host)
{
    const char *separator = strstr(url, "://");
    *host = separator ? separator + 3 : url;
    return strcspn(*host, "/?#:");
}

static bool same_host(const char *left, const char *right)
{
    const char *left_host, *right_host;
    size_t left_length = find_host(left, &left_host), right_length = find_host(right, &right_host);
    return left_length == right_length && strncasecmp(left_host, right_host, left_length) == 0;
}

/* Takes over the base that a redirect of verifyauth points at. A redirect to plain http, or to another host,
   would carry the secret to where nobody wanted it. */
static bool follow(struct nightscout *nightscout, const struct http_response *response, struct error *error)
{
    static const char path[] = "api/v1/verifyauth";
    const char *location = response->location ? response->location : "";
    const char *found = strstr(location, path);
    bool downgrade =
        strncasecmp(nightscout->base, "https:", 6) == 0 && strncasecmp(location, "https:", 6) != 0;
    if (!found || downgrade || !same_host(location, nightscout->base) ||
        ++nightscout->redirects > REDIRECTS_MAXIMUM)
        return error_set(
            error, ERROR_CONFIGURATION,
            "NS_URL answers with a redirect to another place. Set NS_URL to the address that the browser "
            "ends at; the secret is not sent anywhere else.");
    char *base = xasprintf("%.*sapi/v1/", (int)(found - location), location);
    free(nightscout->base);
    nightscout->base = base;
    return true;
}

/* The verdict is in the message: a bad secret answers 200 as well. */
static bool judge_verdict(struct call *call, const struct http_response *response, struct error *error)
{
    (void)call;
    struct json *answer = json_parse(response->body, response->length, NULL);
    const struct json *message = json_get(answer, "message");
    const char *verdict = json_text(json_is(message, JSON_OBJECT) ? json_get(message, "message") : message);
    bool good = true;
    if (!verdict)
        good = error_set(
            error, ERROR_CONFIGURATION,
            "What answers at NS_URL is no Nightscout. Set NS_URL to the address of the Nightscout site.");
    else if (strcmp(verdict, "OK") != 0)
        good = error_set(
            error, ERROR_CREDENTIALS,
            "Nightscout refused the secret. Set NS_SECRET to the site's API_SECRET, letter for letter; "
            "an access token needs a role that may write.");
    json_free(answer);
    return good;
}

static void on_verdict(void *context, const struct http_response *response)
{
    struct call *call = context;
    struct error error = {0};
    if (response->error.kind == ERROR_NONE && is_redirect(response->status)) {
        if (follow(call->nightscout, response, &error)) {
            ask(call);
            return;
        }
        take_off(call);
        call->done(call->context, &error);
        free(call);
        return;
    }
    on_done(call, response);
}

static void ask(struct call *call)
{
    struct nightscout *nightscout = call->nightscout;
    struct buffer url;
    const struct http_header headers[] = {{"api-secret", nightscout->secret}, {"Accept", "application/json"}};
    buffer_init(&url, 4096);
    buffer_addf(&url, "%sverifyauth", nightscout->base);
    call->transfer = http_client_send(nightscout->client, &(struct http_request){
                                                              .route = &nightscout->route,
                                                              .method = "GET",
                                                              .url = url.data,
                                                              .headers = headers,
                                                              .header_count = 2,
                                                              .retry = true,
                                                              .patience_seconds = WAKE_UP_SECONDS,
                                                              .on_done = on_verdict,
                                                              .context = call,
                                                          });
    buffer_free(&url);
}

void nightscout_verify(struct nightscout *nightscout, nightscout_done *done, void *context)
{
    struct call *call = new_call(nightscout, done, context);
    call->judge = judge_verdict;
    nightscout->redirects = 0;
    ask(call);
}

/* ---- reads ---- */

static bool unusable(const struct error *why, struct error *error)
{
    return error_set(error, why->kind, "Nightscout " UNUSABLE ". " NOTHING_LOST, why->text);
}

static bool no_list(struct error *error, enum collection collection)
{
    return error_set(
        error, ERROR_UNREACHABLE,
        "Nightscout answered something that is no list of %s; its database may be down. " NOTHING_LOST,
        collection_name(collection));
}

static bool judge_newest(struct call *call, const struct http_response *response, struct error *error)
{
    struct json *answer = json_parse(response->body, response->length, NULL);
    bool good = json_is(answer, JSON_ARRAY) || no_list(error, call->collection);
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

/* Appends "&find[name][$operator]=value", all of it encoded. */
static void add_find(struct buffer *path, const char *name, const char *operator, const char * value)
{
    buffer_addf(path, "&find%%5B%s%%5D", name);
    if (*operator)
        buffer_addf(path, "%%5B%%24%s%%5D", operator);
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
    struct call *call = new_call(nightscout, done, context);
    struct buffer path;
    call->judge = judge_newest;
    call->collection = collection;
    call->newest = newest;
    *newest = NO_TIME;
    buffer_init(&path, 1024);
    buffer_addf(&path, "%s.json?count=1", collection_name(collection));
    add_find(&path, collection == COLLECTION_TREATMENTS ? "enteredBy" : "device", "", ENTERED_BY);
    add_range(&path, collection, 0, until * 1000);
    send_call(call, "GET", path.data, NULL, (struct http_request){0});
    buffer_free(&path);
}

static bool judge_read(struct call *call, const struct http_response *response, struct error *error)
{
    (void)response;
    struct error why = {0};
    return held_reader_finish(call->reader, READ_LIMIT, &why) || unusable(&why, error);
}

void nightscout_read(struct nightscout *nightscout, enum collection collection, int64_t from, int64_t to,
                     struct held_reader *reader, nightscout_done *done, void *context)
{
    struct call *call = new_call(nightscout, done, context);
    struct buffer path;
    call->judge = judge_read;
    call->collection = collection;
    call->reader = reader;
    buffer_init(&path, 1024);
    buffer_addf(&path, "%s.json?count=%d", collection_name(collection), READ_LIMIT);
    add_range(&path, collection, from, to);
    send_call(
        call, "GET", path.data, NULL,
        (struct http_request){.on_data = on_data, .on_restart = on_restart, .maximum_length = READ_MAXIMUM});
    buffer_free(&path);
}

static bool judge_json(struct call *call, const struct http_response *response, struct error *error)
{
    struct error why = {0};
    *call->json = json_parse(response->body, response->length, &why);
    return *call->json || unusable(&why, error);
}

static void fetch_json(struct nightscout *nightscout, const char *path, struct json **json,
                       nightscout_done *done, void *context)
{
    struct call *call = new_call(nightscout, done, context);
    call->judge = judge_json;
    call->json = json;
    *json = NULL;
    send_call(call, "GET", path, NULL, (struct http_request){0});
}

void nightscout_fetch_profile(struct nightscout *nightscout, struct json **profile, nightscout_done *done,
                              void *context)
{
    fetch_json(nightscout, "profile/current", profile, done, context);
}

void nightscout_fetch_profiles(struct nightscout *nightscout, struct json **profiles, nightscout_done *done,
                               void *context)
{
    fetch_json(nightscout, "profile?count=10", profiles, done, context);
}

void nightscout_fetch_status(struct nightscout *nightscout, struct json **status, nightscout_done *done,
                             void *context)
{
    fetch_json(nightscout, "status.json", status, done, context);
}

/* ---- writes ---- */

/* Counts the elements of an array without keeping them: an answer may be as long as what was sent. */
static bool count_element(void *context, const struct json_token *token)
{
    size_t *count = context;
    if (token->depth == 0)
        return token->type == JSON_ARRAY || token->type == JSON_ARRAY_END;
    if (token->depth == 1 && token->type == JSON_OBJECT)
        ++*count;
    return true;
}

static bool judge_created(struct call *call, const struct http_response *response, struct error *error)
{
    size_t count = 0;
    struct json_reader *reader = json_reader_new(count_element, &count);
    bool list =
        json_reader_feed(reader, response->body, response->length, NULL) && json_reader_finish(reader, NULL);
    json_reader_free(reader);
    if (!list)
        return error_set(error, ERROR_DATA, "Nightscout did not say what it stored. " NOTHING_LOST);
    if (count < call->count)
        return error_set(error, ERROR_DATA,
                         "Nightscout says that it stored %zu of %zu documents. " NOTHING_LOST, count,
                         call->count);
    return true;
}

void nightscout_create(struct nightscout *nightscout, enum collection collection, const struct buffer *body,
                       size_t count, nightscout_done *done, void *context)
{
    struct call *call = new_call(nightscout, done, context);
    call->judge = judge_created;
    call->collection = collection;
    call->count = count;
    send_call(call, "POST", collection == COLLECTION_ENTRIES ? "entries.json" : collection_name(collection),
              body, (struct http_request){0});
}

void nightscout_replace_treatment(struct nightscout *nightscout, const struct buffer *body,
                                  nightscout_done *done, void *context)
{
    struct call *call = new_call(nightscout, done, context);
    call->collection = COLLECTION_TREATMENTS;
    send_call(call, "PUT", "treatments", body, (struct http_request){0});
}

void nightscout_delete(struct nightscout *nightscout, enum collection collection, const char *id,
                       nightscout_done *done, void *context)
{
    struct call *call = new_call(nightscout, done, context);
    struct buffer path;
    call->collection = collection;
    buffer_init(&path, 1024);
    buffer_addf(&path, "%s/", collection_name(collection));
    url_encode(&path, id);
    send_call(call, "DELETE", path.data, NULL, (struct http_request){0});
    buffer_free(&path);
}

void nightscout_write_profile(struct nightscout *nightscout, bool replace, const struct buffer *body,
                              nightscout_done *done, void *context)
{
    struct call *call = new_call(nightscout, done, context);
    call->collection = COLLECTION_COUNT;
    send_call(call, replace ? "PUT" : "POST", "profile", body, (struct http_request){0});
}
