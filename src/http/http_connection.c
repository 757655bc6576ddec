/* Connections. evhttp parses requests and formats answers, but it is lax about what it reads, waits for ever
   for the rest of a request, answers errors with pages of its own, takes the end of a client's sending side
   for the client's end, notices no client that vanishes while it waits for an answer, and asks the kernel six
   times per request what we can ask once. So it is given memory instead of the network: its bufferevents lose
   their socket right after the accept (adopt). The socket is ours: what comes is gathered until http_guard
   has found one whole request in order, evhttp is fed that one, its target in origin form, and we send what
   it puts out. A request that the guard refuses is replaced by a harmless one, which exchange_arrived answers
   with the refusal: every answer goes the same way and is ours. A filtering bufferevent over a socket one
   would not do: up to libevent 2.1.12 evhttp closes the socket while the filter's last bytes wait in the one
   below, and takes a half-closed client for gone. */
#include "http_connection.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <event2/buffer.h>

#include "tconnectsync/base/log.h"
#include "tconnectsync/base/memory.h"

enum {
    PIPELINED_MAXIMUM = 32 * 1024, /* read ahead while a request waits for its answer */
    KEPT_CAPACITY = 4096,          /* of an idle connection's buffer */
    LINGER_MILLISECONDS = 2000,
    PIECES_AT_ONCE = 16,
};

static void made_progress(struct connection *connection)
{
    TAILQ_REMOVE(&connection->all->list, connection, link);
    TAILQ_INSERT_TAIL(&connection->all->list, connection, link);
}

static void set_deadline(struct connection *connection, unsigned milliseconds)
{
    struct timeval timeout = {milliseconds / 1000, (suseconds_t)(milliseconds % 1000) * 1000};
    event_add(connection->deadline, &timeout);
}

/* ---- one of how many ---- */

static void leave_crowd(struct connection *connection)
{
    if (connection->is_counted)
        connection->all->crowd.counts[connection->place]--;
    connection->is_counted = false;
}

/* A turn later (http_room.c), so that a request which came with its connection is answered first, however
   many others were accepted with it. */
static void make_room_soon(struct connections *all)
{
    if (!evtimer_pending(all->make_room, NULL))
        evtimer_add(all->make_room, &(struct timeval){.tv_usec = 1000});
}

static void enter_crowd(struct connection *connection, const char *address)
{
    struct connections *all = connection->all;
    leave_crowd(connection);
    connection->place = http_crowd_place(&all->crowd, address);
    connection->is_counted = true;
    if (++all->crowd.counts[connection->place] > all->limits.one_network) {
        all->is_crowded = true;
        make_room_soon(all);
    }
}

void connection_of_client(struct connection *connection, const char *address)
{
    if (connection->all->limits.behind_proxy)
        enter_crowd(connection, address);
}

/* ---- the end ---- */

static void connection_free(struct connection *connection)
{
    struct connections *all = connection->all;
    TAILQ_REMOVE(&all->list, connection, link);
    all->count--;
    leave_crowd(connection);
    event_free(connection->deadline);
    if (connection->readable)
        event_free(connection->readable);
    if (connection->writable)
        event_free(connection->writable);
    buffer_free(&connection->received);
    free(connection);
    all->user.changed(all->user.context);
}

void connection_close(struct connection *connection)
{
    struct evhttp_connection *evhttp = connection->evhttp;
    struct bufferevent *memory = connection->memory;
    struct http_exchange *exchange = connection->exchange;
    if (exchange)
        connection->all->user.lost(exchange);
    if (evhttp)
        evhttp_connection_set_closecb(evhttp, NULL, NULL);
    /* Ours first: evhttp closes the socket that our events watch. */
    connection_free(connection);
    if (evhttp)
        evhttp_connection_free(evhttp);
    else /* it has not introduced itself; between requests this makes it go */
        bufferevent_trigger_event(memory, BEV_EVENT_READING | BEV_EVENT_EOF, 0);
}

void connection_close_gently(struct connection *connection)
{
    char unread;
    if (!connection->guard.status && connection->received.length == 0 &&
        recv(connection->socket, &unread, 1, MSG_PEEK | MSG_DONTWAIT) <= 0) {
        connection_close(connection);
        return;
    }
    connection->lingering = true;
    shutdown(connection->socket, SHUT_WR);
    event_add(connection->readable, NULL);
    set_deadline(connection, LINGER_MILLISECONDS);
}

/* ---- bytes in ---- */

static void drop_front(struct buffer *buffer, size_t length)
{
    buffer->length -= length;
    memmove(buffer->data, buffer->data + length, buffer->length + 1);
    if (buffer->length == 0 && buffer->capacity > KEPT_CAPACITY)
        buffer_free(buffer);
}

/* Gives evhttp one request, which is answered or held when this returns. */
static void feed(struct connection *connection, const struct iovec *pieces, size_t count, size_t used)
{
    struct connections *all = connection->all;
    struct evbuffer *input = bufferevent_get_input(connection->memory);
    evbuffer_unfreeze(input, 0);
    for (size_t i = 0; i < count; i++)
        evbuffer_add(input, pieces[i].iov_base, pieces[i].iov_len);
    evbuffer_freeze(input, 0);
    drop_front(&connection->received, used);
    event_del(connection->deadline);
    connection->busy = true;
    all->fed = connection;
    bufferevent_trigger(connection->memory, EV_READ, BEV_TRIG_IGNORE_WATERMARKS);
    if (all->fed) {
        log_error(all->log, "http", "event=request_not_understood");
        all->fed = NULL;
        connection_doom(connection);
    }
}

static void feed_whole(struct connection *connection)
{
    const struct http_guard *guard = &connection->guard;
    char *data = connection->received.data;
    static char slash[] = "/";
    struct iovec pieces[] = {
        {data, guard->head.method_length + 1},
        {slash, guard->head.has_path ? 0 : 1},
        {data + guard->head.path, guard->length - guard->head.path},
    };
    feed(connection, pieces, 3, guard->length);
}

static void feed_refusal(struct connection *connection)
{
    static char get[] = "GET", head[] = "HEAD", rest[] = " / HTTP/1.1\r\n\r\n";
    bool is_head = connection->guard.head.is_head;
    struct iovec pieces[] = {{is_head ? head : get, is_head ? 4 : 3}, {rest, sizeof rest - 1}};
    feed(connection, pieces, 2, connection->received.length);
}

/* Straight to the socket: nothing else is on its way, and to evhttp an answer would have gone out. A client
   that misses it goes on by itself after a moment. */
static void tell_to_continue(struct connection *connection)
{
    static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
    connection->told_to_continue = true;
    if (send(connection->socket, text, sizeof text - 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        log_debug(connection->all->log, "http", "event=continue_not_sent");
}

/* Looks whether received begins with a request by now. */
static void look(struct connection *connection)
{
    struct buffer *received = &connection->received;
    struct http_guard *guard = &connection->guard;
    if (!connection->receiving) {
        connection->receiving = true;
        set_deadline(connection, connection->all->limits.request_milliseconds);
    }
    /* An empty line before a request is what some clients leave behind a form. */
    while (guard->seen == 0 && received->length >= 2 && memcmp(received->data, "\r\n", 2) == 0)
        drop_front(received, 2);
    if (received->length == 0 || (guard->seen == 0 && received->length == 1 && *received->data == '\r'))
        return;
    switch (http_guard_look(guard, received->data, received->length)) {
    case HTTP_WHOLE:
        feed_whole(connection);
        break;
    case HTTP_REFUSED:
        feed_refusal(connection);
        break;
    case HTTP_INCOMPLETE:
        if (guard->head.expects_continue && !connection->told_to_continue &&
            received->length == guard->head.length)
            tell_to_continue(connection);
        break;
    }
}

static void socket_readable(evutil_socket_t socket, short what, void *context)
{
    struct connection *connection = context;
    struct connections *all = connection->all;
    (void)what;
    ssize_t count = recv(socket, all->scratch, sizeof all->scratch, MSG_DONTWAIT);
    bool ended = count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR);
    if (connection->lingering) {
        if (ended)
            connection_close(connection);
        return;
    }
    if (count > 0 && !buffer_add(&connection->received, all->scratch, (size_t)count)) {
        connection_close(connection); /* never reached, since enough stops the reading; bytes left out would
                                         make requests of bodies */
        return;
    }
    if (!connection->busy && !connection->receiving)
        made_progress(connection);
    if (!connection->busy && connection->received.length > 0)
        look(connection);
    if (ended && (connection->exchange || !connection->busy))
        connection_close(connection);
    else if (ended || (connection->busy && connection->received.length >= PIPELINED_MAXIMUM))
        event_del(connection->readable); /* until the answer, which a half-closed client still gets, is out */
}

/* Reads on only when what is here holds no whole request. */
static void look_at_rest(struct connection *connection)
{
    look(connection);
    if (!connection->busy)
        event_add(connection->readable, NULL);
}

/* ---- bytes out ---- */

/* evhttp's completion callback, just before it turns to the next request. One that is here already waits for
 * the next turn: nobody's row of requests keeps others waiting. */
static void request_completed(struct evhttp_request *request, void *context)
{
    struct connection *connection = context;
    (void)request;
    http_guard_start(&connection->guard, &connection->all->limits.request);
    connection->busy = connection->receiving = connection->told_to_continue = false;
    if (connection->received.length > 0) {
        set_deadline(connection, 0);
    } else {
        made_progress(connection);
        event_add(connection->readable, NULL);
        set_deadline(connection, connection->all->limits.idle_milliseconds);
    }
}

static void answer_is_out(struct connection *connection)
{
    connection->answered = false;
    if (connection->last)
        connection_close_gently(connection);
    else /* evhttp takes it for written */
        bufferevent_trigger(connection->memory, EV_WRITE, BEV_TRIG_IGNORE_WATERMARKS);
}

/* Sends what the socket takes. False: the client cannot be reached any more. Not by evbuffer_write, which
   would raise SIGPIPE then. */
static bool send_output(evutil_socket_t socket, struct evbuffer *output)
{
    struct evbuffer_iovec pieces[PIECES_AT_ONCE];
    int count = evbuffer_peek(output, -1, NULL, pieces, PIECES_AT_ONCE);
    if (count == 0)
        return true;
    struct msghdr message = {.msg_iov = pieces,
                             .msg_iovlen = (size_t)(count < PIECES_AT_ONCE ? count : PIECES_AT_ONCE)};
    ssize_t sent = sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0)
        return errno == EAGAIN || errno == EINTR;
    evbuffer_unfreeze(output, 1);
    evbuffer_drain(output, (size_t)sent);
    evbuffer_freeze(output, 1);
    return true;
}

static void socket_writable(evutil_socket_t socket, short what, void *context)
{
    struct connection *connection = context;
    struct evbuffer *output = bufferevent_get_output(connection->memory);
    bool failed = !send_output(socket, output);
    if (failed || connection->doomed || what & EV_TIMEOUT) {
        connection_close(connection);
    } else if (evbuffer_get_length(output) > 0) {
        unsigned patience = connection->all->limits.write_milliseconds;
        event_add(connection->writable,
                  &(struct timeval){patience / 1000, (suseconds_t)(patience % 1000) * 1000});
    } else if (connection->answered) {
        answer_is_out(connection);
    } else if (connection->exchange) {
        connection->all->user.drained(connection->exchange);
    }
}

void connection_send(struct connection *connection, bool complete)
{
    connection->answered = complete;
    if (complete && connection->received.length == 0)
        made_progress(connection);
    /* While the socket takes no more, what is added must not start the time-out anew. */
    if (!event_pending(connection->writable, EV_WRITE | EV_TIMEOUT, NULL))
        event_active(connection->writable, EV_WRITE, 0);
}

void connection_doom(struct connection *connection)
{
    connection->doomed = true;
    event_active(connection->writable, EV_WRITE, 0);
}

/* A whole request that has come already is answered in the next turn. */
bool connection_is_answering(const struct connection *connection)
{
    return connection->busy || connection->lingering ||
           (connection->received.length > 0 && !connection->receiving);
}

/* ---- the beginning ---- */

static void find_peer(struct connection *connection)
{
    struct sockaddr_storage peer = {0};
    const struct sockaddr_in *v4 = (const void *)&peer;
    const struct sockaddr_in6 *v6 = (const void *)&peer;
    getpeername(connection->socket, (struct sockaddr *)&peer, &(socklen_t){sizeof peer});
    if (peer.ss_family == AF_INET)
        inet_ntop(AF_INET, &v4->sin_addr, connection->peer, sizeof connection->peer);
    else if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
        inet_ntop(AF_INET, v6->sin6_addr.s6_addr + 12, connection->peer, sizeof connection->peer);
    else
        inet_ntop(AF_INET6, &v6->sin6_addr, connection->peer, sizeof connection->peer);
}

static void adopt(struct connection *connection)
{
    struct connections *all = connection->all;
    connection->socket = bufferevent_getfd(connection->memory);
    bufferevent_setfd(connection->memory, -1);
    find_peer(connection);
    if (!all->limits.behind_proxy)
        enter_crowd(connection, connection->peer);
    connection->readable =
        event_new(all->base, connection->socket, EV_READ | EV_PERSIST, socket_readable, connection);
    connection->writable = event_new(all->base, connection->socket, EV_WRITE, socket_writable, connection);
    event_add(connection->readable, NULL);
    set_deadline(connection, all->limits.request_milliseconds);
}

static void deadline_passed(evutil_socket_t none, short what, void *context)
{
    struct connection *connection = context;
    (void)none, (void)what;
    if (connection->socket < 0) {
        adopt(connection);
    } else if (connection->lingering) {
        connection_close(connection);
    } else if (connection->receiving) {
        connection->guard.status = 408;
        feed_refusal(connection);
    } else if (connection->received.length > 0) {
        look_at_rest(connection);
    } else {
        connection_close(connection);
    }
}

struct bufferevent *connection_new(struct event_base *base, void *context)
{
    struct connections *all = context;
    struct connection *connection = xcalloc(1, sizeof *connection);
    const struct http_limits *limits = &all->limits.request;
    connection->all = all;
    connection->socket = -1;
    connection->memory = bufferevent_socket_new(base, -1, 0);
    connection->deadline = evtimer_new(base, deadline_passed, connection);
    buffer_init(&connection->received,
                limits->head + 2 * limits->body + PIPELINED_MAXIMUM + 2 * sizeof all->scratch);
    http_guard_start(&connection->guard, limits);
    TAILQ_INSERT_TAIL(&all->list, connection, link);
    if (++all->count > all->limits.maximum)
        make_room_soon(all);
    all->user.changed(all->user.context);
    /* evhttp now sets the bufferevent up; this runs when it has, and before the loop looks at a socket. */
    event_active(connection->deadline, EV_TIMEOUT, 0);
    return connection->memory;
}

/* evhttp frees a connection by itself when the server is freed. */
static void connection_closed(struct evhttp_connection *evhttp, void *context)
{
    struct connection *connection = context;
    (void)evhttp;
    if (connection->exchange)
        connection->all->user.lost(connection->exchange);
    connection_free(connection);
}

void connection_request_arrived(struct evhttp_request *request, void *context)
{
    struct connections *all = context;
    struct connection *connection = all->fed;
    all->fed = NULL;
    if (!connection->evhttp) {
        connection->evhttp = evhttp_request_get_connection(request);
        evhttp_connection_set_closecb(connection->evhttp, connection_closed, connection);
    }
    evhttp_request_set_on_complete_cb(request, request_completed, connection);
    all->user.arrived(all->user.context, connection, request);
}
