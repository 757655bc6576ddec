/* serve.h - the long-running server as its command starts it. */
#ifndef TCONNECTSYNC_SERVE_H
#define TCONNECTSYNC_SERVE_H

#include <stdbool.h>

struct application;

/* Serves and syncs until a signal ends it. False when it could not begin; the log says why. */
bool serve(struct application *application);

#endif
