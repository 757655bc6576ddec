/* status_page.h - what the files of the status page share. */
#ifndef TCONNECTSYNC_STATUS_PAGE_H
#define TCONNECTSYNC_STATUS_PAGE_H

#include <sys/queue.h>

#include "daemon.h"
#include "tconnectsync/base/buffer.h"
#include "tconnectsync/page/day_picture.h"
#include "tconnectsync/page/page.h"
#include "tconnectsync/sync/sync.h"

struct listening;

struct status_page {
    struct daemon *daemon;
    /* What the runs have taught, beyond the history. */
    struct day_picture picture;
    char *check_report; /* of the last check; NULL: none yet */
    int64_t check_time;
    bool mmol;
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

/* A view and what it points at. */
struct filled_view {
    struct page_view view;
    const struct run *runs[HISTORY_RUNS];
    struct sync_progress progress;
    char libraries[LIBRARIES_SIZE];
};

/* page_view.c: all that the page may show. full: the rest as well, for who knows the secret. */
void page_view_fill(const struct status_page *page, bool full, struct filled_view *filled);

/* page_events.c */
void page_events_begin(struct status_page *page);
void page_events_end(struct status_page *page);

#endif
