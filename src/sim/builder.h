/* builder.h - a day in the making: where the scenarios put their records. */
#ifndef SIM_BUILDER_H
#define SIM_BUILDER_H

#include "history.h"

struct builder {
    const struct history *history;
    int64_t day, from, to; /* only records in from <= line < to are kept */
    struct record *records;
    size_t count, capacity;
    struct interval suspended[24]; /* of this day and what reaches into it */
    size_t suspended_count;
    struct interval quiet[24]; /* no basal record in it, though the pump is suspended */
    size_t quiet_count;
};
void build(struct builder *builder, int64_t line, uint16_t code, const int32_t *values, size_t count);
#define BUILD(builder, line, code, ...)                                                                      \
    build(builder, line, code, (const int32_t[]){__VA_ARGS__},                                               \
          sizeof((const int32_t[]){__VA_ARGS__}) / sizeof(int32_t))

#endif
