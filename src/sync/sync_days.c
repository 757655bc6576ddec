/* Which days of a pump's log are to be read, as its clock showed them, and which were asked for already. */
#include "sync_internal.h"

#include <stdlib.h>

#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/pump/account.h"
#include "tconnectsync/settings/configuration.h"

#include "memory_of_pump.h"

#define DATE_IS_WRONG   (20 * SECONDS_PER_HOUR) /* no zone and no uploading phone explains as much */
#define LOG_WINDOW_DAYS 28                      /* Tandem takes no more at once */
#define EDGE            (12 * SECONDS_PER_HOUR) /* of the padding: not worth a round of its own */

/* The assignment that the newest upload was of. */
const struct assignment *sync_newest_assignment(const struct pump *pump)
{
    const struct assignment *newest = &pump->assignments[0];
    for (size_t i = 1; i < pump->assignment_count; i++)
        if (pump->assignments[i].last_upload > newest->last_upload)
            newest = &pump->assignments[i];
    return newest;
}

/* What the clock is taken to be ahead of UTC before the log was read: what the last run found, else what the
   zone says and whole days by which the account's dates are wrong. */
static int64_t likely_offset(const struct sync *sync, const struct pump *pump)
{
    const struct memory_of_pump *known = memory_of_pump(sync->account.memory, pump->serial_number);
    const struct assignment *newest = sync_newest_assignment(pump);
    const int64_t zone = time_zone_offset(sync->account.zone, sync->now);
    if (known->clock_offset != NO_TIME)
        return known->clock_offset;
    if (!pump_in_use(pump, sync->now) || newest->newest_event == NO_TIME || newest->last_upload == NO_TIME)
        return zone;
    int64_t off = newest->newest_event - newest->last_upload - zone;
    if (llabs(off) <= DATE_IS_WRONG)
        return zone;
    int64_t days = (llabs(off) + SECONDS_PER_DAY / 2) / SECONDS_PER_DAY;
    return zone + (off < 0 ? -days : days) * SECONDS_PER_DAY;
}

bool sync_has_clock(const struct sync *sync, unsigned pump)
{
    return sync->log.clocks && sync->log.clocks[pump].count > 0;
}

static size_t wall_ranges(const struct sync *sync, unsigned pump, struct wall_range **ranges)
{
    const struct pump *its = &sync->pumper->pumps[pump];
    const int64_t from = sync->range.read_from, until = sync_read_until(sync);
    if (sync_has_clock(sync, pump)) {
        const struct pump_clock *clock = &sync->log.clocks[pump];
        *ranges = xcalloc(pump_clock_walls_maximum(clock), sizeof **ranges);
        return pump_clock_walls(clock, from + EDGE, until, *ranges);
    }
    *ranges = xcalloc(1, sizeof **ranges);
    if (sync->account.configuration->pump_clock_follows_zone) {
        **ranges = (struct wall_range){time_zone_wall(sync->account.zone, from),
                                       time_zone_wall(sync->account.zone, until)};
    } else {
        int64_t offset = likely_offset(sync, its);
        **ranges = (struct wall_range){from + offset, until + offset};
    }
    return 1;
}

bool sync_has_read_day(const struct sync *sync, unsigned pump, int64_t day)
{
    const struct read_days *days = sync->reading.days ? &sync->reading.days[pump] : NULL;
    for (size_t i = days ? days->count : 0; i-- > 0;)
        if (days->items[i] == day)
            return true;
    return false;
}

static void note_read(struct sync *sync, unsigned pump, int64_t day)
{
    struct read_days *days = &sync->reading.days[pump];
    if (days->count == days->capacity) {
        days->capacity = days->capacity ? days->capacity * 2 : 32;
        days->items = xreallocarray(days->items, days->capacity, sizeof *days->items);
    }
    days->items[days->count++] = day;
}

bool sync_has_unread_days(const struct sync *sync, unsigned pump)
{
    struct wall_range *ranges;
    size_t count = wall_ranges(sync, pump, &ranges);
    bool found = false;
    for (size_t i = 0; i < count; i++)
        for (int64_t day = civil_day_number(ranges[i].first);
             day <= civil_day_number(ranges[i].last) && !found; day++)
            found = !sync_has_read_day(sync, pump, day);
    free(ranges);
    return found;
}

void sync_forget_days(struct sync *sync)
{
    for (size_t i = 0; sync->reading.days && i < sync->pumper->pump_count; i++)
        free(sync->reading.days[i].items);
    free(sync->reading.days);
    sync->reading.days = NULL;
}

static void ask_for_range(struct sync *sync, unsigned pump, int64_t first, int64_t last,
                          void (*ask)(struct sync *sync, unsigned pump, int64_t first, int64_t last))
{
    for (int64_t day = first, end; day <= last; day = end + 1) {
        end = day;
        if (sync_has_read_day(sync, pump, day))
            continue;
        while (end < last && end - day + 1 < LOG_WINDOW_DAYS && !sync_has_read_day(sync, pump, end + 1))
            end++;
        for (int64_t i = day; i <= end; i++)
            note_read(sync, pump, i);
        ask(sync, pump, day, end);
    }
}

/* Calls ask for each window of days that the pump's clock shows in the range and that
   was not asked for yet. */
void sync_ask_for_days(struct sync *sync, unsigned pump,
                       void (*ask)(struct sync *sync, unsigned pump, int64_t first, int64_t last))
{
    struct wall_range *ranges;
    size_t count = wall_ranges(sync, pump, &ranges);
    for (size_t i = 0; i < count; i++)
        ask_for_range(sync, pump, civil_day_number(ranges[i].first), civil_day_number(ranges[i].last), ask);
    free(ranges);
}
