/* Adding documents while the log is walked through. */
#include "document_build.h"

#include "tconnectsync/base/memory.h"

struct document *builder_add(struct builder *builder, enum document_kind kind, size_t event, int64_t time)
{
    struct documents *out = builder->out;
    if (out->count == out->capacity) {
        out->capacity = out->capacity ? out->capacity * 2 : 256;
        out->items = xreallocarray(out->items, out->capacity, sizeof *out->items);
    }
    struct document *document = &out->items[out->count++];
    *document = (struct document){
        .time = time,
        .duration = NO_DURATION,
        .event = (uint32_t)event,
        .told_by = (uint32_t)event,
        .related = {NO_EVENT, NO_EVENT, NO_EVENT},
        .held = NO_EVENT,
        .kind = (uint8_t)kind,
    };
    return document;
}

bool builder_wants(const struct builder *builder, unsigned features)
{
    return builder->rules.features & features;
}
