/* http_connection.h - bytes in and out: the connections of a server, below its requests (http_exchange.h) and its
   listening (http_server.c), of which it knows no more than what struct connections says. */
#ifndef TCONNECTSYNC_HTTP_CONNECTION_H
#define TCONNECTSYNC_HTTP_CONNECTION_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/queue.h>

#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>

#include "http_crowd.h"
#include "http_guard.h"
#include "tconnectsync/base/buffer.h"

struct http_exchange;
struct log;

struct connection {
    TAILQ_ENTRY(connection) link;
    struct connections *all;
    int socket;                       /* -1 until adopted; evhttp closes it */
    struct bufferevent *memory;       /* evhttp's side: its input is what we feed, its output what we send */
    struct evhttp_connection *evhttp; /* NULL until the first request */
    struct event *readable, *writable, *deadline;
    struct buffer received;  /* bytes that evhttp has not been given */
    struct http_guard guard; /* over the request that received begins with, or that is being answered */
    struct http_exchange *exchange; /* a request that waits for its answer's end: such a connection is never
                                       closed to make room */
    unsigned place;                 /* in the crowd, once is_counted */
    bool is_counted;
    bool receiving; /* a request's first byte is here */
    bool told_to_continue;
    bool busy;      /* evhttp has a request whose answer is not yet out */
    bool answered;  /* the whole answer is in memory's output */
    bool last;      /* nothing comes after this answer */
    bool lingering; /* sent everything, reads on only to be rid of it */
    bool doomed;    /* to be closed as soon as nobody works with it */
    char peer[INET6_ADDRSTRLEN];
};

/* What evhttp hands over: called with a request that the guard has let pass, or that stands for one it refused
   (guard.status), and at the points where an exchange has to know of its connection. */
struct connection_user {
    void (*arrived)(void *context, struct connection *connection, struct evhttp_request *request);
    void (*lost)(struct http_exchange *exchange);    /* the client has gone */
    void (*drained)(struct http_exchange *exchange); /* all that was sent so far is out */
    void (*changed)(void *context);                  /* there are more connections, or fewer */
    void *context;
};

struct connection_limits {
    size_t maximum;     /* connections; for a moment there may be a quarter more */
    size_t one_network; /* of them from one network */
    bool behind_proxy;  /* the peer is the proxy: the network is known by connection_of_client only */
    unsigned request_milliseconds, idle_milliseconds, write_milliseconds;
    struct http_limits request;
};

/* All of a server's, the one that has made no progress for longest first. Progress is the accept, a request's first
   byte, its answer, the answer's end: a client that drips or sips makes none, and a row of requests sent at once is one
   request here. */
struct connections {
    struct event_base *base;
    struct log *log;
    struct connection_limits limits;
    struct connection_user user;
    TAILQ_HEAD(connection_list, connection) list;
    size_t count;
    struct http_crowd crowd;
    bool is_crowded;        /* some network holds more than its share */
    struct event *make_room;
    struct connection *fed; /* whose request evhttp is being given at this moment */
    char scratch[16384];    /* what a socket is read into */
};

void connections_begin(struct connections *all, struct event_base *base, struct log *log);
void connections_end(struct connections *all);
/* ---- room for others (http_room.c) ---- */

/* No further one may be accepted until some have gone. */
bool connections_are_full(const struct connections *all);
/* Closes those without progress, an eighth of them and at least one; false when there are none. */
bool connections_shed(struct connections *all);
void connections_close_idle(struct connections *all);

/* ---- one connection ---- */

/* Whose requests the proxy carries over this connection at present. */
void connection_of_client(struct connection *connection, const char *address);

/* For evhttp_set_bevcb and evhttp_set_gencb; the context is the struct connections. */
struct bufferevent *connection_new(struct event_base *base, void *all);
void connection_request_arrived(struct evhttp_request *request, void *all);

/* Its answer is on its way out, or about to be; or the client reads the last one. */
bool connection_is_answering(const struct connection *connection);
/* Something was put into memory's output; complete: it was the answer's last. */
void connection_send(struct connection *connection, bool complete);
/* Closes the connection, but not before the present callback has returned. */
void connection_doom(struct connection *connection);
/* Tells who waits, and frees; evhttp's side goes too. */
void connection_close(struct connection *connection);
/* Everything is sent. A socket closed with unread bytes is reset, and the client may never see why it was refused. */
void connection_close_gently(struct connection *connection);

#endif
