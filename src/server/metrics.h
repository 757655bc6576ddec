/* metrics.h - the server's state for Prometheus. */
#ifndef TCONNECTSYNC_METRICS_H
#define TCONNECTSYNC_METRICS_H

struct buffer;
struct daemon;

void metrics_write(const struct daemon *daemon, struct buffer *out);

#endif
