/* A program around the HTTP server alone: http_server.test.mjs talks to it over raw sockets. Says "port=N" on
   standard output, then a line for each client that went away; ends when its standard input does, or on
   /quit. http_echo [name=value ...]   the options of http_server.h, descriptors=N (limit), port, host,
   proxy=1 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <event2/event.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/http/http_server.h"

#include "log_to_stream.h"

static struct event_base *base;
static struct http_server *server;
static unsigned handled;
static struct http_exchange *unanswered; /* at the end */

/* An answer that comes later, or in pieces. */
struct job {
    struct http_exchange *exchange;
    struct event *timer;
    unsigned pieces, size;
    bool streaming;
};

static void job_free(struct job *job)
{
    event_free(job->timer);
    free(job);
}

static void job_gone(void *context)
{
    struct job *job = context;
    printf("gone\n");
    fflush(stdout);
    job_free(job);
}

static void job_step(evutil_socket_t fd, short what, void *context)
{
    struct job *job = context;
    (void)fd, (void)what;
    if (!job->streaming) {
        http_reply(job->exchange, 200, "text/plain", "late", 4);
        job_free(job);
        return;
    }
    if (job->pieces-- == 0) {
        http_stream_end(job->exchange);
        job_free(job);
        return;
    }
    char *piece = xmalloc(job->size);
    memset(piece, 'x', job->size);
    http_stream_send(job->exchange, piece, job->size);
    free(piece);
}

static unsigned number(const struct http_exchange *exchange, const char *name, unsigned otherwise)
{
    const char *text = http_exchange_parameter(exchange, name);
    return text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

static void start_job(struct http_exchange *exchange, bool streaming)
{
    struct job *job = xcalloc(1, sizeof *job);
    *job =
        (struct job){exchange, NULL, number(exchange, "pieces", 3), number(exchange, "size", 4), streaming};
    job->timer = event_new(base, -1, EV_PERSIST, job_step, job);
    unsigned wait = number(exchange, "ms", 20);
    event_add(job->timer, &(struct timeval){wait / 1000, (suseconds_t)(wait % 1000) * 1000});
    http_exchange_on_gone(exchange, job_gone, job);
    if (streaming && !http_stream_begin(exchange, 200, "text/plain"))
        job_free(job);
}

/* Answered late without having asked to be told of a client that left. */
static void answer_unasked(evutil_socket_t fd, short what, void *context)
{
    (void)fd, (void)what;
    http_reply(context, 200, "text/plain", "late", 4);
}

static void tell(struct buffer *out, const char *name, const char *value)
{
    buffer_addf(out, "%s=%s\n", name, value ? value : "(none)");
}

static void echo(struct http_exchange *exchange)
{
    struct buffer out;
    buffer_init(&out, 1 << 20);
    buffer_addf(&out, "handled=%u\n", handled);
    tell(&out, "method", http_exchange_method_name(exchange));
    tell(&out, "path", http_exchange_path(exchange));
    tell(&out, "a", http_exchange_parameter(exchange, "a"));
    tell(&out, "b", http_exchange_parameter(exchange, "b"));
    tell(&out, "cookie", http_exchange_cookie(exchange, "session"));
    tell(&out, "header", http_exchange_header(exchange, "X-Test"));
    tell(&out, "client", http_exchange_client_address(exchange));
    tell(&out, "https", http_exchange_is_https(exchange) ? "yes" : "no");
    http_reply(exchange, 200, "text/plain", out.data, out.length);
    buffer_free(&out);
}

static void handle(void *context, struct http_exchange *exchange)
{
    (void)context;
    const char *path = http_exchange_path(exchange);
    handled++;
    if (strcmp(path, "/small") == 0) {
        http_reply(exchange, 200, "text/plain", "small", 5);
    } else if (strcmp(path, "/held") == 0) {
        start_job(exchange, false);
    } else if (strcmp(path, "/stream") == 0) {
        start_job(exchange, true);
    } else if (strcmp(path, "/unasked") == 0) {
        event_base_once(base, -1, EV_TIMEOUT, answer_unasked, exchange, &(struct timeval){0, 200 * 1000});
    } else if (strcmp(path, "/big") == 0) {
        unsigned size = number(exchange, "size", 1000);
        char *body = xmalloc(size);
        memset(body, 'y', size);
        http_reply(exchange, 200, "text/plain", body, size);
        free(body);
    } else if (strcmp(path, "/own-headers") == 0) {
        http_exchange_add_header(exchange, "Cache-Control", "max-age=60");
        http_exchange_add_header(exchange, "X-Split", "a\r\n b");
        http_reply(exchange, 304, NULL, "", 0);
    } else if (strcmp(path, "/drain") == 0) {
        http_server_stop_accepting(server);
        http_reply(exchange, 200, "text/plain", "draining", 8);
    } else if (strcmp(path, "/counts") == 0) {
        char text[80];
        int length =
            snprintf(text, sizeof text, "exchanges=%zu connections=%zu handled=%u\n",
                     http_server_open_exchanges(server), http_server_open_connections(server), handled);
        http_reply(exchange, 200, "text/plain", text, (size_t)length);
    } else if (strcmp(path, "/quit") == 0) {
        unanswered = exchange;
        event_base_loopbreak(base);
    } else {
        echo(exchange);
    }
}

static void parent_gone(evutil_socket_t fd, short what, void *context)
{
    (void)fd, (void)what, (void)context;
    event_base_loopbreak(base);
}

static void set_option(struct http_server_options *options, const char *name, const char *value)
{
    unsigned n = (unsigned)strtoul(value, NULL, 10);
    const struct {
        const char *name;
        unsigned *place;
    } numbers[] = {
        {"maximum_connections", &options->maximum_connections},
        {"request_milliseconds", &options->request_milliseconds},
        {"idle_milliseconds", &options->idle_milliseconds},
        {"write_milliseconds", &options->write_milliseconds},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (strcmp(name, numbers[i].name) == 0)
            *numbers[i].place = n;
    if (strcmp(name, "maximum_head") == 0)
        options->maximum_head = n;
    if (strcmp(name, "maximum_body") == 0)
        options->maximum_body = n;
    if (strcmp(name, "port") == 0)
        options->port = (uint16_t)n;
    if (strcmp(name, "host") == 0)
        options->host = value;
    if (strcmp(name, "proxy") == 0)
        options->trust_proxy = n;
    if (strcmp(name, "descriptors") == 0)
        setrlimit(RLIMIT_NOFILE, &(struct rlimit){n, n});
}

int main(int count, char **arguments)
{
    struct http_server_options options = {.handler = handle};
    for (int i = 1; i < count; i++) {
        char *value = strchr(arguments[i], '=');
        if (!value)
            return 2;
        *value++ = '\0';
        set_option(&options, arguments[i], value);
    }
    options.log = log_new(log_to_stream, stderr, getenv("QUIET") ? LOG_WARN : LOG_INFO, NULL);
    base = event_base_new();
    struct error error = {0};
    server = http_server_new(base, &options, &error);
    if (!server) {
        fprintf(stderr, "%s\n", error.text);
        event_base_free(base);
        log_free(options.log);
        return 1;
    }
    printf("port=%u\n", http_server_port(server));
    fflush(stdout);
    /* epoll takes no plain file: a tester that gives one ends this another way. */
    struct event *input = event_new(base, STDIN_FILENO, EV_READ, parent_gone, NULL);
    if (event_add(input, NULL) != 0)
        fprintf(stderr, "standard input cannot be watched\n");
    event_base_dispatch(base);
    http_server_free(server);
    if (unanswered) /* into the void */
        http_reply(unanswered, 200, "text/plain", "late", 4);
    event_free(input);
    event_base_free(base);
    log_free(options.log);
    return 0;
}
