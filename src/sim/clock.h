/* clock.h - the simulator's own reading of time, by the C library alone: it shares no code with the program
   that it helps to test. Instants are seconds since 1970 UTC. */
#ifndef SIM_CLOCK_H
#define SIM_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DAY 86400

/* Sets the zone of the whole process; false when there is no such zone. */
bool clock_set_zone(const char *name);
/* Seconds east of UTC at the instant, in that zone. */
int32_t clock_offset(int64_t instant);
/* Whole days, rounded down, also before 1970. */
int64_t clock_day(int64_t seconds);

/* Reads "2026-05-14", "2026-05-14T00:01:00", with or without a fraction and a zone. wall_ms: the digits as
   they stand, in milliseconds; offset: minutes east, 0 when has_zone is false. */
bool clock_parse(const char *text, int64_t *wall_ms, int *offset_minutes, bool *has_zone);
/* An instant as an option spells it: Unix seconds, or a date and time, in the zone of the process where it
 * names none. */
bool clock_parse_instant(const char *text, int64_t *instant);
/* "2026-05-14T04:01:00.000Z" */
#define CLOCK_TEXT 32
char *clock_print_utc(char out[CLOCK_TEXT], int64_t milliseconds);
/* "2026-05-14T00:01:00" of wall time in seconds */
char *clock_print_wall(char out[CLOCK_TEXT], int64_t wall);
/* Milliseconds of a clock that is never set. */
double clock_monotonic(void);

#endif
