/* truth.h - between the two files that tell what the pump really did. */
#ifndef SIM_TRUTH_H
#define SIM_TRUTH_H

#include "history.h"
#include "tconnectsync/base/json.h"

#define CODE_OFF 0 /* no record: from then on the pump was off, or another one took over */

struct told {
    struct record record;
    unsigned pump, group;
    int64_t at;
};

struct truth {
    const struct history *history;
    int64_t from, to, newest; /* to is excluded; newest: of any code, 0: none */
    struct told *told;        /* in the pump's order, without what nobody asked for */
    size_t count;
};

bool truth_in_range(const struct truth *truth, int64_t at);
void truth_number(struct json_writer *writer, const char *key, int64_t value);
void truth_flag(struct json_writer *writer, const char *key, bool value);
/* Opens an object and writes what each event has: pump, group, sequence, at. */
void truth_open(struct json_writer *writer, const struct told *told);
/* Everything but insulin, a list for each kind: what gives no document is left out. */
void truth_write_events(const struct truth *truth, struct json_writer *writer);

#endif
