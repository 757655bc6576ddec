/* When a pump's clock was set: its own records of that, held against the records around them. */
#include "pump_clock_jumps.h"

#include <stdlib.h>

#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/pump/pump_log.h"

#define QUARTER             (15 * SECONDS_PER_MINUTE)
#define DRIFT               (8 * SECONDS_PER_MINUTE) /* a smaller step puts the clock right */
#define ONE_SETTING         (2 * SECONDS_PER_MINUTE) /* between the records that one setting writes */
#define ONE_SETTING_NUMBERS 20
#define RECORD_SPACING      (15 * SECONDS_PER_MINUTE) /* at most, while the pump is on */
#define SENSELESS           (36 * INT64_C(3600))      /* a step without a record that nobody can have set */
#define EXCURSION_RUNS      256 /* more than 36 hours can have, which none lasts longer than */

/* Some records that say together that the clock was set once, or a step that no record tells of. */
struct jump {
    struct clock_place first;
    int64_t last_sequence;
    int64_t begins; /* the first record that is stamped with the new time */
    int64_t step;
    int64_t before_wall, after_wall; /* NO_TIME: unknown */
    bool lost, excursion;
};

struct jumps {
    struct jump *items;
    size_t count, capacity;
};

int clock_place_compare(struct clock_place a, struct clock_place b)
{
    if (a.group != b.group)
        return a.group < b.group ? -1 : 1;
    return (a.sequence > b.sequence) - (a.sequence < b.sequence);
}

static struct jump *add_jump(struct jumps *jumps, struct jump jump)
{
    if (jumps->count == jumps->capacity) {
        jumps->capacity = jumps->capacity ? jumps->capacity * 2 : 16;
        jumps->items = xreallocarray(jumps->items, jumps->capacity, sizeof *jumps->items);
    }
    jumps->items[jumps->count] = jump;
    return &jumps->items[jumps->count++];
}

/* To the nearest quarter of an hour it is a change of offset; less is drift put right. */
static int64_t offset_change(int64_t step)
{
    int64_t size = llabs(step);
    size = size < DRIFT ? 0 : (size + QUARTER / 2) / QUARTER * QUARTER;
    return step < 0 ? -size : size;
}

/* A clock that its battery has left runs from 2008 on until somebody sets it: that step is exact. */
static int64_t believed_step(const struct jump *jump)
{
    bool was_lost = jump->before_wall != NO_TIME && jump->before_wall < PUMP_TIME_EARLIEST;
    return was_lost && jump->step > SENSELESS ? jump->step : offset_change(jump->step);
}

/* ---- the pump's own records ---- */

static int64_t time_of_day(int64_t wall)
{
    return ((wall % SECONDS_PER_DAY) + SECONDS_PER_DAY) % SECONDS_PER_DAY;
}

static int64_t apart_on_dial(int64_t a, int64_t b)
{
    int64_t apart = llabs(a - b);
    return apart < SECONDS_PER_DAY - apart ? apart : SECONDS_PER_DAY - apart;
}

/* Its record is stamped with the time before or after it. */
static bool is_stamped_before(const struct clock_change *change)
{
    if (change->wall == NO_TIME)
        return true;
    int64_t shown = time_of_day(change->wall);
    return !change->is_date && apart_on_dial(shown, change->prior) < apart_on_dial(shown, change->after);
}

/* What the clock showed right before the change. */
static int64_t wall_before(const struct clock_change *change)
{
    if (change->wall == NO_TIME)
        return NO_TIME;
    return is_stamped_before(change) ? change->wall : change->wall - change->step;
}

static bool same_setting(const struct jump *jump, const struct clock_change *change, int64_t last_wall)
{
    int64_t numbers = change->sequence - jump->last_sequence, apart = change->wall - last_wall;
    if (change->group != jump->first.group || numbers > ONE_SETTING_NUMBERS)
        return false;
    if (numbers <= 1)
        return true;
    return change->wall != NO_TIME && last_wall != NO_TIME &&
           (llabs(apart) <= ONE_SETTING || llabs(apart - jump->step) <= ONE_SETTING);
}

static void gather_changes(struct jumps *jumps, const struct clock_input *input)
{
    int64_t last_wall = NO_TIME;
    for (size_t i = 0; i < input->change_count; i++) {
        const struct clock_change *change = &input->changes[i];
        struct jump *jump = jumps->count ? &jumps->items[jumps->count - 1] : NULL;
        if (jump && same_setting(jump, change, last_wall)) {
            bool none_yet = jump->begins > jump->last_sequence;
            jump->last_sequence = change->sequence;
            jump->begins = none_yet ? change->sequence + is_stamped_before(change) : jump->begins;
            jump->step += change->step;
        } else {
            jump = add_jump(jumps, (struct jump){.first = {change->group, change->sequence},
                                                 .last_sequence = change->sequence,
                                                 .begins = change->sequence + is_stamped_before(change),
                                                 .step = change->step,
                                                 .before_wall = wall_before(change)});
        }
        jump->after_wall = jump->before_wall == NO_TIME ? NO_TIME : jump->before_wall + jump->step;
        last_wall = change->wall;
    }
}

/* ---- what the log's records say of a jump ---- */

/* What adjoining records can show when the clock jumps by step between them. */
static bool is_plausible(int64_t step, int64_t shown)
{
    if (shown > -DRIFT && shown <= RECORD_SPACING)
        return step > -DRIFT && step <= RECORD_SPACING; /* it ran evenly */
    return shown - step >= -DRIFT;
}

/* The first run that reaches up to that place; as they do not overlap, those behind it do as well. */
static size_t find_run(const struct clock_input *input, int32_t group, int64_t sequence)
{
    size_t low = 0, high = input->run_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct log_run *run = &input->runs[middle];
        if (run->group < group || (run->group == group && run->last_sequence < sequence))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* False when the records around it show that the clock did not do that. Learns from them what it showed
   before and after. */
static bool log_agrees(struct jump *jump, const struct clock_input *input)
{
    int64_t first = jump->first.sequence, last = jump->last_sequence, seen_before = NO_TIME,
            seen_after = NO_TIME;
    for (size_t i = find_run(input, jump->first.group, first - 1); i < input->run_count; i++) {
        const struct log_run *run = &input->runs[i];
        if (run->group != jump->first.group || run->first_sequence > last + 1)
            break;
        if (run->first_sequence < first && run->last_sequence > last) /* they ran evenly right across it */
            return jump->step > -DRIFT && jump->step <= RECORD_SPACING * (last - first + 2);
        if (run->last_sequence >= first - 1 && run->last_sequence <= last && seen_before == NO_TIME)
            seen_before = run->last_wall;
        if (run->first_sequence >= first && run->first_sequence <= last + 1 && run->first_wall != NO_TIME)
            seen_after = run->first_wall;
    }
    if (seen_before != NO_TIME)
        jump->before_wall = seen_before;
    if (seen_after != NO_TIME)
        jump->after_wall = seen_after;
    return seen_before == NO_TIME || seen_after == NO_TIME ||
           is_plausible(jump->step, seen_after - seen_before);
}

static void drop_contradicted(struct jumps *jumps, const struct clock_input *input, size_t *disbelieved)
{
    size_t kept = 0;
    for (size_t i = 0; i < jumps->count; i++) {
        struct jump jump = jumps->items[i];
        if (!log_agrees(&jump, input)) {
            (*disbelieved)++;
            continue;
        }
        jump.step = believed_step(&jump);
        if (jump.step != 0)
            jumps->items[kept++] = jump;
    }
    jumps->count = kept;
}

/* ---- steps that no record tells of ---- */

/* Of the jumps that reach up to the end of the first run, the first one begins earliest. */
static bool is_told(const struct jumps *jumps, const struct log_run *before, const struct log_run *after)
{
    size_t low = 0, high = jumps->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct jump *jump = &jumps->items[middle];
        if (jump->first.group < after->group ||
            (jump->first.group == after->group && jump->last_sequence + 1 < before->last_sequence))
            low = middle + 1;
        else
            high = middle;
    }
    return low < jumps->count && jumps->items[low].first.group == after->group &&
           jumps->items[low].first.sequence - 1 <= after->first_sequence;
}

static bool adjoins(const struct log_run *before, const struct log_run *after)
{
    return before->group == after->group && after->first_sequence == before->last_sequence + 1 &&
           before->last_wall != NO_TIME && after->first_wall != NO_TIME;
}

/* The run at which the clock shows a sensible time again after senseless ones, counted from the run before
   them; 0 when there is none, or when the clock was set in between. */
static size_t find_return(const struct jumps *jumps, const struct clock_input *input, size_t before)
{
    const struct log_run *from = &input->runs[before];
    for (size_t i = before + 1; i < input->run_count && i - before <= EXCURSION_RUNS; i++) {
        const struct log_run *run = &input->runs[i];
        if (!adjoins(run - 1, run) || is_told(jumps, run - 1, run))
            return 0;
        int64_t apart = run->first_wall - from->last_wall;
        if (i > before + 1 && apart >= -DRIFT && apart <= SENSELESS)
            return i;
    }
    return 0;
}

static struct jump jump_to(const struct log_run *before, const struct log_run *run)
{
    return (struct jump){.first = {run->group, run->first_sequence},
                         .last_sequence = run->first_sequence - 1,
                         .begins = run->first_sequence,
                         .before_wall = before->last_wall,
                         .after_wall = run->first_wall};
}

static void gather_untold(struct jumps *jumps, const struct clock_input *input)
{
    const size_t told = jumps->count;
    for (size_t i = 1; i < input->run_count; i++) {
        const struct log_run *run = &input->runs[i], *before = run - 1;
        const struct jumps known = {.items = jumps->items, .count = told};
        int64_t step = run->first_wall - before->last_wall;
        if (!adjoins(before, run) || is_told(&known, before, run) || (step > -DRIFT && step <= SENSELESS))
            continue;
        size_t back = llabs(step) > SENSELESS ? find_return(&known, input, i - 1) : 0;
        if (back == 0 && step > 0)
            continue; /* the pump was off for long */
        struct jump jump = jump_to(before, run);
        jump.excursion = back > 0;
        jump.lost = !jump.excursion && step < -SENSELESS;
        jump.step = jump.lost || jump.excursion ? 0 : offset_change(step);
        add_jump(jumps, jump);
        if (back > 0) {
            add_jump(jumps, jump_to(before, &input->runs[back]));
            i = back;
        }
    }
}

/* ---- the stretches ---- */

static int compare_jumps(const void *left, const void *right)
{
    const struct jump *a = left, *b = right;
    return clock_place_compare(a->first, b->first);
}

static void set_outer_walls(struct pump_clock *clock, const struct clock_input *input)
{
    struct clock_stretch *first = &clock->stretches[0], *last = &clock->stretches[clock->count - 1];
    first->first_wall = input->first_available;
    last->last_wall = input->newest_wall;
    for (size_t i = 0; i < input->run_count && first->first_wall == NO_TIME; i++)
        first->first_wall = input->runs[i].first_wall;
    for (size_t i = input->run_count; i-- > 0 && last->last_wall == NO_TIME;)
        last->last_wall = input->runs[i].last_wall;
}

void pump_clock_split(struct pump_clock *clock, const struct clock_input *input)
{
    struct jumps jumps = {0};
    gather_changes(&jumps, input);
    drop_contradicted(&jumps, input, &clock->disbelieved);
    gather_untold(&jumps, input);
    if (jumps.count > 0)
        qsort(jumps.items, jumps.count, sizeof *jumps.items, compare_jumps);
    clock->count = jumps.count + 1;
    clock->stretches = xcalloc(clock->count, sizeof *clock->stretches);
    clock->stretches[0].first = (struct clock_place){INT32_MIN, INT64_MIN};
    for (size_t i = 0; i < jumps.count; i++) {
        struct clock_stretch *stretch = &clock->stretches[i + 1];
        stretch[-1].last_wall = jumps.items[i].before_wall;
        *stretch = (struct clock_stretch){
            .first = {jumps.items[i].first.group, jumps.items[i].begins},
            .first_wall = jumps.items[i].after_wall,
            .step = jumps.items[i].step,
            .lost = jumps.items[i].lost,
            .excursion = jumps.items[i].excursion,
        };
    }
    set_outer_walls(clock, input);
    free(jumps.items);
}
