/* Runs of adjoining records: what makes one, and what lies between two. */
#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/pump/pump_log.h"

#define GAP_MINIMUM (15 * SECONDS_PER_MINUTE)

bool log_run_goes_on(const struct log_run *run, int64_t wall)
{
    return wall == NO_TIME || run->last_wall == NO_TIME ||
           (wall >= run->last_wall && wall - run->last_wall <= GAP_MINIMUM &&
            wall / SECONDS_PER_HOUR == run->last_wall / SECONDS_PER_HOUR);
}

bool log_run_is_silent_before(const struct log_run *run, const struct log_run *next)
{
    return next->first_time - run->last_time > GAP_MINIMUM;
}

bool log_run_adjoins(const struct log_run *run, const struct log_run *next)
{
    return run->group != next->group || next->first_sequence == run->last_sequence + 1;
}
