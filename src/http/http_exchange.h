/* http_exchange.h - requests and answers of a server, on top of its connections. */
#ifndef TCONNECTSYNC_HTTP_EXCHANGE_H
#define TCONNECTSYNC_HTTP_EXCHANGE_H

#include <stdbool.h>
#include <sys/queue.h>
#include <time.h>

#include <event2/buffer.h>

#include "http_connection.h"
#include "tconnectsync/http/http_server.h"

struct exchanges {
    void (*handler)(void *context, struct http_exchange *exchange);
    void *handler_context;
    bool trust_proxy;
    bool stopping; /* each answer is its connection's last */
    LIST_HEAD(, http_exchange) list;
    size_t count;
    struct evbuffer *piece; /* of a stream, on its way to evhttp */
    time_t date_second;
    char date[32];
};

void exchanges_begin(struct exchanges *all);
/* Those that are still held are on their own: their answers go nowhere. */
void exchanges_end(struct exchanges *all);

/* For struct connection_user. */
void exchange_arrived(struct exchanges *all, struct connection *connection, struct evhttp_request *request);
void exchange_lost(struct http_exchange *exchange);
void exchange_drained(struct http_exchange *exchange);

#endif
