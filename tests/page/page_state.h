/* page_state.h - the states that the page can be in, each as a view to render. */
#ifndef PAGE_STATE_H
#define PAGE_STATE_H

#include <stddef.h>

#include "tconnectsync/page/day_picture.h"
#include "tconnectsync/page/page.h"
#include "tconnectsync/sync/sync.h"

enum { PAGE_STATE_RUNS = 40 };

struct page_state {
    struct page_view view;
    struct run runs[PAGE_STATE_RUNS];
    const struct run *listed[PAGE_STATE_RUNS];
    struct day_picture picture;
    struct sync_progress progress;
};

extern const char *const page_state_names[];
extern const size_t page_state_count;

/* Markup that would do something if it got through. */
extern char page_hostile[];

/* Fills state as that name says: "public-..." or "full-..." and then the verdict or a special case. */
void page_state_set(struct page_state *state, const char *name);

#endif
