/* service_timer.h - when the server syncs a person by itself. */
#ifndef TCONNECTSYNC_SERVICE_TIMER_H
#define TCONNECTSYNC_SERVICE_TIMER_H

#include <stdbool.h>

struct service;

/* Makes service->timer and starts its schedule, where the settings can be used. */
void service_timer_new(struct service *service);
/* The schedule has changed, or who may run: the timer follows, and so do those who look at the page. */
void service_timer_follow(struct service *service);
/* A sync has ended, whoever asked for it: to be followed. */
void service_timer_run_ended(struct service *service, bool ok);
/* The timer alone: runs that are asked for go on. */
void service_timer_pause(struct service *service);
void service_timer_resume(struct service *service);

#endif
