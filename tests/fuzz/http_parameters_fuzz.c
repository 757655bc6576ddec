/* A Cookie header, an X-Forwarded-For header, and behind them a form: what is read of a form reads the same
   when it is written again. */
#include "fuzz.h"

#include <arpa/inet.h>

#include "http_parameters.h"
#include "tconnectsync/base/buffer.h"

static void read_again(const struct http_parameters *parameters)
{
    struct buffer form;
    buffer_init(&form, 1 << 23);
    for (size_t i = 0; i < parameters->count; i++) {
        buffer_add_text(&form, i ? "&" : "");
        url_encode(&form, parameters->pairs[i].name);
        buffer_add_text(&form, "=");
        url_encode(&form, parameters->pairs[i].value);
    }
    must(!form.full);
    struct http_parameters *again = http_parameters_parse(form.data, form.length);
    must(again && again->count == parameters->count);
    for (size_t i = 0; i < again->count; i++)
        must(strcmp(again->pairs[i].name, parameters->pairs[i].name) == 0 &&
             strcmp(again->pairs[i].value, parameters->pairs[i].value) == 0);
    http_parameters_free(again);
    buffer_free(&form);
}

static void look_for_cookie(const char *header)
{
    size_t length = 0;
    const char *value = cookie_find(header, "session", &length);
    if (!value)
        return;
    must(value >= header + strlen("session=") && value + length <= header + strlen(header));
    must(strncmp(value - strlen("session="), "session=", strlen("session=")) == 0);
    must(!memchr(value, ';', length));
}

static void look_for_address(const char *header)
{
    char address[INET6_ADDRSTRLEN], again[INET6_ADDRSTRLEN];
    unsigned char binary[sizeof(struct in6_addr)];
    if (!forwarded_address(header, address, sizeof address))
        return;
    must(inet_pton(strchr(address, ':') ? AF_INET6 : AF_INET, address, binary) == 1);
    must(forwarded_address(address, again, sizeof again) && strcmp(address, again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *cookies = take_line(&data, &size), *forwarded = take_line(&data, &size);
    look_for_cookie(cookies);
    look_for_address(forwarded);
    struct http_parameters *parameters = http_parameters_parse((const char *)data, size);
    if (parameters) {
        must(parameters->count <= HTTP_PARAMETERS_MAXIMUM);
        read_again(parameters);
        const char *secret = http_parameters_get(parameters, "secret");
        must(!secret || strlen(secret) <= size);
    }
    http_parameters_free(parameters);
    free(cookies);
    free(forwarded);
    return 0;
}
