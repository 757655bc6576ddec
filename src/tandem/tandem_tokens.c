/* The sign-in from the password on (tandem-source.md: Login): the code at the end of a row of redirects, the
   tokens for it, and the check of the id token against the service's keys. */
#include "tandem_session.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/rand.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/base/log.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/base/redact.h"
#include "tconnectsync/base/url.h"

#include "jwt.h"

enum {
    REDIRECTS_MAXIMUM = 10,
    URL_MAXIMUM = 8 << 10,
    LONGEST_LIFETIME = 30 * 86400,
    USUAL_LIFETIME = 30 * 60, /* where expires_in is missing: the shortest that was seen */
};

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
