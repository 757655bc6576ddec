/* nightscout_write.h - what a Nightscout stores, replaces and deletes, and how it fails. */
#ifndef SIM_NIGHTSCOUT_WRITE_H
#define SIM_NIGHTSCOUT_WRITE_H

#include "nightscout_site.h"

struct exchange;
struct simulator;

void nightscout_post(struct simulator *simulator, struct exchange *exchange, enum place place);
void nightscout_put(struct simulator *simulator, struct exchange *exchange, enum place place);
void nightscout_delete(struct simulator *simulator, struct exchange *exchange, enum place place,
                       const char *id);

#endif
