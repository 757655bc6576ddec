/* record_json.h - how a record is spelled. */
#ifndef SIM_RECORD_JSON_H
#define SIM_RECORD_JSON_H

#include "history.h"

/* Appends the record's JSON text at the end of *text. */
struct text {
    char *data;
    size_t length, capacity;
};
void record_print(struct text *text, const struct era *era, const char *assignment,
                  const struct record *record, int64_t wall);
extern const size_t noise_kinds; /* codes that nobody asked for: build with NOISE_CODE(kind) */
uint16_t noise_code(size_t kind);

#endif
