/* truth_list.h - what the pump really did, as a list to choose from. */
#ifndef SIM_TRUTH_LIST_H
#define SIM_TRUTH_LIST_H

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

struct simulator;

/* Fills in newest and the list, of all that has been uploaded; told is to be freed. */
void truth_gather(struct truth *truth, struct simulator *simulator);
bool truth_in_range(const struct truth *truth, int64_t at);
void truth_number(struct json_writer *writer, const char *key, int64_t value);
void truth_flag(struct json_writer *writer, const char *key, bool value);
/* Opens an object and writes what each event has: pump, group, sequence, at. */
void truth_open(struct json_writer *writer, const struct told *told);

#endif
