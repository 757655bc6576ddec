#include "tconnectsync/url.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tconnectsync/buffer.h"
#include "tconnectsync/memory.h"

void url_encode(struct buffer *out, const char *text)
{
    static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    for (; *text; text++) {
        if (strchr(unreserved, *text))
            buffer_add(out, text, 1);
        else
            buffer_addf(out, "%%%02X", (unsigned char)*text);
    }
}

/* -1 when it is no hexadecimal digit. */
static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return isxdigit((unsigned char)c) ? (c | 32) - 'a' + 10 : -1;
}

static char *decode(const char *text, size_t length)
{
    char *out = xmalloc(length + 1), *end = out;
    for (const char *last = text + length; text < last; text++) {
        char c = *text == '+' ? ' ' : *text;
        if (c == '%') {
            int high = last - text > 2 ? digit(text[1]) : -1, low = last - text > 2 ? digit(text[2]) : -1;
            c = (char)(high * 16 + low);
            if (high < 0 || low < 0 || c == '\0') {
                free(out);
                return NULL;
            }
            text += 2;
        }
        *end++ = c;
    }
    *end = '\0';
    return out;
}

char *url_parameter(const char *url, const char *name)
{
    size_t name_length = strlen(name);
    const char *at = url + strcspn(url, "?#");
    while (*at == '?' || *at == '&') {
        at++;
        size_t length = strcspn(at, "&#");
        if (length > name_length && strncmp(at, name, name_length) == 0 && at[name_length] == '=')
            return decode(at + name_length + 1, length - name_length - 1);
        at += length;
    }
    return NULL;
}

static bool is_port(const char *text, size_t length)
{
    char digits[6] = "";
    if (length == 0 || length >= sizeof digits || strspn(text, "0123456789") < length)
        return false;
    memcpy(digits, text, length);
    int port = atoi(digits);
    return port > 0 && port < 65536;
}

char *url_origin(const char *url)
{
    static const char name[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    bool tls = strncasecmp(url, "https://", 8) == 0;
    if (!tls && strncasecmp(url, "http://", 7) != 0)
        return NULL;
    const char *host = url + (tls ? 8 : 7), *port = tls ? "443" : "80";
    size_t length = strspn(host, name), port_length = strlen(port);
    if (*host == '[') {
        length = 1 + strspn(host + 1, "0123456789abcdefABCDEF:.");
        length = length > 1 && host[length] == ']' ? length + 1 : 0;
    }
    const char *end = host + length;
    if (*end == ':') {
        port = end + 1;
        port_length = strcspn(port, "/?#");
        end = port + port_length;
    }
    if (length == 0 || !is_port(port, port_length) || !strchr("/?#", *end))
        return NULL;
    char *origin =
        xasprintf("%s://%.*s:%.*s", tls ? "https" : "http", (int)length, host, (int)port_length, port);
    for (char *at = origin; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    return origin;
}

static bool is_this_machine(const char *url)
{
    char *origin = url_origin(url);
    bool is = false;
    if (origin) {
        char *host = strstr(origin, "://") + 3;
        *strrchr(host, ':') = '\0';
        struct in_addr address;
        is = strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
             (inet_pton(AF_INET, host, &address) == 1 && ntohl(address.s_addr) >> 24 == 127);
    }
    free(origin);
    return is;
}

bool url_is_private(const char *url, const char *proxy)
{
    if (is_this_machine(url))
        return !proxy || !*proxy || is_this_machine(proxy);
    char *origin = url_origin(url);
    bool is = origin && strncmp(origin, "https:", 6) == 0;
    free(origin);
    return is;
}
