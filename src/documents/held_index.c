/* Sorted lists over what Nightscout holds, and the one search in them. */
#include "held_index.h"

#include <stdbool.h>
#include <stdlib.h>

#include "tconnectsync/base/compare.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/documents/held.h"

static bool is_before(const struct held_place *a, int64_t key, int64_t place)
{
    return a->key < key || (a->key == key && a->place < place);
}

static int compare_places(const void *left, const void *right)
{
    const struct held_place *a = left, *b = right;
    int order = compare_numbers(a->key, b->key);
    if (!order)
        order = compare_numbers(a->place, b->place);
    return order ? order : compare_numbers(a->item, b->item);
}

static void sort(struct held_places *places)
{
    qsort(places->items, places->count, sizeof *places->items, compare_places);
}

void held_index_numbers(struct held_index *index, const struct held *held)
{
    struct held_places *places = &index->by_number;
    size_t count = 0;
    for (uint32_t i = 0; i < held->count; i++)
        for (int place = 0; place < HELD_NUMBERS && held->items[i].numbers[place] != NO_EVENT_ID; place++)
            count++;
    places->items = xcalloc(count, sizeof *places->items);
    for (uint32_t i = 0; i < held->count; i++) {
        const struct held_document *item = &held->items[i];
        for (int place = 0; place < HELD_NUMBERS && item->numbers[place] != NO_EVENT_ID; place++)
            places->items[places->count++] = (struct held_place){item->numbers[place], place, i};
    }
    sort(places);
}

void held_index_times(struct held_index *index, const struct held *held)
{
    struct held_places *places = &index->by_time;
    places->items = xcalloc(held->count, sizeof *places->items);
    for (uint32_t i = 0; i < held->count; i++)
        places->items[places->count++] = (struct held_place){held->items[i].kind, held->items[i].time, i};
    sort(places);
}

void held_index_free(struct held_index *index)
{
    free(index->by_number.items);
    free(index->by_time.items);
}

size_t held_places_find(const struct held_places *places, int64_t key, int64_t place)
{
    size_t low = 0, high = places->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (is_before(&places->items[middle], key, place))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
