/* daemon_answer.h - what answers have in common: who asks, what is wished, and what is
   said when it cannot be. */
#ifndef TCONNECTSYNC_DAEMON_ANSWER_H
#define TCONNECTSYNC_DAEMON_ANSWER_H

#include "daemon.h"

struct authorization;
struct error;
struct http_exchange;
struct request_words;
struct wish;

/* Who asks, and whether that is enough for it; flags are those of authorization.h. Once for a request. */
void daemon_authorize(struct daemon *daemon, struct http_exchange *exchange, unsigned flags,
                      struct authorization *result);

/* Of the people that may be chosen, the one whom the request's parameter "person" means, else all. Known by
   their names are those in named alone. None, when it was answered with what is wrong. */
people_set daemon_choose(struct daemon *daemon, struct http_exchange *exchange, people_set choice,
                         people_set named);

enum wish_answer {
    WISH_READ,
    WISH_STOPPING, /* the server is; nothing is started any more */
    WISH_UNUSABLE, /* the settings are */
    WISH_WRONG,    /* a word is: see error */
};
/* The wish for a sync in a request's words. */
enum wish_answer service_read_wish(const struct service *service, const struct request_words *words,
                                   struct wish *wish, struct error *error);

void daemon_add_retry_after(struct http_exchange *exchange, unsigned seconds);
/* The answer to RUNNER_FULL, and its words. */
extern const char daemon_full_text[];
void daemon_reply_full(struct http_exchange *exchange);

#endif
