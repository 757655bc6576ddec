/* ping.h - tells PING_URL how a run ended. */
#ifndef TCONNECTSYNC_PING_H
#define TCONNECTSYNC_PING_H

#include <stdbool.h>

struct application;

/* Where PING_URL is set. */
void ping_send(const struct application *application, bool ok);

#endif
