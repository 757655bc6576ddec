/* metrics.h - the server's state for Prometheus. */
#ifndef TCONNECTSYNC_METRICS_H
#define TCONNECTSYNC_METRICS_H

#include "daemon.h"

struct buffer;

/* Of several people each sample names the person. */
void metrics_write(struct daemon *daemon, people_set people, struct buffer *out);

#endif
