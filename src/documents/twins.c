/* Finds documents that differ in nothing that counts, and which of them stays. */
#include "twins.h"

#include <stdlib.h>
#include <string.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/base/compare.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/documents/document.h"
#include "tconnectsync/documents/held.h"

#include "amendment.h"

struct twin {
    uint32_t item;
    const char *id, *event_id; /* in stored; "" for none */
    struct json *stored;
};

struct search {
    struct documents *documents;
    const struct pump_log *log;
    struct held *held;
    uint32_t *owners; /* of each stored document the one that it is, or NO_EVENT */
    uint32_t *found;
    size_t found_count;
};

/* 0: alike in all that the reader knows of them. */
static int compare_items(const void *left, const void *right, void *context)
{
    const struct held_document *items = context;
    const struct held_document *a = &items[*(const uint32_t *)left], *b = &items[*(const uint32_t *)right];
    const int64_t pairs[][2] = {
        {a->kind, b->kind},       {held_second(a), held_second(b)},
        {a->source, b->source},   {a->ours, b->ours},
        {a->insulin, b->insulin}, {a->carbs, b->carbs},
        {a->glucose, b->glucose}, {a->rate, b->rate},
    };
    int order = compare_numbers(a->numbers[0], b->numbers[0]);
    for (size_t i = 0; order == 0 && i < sizeof pairs / sizeof *pairs; i++)
        order = compare_numbers(pairs[i][0], pairs[i][1]);
    return order;
}

static const char *text_of(const struct json *stored, const char *key)
{
    const char *text = json_text(json_get(stored, key));
    return text ? text : "";
}

static int compare_twins(const void *left, const void *right)
{
    const struct twin *a = left, *b = right;
    int order = strcmp(a->event_id, b->event_id);
    return order ? order : strcmp(a->id, b->id);
}

static bool says_the_same(const struct twin *a, const struct twin *b)
{
    return strcmp(text_of(a->stored, "notes"), text_of(b->stored, "notes")) == 0 &&
           strcmp(text_of(a->stored, "reason"), text_of(b->stored, "reason")) == 0;
}

static bool is_text(const struct buffer *buffer, const char *text)
{
    return buffer->length == strlen(text) && memcmp(buffer->data, text, buffer->length) == 0;
}

/* document: NULL when the event is not known; then nothing is known to be a person's. */
static bool has_persons_words(const struct search *search, const struct document *document,
                              const struct twin *twin)
{
    static const char *const keys[] = {"notes", "reason"};
    struct buffer words, notes;
    bool found = false;
    if (!document)
        return false;
    buffer_init(&words, 200);
    buffer_init(&notes, 200);
    document_words(document, search->log, &words);
    document_notes(document, search->log, &notes);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *text = text_of(twin->stored, keys[i]);
        found |= *text && !is_text(&words, text) && !is_text(&notes, text) &&
                 !says_not_ended(document->kind, text);
    }
    buffer_free(&words);
    buffer_free(&notes);
    return found;
}

static struct document *owner_of(const struct search *search, const struct twin *twins, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (search->owners[twins[i].item] != NO_EVENT)
            return &search->documents->items[search->owners[twins[i].item]];
    return NULL;
}

/* The event of the one that goes gets the one that stays; where that is another event
   already, it has none. */
static void give_up(struct search *search, uint32_t twin, uint32_t keeper)
{
    uint32_t owner = search->owners[twin];
    search->found = xreallocarray(search->found, search->found_count + 1, sizeof *search->found);
    search->found[search->found_count++] = twin;
    search->held->items[twin].claimed = search->held->items[twin].leaves = true;
    if (owner == NO_EVENT)
        return;
    bool is_free = search->owners[keeper] == NO_EVENT;
    search->documents->items[owner].held = is_free ? keeper : NO_EVENT;
    if (is_free) {
        search->owners[keeper] = owner;
        search->held->items[keeper].claimed = true;
    }
}

/* Of these, alike and in the order of their _id, one stays, and all in which a person
   has said something else. */
static void reduce(struct search *search, const struct twin *twins, size_t count)
{
    struct document *document = owner_of(search, twins, count);
    size_t keeper = 0;
    while (keeper < count && !has_persons_words(search, document, &twins[keeper]))
        keeper++;
    keeper = keeper < count ? keeper : 0;
    for (size_t i = 0; i < count; i++)
        if (*twins[i].id && strcmp(twins[i].id, twins[keeper].id) != 0 && /* else it was read twice */
            (says_the_same(&twins[i], &twins[keeper]) ||
             (document && !has_persons_words(search, document, &twins[i]))))
            give_up(search, twins[i].item, twins[keeper].item);
}

/* These are alike, but for what only their JSON tells. */
static void thin_out(struct search *search, const uint32_t *items, size_t count)
{
    struct twin *twins = xcalloc(count, sizeof *twins);
    for (size_t i = 0; i < count; i++) {
        const struct held_document *item = &search->held->items[items[i]];
        struct json *stored = json_parse(item->text, item->length, NULL);
        twins[i] = (struct twin){items[i], text_of(stored, "_id"), text_of(stored, "pump_event_id"), stored};
    }
    qsort(twins, count, sizeof *twins, compare_twins);
    for (size_t first = 0, next; first < count; first = next) {
        for (next = first + 1; next < count && strcmp(twins[first].event_id, twins[next].event_id) == 0;
             next++)
            ;
        if (*twins[first].event_id && *twins[first].id)
            reduce(search, twins + first, next - first);
    }
    for (size_t i = 0; i < count; i++)
        json_free(twins[i].stored);
    free(twins);
}

static bool may_have_twins(const struct held_document *item)
{
    return item->ours && item->kind != DOCUMENT_KIND_COUNT && item->numbers[0] != NO_EVENT_ID && item->text;
}

static void find_owners(struct search *search)
{
    for (size_t i = 0; i < search->held->count; i++)
        search->owners[i] = NO_EVENT;
    for (uint32_t i = 0; i < search->documents->count; i++)
        if (search->documents->items[i].held != NO_EVENT)
            search->owners[search->documents->items[i].held] = i;
}

size_t twins_find(struct documents *documents, const struct pump_log *log, struct held *held,
                  uint32_t **twins)
{
    struct search search = {.documents = documents, .log = log, .held = held};
    uint32_t *items = xcalloc(held->count, sizeof *items);
    size_t count = 0;
    search.owners = xcalloc(held->count, sizeof *search.owners);
    find_owners(&search);
    for (uint32_t i = 0; i < held->count; i++)
        if (may_have_twins(&held->items[i]))
            items[count++] = i;
    qsort_r(items, count, sizeof *items, compare_items, held->items);
    for (size_t first = 0, next; first < count; first = next) {
        for (next = first + 1; next < count; next++)
            if (compare_items(&items[first], &items[next], held->items) != 0)
                break;
        if (next - first > 1)
            thin_out(&search, items + first, next - first);
    }
    free(items);
    free(search.owners);
    *twins = search.found;
    return search.found_count;
}
