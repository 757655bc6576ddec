#include "fake_server.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

#include "tconnectsync/base/memory.h"

enum { MOST_CONNECTIONS = 64, MOST_REQUESTS = 64 };

struct connection {
    struct fake_server *server;
    struct bufferevent *stream;
    struct event *timer;
    const struct fake_answer *answer; /* on its way */
};

struct fake_server {
    struct event_base *base;
    struct evconnlistener *listener;
    const struct fake_answer *answers;
    size_t answer_count;
    struct connection *open[MOST_CONNECTIONS];
    size_t accepted, open_count, most_open;
    char *requests[MOST_REQUESTS];
    size_t request_count;
    unsigned port;
    char url[512];
};

static void hang_up(struct connection *connection)
{
    struct fake_server *server = connection->server;
    for (size_t i = 0; i < MOST_CONNECTIONS; i++)
        if (server->open[i] == connection)
            server->open[i] = NULL;
    server->open_count--;
    bufferevent_free(connection->stream);
    event_free(connection->timer);
    free(connection);
}

static void on_sent(struct bufferevent *stream, void *context)
{
    (void)stream;
    struct connection *connection = context;
    if (connection->answer && connection->answer->close)
        hang_up(connection);
}

static void answer(evutil_socket_t none, short what, void *context)
{
    (void)none, (void)what;
    struct connection *connection = context;
    const struct fake_answer *answer = connection->answer;
    if (answer->text)
        bufferevent_write(connection->stream, answer->text,
                          answer->length ? answer->length : strlen(answer->text));
    else if (answer->close)
        hang_up(connection);
}

/* The length of a whole request at the front of input, 0 while it is not complete. */
static size_t request_length(struct evbuffer *input)
{
    struct evbuffer_ptr end = evbuffer_search(input, "\r\n\r\n", 4, NULL);
    if (end.pos < 0)
        return 0;
    size_t head = (size_t)end.pos + 4, body = 0;
    char *text = xstrndup((const char *)evbuffer_pullup(input, end.pos + 4), head);
    const char *length = strcasestr(text, "content-length: ");
    if (length)
        body = strtoul(length + 16, NULL, 10);
    free(text);
    return evbuffer_get_length(input) >= head + body ? head + body : 0;
}

static void on_bytes(struct bufferevent *stream, void *context)
{
    struct connection *connection = context;
    struct fake_server *server = connection->server;
    struct evbuffer *input = bufferevent_get_input(stream);
    size_t length = request_length(input);
    if (!length || server->request_count == MOST_REQUESTS)
        return;
    char *request = xcalloc(length + 1, 1);
    evbuffer_remove(input, request, length);
    size_t number = server->request_count++;
    server->requests[number] = request;
    connection->answer = &server->answers[number < server->answer_count ? number : server->answer_count - 1];
    struct timeval delay = {connection->answer->delay_ms / 1000, connection->answer->delay_ms % 1000 * 1000};
    evtimer_add(connection->timer, &delay);
}

static void on_event(struct bufferevent *stream, short what, void *context)
{
    (void)stream;
    if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
        hang_up(context);
}

static void on_connection(struct evconnlistener *listener, evutil_socket_t socket, struct sockaddr *address,
                          int length, void *context)
{
    (void)listener, (void)address, (void)length;
    struct fake_server *server = context;
    struct connection *connection = xcalloc(1, sizeof *connection);
    connection->server = server;
    connection->stream = bufferevent_socket_new(server->base, socket, BEV_OPT_CLOSE_ON_FREE);
    connection->timer = evtimer_new(server->base, answer, connection);
    bufferevent_setcb(connection->stream, on_bytes, on_sent, on_event, connection);
    bufferevent_enable(connection->stream, EV_READ | EV_WRITE);
    for (size_t i = 0; i < MOST_CONNECTIONS; i++)
        if (!server->open[i]) {
            server->open[i] = connection;
            break;
        }
    server->accepted++;
    if (++server->open_count > server->most_open)
        server->most_open = server->open_count;
}

struct fake_server *fake_server_new(struct event_base *base, const struct fake_answer *answers, size_t count)
{
    struct fake_server *server = xcalloc(1, sizeof *server);
    server->base = base;
    server->answers = answers;
    server->answer_count = count;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    server->listener = evconnlistener_new_bind(base, on_connection, server, LEV_OPT_CLOSE_ON_FREE, 64,
                                               (struct sockaddr *)&address, sizeof address);
    socklen_t length = sizeof address;
    if (!server->listener ||
        getsockname(evconnlistener_get_fd(server->listener), (struct sockaddr *)&address, &length) != 0)
        abort();
    server->port = ntohs(address.sin_port);
    return server;
}

void fake_server_free(struct fake_server *server)
{
    for (size_t i = 0; i < MOST_CONNECTIONS; i++)
        if (server->open[i])
            hang_up(server->open[i]);
    for (size_t i = 0; i < server->request_count; i++)
        free(server->requests[i]);
    evconnlistener_free(server->listener);
    free(server);
}

const char *fake_server_url(struct fake_server *server, const char *path)
{
    snprintf(server->url, sizeof server->url, "http://127.0.0.1:%u%s", server->port, path);
    return server->url;
}

unsigned fake_server_port(const struct fake_server *server)
{
    return server->port;
}

const char *fake_server_request(const struct fake_server *server, size_t number)
{
    return number < server->request_count ? server->requests[number] : "";
}

size_t fake_server_requests(const struct fake_server *server)
{
    return server->request_count;
}

size_t fake_server_connections(const struct fake_server *server)
{
    return server->accepted;
}

size_t fake_server_most_connections(const struct fake_server *server)
{
    return server->most_open;
}
