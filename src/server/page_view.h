/* page_view.h - the daemon's state as the page shows it. */
#ifndef TCONNECTSYNC_PAGE_VIEW_H
#define TCONNECTSYNC_PAGE_VIEW_H

#include <stdbool.h>

#include "tconnectsync/documents/history.h"
#include "tconnectsync/page/page.h"
#include "tconnectsync/sync/sync.h"
#include "daemon.h"

struct status_page;

/* A view and what it points at. */
struct filled_view {
    struct page_view view;
    const struct run *runs[HISTORY_RUNS];
    struct sync_progress progress;
    char libraries[LIBRARIES_SIZE];
    struct page_tab tabs[PEOPLE_MAXIMUM];
};

/* How it was asked for. */
struct page_wish {
    const char *day;       /* "2026-05-14"; NULL, or a wrong one: the last 24 hours */
    const char *lang;      /* "de", instead of what the browser says; NULL: none */
    const char *languages; /* Accept-Language */
};

/* All that the page may show. full: the rest as well, for who knows the secret. */
void page_view_fill(const struct status_page *page, bool full, const struct page_wish *wish,
                    struct filled_view *filled);

#endif
