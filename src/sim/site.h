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
struct simulator;

struct site {
    const char *name; /* "tandem" or "nightscout" */
    struct simulator *simulator;
    struct evhttp *http;
    uint16_t port;
    void (*handler)(void *simulator, struct exchange *exchange);
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

bool site_start(struct site *site, struct simulator *simulator, const char *name, uint16_t port,
                int keep_alive_seconds, void (*handler)(void *simulator, struct exchange *exchange));
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

/* ---- faults: faults.c ---- */
enum fault_kind {
    FAULT_ANSWER,      /* an answer of the test's own; nothing is done */
    FAULT_DROP,        /* the connection is closed; nothing is done */
    FAULT_STALL,       /* nothing is done, nothing is ever answered */
    FAULT_GARBAGE,     /* 200 and bytes that are no JSON; nothing is done */
    FAULT_NULL,        /* 200 and null; nothing is done */
    FAULT_FLOOD,       /* 200 and a list of events that is bytes long; nothing is done */
    FAULT_LOSE_ANSWER, /* done, but the connection is closed instead of an answer */
    FAULT_TRUNCATE,    /* done, but the answer ends after bytes */
    FAULT_STORE_HALF,  /* half of the documents are stored, then 500 */
    FAULT_DELAY,       /* done, and the answer comes ms later */
};
struct fault {
    struct fault *next;
    enum fault_kind kind;
    char *site, *method, *path; /* NULL: any; path is a pattern of the shell's kind */
    int64_t skip, count;        /* requests that still get by; then those that are hit, -1: all */
    int64_t status, bytes, milliseconds;
    char *content_type, *body;
    struct evkeyvalq headers;
};
struct json;
struct error;
/* A copy of the fault that hits this request, NULL for none. */
struct fault *faults_take(struct fault *faults, const struct exchange *exchange);
bool faults_add(struct fault **faults, const struct json *description, struct error *error);
void faults_free(struct fault *faults);
/* true: the fault has answered, nothing else is to be done. */
bool fault_answer(struct exchange *exchange);

#endif
