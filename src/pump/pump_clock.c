/* What a pump's clock was worth: the offset of each stretch between two jumps, and the
   instants that follow from it. */
#include "tconnectsync/pump/pump_clock.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/memory.h"

#include "pump_clock_jumps.h"

#define QUARTER         (15 * SECONDS_PER_MINUTE)
#define FAST_CLOCK      (30 * SECONDS_PER_MINUTE) /* a record may lie so far ahead of its upload */
#define PROMPT_UPLOAD   (20 * SECONDS_PER_MINUTE)
#define CANDIDATE_REACH (400 * INT64_C(86400))
#define HABIT           (90 * INT64_C(86400))
#define LIVE_READING    (10 * SECONDS_PER_MINUTE)
#define CANDIDATES      64
#define SEVERAL_UPLOADS 3

/* A chain of stretches whose jumps are all known: one number dates them all. */
struct era {
    size_t first, last;
};

struct candidates {
    int64_t offsets[CANDIDATES]; /* of the era's last stretch */
    bool far_fetched[CANDIDATES];
    size_t count;
};

const char *clock_evidence_name(enum clock_evidence evidence)
{
    static const char *const names[] = {
        [CLOCK_BY_ZONE_RULE] = "zone-rule", [CLOCK_BY_UPLOAD] = "upload", [CLOCK_BY_AGREEMENT] = "agreement",
        [CLOCK_BY_ZONE] = "zone",           [CLOCK_BY_GUESS] = "guess",
    };
    return names[evidence];
}

/* ---- candidates ---- */

static void add_candidate(struct candidates *candidates, int64_t offset, bool far_fetched)
{
    for (size_t i = 0; i < candidates->count; i++)
        if (candidates->offsets[i] == offset) {
            candidates->far_fetched[i] &= far_fetched;
            return;
        }
    if (candidates->count == CANDIDATES)
        return;
    candidates->far_fetched[candidates->count] = far_fetched;
    candidates->offsets[candidates->count++] = offset;
}

/* What the zone allows for a wall time, carried over the jumps behind it. */
static void add_zone_offsets(struct candidates *candidates, const struct time_zone *zone, int64_t wall,
                             int64_t carried)
{
    int64_t first, second;
    if (wall == NO_TIME)
        return;
    time_zone_instants(zone, wall, &first, &second);
    add_candidate(candidates, wall - first + carried, false);
    add_candidate(candidates, wall - second + carried, false);
}

/* Nobody knows when the clock of an era's first stretch was set: perhaps in another season than those that
   its data are of. Where it is known since when there are data, that is far-fetched. */
static void add_seasons(struct candidates *candidates, const struct time_zone *zone, int64_t wall,
                        int64_t carried, bool far_fetched)
{
    for (size_t i = 0; i < zone->change_count; i++) {
        bool ends_early = i + 1 < zone->change_count && zone->changes[i + 1].at < wall - CANDIDATE_REACH;
        if (!ends_early && zone->changes[i].at <= wall)
            add_candidate(candidates, zone->changes[i].offset + carried, far_fetched);
    }
}

static void gather_candidates(const struct pump_clock *clock, struct era era, bool begin_known,
                              struct candidates *candidates)
{
    const struct clock_stretch *stretches = clock->stretches;
    int64_t carried = 0, newest = stretches[era.last].last_wall;
    for (size_t i = era.last + 1; i-- > era.first; carried += stretches[i].step) {
        const struct clock_stretch *stretch = &stretches[i];
        if (stretch->excursion)
            continue;
        if (newest != NO_TIME && stretch->last_wall != NO_TIME &&
            newest + carried - stretch->last_wall > CANDIDATE_REACH)
            break;
        add_zone_offsets(candidates, clock->zone, stretch->last_wall, carried);
        add_zone_offsets(candidates, clock->zone, stretch->first_wall, carried);
        if (i == era.first && stretch->last_wall != NO_TIME)
            add_seasons(candidates, clock->zone, stretch->last_wall, carried, begin_known);
    }
}

/* ---- agreement with the zone ---- */

/* For how many seconds of [from, to) the zone was so far from UTC. */
static int64_t zone_agrees(const struct time_zone *zone, int64_t offset, int64_t from, int64_t to)
{
    int64_t seconds = 0;
    for (size_t i = 0; i < zone->change_count; i++) {
        int64_t begin = zone->changes[i].at,
                end = i + 1 < zone->change_count ? zone->changes[i + 1].at : INT64_MAX;
        begin = begin > from ? begin : from;
        end = end < to ? end : to;
        if (zone->changes[i].offset == offset && end > begin)
            seconds += end - begin;
    }
    return seconds;
}

/* For how much of the time before the era's end its clock would have shown the zone's time; known: how much
   of that time its stretches cover. */
static int64_t agreement(const struct pump_clock *clock, struct era era, int64_t offset, int64_t reach,
                         int64_t *known)
{
    const int64_t newest = clock->stretches[era.last].last_wall;
    *known = 0;
    if (newest == NO_TIME)
        return 0;
    int64_t seconds = 0, end = newest - offset;
    const int64_t earliest = end - reach;
    for (size_t i = era.last + 1; i-- > era.first && end > earliest; offset -= clock->stretches[i].step) {
        const struct clock_stretch *stretch = &clock->stretches[i];
        if (stretch->excursion)
            continue;
        bool bounded = stretch->first_wall != NO_TIME;
        int64_t begin =
            bounded && stretch->first_wall - offset > earliest ? stretch->first_wall - offset : earliest;
        if (begin < end) {
            seconds += zone_agrees(clock->zone, offset, begin, end);
            *known += end - begin;
            end = begin;
        }
    }
    return seconds;
}

/* ---- choosing ---- */

/* Keeps the candidates that fit; all of them when none does. */
static bool keep_fitting(struct candidates *candidates,
                         bool (*fits)(const struct clock_input *input, int64_t offset),
                         const struct clock_input *input)
{
    struct candidates kept = {.count = 0};
    for (size_t i = 0; i < candidates->count; i++)
        if (fits(input, candidates->offsets[i]))
            add_candidate(&kept, candidates->offsets[i], candidates->far_fetched[i]);
    if (kept.count > 0)
        *candidates = kept;
    return kept.count > 0;
}

static bool is_possible(const struct clock_input *input, int64_t offset)
{
    for (size_t i = 0; i < input->witness_count; i++) {
        int64_t instant = input->witnesses[i].wall - offset;
        if (instant > input->witnesses[i].upload + FAST_CLOCK || instant > input->now + FAST_CLOCK)
            return false;
    }
    return input->newest_wall == NO_TIME || input->newest_wall - offset <= input->now + FAST_CLOCK;
}

/* How many uploads came right behind their newest record, if that is the offset. */
static size_t count_witnesses(const struct clock_input *input, int64_t offset)
{
    size_t count = 0;
    for (size_t i = 0; i < input->witness_count; i++)
        count += llabs(input->witnesses[i].wall - offset - input->witnesses[i].upload) <= PROMPT_UPLOAD;
    return count;
}

static bool is_witnessed(const struct clock_input *input, int64_t offset)
{
    return count_witnesses(input, offset) > 0;
}

/* One upload that came an hour late makes another season look right: only several say that it is. */
static void drop_far_fetched(struct candidates *candidates, const struct clock_input *input)
{
    struct candidates kept = {.count = 0};
    for (size_t i = 0; i < candidates->count; i++)
        if (!candidates->far_fetched[i] || count_witnesses(input, candidates->offsets[i]) >= SEVERAL_UPLOADS)
            add_candidate(&kept, candidates->offsets[i], candidates->far_fetched[i]);
    *candidates = kept; /* what the zone allows is not far-fetched */
}

/* Nothing that the zone allows fits: a date or a zone that is wrong from the beginning. The time of day is
   believed where the date is off by days; else the newest record is taken to be as old as its upload. */
static int64_t guess(const struct pump_clock *clock, const struct clock_input *input)
{
    const struct clock_witness *witness = &input->witnesses[input->witness_count - 1];
    int64_t zone = time_zone_offset(clock->zone, witness->upload);
    int64_t off = witness->wall - witness->upload - zone, size = llabs(off);
    int64_t unit = size > SECONDS_PER_DAY - 4 * SECONDS_PER_HOUR ? SECONDS_PER_DAY : QUARTER;
    int64_t rounded = (size + unit / 2) / unit * unit;
    int64_t offset = zone + (off < 0 ? -rounded : rounded);
    return witness->wall - offset > witness->upload + FAST_CLOCK ? offset + unit : offset;
}

static int64_t choose(struct pump_clock *clock, struct era era, const struct clock_input *input)
{
    struct candidates candidates = {.count = 0};
    const bool is_newest = era.last + 1 == clock->count;
    gather_candidates(clock, era, input->first_available != NO_TIME, &candidates);
    clock->evidence = CLOCK_BY_ZONE;
    if (candidates.count == 0)
        return time_zone_offset(clock->zone, input->now);
    drop_far_fetched(&candidates, input);
    if (is_newest && !keep_fitting(&candidates, is_possible, input) && input->witness_count > 0) {
        clock->evidence = CLOCK_BY_GUESS;
        return guess(clock, input);
    }
    if (is_newest && keep_fitting(&candidates, is_witnessed, input))
        clock->evidence = CLOCK_BY_UPLOAD;
    /* Where several agree alike it is the first, the zone's own for the newest record. */
    int64_t best = candidates.offsets[0], most = -1, least = INT64_MAX, known;
    for (size_t i = 0; i < candidates.count; i++) {
        int64_t seconds = agreement(clock, era, candidates.offsets[i], HABIT, &known);
        if (seconds > most) {
            best = candidates.offsets[i];
            most = seconds;
        }
        least = seconds < least ? seconds : least;
    }
    if (clock->evidence == CLOCK_BY_ZONE && most > least)
        clock->evidence = CLOCK_BY_AGREEMENT;
    return best;
}

static void date_era(struct pump_clock *clock, struct era era, int64_t offset)
{
    for (size_t i = era.last + 1; i-- > era.first; offset -= clock->stretches[i].step) {
        struct clock_stretch *stretch = &clock->stretches[i];
        stretch->offset = offset;
        stretch->dated = !stretch->excursion;
    }
}

/* A lost clock that nobody has set since shows a time that means nothing. */
static bool is_undatable(const struct pump_clock *clock, struct era era)
{
    int64_t newest = clock->stretches[era.last].last_wall;
    return era.first == era.last && newest != NO_TIME && newest < PUMP_TIME_EARLIEST;
}

static void judge_against_zone(struct pump_clock *clock, struct era era, const struct clock_input *input)
{
    const struct clock_stretch *newest = &clock->stretches[era.last];
    int64_t known, agreed = agreement(clock, era, newest->offset, CANDIDATE_REACH, &known);
    clock->wrong_since = NO_TIME;
    clock->ahead = newest->dated ? newest->offset - time_zone_offset(clock->zone, input->now) : 0;
    if (clock->ahead == 0)
        return;
    clock->zone_is_wrong = agreed == 0 && known >= SECONDS_PER_DAY;
    if (newest->first_wall != NO_TIME)
        clock->wrong_since = newest->first_wall - newest->offset;
    for (size_t i = 1; i < clock->zone->change_count && clock->zone->changes[i].at <= input->now; i++)
        if (clock->zone->changes[i - 1].offset == newest->offset &&
            clock->zone->changes[i].at > clock->wrong_since)
            clock->wrong_since = clock->zone->changes[i].at;
}

void pump_clock_find(struct pump_clock *clock, const struct clock_input *input)
{
    *clock = (struct pump_clock){.zone = input->zone};
    pump_clock_split(clock, input);
    enum clock_evidence evidence = CLOCK_BY_ZONE;
    for (struct era era = {0, 0}; era.first < clock->count; era.first = era.last + 1) {
        era.last = era.first;
        while (era.last + 1 < clock->count && !clock->stretches[era.last + 1].lost)
            era.last++;
        if (!is_undatable(clock, era))
            date_era(clock, era, choose(clock, era, input));
        evidence = clock->evidence;
        if (era.last + 1 == clock->count)
            judge_against_zone(clock, era, input);
    }
    clock->evidence = evidence;
}

void pump_clock_follow_zone(struct pump_clock *clock, const struct time_zone *zone)
{
    *clock = (struct pump_clock){.zone = zone, .evidence = CLOCK_BY_ZONE_RULE, .wrong_since = NO_TIME};
}

void pump_clock_free(struct pump_clock *clock)
{
    free(clock->stretches);
    clock->stretches = NULL;
    clock->count = 0;
}

/* ---- instants ---- */

static const struct clock_stretch *stretch_at(const struct pump_clock *clock, struct clock_place place)
{
    size_t low = 0, high = clock->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (clock_place_compare(clock->stretches[middle].first, place) <= 0)
            low = middle;
        else
            high = middle;
    }
    return &clock->stretches[low];
}

int64_t pump_clock_instant(const struct pump_clock *clock, struct clock_place place, int64_t wall)
{
    if (wall == NO_TIME)
        return NO_TIME;
    if (clock->count == 0) {
        int64_t first, second;
        time_zone_instants(clock->zone, wall, &first, &second);
        return first;
    }
    const struct clock_stretch *stretch = stretch_at(clock, place);
    return stretch->dated ? wall - stretch->offset : NO_TIME;
}

int64_t pump_clock_reading(const struct pump_clock *clock, struct clock_place place, int64_t record_wall,
                           int64_t wall)
{
    int64_t record = pump_clock_instant(clock, place, record_wall);
    if (clock->count == 0 || record == NO_TIME || llabs(record_wall - wall) <= LIVE_READING)
        return pump_clock_instant(clock, place, wall);
    const struct clock_stretch *own = stretch_at(clock, place);
    for (const struct clock_stretch *stretch = own; stretch >= clock->stretches; stretch--) {
        bool begun =
            stretch->first_wall == NO_TIME || stretch == clock->stretches || stretch->first_wall <= wall;
        bool ended =
            stretch != own && stretch->last_wall != NO_TIME && wall > stretch->last_wall + LIVE_READING;
        if (stretch->dated && begun && !ended && wall - stretch->offset <= record + LIVE_READING)
            return wall - stretch->offset;
    }
    return wall - own->offset;
}

size_t pump_clock_walls_maximum(const struct pump_clock *clock)
{
    return clock->count ? clock->count : 1;
}

static int compare_ranges(const void *left, const void *right)
{
    const struct wall_range *a = left, *b = right;
    return (a->first > b->first) - (a->first < b->first);
}

static size_t join_ranges(struct wall_range *ranges, size_t count)
{
    size_t kept = 0;
    qsort(ranges, count, sizeof *ranges, compare_ranges);
    for (size_t i = 0; i < count; i++) {
        if (kept > 0 && ranges[i].first <= ranges[kept - 1].last + 1) {
            if (ranges[i].last > ranges[kept - 1].last)
                ranges[kept - 1].last = ranges[i].last;
        } else {
            ranges[kept++] = ranges[i];
        }
    }
    return kept;
}

size_t pump_clock_walls(const struct pump_clock *clock, int64_t from, int64_t to, struct wall_range *out)
{
    size_t count = 0;
    if (clock->count == 0) {
        *out = (struct wall_range){time_zone_wall(clock->zone, from), time_zone_wall(clock->zone, to)};
        return 1;
    }
    int64_t end = to; /* of the stretch at hand, as an instant */
    for (size_t i = clock->count; i-- > 0;) {
        const struct clock_stretch *stretch = &clock->stretches[i];
        if (!stretch->dated)
            continue;
        bool bounded = i > 0 && stretch->first_wall != NO_TIME;
        int64_t begin = bounded ? stretch->first_wall - stretch->offset : from;
        int64_t first = begin > from ? begin : from;
        if (first <= end)
            out[count++] = (struct wall_range){first + stretch->offset, end + stretch->offset};
        if (bounded && begin < end)
            end = begin;
    }
    return join_ranges(out, count);
}

/* ---- words ---- */

/* "New York" of "America/New_York". */
static void add_place(const char *zone, struct buffer *out)
{
    const char *slash = strrchr(zone, '/');
    for (const char *at = slash ? slash + 1 : zone; *at; at++)
        buffer_add(out, *at == '_' ? " " : at, 1);
}

static void add_distance(int64_t seconds, struct buffer *out)
{
    int64_t minutes = llabs(seconds) / SECONDS_PER_MINUTE, days = minutes / (24 * 60);
    if (days >= 2)
        buffer_addf(out, "%" PRId64 " days", days);
    else
        buffer_addf(out, "%" PRId64 " minutes", minutes);
}

void pump_clock_describe(const struct pump_clock *clock, struct buffer *out)
{
    if (clock->ahead == 0)
        return;
    buffer_add_text(out, "The pump's clock is ");
    add_distance(clock->ahead, out);
    buffer_add_text(out, clock->ahead > 0 ? " ahead of " : " behind ");
    add_place(clock->zone->name, out);
    if (clock->zone_is_wrong)
        buffer_add_text(
            out,
            " time, and was so all the time. Most likely TIMEZONE_NAME is not the time zone that the pump's "
            "clock is set to. The times in Nightscout are right as far as the uploads tell. Correct "
            "TIMEZONE_NAME.");
    else
        buffer_add_text(out,
                        " time. The times in Nightscout are right. Set the pump's clock when convenient.");
}
