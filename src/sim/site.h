/* site.h - a listener and the exchanges on it: latency and faults happen here, so that what answers need not
 * know. */
#ifndef SIM_SITE_H
#define SIM_SITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>

struct exchange;
struct fault;
struct statistics;

struct site {
    const char *name; /* "tandem" or "nightscout" */
    int keep_alive_seconds;
    struct event_base *base;
    struct statistics *statistics;
    struct fault **faults;
    const int64_t *latency; /* ms */
    void *context;
    void (*handler)(void *context, struct exchange *exchange);
    void (*control)(void *context,
                    struct exchange *exchange); /* /control/...: past statistics, latency and faults */
    int64_t (*now)(const void *context);        /* what the Date header says */
    /* what site_start fills in */
    struct evhttp *http;
    uint16_t port;
    TAILQ_HEAD(, exchange) exchanges; /* those whose answer is still due */
};

/* One request. The handler answers it once, at once; the answer leaves after the latency. */
struct exchange {
    TAILQ_ENTRY(exchange) next;
    struct site *site;
    struct evhttp_request *request;
    const char *method, *uri;
    char *path; /* decoded, without the query */
    struct evkeyvalq query;
    char *body; /* NUL-terminated besides */
    size_t body_length;
    size_t id;
    struct fault *fault; /* owned; NULL: none */
    struct event *timer;
    int64_t delay; /* ms besides the latency */
    int status;
    struct evbuffer *answer;
};

/* Listens on loopback; port 0: any free one. false: it cannot, and errno says why. */
bool site_start(struct site *site, uint16_t port);
void site_stop(struct site *site);

/* Names and values of a query or a form, decoded, in order; a '+' is a blank. To be cleared by
 * evhttp_clear_headers. */
void form_read(struct evkeyvalq *form, const char *text);
bool exchange_is(const struct exchange *exchange, const char *method, const char *path);
const char *exchange_header(const struct exchange *exchange, const char *name); /* NULL: absent */
const char *exchange_parameter(const struct exchange *exchange,
                               const char *name); /* of the query; NULL: absent */
const char *exchange_cookie(const struct exchange *exchange, const char *name,
                            char out[128]); /* NULL: absent */
void exchange_add_header(struct exchange *exchange, const char *name, const char *value);
/* The answer; body is taken over, NULL is an empty one. */
void exchange_reply(struct exchange *exchange, int status, const char *content_type, struct evbuffer *body);
void exchange_reply_text(struct exchange *exchange, int status, const char *content_type, const char *text);
void exchange_reply_json(struct exchange *exchange, int status, const char *text);
/* Instead of an answer. */
void exchange_drop(struct exchange *exchange);
void exchange_stall(struct exchange *exchange);

#endif
