/* truth.h - GET /control/truth?from&to: what the pump really did. */
#ifndef SIM_TRUTH_H
#define SIM_TRUTH_H

struct exchange;
struct simulator;

void truth_reply(struct simulator *simulator, struct exchange *exchange);

#endif
