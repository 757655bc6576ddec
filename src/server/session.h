/* session.h - the status page's signed cookie and the token in its forms, both derived from the secret: nothing is
   stored, and a changed secret makes them useless. Pure; times are seconds since 1970. */
#ifndef TCONNECTSYNC_SESSION_H
#define TCONNECTSYNC_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;

#define SESSION_COOKIE  "tconnectsync_session"
#define SESSION_SECONDS (7 * 24 * 3600) /* from the last look at the page */
#define SESSION_RENEWED (24 * 3600)     /* after it a look begins a new one */

/* Equal, found out in a time that tells nothing of where they differ or how long secret is. */
bool secret_equals(const char *given, size_t length, const char *secret);

/* Appends a cookie's value: when it ends, and that signed. */
void session_write(struct buffer *out, const char *secret, int64_t now);
/* signed_out: 0, or the time since which sessions have to have begun. Signing out moves it, and with it ends every
   session, wherever its cookie was copied to. A process that starts anew does not know it: therefore sessions are
   short, and slide. */
bool session_is_valid(const char *value, const char *secret, int64_t now, int64_t signed_out);
/* Of a valid one. */
bool session_is_to_be_renewed(const char *value, int64_t now);

/* Append a whole Set-Cookie value: one that begins a session, one that ends it. https: sent over https alone. */
void session_write_cookie(struct buffer *out, const char *secret, int64_t now, bool https);
void session_write_end_cookie(struct buffer *out, bool https);

/* Appends the token that the page's forms carry. session: the cookie's value, or "" where the browser signs in with
   Basic. Another site can neither read nor guess it. */
void form_token_write(struct buffer *out, const char *secret, const char *session);
bool form_token_is_valid(const char *token, const char *secret, const char *session);

#endif
