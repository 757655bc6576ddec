/* Query, form, cookies and forwarding headers of a request, decoded. */
#include "http_parameters.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "tconnectsync/base/memory.h"

static size_t count_pairs(const char *text, size_t length)
{
    size_t count = 1;
    for (size_t i = 0; i < length; i++)
        count += text[i] == '&';
    return count;
}

struct http_parameters *http_parameters_parse(const char *text, size_t length)
{
    size_t pairs = count_pairs(text, length);
    if (pairs > HTTP_PARAMETERS_MAXIMUM)
        return NULL;
    struct http_parameters *parameters = xcalloc(1, sizeof *parameters + pairs * sizeof *parameters->pairs);
    /* Decoding never makes longer; each '=' and '&' gives place for a NUL, and so do the two bytes more. */
    char *to = parameters->storage = xcalloc(length + 2 + pairs, 1);
    const char *end = text + length;
    for (const char *at = text; at < end;) {
        const char *stop = memchr(at, '&', (size_t)(end - at));
        if (!stop)
            stop = end;
        const char *equals = memchr(at, '=', (size_t)(stop - at));
        const char *name_end = equals ? equals : stop, *value = equals ? equals + 1 : stop;
        char *name_to = to, *value_to;
        if (!percent_decode(at, (size_t)(name_end - at), true, name_to))
            goto bad;
        value_to = name_to + strlen(name_to) + 1;
        if (!percent_decode(value, (size_t)(stop - value), true, value_to))
            goto bad;
        to = value_to + strlen(value_to) + 1;
        if (stop > at) {
            parameters->pairs[parameters->count].name = name_to;
            parameters->pairs[parameters->count++].value = value_to;
        }
        at = stop + 1;
    }
    return parameters;
bad:
    http_parameters_free(parameters);
    return NULL;
}

void http_parameters_free(struct http_parameters *parameters)
{
    if (!parameters)
        return;
    for (size_t i = 0; i < parameters->count; i++)
        OPENSSL_cleanse(parameters->storage + (parameters->pairs[i].value - parameters->storage),
                        strlen(parameters->pairs[i].value));
    free(parameters->storage);
    free(parameters);
}

const char *http_parameters_get(const struct http_parameters *parameters, const char *name)
{
    for (size_t i = 0; parameters && i < parameters->count; i++)
        if (strcmp(parameters->pairs[i].name, name) == 0)
            return parameters->pairs[i].value;
    return NULL;
}

const char *cookie_find(const char *header, const char *name, size_t *length)
{
    size_t name_length = strlen(name);
    while (header && *header) {
        header += strspn(header, " \t;");
        size_t pair = strcspn(header, ";");
        if (pair > name_length && header[name_length] == '=' && strncmp(header, name, name_length) == 0) {
            *length = pair - name_length - 1;
            const char *value = header + name_length + 1;
            while (*length && (value[*length - 1] == ' ' || value[*length - 1] == '\t'))
                --*length;
            return value;
        }
        header += pair;
    }
    return NULL;
}

bool forwarded_address(const char *header, char *address, size_t size)
{
    const char *comma = strrchr(header, ',');
    const char *last = comma ? comma + 1 : header;
    last += strspn(last, " \t");
    size_t length = strcspn(last, " \t");
    char text[INET6_ADDRSTRLEN + sizeof "[]:65535"];
    if (last[length + strspn(last + length, " \t")] != '\0' || length == 0 || length >= sizeof text)
        return false;
    memcpy(text, last, length);
    text[length] = '\0';

    /* 192.0.2.1, 192.0.2.1:4711, 2001:db8::1, [2001:db8::1], [2001:db8::1]:4711 */
    char *bare = text, *colon = strchr(text, ':');
    if (*text == '[') {
        char *bracket = strchr(text, ']');
        if (!bracket || (bracket[1] != '\0' && bracket[1] != ':'))
            return false;
        *bracket = '\0';
        bare++;
    } else if (colon && colon == strrchr(text, ':')) {
        *colon = '\0';
    }
    unsigned char binary[sizeof(struct in6_addr)];
    int family = strchr(bare, ':') ? AF_INET6 : AF_INET;
    if (inet_pton(family, bare, binary) != 1)
        return false;
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (family == AF_INET6 && memcmp(binary, mapped, sizeof mapped) == 0)
        return inet_ntop(AF_INET, binary + sizeof mapped, address, (socklen_t)size) != NULL;
    return inet_ntop(family, binary, address, (socklen_t)size) != NULL;
}
