/* nightscout_internal.h - what the parts of the Nightscout client know of each other: nightscout.c keeps the
   site and makes the requests, nightscout_read.c and nightscout_write.c say what is asked. */
#ifndef TCONNECTSYNC_NIGHTSCOUT_INTERNAL_H
#define TCONNECTSYNC_NIGHTSCOUT_INTERNAL_H

#include <sys/queue.h>

#include "tconnectsync/base/error.h"
#include "tconnectsync/http/http_client.h"
#include "tconnectsync/nightscout/nightscout.h"

#define NOTHING_LOST       "Nothing is lost; the next sync writes what is missing."
#define SECRET_DIGEST_SIZE 41

struct nightscout {
    struct http_client *client;
    struct http_route route;
    char *base; /* of the API: ends in "api/v1/" */
    char secret[SECRET_DIGEST_SIZE];
    char *login;                        /* the Authorization for a proxy in front of the site; NULL: none */
    LIST_HEAD(, nightscout_call) calls; /* under way */
    unsigned redirects;
    bool limited;        /* what it lets us write is not all, or not told */
    int64_t retry_after; /* of the latest answer, -1 for none */
    bool clock_seen;
    int64_t clock_difference;
};

/* One request under way. */
struct nightscout_call {
    LIST_ENTRY(nightscout_call) others;
    struct nightscout *nightscout;
    struct http_transfer *transfer;
    nightscout_done *done;
    void *context;
    /* Looks at a 200 answer; NULL: its status is enough. */
    bool (*judge)(struct nightscout_call *call, const struct http_response *response, struct error *error);
    bool bare; /* without the secret, and without the login of a proxy */
    const char *method;
    const char *resource; /* as permissions name it, "treatments"; "" for what needs none */
    size_t count;         /* documents sent */
    enum collection collection;
    int64_t *newest;
    struct json **json;
    struct held_reader *reader;
};

struct nightscout_call *nightscout_call_new(struct nightscout *nightscout, const char *resource,
                                            nightscout_done *done, void *context);
/* path: below the API's base, encoded. body: NULL for none. request: what is special about it. Reads are
   repeated when that can help; writes never are: whoever asked reads back first. */
void nightscout_call_send(struct nightscout_call *call, const char *method, const char *path,
                          const struct buffer *body, struct http_request request);

#endif
