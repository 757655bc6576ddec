/* http_crowd.h - how many connections each network holds, in flat memory: by address, of IPv6 by its /64. Networks that
   fall together by chance share a count; which ones cannot be foreseen. Pure. */
#ifndef TCONNECTSYNC_HTTP_CROWD_H
#define TCONNECTSYNC_HTTP_CROWD_H

#include <stdint.h>

#define HTTP_CROWD_PLACES 4096

struct http_crowd {
    uint64_t seed; /* random */
    unsigned counts[HTTP_CROWD_PLACES];
};

/* The place of an address given as text. Counting in and out is the caller's. */
unsigned http_crowd_place(const struct http_crowd *crowd, const char *address);

#endif
