/* status_page.h - what the status page remembers, beyond the history. */
#ifndef TCONNECTSYNC_STATUS_PAGE_H
#define TCONNECTSYNC_STATUS_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/page/day_picture.h"

struct service;
struct event;
struct listening;
struct report;
struct sync;
struct wish;

struct status_page {
    struct service *service;
    /* What the runs have taught. */
    struct day_picture picture;
    char *check_report; /* of the last check; NULL: none yet */
    int64_t check_time;
    bool mmol;
    char *clock;         /* what is wrong with the pump's clock; NULL: nothing */
    int64_t clock_since; /* instant; NO_TIME: not known */
    /* The last other day that somebody looked at. */
    struct {
        int64_t from, until; /* instants; until 0: none */
        int64_t read_at;     /* when its reading ended; NO_TIME: it has not */
        char *error;         /* why it could not be read; NULL: it could */
        struct day_picture picture;
    } other;
    /* ---- page_answer.c: the page without the secret, and of when it is ---- */
    struct buffer public_html;
    int64_t public_second;
    unsigned long public_news;
    /* ---- page_events.c ---- */
    LIST_HEAD(, listening) listeners;
    size_t listener_count;
    struct event *soon, *beat;
    bool running, has_news; /* as the listeners were told; something they were not */
    unsigned long news;     /* how often there was something */
};

struct status_page *status_page_new(struct service *service);
void status_page_free(struct status_page *page);
/* A sync, check or look has ended. text: what a check reports. */
/* Reads the log of that day for the page, unless that is known, under way or failed
   within the last minute. */
void status_page_look(struct status_page *page, int64_t from, int64_t until);
void status_page_learn(struct status_page *page, const struct sync *sync, const struct report *report,
                       const struct wish *wish, const char *text);

#endif
