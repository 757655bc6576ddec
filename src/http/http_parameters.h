/* http_parameters.h - what a request carries in its path, query, form, cookies and forwarding headers, decoded. Pure. */
#ifndef TCONNECTSYNC_HTTP_PARAMETERS_H
#define TCONNECTSYNC_HTTP_PARAMETERS_H

#include <stdbool.h>
#include <stddef.h>

#include "tconnectsync/base/url.h" /* percent_decode, for the path */

#define HTTP_PARAMETERS_MAXIMUM 64

/* "a=1&b=2", decoded. */
struct http_parameters {
    size_t count;
    char *storage; /* all names and values */
    struct {
        const char *name, *value;
    } pairs[];
};

/* NULL when it is not well encoded or has more than HTTP_PARAMETERS_MAXIMUM pairs. A name without '=' has the value
   "". Freed with http_parameters_free, which wipes: a secret may be among them. */
struct http_parameters *http_parameters_parse(const char *text, size_t length);
void http_parameters_free(struct http_parameters *parameters);
/* The first of that name; NULL when there is none, or parameters is NULL. */
const char *http_parameters_get(const struct http_parameters *parameters, const char *name);

/* The first cookie of that name within a Cookie header (NULL is allowed), not decoded; its length in *length. NULL
   when there is none. */
const char *cookie_find(const char *header, const char *name, size_t *length);

/* The address that a trusted proxy put last into X-Forwarded-For, in its canonical form and without a port. False
   when that is no address. size: at least 46. */
bool forwarded_address(const char *header, char *address, size_t size);

#endif
