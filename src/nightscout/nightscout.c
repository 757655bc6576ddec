/* One Nightscout site: its address and secret, what its answers mean, and whether it knows us. */
#include "nightscout_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/base/log.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/base/url_parts.h"
#include "tconnectsync/settings/configuration.h"

#define SMALL_MAXIMUM     (4u << 20)
#define WAKE_UP_SECONDS   60
#define REDIRECTS_MAXIMUM 4

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

/* The header for a proxy in front of the site; NULL when NS_URL names no one. */
static char *basic_login(const char *login)
{
    if (!login)
        return NULL;
    size_t length = strlen(login);
    unsigned char *encoded = xmalloc((length + 2) / 3 * 4 + 1);
    EVP_EncodeBlock(encoded, (const unsigned char *)login, (int)length);
    char *header = xasprintf("Basic %s", (const char *)encoded);
    free_secret((char *)encoded);
    return header;
}

struct nightscout *nightscout_new(struct http_client *client, const struct configuration *configuration,
                                  struct log *log)
{
    struct nightscout *nightscout = xcalloc(1, sizeof *nightscout);
    nightscout->client = client;
    nightscout->route.skip_tls_verify = configuration->nightscout_skip_tls_verify;
    nightscout->base = xasprintf("%sapi/v1/", configuration->nightscout_url);
    nightscout->login = basic_login(configuration->nightscout_login);
    nightscout->retry_after = -1;
    if (!digest_secret(configuration->nightscout_secret, nightscout->secret))
        log_error(log, "nightscout", "error=\"this OpenSSL has no SHA-1, which Nightscout's secret needs\"");
    return nightscout;
}

const char *nightscout_place(const struct nightscout *nightscout)
{
    return nightscout->base;
}

void nightscout_go_to(struct nightscout *nightscout, const char *place)
{
    char *base = xstrdup(place);
    free(nightscout->base);
    nightscout->base = base;
}

void nightscout_cancel(struct nightscout *nightscout)
{
    struct nightscout_call *call;
    while ((call = LIST_FIRST(&nightscout->calls))) {
        LIST_REMOVE(call, others);
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
    free_secret(nightscout->login);
    OPENSSL_cleanse(nightscout->secret, sizeof nightscout->secret);
    free(nightscout);
}

bool nightscout_clock_difference(const struct nightscout *nightscout, int64_t *seconds)
{
    *seconds = nightscout->clock_difference;
    return nightscout->clock_seen;
}

int64_t nightscout_retry_after(const struct nightscout *nightscout)
{
    return nightscout->retry_after;
}

bool nightscout_is_limited(const struct nightscout *nightscout)
{
    return nightscout->limited;
}

/* ---- answers ---- */

static bool is_html(const struct http_response *response)
{
    return strncasecmp(response->content_type, "text/html", 9) == 0;
}

static bool is_json(const struct http_response *response)
{
    return strcasestr(response->content_type, "json") != NULL;
}

/* What a role needs for this call, as Nightscout's admin tools spell it. */
static const char *permission_action(const struct nightscout_call *call)
{
    return strcmp(call->method, "GET") == 0      ? "read"
           : strcmp(call->method, "POST") == 0   ? "create"
           : strcmp(call->method, "DELETE") == 0 ? "delete"
                                                 : "update";
}

/* Nightscout itself refuses in JSON and asks for no Basic sign-in: then it is somebody in front of it. */
static bool explain_refusal(const struct nightscout_call *call, const struct http_response *response,
                            struct error *error)
{
    if (strncasecmp(response->challenge, "Basic", 5) == 0)
        return error_set(
            error, ERROR_CONFIGURATION,
            "Something in front of Nightscout, such as a proxy, asks for a name and a password of its own "
            "(%d). Set NS_URL to https://NAME:PASSWORD@ and the rest of the address; NS_SECRET was not "
            "looked at. " NOTHING_LOST,
            response->status);
    if (!is_json(response))
        return error_set(
            error, ERROR_CONFIGURATION,
            "Something in front of Nightscout, such as a firewall or a proxy, blocked the request "
            "(%d). Let this program's requests to /api/v1 through there; NS_SECRET was not "
            "looked at. " NOTHING_LOST,
            response->status);
    if (!*call->resource)
        return error_set(error, ERROR_CREDENTIALS,
                         "Nightscout refused the secret. Set NS_SECRET to the site's API_SECRET.");
    return error_set(error, ERROR_CREDENTIALS,
                     "Nightscout does not let this secret or token %s %s (%d). Give the token's role the "
                     "permission api:%s:%s, or set NS_SECRET to the site's API_SECRET.",
                     permission_action(call), call->resource, response->status, call->resource,
                     permission_action(call));
}

static bool explain_client_error(const struct nightscout_call *call, const struct http_response *response,
                                 struct error *error)
{
    switch (response->status) {
    case 401:
    case 403:
        return explain_refusal(call, response, error);
    case 404:
        if (strcmp(call->method, "POST") == 0 && strcmp(call->resource, "treatments") == 0)
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

static bool explain_server_error(const struct nightscout_call *call, const struct http_response *response,
                                 struct error *error)
{
    int status = response->status;
    if (status == 502 || status == 503 || status == 504)
        return error_set(error, ERROR_UNREACHABLE, "Nightscout is asleep or down (%d). " NOTHING_LOST,
                         status);
    if (strcmp(call->method, "GET") != 0 && strcasestr(response->body, "quota"))
        return error_set(
            error, ERROR_LIMIT,
            "Nightscout's database may be full: it stores nothing more (%d). Free some space with "
            "Nightscout's admin tools, or take a larger database. " NOTHING_LOST,
            status);
    return error_set(error, ERROR_SERVICE,
                     "Nightscout failed (%d). Its database may be full or down: look at the site's own "
                     "page. " NOTHING_LOST,
                     status);
}

/* Everything but a 200 as an error in words. */
static bool check_status(const struct nightscout_call *call, const struct http_response *response,
                         struct error *error)
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
    } else if (status == 429 || status == 408) {
        good = error_set(error, ERROR_UNREACHABLE, "Nightscout asks for fewer requests (%d). " NOTHING_LOST,
                         status);
    } else if (status >= 500) {
        good = explain_server_error(call, response, error);
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

static void note_answer(struct nightscout *nightscout, const struct http_response *response)
{
    nightscout->retry_after = response->retry_after;
    if (response->date == 0)
        return;
    nightscout->clock_seen = true;
    nightscout->clock_difference = response->date - (int64_t)time(NULL);
}

/* error NULL: it went well. */
static void end_call(struct nightscout_call *call, const struct error *error)
{
    LIST_REMOVE(call, others);
    call->done(call->context, error);
    free(call);
}

static void on_done(void *context, const struct http_response *response)
{
    struct nightscout_call *call = context;
    struct error error = {0};
    note_answer(call->nightscout, response);
    bool good = check_status(call, response, &error) && (!call->judge || call->judge(call, response, &error));
    end_call(call, good ? NULL : &error);
}

/* ---- sending ---- */

struct nightscout_call *nightscout_call_new(struct nightscout *nightscout, const char *resource,
                                            nightscout_done *done, void *context)
{
    struct nightscout_call *call = xcalloc(1, sizeof *call);
    call->nightscout = nightscout;
    call->resource = resource;
    call->done = done;
    call->context = context;
    LIST_INSERT_HEAD(&nightscout->calls, call, others);
    return call;
}

void nightscout_call_send(struct nightscout_call *call, const char *method, const char *path,
                          const struct buffer *body, struct http_request request)
{
    struct nightscout *nightscout = call->nightscout;
    struct buffer url;
    struct http_header headers[4] = {{"Accept", "application/json"}};
    size_t header_count = 1;
    if (!call->bare)
        headers[header_count++] = (struct http_header){"api-secret", nightscout->secret};
    if (body)
        headers[header_count++] = (struct http_header){"Content-Type", "application/json"};
    if (!call->bare && nightscout->login)
        headers[header_count++] = (struct http_header){"Authorization", nightscout->login};
    buffer_init(&url, 4096);
    buffer_addf(&url, "%s%s", nightscout->base, path);
    call->method = method;
    request.route = &nightscout->route;
    request.method = method;
    request.url = url.data;
    request.headers = headers;
    request.header_count = header_count;
    request.body = body ? body->data : NULL;
    request.body_length = body ? body->length : 0;
    request.retry = strcmp(method, "GET") == 0;
    request.maximum_length = request.maximum_length ? request.maximum_length : SMALL_MAXIMUM;
    request.on_done = request.on_done ? request.on_done : on_done;
    request.context = call;
    call->transfer = http_client_send(nightscout->client, &request);
    buffer_free(&url);
}

/* ---- is it one, and does it know us? ---- */

static void ask(struct nightscout_call *call);
static void send_question(struct nightscout_call *call);

static bool is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static unsigned port_of(const struct url_parts *url)
{
    return url->port ? url->port : strcmp(url->scheme, "https") == 0 ? 443 : 80;
}

/* Another place would get the secret where nobody wanted it to be: another host or port, or plain http after
   TLS. From http to https the usual port changes too. */
static bool may_follow(const char *from, const char *to)
{
    struct url_parts old, new;
    if (!url_parse(from, &old) || !url_parse(to, &new) || new.has_userinfo || strcmp(old.host, new.host) != 0)
        return false;
    if (strcmp(old.scheme, new.scheme) == 0)
        return port_of(&old) == port_of(&new);
    return strcmp(old.scheme, "http") == 0 && strcmp(new.scheme, "https") == 0 && port_of(&old) == 80 &&
           port_of(&new) == 443;
}

/* Takes over the base that a redirect of verifyauth points at. */
static bool follow(struct nightscout *nightscout, const struct http_response *response, struct error *error)
{
    static const char path[] = "api/v1/verifyauth";
    const char *location = response->location ? response->location : "";
    const char *found = strstr(location, path);
    if (!found || !may_follow(nightscout->base, location) || ++nightscout->redirects > REDIRECTS_MAXIMUM)
        return error_set(
            error, ERROR_CONFIGURATION,
            "NS_URL answers with a redirect to another place. Set NS_URL to the address that the browser "
            "ends at; the secret is not sent anywhere else.");
    char *base = xasprintf("%.*sapi/v1/", (int)(found - location), location);
    nightscout_go_to(nightscout, base);
    free(base);
    return true;
}

static bool says(const struct json *verdict, const char *name, const char *word)
{
    const char *text = json_text(json_get(verdict, name));
    return text && strcmp(text, word) == 0;
}

/* The verdict is in the message: a bad secret answers 200 as well. A role that was found may be all that is
   needed, though it is called unauthorized for want of the right to read everything. */
static bool judge_verdict(struct nightscout_call *call, const struct http_response *response,
                          struct error *error)
{
    struct json *answer = json_parse(response->body, response->length, NULL);
    const struct json *message = json_get(answer, "message");
    const char *verdict = json_text(json_is(message, JSON_OBJECT) ? json_get(message, "message") : message);
    bool good = true;
    if (!verdict)
        good = error_set(
            error, ERROR_CONFIGURATION,
            "What answers at NS_URL is no Nightscout. Set NS_URL to the address of the Nightscout site.");
    else if (strcmp(verdict, "OK") != 0 && !says(message, "rolefound", "FOUND"))
        good = error_set(
            error, ERROR_CREDENTIALS,
            "Nightscout refused the secret. Set NS_SECRET to the site's API_SECRET, letter for letter; "
            "an access token needs a role that may write.");
    call->nightscout->limited = json_is(message, JSON_OBJECT) &&
                                !json_is(json_get(message, "canWrite"), JSON_TRUE) &&
                                !json_is(json_get(message, "isAdmin"), JSON_TRUE);
    json_free(answer);
    return good;
}

static void on_verdict(void *context, const struct http_response *response)
{
    struct nightscout_call *call = context;
    struct error error = {0};
    bool answered = response->error.kind == ERROR_NONE, redirected = is_redirect(response->status);
    if (answered && call->bare && !redirected) {
        call->bare = false; /* this is the place */
        send_question(call);
    } else if (!answered || !redirected) {
        on_done(call, response);
    } else if (follow(call->nightscout, response, &error)) {
        ask(call);
    } else {
        end_call(call, &error);
    }
}

static void send_question(struct nightscout_call *call)
{
    nightscout_call_send(call, "GET", "verifyauth", NULL,
                         (struct http_request){.patience_seconds = WAKE_UP_SECONDS, .on_done = on_verdict});
}

/* A site that sends everybody on to https must not get the secret over plain http first: anyone on the way
   could read it. */
static void ask(struct nightscout_call *call)
{
    struct url_parts url;
    call->bare =
        url_parse(call->nightscout->base, &url) && strcmp(url.scheme, "http") == 0 && !url_is_loopback(&url);
    send_question(call);
}

void nightscout_verify(struct nightscout *nightscout, nightscout_done *done, void *context)
{
    struct nightscout_call *call = nightscout_call_new(nightscout, "", done, context);
    call->judge = judge_verdict;
    nightscout->redirects = 0;
    ask(call);
}
