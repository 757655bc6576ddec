/* A URL, compared with how libcurl, which carries it out, reads it: what is accepted has one reading. */
#include "fuzz.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdio.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/url.h"
#include "tconnectsync/base/url_parts.h"

/* To be freed with curl_free; NULL: it has none. */
static char *part(CURLU *url, CURLUPart what, unsigned flags)
{
    char *text = NULL;
    return curl_url_get(url, what, &text, flags) == CURLUE_OK ? text : NULL;
}

/* libcurl writes addresses in their usual form: 0x7f.1 is 127.0.0.1. */
static bool same_host(const char *ours, const char *theirs)
{
    unsigned char one[16], other[16];
    char bare[300];
    snprintf(bare, sizeof bare, "%.*s", (int)strcspn(theirs + (*theirs == '['), "]"),
             theirs + (*theirs == '['));
    if (*theirs == '[')
        return inet_pton(AF_INET6, ours, one) == 1 && inet_pton(AF_INET6, bare, other) == 1 &&
               memcmp(one, other, sizeof one) == 0;
    struct in_addr lax, strict;
    if (inet_pton(AF_INET, bare, &strict) == 1 && inet_aton(ours, &lax))
        return lax.s_addr == strict.s_addr;
    return strcasecmp(ours, bare) == 0;
}

static void compare(const char *text, const struct url_parts *ours, CURLU *theirs)
{
    char *scheme = part(theirs, CURLUPART_SCHEME, 0), *host = part(theirs, CURLUPART_HOST, 0),
         *port = part(theirs, CURLUPART_PORT, 0), *path = part(theirs, CURLUPART_PATH, 0),
         *user = part(theirs, CURLUPART_USER, 0), *query = part(theirs, CURLUPART_QUERY, 0),
         *fragment = part(theirs, CURLUPART_FRAGMENT, 0);
    must(scheme && strcmp(scheme, ours->scheme) == 0);
    must(host && same_host(ours->host, host));
    must((port ? (unsigned)atoi(port) : 0) == ours->port);
    must(ours->has_userinfo || !user);
    must(ours->has_query || !query);
    must(ours->has_fragment || !fragment);
    must(ours->path_length == 0
             ? strcmp(path, "/") == 0
             : strlen(path) == ours->path_length && memcmp(path, ours->path, ours->path_length) == 0);
    /* What is private for us may be sent in plain: it has to be this machine for libcurl too. */
    if (strcmp(scheme, "http") == 0 && url_is_private(text, NULL))
        must(strncmp(host, "127.", 4) == 0 || strcmp(host, "[::1]") == 0 ||
             strcasecmp(host, "localhost") == 0);
    curl_free(scheme);
    curl_free(host);
    curl_free(port);
    curl_free(path);
    curl_free(user);
    curl_free(query);
    curl_free(fragment);
}

static void compare_decoding(const char *text)
{
    int length;
    char *theirs = curl_easy_unescape(NULL, text, (int)strlen(text), &length);
    char *ours = malloc(strlen(text) + 1);
    if (*text && percent_decode(text, strlen(text), false, ours))
        must((size_t)length == strlen(ours) && memcmp(ours, theirs, (size_t)length) == 0);
    /* And encoded, it comes back. */
    struct buffer encoded;
    char *back = malloc(3 * strlen(text) + 1);
    buffer_init(&encoded, 3 * strlen(text) + 1);
    url_encode(&encoded, text);
    must(percent_decode(encoded.data, encoded.length, true, back) && strcmp(back, text) == 0);
    buffer_free(&encoded);
    free(back);
    free(ours);
    curl_free(theirs);
}

/* The query's first code, found in the query that libcurl sees. */
static void compare_parameter(const char *text, CURLU *theirs)
{
    char *code = url_parameter(text, "code"), *query = part(theirs, CURLUPART_QUERY, 0);
    must(!code || (query && strstr(query, "code=")));
    curl_free(query);
    free(code);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct url_parts ours;
    char *text = take_line(&data, &size), *origin = url_origin(text);
    CURLU *theirs = curl_url();
    bool read = curl_url_set(theirs, CURLUPART_URL, text, CURLU_PATH_AS_IS) == CURLUE_OK,
         web = url_parse(text, &ours) &&
               (strcmp(ours.scheme, "http") == 0 || strcmp(ours.scheme, "https") == 0);
    must(!origin || web);
    if (read && web) {
        compare(text, &ours, theirs);
        compare_parameter(text, theirs);
    }
    if (origin) {
        char *again = url_origin(origin);
        must(again && strcmp(again, origin) == 0 && !strchr(origin, '@'));
        free(again);
    }
    compare_decoding(text);
    curl_url_cleanup(theirs);
    free(origin);
    free(text);
    return 0;
}
