/* daemon_timer.h - when the server syncs by itself. */
#ifndef TCONNECTSYNC_DAEMON_TIMER_H
#define TCONNECTSYNC_DAEMON_TIMER_H

#include <stdbool.h>

struct daemon;

/* Makes daemon->timer and starts its schedule, where the settings can be used. */
void daemon_timer_new(struct daemon *daemon);
/* The schedule has changed, or who may run: the timer follows, and so do those who look at the page. */
void daemon_timer_follow(struct daemon *daemon);
/* A sync has ended, whoever asked for it: to be followed. */
void daemon_timer_run_ended(struct daemon *daemon, bool ok);
/* The timer alone: runs that are asked for go on. */
void daemon_timer_pause(struct daemon *daemon);
void daemon_timer_resume(struct daemon *daemon);

#endif
