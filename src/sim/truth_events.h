/* truth_events.h - everything but insulin. */
#ifndef SIM_TRUTH_EVENTS_H
#define SIM_TRUTH_EVENTS_H

#include "truth_list.h"

/* A list for each kind: what gives no document is left out. */
void truth_write_events(const struct truth *truth, struct json_writer *writer);

#endif
