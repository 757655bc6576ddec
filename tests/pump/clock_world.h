/* clock_world.h - a made-up pump whose truth is known: its clock set at any moment, or never. */
#ifndef TCONNECTSYNC_CLOCK_WORLD_H
#define TCONNECTSYNC_CLOCK_WORLD_H

#include "fixture.h"
#include "tconnectsync/pump/pump_clock.h"
#include "tconnectsync/pump/pump_log.h"

#define MINUTE 60
#define HOUR   3600
#define DAY    INT64_C(86400)
#define EVERY  (5 * MINUTE) /* a record */

extern const struct time_zone chicago, sydney, lord_howe, lima;

struct setting {
    const char *when; /* UTC */
    int64_t step;
    bool silent; /* no record tells of it */
};

struct story {
    const char *name;
    const struct time_zone *zone;
    const char *from, *to; /* what the log holds, UTC */
    int64_t offset;        /* of the clock at from */
    struct setting settings[4];
    int64_t late;              /* seconds between the newest record and the upload */
    int64_t off_from, off_for; /* seconds after from: the pump is off */
    bool no_changes;           /* clockChanges is empty */
    enum clock_evidence evidence;
    bool begin_known;
    const char *words; /* of the sentence; NULL: none */
};

struct record {
    int64_t instant, wall, sequence;
};

struct world {
    struct record *records;
    size_t count;
    struct log_run *runs;
    size_t run_count;
    struct clock_change changes[8];
    size_t change_count;
    struct clock_witness witness;
    struct pump_clock clock;
};

int64_t instant_of(const char *text);

void world_begin(struct world *world);
/* From the story's first to its last moment: what the pump writes. */
void world_live(struct world *world, const struct story *story);
void world_find(struct world *world, const struct story *story);
void world_check_words(const struct world *world, const struct story *story);
/* One more record in the log's runs. */
void world_track(struct world *world, int64_t sequence, int64_t wall);
/* Where the clock puts that record. */
int64_t world_instant(const struct world *world, const struct record *record);
/* By how much the instant of the record in the middle is wrong. */
int64_t world_middle_error(const struct world *world);
void world_end(struct world *world);

/* A few days in New York, the clock never set. */
extern const struct story plain;

#endif
