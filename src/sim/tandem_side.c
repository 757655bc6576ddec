/* Tandem Source's doors: sign-in, firewall, and which way to the data. */
#include "tandem_side.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "fixture.h"
#include "simulator.h"
#include "tandem_data.h"
#include "token.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/base/memory.h"

#define ACCOUNTS       "/accounts/api"
#define BFF            "/api/reports/bff/"
#define SESSION_COOKIE "idsrv.session"
#define VISIT_COOKIE   "sso_visit"
#define PLACEHOLDER    "<!DOCTYPE html><html><body><div id=\"root\"></div></body></html>"

struct tandem_side *tandem_side_new(struct simulator *simulator, const char *pumper_file,
                                    const char *log_file)
{
    struct tandem_side *tandem = xcalloc(1, sizeof *tandem);
    tandem->origin = xasprintf("http://127.0.0.1:%u", simulator->tandem_site.port);
    tandem->issuer = xasprintf("%s" ACCOUNTS, tandem->origin);
    tandem->login_page = xasprintf("%s/sso/", tandem->origin);
    tandem->redirect_uri = xasprintf("%s/auth/callback", tandem->origin);
    char text[ASSIGNMENT_TEXT];
    tandem->pumper_id = xstrdup(history_assignment(&simulator->history, 7001, text));
    tandem->account_id = xstrdup(history_assignment(&simulator->history, 7002, text));
    tandem->key = token_key_new();
    if (pumper_file && log_file && !(tandem->fixture = fixture_read(pumper_file, log_file))) {
        tandem_side_free(tandem);
        return NULL;
    }
    return tandem;
}

static void session_clear(struct session *session)
{
    free(session->cookie);
    free(session->state);
    free(session->challenge);
    free(session->redirect_uri);
    free(session->code);
    free(session->access_token);
    memset(session, 0, sizeof *session);
}

void tandem_side_revoke(struct tandem_side *tandem)
{
    for (size_t i = 0; i < REMEMBERED; i++)
        session_clear(&tandem->sessions[i]);
}

void tandem_side_free(struct tandem_side *tandem)
{
    if (!tandem)
        return;
    tandem_side_revoke(tandem);
    token_key_free(tandem->key);
    fixture_free(tandem->fixture);
    free(tandem->origin);
    free(tandem->issuer);
    free(tandem->login_page);
    free(tandem->redirect_uri);
    free(tandem->pumper_id);
    free(tandem->account_id);
    free(tandem);
}

/* The session whose member at place (an offset) is text; NULL where there is none. */
static struct session *find_session(struct tandem_side *tandem, size_t place, const char *text)
{
    for (size_t i = 0; text && i < REMEMBERED; i++) {
        const char *member = *(char *const *)((const char *)&tandem->sessions[i] + place);
        if (member && strcmp(member, text) == 0)
            return &tandem->sessions[i];
    }
    return NULL;
}

static void reply_blocked(struct exchange *exchange)
{
    exchange_reply_text(
        exchange, 403, "text/html",
        "<html><head><title>403</title></head><body><h2>The request is blocked.</h2></body></html>");
}

static void reply_redirect(struct exchange *exchange, char *location)
{
    exchange_add_header(exchange, "Location", location);
    exchange_reply(exchange, 302, NULL, NULL);
    free(location);
}

static bool passes_firewall(const struct simulator *simulator, const struct exchange *exchange)
{
    const char *agent = exchange_header(exchange, "User-Agent");
    return !simulator->settings.firewall || (agent && strncmp(agent, "Mozilla/", 8) == 0);
}

/* ---- sign-in ---- */

static void handle_login_page(struct simulator *simulator, struct exchange *exchange)
{
    (void)simulator;
    exchange_add_header(exchange, "Set-Cookie", VISIT_COOKIE "=1; Path=/; HttpOnly");
    exchange_reply_text(exchange, 200, "text/html; charset=utf-8", PLACEHOLDER);
}

static void refuse_login(struct simulator *simulator, struct exchange *exchange, int status,
                         const char *answer)
{
    simulator->statistics.refused_logins++;
    exchange_reply_json(exchange, status, answer);
}

static bool credentials_match(const struct simulator *simulator, const struct exchange *exchange)
{
    struct json *body = json_parse(exchange->body, exchange->body_length, NULL);
    const char *username = json_text(json_get(body, "username")),
               *password = json_text(json_get(body, "password"));
    bool match = username && password && strcmp(username, simulator->settings.email) == 0 &&
                 strcmp(password, simulator->settings.password) == 0;
    json_free(body);
    return match;
}

static void handle_login(struct simulator *simulator, struct exchange *exchange)
{
    struct tandem_side *tandem = simulator->tandem;
    const char *login = simulator->settings.login, *type = exchange_header(exchange, "Content-Type");
    const char *referer = exchange_header(exchange, "Referer");
    if (simulator->settings.firewall && (!referer || strcmp(referer, tandem->login_page) != 0)) {
        reply_blocked(exchange);
        return;
    }
    simulator->statistics.logins++;
    if (!type || strncmp(type, "application/json", 16) != 0) {
        refuse_login(simulator, exchange, 415, "{\"error\":\"unsupported media type\"}");
    } else if (strcmp(login, "locked") == 0) {
        refuse_login(simulator, exchange, 401,
                     "{\"error\":\"account/locked\",\"message\":\"Max attempted logins exceeded.\"}");
    } else if (strcmp(login, "refused") == 0 || !credentials_match(simulator, exchange)) {
        refuse_login(simulator, exchange, 401,
                     "{\"error\":\"account/invalid_credentials\",\"message\":\"Invalid credentials\"}");
    } else if (strcmp(login, "status") == 0) {
        refuse_login(simulator, exchange, 200,
                     "{\"redirectUrl\":\"/\",\"status\":\"LOCKED_OUT\",\"message\":\"Max attempted logins "
                     "exceeded.\"}");
    } else {
        struct session *session = &tandem->sessions[tandem->next++ % REMEMBERED];
        session_clear(session);
        session->cookie = random_text(24);
        char *cookie = xasprintf(SESSION_COOKIE "=%s; Path=/; HttpOnly", session->cookie);
        exchange_add_header(exchange, "Set-Cookie", cookie);
        free(cookie);
        exchange_reply_json(exchange, 200, "{\"redirectUrl\":\"/\",\"status\":\"SUCCESS\"}");
    }
}

static bool parameter_is(const struct exchange *exchange, const char *name, const char *wanted)
{
    const char *value = exchange_parameter(exchange, name);
    return value && strcmp(value, wanted) == 0;
}

static struct session *session_of(struct tandem_side *tandem, const struct exchange *exchange)
{
    char cookie[128];
    return find_session(tandem, offsetof(struct session, cookie),
                        exchange_cookie(exchange, SESSION_COOKIE, cookie));
}

static void handle_authorize(struct simulator *simulator, struct exchange *exchange)
{
    struct tandem_side *tandem = simulator->tandem;
    struct session *session = session_of(tandem, exchange);
    const char *challenge = exchange_parameter(exchange, "code_challenge");
    if (!parameter_is(exchange, "client_id", CLIENT_ID) || !parameter_is(exchange, "response_type", "code") ||
        !parameter_is(exchange, "scope", "openid profile email") ||
        !parameter_is(exchange, "redirect_uri", tandem->redirect_uri) ||
        !parameter_is(exchange, "code_challenge_method", "S256") || !challenge || strlen(challenge) != 43) {
        exchange_reply_text(exchange, 400, "text/html",
                            "<html><body>Sorry, there was an error: invalid_request</body></html>");
        return;
    }
    if (!session) {
        reply_redirect(exchange, xasprintf("%s?returnUrl=%%2Fconnect%%2Fauthorize", tandem->login_page));
        return;
    }
    free(session->challenge);
    free(session->state);
    free(session->redirect_uri);
    session->challenge = xstrdup(challenge);
    session->redirect_uri = xstrdup(exchange_parameter(exchange, "redirect_uri"));
    session->state = random_text(18);
    /* A relative address: RFC 7231 allows it, and clients must cope. */
    reply_redirect(exchange, xasprintf(ACCOUNTS "/connect/authorize/callback?state=%s", session->state));
}

static void handle_authorized(struct simulator *simulator, struct exchange *exchange)
{
    struct tandem_side *tandem = simulator->tandem;
    struct session *session = session_of(tandem, exchange);
    const char *state = exchange_parameter(exchange, "state");
    if (!session || !session->state || !state || strcmp(session->state, state) != 0) {
        reply_redirect(exchange, xstrdup(tandem->login_page));
        return;
    }
    free(session->code);
    session->code = random_text(32);
    reply_redirect(exchange, xasprintf("%s?code=%s&scope=openid%%20profile%%20email&session_state=%s",
                                       session->redirect_uri, session->code, session->state));
}

static void reply_token(struct simulator *simulator, struct exchange *exchange, struct session *session)
{
    struct tandem_side *tandem = simulator->tandem;
    int64_t now = service_now(simulator), lifetime = simulator->settings.expires_in;
    struct token_claims claims = {
        .issuer = tandem->issuer,
        .audience = CLIENT_ID,
        .email = simulator->settings.email,
        .pumper_id = tandem->pumper_id,
        .account_id = tandem->account_id,
        .now = now,
        .lifetime = lifetime,
    };
    free(session->access_token);
    session->access_token = random_text(48);
    session->expires = now + lifetime;
    char *id_token = token_make(tandem->key, &claims, simulator->settings.id_token);
    char *answer = xasprintf(
        "{\"access_token\":\"%s\",\"id_token\":\"%s\",\"expires_in\":%lld,\"token_type\":\"Bearer\","
        "\"scope\":\"openid profile email\"}",
        session->access_token, id_token, (long long)lifetime);
    exchange_reply_json(exchange, 200, answer);
    free(answer);
    free(id_token);
}

static bool form_is(struct evkeyvalq *form, const char *name, const char *wanted)
{
    const char *value = evhttp_find_header(form, name);
    return value && strcmp(value, wanted) == 0;
}

static void handle_token(struct simulator *simulator, struct exchange *exchange)
{
    struct tandem_side *tandem = simulator->tandem;
    struct evkeyvalq form;
    form_read(&form, exchange->body);
    const char *verifier = evhttp_find_header(&form, "code_verifier"),
               *code = evhttp_find_header(&form, "code");
    struct session *session = find_session(tandem, offsetof(struct session, code), code);
    char *challenge = verifier ? challenge_of(verifier) : NULL;
    bool good = session && challenge && strcmp(session->challenge, challenge) == 0 &&
                strlen(verifier) >= 43 && form_is(&form, "grant_type", "authorization_code") &&
                form_is(&form, "client_id", CLIENT_ID) &&
                form_is(&form, "redirect_uri", session->redirect_uri);
    if (session) { /* a code is good for one try */
        free(session->code);
        session->code = NULL;
    }
    if (good)
        reply_token(simulator, exchange, session);
    else
        exchange_reply_json(exchange, 400, "{\"error\":\"invalid_grant\"}");
    free(challenge);
    evhttp_clear_headers(&form);
}

static void handle_keys(struct simulator *simulator, struct exchange *exchange)
{
    char *keys = token_keys_json(simulator->tandem->key);
    exchange_reply_json(exchange, 200, keys);
    free(keys);
}

/* ---- with the token ---- */

static bool passes_data_firewall(const struct simulator *simulator, const struct exchange *exchange)
{
    const char *origin = exchange_header(exchange, "Origin"), *referer = exchange_header(exchange, "Referer");
    const char *wanted = simulator->tandem->origin;
    size_t length = strlen(wanted);
    return !simulator->settings.firewall ||
           (origin && strcmp(origin, wanted) == 0 && referer && strncmp(referer, wanted, length) == 0 &&
            strcmp(referer + length, "/") == 0);
}

static bool has_token(struct simulator *simulator, const struct exchange *exchange)
{
    const char *authorization = exchange_header(exchange, "Authorization");
    if (!authorization || strncmp(authorization, "Bearer ", 7) != 0)
        return false;
    struct session *session =
        find_session(simulator->tandem, offsetof(struct session, access_token), authorization + 7);
    return session && session->expires > service_now(simulator);
}

static void handle_data(struct simulator *simulator, struct exchange *exchange)
{
    const char *what = exchange->path + strlen(BFF), *pumper_id = simulator->tandem->pumper_id;
    if (!passes_data_firewall(simulator, exchange))
        reply_blocked(exchange);
    else if (!has_token(simulator, exchange))
        exchange_reply_json(exchange, 401, "{\"message\":\"Unauthorized\"}");
    else if (strncmp(what, "pumper/", 7) == 0 && strcmp(what + 7, pumper_id) == 0)
        tandem_reply_pumper(simulator, simulator->tandem->fixture, exchange);
    else if (strncmp(what, "pump-logs/", 10) == 0 && parameter_is(exchange, "pumperId", pumper_id))
        tandem_reply_log(simulator, simulator->tandem->fixture, exchange, what + 10);
    else
        exchange_reply_json(exchange, 404, "{\"message\":\"Not found.\"}");
}

static const struct {
    const char *method, *path;
    void (*handle)(struct simulator *, struct exchange *);
} routes[] = {
    {"GET", "/sso/", handle_login_page},
    {"POST", ACCOUNTS "/login", handle_login},
    {"GET", ACCOUNTS "/connect/authorize", handle_authorize},
    {"GET", ACCOUNTS "/connect/authorize/callback", handle_authorized},
    {"POST", ACCOUNTS "/connect/token", handle_token},
    {"GET", ACCOUNTS "/.well-known/openid-configuration/jwks", handle_keys},
};

void tandem_side_handle(void *context, struct exchange *exchange)
{
    struct simulator *simulator = context;
    if (!passes_firewall(simulator, exchange)) {
        reply_blocked(exchange);
        return;
    }
    if (strncmp(exchange->path, BFF, strlen(BFF)) == 0) {
        handle_data(simulator, exchange);
        return;
    }
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
        if (exchange_is(exchange, routes[i].method, routes[i].path)) {
            routes[i].handle(simulator, exchange);
            return;
        }
    exchange_reply_text(exchange, 404, "text/html", "<html><body><h1>404 Not Found</h1></body></html>");
}
