/* held_answer.h - /update and /check_login. */
#ifndef TCONNECTSYNC_HELD_ANSWER_H
#define TCONNECTSYNC_HELD_ANSWER_H

struct daemon;
struct http_exchange;
struct wish;

/* Answers when the run ends; after 20 s it begins to stream, since routers in front cut a silent request. */
void held_answer_begin(struct daemon *daemon, struct http_exchange *exchange, const struct wish *wish);

#endif
