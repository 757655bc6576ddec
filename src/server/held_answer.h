/* held_answer.h - /update and /check_login. */
#ifndef TCONNECTSYNC_HELD_ANSWER_H
#define TCONNECTSYNC_HELD_ANSWER_H

#include "daemon.h"

struct http_exchange;
struct wish;

/* Answers when the runs of all these people have ended; after 20 s it begins to stream, since routers in
   front cut a silent request. wishes: one for each of them, in their order; unused where the settings are
   unusable. */
void held_answer_begin(struct daemon *daemon, struct http_exchange *exchange, people_set people, bool check,
                       const struct wish *wishes);

#endif
