/* The log as the pump lived it: records in order, wall times as instants. */
#include "tconnectsync/pump/pump_log.h"

#include <stdlib.h>
#include <string.h>

#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/compare.h"
#include "tconnectsync/base/memory.h"

#include "log_answer.h"

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

/* ---- joining ---- */

#define JOINED_IN_A_TURN 4096

/* So that the earliest is joined next: answers come in any order. */
static int latest_first(const void *left, const void *right)
{
    const struct log_answer *a = left, *b = right;
    if (a->run_count == 0 || b->run_count == 0)
        return compare_numbers(b->run_count, a->run_count);
    return compare_runs(b->runs, a->runs);
}

/* Returns the items with some of the others behind them. */
static void *join_some(void *items, size_t *count, size_t *capacity, const void *others, size_t other_count,
                       size_t *joined, size_t size)
{
    const size_t left = other_count - *joined, some = left < JOINED_IN_A_TURN ? left : JOINED_IN_A_TURN;
    if (some == 0)
        return items;
    if (*count + left > *capacity) {
        *capacity = *count + left;
        items = xreallocarray(items, *capacity, size);
    }
    memcpy((char *)items + *count * size, (const char *)others + *joined * size, some * size);
    *count += some;
    *joined += some;
    return items;
}

static void take_over(struct pump_log *log, const struct log_answer *answer)
{
    free(log->events);
    free(log->runs);
    log->events = answer->events;
    log->runs = answer->runs;
    log->event_count = log->event_capacity = answer->event_count;
    log->run_count = log->run_capacity = answer->run_count;
}

bool pump_log_join(struct pump_log *log)
{
    if (log->answer_count == 0)
        return false;
    qsort(log->answers, log->answer_count, sizeof *log->answers, latest_first);
    struct log_answer *next = &log->answers[log->answer_count - 1];
    if (log->event_count == 0 && log->run_count == 0) {
        take_over(log, next);
    } else {
        log->events = join_some(log->events, &log->event_count, &log->event_capacity, next->events,
                                next->event_count, &next->events_joined, sizeof *log->events);
        log->runs = join_some(log->runs, &log->run_count, &log->run_capacity, next->runs, next->run_count,
                              &next->runs_joined, sizeof *log->runs);
        if (next->events_joined < next->event_count || next->runs_joined < next->run_count)
            return true;
        free(next->events);
        free(next->runs);
    }
    return --log->answer_count > 0;
}

/* ---- sorting ---- */

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

static int compare_changes(const void *left, const void *right)
{
    const struct clock_change *a = left, *b = right;
    int order = compare_numbers(a->pump, b->pump);
    if (!order)
        order = compare_numbers(a->group, b->group);
    return order ? order : compare_numbers(a->sequence, b->sequence);
}

/* Every answer brings the device's whole history of them, and the log its own. */
static void drop_double_changes(struct pump_log *log)
{
    size_t kept = 0;
    for (size_t i = 0; i < log->change_count; i++)
        if (kept == 0 || compare_changes(&log->changes[kept - 1], &log->changes[i]) != 0)
            log->changes[kept++] = log->changes[i];
    log->change_count = kept;
}

void pump_log_sort(struct pump_log *log)
{
    while (pump_log_join(log))
        ;
    sort(log->events, log->event_count, sizeof *log->events, compare_events);
    drop_double_events(log);
    sort(log->runs, log->run_count, sizeof *log->runs, compare_runs);
    join_runs(log);
    sort(log->changes, log->change_count, sizeof *log->changes, compare_changes);
    drop_double_changes(log);
}

int64_t pump_log_newest_wall(const struct pump_log *log, unsigned pump)
{
    for (size_t i = log->run_count; i-- > 0;)
        if (log->runs[i].pump == pump && log->runs[i].last_wall != NO_TIME)
            return log->runs[i].last_wall;
    return NO_TIME;
}

/* Runs and changes are sorted by pump: those of one lie side by side. */
const struct pump_clock *pump_log_find_clock(struct pump_log *log, unsigned pump,
                                             const struct time_zone *zone, const struct clock_facts *facts)
{
    struct clock_input input = {
        .zone = zone,
        .now = facts->now,
        .runs = log->runs,
        .changes = log->changes,
        .first_available = facts->first_available,
        .newest_wall = facts->newest_wall,
        .witnesses = facts->witnesses,
        .witness_count = facts->witness_count,
    };
    const struct log_run *runs_end = log->runs + log->run_count;
    const struct clock_change *changes_end = log->changes + log->change_count;
    while (input.runs < runs_end && input.runs->pump < pump)
        input.runs++;
    while (input.runs + input.run_count < runs_end && input.runs[input.run_count].pump == pump)
        input.run_count++;
    while (input.changes < changes_end && input.changes->pump < pump)
        input.changes++;
    while (input.changes + input.change_count < changes_end && input.changes[input.change_count].pump == pump)
        input.change_count++;
    if (!log->clocks)
        log->clocks = xcalloc(log->pump_count, sizeof *log->clocks);
    pump_clock_free(&log->clocks[pump]);
    pump_clock_find(&log->clocks[pump], &input);
    return &log->clocks[pump];
}

/* The instant of the record at place; latest: the latest among lower sequence numbers,
   for the zone's rule. */
static int64_t resolve(const struct pump_clock *clock, const struct time_zone *zone, struct clock_place place,
                       int64_t wall, int64_t *latest)
{
    if (wall == NO_TIME)
        return NO_TIME;
    if (clock)
        return pump_clock_instant(clock, place, wall);
    int64_t first, second;
    if (time_zone_instants(zone, wall, &first, &second) && *latest > first)
        first = second;
    if (first > *latest)
        *latest = first;
    return first;
}

/* A basal without a time still ends the one before it. */
static void drop_undated(struct pump_log *log)
{
    size_t kept = 0;
    for (size_t i = 0; i < log->event_count; i++) {
        struct pump_event *event = &log->events[i];
        if (event->time < PUMP_TIME_EARLIEST)
            event->time = NO_TIME;
        if (event->time == NO_TIME && event->wall != NO_TIME)
            pump_log_skip(log, SKIP_TIME, event->code, event->sequence);
        if (event->time != NO_TIME || event->kind == EVENT_BASAL)
            log->events[kept++] = *event;
    }
    log->event_count = kept;
}

void pump_log_resolve(struct pump_log *log, const struct time_zone *zone)
{
    size_t next_event = 0;
    int64_t latest = NO_TIME;
    for (size_t i = 0; i < log->run_count; i++) {
        struct log_run *run = &log->runs[i];
        const struct pump_clock *clock =
            log->clocks && log->clocks[run->pump].count ? &log->clocks[run->pump] : NULL;
        if (i == 0 || log->runs[i - 1].pump != run->pump)
            latest = NO_TIME;
        run->first_time = resolve(clock, zone, (struct clock_place){run->group, run->first_sequence},
                                  run->first_wall, &latest);
        for (; next_event < log->event_count; next_event++) {
            struct pump_event *event = &log->events[next_event];
            if (event->pump != run->pump || event->group != run->group ||
                event->sequence > run->last_sequence)
                break;
            event->time = resolve(clock, zone, (struct clock_place){event->group, event->sequence},
                                  event->wall, &latest);
        }
        run->last_time = resolve(clock, zone, (struct clock_place){run->group, run->last_sequence},
                                 run->last_wall, &latest);
    }
    if (log->clocks)
        drop_undated(log);
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
