/* control.h - /control/... on either listener: dials and readings for tests. */
#ifndef SIM_CONTROL_H
#define SIM_CONTROL_H

struct exchange;

void control_handle(void *simulator, struct exchange *exchange);

#endif
