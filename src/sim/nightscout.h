/* nightscout.h - a Nightscout, by its facts: its doors. */
#ifndef SIM_NIGHTSCOUT_H
#define SIM_NIGHTSCOUT_H

struct exchange;

void nightscout_handle(void *simulator, struct exchange *exchange);

#endif
