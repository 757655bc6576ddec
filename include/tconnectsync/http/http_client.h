/* http_client.h - requests over curl's multi interface on a libevent loop. Nothing here blocks. */
#ifndef TCONNECTSYNC_HTTP_CLIENT_H
#define TCONNECTSYNC_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tconnectsync/base/error.h"
#include "tconnectsync/base/url.h"

struct event_base;
struct log;

struct http_client;  /* connections, kept alive between requests; never more than 4 to a host */
struct http_cookies; /* one cookie jar */

struct http_header {
    const char *name, *value;
};

/* How a service is reached; the same for all requests to it. */
struct http_route {
    const char *proxy; /* URL, or NULL */
    bool skip_tls_verify;
    struct http_cookies *cookies; /* or NULL */
    const char *user_agent;
};

struct http_response {
    int status;       /* 0: no answer at all, error says why */
    const char *body; /* gathered body, NUL-terminated; "" when data was streamed */
    size_t length;
    const char *content_type; /* "" when absent */
    const char *location;     /* absolute URL of a redirect's target, or NULL */
    const char *challenge;    /* WWW-Authenticate; "" when absent */
    /* The Date header, seconds since 1970; 0 when absent or when a cache answered (Age). With one, the
       service's clock minus ours when the answer began, in seconds. */
    int64_t date, clock_difference;
    int64_t retry_after; /* seconds, -1 when absent */
    unsigned attempts;   /* how often it was sent */
    /* Transport, size limit, or what on_data said; kind ERROR_NONE otherwise, whatever the status.
       All but on_data's go on from the service's name: "Tandem" "did not answer in time". */
    struct error error;
};

struct http_request {
    const struct http_route *route; /* outlives the request */
    const char *method;             /* "GET", "POST", "PUT", "DELETE" */
    const char *url;
    const char *label; /* for the log: what is asked for, e.g. "tandem.keys"; a literal, or NULL */
    const struct http_header *headers; /* copied */
    size_t header_count;
    const char *body; /* copied; NULL for none */
    size_t body_length;
    size_t maximum_length; /* of the answer's body, unpacked; 0: 1 MiB */
    /* For all attempts, with what is between them; 0: a minute and what maximum_length takes at 512 kB/s.
       Besides, under 10 B/s for 30 s is a time-out. */
    unsigned timeout_seconds;
    bool retry;                /* repeat on 408, 429, 5xx and transport errors, at most 4 attempts, growing
                                  jittered waits (0.5 s, 1 s, 2 s and up to half as much again; Retry-After
                                  honoured up to 60 s: who asks for more gets no repeat). Without it a body goes
                                  out once, even where a kept connection turns out dead. */
    unsigned patience_seconds; /* with retry: go on repeating 502, 503, 504 this long (a site that wakes);
                                  adds to the above */

    /* The body as it comes, for status 200 only; NULL: it is gathered. false with error filled aborts. */
    bool (*on_data)(void *context, const char *data, size_t length, struct error *error);
    /* Before a repeat: forget what on_data brought. May be NULL. */
    void (*on_restart)(void *context);
    /* Exactly once, never from inside http_client_send; response lives during the call.
       Not after a cancel. */
    void (*on_done)(void *context, const struct http_response *response);
    void *context;
};

struct http_client_statistics {
    uint64_t requests;    /* sent, repeats and redirects included */
    uint64_t connections; /* opened */
    uint64_t bytes_received;
};

/* Once, before anything else in the process: libcurl, libevent and libcrypto get their memory from memory.h,
   so that none of them ever meets a failed allocation. */
void http_own_memory(void);

/* The process has to ignore SIGPIPE: TLS writes to sockets that the other side may have closed. */
struct http_client *http_client_new(struct event_base *base, struct log *log, struct error *error);
void http_client_free(struct http_client *client); /* cancels what runs */
/* Reads the CA certificates now, which takes some 30 ms, instead of within the first TLS connection. The
   bundle is SSL_CERT_FILE's or else the one that libcurl was built for; it is read once. */
void http_client_load_certificates(struct http_client *client);
/* The transfer, valid until on_done was called. It never follows a redirect by itself. */
struct http_transfer *http_client_send(struct http_client *client, const struct http_request *request);
/* Sends nothing: answers the request with this error, as if it had been tried. */
struct http_transfer *http_client_decline(struct http_client *client, const struct http_request *request,
                                          const struct error *error);
/* Allowed at every moment, from within on_data and on_done too. */
void http_client_cancel(struct http_transfer *transfer);
/* "libcurl 8.14.1 with GnuTLS/3.8.9", cut to size; text is returned. */
const char *http_client_library(char *text, size_t size);
void http_client_count(const struct http_client *client, struct http_client_statistics *out);

struct http_cookies *http_cookies_new(void);
void http_cookies_clear(struct http_cookies *cookies);
void http_cookies_free(struct http_cookies *cookies);

#endif
