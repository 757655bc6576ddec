/* http_retry.h - whether and when a request goes out again. */
#ifndef TCONNECTSYNC_HTTP_RETRY_H
#define TCONNECTSYNC_HTTP_RETRY_H

#include <stdbool.h>
#include <stdint.h>

struct http_retry {
    int status; /* 0: there was no whole answer */
    bool transport_may_recover;
    int64_t retry_after;          /* seconds, -1: not said */
    unsigned attempts;            /* so far, at least 1 */
    int64_t elapsed_milliseconds; /* since the first was due */
    unsigned patience_seconds;    /* how long to go on knocking at a site that wakes: 502, 503, 504 */
    uint32_t random;              /* for the jitter */
};

/* Milliseconds until the next attempt; -1: what came stands. */
int64_t http_retry_wait(const struct http_retry *retry);

#endif
