/* http_client.h - requests over curl's multi interface on a libevent loop. Nothing here blocks. */
#ifndef TCONNECTSYNC_HTTP_CLIENT_H
#define TCONNECTSYNC_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tconnectsync/error.h"

struct event_base;

struct http_client;  /* connections, kept alive between requests; never more than 4 to a host */
struct http_cookies; /* one cookie jar */

struct http_header {
    const char *name, *value;
};

/* How a service is reached; the same for all requests to it. */
struct http_route {
    const char *proxy;          /* URL, or NULL */
    bool skip_tls_verify;
    struct http_cookies *cookies; /* or NULL */
    const char *user_agent;
};

struct http_response {
    int status;           /* 0: no answer at all, error says why */
    const char *body;     /* gathered body, NUL-terminated; "" when data was streamed */
    size_t length;
    const char *content_type; /* "" when absent */
    const char *location;     /* absolute URL of a redirect's target, or NULL */
    int64_t date;             /* the Date header, seconds since 1970, 0 when absent */
    int64_t retry_after;      /* seconds, -1 when absent */
    unsigned attempts;        /* how often it was sent */
    struct error error;       /* transport, size limit, or what on_data said; kind ERROR_NONE otherwise, whatever the status */
};

struct http_request {
    const struct http_route *route;   /* outlives the request */
    const char *method;               /* "GET", "POST", "PUT", "DELETE" */
    const char *url;
    const struct http_header *headers; /* copied */
    size_t header_count;
    const char *body;                 /* copied; NULL for none */
    size_t body_length;
    size_t maximum_length;            /* of the answer's body, unpacked; 0: 1 MiB */
    unsigned timeout_seconds;         /* for the whole answer; 0: 60. Besides, under 10 B/s for 30 s is a time-out */
    bool retry;                       /* repeat on 408, 429, 5xx and transport errors, at most 4 attempts, growing
                                         jittered waits (0.5 s, 1 s, 2 s; Retry-After honoured up to 60 s) */
    unsigned patience_seconds;        /* with retry: go on repeating 502, 503, 504 this long (a site that wakes) */

    /* The body as it comes, for status 200 only; NULL: it is gathered. false with error filled aborts. */
    bool (*on_data)(void *context, const char *data, size_t length, struct error *error);
    /* Before a repeat: forget what on_data brought. May be NULL. */
    void (*on_restart)(void *context);
    /* Exactly once, never from inside http_client_send; response lives during the call. Not called after a cancel. */
    void (*on_done)(void *context, const struct http_response *response);
    void *context;
};

struct http_client_statistics {
    uint64_t requests;    /* sent, repeats and redirects included */
    uint64_t connections; /* opened */
    uint64_t bytes_received;
};

struct http_client *http_client_new(struct event_base *base, struct error *error);
void http_client_free(struct http_client *client); /* cancels what runs */
/* The transfer, valid until on_done was called. It never follows a redirect by itself. */
struct http_transfer *http_client_send(struct http_client *client, const struct http_request *request);
void http_client_cancel(struct http_transfer *transfer);
void http_client_count(const struct http_client *client, struct http_client_statistics *out);

struct http_cookies *http_cookies_new(void);
void http_cookies_clear(struct http_cookies *cookies);
void http_cookies_free(struct http_cookies *cookies);

/* Appends text percent-encoded (RFC 3986 unreserved characters stay). */
struct buffer;
void url_encode(struct buffer *out, const char *text);

#endif
