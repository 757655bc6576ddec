/* Listening: which addresses, and when not to accept. */
#include "tconnectsync/http/http_server.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/listener.h>

#include "http_connection.h"
#include "http_exchange.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/base/log.h"
#include "tconnectsync/base/memory.h"

enum {
    BACKLOG = 1024,
    PAUSE_MILLISECONDS = 500,
    COMPLAINT_SECONDS = 10, /* between two lines about the same */
    CONNECTIONS_DEFAULT = 512,
    CONNECTIONS_LEAST = 8,
    OTHER_DESCRIPTORS = 64, /* what the program opens besides */
};

struct http_server {
    SLIST_ENTRY(http_server) link;
    struct event_base *base;
    struct http_server_options options;
    struct evhttp *evhttp;
    struct evhttp_bound_socket *sockets[4];
    size_t socket_count;
    uint16_t port;
    struct event *accept_again;
    bool pausing;
    time_t complained;
    struct connections connections;
    struct exchanges exchanges;
};

/* An evconnlistener's error callback is handed no more than the evhttp: this finds whose it is. */
static SLIST_HEAD(, http_server) servers = SLIST_HEAD_INITIALIZER(servers);

static void update_accepting(void *context)
{
    struct http_server *server = context;
    bool accept = !server->pausing && !connections_are_full(&server->connections);
    for (size_t i = 0; i < server->socket_count; i++) {
        struct evconnlistener *listener = evhttp_bound_socket_get_listener(server->sockets[i]);
        if (accept)
            evconnlistener_enable(listener);
        else
            evconnlistener_disable(listener);
    }
}

static void accept_again(evutil_socket_t fd, short what, void *context)
{
    struct http_server *server = context;
    (void)fd, (void)what;
    server->pausing = false;
    update_accepting(server);
}

static void complain(struct http_server *server, int reason)
{
    time_t now = time(NULL);
    if (now - server->complained < COMPLAINT_SECONDS && now >= server->complained)
        return;
    server->complained = now;
    log_warn(server->options.log, "http", "event=accept_failed reason=%s",
             log_quote(server->options.log, strerror(reason)));
}

/* Out of descriptors or memory. Connections without progress make room; when there are none, a pause: the
 * listening socket stays readable, so without one this would be called for ever. */
static void accept_failed(struct evconnlistener *listener, void *evhttp)
{
    int reason = errno;
    struct http_server *server;
    (void)listener;
    SLIST_FOREACH(server, &servers, link)
    if (server->evhttp == evhttp)
        break;
    if (!server || server->pausing)
        return;
    complain(server, reason);
    if (connections_shed(&server->connections))
        return;
    server->pausing = true;
    update_accepting(server);
    event_add(server->accept_again, &(struct timeval){.tv_usec = PAUSE_MILLISECONDS * 1000});
}

static int bound_socket(const struct addrinfo *address)
{
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (fd < 0)
        return -1;
    int on = 1, off = 0;
    /* The accepted sockets inherit all but the first and last. */
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (address->ai_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const void *)address->ai_addr;
        bool any = IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr);
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, any ? &off : &on, sizeof on);
    }
    if (bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

static uint16_t port_of(int fd)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &length) != 0)
        return 0;
    return ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
                                               : ((struct sockaddr_in *)&address)->sin_port);
}

/* Listens on every address that host stands for. */
static bool listen_on(struct http_server *server, const char *host, struct error *error)
{
    struct addrinfo hints = {.ai_flags = AI_PASSIVE, .ai_socktype = SOCK_STREAM}, *list = NULL;
    char port[8];
    snprintf(port, sizeof port, "%u", server->options.port);
    int failure = getaddrinfo(host, port, &hints, &list), reason = 0;
    if (failure == EAI_MEMORY)
        end_process("out of memory");
    if (failure)
        return error_set(error, ERROR_CONFIGURATION, "LISTEN_HOST=%s is no address of this machine: %s", host,
                         gai_strerror(failure));
    size_t most = sizeof server->sockets / sizeof *server->sockets;
    for (const struct addrinfo *at = list; at && server->socket_count < most; at = at->ai_next) {
        if (server->port) { /* the one that the first socket was given */
            struct sockaddr_in *v4 = (void *)at->ai_addr;
            struct sockaddr_in6 *v6 = (void *)at->ai_addr;
            *(at->ai_family == AF_INET6 ? &v6->sin6_port : &v4->sin_port) = htons(server->port);
        }
        int fd = bound_socket(at);
        if (fd < 0) {
            reason = errno;
            continue;
        }
        server->port = port_of(fd);
        struct evconnlistener *listener = evconnlistener_new(
            server->base, NULL, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
        server->sockets[server->socket_count++] = evhttp_bind_listener(server->evhttp, listener);
        evconnlistener_set_error_cb(listener, accept_failed);
    }
    freeaddrinfo(list);
    if (server->socket_count > 0)
        return true;
    const char *remedy = reason == EADDRINUSE ? " Stop the program that uses it, or set PORT to another one."
                         : reason == EACCES   ? " Set PORT to one from 1024 up."
                         : reason == EADDRNOTAVAIL
                             ? " Set LISTEN_HOST to an address of this machine, or leave it empty."
                             : "";
    return error_set(error, ERROR_CONFIGURATION, "Cannot listen on port %u: %s.%s", server->options.port,
                     strerror(reason), remedy);
}

/* What the process may open, with room for the quarter more that there may be for a moment. */
static unsigned default_connections(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
        limit.rlim_cur >= OTHER_DESCRIPTORS + CONNECTIONS_DEFAULT * 5 / 4)
        return CONNECTIONS_DEFAULT;
    if (limit.rlim_cur < OTHER_DESCRIPTORS + CONNECTIONS_LEAST * 5 / 4)
        return CONNECTIONS_LEAST;
    return (unsigned)(limit.rlim_cur - OTHER_DESCRIPTORS) * 4 / 5;
}

static void set_limits(struct connection_limits *limits, const struct http_server_options *options)
{
    unsigned connections =
        options->maximum_connections ? options->maximum_connections : default_connections();
    *limits = (struct connection_limits){
        .maximum = connections,
        .one_network = (connections + 1) / 2,
        .behind_proxy = options->trust_proxy,
        .request_milliseconds = options->request_milliseconds ? options->request_milliseconds : 10 * 1000,
        .idle_milliseconds = options->idle_milliseconds ? options->idle_milliseconds : 75 * 1000,
        .write_milliseconds = options->write_milliseconds ? options->write_milliseconds : 30 * 1000,
        .request = {.head = options->maximum_head ? options->maximum_head : 16 * 1024,
                    .body = options->maximum_body ? options->maximum_body : 64 * 1024},
    };
}

static void request_arrived(void *context, struct connection *connection, struct evhttp_request *request)
{
    struct http_server *server = context;
    exchange_arrived(&server->exchanges, connection, request);
}

static void begin_parts(struct http_server *server)
{
    server->connections.user = (struct connection_user){
        .arrived = request_arrived,
        .lost = exchange_lost,
        .drained = exchange_drained,
        .changed = update_accepting,
        .context = server,
    };
    server->exchanges.handler = server->options.handler;
    server->exchanges.handler_context = server->options.context;
    server->exchanges.trust_proxy = server->options.trust_proxy;
    set_limits(&server->connections.limits, &server->options);
    connections_begin(&server->connections, server->base, server->options.log);
    exchanges_begin(&server->exchanges);
}

static void begin_evhttp(struct http_server *server)
{
    const struct http_limits *limits = &server->connections.limits.request;
    server->evhttp = evhttp_new(server->base);
    /* Never reached, since the guard's are lower; without them evhttp has none. */
    evhttp_set_max_headers_size(server->evhttp, (ev_ssize_t)(2 * limits->head + 1024));
    evhttp_set_max_body_size(server->evhttp, (ev_ssize_t)(2 * limits->body + 1024));
    evhttp_set_allowed_methods(server->evhttp, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST |
                                                   EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS |
                                                   EVHTTP_REQ_PATCH | EVHTTP_REQ_TRACE);
    evhttp_set_default_content_type(server->evhttp, NULL);
    evhttp_set_bevcb(server->evhttp, connection_new, &server->connections);
    evhttp_set_gencb(server->evhttp, connection_request_arrived, &server->connections);
}

struct http_server *http_server_new(struct event_base *base, const struct http_server_options *options,
                                    struct error *error)
{
    struct http_server *server = xcalloc(1, sizeof *server);
    server->base = base;
    server->options = *options;
    server->accept_again = evtimer_new(base, accept_again, server);
    SLIST_INSERT_HEAD(&servers, server, link);
    begin_parts(server);
    begin_evhttp(server);

    /* "::" takes IPv4 as well; a machine without IPv6 cannot bind it. */
    bool listening = options->host ? listen_on(server, options->host, error)
                                   : listen_on(server, "::", NULL) || listen_on(server, "0.0.0.0", error);
    if (listening)
        return server;
    http_server_free(server);
    return NULL;
}

uint16_t http_server_port(const struct http_server *server)
{
    return server->port;
}

static void stop_listening(struct http_server *server)
{
    while (server->socket_count > 0)
        evhttp_del_accept_socket(server->evhttp, server->sockets[--server->socket_count]);
}

void http_server_stop_accepting(struct http_server *server)
{
    server->exchanges.stopping = true;
    stop_listening(server);
    connections_close_idle(&server->connections);
}

size_t http_server_open_exchanges(const struct http_server *server)
{
    return server->exchanges.count;
}

bool http_server_is_answering(const struct http_server *server)
{
    const struct connection *connection;
    TAILQ_FOREACH(connection, &server->connections.list, link)
    if (connection_is_answering(connection))
        return true;
    return false;
}

size_t http_server_open_connections(const struct http_server *server)
{
    return server->connections.count;
}

void http_server_free(struct http_server *server)
{
    if (!server)
        return;
    stop_listening(server);
    connections_end(&server->connections);
    exchanges_end(&server->exchanges);
    evhttp_free(server->evhttp);
    SLIST_REMOVE(&servers, server, http_server, link);
    event_free(server->accept_again);
    free(server);
}
