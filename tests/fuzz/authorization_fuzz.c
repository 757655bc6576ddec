/* What a request carries, a line for each header: what is granted is checked once more by other means. The
   session's cookie and the form's token are those of session.c. */
#include "fuzz.h"

#include <stdio.h>

#include "authorization.h"
#include "rate_limit.h"
#include "session.h"
#include "tconnectsync/base/buffer.h"

#define NOW    INT64_C(1780000000)
#define SECRET "otters sleep holding hands"
static const struct authorization_key keys[] = {{NULL, 0}, {SECRET, NOW - 86400}, {"another long secret", 0}};

/* What "Basic" and base64 say, read by other means: whether the secret stands behind the first colon. */
static bool says_basic(const char *header, const char *secret)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *encoded = header + strlen("Basic");
    size_t length = 0;
    unsigned bits = 0;
    char *decoded = calloc(1, strlen(header) + 1);
    must(decoded && strncasecmp(header, "Basic ", strlen("Basic ")) == 0);
    encoded += strspn(encoded, " ");
    for (size_t i = 0; encoded[i] && encoded[i] != '='; i++) {
        bits = bits << 6 | (unsigned)(strchr(alphabet, encoded[i]) - alphabet);
        if (i % 4 != 0)
            decoded[length++] = (char)(bits >> (6 - 2 * (i % 4)));
    }
    const char *colon = memchr(decoded, ':', length);
    bool says = colon && length - (size_t)(colon + 1 - decoded) == strlen(secret) &&
                memcmp(colon + 1, secret, strlen(secret)) == 0;
    free(decoded);
    return says;
}

/* A cookie that was made before is the one that is made anew for the same end. */
static bool is_own_cookie(const char *cookie, const struct authorization_key *key)
{
    struct buffer made;
    int64_t ends = (int64_t)strtoll(cookie, NULL, 10);
    bool same = false;
    buffer_init(&made, 200);
    if (ends > NOW && ends <= NOW + SESSION_SECONDS + 24 * 3600 &&
        ends - SESSION_SECONDS >= key->signed_out) {
        session_write(&made, key->secret, ends - SESSION_SECONDS);
        same = strcmp(made.data, cookie) == 0;
    }
    buffer_free(&made);
    return same;
}

static void check_granted(const struct authorization_request *request, const struct authorization *result,
                          unsigned flags)
{
    unsigned which = result->opens & 1 << 1 ? 1 : 2;
    const struct authorization_key *key = &keys[which];
    must(result->opens == 1u << which && !result->retry_after && !result->challenge && !result->allow);
    must(result->credential != CREDENTIAL_PARAMETER || strcmp(request->parameter, key->secret) == 0);
    must(result->credential != CREDENTIAL_BEARER || strstr(request->header, key->secret));
    must(result->credential != CREDENTIAL_BASIC || says_basic(request->header, key->secret));
    must(result->credential != CREDENTIAL_COOKIE || is_own_cookie(request->cookie, key));
    if (!(flags & AUTHORIZATION_CHANGES_STATE) || result->credential < CREDENTIAL_BASIC)
        return;
    must(strcmp(request->method, "POST") == 0);
    must(!request->fetch_site || strcmp(request->fetch_site, "same-origin") == 0 ||
         strcmp(request->fetch_site, "none") == 0);
    must(request->fetch_site || !request->origin ||
         (request->host && strcasestr(request->origin, request->host)));
    must(request->fetch_site || request->origin || !request->form_token || strlen(request->form_token) == 43);
}

static void check(const struct authorization_request *request, unsigned flags, struct rate_limit *limit)
{
    struct authorization result;
    authorization_check(request, keys, sizeof keys / sizeof *keys, flags, limit, NOW, 1, &result);
    if (result.status == 0) {
        check_granted(request, &result, flags);
        return;
    }
    must(result.status == 401 || result.status == 403 || result.status == 405 || result.status == 429);
    must((result.status == 429) == (result.retry_after > 0) &&
         (result.status == 405) == (result.allow != NULL));
    must(*result.text && strchr(result.text, '\n') == result.text + strlen(result.text) - 1);
    must(!strstr(result.text, SECRET));
}

static const char *or_none(const char *text)
{
    return *text ? text : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { METHOD, PARAMETER, HEADER, COOKIE, FORM_TOKEN, FETCH_SITE, ORIGIN, HOST, ADDRESS, LINES };
    char *line[LINES];
    for (int i = 0; i < LINES; i++)
        line[i] = take_line(&data, &size);
    const struct authorization_request request = {
        .method = line[METHOD],
        .parameter = or_none(line[PARAMETER]),
        .header = or_none(line[HEADER]),
        .cookie = or_none(line[COOKIE]),
        .form_token = or_none(line[FORM_TOKEN]),
        .fetch_site = or_none(line[FETCH_SITE]),
        .origin = or_none(line[ORIGIN]),
        .host = or_none(line[HOST]),
        .address = line[ADDRESS],
        .https = size > 0,
    };
    struct rate_limit *limit = rate_limit_new();
    for (unsigned flags = 0; flags < 4; flags++)
        check(&request, flags, limit);
    /* After so many wrong ones no secret is looked at, whatever it is. */
    for (int i = 0; i < RATE_LIMIT_ATTEMPTS; i++)
        rate_limit_wrong(limit, request.address, 1);
    struct authorization result;
    authorization_check(&request, keys, sizeof keys / sizeof *keys, 0, limit, NOW, 1, &result);
    must(result.credential == CREDENTIAL_NONE || result.credential == CREDENTIAL_COOKIE);
    rate_limit_free(limit);
    for (int i = 0; i < LINES; i++)
        free(line[i]);
    return 0;
}
