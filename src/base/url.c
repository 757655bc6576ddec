/* Percent-encoding, the parameters of a URL, and who it leads to. */
#include "tconnectsync/base/url.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/base/url_parts.h"

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

bool percent_decode(const char *text, size_t length, bool form, char *decoded)
{
    for (const char *end = text + length; text < end; text++) {
        char c = form && *text == '+' ? ' ' : *text;
        if (c == '%') {
            int high = end - text > 2 ? digit(text[1]) : -1, low = high >= 0 ? digit(text[2]) : -1;
            if (low < 0)
                return false;
            c = (char)(high * 16 + low);
            text += 2;
        }
        if (c == '\0')
            return false;
        *decoded++ = c;
    }
    *decoded = '\0';
    return true;
}

/* Decoded; to be freed. NULL when it is badly encoded. */
static char *decode(const char *text, size_t length)
{
    char *out = xmalloc(length + 1);
    if (percent_decode(text, length, true, out))
        return out;
    free(out);
    return NULL;
}

char *url_parameter(const char *url, const char *name)
{
    size_t name_length = strlen(name);
    const char *at = url + strcspn(url, "?#");
    while (*at == '?' || *at == '&') {
        at++;
        size_t length = strcspn(at, "&#");
        if (strncmp(at, name, name_length) == 0 && at[name_length] == '=')
            return decode(at + name_length + 1, length - name_length - 1);
        at += length;
    }
    return NULL;
}

char *url_origin(const char *url)
{
    struct url_parts parts;
    if (!url_parse(url, &parts) || parts.has_userinfo)
        return NULL;
    bool tls = strcmp(parts.scheme, "https") == 0, v6 = strchr(parts.host, ':') != NULL;
    if (!tls && strcmp(parts.scheme, "http") != 0)
        return NULL;
    return xasprintf("%s://%s%s%s:%u", parts.scheme, v6 ? "[" : "", parts.host, v6 ? "]" : "",
                     parts.port ? parts.port
                     : tls      ? 443
                                : 80);
}

static bool is_this_machine(const char *url)
{
    struct url_parts parts;
    return url_parse(url, &parts) && url_is_loopback(&parts);
}

bool url_is_private(const char *url, const char *proxy)
{
    struct url_parts parts;
    if (!url_parse(url, &parts) || parts.has_userinfo)
        return false;
    if (strcmp(parts.scheme, "https") == 0)
        return true;
    return strcmp(parts.scheme, "http") == 0 && url_is_loopback(&parts) &&
           (!proxy || !*proxy || is_this_machine(proxy));
}
