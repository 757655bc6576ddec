/* routes.h - which path answers what. */
#ifndef TCONNECTSYNC_ROUTES_H
#define TCONNECTSYNC_ROUTES_H

struct http_exchange;

/* Answers a request; daemon is a struct daemon. */
void routes_handle(void *daemon, struct http_exchange *exchange);

#endif
