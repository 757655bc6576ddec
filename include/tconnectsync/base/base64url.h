/* base64url.h - base64 in the alphabet for URLs, without padding (RFC 4648 section 5, RFC 7515 section 2). */
#ifndef TCONNECTSYNC_BASE64URL_H
#define TCONNECTSYNC_BASE64URL_H

#include <stdbool.h>
#include <stddef.h>

struct buffer;

/* Appends 4 characters for each 3 bytes. */
void base64url_encode(struct buffer *out, const void *data, size_t length);
/* Appends the bytes. False on anything but the one way to write them: padding, blanks, the other alphabet,
   left-over bits, or when out is full. */
bool base64url_decode(struct buffer *out, const char *text, size_t length);

#endif
