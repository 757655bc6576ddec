/* What this process has created: a hash set of keys with open addressing. */
#include "tconnectsync/documents/difference.h"

#include <stdlib.h>

#include "tconnectsync/base/memory.h"
#include "tconnectsync/pump/pump_log.h"

struct event_memory {
    uint64_t *keys; /* 0: free */
    size_t count, capacity;
};

struct event_memory *event_memory_new(void)
{
    return xcalloc(1, sizeof(struct event_memory));
}

void event_memory_free(struct event_memory *memory)
{
    if (memory)
        free(memory->keys);
    free(memory);
}

/* FNV-1a over kind, number, part and whose number it is. */
static uint64_t key_of(const struct document *document, const struct pump_log *log)
{
    const int64_t parts[] = {document->kind, document->part, log->events[document->event].sequence,
                             document_source(document, log)};
    const unsigned char *bytes = (const unsigned char *)parts;
    uint64_t key = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < sizeof parts; i++)
        key = (key ^ bytes[i]) * UINT64_C(1099511628211);
    return key ? key : 1;
}

static size_t find_place(const struct event_memory *memory, uint64_t key)
{
    size_t place = key & (memory->capacity - 1);
    while (memory->keys[place] && memory->keys[place] != key)
        place = (place + 1) & (memory->capacity - 1);
    return place;
}

static void grow(struct event_memory *memory)
{
    struct event_memory larger = {.capacity = memory->capacity ? memory->capacity * 2 : 1024,
                                  .count = memory->count};
    larger.keys = xcalloc(larger.capacity, sizeof *larger.keys);
    for (size_t i = 0; i < memory->capacity; i++)
        if (memory->keys[i])
            larger.keys[find_place(&larger, memory->keys[i])] = memory->keys[i];
    free(memory->keys);
    *memory = larger;
}

void event_memory_add(struct event_memory *memory, const struct document *document,
                      const struct pump_log *log)
{
    if (memory->count * 2 >= memory->capacity)
        grow(memory);
    uint64_t key = key_of(document, log);
    size_t place = find_place(memory, key);
    memory->count += memory->keys[place] == 0;
    memory->keys[place] = key;
}

bool event_memory_has(const struct event_memory *memory, const struct document *document,
                      const struct pump_log *log)
{
    return memory->capacity > 0 && memory->keys[find_place(memory, key_of(document, log))] != 0;
}
