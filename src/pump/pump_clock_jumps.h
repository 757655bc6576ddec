/* pump_clock_jumps.h - when a pump's clock was set, and the stretches between. */
#ifndef TCONNECTSYNC_PUMP_CLOCK_JUMPS_H
#define TCONNECTSYNC_PUMP_CLOCK_JUMPS_H

#include "tconnectsync/pump/pump_clock.h"

/* Fills clock->stretches, without offsets, and clock->disbelieved. */
void pump_clock_split(struct pump_clock *clock, const struct clock_input *input);

/* The order of two places in the pump's life, as strcmp. */
int clock_place_compare(struct clock_place a, struct clock_place b);

#endif
