/* civil_time.h - dates as people write them. Instants are signed 64-bit seconds since 1970 UTC; "wall" times are the
   same count of a clock without a zone ("naive"). */
#ifndef TCONNECTSYNC_CIVIL_TIME_H
#define TCONNECTSYNC_CIVIL_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

#define NO_TIME            INT64_MIN
#define SECONDS_PER_DAY    86400
#define SECONDS_PER_HOUR   3600
#define SECONDS_PER_MINUTE 60

/* "2026-05-14T00:01:00" with an optional fraction and an optional zone (Z, +02:00, -0400), "2026-05-14" alone too.
   wall: the digits as they stand; offset: seconds east, or NO_OFFSET when the text has no zone. A date that does not
   exist is refused. milliseconds may be NULL. */
#define NO_OFFSET INT32_MIN
bool civil_parse(const char *text, size_t length, int64_t *wall, int *milliseconds, int32_t *offset);
/* The wall time of text that has no zone, or whose zone is to be ignored; NO_TIME when it is none. */
int64_t civil_parse_wall(const char *text);
/* The instant of text with a zone, in milliseconds since 1970; NO_TIME when it is none or has no zone. */
int64_t civil_parse_instant(const char *text, size_t length);

/* Days since 1970-01-01 of a wall time; the days before are negative. */
static inline int64_t civil_day_number(int64_t wall)
{
    return wall / SECONDS_PER_DAY - (wall % SECONDS_PER_DAY < 0);
}

/* Seconds since the wall time's midnight. */
static inline int64_t civil_second_of_day(int64_t wall)
{
    return wall - civil_day_number(wall) * SECONDS_PER_DAY;
}

#define CIVIL_TEXT_SIZE 40
/* "2026-05-14T00:01:00", ".001" behind it when milliseconds is over 0, and the offset ("-04:00"; nothing for
   NO_OFFSET). out has CIVIL_TEXT_SIZE bytes; it is returned. */
char *civil_format(char *out, int64_t wall, int milliseconds, int32_t offset);
/* "2026-05-14T04:01:00.000Z" of an instant in milliseconds. */
char *civil_format_utc(char *out, int64_t instant_milliseconds);
/* "2026-05-14" */
char *civil_format_date(char *out, int64_t wall);

/* ---- zones ---- */
/* What the clocks of a zone did and will do: from changes[i].at on they run offset seconds east of UTC. The first
   entry's at is INT64_MIN. Plain data; where it is read from is zone_database.h. */
struct time_zone_change {
    int64_t at;
    int32_t offset;
};
struct time_zone {
    char *name;
    struct time_zone_change *changes;
    size_t change_count;
};
int32_t time_zone_offset(const struct time_zone *zone, int64_t instant);
/* Which instants a wall time may mean: usually one (first == second, false). A repeated hour gives both and true. A
   skipped one is read with the offset before the change. */
bool time_zone_instants(const struct time_zone *zone, int64_t wall, int64_t *first, int64_t *second);
/* Wall time as the zone's clocks show it at the instant. */
int64_t time_zone_wall(const struct time_zone *zone, int64_t instant);
/* "2026-05-14T00:01:00-04:00" */
char *time_zone_format(const struct time_zone *zone, char *out, int64_t instant, int milliseconds);
void time_zone_free(struct time_zone *zone);

#endif
