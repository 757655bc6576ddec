/* session.h - the status page's signed cookie and the token in its forms, both derived from the secret: nothing is
   stored, and a changed secret makes them useless. Pure; times are seconds since 1970. */
#ifndef TCONNECTSYNC_SESSION_H
#define TCONNECTSYNC_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;

#define SESSION_COOKIE  "tconnectsync_session"
#define SESSION_SECONDS (30 * 24 * 3600)

/* Equal, found out in a time that tells nothing of where they differ or how long secret is. */
bool secret_equals(const char *given, size_t length, const char *secret);

/* Appends a cookie's value: when it ends, and that signed. */
void session_write(struct buffer *out, const char *secret, int64_t now);
bool session_is_valid(const char *value, const char *secret, int64_t now);

/* Append a whole Set-Cookie value: one that begins a session, one that ends it. https: sent over https alone. */
void session_write_cookie(struct buffer *out, const char *secret, int64_t now, bool https);
void session_write_end_cookie(struct buffer *out, bool https);

/* Appends the token that the page's forms carry. session: the cookie's value, or "" where the browser signs in with
   Basic. Another site can neither read nor guess it. */
void form_token_write(struct buffer *out, const char *secret, const char *session);
bool form_token_is_valid(const char *token, const char *secret, const char *session);

#endif
