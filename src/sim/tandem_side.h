/* tandem_side.h - Tandem Source: signing in, and the way to the data. */
#ifndef SIM_TANDEM_SIDE_H
#define SIM_TANDEM_SIDE_H

#include <stdint.h>

struct exchange;
struct simulator;

#define CLIENT_ID  "0oaSimulatorClient01"
#define REMEMBERED 1024

/* One sign-in on its way: cookie, then code, then token. The oldest is forgotten when there are too many. */
struct session {
    char *cookie, *state, *challenge, *redirect_uri, *code, *access_token;
    int64_t expires;
};

struct tandem_side {
    char *origin; /* "http://127.0.0.1:4711" */
    char *issuer, *login_page, *redirect_uri;
    char *pumper_id, *account_id;
    struct token_key *key;
    struct session sessions[REMEMBERED];
    unsigned next;
    struct fixture *fixture; /* NULL: the generated history */
};

struct tandem_side *tandem_side_new(struct simulator *simulator, const char *pumper_file,
                                    const char *log_file);
void tandem_side_free(struct tandem_side *tandem);
void tandem_side_revoke(struct tandem_side *tandem); /* every token given out is refused from now on */
void tandem_side_handle(void *simulator, struct exchange *exchange);

#endif
