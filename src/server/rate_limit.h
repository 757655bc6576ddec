/* rate_limit.h - counts wrong secrets by address, in flat memory. Pure; times are monotonic seconds.
   An address that sent too many is refused without a look at what it sends: else a guesser would still see which guess
   is right. IPv6 counts by its /64, what one household or host has. While wrong ones come from more networks than there
   are places, those without a place share one. A network from which the right secret came keeps its place. */
#ifndef TCONNECTSYNC_RATE_LIMIT_H
#define TCONNECTSYNC_RATE_LIMIT_H

#include <stdint.h>

#define RATE_LIMIT_ATTEMPTS 10 /* wrong secrets ... */
#define RATE_LIMIT_SECONDS  60 /* ... in this time */
#define RATE_LIMIT_PLACES   512
#define RATE_LIMIT_OWNERS   64 /* places at most that are kept for whoever knows the secret: the latest ones */

struct rate_limit;

struct rate_limit *rate_limit_new(void);
void rate_limit_free(struct rate_limit *limit);

/* The seconds for which secrets from this address (as text) are refused uncompared; 0: compare. */
unsigned rate_limit_wait(struct rate_limit *limit, const char *address, int64_t now);
/* What came of comparing. */
void rate_limit_wrong(struct rate_limit *limit, const char *address, int64_t now);
void rate_limit_right(struct rate_limit *limit, const char *address, int64_t now);

#endif
