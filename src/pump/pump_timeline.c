/* The log as the pump lived it: records in order, wall times as instants. */
#include "tconnectsync/pump/pump_log.h"

#include <stdlib.h>

#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/compare.h"

#define GAP_MINIMUM (15 * SECONDS_PER_MINUTE)

static int compare_events(const void *left, const void *right)
{
    const struct pump_event *a = left, *b = right;
    int order = compare_numbers(a->pump, b->pump);
    if (!order)
        order = compare_numbers(a->group, b->group);
    return order ? order : compare_numbers(a->sequence, b->sequence);
}

static int compare_runs(const void *left, const void *right)
{
    const struct log_run *a = left, *b = right;
    int order = compare_numbers(a->pump, b->pump);
    if (!order)
        order = compare_numbers(a->group, b->group);
    if (!order)
        order = compare_numbers(a->first_sequence, b->first_sequence);
    return order ? order : compare_numbers(a->last_sequence, b->last_sequence);
}

/* Answers come in order nearly always; the sort's extra memory is saved then. */
static void sort(void *items, size_t count, size_t size, int (*compare)(const void *, const void *))
{
    const char *item = items;
    for (size_t i = 1; i < count; i++)
        if (compare(item + (i - 1) * size, item + i * size) > 0) {
            qsort(items, count, size, compare);
            return;
        }
}

static void drop_double_events(struct pump_log *log)
{
    size_t kept = 0;
    for (size_t i = 0; i < log->event_count; i++)
        if (kept == 0 || compare_events(&log->events[kept - 1], &log->events[i]) != 0)
            log->events[kept++] = log->events[i];
    log->event_count = kept;
}

bool log_run_goes_on(const struct log_run *run, int64_t wall)
{
    return wall == NO_TIME || run->last_wall == NO_TIME ||
           (wall >= run->last_wall && wall - run->last_wall <= GAP_MINIMUM &&
            wall / SECONDS_PER_HOUR == run->last_wall / SECONDS_PER_HOUR);
}

/* Joins runs that overlap (a record in two answers) or follow each other without a break (records or answers
   in any order). */
static void join_runs(struct pump_log *log)
{
    size_t kept = 0;
    for (size_t i = 0; i < log->run_count; i++) {
        struct log_run *next = &log->runs[i], *run = kept ? &log->runs[kept - 1] : NULL;
        bool same = run && run->pump == next->pump && run->group == next->group;
        bool overlaps = same && next->first_sequence <= run->last_sequence;
        bool follows =
            same && next->first_sequence == run->last_sequence + 1 && log_run_goes_on(run, next->first_wall);
        if (!overlaps && !follows) {
            log->runs[kept++] = *next;
        } else if (next->last_sequence > run->last_sequence) {
            run->last_sequence = next->last_sequence;
            if (run->first_wall == NO_TIME)
                run->first_wall = next->first_wall;
            if (next->last_wall != NO_TIME)
                run->last_wall = next->last_wall;
        }
    }
    log->run_count = kept;
}

void pump_log_sort(struct pump_log *log)
{
    sort(log->events, log->event_count, sizeof *log->events, compare_events);
    drop_double_events(log);
    sort(log->runs, log->run_count, sizeof *log->runs, compare_runs);
    join_runs(log);
}

/* latest: the latest instant among lower sequence numbers. */
static int64_t resolve(const struct time_zone *zone, int64_t wall, int64_t *latest)
{
    if (wall == NO_TIME)
        return NO_TIME;
    int64_t first, second;
    if (time_zone_instants(zone, wall, &first, &second) && *latest > first)
        first = second;
    if (first > *latest)
        *latest = first;
    return first;
}

void pump_log_resolve(struct pump_log *log, const struct time_zone *zone)
{
    size_t next_event = 0;
    int64_t latest = NO_TIME;
    for (size_t i = 0; i < log->run_count; i++) {
        struct log_run *run = &log->runs[i];
        if (i == 0 || log->runs[i - 1].pump != run->pump)
            latest = NO_TIME;
        run->first_time = resolve(zone, run->first_wall, &latest);
        for (; next_event < log->event_count; next_event++) {
            struct pump_event *event = &log->events[next_event];
            if (event->pump != run->pump || event->group != run->group ||
                event->sequence > run->last_sequence)
                break;
            event->time = resolve(zone, event->wall, &latest);
        }
        run->last_time = resolve(zone, run->last_wall, &latest);
    }
}

int64_t pump_log_newest(const struct pump_log *log, unsigned pump, int64_t *sequence)
{
    for (size_t i = log->run_count; i-- > 0;)
        if (log->runs[i].pump == pump && log->runs[i].last_time != NO_TIME) {
            if (sequence)
                *sequence = log->runs[i].last_sequence;
            return log->runs[i].last_time;
        }
    return NO_TIME;
}

bool log_run_ends_in_gap(const struct log_run *run, const struct log_run *next)
{
    return run->pump == next->pump && run->group == next->group &&
           next->first_sequence == run->last_sequence + 1 && run->last_time != NO_TIME &&
           next->first_time != NO_TIME && next->first_time - run->last_time > GAP_MINIMUM;
}
