/* rate_limit.h - counts wrong secrets by address. Pure; times are monotonic seconds. */
#ifndef TCONNECTSYNC_RATE_LIMIT_H
#define TCONNECTSYNC_RATE_LIMIT_H

#include <stdint.h>

#define RATE_LIMIT_ATTEMPTS 10 /* wrong secrets ... */
#define RATE_LIMIT_SECONDS  60 /* ... in this time */
#define RATE_LIMIT_PLACES   512

/* Remembers RATE_LIMIT_PLACES addresses; a further one takes the place of the one not seen for longest. */
struct rate_limit;

struct rate_limit *rate_limit_new(void);
void rate_limit_free(struct rate_limit *limit);

/* A wrong secret came from address (as text; IPv6 counts by its /64, what one household or host has). 0: it may be told
   so. Otherwise there were too many: the seconds to wait. Only for wrong ones: who knows the right secret is let in
   whatever others behind the same address do. */
unsigned rate_limit_wrong(struct rate_limit *limit, const char *address, int64_t now);

#endif
