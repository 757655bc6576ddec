/* url.h - percent-encoding, query parameters, and who a URL leads to. */
#ifndef TCONNECTSYNC_URL_H
#define TCONNECTSYNC_URL_H

#include <stdbool.h>
#include <stddef.h>

struct buffer;

/* Appends text percent-encoded (RFC 3986 unreserved characters stay). */
void url_encode(struct buffer *out, const char *text);
/* Decodes %XX (and '+' as a space when form is set) into decoded, which has room for length + 1 bytes. False when a
   '%' is not followed by two hexadecimal digits or a NUL comes out. */
bool percent_decode(const char *text, size_t length, bool form, char *decoded);
/* The first parameter of that name in the URL's query, decoded; to be freed. NULL: there is none, or it is
   badly encoded or holds a NUL. */
char *url_parameter(const char *url, const char *name);
/* "https://host:443" of an http or https URL, in lower case; to be freed. NULL for any other URL, and for one
   that two readers might understand differently (user@host, escapes in the host). */
char *url_origin(const char *url);
/* What is sent there cannot be read on the way: https, or plain http to this machine itself (127.0.0.0/8,
   ::1, localhost) through no proxy elsewhere (proxy may be NULL). */
bool url_is_private(const char *url, const char *proxy);

#endif
