/* held_index.h - stored documents by what they are looked up by. */
#ifndef TCONNECTSYNC_HELD_INDEX_H
#define TCONNECTSYNC_HELD_INDEX_H

#include <stddef.h>
#include <stdint.h>

struct held;

struct held_place {
    int64_t key, place; /* sorted by both */
    uint32_t item;
};
struct held_places {
    struct held_place *items;
    size_t count;
};
struct held_index {
    struct held_places
        by_number; /* each number of each pump_event_id; place: where in it, 0 is the event's own */
    struct held_places by_time; /* kind; place: the time in milliseconds */
};

/* Each fills one list of an index that is all zero. */
void held_index_numbers(struct held_index *index, const struct held *held);
void held_index_times(struct held_index *index, const struct held *held);
void held_index_free(struct held_index *index);
/* The first at or behind that key and place; count when there is none. */
size_t held_places_find(const struct held_places *places, int64_t key, int64_t place);

#endif
