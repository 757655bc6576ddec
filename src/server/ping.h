/* ping.h - tells PING_URL how a person's run ended. */
#ifndef TCONNECTSYNC_PING_H
#define TCONNECTSYNC_PING_H

#include <stdbool.h>

struct person;

/* Where PING_URL is set. */
void ping_send(const struct person *person, bool ok);

#endif
