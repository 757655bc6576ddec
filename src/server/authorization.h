/* authorization.h - who may: which credential a request carries, and what is answered when it is not enough. Pure. The
   rules and texts are those of the HTTP surface. */
#ifndef TCONNECTSYNC_AUTHORIZATION_H
#define TCONNECTSYNC_AUTHORIZATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rate_limit;

/* What of a request matters here; NULL where it does not have it. */
struct authorization_request {
    const char *method;     /* "GET", "HEAD", "POST", ... */
    const char *parameter;  /* secret, of the query or form */
    const char *header;     /* Authorization */
    const char *cookie;     /* the value of SESSION_COOKIE */
    const char *form_token; /* form_token, of the form */
    const char *fetch_site; /* Sec-Fetch-Site */
    const char *origin;     /* Origin */
    const char *host;       /* Host */
    const char *address;    /* the client's; never NULL */
    bool https;             /* it came that way, so far as is known */
};

/* What opens one person's part. */
struct authorization_key {
    const char *secret; /* NULL: none is set */
    int64_t signed_out; /* cookies from before this time are void: see session.h */
};

enum credential {
    CREDENTIAL_NONE,
    CREDENTIAL_PARAMETER,
    CREDENTIAL_BEARER,
    CREDENTIAL_BASIC,  /* a browser sends these two by itself, also when another site makes it ask: */
    CREDENTIAL_COOKIE, /* they change state by POST from the same origin only */
};

struct authorization {
    enum credential credential; /* the right one that it carries */
    bool given;                 /* a secret was given, right or wrong */
    unsigned opens;             /* bit 0: it is the first key's secret, and so on */
    /* 0: granted. Otherwise the answer: */
    int status;           /* 401, 403, 405, 429 */
    char text[128];       /* one line for text/plain, with its newline */
    const char *allow;    /* 405: the Allow header, else NULL */
    const char *challenge; /* 401: the WWW-Authenticate header, else NULL */
    unsigned retry_after; /* 429: seconds */
};

enum {
    AUTHORIZATION_CHANGES_STATE = 1 << 0, /* also when it only starts a sync or a check */
    AUTHORIZATION_CHALLENGE = 1 << 1,     /* 401 with a Basic challenge in the place of 403 */
};

/* wall: seconds since 1970; monotonic: seconds. Call it once for a request: a wrong secret is counted. */
void authorization_check(const struct authorization_request *request, const struct authorization_key *keys,
                         size_t count, unsigned flags, struct rate_limit *limit, int64_t wall, int64_t monotonic,
                         struct authorization *result);

#endif
