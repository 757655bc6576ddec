/* http_server_internal.h - what the server's parts share: http_server.c (listening), http_connection.c (bytes
   in and out) and http_exchange.c (requests and answers). They alone see evhttp. */
#ifndef TCONNECTSYNC_HTTP_SERVER_INTERNAL_H
#define TCONNECTSYNC_HTTP_SERVER_INTERNAL_H

#include <netinet/in.h>
#include <sys/queue.h>
#include <time.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>

#include "tconnectsync/base/buffer.h"
#include "http_guard.h"
#include "tconnectsync/http/http_server.h"

struct connection {
    LIST_ENTRY(connection) link;
    struct http_server *server;
    int socket;                       /* -1 until adopted; evhttp closes it */
    struct bufferevent *memory;       /* evhttp's side: its input is what we feed, its output what we send */
    struct evhttp_connection *evhttp; /* NULL until the first request */
    struct event *readable, *writable, *deadline;
    struct buffer received;  /* bytes that evhttp has not been given */
    struct http_guard guard; /* over the request that received begins with, or that is being answered */
    struct http_exchange *exchange; /* a request that waits for its answer's end */
    bool receiving;                 /* a request's first byte is here */
    bool told_to_continue;
    bool busy;      /* evhttp has a request whose answer is not yet out */
    bool answered;  /* the whole answer is in memory's output */
    bool last;      /* nothing comes after this answer */
    bool lingering; /* sent everything, reads on only to be rid of it */
    bool doomed;    /* to be closed as soon as nobody works with it */
};

struct http_exchange {
    LIST_ENTRY(http_exchange) link;
    struct http_server *server;     /* NULL once freed */
    struct connection *connection;  /* NULL once the client has gone, as is request */
    struct evhttp_request *request; /* evhttp's */
    enum http_method method;
    struct http_parameters *query, *form;
    char *cookie;
    struct timespec began;
    int status;
    size_t sent; /* bytes of the body */
    void (*gone)(void *context);
    void *gone_context;
    char address[INET6_ADDRSTRLEN];
    char path[];
};

struct http_server {
    SLIST_ENTRY(http_server) link;
    struct event_base *base;
    struct http_server_options options;
    struct http_limits limits;
    struct evhttp *evhttp;
    struct evhttp_bound_socket *sockets[4];
    size_t socket_count;
    uint16_t port;
    struct event *accept_again;
    bool stopped, without_descriptors;
    LIST_HEAD(, connection) connections;
    size_t connection_count;
    struct connection *fed; /* whose request evhttp is being given at this moment */
    LIST_HEAD(, http_exchange) exchanges;
    struct evbuffer *piece; /* of a stream, on its way to evhttp */
    time_t date_second;
    char date[32];
    char scratch[16384]; /* what a socket is read into */
};

/* http_server.c */
void server_update_accepting(struct http_server *server);

/* http_connection.c */
/* evhttp asks for the bufferevent of a connection that it has just accepted. */
struct bufferevent *connection_new(struct event_base *base, void *server);
/* evhttp has a request. */
void connection_request_arrived(struct evhttp_request *request, void *server);
/* Something was put into memory's output; complete: it was the answer's last. */
void connection_send(struct connection *connection, bool complete);
/* Closes the connection, but not before the present callback has returned. */
void connection_doom(struct connection *connection);
bool connection_is_idle(const struct connection *connection);
/* Tells who waits, and frees; evhttp's side goes too. */
void connection_close(struct connection *connection);

/* http_exchange.c */
void exchange_arrived(struct evhttp_request *request, struct connection *connection);
/* The client has gone: tells who asked, and leaves the exchange to itself otherwise. */
void exchange_lost(struct http_exchange *exchange);

#endif
