/* page_events.h - what those who look at the page are told meanwhile: server-sent events. */
#ifndef TCONNECTSYNC_PAGE_EVENTS_H
#define TCONNECTSYNC_PAGE_EVENTS_H

struct service;
struct http_exchange;
struct status_page;

void page_events_begin(struct status_page *page);
void page_events_end(struct status_page *page); /* NULL is allowed */
void page_events_answer(struct service *service, struct http_exchange *exchange);
/* The running sync has gone on; something else that the page shows is not as it was. */
void page_events_moved(struct status_page *page);
void page_events_changed(struct status_page *page);
void page_events_end_listeners(struct status_page *page);

#endif
