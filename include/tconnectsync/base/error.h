/* error.h - what went wrong, in words for the person who has to fix it. */
#ifndef TCONNECTSYNC_ERROR_H
#define TCONNECTSYNC_ERROR_H

#include <stdbool.h>

enum error_kind {
    ERROR_NONE,
    ERROR_USAGE,         /* a wrong word on the command line or in a request */
    ERROR_CONFIGURATION, /* a setting is missing or unusable */
    ERROR_CREDENTIALS,   /* a service refused the password, token or secret: never repeat by itself */
    ERROR_UNREACHABLE,   /* no answer: name, connection, TLS, time-out, or a server that is down (5xx, 429) */
    ERROR_SERVICE,       /* an answer that is no use: wrong status, shape or place */
    ERROR_DATA,          /* the bytes are not what they should be: garbage or truncated */
    ERROR_LIMIT,         /* larger or deeper than we accept */
    ERROR_CANCELLED,     /* stopped by us */
};

struct error {
    enum error_kind kind;
    int status;     /* the HTTP status behind it, 0 where there is none */
    char text[640]; /* one sentence or two: what is wrong, and what to do; never a secret */
};

/* Fills error (which may be NULL) and returns false, so that a caller can write "return error_set(...)". */
bool error_set(struct error *error, enum error_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
