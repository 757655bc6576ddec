/* A listener and the exchanges on it: reading a request, answering it at its time, and the faults that hit
 * it. */
#include "site.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <event2/bufferevent.h>
#include <event2/event.h>
#include <arpa/inet.h>
#include <netinet/tcp.h>

#include "faults.h"
#include "statistics.h"
#include "tconnectsync/base/memory.h"

static void exchange_free(struct exchange *exchange)
{
    TAILQ_REMOVE(&exchange->site->exchanges, exchange, next);
    evhttp_clear_headers(&exchange->query);
    faults_free(exchange->fault);
    if (exchange->timer)
        event_free(exchange->timer);
    if (exchange->answer)
        evbuffer_free(exchange->answer);
    free(exchange->path);
    free(exchange->body);
    free(exchange);
}

/* ---- sending ---- */

/* Bytes past evhttp's back, then the end of the connection. */
static void on_drained(struct bufferevent *bufferevent, void *connection)
{
    (void)bufferevent;
    evhttp_connection_free(connection);
}

static void on_raw_event(struct bufferevent *bufferevent, short what, void *connection)
{
    (void)what;
    on_drained(bufferevent, connection);
}

static void send_truncated(struct exchange *exchange, struct evhttp_connection *connection)
{
    struct bufferevent *bufferevent = evhttp_connection_get_bufferevent(connection);
    struct evbuffer *out = bufferevent_get_output(bufferevent);
    struct evkeyval *header;
    size_t whole = evbuffer_get_length(exchange->answer), kept = (size_t)exchange->fault->bytes;
    evbuffer_add_printf(out, "HTTP/1.1 %d Answer\r\nContent-Length: %zu\r\n", exchange->status, whole);
    TAILQ_FOREACH(header, evhttp_request_get_output_headers(exchange->request), next)
    evbuffer_add_printf(out, "%s: %s\r\n", header->key, header->value);
    evbuffer_add_printf(out, "\r\n");
    evbuffer_remove_buffer(exchange->answer, out, kept < whole ? kept : whole);
    bufferevent_setcb(bufferevent, NULL, on_drained, on_raw_event, connection);
    bufferevent_enable(bufferevent, EV_WRITE);
}

static void on_complete(struct evhttp_request *request, void *statistics)
{
    statistics_answered(statistics, evhttp_request_get_connection(request));
}

static void send_answer(evutil_socket_t descriptor, short what, void *context)
{
    (void)descriptor, (void)what;
    struct exchange *exchange = context;
    struct evhttp_connection *connection = evhttp_request_get_connection(exchange->request);
    struct fault *fault = exchange->fault;
    if (!exchange->status || (fault && fault->kind == FAULT_LOSE_ANSWER)) {
        evhttp_connection_free(connection);
    } else if (fault && fault->kind == FAULT_TRUNCATE) {
        send_truncated(exchange, connection);
    } else {
        /* evhttp would send a body on HEAD. */
        if (strcmp(exchange->method, "HEAD") == 0)
            evbuffer_drain(exchange->answer, evbuffer_get_length(exchange->answer));
        evhttp_request_set_on_complete_cb(exchange->request, on_complete, exchange->site->statistics);
        evhttp_send_reply(exchange->request, exchange->status, NULL, exchange->answer);
    }
    exchange_free(exchange);
}

static void schedule(struct exchange *exchange)
{
    bool control = strncmp(exchange->path, "/control/", 9) == 0;
    int64_t milliseconds = control ? 0 : *exchange->site->latency + exchange->delay;
    struct timeval wait = {.tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000};
    exchange->timer = evtimer_new(exchange->site->base, send_answer, exchange);
    evtimer_add(exchange->timer, &wait);
}

void exchange_add_header(struct exchange *exchange, const char *name, const char *value)
{
    struct evkeyvalq *headers = evhttp_request_get_output_headers(exchange->request);
    if (strcasecmp(name, "Set-Cookie") != 0)
        evhttp_remove_header(headers, name);
    evhttp_add_header(headers, name, value);
}

static void add_date(struct exchange *exchange)
{
    char date[64];
    struct tm parts;
    time_t now = (time_t)exchange->site->now(exchange->site->context);
    gmtime_r(&now, &parts);
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    exchange_add_header(exchange, "Date", date);
}

void exchange_reply(struct exchange *exchange, int status, const char *content_type, struct evbuffer *body)
{
    exchange->status = status;
    exchange->answer = body ? body : evbuffer_new();
    if (content_type)
        exchange_add_header(exchange, "Content-Type", content_type);
    add_date(exchange);
    statistics_status(exchange->site->statistics, exchange->id, status);
    schedule(exchange);
}

void exchange_reply_text(struct exchange *exchange, int status, const char *content_type, const char *text)
{
    struct evbuffer *body = evbuffer_new();
    evbuffer_add(body, text, strlen(text));
    exchange_reply(exchange, status, content_type, body);
}

void exchange_reply_json(struct exchange *exchange, int status, const char *text)
{
    exchange_reply_text(exchange, status, "application/json; charset=utf-8", text);
}

void exchange_drop(struct exchange *exchange)
{
    exchange->status = 0;
    schedule(exchange);
}

void exchange_stall(struct exchange *exchange)
{
    (void)exchange; /* it waits in the site's list until the program ends */
}

/* ---- the request ---- */

bool exchange_is(const struct exchange *exchange, const char *method, const char *path)
{
    bool same = strcmp(exchange->method, method) == 0 ||
                (strcmp(method, "GET") == 0 && strcmp(exchange->method, "HEAD") == 0);
    return same && strcmp(exchange->path, path) == 0;
}

const char *exchange_header(const struct exchange *exchange, const char *name)
{
    return evhttp_find_header(evhttp_request_get_input_headers(exchange->request), name);
}

const char *exchange_parameter(const struct exchange *exchange, const char *name)
{
    return evhttp_find_header(&exchange->query, name);
}

const char *exchange_cookie(const struct exchange *exchange, const char *name, char out[128])
{
    const char *at = exchange_header(exchange, "Cookie");
    size_t length = strlen(name);
    while (at && *at) {
        at += strspn(at, "; ");
        if (strncmp(at, name, length) == 0 && at[length] == '=') {
            size_t size = strcspn(at + length + 1, ";");
            if (size >= 128)
                return NULL;
            memcpy(out, at + length + 1, size);
            out[size] = '\0';
            return out;
        }
        at += strcspn(at, ";");
    }
    return NULL;
}

static const char *method_name(enum evhttp_cmd_type method)
{
    switch (method) {
    case EVHTTP_REQ_GET:
        return "GET";
    case EVHTTP_REQ_HEAD:
        return "HEAD";
    case EVHTTP_REQ_POST:
        return "POST";
    case EVHTTP_REQ_PUT:
        return "PUT";
    case EVHTTP_REQ_DELETE:
        return "DELETE";
    default:
        return "OTHER";
    }
}

static char *decode(const char *text, size_t length)
{
    char *copy = xstrndup(text, length), *decoded = evhttp_uridecode(copy, 1, NULL);
    free(copy);
    return decoded ? decoded : xstrdup("");
}

void form_read(struct evkeyvalq *form, const char *text)
{
    TAILQ_INIT(form);
    while (*text) {
        size_t length = strcspn(text, "&"), name = strcspn(text, "=&");
        if (length) {
            /* evhttp's own parser leaves names as they are, and refuses one without a value. */
            struct evkeyval *pair = xcalloc(1, sizeof *pair);
            pair->key = decode(text, name);
            pair->value = name < length ? decode(text + name + 1, length - name - 1) : xstrdup("");
            TAILQ_INSERT_TAIL(form, pair, next);
        }
        text += length + (text[length] == '&');
    }
}

static struct exchange *exchange_new(struct site *site, struct evhttp_request *request)
{
    struct exchange *exchange = xcalloc(1, sizeof *exchange);
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
    const char *path = evhttp_uri_get_path(uri), *query = evhttp_uri_get_query(uri);
    struct evbuffer *input = evhttp_request_get_input_buffer(request);
    exchange->site = site;
    exchange->request = request;
    exchange->method = method_name(evhttp_request_get_command(request));
    exchange->uri = evhttp_request_get_uri(request);
    char *decoded = evhttp_uridecode(path ? path : "", 0, NULL);
    exchange->path = decoded ? decoded : xstrdup("");
    form_read(&exchange->query, query ? query : "");
    exchange->body_length = evbuffer_get_length(input);
    exchange->body = xmalloc(exchange->body_length + 1);
    evbuffer_remove(input, exchange->body, exchange->body_length);
    exchange->body[exchange->body_length] = '\0';
    TAILQ_INSERT_TAIL(&site->exchanges, exchange, next);
    return exchange;
}

static void on_closed(struct evhttp_connection *connection, void *statistics)
{
    statistics_closed(statistics, connection);
}

/* evhttp leaves Nagle's algorithm on: the end of a long answer would wait 40 ms for the client's
 * acknowledgement. */
static void send_at_once(struct evhttp_connection *connection)
{
    int on = 1;
    setsockopt(bufferevent_getfd(evhttp_connection_get_bufferevent(connection)), IPPROTO_TCP, TCP_NODELAY,
               &on, sizeof on);
}

/* true: the fault has answered, nothing else is to be done. */
static bool fault_answer(struct exchange *exchange)
{
    const struct fault *fault = exchange->fault;
    struct evkeyval *header;
    bool html = !fault->content_type;
    switch (fault->kind) {
    case FAULT_ANSWER:
        TAILQ_FOREACH(header, &fault->headers, next)
        exchange_add_header(exchange, header->key, header->value);
        exchange_reply_text(
            exchange, (int)fault->status, html ? "text/html; charset=utf-8" : fault->content_type,
            fault->body ? fault->body : "<html><body><h1>Something went wrong</h1></body></html>");
        return true;
    case FAULT_DROP:
        exchange_drop(exchange);
        return true;
    case FAULT_STALL:
        exchange_stall(exchange);
        return true;
    case FAULT_GARBAGE:
        exchange_reply_json(exchange, 200, "{\"events\":[{\"eventCode\":279,}]]");
        return true;
    case FAULT_NULL:
        exchange_reply_json(exchange, 200, "null");
        return true;
    case FAULT_FLOOD:
        exchange_reply(exchange, 200, "application/json; charset=utf-8", fault_flood(fault->bytes));
        return true;
    default:
        return false;
    }
}

static void on_request(struct evhttp_request *request, void *context)
{
    struct site *site = context;
    struct evhttp_connection *connection = evhttp_request_get_connection(request);
    struct exchange *exchange = exchange_new(site, request);
    send_at_once(connection);
    if (strncmp(exchange->path, "/control/", 9) == 0) {
        exchange->id = SIZE_MAX;
        site->control(site->context, exchange);
        return;
    }
    exchange->id =
        statistics_arrival(site->statistics, site->name, exchange->method, exchange->uri, connection);
    evhttp_connection_set_closecb(connection, on_closed, site->statistics);
    exchange->fault = faults_take(*site->faults, site->name, exchange->method, exchange->path);
    if (exchange->fault && exchange->fault->kind == FAULT_DELAY)
        exchange->delay = exchange->fault->milliseconds;
    if (!exchange->fault || !fault_answer(exchange))
        site->handler(site->context, exchange);
}

bool site_start(struct site *site, uint16_t port)
{
    TAILQ_INIT(&site->exchanges);
    site->http = evhttp_new(site->base);
    evhttp_set_allowed_methods(site->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST |
                                               EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS |
                                               EVHTTP_REQ_PATCH);
    evhttp_set_timeout(site->http, site->keep_alive_seconds);
    evhttp_set_gencb(site->http, on_request, site);
    struct evhttp_bound_socket *bound = evhttp_bind_socket_with_handle(site->http, "127.0.0.1", port);
    if (!bound)
        return false;
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    if (getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&address, &length) != 0)
        return false;
    site->port = ntohs(address.sin_port);
    return true;
}

void site_stop(struct site *site)
{
    struct exchange *exchange;
    if (!site->http)
        return;
    while ((exchange = TAILQ_FIRST(&site->exchanges)))
        exchange_free(exchange);
    evhttp_free(site->http);
}
