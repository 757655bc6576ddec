/* What the clocks of a zone show at an instant, and which instants a shown time may mean. */
#include "tconnectsync/base/civil_time.h"

#include <stdlib.h>

/* The last change at or before the instant. */
static size_t change_at(const struct time_zone *zone, int64_t instant)
{
    size_t low = 0, high = zone->change_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (zone->changes[middle].at <= instant)
            low = middle;
        else
            high = middle;
    }
    return low;
}

int32_t time_zone_offset(const struct time_zone *zone, int64_t instant)
{
    return zone->changes[change_at(zone, instant)].offset;
}

int64_t time_zone_wall(const struct time_zone *zone, int64_t instant)
{
    return instant + time_zone_offset(zone, instant);
}

/* Offsets stay within a day of UTC, so only the changes of the day around can matter. */
bool time_zone_instants(const struct time_zone *zone, int64_t wall, int64_t *first, int64_t *second)
{
    const struct time_zone_change *changes = zone->changes;
    size_t begin = change_at(zone, wall - SECONDS_PER_DAY);
    int64_t before_gap = wall - changes[begin].offset;
    bool found = false;
    for (size_t i = begin; i == begin || (i < zone->change_count && changes[i].at <= wall + SECONDS_PER_DAY);
         i++) {
        int64_t instant = wall - changes[i].offset;
        bool is_last = i + 1 == zone->change_count;
        bool has_begun = i == 0 || instant >= changes[i].at,
             has_ended = !is_last && instant >= changes[i + 1].at;
        if (has_begun && !has_ended) {
            if (!found)
                *first = instant;
            *second = instant;
            found = true;
        } else if (has_ended && changes[i + 1].at <= wall + SECONDS_PER_DAY) {
            before_gap =
                instant; /* would be past the end of this offset: right if the next one starts later still */
        }
    }
    if (!found)
        *first = *second = before_gap;
    return *first != *second;
}

char *time_zone_format(const struct time_zone *zone, char *out, int64_t instant, int milliseconds)
{
    int32_t offset = time_zone_offset(zone, instant);
    return civil_format(out, instant + offset, milliseconds, offset);
}

void time_zone_free(struct time_zone *zone)
{
    if (!zone)
        return;
    free(zone->name);
    free(zone->changes);
    free(zone);
}
