/* tandem_side.h - between the two files that play Tandem Source: signing in, and the data. */
#ifndef SIM_TANDEM_SIDE_H
#define SIM_TANDEM_SIDE_H

#include <stdint.h>

#include "sim.h"

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

/* tandem_data.c */
void tandem_reply_pumper(struct simulator *simulator, struct exchange *exchange);
void tandem_reply_log(struct simulator *simulator, struct exchange *exchange, const char *assignment);
struct fixture *fixture_read(const char *pumper_file, const char *log_file); /* NULL: unusable, and said so */
void fixture_free(struct fixture *fixture);

#endif
