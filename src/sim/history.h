/* history.h - what a made-up pump did: deterministic for a seed and a day, whatever window is asked for.
   Two axes of time: "line" is a clock that never jumps (the zone's winter time of 2026 as a rule), on which
   days have a fixed number of records; "wall" is what the pump's own clock showed. Both are seconds since
   1970 of a clock without a zone. Instants are true UTC. */
#ifndef SIM_HISTORY_H
#define SIM_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECORDS_PER_DAY 1780
#define RECORD_VALUES   10
#define MAXIMUM_EDITS   16

enum code {
    CODE_ALARM = 5,
    CODE_MALFUNCTION = 6,
    CODE_STATUS = 9,
    CODE_SUSPENDED = 11,
    CODE_RESUMED = 12,
    CODE_TIME_CHANGED = 13,
    CODE_DATE_CHANGED = 14,
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

/* A kind of CGM sensor and the codes that the pump logs for it. */
struct sensor {
    const char *name;
    uint16_t reading, start, join, stop, alert;
};
extern const struct sensor sensors[];
const struct sensor *sensor_find(const char *name); /* NULL: unknown */

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
    int32_t seconds; /* on top of what was before */
};

/* A day, rendered. */
struct day {
    int64_t number;
    const struct era *era;
    struct record records[RECORDS_PER_DAY];
    int64_t wall[RECORDS_PER_DAY];
    size_t count;
    size_t
        offset[RECORDS_PER_DAY + 1]; /* of each record's text, which begins with a comma but for the first */
    char *text;
    size_t length;
    uint64_t used;      /* when it was last asked for */
    unsigned borrowers; /* answers on their way out that still point into text */
};

struct history {
    uint64_t seed;
    const struct sensor *sensor;
    int32_t base_offset; /* instant + base_offset = line */
    bool follows_zone;   /* the pump's clock follows the zone's summer time */
    int64_t first_day;   /* of the line: nothing is told of what was before */
    struct interval off[MAXIMUM_EDITS];
    size_t off_count;
    struct clock_shift shifts[MAXIMUM_EDITS];
    size_t shift_count;
    struct era eras[MAXIMUM_EDITS];
    size_t era_count;
    unsigned pump_count;
    struct day **cache;
    size_t cache_count;
    uint64_t turn;
};

void history_init(struct history *history, uint64_t seed);
void history_free(struct history *history);
/* Edits: before the first day is asked for. false when there is no room, or the order is wrong. */
bool history_add_off(struct history *history, int64_t from_instant, int64_t to_instant);
bool history_add_shift(struct history *history, int64_t instant, int32_t seconds);
bool history_add_era(struct history *history, int64_t first_day, bool new_pump);

int64_t history_line(const struct history *history, int64_t instant);
int64_t history_instant(const struct history *history, int64_t line);
int64_t history_wall(const struct history *history, int64_t line);
/* The pump's clock was set, by hand or by its zone, on that line day. */
bool history_clock_changes(const struct history *history, int64_t number);
/* The day, from the cache or made; valid until the next call unless borrowed (day_borrow). */
struct day *history_day(struct history *history, int64_t number);
void day_return(struct day *day);
/* "5e1f0d1a-..." of a pump */
#define ASSIGNMENT_TEXT 37
char *history_assignment(const struct history *history, unsigned pump, char out[ASSIGNMENT_TEXT]);

/* ---- between the files of the generator ---- */
/* What comes around on some days: compare its remainder with a number. Seeds begin at different places. */
int64_t cycle(const struct history *history, int64_t day);
/* 0 to below; depends on nothing but its arguments and the seed. */
int32_t pick(const struct history *history, int64_t day, unsigned salt, int32_t below);

struct builder {
    const struct history *history;
    int64_t day, from, to; /* only records in from <= line < to are kept */
    struct record *records;
    size_t count, capacity;
    struct interval suspended[24]; /* of this day and what reaches into it */
    size_t suspended_count;
};
void build(struct builder *builder, int64_t line, uint16_t code, const int32_t *values, size_t count);
#define BUILD(builder, line, code, ...)                                                                      \
    build(builder, line, code, (const int32_t[]){__VA_ARGS__},                                               \
          sizeof((const int32_t[]){__VA_ARGS__}) / sizeof(int32_t))

void build_suspends(struct builder *builder, int64_t origin);
void build_basal(struct builder *builder);
void build_boluses(struct builder *builder, int64_t origin);
void build_modes(struct builder *builder, int64_t origin);
void build_alarms(struct builder *builder);
void build_readings(struct builder *builder);
void build_sensor(struct builder *builder);
void build_pump_status(struct builder *builder);
/* The profile's rate, milliunits an hour. */
int32_t profile_rate(const struct history *history, int64_t line);
/* mg/dL; a smooth curve. */
int32_t glucose_at(const struct history *history, int64_t line);

/* Appends the record's JSON text at the end of *text. */
struct text {
    char *data;
    size_t length, capacity;
};
void record_print(struct text *text, const struct era *era, const char *assignment,
                  const struct record *record, int64_t wall);
extern const size_t noise_kinds; /* codes that nobody asked for: build with NOISE_CODE(kind) */
uint16_t noise_code(size_t kind);

#endif
