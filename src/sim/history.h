/* history.h - what a made-up pump did: deterministic for a seed and a day, whatever window is asked for.
   Two axes of time: "line" is a clock that never jumps (the zone's winter time of 2026 as a rule), on which
   days have a fixed number of records; "wall" is what the pump's own clock showed. Both are seconds since
   1970 of a clock without a zone. Instants are true UTC. */
#ifndef SIM_HISTORY_H
#define SIM_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sensor.h"

#define RECORDS_PER_DAY 1780
#define RECORD_VALUES   10
#define MAXIMUM_EDITS   64

enum code {
    CODE_STATE = 3,
    CODE_ALARM = 5,
    CODE_MALFUNCTION = 6,
    CODE_STATUS = 9,
    CODE_SUSPENDED = 11,
    CODE_RESUMED = 12,
    CODE_TIME_CHANGED = 13,
    CODE_DATE_CHANGED = 14,
    CODE_GLUCOSE = 16,
    CODE_BOLUS_COMPLETED = 20,
    CODE_EXTENDED_COMPLETED = 21,
    CODE_CARTRIDGE = 33,
    CODE_BOLUS_ACTIVATED = 55,
    CODE_EXTENDED_ACTIVATED = 59,
    CODE_CANNULA = 61,
    CODE_TUBING = 63,
    CODE_REQUEST_1 = 64,
    CODE_REQUEST_2 = 65,
    CODE_REQUEST_3 = 66,
    CODE_DAILY = 81,
    CODE_GENERIC_ALERT = 171,
    CODE_MODE = 229,
    CODE_BASAL = 279,
    CODE_DELIVERY = 280,
};

struct record {
    int64_t line;
    int64_t sequence;
    uint16_t code;
    uint16_t rank;                /* order of birth, for records of one second */
    int32_t value[RECORD_VALUES]; /* what record_json.c's table says for the code */
};

struct interval {
    int64_t from, to; /* line, to excluded */
};

/* From a line day on: which pump, which sequenceGroup; sequence numbers start at 1 again. */
struct era {
    int64_t first_day;
    unsigned pump, group;
};

struct clock_shift {
    int64_t line;
    int64_t seconds; /* on top of what was before */
    bool silent;     /* the pump writes no record of it */
};

struct day;

struct history {
    uint64_t seed;
    const struct sensor *sensor;
    int32_t base_offset; /* instant + base_offset = line */
    bool rare;           /* what happens seldom and is easily missed happens often */
    bool follows_zone;   /* the pump's clock follows the zone's summer time */
    int64_t first_day;   /* of the line: nothing is told of what was before */
    struct interval off[MAXIMUM_EDITS];
    size_t off_count;
    struct clock_shift shifts[MAXIMUM_EDITS];
    size_t shift_count;
    int64_t drift_line; /* from then on the clock gains (or loses) so many seconds a day */
    int32_t drift;
    struct era eras[MAXIMUM_EDITS];
    size_t era_count;
    unsigned pump_count;
    struct day **cache; /* days.c */
    size_t cache_count;
    uint64_t turn;
};

void history_init(struct history *history, uint64_t seed);
/* Edits: before the first day is asked for. false when there is no room, or the order is wrong. */
bool history_add_off(struct history *history, int64_t from_instant, int64_t to_instant);
bool history_add_shift(struct history *history, int64_t instant, int64_t seconds, bool silent);
/* The pump's clock is set to that wall time. */
bool history_add_setting(struct history *history, int64_t instant, int64_t wall);
bool history_add_era(struct history *history, int64_t first_day, bool new_pump);

int64_t history_line(const struct history *history, int64_t instant);
int64_t history_instant(const struct history *history, int64_t line);
int64_t history_wall(const struct history *history, int64_t line);
/* By how much the clock was set at that very second, by hand or by its zone, as its records tell. */
int64_t history_logged_jump(const struct history *history, int64_t line);
/* The pump's clock was set, by hand or by its zone, on that line day. */
bool history_clock_changes(const struct history *history, int64_t number);
/* On that line day the clock showed some moment of these wall days, both inclusive. */
bool history_day_shows(const struct history *history, int64_t number, int64_t first, int64_t last);
/* "5e1f0d1a-..." of a pump */
#define ASSIGNMENT_TEXT 37
char *history_assignment(const struct history *history, unsigned pump, char out[ASSIGNMENT_TEXT]);

/* A number that depends on nothing but its arguments and the seed. */
uint64_t history_roll(const struct history *history, int64_t day, unsigned salt);
/* What comes around on some days: compare its remainder with a number. Seeds begin at different places. */
int64_t cycle(const struct history *history, int64_t day);
/* 0 to below; depends on nothing but its arguments and the seed. */
int32_t pick(const struct history *history, int64_t day, unsigned salt, int32_t below);

#endif
