/* Who may: the credential that a request carries, and the answer where it is not enough. */
#include "authorization.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "tconnectsync/base/memory.h"
#include "rate_limit.h"
#include "session.h"

static const char not_configured[] = "secret is not configured in the settings, so this page is inaccessible";
static const char not_provided[] = "secret not provided as a GET or POST argument";
static const char invalid[] = "secret is invalid";
static const char other_site[] = "this request was made by another site, so it is not carried out";
static const char post_only[] = "signed in by cookie or Basic, this is done by POST only";
static const char challenge[] = "Basic realm=\"tconnectsync-heroku\", charset=\"UTF-8\"";

static void refuse(struct authorization *result, int status, const char *text)
{
    result->status = status;
    snprintf(result->text, sizeof result->text, "%s\n", text);
}

/* What follows the scheme's name, or NULL when the header is of another scheme. */
static const char *after_scheme(const char *header, const char *scheme)
{
    size_t length = strlen(scheme);
    if (!header || strncasecmp(header, scheme, length) != 0 || header[length] != ' ')
        return NULL;
    return header + length + strspn(header + length, " ");
}

/* The password within "user:password" in base64. */
static bool basic_equals(const char *encoded, const char *secret)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t length = strlen(encoded), symbols = strspn(encoded, alphabet),
           padding = strspn(encoded + symbols, "=");
    if (length % 4 != 0 || symbols + padding != length || padding > 2 || length > 4096)
        return false;
    unsigned char *decoded = xmalloc(length);
    int bytes = EVP_DecodeBlock(decoded, (const unsigned char *)encoded, (int)length) - (int)padding;
    const unsigned char *colon = bytes > 0 ? memchr(decoded, ':', (size_t)bytes) : NULL;
    bool equal =
        colon && secret_equals((const char *)colon + 1, (size_t)(decoded + bytes - colon - 1), secret);
    OPENSSL_cleanse(decoded, length);
    free(decoded);
    return equal;
}

/* The request carries that kind of credential, and it is the key's. */
static bool fits(const struct authorization_request *request, enum credential kind,
                 const struct authorization_key *key, int64_t now)
{
    const char *secret = key->secret, *parameter = request->parameter, *encoded;
    if (!secret || !*secret)
        return false;
    switch (kind) {
    case CREDENTIAL_NONE:
        return false;
    case CREDENTIAL_PARAMETER:
        return parameter && *parameter && secret_equals(parameter, strlen(parameter), secret);
    case CREDENTIAL_BEARER:
        encoded = after_scheme(request->header, "Bearer");
        return encoded && secret_equals(encoded, strcspn(encoded, " \t"), secret);
    case CREDENTIAL_BASIC:
        encoded = after_scheme(request->header, "Basic");
        return encoded && basic_equals(encoded, secret);
    case CREDENTIAL_COOKIE:
        return request->cookie && session_is_valid(request->cookie, secret, now, key->signed_out);
    }
    return false;
}

/* The first right credential, and whose it is. uncompared: a secret that is given is not looked at. */
static void find_credential(const struct authorization_request *request, const struct authorization_key *keys,
                            size_t count, int64_t now, bool uncompared, struct authorization *result)
{
    const char *header = request->header;
    result->given = (request->parameter && *request->parameter) || after_scheme(header, "Bearer") ||
                    after_scheme(header, "Basic");
    for (enum credential kind = uncompared ? CREDENTIAL_COOKIE : CREDENTIAL_PARAMETER;
         kind <= CREDENTIAL_COOKIE && !result->opens; kind++) {
        for (size_t i = 0; i < count; i++)
            if (fits(request, kind, &keys[i], now))
                result->opens |= 1u << i;
        if (result->opens)
            result->credential = kind;
    }
}

static bool is_own_origin(const struct authorization_request *request)
{
    const char *origin = request->origin, *separator = strstr(origin, "://");
    if (request->https && strncasecmp(origin, "https://", strlen("https://")) != 0)
        return false;
    return separator && request->host && *request->host &&
           strcasecmp(separator + strlen("://"), request->host) == 0;
}

/* A request with what a browser sends by itself has to come from a page of ours. Clients that are no browsers
   (curl) send none of these headers. "none" is a person's own doing: a typed address, a bookmark. */
static bool is_same_origin(const struct authorization_request *request, const char *secret,
                           enum credential credential)
{
    if (request->fetch_site)
        return strcmp(request->fetch_site, "same-origin") == 0 || strcmp(request->fetch_site, "none") == 0;
    if (request->origin)
        return is_own_origin(request);
    if (request->form_token)
        return form_token_is_valid(request->form_token, secret,
                                   credential == CREDENTIAL_COOKIE ? request->cookie : "");
    return true;
}

/* The first one that is set, of those whose bit is in which; NULL: none is. */
static const char *any_secret(const struct authorization_key *keys, size_t count, unsigned which)
{
    for (size_t i = 0; i < count; i++)
        if (which >> i & 1 && keys[i].secret && *keys[i].secret)
            return keys[i].secret;
    return NULL;
}

void authorization_check(const struct authorization_request *request, const struct authorization_key *keys,
                         size_t count, unsigned flags, struct rate_limit *limit, int64_t wall,
                         int64_t monotonic, struct authorization *result)
{
    *result = (struct authorization){0};
    if (!any_secret(keys, count, ~0u)) {
        refuse(result, 403, not_configured);
        return;
    }
    unsigned wait = rate_limit_wait(limit, request->address, monotonic);
    find_credential(request, keys, count, wall, wait > 0, result);
    if (result->credential == CREDENTIAL_NONE && result->given && wait) {
        result->retry_after = wait;
        refuse(result, 429, "too many wrong secrets came from your address, try again later");
        return;
    }
    if (result->credential == CREDENTIAL_NONE) {
        if (result->given)
            rate_limit_wrong(limit, request->address, monotonic);
        bool challenges = flags & AUTHORIZATION_CHALLENGE;
        refuse(result, challenges ? 401 : 403, result->given ? invalid : not_provided);
        result->challenge = challenges ? challenge : NULL;
        return;
    }
    if (result->credential != CREDENTIAL_COOKIE)
        rate_limit_right(limit, request->address, monotonic);
    bool by_itself = result->credential == CREDENTIAL_BASIC || result->credential == CREDENTIAL_COOKIE;
    if (!by_itself || !(flags & AUTHORIZATION_CHANGES_STATE))
        return;
    if (strcmp(request->method, "POST") != 0) {
        refuse(result, 405, post_only);
        result->allow = "POST";
    } else if (!is_same_origin(request, any_secret(keys, count, result->opens), result->credential)) {
        refuse(result, 403, other_site);
    }
}
