/* Which records of a pump are settled: adding to them, and what follows for the next run. */
#include "tconnectsync/documents/coverage.h"

#include <stdlib.h>
#include <string.h>

#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/compare.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/documents/difference.h"
#include "tconnectsync/documents/document.h"
#include "tconnectsync/pump/pump_log.h"

#include "coverage_runs.h"

#define OPEN_FOR (7 * SECONDS_PER_DAY) /* what has not ended by then is not looked after any more */

void coverage_init(struct coverage *coverage)
{
    *coverage = (struct coverage){.features = FEATURES_ALL, .through = NO_TIME};
    for (size_t i = 0; i < FEATURE_COUNT; i++)
        coverage->since[i] = NO_TIME;
}

void coverage_free(struct coverage *coverage)
{
    free(coverage->runs);
    free(coverage->known_gaps);
    coverage_init(coverage);
}

/* ---- what a run settles ---- */

bool coverage_count_features(struct coverage *coverage, unsigned features, int64_t from)
{
    bool first = true, added = false;
    for (size_t i = 0; i < FEATURE_COUNT; i++)
        first &= coverage->since[i] == NO_TIME;
    const int64_t begin = first || coverage->through == NO_TIME ? from : coverage->through;
    for (size_t i = 0; i < FEATURE_COUNT; i++)
        if (features >> i & 1 &&
            (coverage->since[i] == NO_TIME || (coverage->through == NO_TIME && from < coverage->since[i]))) {
            coverage->since[i] = begin;
            added = true;
        }
    coverage->features = features;
    return added && coverage->through != NO_TIME;
}

struct number {
    int64_t sequence;
    int32_t group;
};

static int compare_numbers_of_records(const void *left, const void *right)
{
    const struct number *a = left, *b = right;
    const int order = compare_numbers(a->group, b->group);
    return order ? order : compare_numbers(a->sequence, b->sequence);
}

/* Its fate is not what Nightscout holds yet: the next run has to see it again. */
static bool is_waiting(const struct document *document)
{
    if (document->fate == FATE_OUTSIDE)
        return true; /* a part of an extended bolus that was delivered before the range */
    return document->refused || document->fate == FATE_WITHHELD ||
           (document->fate == FATE_CREATE && (!document->created || document->attempted)) ||
           ((document->fate == FATE_AMEND || document->fate == FATE_MOVE) && !document->amended);
}

/* It stands in Nightscout, and the next run has to see its end. Its record is settled: a person may have
   deleted it by then. */
static bool is_lasting(const struct document *document, const struct coverage_rules *rules)
{
    return document->open && (document->created || document->held != NO_EVENT) &&
           document->time >= rules->to - OPEN_FOR;
}

/* The records of this pump and time whose documents wait, their own and those that tell them, in order;
   waiting: the instant of the oldest that the next run has to reach back to. A bolus that lies on the edge of
   the range is a hole like any other. What lasts is not listed, but counts for waiting. */
static size_t list_waiting(const struct pump_log *log, const struct documents *documents,
                           const struct coverage_rules *rules, struct number *numbers, int64_t *waiting)
{
    size_t count = 0;
    *waiting = NO_TIME;
    for (size_t i = 0; i < 2 * documents->count; i++) {
        const struct document *document = &documents->items[i / 2];
        const struct pump_event *event = &log->events[i % 2 ? document->told_by : document->event];
        const bool waits = is_waiting(document);
        if (event->pump != rules->pump || !(waits || is_lasting(document, rules)))
            continue;
        if (waits)
            numbers[count++] = (struct number){event->sequence, event->group};
        if (document->fate != FATE_OUTSIDE && event->time >= rules->from && event->time <= rules->to &&
            (*waiting == NO_TIME || event->time < *waiting))
            *waiting = event->time;
    }
    if (count > 0)
        qsort(numbers, count, sizeof *numbers, compare_numbers_of_records);
    return count;
}

/* Cuts a run of the log down to what lies within the rules' time; what is not kept of the log has no time of
   its own, so kept records at the edges tell. first_event: the first kept one of the run. False when nothing
   is left. */
static bool cut_to_time(const struct log_run *run, const struct pump_log *log, size_t first_event,
                        const struct coverage_rules *rules, int64_t *first, int64_t *last)
{
    *first = run->first_sequence;
    *last = run->last_sequence;
    if (run->first_time == NO_TIME || run->last_time == NO_TIME || run->last_time < rules->from ||
        run->first_time > rules->to)
        return false;
    for (size_t i = first_event; i < log->event_count; i++) {
        const struct pump_event *event = &log->events[i];
        if (event->pump != run->pump || event->group != run->group || event->sequence > run->last_sequence)
            break;
        if (event->time != NO_TIME && event->time < rules->from)
            *first = event->sequence + 1;
        if (event->time != NO_TIME && event->time > rules->to && event->sequence <= *last)
            *last = event->sequence - 1;
    }
    return *first <= *last;
}

/* The first of the numbers, in order, that is not below that one. */
static size_t find_number(const struct number *numbers, size_t count, int32_t group, int64_t sequence)
{
    const struct number wanted = {sequence, group};
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_numbers_of_records(&numbers[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Adds the numbers from first to last but for those that wait. */
static void add_settled(struct run_list *list, struct coverage_run run, const struct number *waiting,
                        size_t count)
{
    const int64_t end = run.last;
    for (size_t i = find_number(waiting, count, run.group, run.first);
         i < count && waiting[i].group == run.group && waiting[i].sequence <= end; i++) {
        run.last = waiting[i].sequence - 1;
        run_list_add(list, &run);
        run.first = waiting[i].sequence + 1;
    }
    run.last = end;
    run_list_add(list, &run);
}

static void gather_settled(struct run_list *list, const struct pump_log *log,
                           const struct coverage_rules *rules, const struct number *waiting, size_t count,
                           int64_t *newest)
{
    size_t event = 0;
    for (size_t i = 0; i < log->run_count; i++) {
        const struct log_run *run = &log->runs[i];
        int64_t first, last;
        while (event < log->event_count && (log->events[event].pump < run->pump ||
                                            (log->events[event].pump == run->pump &&
                                             (log->events[event].group < run->group ||
                                              (log->events[event].group == run->group &&
                                               log->events[event].sequence < run->first_sequence)))))
            event++;
        if (run->pump != rules->pump || !cut_to_time(run, log, event, rules, &first, &last))
            continue;
        add_settled(
            list,
            (struct coverage_run){.day = civil_day_number(time_zone_wall(rules->zone, run->first_time)),
                                  .first = first,
                                  .last = last,
                                  .group = run->group,
                                  .features = rules->features},
            waiting, count);
        int64_t reached = run->last_time < rules->to ? run->last_time : rules->to;
        *newest = reached > *newest ? reached : *newest;
    }
}

/* In automatic runs each feature that was added later for itself: from then on. */
static void gather_by_feature(struct run_list *list, const struct coverage *coverage,
                              const struct pump_log *log, const struct coverage_rules *rules,
                              const struct number *waiting, size_t count, int64_t *newest)
{
    struct coverage_rules part = *rules;
    for (size_t i = 0; i < FEATURE_COUNT && rules->automatic; i++)
        if (rules->features >> i & 1 && coverage->since[i] > rules->from) {
            part.features &= ~(1u << i);
            struct coverage_rules own = *rules;
            own.features = 1u << i;
            own.from = coverage->since[i];
            gather_settled(list, log, &own, waiting, count, newest);
        }
    if (part.features)
        gather_settled(list, log, &part, waiting, count, newest);
}

/* The features that count at that time. */
static unsigned counting(const struct coverage *coverage, int64_t instant)
{
    unsigned features = 0;
    for (size_t i = 0; i < FEATURE_COUNT; i++)
        if (coverage->since[i] != NO_TIME && coverage->since[i] <= instant)
            features |= 1u << i;
    return features & coverage->features;
}

/* A run that leaves out some of the time behind what was settled, or of what counts, settles nothing up to
   its end: the next automatic one begins where it would have begun. */
static bool goes_on_from(const struct coverage *coverage, const struct coverage_rules *rules)
{
    const unsigned left_out = counting(coverage, rules->to) & ~(rules->features | FEATURES_NO_RECORD);
    if (coverage->through == NO_TIME)
        return rules->automatic || rules->first;
    return rules->automatic || (rules->from <= coverage->through && !left_out);
}

bool coverage_settle(struct coverage *coverage, const struct pump_log *log, const struct documents *documents,
                     const struct coverage_rules *rules, int64_t *waiting)
{
    struct run_list list = {.items = coverage->runs, .count = coverage->count, .capacity = coverage->count};
    struct coverage_run *before = NULL;
    const size_t count_before = coverage->count;
    const int64_t through = coverage->through;
    if (count_before > 0) {
        before = xcalloc(count_before, sizeof *before);
        memcpy(before, coverage->runs, count_before * sizeof *before);
    }
    struct number *numbers = xcalloc(2 * documents->count + 1, sizeof *numbers);
    size_t count = list_waiting(log, documents, rules, numbers, waiting);
    int64_t newest = NO_TIME;
    gather_by_feature(&list, coverage, log, rules, numbers, count, &newest);
    if (newest != NO_TIME && *waiting != NO_TIME && *waiting < newest)
        newest = *waiting;
    if (newest > coverage->through && goes_on_from(coverage, rules))
        coverage->through = newest;
    run_list_unite(&list);
    run_list_drop_before(&list, rules->today - COVERAGE_DAYS);
    coverage->runs = list.items;
    coverage->count = list.count;
    bool changed = coverage->count != count_before || coverage->through != through ||
                   (count_before > 0 && memcmp(before, coverage->runs, count_before * sizeof *before) != 0);
    free(before);
    free(numbers);
    return changed;
}

/* ---- what follows from it ---- */

static int compare_with_run(const void *key, const void *item)
{
    const struct number *number = key;
    const struct coverage_run *run = item;
    const int order = compare_numbers(number->group, run->group);
    return order ? order : number->sequence < run->first ? -1 : number->sequence > run->last;
}

static bool has_record(const struct coverage *coverage, const struct pump_event *event, unsigned wanted)
{
    const struct number number = {event->sequence, event->group};
    if (coverage->count == 0)
        return false;
    const struct coverage_run *run =
        bsearch(&number, coverage->runs, coverage->count, sizeof *coverage->runs, compare_with_run);
    return run && run->features & wanted;
}

/* Which of its two records comes last makes it. One from before all that counts came before any run. */
bool coverage_is_settled(const struct coverage *coverage, const struct pump_log *log,
                         const struct document *document)
{
    const unsigned wanted = document_kind_features(document->kind);
    const struct pump_event *told_by = &log->events[document->told_by];
    return has_record(coverage, &log->events[document->event], wanted) &&
           (has_record(coverage, told_by, wanted) || !(counting(coverage, told_by->time) & wanted));
}

bool coverage_has(const struct coverage *coverage, const struct pump_log *log,
                  const struct document *document)
{
    return !(counting(coverage, document->time) & document_kind_features(document->kind)) ||
           coverage_is_settled(coverage, log, document);
}

int64_t coverage_first_lack(const struct coverage *coverage, const struct time_zone *zone, int64_t earliest)
{
    int64_t first = NO_TIME, begin, second;
    for (size_t i = 0; i < coverage->count; i++) {
        const struct coverage_run *run = &coverage->runs[i];
        /* Nothing that begins to count within a day makes this day one that lacks it. */
        time_zone_instants(zone, run->day * SECONDS_PER_DAY, &begin, &second);
        const unsigned wanted = counting(coverage, begin) & ~(unsigned)FEATURES_NO_RECORD;
        if (run->day >= earliest && wanted & ~run->features && (first == NO_TIME || run->day < first))
            first = run->day;
    }
    return first;
}

unsigned coverage_features_added(const struct coverage *coverage, unsigned features, int64_t *first,
                                 int64_t *last)
{
    const unsigned stops = FEATURE_BASAL | FEATURE_PUMP_EVENTS; /* each brings suspend and resume along */
    unsigned added = 0;
    features &= ~(unsigned)FEATURES_NO_RECORD;
    for (size_t i = 0; i < coverage->count; i++) {
        const struct coverage_run *run = &coverage->runs[i];
        const unsigned has =
            run->features | (run->features & stops ? FEATURE_PUMP_EVENTS_BASAL_SUSPENSION : 0);
        const unsigned lacks =
            features & ~(has | counting(coverage, run->day * SECONDS_PER_DAY - SECONDS_PER_DAY));
        if (!lacks)
            continue;
        *first = !added || run->day < *first ? run->day : *first;
        *last = !added || run->day > *last ? run->day : *last;
        added |= lacks;
    }
    return added;
}

/* 0: within it. */
static int compare_with_known(const void *key, const void *item)
{
    const struct coverage_gap *gap = key, *known = item;
    const int order = compare_numbers(gap->group, known->group);
    return order ? order : gap->first < known->first ? -1 : gap->last > known->last;
}

/* The known ones lie in order, as the runs around them did. */
static bool is_known(const struct coverage *coverage, const struct coverage_gap *gap)
{
    return coverage->known_gap_count > 0 &&
           bsearch(gap, coverage->known_gaps, coverage->known_gap_count, sizeof *gap, compare_with_known);
}

/* The numbers that are missing between run i - 1 and run i; false when none are. */
static bool gap_before(const struct coverage *coverage, size_t i, struct coverage_gap *gap)
{
    const struct coverage_run *run = &coverage->runs[i], *before = run - 1;
    if (i == 0 || before->group != run->group || before->last + 1 >= run->first)
        return false;
    *gap = (struct coverage_gap){before->last + 1, run->first - 1, run->group};
    return true;
}

/* Where the numbers begin anew nobody can tell how many there were before: some of the last ones may come
   yet, as some of a hole. */
static bool may_lack_before(const struct coverage *coverage, size_t i, struct coverage_gap *gap)
{
    if (i == 0 || coverage->runs[i].group == coverage->runs[i - 1].group)
        return gap_before(coverage, i, gap);
    *gap = (struct coverage_gap){coverage->runs[i - 1].last + 1, INT64_MAX, coverage->runs[i - 1].group};
    return true;
}

int64_t coverage_first_gap(const struct coverage *coverage, int64_t earliest, bool known)
{
    int64_t first = NO_TIME;
    struct coverage_gap gap;
    for (size_t i = 1; i < coverage->count; i++)
        if (may_lack_before(coverage, i, &gap) && (known || !is_known(coverage, &gap))) {
            /* the first missing number is of that day or the next; a gap that reaches into the time is looked
             * into */
            int64_t day = coverage->runs[i - 1].day > earliest ? coverage->runs[i - 1].day : earliest;
            if (coverage->runs[i].day >= earliest && (first == NO_TIME || day < first))
                first = day;
        }
    return first;
}

void coverage_remember_gaps(struct coverage *coverage)
{
    free(coverage->known_gaps);
    coverage->known_gaps = xcalloc(coverage->count + 1, sizeof *coverage->known_gaps);
    coverage->known_gap_count = 0;
    for (size_t i = 1; i < coverage->count; i++)
        if (may_lack_before(coverage, i, &coverage->known_gaps[coverage->known_gap_count]))
            coverage->known_gap_count++;
}

enum coverage_day coverage_of_day(const struct coverage *coverage, unsigned features, int64_t day)
{
    enum coverage_day found = DAY_NOT_READ;
    struct coverage_gap gap;
    features &= ~(unsigned)FEATURES_NO_RECORD;
    for (size_t i = 0; i < coverage->count; i++) {
        const struct coverage_run *run = &coverage->runs[i];
        if (run->day == day && found == DAY_NOT_READ)
            found = DAY_WHOLE;
        if ((run->day == day && features & ~run->features) ||
            (gap_before(coverage, i, &gap) && (run->day == day || run[-1].day == day) &&
             run->day - run[-1].day <= 1)) /* else the numbers are of the days between, which were not read */
            found = DAY_WITH_HOLES;
    }
    return found;
}
