/* redact.h - hides what must not leave the process: passwords, tokens, secrets, email, serials, hosts. */
#ifndef TCONNECTSYNC_REDACT_H
#define TCONNECTSYNC_REDACT_H

#include <stddef.h>

struct buffer;

/* A list of values to hide, plus patterns that are always hidden (Bearer and JWT-shaped tokens, email addresses,
   userinfo in URLs). */
struct redactor;

struct redactor *redactor_new(void);
void redactor_free(struct redactor *redactor);
/* From now on value shows as [label], also where it stands percent-encoded, JSON-escaped or in base64. Empty, NULL
   and very short values (under 4 bytes) are ignored. Adding the same again changes nothing. */
void redactor_add(struct redactor *redactor, const char *value, const char *label);
/* From now on redactor hides what other hides as well, now and later, without a copy of it. other outlives it. */
void redactor_join(struct redactor *redactor, const struct redactor *other);
/* Appends text to out with everything hidden. redactor may be NULL: patterns alone. */
void redact(const struct redactor *redactor, const char *text, size_t length, struct buffer *out);

#endif
