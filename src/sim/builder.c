/* A day in the making: what falls outside it is left out. */
#include "builder.h"

#include <string.h>

void build(struct builder *builder, int64_t line, uint16_t code, const int32_t *values, size_t count)
{
    if (line < builder->from || line >= builder->to || builder->count == builder->capacity)
        return;
    struct record *record = &builder->records[builder->count];
    *record = (struct record){.line = line, .code = code, .rank = (uint16_t)builder->count};
    memcpy(record->value, values, count * sizeof *values);
    builder->count++;
}
