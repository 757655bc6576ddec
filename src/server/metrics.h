/* metrics.h - the server's state for Prometheus. */
#ifndef TCONNECTSYNC_METRICS_H
#define TCONNECTSYNC_METRICS_H

#include <stdbool.h>

struct daemon;
struct http_exchange;

void metrics_answer(struct daemon *daemon, struct http_exchange *exchange);
/* Whether an Accept header (NULL: there is none) wants OpenMetrics at least as much as plain text. */
bool metrics_wants_openmetrics(const char *accept);

#endif
