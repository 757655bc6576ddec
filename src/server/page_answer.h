/* page_answer.h - the page over HTTP. */
#ifndef TCONNECTSYNC_PAGE_ANSWER_H
#define TCONNECTSYNC_PAGE_ANSWER_H

struct daemon;
struct http_exchange;

void page_answer(struct daemon *daemon, struct http_exchange *exchange);
/* A file of the page, by the path's last part. */
void page_answer_file(struct http_exchange *exchange);

#endif
