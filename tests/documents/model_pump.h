/* model_pump.h - the life of a made-up pump: what its log says, and what truly happened. */
#ifndef TCONNECTSYNC_MODEL_PUMP_H
#define TCONNECTSYNC_MODEL_PUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tconnectsync/documents/document.h"

struct time_zone;

/* Random numbers from a seed, the same on every machine. */
uint64_t random_next(uint64_t *state);
/* From 0 to below count. */
int64_t random_below(uint64_t *state, int64_t count);

struct pump_record {
    int64_t time, wall;
    int64_t sequence;
    int64_t arrival; /* when Tandem has it */
    int64_t amount;  /* milliunits of a bolus, milliunits an hour of a basal */
    int64_t begin;   /* of an extended bolus: when its delivery did */
    bool is_meal;    /* a request whose bolus gave nothing at once, with carbs or a glucose */
    int code;
    bool last_before_off;
    bool in_order; /* arrives no later than what was logged after it */
    char *json;    /* behind {"sequenceNumber":N, */
};

struct pump_history {
    struct pump_record *records; /* by sequence number, which is by time */
    size_t count, capacity;
    size_t expected[DOCUMENT_KIND_COUNT]; /* documents that this life must give */
    int64_t begin, end;
    uint64_t random;
    const struct time_zone *zone;
};

/* days of a pump from begin on, which is on a full hour, with a basal each step seconds. */
void pump_history_make(struct pump_history *history, const struct time_zone *zone, int64_t begin, int days,
                       int64_t step, uint64_t seed);
void pump_history_free(struct pump_history *history);
/* The record with that number. */
const struct pump_record *pump_history_find(const struct pump_history *history, int64_t sequence);
/* It sets a rate: a 279, or an 11 whose 279 does not come in the same second. */
bool pump_history_gives_basal(const struct pump_history *history, size_t index);
/* When the basal at that index truly ended. */
int64_t pump_history_basal_end(const struct pump_history *history, size_t index);

#endif
