#include "twins.h"

#include <stdlib.h>
#include <string.h>

#include "tconnectsync/base/json.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/documents/held.h"

struct list {
    uint32_t *items;
    size_t count;
};

/* Ours, of one kind, event and time: twins if their whole pump_event_id is alike. */
static bool may_be_twins(const struct held_document *a, const struct held_document *b)
{
    return a->kind == b->kind && a->event_id == b->event_id && a->time == b->time && a->ours && b->ours &&
           a->event_id != NO_EVENT_ID && a->text != NO_TEXT && b->text != NO_TEXT;
}

struct twin {
    uint32_t item;
    struct json *stored;
};

/* By the whole pump_event_id, then by _id. */
static int compare_twins(const void *left, const void *right)
{
    const struct twin *a = left, *b = right;
    static const char *const keys[] = {"pump_event_id", "_id"};
    int order = 0;
    for (size_t i = 0; i < 2 && order == 0; i++) {
        const char *a_text = json_text(json_get(a->stored, keys[i]));
        const char *b_text = json_text(json_get(b->stored, keys[i]));
        order = strcmp(a_text ? a_text : "", b_text ? b_text : "");
    }
    return order;
}

/* Two documents that differ in nothing but their _id. The same _id is one document that was read twice. */
static bool are_twins(const struct twin *a, const struct twin *b)
{
    const char *a_event = json_text(json_get(a->stored, "pump_event_id"));
    const char *b_event = json_text(json_get(b->stored, "pump_event_id"));
    const char *a_id = json_text(json_get(a->stored, "_id")), *b_id = json_text(json_get(b->stored, "_id"));
    return a_event && b_event && strcmp(a_event, b_event) == 0 && a_id && b_id && strcmp(a_id, b_id) != 0;
}

/* Of each set of twins among these the one with the least _id stays. */
static void thin_out(struct list *list, struct held *held, const uint32_t *items, size_t count)
{
    struct twin *twins = xcalloc(count, sizeof *twins);
    for (size_t i = 0; i < count; i++) {
        const struct held_document *item = &held->items[items[i]];
        twins[i] = (struct twin){items[i], json_parse(held->text + item->text, item->length, NULL)};
    }
    qsort(twins, count, sizeof *twins, compare_twins);
    for (size_t i = 1; i < count; i++) {
        if (!are_twins(&twins[i - 1], &twins[i]))
            continue;
        held->items[twins[i].item].claimed = true;
        list->items = xreallocarray(list->items, list->count + 1, sizeof *list->items);
        list->items[list->count++] = twins[i].item;
    }
    for (size_t i = 0; i < count; i++)
        json_free(twins[i].stored);
    free(twins);
}

size_t twins_find(struct held *held, const uint32_t *by_event, uint32_t **twins)
{
    struct list list = {0};
    for (size_t first = 0, next; first < held->count; first = next) {
        for (next = first + 1; next < held->count; next++)
            if (!may_be_twins(&held->items[by_event[first]], &held->items[by_event[next]]))
                break;
        if (next - first > 1)
            thin_out(&list, held, by_event + first, next - first);
    }
    *twins = list.items;
    return list.count;
}
