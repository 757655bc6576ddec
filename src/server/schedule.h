/* schedule.h - when the next sync is due by itself. Pure; now is monotonic milliseconds, random any 32 random bits. */
#ifndef TCONNECTSYNC_SCHEDULE_H
#define TCONNECTSYNC_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#define SCHEDULE_NEVER INT64_MAX

struct schedule {
    int64_t interval; /* milliseconds; 0: off */
    int64_t rhythm;   /* one of the times that runs fall on: all others are whole intervals away */
    int64_t next;     /* when the next run is due; SCHEDULE_NEVER when off or paused */
    unsigned failures; /* in a row */
    bool paused;
};

/* interval_minutes 0: off. Otherwise the first run comes 2 to 12 s from now, so that many processes started at one
   moment do not ask Tandem at one moment. */
void schedule_start(struct schedule *schedule, unsigned interval_minutes, int64_t now, uint32_t random);

/* Just started as one of count (place 0 to count - 1): all runs after the first keep that share of the interval away
   from the first one's rhythm, so that not all come at once. */
void schedule_spread(struct schedule *schedule, unsigned place, unsigned count);

enum schedule_turn {
    SCHEDULE_WAIT,
    SCHEDULE_RUN,
    SCHEDULE_SKIP, /* due, but another run is still going: left out */
};
/* What is to be done now. After SCHEDULE_RUN and SCHEDULE_SKIP next is the following time. */
enum schedule_turn schedule_turn(struct schedule *schedule, int64_t now, bool busy);

/* A run has ended, whoever asked for it. After a failure the next comes after 30 s, twice as long each time, at most
   an interval, each up to a quarter shorter at random; after a success the rhythm is back. */
void schedule_ended(struct schedule *schedule, bool ok, int64_t now, uint32_t random);

void schedule_pause(struct schedule *schedule);
void schedule_resume(struct schedule *schedule, int64_t now);

/* The next run as seconds since 1970, 0 when there is none. wall: that of now. */
int64_t schedule_next_time(const struct schedule *schedule, int64_t now, int64_t wall);

#endif
