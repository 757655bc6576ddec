/* pump_clock.h - one time line out of a clock that knows neither zone nor daylight saving time (sync-rules:
   The pump's clock). The clock runs evenly and jumps only when somebody sets it, so between two jumps its
   distance from UTC is constant: one number per pump is unknown, the newest stretch's, and an upload's true
   time bears witness to it. Pure. "wall" is what the clock showed, seconds since 1970 as if it were UTC; an
   instant is true UTC. Offsets are wall minus instant, in seconds: positive is ahead of UTC, as in a time
   zone. */
#ifndef TCONNECTSYNC_PUMP_CLOCK_H
#define TCONNECTSYNC_PUMP_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 2008-02-01: no pump shows an earlier date but one that has lost its clock. */
#define PUMP_TIME_EARLIEST INT64_C(1201824000)

struct buffer;
struct log_run;
struct time_zone;

/* A record that says that the clock was set: 13 (time) or 14 (date). */
struct clock_change {
    int64_t sequence;
    int64_t wall; /* of the record itself: before the step or after it; NO_TIME: unknown */
    int64_t step; /* seconds: after minus prior */
    int32_t group;
    uint8_t pump;
    bool is_date;         /* record 14: whole days */
    int32_t prior, after; /* record 13: seconds of the day */
};

/* What the clock showed last when the phone uploaded, and when that truly was. */
struct clock_witness {
    int64_t wall;   /* of the newest record that the upload brought */
    int64_t upload; /* instant */
};
#define CLOCK_WITNESSES 8

/* Where in the pump's order a wall time stands. */
struct clock_place {
    int32_t group;
    int64_t sequence;
};

/* Between two jumps. */
struct clock_stretch {
    struct clock_place first;      /* the first record that belongs to it */
    int64_t first_wall, last_wall; /* as far as known, else NO_TIME */
    int64_t
        step; /* seconds by which the clock jumped into it, from the latest before it that is no excursion */
    int64_t offset; /* wall minus instant */
    bool dated;     /* false: nobody can tell; its records have no instant */
    bool lost;      /* by how much the clock jumped into it is not known (a dead battery) */
    bool excursion; /* some records with a date that makes no sense; the next goes on as if they were not
                       there */
};

/* How the newest stretch's offset was decided, best first. */
enum clock_evidence {
    CLOCK_BY_ZONE_RULE, /* PUMP_CLOCK=zone: no time line, the zone reads every wall time */
    CLOCK_BY_UPLOAD,    /* an upload came within 20 minutes of its newest record */
    CLOCK_BY_AGREEMENT, /* it agrees with the zone for most of the last 90 days */
    CLOCK_BY_ZONE,      /* the zone's own, as good as any */
    CLOCK_BY_GUESS,     /* nothing that the zone allows fits the upload: taken from the upload itself */
};
const char *clock_evidence_name(enum clock_evidence evidence); /* "upload", ... */

struct pump_clock {
    const struct time_zone *zone;
    struct clock_stretch *stretches; /* oldest first; one at least */
    size_t count;
    enum clock_evidence evidence;
    size_t disbelieved; /* jumps that adjoining records contradict */
    bool zone_is_wrong; /* it never agreed with the zone in the last 400 days */
    int64_t
        wrong_since; /* instant since when it shows another time than the zone; NO_TIME when it does not */
    int64_t ahead;   /* seconds that it is ahead of the zone now; negative: behind */
};

struct clock_input {
    const struct time_zone *zone;
    int64_t now;
    const struct log_run *runs; /* of this pump alone, in the pump's order */
    size_t run_count;
    const struct clock_change *changes; /* of this pump alone, in the pump's order, none twice */
    size_t change_count;
    int64_t first_available;               /* wall: where the pump's data begin; NO_TIME: unknown */
    int64_t newest_wall;                   /* of the newest record anybody knows of; NO_TIME: unknown */
    const struct clock_witness *witnesses; /* of the newest stretch */
    size_t witness_count;
};

/* Works out the time line. Free it with pump_clock_free. */
void pump_clock_find(struct pump_clock *clock, const struct clock_input *input);
/* PUMP_CLOCK=zone: every wall time is the zone's, the first of a repeated hour. */
void pump_clock_follow_zone(struct pump_clock *clock, const struct time_zone *zone);
void pump_clock_free(struct pump_clock *clock);

/* The instant of a record; NO_TIME when wall is, or when its stretch has no date. */
int64_t pump_clock_instant(const struct pump_clock *clock, struct clock_place place, int64_t wall);
/* The instant of a reading that the record at place tells of, taken when the clock showed wall: in the
   record's stretch, or when it was logged late, in the one in which that wall time fell. */
int64_t pump_clock_reading(const struct pump_clock *clock, struct clock_place place, int64_t record_wall,
                           int64_t wall);
/* What the clock showed between two instants, both inclusive: ranges of wall times in their order,
   overlapping ones joined; one for an even clock, more where it was set by days. out has room for
   pump_clock_walls_maximum. */
struct wall_range {
    int64_t first, last;
};
size_t pump_clock_walls_maximum(const struct pump_clock *clock);
size_t pump_clock_walls(const struct pump_clock *clock, int64_t from, int64_t to, struct wall_range *out);

/* Appends a sentence for people when the clock does not show the zone's time; nothing when it does. */
void pump_clock_describe(const struct pump_clock *clock, struct buffer *out);

#endif
