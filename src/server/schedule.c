/* When the next sync is due by itself: the rhythm, and the patience after failures. */
#include "schedule.h"

enum {
    FIRST_LEAST = 2 * 1000,
    FIRST_SPREAD = 10 * 1000,
    RETRY_FIRST = 30 * 1000,
    MINUTE = 60 * 1000,
    DOUBLINGS_MAXIMUM = 20, /* 30 s doubled that often is a year */
};

/* The first time of the rhythm after now. */
static int64_t next_of_rhythm(const struct schedule *schedule, int64_t now)
{
    if (now < schedule->rhythm)
        return schedule->rhythm;
    return schedule->rhythm + ((now - schedule->rhythm) / schedule->interval + 1) * schedule->interval;
}

void schedule_start(struct schedule *schedule, unsigned interval_minutes, int64_t now, uint32_t random)
{
    *schedule = (struct schedule){.interval = (int64_t)interval_minutes * MINUTE, .next = SCHEDULE_NEVER};
    if (schedule->interval)
        schedule->rhythm = schedule->next = now + FIRST_LEAST + random % (FIRST_SPREAD + 1);
}

void schedule_spread(struct schedule *schedule, unsigned place, unsigned count)
{
    schedule->rhythm += schedule->interval * place / count;
}

enum schedule_turn schedule_turn(struct schedule *schedule, int64_t now, bool busy)
{
    if (now < schedule->next)
        return SCHEDULE_WAIT;
    schedule->next = next_of_rhythm(schedule, now);
    return busy ? SCHEDULE_SKIP : SCHEDULE_RUN;
}

void schedule_ended(struct schedule *schedule, bool ok, int64_t now, uint32_t random)
{
    unsigned before = schedule->failures;
    schedule->failures = ok ? 0 : before + 1;
    if (!schedule->interval || schedule->paused)
        return;
    if (ok) {
        if (before > 0)
            schedule->next = next_of_rhythm(schedule, now);
        return;
    }
    int64_t wait = (int64_t)RETRY_FIRST << (before < DOUBLINGS_MAXIMUM ? before : DOUBLINGS_MAXIMUM);
    if (wait > schedule->interval)
        wait = schedule->interval;
    schedule->next = now + wait - (int64_t)random % (wait / 4 + 1);
}

void schedule_pause(struct schedule *schedule)
{
    schedule->paused = true;
    schedule->next = SCHEDULE_NEVER;
}

void schedule_resume(struct schedule *schedule, int64_t now)
{
    if (schedule->paused && schedule->interval)
        schedule->next = next_of_rhythm(schedule, now);
    schedule->paused = false;
}

int64_t schedule_next_time(const struct schedule *schedule, int64_t now, int64_t wall)
{
    if (schedule->next == SCHEDULE_NEVER)
        return 0;
    int64_t left = schedule->next > now ? schedule->next - now : 0;
    return wall + (left + 999) / 1000;
}
