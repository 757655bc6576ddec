/* The sign-in as a browser does it (tandem-source.md: Login). Only the password and the code go out by POST,
   and those two are never repeated. */
#include "tandem_session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/json.h"
#include "jwt.h"
#include "tconnectsync/base/log.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/base/redact.h"
#include "tconnectsync/base/url.h"

enum {
    REDIRECTS_MAXIMUM = 10,
    URL_MAXIMUM = 8 << 10,
    PAGE_MAXIMUM = 16 << 20,
    LONGEST_LIFETIME = 30 * 86400,
    USUAL_LIFETIME = 30 * 60, /* where expires_in is missing: the shortest that was seen */
};

/* ---- the login page: only its cookies matter ---- */

static bool drop_data(void *context, const char *data, size_t length, struct error *error)
{
    (void)context, (void)data, (void)length, (void)error;
    return true;
}

static bool on_login_page(struct tandem_call *call, const struct http_response *response, struct error *error)
{
    return response->status < 400 || tandem_status_error(call, response, error);
}

void tandem_open_login_page(struct tandem *tandem, tandem_done *done, void *context)
{
    struct tandem_call *call = tandem_call_new(tandem, "login-page", on_login_page, done, context);
    sign_in_clear(&tandem->sign_in);
    http_cookies_clear(tandem->cookies);
    struct http_request request = {.method = "GET",
                                   .url = tandem->configuration->sso_url,
                                   .retry = true,
                                   .maximum_length = PAGE_MAXIMUM,
                                   .on_data = drop_data};
    tandem_call_send(call, &request);
}

/* ---- e-mail and password ---- */

static const char wait_for_person[] =
    "It is not tried again before the password or region is changed or a check is asked for";

#define LOOK_THERE "Sign in to Tandem Source with a browser"
#define NO_REFUSAL "The password is not known to be wrong"

/* What Tandem, or somebody before it, can say to a password. Only its own word that e-mail or password are
   wrong is a refusal, after which none is sent; everything else may pass, and has its own patience. */
static const struct verdict {
    int status;       /* 0: any */
    bool page;        /* of an answer that is no JSON object */
    const char *mark; /* in what it says; "": whatever it says */
    int patience_minutes;
    const char *what, *advice; /* what NULL: a refusal; advice NULL: what the status means in every step */
} verdicts[] = {
    {0, false, "max attempted logins", 240, "Tandem has locked the account after too many sign-ins",
     LOOK_THERE " first"},
    {0, false, "locked_out", 240, "Tandem has locked the account", LOOK_THERE " first"},
    {0, false, "/locked", 240, "Tandem has locked the account", LOOK_THERE " first"},
    {423, false, "", 240, "Tandem has locked the account", LOOK_THERE " first"},
    {0, false, "mfa", 60, "Tandem asks for a second factor, which this program cannot give",
     "Switch it off in the account's settings"},
    {0, false, "factor", 60, "Tandem asks for a second factor, which this program cannot give",
     "Switch it off in the account's settings"},
    {0, false, "consent", 60, "Tandem asks for consent", LOOK_THERE " and answer what it asks"},
    {200, true, "consent", 60, "Tandem asks for consent", LOOK_THERE " and answer what it asks"},
    {401, false, "account/invalid_credentials", 0, NULL, NULL},
    {200, false, "invalid", 0, NULL, NULL},
    {200, false, "credential", 0, NULL, NULL},
    {200, false, "denied", 0, NULL, NULL},
    {401, false, "account/", 60, "Tandem does not let this account sign in", LOOK_THERE},
    {200, false, "", 60, "Tandem did not complete the sign-in",
     LOOK_THERE ": it may ask for something there, such as a new password or consent"},
    {400, false, "", 10, "Tandem did not take the sign-in",
     NO_REFUSAL ". " LOOK_THERE "; if that works, look for an update of this program"},
    {401, false, "", 10, "Something on the way to Tandem, such as a gateway or a proxy, refused the sign-in",
     NO_REFUSAL},
    {401, true, "", 10, "Something on the way to Tandem, such as a gateway or a proxy, refused the sign-in",
     NO_REFUSAL},
    {403, false, "", 60, "", NULL},
    {403, true, "", 60, "", NULL},
};

/* Its own words, ", \"LOCKED_OUT\"", for marks and messages. */
static void quote_answer(const struct http_response *response, const struct json *json, char *out,
                         size_t size)
{
    const char *status = json_text(json_get(json, "status"));
    tandem_quote_message(response, out, size);
    if (!*out && status)
        snprintf(out, size, ", \"%.60s\"", status);
}

static bool holds(const struct json *json, const char *mark)
{
    static const char *const names[] = {"error", "status", "message", "error_description"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *text = json_text(json_get(json, names[i]));
        if (text && strcasestr(text, mark))
            return true;
    }
    return !*mark;
}

static const struct verdict *find_verdict(const struct http_response *response, const struct json *json)
{
    for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++) {
        const struct verdict *verdict = &verdicts[i];
        if ((verdict->status == 0 || verdict->status == response->status) &&
            verdict->page != json_is(json, JSON_OBJECT) &&
            (verdict->page ? strcasestr(response->body, verdict->mark) != NULL : holds(json, verdict->mark)))
            return verdict;
    }
    return NULL;
}

/* A refusal is remembered: repeated ones lock the account. */
static bool refuse(struct tandem_call *call, struct error *error)
{
    struct tandem *tandem = call->tandem;
    const char *other_region = tandem->configuration->region == REGION_US ? "EU" : "US";
    tandem_note_refusal(tandem, call->now);
    return error_set(error, ERROR_CREDENTIALS,
                     "Tandem refused the e-mail or password. %s account? Set TCONNECT_REGION=%s. %s.",
                     other_region, other_region, wait_for_person);
}

static bool explain_answer(struct tandem_call *call, const struct http_response *response,
                           const struct json *json, struct error *error)
{
    char said[200];
    const struct verdict *verdict = find_verdict(response, json);
    if (!verdict && response->status == 200) {
        json_free(tandem_read_object(call, response, error)); /* it is none: this says so */
        return false;
    }
    if (verdict && !verdict->what)
        return refuse(call, error);
    if (verdict)
        tandem_wait_until(call->tandem, call->now + verdict->patience_minutes * INT64_C(60));
    if (!verdict || !verdict->advice)
        return tandem_status_error(call, response, error);
    quote_answer(response, json, said, sizeof said);
    return error_set(error, ERROR_SERVICE, "%s (%d%s). %s.", verdict->what, response->status, said,
                     verdict->advice);
}

static bool on_signed_in(struct tandem_call *call, const struct http_response *response, struct error *error)
{
    struct json *json = json_parse(response->body, response->length, NULL);
    const char *status = json_text(json_get(json, "status"));
    bool success = response->status == 200 && status && strcmp(status, "SUCCESS") == 0;
    if (!success) {
        explain_answer(call, response, json, error);
        error->status = response->status;
    }
    json_free(json);
    return success;
}

static void write_login(struct buffer *body, const struct configuration *configuration)
{
    struct json_writer *writer = json_writer_new(body);
    json_open_object(writer);
    json_write_key(writer, "username");
    json_write_text(writer, configuration->tandem_email);
    json_write_key(writer, "password");
    json_write_text(writer, configuration->tandem_password);
    json_close_object(writer);
    json_writer_free(writer);
}

void tandem_sign_in(struct tandem *tandem, int64_t now, tandem_done *done, void *context)
{
    const struct configuration *configuration = tandem->configuration;
    struct tandem_call *call = tandem_call_new(tandem, "sign-in", on_signed_in, done, context);
    call->now = now;
    tandem_learn_failures(tandem, now);
    if (tandem_refused(tandem, NULL)) {
        struct error error;
        error_set(&error, ERROR_CREDENTIALS, "Tandem refused this e-mail and password before. %s.",
                  wait_for_person);
        tandem_call_decline(call, &error);
        return;
    }
    struct buffer body, url;
    tandem_note_attempt(tandem, now);
    buffer_init(&body, URL_MAXIMUM);
    buffer_init(&url, URL_MAXIMUM);
    write_login(&body, configuration);
    buffer_addf(&url, "%s/login", configuration->accounts_url);
    const struct http_header headers[] = {{"Content-Type", "application/json"},
                                          {"Accept", "application/json"},
                                          {"Referer", configuration->sso_url}};
    struct http_request request = {.method = "POST",
                                   .url = url.data,
                                   .headers = headers,
                                   .header_count = 3,
                                   .body = body.data,
                                   .body_length = body.length};
    tandem->sign_ins++;
    tandem_call_send(call, &request);
    buffer_wipe(&body);
    buffer_free(&url);
}

/* ---- the code, at the end of a row of redirects ---- */

static void follow(struct tandem_call *call, const char *url)
{
    struct http_request request = {.method = "GET", .url = url, .retry = true};
    tandem_call_send(call, &request);
}

/* Whether location is url itself, with a query or fragment or without. */
static bool leads_to(const char *location, const char *url)
{
    size_t length = strlen(url);
    return strncmp(location, url, length) == 0 && strchr("?#", location[length]);
}

static bool same_origin(const char *one, const char *other)
{
    char *first = url_origin(one), *second = url_origin(other);
    bool same = first && second && strcmp(first, second) == 0;
    free(first);
    free(second);
    return same;
}

static bool take_code(struct tandem *tandem, const char *location, struct error *error)
{
    char *code = url_parameter(location, "code");
    if (code && *code) {
        free_secret(tandem->sign_in.code);
        tandem->sign_in.code = code;
        redactor_add(tandem->redactor, code, "code");
        return true;
    }
    free(code);
    return error_set(
        error, ERROR_SERVICE,
        "Tandem took the password, but gave no code for the rest of the sign-in. Sign in to Tandem Source "
        "with a browser: it may ask for something there.");
}

static bool on_authorized(struct tandem_call *call, const struct http_response *response, struct error *error)
{
    const struct configuration *configuration = call->tandem->configuration;
    const char *location = response->location;
    if (response->status >= 400)
        return tandem_status_error(call, response, error);
    if (!location)
        return error_set(
            error, ERROR_SERVICE,
            "Tandem has changed its service: the sign-in no longer leads to a code. Look for an update of "
            "this program.");
    if (leads_to(location, configuration->redirect_uri))
        return take_code(call->tandem, location, error);
    bool stays =
        same_origin(location, configuration->accounts_url) && !leads_to(location, configuration->sso_url);
    if (!stays && same_origin(location, configuration->sso_url))
        return error_set(
            error, ERROR_SERVICE,
            "Tandem took the password, but kept no session and asks for a sign-in again. The next sync "
            "tries once more.");
    if (!stays)
        return error_set(
            error, ERROR_SERVICE,
            "Tandem's sign-in leads to a place that this program does not know. Tandem has changed its "
            "service: look for an update of this program.");
    if (++call->redirects >= REDIRECTS_MAXIMUM)
        return error_set(error, ERROR_SERVICE,
                         "Tandem's sign-in leads in circles: over %d redirects. Nothing is lost. If it stays "
                         "so for a day, look for an update of this program.",
                         REDIRECTS_MAXIMUM);
    follow(call, location);
    return true;
}

void tandem_authorize(struct tandem *tandem, tandem_done *done, void *context)
{
    const struct configuration *configuration = tandem->configuration;
    struct tandem_call *call = tandem_call_new(tandem, "authorize", on_authorized, done, context);
    unsigned char random[PKCE_RANDOM_BYTES];
    char challenge[PKCE_CHALLENGE_SIZE];
    struct buffer url;
    if (RAND_bytes(random, sizeof random) != 1)
        end_process("libcrypto does not work");
    pkce_verifier(random, tandem->sign_in.verifier);
    pkce_challenge(tandem->sign_in.verifier, challenge);
    OPENSSL_cleanse(random, sizeof random);
    buffer_init(&url, URL_MAXIMUM);
    buffer_addf(&url, "%s/connect/authorize?client_id=", configuration->accounts_url);
    url_encode(&url, configuration->client_id);
    buffer_add_text(&url, "&response_type=code&scope=openid%20profile%20email&redirect_uri=");
    url_encode(&url, configuration->redirect_uri);
    buffer_addf(&url, "&code_challenge=%s&code_challenge_method=S256", challenge);
    follow(call, url.data);
    buffer_free(&url);
}

/* ---- the tokens ---- */

static bool take_tokens(struct tandem *tandem, const struct json *json)
{
    struct sign_in *sign_in = &tandem->sign_in;
    const char *access_token = json_text(json_get(json, "access_token")),
               *type = json_text(json_get(json, "token_type"));
    const char *id_token = json_text(json_get(json, "id_token"));
    if (!credentials_is_token(access_token) || !credentials_is_token(id_token) ||
        (type && strcasecmp(type, "Bearer") != 0))
        return false;
    if (!json_integer(json_get(json, "expires_in"), &sign_in->lifetime))
        sign_in->lifetime = USUAL_LIFETIME;
    if (sign_in->lifetime <= 0)
        return false;
    if (sign_in->lifetime > LONGEST_LIFETIME)
        sign_in->lifetime = LONGEST_LIFETIME;
    free_secret(sign_in->access_token);
    free_secret(sign_in->id_token);
    sign_in->access_token = xstrdup(access_token);
    sign_in->id_token = xstrdup(id_token);
    redactor_add(tandem->redactor, access_token, "token");
    redactor_add(tandem->redactor, id_token, "token");
    return true;
}

static bool on_token(struct tandem_call *call, const struct http_response *response, struct error *error)
{
    if (response->status != 200)
        return tandem_status_error(call, response, error);
    struct json *json = tandem_read_object(call, response, error);
    bool taken = json && take_tokens(call->tandem, json);
    if (json && !taken)
        error_set(
            error, ERROR_SERVICE,
            "Tandem answered without usable tokens: it has changed its service. Look for an update of this "
            "program.");
    json_free(json);
    return taken;
}

static void add_field(struct buffer *form, const char *name, const char *value)
{
    buffer_addf(form, "&%s=", name);
    url_encode(form, value);
}

void tandem_fetch_token(struct tandem *tandem, tandem_done *done, void *context)
{
    const struct configuration *configuration = tandem->configuration;
    struct tandem_call *call = tandem_call_new(tandem, "token", on_token, done, context);
    struct buffer url, form;
    buffer_init(&url, URL_MAXIMUM);
    buffer_init(&form, 4 * URL_MAXIMUM);
    buffer_addf(&url, "%s/connect/token", configuration->accounts_url);
    buffer_add_text(&form, "grant_type=authorization_code");
    add_field(&form, "client_id", configuration->client_id);
    add_field(&form, "code", tandem->sign_in.code ? tandem->sign_in.code : "");
    add_field(&form, "redirect_uri", configuration->redirect_uri);
    add_field(&form, "code_verifier", tandem->sign_in.verifier);
    static const struct http_header headers[] = {{"Content-Type", "application/x-www-form-urlencoded"},
                                                 {"Accept", "application/json"}};
    struct http_request request = {.method = "POST",
                                   .url = url.data,
                                   .headers = headers,
                                   .header_count = 2,
                                   .body = form.data,
                                   .body_length = form.length};
    tandem_call_send(call, &request);
    buffer_free(&url);
    buffer_wipe(&form);
}

/* ---- the keys, and the check of the id token ---- */

static bool on_keys(struct tandem_call *call, const struct http_response *response, struct error *error)
{
    struct sign_in *sign_in = &call->tandem->sign_in;
    if (response->status != 200)
        return tandem_status_error(call, response, error);
    free(sign_in->keys);
    sign_in->keys = xmalloc(response->length);
    memcpy(sign_in->keys, response->body, response->length);
    sign_in->keys_length = response->length;
    return true;
}

void tandem_fetch_keys(struct tandem *tandem, tandem_done *done, void *context)
{
    struct tandem_call *call = tandem_call_new(tandem, "keys", on_keys, done, context);
    struct buffer url;
    buffer_init(&url, URL_MAXIMUM);
    buffer_addf(&url, "%s/.well-known/openid-configuration/jwks", tandem->configuration->accounts_url);
    static const struct http_header headers[] = {{"Accept", "application/json"}};
    struct http_request request = {
        .method = "GET", .url = url.data, .headers = headers, .header_count = 1, .retry = true};
    tandem_call_send(call, &request);
    buffer_free(&url);
}

bool tandem_verify(struct tandem *tandem, int64_t now, struct error *error)
{
    struct sign_in *sign_in = &tandem->sign_in;
    const struct jwt_expected expected = {tandem->configuration->accounts_url,
                                          tandem->configuration->client_id, now};
    struct jwt_claims claims;
    struct error why = {0};
    bool valid =
        sign_in->id_token && sign_in->keys
            ? jwt_verify(sign_in->id_token, sign_in->keys, sign_in->keys_length, &expected, &claims, &why)
            : error_set(&why, ERROR_SERVICE, "Tandem's sign-in brought no token.");
    if (valid) {
        tandem->before = tandem->credentials.limit;
        tandem->last_failure = (struct error){0};
        credentials_clear(&tandem->credentials);
        tandem->credentials = (struct credentials){
            .token = xstrdup(sign_in->access_token),
            .expires = now + sign_in->lifetime,
            .pumper_id = xstrdup(claims.pumper_id),
            .account_id = xstrdup(claims.account_id),
        };
        tandem->lifted = false;
        redactor_add(tandem->redactor, claims.pumper_id, "pumper");
        redactor_add(tandem->redactor, claims.account_id, "account");
        tandem_store(tandem);
        log_info(tandem->log, "tandem", "step=verified token_minutes=%lld",
                 (long long)sign_in->lifetime / 60);
    }
    sign_in_clear(sign_in);
    http_cookies_clear(tandem->cookies);
    if (valid)
        return true;
    error_set(error, why.kind, "%s Nothing is lost: the next sync signs in again.", why.text);
    tandem->last_failure = *error;
    return false;
}
