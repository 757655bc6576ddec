/* nightscout_read.h - what a Nightscout tells of what it holds. */
#ifndef SIM_NIGHTSCOUT_READ_H
#define SIM_NIGHTSCOUT_READ_H

#include "nightscout_site.h"

struct exchange;
struct simulator;

/* The documents that the query asks for; as_table: as text with tabs. */
void nightscout_read(struct simulator *simulator, struct exchange *exchange, enum place place, bool as_table);
/* profile/current: the highest startDate as a text, also in the future. */
void nightscout_read_profile(struct simulator *simulator, struct exchange *exchange);

#endif
