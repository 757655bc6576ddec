/* http_transfer.h - what the parts of the HTTP client know of each other: http_client.c drives curl on
   libevent, http_transfer.c is one request, http_answer.c what came of it. No other file knows curl. */
#ifndef TCONNECTSYNC_HTTP_TRANSFER_H
#define TCONNECTSYNC_HTTP_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <curl/curl.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/http/http_client.h"

struct event;
struct watch;

struct http_client {
    struct event_base *base;
    struct log *log;
    CURLM *multi;
    CURLSH *tls_sessions;
    struct event *timer;
    char *certificates; /* the CA bundle's path; NULL: curl's own default */
    LIST_HEAD(, watch) watches;
    TAILQ_HEAD(, http_transfer) transfers; /* in the order in which they were sent */
    bool in_curl;                          /* curl is on the stack: its handles must be left alone */
    struct event *resume;                  /* paused transfers go on: in the loop's next turn */
    size_t taken;                          /* bytes handed on since then */
    struct http_client_statistics statistics;
};

struct http_cookies {
    CURLSH *jar; /* with the TLS sessions of those who use it: a handle can share with one place only */
};

struct http_transfer {
    struct http_client *client;
    TAILQ_ENTRY(http_transfer) others;
    struct http_request request; /* url, headers and body live in what follows */
    char *content;               /* the request's body */
    CURL *easy;
    struct curl_slist *headers;
    struct event *timer;   /* until the next attempt */
    char *origin;          /* whose connections it takes one of */
    bool in_multi, queued; /* queued: all of that origin's connections are taken */
    bool cancelled, declined, told;
    bool paused; /* others have their turn first */
    unsigned attempts;
    int64_t begun, deadline; /* of the first attempt, and of all: monotonic milliseconds */
    /* of this attempt */
    struct buffer body;
    size_t received, sent;
    bool enough; /* the rest of an error page was left unread */
    struct error error;
};

/* Which certificates are trusted; the same for every handle, so that curl reads the bundle once. */
void http_transfer_set_trust(const struct http_client *client, CURL *easy, bool verify);

/* The transfer left curl with this code: sends it again later, or tells its answer and frees it. */
void http_transfer_finish(struct http_transfer *transfer, CURLcode code);
/* curl has given it up without a message of its own: the same, but in the loop's next turn. */
void http_transfer_end_soon(struct http_transfer *transfer);
void http_transfer_free(struct http_transfer *transfer);

/* The answer to the attempt that curl ended with this code; its strings live as long as the transfer. */
void http_answer_read(struct http_transfer *transfer, CURLcode code, struct http_response *response);
/* A repeat may help against this code. */
bool http_answer_may_recover(CURLcode code);

#endif
