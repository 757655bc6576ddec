/* coverage_runs.h - runs of record numbers as a list that can be added to and united. */
#ifndef TCONNECTSYNC_COVERAGE_RUNS_H
#define TCONNECTSYNC_COVERAGE_RUNS_H

#include "tconnectsync/documents/coverage.h"

struct run_list {
    struct coverage_run *items;
    size_t count, capacity;
};

/* One with first behind last is none. */
void run_list_add(struct run_list *list, const struct coverage_run *run);
/* Brings it into order and makes one of what overlaps: no number stands twice, each with all features of its
   runs, and of its first day. */
void run_list_unite(struct run_list *list);
void run_list_drop_before(struct run_list *list, int64_t day);

#endif
