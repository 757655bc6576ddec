/* Requests and answers: what a handler sees of evhttp. */
#include "http_exchange.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <event2/keyvalq_struct.h>

#include "http_parameters.h"
#include "tconnectsync/base/log.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/base/monotonic.h"

enum {
    LOGGED_PATH_MAXIMUM = 200,
    UNREAD_MAXIMUM = 256 * 1024,
};

struct http_exchange {
    LIST_ENTRY(http_exchange) link;
    struct exchanges *all;          /* NULL once the server has gone */
    struct connection *connection;  /* NULL once the client has gone, as is request */
    struct evhttp_request *request; /* evhttp's */
    enum http_method method;
    struct http_parameters *query, *form;
    char *cookie;
    int64_t began; /* monotonic milliseconds */
    int status;
    size_t sent; /* bytes of the body */
    void (*gone)(void *context);
    void *gone_context;
    void (*drained)(void *context);
    void *drained_context;
    char address[INET6_ADDRSTRLEN];
    char path[];
};

/* On every answer, unless the handler has set the same name. */
static const struct {
    const char *name, *value;
} default_headers[] = {
    {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "same-origin"},
    {"Cache-Control", "no-store"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Permissions-Policy", "camera=(), geolocation=(), microphone=()"},
};

/* ---- life ---- */

static void exchange_free(struct http_exchange *exchange)
{
    if (exchange->all) {
        LIST_REMOVE(exchange, link);
        exchange->all->count--;
    }
    if (exchange->connection)
        exchange->connection->exchange = NULL;
    http_parameters_free(exchange->query);
    http_parameters_free(exchange->form);
    free_secret(exchange->cookie);
    free(exchange);
}

/* One line per request. The query is left out always: secrets travel there. */
static void log_exchange(const struct http_exchange *exchange, const char *end)
{
    static const char plain[] = "/-._~abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    char path[LOGGED_PATH_MAXIMUM + 1];
    snprintf(path, sizeof path, "%s", exchange->path);
    struct log *log = exchange->connection->all->log;
    bool is_plain = *path && path[strspn(path, plain)] == '\0';
    log_info(log, "http", "method=%s path=%s status=%d ms=%" PRId64 " bytes=%zu%s",
             http_exchange_method_name(exchange), is_plain ? path : log_quote(log, path), exchange->status,
             monotonic_milliseconds() - exchange->began, exchange->sent, end);
}

void exchange_lost(struct http_exchange *exchange)
{
    log_exchange(exchange, " end=gone");
    exchange->connection->exchange = NULL;
    exchange->connection = NULL;
    exchange->request = NULL;
    /* Nobody asked to be told: the handler still holds the exchange, and may answer it into the void. */
    if (!exchange->gone)
        return;
    void (*gone)(void *context) = exchange->gone;
    void *context = exchange->gone_context;
    exchange_free(exchange);
    gone(context);
}

void http_exchange_on_gone(struct http_exchange *exchange, void (*gone)(void *context), void *context)
{
    exchange->gone = gone;
    exchange->gone_context = context;
}

void http_stream_on_drained(struct http_exchange *exchange, void (*drained)(void *context), void *context)
{
    exchange->drained = drained;
    exchange->drained_context = context;
}

void exchange_drained(struct http_exchange *exchange)
{
    if (exchange->drained)
        exchange->drained(exchange->drained_context);
}

/* ---- the request ---- */

/* The last header of that name: a proxy appends. */
static const char *last_header(struct evhttp_request *request, const char *name)
{
    const char *value = NULL;
    struct evkeyval *header;
    TAILQ_FOREACH(header, evhttp_request_get_input_headers(request), next)
    if (strcasecmp(header->key, name) == 0)
        value = header->value;
    return value;
}

static void find_client_address(struct http_exchange *exchange)
{
    const char *forwarded =
        exchange->all->trust_proxy ? last_header(exchange->request, "X-Forwarded-For") : NULL;
    if (!forwarded || !forwarded_address(forwarded, exchange->address, sizeof exchange->address))
        snprintf(exchange->address, sizeof exchange->address, "%s", exchange->connection->peer);
    connection_of_client(exchange->connection, exchange->address);
}

static bool decode_form(struct http_exchange *exchange)
{
    static const char form_type[] = "application/x-www-form-urlencoded";
    const char *type = http_exchange_header(exchange, "Content-Type");
    struct evbuffer *body = evhttp_request_get_input_buffer(exchange->request);
    size_t length = evbuffer_get_length(body);
    if (!length || !type || strncasecmp(type, form_type, sizeof form_type - 1) != 0 ||
        !strchr("; \t", type[sizeof form_type - 1]))
        return true;
    exchange->form = http_parameters_parse((const char *)evbuffer_pullup(body, -1), length);
    return exchange->form != NULL;
}

static enum http_method method_of(enum evhttp_cmd_type type)
{
    switch (type) {
    case EVHTTP_REQ_GET:
        return HTTP_GET;
    case EVHTTP_REQ_HEAD:
        return HTTP_HEAD;
    case EVHTTP_REQ_POST:
        return HTTP_POST;
    default:
        return HTTP_OTHER;
    }
}

void exchange_arrived(struct exchanges *all, struct connection *connection, struct evhttp_request *request)
{
    const char *target = evhttp_request_get_uri(request);
    size_t path_length = strcspn(target, "?");
    struct http_exchange *exchange = xcalloc(1, sizeof *exchange + path_length + 1);
    exchange->all = all;
    exchange->connection = connection;
    exchange->request = request;
    exchange->method = method_of(evhttp_request_get_command(request));
    exchange->began = monotonic_milliseconds();
    connection->exchange = exchange;
    LIST_INSERT_HEAD(&all->list, exchange, link);
    all->count++;
    find_client_address(exchange);

    bool sound = connection->guard.status == 0 && percent_decode(target, path_length, false, exchange->path);
    if (sound && target[path_length] == '?') {
        const char *query = target + path_length + 1;
        exchange->query = http_parameters_parse(query, strlen(query));
        sound = exchange->query != NULL;
    }
    if (sound && decode_form(exchange)) {
        all->handler(all->handler_context, exchange);
    } else {
        if (!connection->guard.status)
            connection->guard.status = 400;
        http_reply_text(exchange, connection->guard.status, http_refusal_text(connection->guard.status));
    }
}

enum http_method http_exchange_method(const struct http_exchange *exchange)
{
    return exchange->method;
}

const char *http_exchange_method_name(const struct http_exchange *exchange)
{
    static const char *const names[] = {[HTTP_GET] = "GET", [HTTP_HEAD] = "HEAD", [HTTP_POST] = "POST"};
    return exchange->method == HTTP_OTHER ? "OTHER" : names[exchange->method];
}

const char *http_exchange_path(const struct http_exchange *exchange)
{
    return exchange->path;
}

const char *http_exchange_header(const struct http_exchange *exchange, const char *name)
{
    const char *value = exchange->request
                            ? evhttp_find_header(evhttp_request_get_input_headers(exchange->request), name)
                            : NULL;
    return value ? value + strspn(value, " \t") : NULL;
}

const char *http_exchange_parameter(const struct http_exchange *exchange, const char *name)
{
    const char *value = http_parameters_get(exchange->query, name);
    return value ? value : http_parameters_get(exchange->form, name);
}

const char *http_exchange_cookie(struct http_exchange *exchange, const char *name)
{
    size_t length;
    const char *value = cookie_find(http_exchange_header(exchange, "Cookie"), name, &length);
    if (!value)
        return NULL;
    free_secret(exchange->cookie);
    return exchange->cookie = xstrndup(value, length);
}

const char *http_exchange_client_address(const struct http_exchange *exchange)
{
    return exchange->address;
}

bool http_exchange_is_https(const struct http_exchange *exchange)
{
    if (!exchange->request || !exchange->all || !exchange->all->trust_proxy)
        return false;
    const char *protocols = last_header(exchange->request, "X-Forwarded-Proto");
    const char *comma = protocols ? strrchr(protocols, ',') : NULL;
    const char *last = comma ? comma + 1 : protocols;
    return last && strcasecmp(last + strspn(last, " \t"), "https") == 0;
}

/* ---- the answer ---- */

void http_exchange_add_header(struct http_exchange *exchange, const char *name, const char *value)
{
    /* evhttp would let a folded line pass. */
    if (exchange->request && !strpbrk(value, "\r\n"))
        evhttp_add_header(evhttp_request_get_output_headers(exchange->request), name, value);
}

static const char *date_now(struct exchanges *all)
{
    time_t now = time(NULL);
    if (now != all->date_second) {
        all->date_second = now;
        evutil_date_rfc1123(all->date, sizeof all->date, NULL);
    }
    return all->date;
}

static void add_own_headers(struct http_exchange *exchange, const char *content_type)
{
    struct evkeyvalq *headers = evhttp_request_get_output_headers(exchange->request);
    struct connection *connection = exchange->connection;
    const struct http_guard *guard = &connection->guard;
    evhttp_add_header(headers, "Date", date_now(exchange->all));
    if (content_type)
        evhttp_add_header(headers, "Content-Type", content_type);
    for (size_t i = 0; i < sizeof default_headers / sizeof *default_headers; i++)
        if (!evhttp_find_header(headers, default_headers[i].name))
            evhttp_add_header(headers, default_headers[i].name, default_headers[i].value);
    /* Too full: others need the place. */
    bool full = connection->all->count > connection->all->limits.maximum;
    connection->last = guard->status || guard->head.wants_close || exchange->all->stopping || full ||
                       (guard->head.minor == 0 && !guard->head.keeps_alive);
    if (connection->last)
        evhttp_add_header(headers, "Connection", "close");
}

/* NULL: evhttp knows it. */
static const char *reason_phrase(int status)
{
    return status == 429 ? "Too Many Requests" : status == 431 ? "Request Header Fields Too Large" : NULL;
}

void http_reply(struct http_exchange *exchange, int status, const char *content_type, const char *body,
                size_t length)
{
    struct connection *connection = exchange->connection;
    struct evhttp_request *request = exchange->request;
    if (!connection) {
        exchange_free(exchange);
        return;
    }
    add_own_headers(exchange, content_type);
    exchange->status = status;
    if (status != 204 && status != 304) {
        char digits[24];
        snprintf(digits, sizeof digits, "%zu", length);
        evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Length", digits);
        if (exchange->method != HTTP_HEAD) {
            evbuffer_add(evhttp_request_get_output_buffer(request), body, length);
            exchange->sent = length;
        }
    }
    log_exchange(exchange, connection->guard.status ? " end=refused" : "");
    exchange_free(exchange);
    evhttp_send_reply(request, status, reason_phrase(status), NULL);
    connection_send(connection, true);
}

void http_reply_text(struct http_exchange *exchange, int status, const char *text)
{
    http_reply(exchange, status, HTTP_PLAIN_TEXT, text, strlen(text));
}

bool http_stream_begin(struct http_exchange *exchange, int status, const char *content_type)
{
    struct connection *connection = exchange->connection;
    struct evhttp_request *request = exchange->request;
    if (!connection)
        return true;
    /* HTTP/1.0 has no chunks: there the connection's end is the stream's, whatever the client would like. */
    if (connection->guard.head.minor == 0) {
        connection->guard.head.wants_close = true;
        evhttp_remove_header(evhttp_request_get_input_headers(request), "Connection");
    }
    add_own_headers(exchange, content_type);
    exchange->status = status;
    if (exchange->method == HTTP_HEAD) {
        log_exchange(exchange, "");
        exchange_free(exchange);
        evhttp_send_reply(request, status, reason_phrase(status), NULL);
        connection_send(connection, true);
        return false;
    }
    evhttp_send_reply_start(request, status, reason_phrase(status));
    connection_send(connection, false);
    return true;
}

size_t http_stream_unread(const struct http_exchange *exchange)
{
    const struct connection *connection = exchange->connection;
    return connection ? evbuffer_get_length(bufferevent_get_output(connection->memory)) : 0;
}

void http_stream_send(struct http_exchange *exchange, const char *data, size_t length)
{
    struct connection *connection = exchange->connection;
    if (!connection || length == 0)
        return;
    if (http_stream_unread(exchange) > UNREAD_MAXIMUM) {
        connection_doom(connection);
        return;
    }
    exchange->sent += length;
    evbuffer_add(exchange->all->piece, data, length);
    evhttp_send_reply_chunk(exchange->request, exchange->all->piece);
    connection_send(connection, false);
}

void http_stream_end(struct http_exchange *exchange)
{
    struct connection *connection = exchange->connection;
    struct evhttp_request *request = exchange->request;
    if (!connection) {
        exchange_free(exchange);
        return;
    }
    log_exchange(exchange, "");
    exchange_free(exchange);
    /* Without chunks it would free the connection, sent or not. */
    if (connection->guard.head.minor > 0)
        evhttp_send_reply_end(request);
    connection_send(connection, true);
}

/* ---- all of them ---- */

void exchanges_begin(struct exchanges *all)
{
    LIST_INIT(&all->list);
    all->piece = evbuffer_new();
}

void exchanges_end(struct exchanges *all)
{
    struct http_exchange *exchange;
    LIST_FOREACH(exchange, &all->list, link)
    exchange->all = NULL;
    evbuffer_free(all->piece);
}
