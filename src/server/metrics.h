/* metrics.h - the server's state for Prometheus. */
#ifndef TCONNECTSYNC_METRICS_H
#define TCONNECTSYNC_METRICS_H

#include <stdbool.h>

#include "daemon.h"

struct http_exchange;

/* Of several people each sample names the person. */
void metrics_answer(struct daemon *daemon, struct http_exchange *exchange, people_set people);
/* Whether an Accept header (NULL: there is none) wants OpenMetrics at least as much as plain text. */
bool metrics_wants_openmetrics(const char *accept);

#endif
