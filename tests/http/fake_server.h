/* fake_server.h - a server on loopback that answers from a script, byte for byte, and remembers what it was
 * asked. */
#ifndef TCONNECTSYNC_FAKE_SERVER_H
#define TCONNECTSYNC_FAKE_SERVER_H

#include <stdbool.h>
#include <stddef.h>

struct event_base;

struct fake_answer {
    const char *text;  /* the whole answer; NULL: none */
    size_t length;     /* 0: up to the text's NUL */
    unsigned delay_ms; /* before it is sent */
    bool close;        /* the connection, once it is sent */
};

/* Answers the n-th request with the n-th answer, further ones with the last. The answers outlive the server.
 */
struct fake_server *fake_server_new(struct event_base *base, const struct fake_answer *answers, size_t count);
void fake_server_free(struct fake_server *server);

/* "http://127.0.0.1:PORT" and path, in a buffer that the next call overwrites. */
const char *fake_server_url(struct fake_server *server, const char *path);
unsigned fake_server_port(const struct fake_server *server);
/* What was asked: the n-th request's head and body as they came; "" when there was none. */
const char *fake_server_request(const struct fake_server *server, size_t number);
size_t fake_server_requests(const struct fake_server *server);
size_t fake_server_connections(const struct fake_server *server);      /* accepted */
size_t fake_server_most_connections(const struct fake_server *server); /* open at one moment */

#endif
