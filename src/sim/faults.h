/* faults.h - faults that a test dials in: which requests they hit, and what they do. */
#ifndef SIM_FAULTS_H
#define SIM_FAULTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>

struct error;
struct json;

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

bool faults_add(struct fault **faults, const struct json *description, struct error *error);
/* A copy of the fault that hits a request of that site, NULL for none. */
struct fault *faults_take(struct fault *faults, const char *site, const char *method, const char *path);
void faults_free(struct fault *faults);
/* As many well-formed records as fill size bytes. */
struct evbuffer *fault_flood(int64_t size);

#endif
