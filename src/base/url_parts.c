/* The parts of an absolute URL, as far as two readers agree on them. */
#include "tconnectsync/base/url_parts.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
static const char digits[] = "0123456789";

static bool consists_of(const char *text, const char *set, const char *or_set, const char *besides)
{
    for (; *text; text++)
        if (!strchr(set, *text) && !strchr(or_set, *text) && !strchr(besides, *text))
            return false;
    return true;
}

static bool copy_lower(char *to, size_t size, const char *from, size_t length)
{
    if (length == 0 || length >= size)
        return false;
    for (size_t i = 0; i < length; i++)
        to[i] = (char)(from[i] >= 'A' && from[i] <= 'Z' ? from[i] + 32 : from[i]);
    to[length] = '\0';
    return true;
}

static bool plausible_host(const char *host, bool bracketed)
{
    struct in6_addr address;
    if (bracketed)
        return inet_pton(AF_INET6, host, &address) == 1;
    return consists_of(host, letters, digits, ".-_") && host[0] != '.' && !strstr(host, "..");
}

static bool parse_port(const char *text, size_t length, unsigned *port)
{
    *port = 0;
    for (size_t i = 0; i < length; i++) {
        if (!strchr(digits, text[i]) || *port > 65535)
            return false;
        *port = *port * 10 + (unsigned)(text[i] - '0');
    }
    return length > 0 && *port >= 1 && *port <= 65535;
}

/* host, host:port, [v6], [v6]:port */
static bool parse_authority(const char *text, size_t length, struct url_parts *url)
{
    const char *end = text + length, *after;
    bool bracketed = *text == '[';
    if (bracketed) {
        after = memchr(text, ']', length);
        if (!after || !copy_lower(url->host, sizeof url->host, text + 1, (size_t)(after - text - 1)))
            return false;
        after++;
    } else {
        after = memchr(text, ':', length);
        after = after ? after : end;
        if (!copy_lower(url->host, sizeof url->host, text, (size_t)(after - text)))
            return false;
    }
    if (!plausible_host(url->host, bracketed))
        return false;
    return after == end || (*after == ':' && parse_port(after + 1, (size_t)(end - after - 1), &url->port));
}

bool url_parse(const char *text, struct url_parts *url)
{
    *url = (struct url_parts){.path = ""};
    for (const char *c = text; *c; c++)
        if (*c <= ' ' || *c > '~' || strchr("\"<>\\^`{|}", *c))
            return false;
    const char *scheme_end = strstr(text, "://");
    if (!scheme_end || !copy_lower(url->scheme, sizeof url->scheme, text, (size_t)(scheme_end - text)) ||
        !consists_of(url->scheme, letters, digits, "+-."))
        return false;

    const char *authority = scheme_end + 3;
    size_t length = strcspn(authority, "/?#");
    url->path = authority + length;
    url->path_length = strcspn(url->path, "?#");
    const char *rest = url->path + url->path_length;
    url->has_query = *rest == '?';
    url->has_fragment = strchr(rest, '#') != NULL;

    const char *sign = memrchr(authority, '@', length);
    if (sign) {
        url->has_userinfo = true;
        url->userinfo = authority;
        url->userinfo_length = (size_t)(sign - authority);
        /* libcurl takes the first @ for the last one where an address in brackets follows it. */
        if (memmem(authority, url->userinfo_length, "@[", 2))
            return false;
        length -= url->userinfo_length + 1;
        authority = sign + 1;
    }
    return parse_authority(authority, length, url);
}

bool url_is_loopback(const struct url_parts *url)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (inet_pton(AF_INET, url->host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    if (inet_pton(AF_INET6, url->host, &v6) == 1)
        return IN6_IS_ADDR_LOOPBACK(&v6);
    return strcasecmp(url->host, "localhost") == 0;
}
