/* monotonic.h - the clock that nobody sets: how long something took, when something is due. */
#ifndef TCONNECTSYNC_MONOTONIC_H
#define TCONNECTSYNC_MONOTONIC_H

#include <stdint.h>

/* Since an instant that means nothing, the same for all of them; rounded down. */
int64_t monotonic_microseconds(void);
int64_t monotonic_milliseconds(void);
int64_t monotonic_seconds(void);

#endif
