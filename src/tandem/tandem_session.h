/* tandem_session.h - what the parts of the Tandem client know of each other: tandem.c keeps the session,
   tandem_call.c makes its requests, tandem_sign_in.c and tandem_data.c are the steps. */
#ifndef TCONNECTSYNC_TANDEM_SESSION_H
#define TCONNECTSYNC_TANDEM_SESSION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "tconnectsync/settings/configuration.h"
#include "credential_cache.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/http/http_client.h"
#include "pkce.h"
#include "tconnectsync/tandem/tandem.h"

struct json;
struct tandem_call;

/* What a sign-in gathers on its way; all of it is forgotten at its end. */
struct sign_in {
    char verifier[PKCE_VERIFIER_SIZE];
    char *code;
    char *access_token, *id_token;
    int64_t lifetime; /* of the access token, seconds */
    char *keys;       /* the JWKS answer */
    size_t keys_length;
};

struct tandem {
    struct http_client *client;
    const struct configuration *configuration;
    struct redactor *redactor;
    struct log *log;
    struct http_cookies *cookies;
    struct http_route route;
    struct credentials credentials;
    struct sign_in sign_in;
    bool cache_fails;            /* said already */
    uint64_t sign_ins;
    struct sign_in_limit before; /* the limit that the token in hand has ended */
    bool by_person;              /* a person has asked for the sign-in to come */
    struct error last_failure;   /* of a sign-in */
    bool lifted; /* a person asked for one more try of the refused password; it was not answered yet */
    bool clock_seen;
    int64_t clock_difference;
    LIST_HEAD(, tandem_call) calls;
};

/* The answer to a call that came over whole, whatever its status. False with error filled: the step failed. A
   step that sends the call once more (a redirect) is not over yet, whatever it returns. */
typedef bool tandem_answer(struct tandem_call *call, const struct http_response *response,
                           struct error *error);

struct tandem_call {
    LIST_ENTRY(tandem_call) others;
    struct tandem *tandem;
    struct http_transfer *transfer; /* NULL while none is under way */
    const char *step;               /* one word for the log and for messages: "sign-in" */
    bool declined;                  /* never sent */
    tandem_answer *answer;
    tandem_done *done;
    void *context;
    /* of single steps */
    unsigned redirects;
    int64_t now;
    struct account **account;
    struct pump_log_reader *reader;
};

struct tandem_call *tandem_call_new(struct tandem *tandem, const char *step, tandem_answer *answer,
                                    tandem_done *done, void *context);
/* Fills in the route and who is called. Sends nothing to an address where it could be read on the way. */
void tandem_call_send(struct tandem_call *call, struct http_request *request);
/* Sends nothing; the step fails with this error. */
void tandem_call_decline(struct tandem_call *call, const struct error *error);
void tandem_call_free(struct tandem_call *call);

/* The error for a status that the step cannot use. Always false. */
bool tandem_status_error(const struct tandem_call *call, const struct http_response *response,
                         struct error *error);
/* What the service says itself, in printable ASCII, as |, "too many"|; "" when it says nothing. */
void tandem_quote_message(const struct http_response *response, char *out, size_t size);
/* The answer as a JSON object, to be freed; NULL with error filled when it is something else. */
struct json *tandem_read_object(const struct tandem_call *call, const struct http_response *response,
                                struct error *error);

/* Takes over what the cache has from elsewhere of refusals and failures. */
void tandem_learn_failures(struct tandem *tandem, int64_t now);
/* Remembers that the password was refused, in the cache too. */
void tandem_note_refusal(struct tandem *tandem, int64_t now);
/* A password goes out: the next one has to wait. */
void tandem_note_attempt(struct tandem *tandem, int64_t now);
/* The next one waits until then. */
void tandem_wait_until(struct tandem *tandem, int64_t time);
/* Writes the cache, if there is to be one; says once that it cannot be written. */
void tandem_store(struct tandem *tandem);
void sign_in_clear(struct sign_in *sign_in);

#endif
