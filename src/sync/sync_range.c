/* From when to when a sync goes, and of which pumps: what a person asked for, or what is not settled yet. */
#include "sync_internal.h"

#include <inttypes.h>
#include <string.h>

#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/base/monotonic.h"
#include "tconnectsync/pump/account.h"
#include "tconnectsync/pump/feature.h"
#include "tconnectsync/settings/configuration.h"

#include "memory_of_pump.h"

#define LOOK_BACK_LEAST SECONDS_PER_DAY
#define LOOK_BACK_MOST  (28 * SECONDS_PER_DAY)
#define OLD_DOCUMENTS                                                                                        \
    (6 * SECONDS_PER_HOUR) /* read again behind the newest of ours, where nothing tells more */
#define LATE_RECORDS (24 * SECONDS_PER_HOUR) /* the phone brings them that long after newer ones */
#define GAP_DAYS     7                       /* a hole in the numbers is looked into that long */
#define LOG_PADDING  (36 * SECONDS_PER_HOUR)

bool sync_is_automatic(const struct sync *sync)
{
    return !sync->request.has_range && sync->request.features == sync->account.configuration->features;
}

bool sync_wants_treatments(const struct sync *sync)
{
    return sync->request.features & (FEATURE_BASAL | FEATURE_BOLUS | FEATURE_PUMP_EVENTS |
                                     FEATURE_CGM_ALERTS | FEATURE_PUMP_EVENTS_BASAL_SUSPENSION);
}

/* ---- what is not settled ---- */

static int64_t earlier(int64_t a, int64_t b)
{
    return a == NO_TIME || (b != NO_TIME && b < a) ? b : a;
}

static int64_t begin_of_day(const struct sync *sync, int64_t day)
{
    int64_t first, second;
    if (day == NO_TIME)
        return NO_TIME;
    time_zone_instants(sync->account.zone, day * SECONDS_PER_DAY, &first, &second);
    return first;
}

bool sync_looks_into_gaps(const struct sync *sync, const struct memory_of_pump *known)
{
    return known->gaps_looked_at == NO_TIME || sync->now - known->gaps_looked_at >= SECONDS_PER_DAY;
}

/* Holes that were there when this process began are looked into at its first run, and once a day until they
   are old; one that came since then is looked into by the next. */
static int64_t oldest_gap(const struct sync *sync, const struct memory_of_pump *known, int64_t today)
{
    int64_t fresh = coverage_first_gap(&known->coverage, today - LOOK_BACK_MOST / SECONDS_PER_DAY, false);
    return earlier(fresh, sync_looks_into_gaps(sync, known)
                              ? coverage_first_gap(&known->coverage, today - GAP_DAYS, true)
                              : NO_TIME);
}

/* NO_TIME where no run has settled anything of this pump. */
static int64_t unsettled_since(const struct sync *sync, const struct memory_of_pump *known)
{
    int64_t today = time_zone_wall(sync->account.zone, sync->now) / SECONDS_PER_DAY;
    if (known->coverage.through == NO_TIME)
        return NO_TIME;
    int64_t lack =
        coverage_first_lack(&known->coverage, sync->account.zone, today - LOOK_BACK_MOST / SECONDS_PER_DAY);
    return earlier(earlier(known->coverage.through, known->waiting),
                   begin_of_day(sync, earlier(lack, oldest_gap(sync, known, today))));
}

/* Where the events of a pump begin that nobody has read anything of. */
static int64_t begin_of_pump(const struct sync *sync, const struct pump *pump)
{
    int64_t first = NO_TIME, instant, second;
    for (size_t i = 0; i < pump->assignment_count; i++)
        first = earlier(first, pump->assignments[i].first_available);
    if (first == NO_TIME)
        return sync->now - LOOK_BACK_LEAST;
    time_zone_instants(sync->account.zone, first, &instant, &second);
    return instant;
}

/* A pump that was put away has nothing new; what it did over 28 days ago is not filled by itself. */
static bool may_have_news(const struct sync *sync, const struct pump *pump,
                          const struct memory_of_pump *known)
{
    int64_t newest = pump_newest(pump, sync->now), first, second;
    if (pump_in_use(pump, sync->now))
        return true;
    if (newest == NO_TIME)
        return false;
    time_zone_instants(sync->account.zone, newest, &first, &second);
    return known->coverage.through != NO_TIME && second > known->coverage.through + SECONDS_PER_HOUR &&
           second > sync->now - LOOK_BACK_MOST;
}

/* The oldest moment that is not settled of the pumps that are carried over. NO_TIME when nothing is settled of
   any pump of the account; once something is, a new pump is carried over from its beginning. */
static int64_t oldest_unsettled(const struct sync *sync)
{
    const char *serial_number = sync->account.configuration->pump_serial_number;
    int64_t oldest = NO_TIME;
    for (size_t i = 0; i < sync->pumper->pump_count; i++) {
        const struct pump *pump = &sync->pumper->pumps[i];
        const struct memory_of_pump *known = memory_of_pump(sync->account.memory, pump->serial_number);
        if ((serial_number && strcmp(serial_number, pump->serial_number) != 0) ||
            !may_have_news(sync, pump, known))
            continue;
        int64_t since = unsettled_since(sync, known);
        oldest = earlier(oldest, since == NO_TIME ? begin_of_pump(sync, pump) : since);
    }
    return memory_knows_coverage(sync->account.memory) ? oldest : NO_TIME;
}

/* ---- where nothing is settled ---- */

/* Of the collections that were asked, the one that has come least far; NO_TIME when none has any. */
static int64_t newest_of_ours(const struct sync *sync)
{
    int64_t newest = NO_TIME;
    for (int i = 0; i < COLLECTION_COUNT; i++)
        newest = earlier(newest, sync->range.newest[i]);
    return newest;
}

/* One collection has documents of ours, another that is carried over has none: its
   writes may have failed all the time. */
static bool lacks_a_collection(const struct sync *sync)
{
    return (sync_wants_treatments(sync) && sync->range.newest[COLLECTION_TREATMENTS] == NO_TIME) ||
           (sync->request.features & FEATURE_CGM && sync->range.newest[COLLECTION_ENTRIES] == NO_TIME);
}

/* From a little before the newest document of ours on, and at least a day. */
static int64_t begin_without_coverage(const struct sync *sync)
{
    int64_t newest = newest_of_ours(sync), day = sync->now - LOOK_BACK_LEAST;
    if (newest != NO_TIME && lacks_a_collection(sync))
        return sync->now - LOOK_BACK_MOST;
    return newest == NO_TIME ? day : earlier(newest - OLD_DOCUMENTS, day);
}

/* ---- the range ---- */

/* What lies further back is said loudly. */
static int64_t cut_look_back(struct sync *sync, int64_t since)
{
    const int64_t most = sync->now - LOOK_BACK_MOST;
    char from[CIVIL_TEXT_SIZE], to[CIVIL_TEXT_SIZE];
    if (since >= most)
        return since;
    sync_warn(sync,
              "Nothing of the last %" PRId64 " days is in Nightscout yet; only the last 28 days are filled "
              "automatically. To fill the rest: tconnectsync-heroku sync --from %s --to %s",
              (sync->now - since) / SECONDS_PER_DAY,
              civil_format_date(from, time_zone_wall(sync->account.zone, since)),
              civil_format_date(to, time_zone_wall(sync->account.zone, most)));
    return most;
}

/* What was not settled, and the time before it in which late records may have come:
   settled ones are not made again. */
static void look_back(struct sync *sync)
{
    int64_t since = sync_is_automatic(sync) ? oldest_unsettled(sync) : NO_TIME;
    const bool has_coverage = since != NO_TIME;
    since = cut_look_back(sync, has_coverage ? since : begin_without_coverage(sync));
    sync->range.to = sync->now;
    sync->range.read_from = since - LOG_PADDING;
    sync->range.from = has_coverage ? since - LATE_RECORDS : since;
    if (!sync_is_automatic(sync))
        return;
    for (size_t i = 0; i < sync->pumper->pump_count; i++) {
        struct memory_of_pump *known =
            memory_of_pump(sync->account.memory, sync->pumper->pumps[i].serial_number);
        known->coverage_changed |=
            coverage_count_features(&known->coverage, sync->request.features, sync->range.from);
    }
}

int64_t sync_read_until(const struct sync *sync)
{
    int64_t until = sync->range.to + LOG_PADDING;
    return until < sync->now ? until : sync->now;
}

bool sync_choose_range(struct sync *sync, struct error *error)
{
    const struct time_zone *zone = sync->account.zone;
    struct sync_range *range = &sync->range;
    char warning[600] = "";
    if (sync->request.has_range) {
        range->from = sync->request.from;
        range->to = sync->request.to < sync->now ? sync->request.to : sync->now;
        range->read_from = range->from - LOG_PADDING;
    } else {
        look_back(sync);
    }
    range->chosen = xcalloc(sync->pumper->pump_count, sizeof *range->chosen);
    if (!account_choose_pumps(sync->pumper, sync->account.configuration->pump_serial_number,
                              time_zone_wall(zone, range->read_from),
                              time_zone_wall(zone, sync_read_until(sync)) + 1, sync->now, range->chosen,
                              warning, sizeof warning, error))
        return false;
    if (*warning)
        sync_warn(sync, "%s", warning);
    return true;
}

/* ---- nothing new ---- */

#define COMPARED_FOR (6 * SECONDS_PER_HOUR)

bool sync_may_be_idle(const struct sync *sync)
{
    const struct sync_memory *memory = sync->account.memory;
    return sync->request.by_timer && sync_is_automatic(sync) && memory->is_settled &&
           monotonic_seconds() - memory->compared_at < COMPARED_FOR;
}

bool sync_has_nothing_new(const struct sync *sync)
{
    if (!sync_may_be_idle(sync) || !sync->pumper)
        return false;
    for (size_t i = 0; i < sync->pumper->pump_count; i++) {
        const struct pump *pump = &sync->pumper->pumps[i];
        if (!memory_is_current(memory_of_pump(sync->account.memory, pump->serial_number), pump))
            return false;
    }
    return true;
}
