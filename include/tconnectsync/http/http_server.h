/* http_server.h - a hardened keep-alive HTTP server over evhttp. Knows nothing of syncs and pages. */
#ifndef TCONNECTSYNC_HTTP_SERVER_H
#define TCONNECTSYNC_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct event_base;
struct http_server;
struct log;
struct http_exchange; /* one request and its answer; lives until it is answered or its end was reported */

struct http_server_options {
    const char *host;    /* NULL: all addresses, IPv4 and IPv6 */
    uint16_t port;       /* 0: any free one */
    bool trust_proxy;    /* the last X-Forwarded-For element is the client's address; X-Forwarded-Proto tells https */
    /* Called for each well-formed request; the handler answers now or later. Who answers later asks to be told through
       http_exchange_on_gone. The server is not to be freed from within. */
    void (*handler)(void *context, struct http_exchange *exchange);
    void *context;
    struct log *log; /* outlives the server */
    /* Limits; 0: the default. */
    unsigned maximum_connections;  /* 512, fewer when RLIMIT_NOFILE is low. When full, or when one network (behind a
                                      trusted proxy: one client's) holds more than half of them, the one without
                                      progress for longest goes: slow to ask, idle or slow to read, but none whose
                                      answer is still to come */
    unsigned request_milliseconds; /* 10 s, for a whole request from its first byte, or from the accept */
    unsigned idle_milliseconds;    /* 75 s without a further request */
    unsigned write_milliseconds;   /* 30 s without progress while an answer is being sent */
    size_t maximum_head;           /* 16 KiB; larger is 431 */
    size_t maximum_body;           /* 64 KiB; larger is 413 */
};

struct http_server *http_server_new(struct event_base *base, const struct http_server_options *options,
                                    struct error *error);
uint16_t http_server_port(const struct http_server *server);
/* Closes the listening sockets and idle connections; every answer from now on is its connection's last. */
void http_server_stop_accepting(struct http_server *server);
/* Some request waits for its answer, or some answer is still on its way out. */
bool http_server_is_answering(const struct http_server *server);
/* For tests of the server: what it holds at the moment. */
size_t http_server_open_exchanges(const struct http_server *server);
size_t http_server_open_connections(const struct http_server *server);
/* Held exchanges are over then: who asked is told through http_exchange_on_gone; one that nobody asked about may still
   be answered, into the void. */
void http_server_free(struct http_server *server);

/* ---- the request ---- */
enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_OTHER };
enum http_method http_exchange_method(const struct http_exchange *exchange);
const char *http_exchange_method_name(const struct http_exchange *exchange);
const char *http_exchange_path(const struct http_exchange *exchange); /* decoded, begins with '/', no NUL, no query */
const char *http_exchange_header(const struct http_exchange *exchange, const char *name); /* NULL when absent */
/* Decoded value from the query, else from a form body (application/x-www-form-urlencoded); NULL when absent. */
const char *http_exchange_parameter(const struct http_exchange *exchange, const char *name);
const char *http_exchange_cookie(struct http_exchange *exchange, const char *name); /* NULL when absent; lives until the next call */
const char *http_exchange_client_address(const struct http_exchange *exchange);
bool http_exchange_is_https(const struct http_exchange *exchange); /* by X-Forwarded-Proto behind a trusted proxy */

/* ---- the answer ---- */
/* Before the answer; the security headers and Date, Content-Length are set by themselves. A name that stands among
   the security headers or is Cache-Control replaces theirs. */
void http_exchange_add_header(struct http_exchange *exchange, const char *name, const char *value);
/* The whole answer. On HEAD the body is left out but its length is told. Ends the exchange. */
void http_reply(struct http_exchange *exchange, int status, const char *content_type, const char *body, size_t length);
#define HTTP_PLAIN_TEXT "text/plain; charset=utf-8"
void http_reply_text(struct http_exchange *exchange, int status, const char *text);
/* A stream: begins, any number of pieces, an end. On HEAD it ends after the headers (stream_begin returns false: the
   exchange is over). A piece sent to a client that has gone is dropped; a client that leaves 256 KiB unread has gone. */
bool http_stream_begin(struct http_exchange *exchange, int status, const char *content_type);
void http_stream_send(struct http_exchange *exchange, const char *data, size_t length);
/* Bytes that were sent and wait for the client to read. */
size_t http_stream_unread(const struct http_exchange *exchange);
/* Told each time that everything sent so far is out. */
void http_stream_on_drained(struct http_exchange *exchange, void (*drained)(void *context), void *context);
void http_stream_end(struct http_exchange *exchange);
/* Told once if the client goes away before the answer's end (closing its sending side alone counts as well); the
   exchange is over then and must not be used. Never called from within a function of this header other than
   http_server_free. */
void http_exchange_on_gone(struct http_exchange *exchange, void (*gone)(void *context), void *context);

#endif
