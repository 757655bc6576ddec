/* day_picture.h - a day as a picture needs it, and what the pump told last: small and plain. */
#ifndef TCONNECTSYNC_DAY_PICTURE_H
#define TCONNECTSYNC_DAY_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json;
struct pump_log;
struct time_zone;

/* A pump writes a basal every five minutes and a sensor reads as often; what comes thicker is thinned out. A
   day has up to 25 hours. */
enum { DAY_STEPS = 320, DAY_READINGS = 320, DAY_BOLUSES = 120, DAY_BARS = 60, DAY_MARKS = 60 };
enum { DAY_SEGMENTS = 48, DAY_MARK_WORDS = 48 };

struct day_step {        /* basal as it was delivered; equal neighbors are one */
    int64_t from, until; /* instants */
    int32_t rate;        /* milliunits an hour */
    bool automatic;      /* the pump chose the rate by itself */
};

struct day_bolus {
    int64_t time;
    int32_t insulin; /* milliunits */
    int32_t carbs;   /* thousandths of a gram; 0: none */
    bool automatic;  /* the pump gave it by itself */
};

struct day_reading {
    int64_t time;
    int16_t glucose; /* mg/dL; 39 low, 401 high: beyond what the sensor measures */
};

enum day_bar_kind { DAY_SLEEP, DAY_EXERCISE, DAY_SUSPENDED };
struct day_bar {
    int64_t from, until;
    uint8_t kind; /* enum day_bar_kind */
    bool open;    /* goes on as far as is known */
};

enum day_mark_kind { DAY_ALARM, DAY_ALERT, DAY_SITE, DAY_CARTRIDGE, DAY_SENSOR, DAY_MARK_KINDS };
struct day_mark {
    int64_t time;
    uint8_t kind;               /* enum day_mark_kind */
    char words[DAY_MARK_WORDS]; /* the pump's own; "" */
};

/* The profile's basal from a minute of the day on. */
struct day_segment {
    int16_t minute;
    int32_t rate; /* milliunits an hour */
};

/* What the pump told last, however long ago. */
enum day_fact_kind {
    FACT_GLUCOSE,   /* mg/dL, as in day_reading */
    FACT_TREND,     /* tenths of mg/dL a minute */
    FACT_BOLUS,     /* milliunits */
    FACT_CARBS,     /* thousandths of a gram */
    FACT_IOB,       /* milliunits on board */
    FACT_BATTERY,   /* percent */
    FACT_RESERVOIR, /* thousandths of units left */
    FACT_SITE,      /* changed then */
    FACT_CARTRIDGE,
    FACT_SENSOR,
    FACT_COUNT,
};
struct day_fact {
    int64_t time; /* NO_TIME: not known */
    int64_t value;
};

struct day_picture {
    bool known;           /* some sync has filled it */
    int64_t newest_event; /* how far the pump's log reaches; NO_TIME: not known */
    int64_t read_from;    /* the oldest record that the facts rest on; NO_TIME: not known */
    struct day_step steps[DAY_STEPS];
    struct day_reading readings[DAY_READINGS];
    struct day_bolus boluses[DAY_BOLUSES];
    struct day_bar bars[DAY_BARS];
    struct day_mark marks[DAY_MARKS];
    size_t step_count, reading_count, bolus_count, bar_count, mark_count; /* each list by time */
    struct day_segment segments[DAY_SEGMENTS];                            /* by minute */
    size_t segment_count;                                                 /* 0: the profile is not known */
    int16_t target_low, target_high;                                      /* mg/dL; both 0: not known */
    struct day_fact facts[FACT_COUNT];
};

void day_picture_init(struct day_picture *picture);
/* What a log tells that holds all from since to until, both instants. The facts only grow newer, and
   none lies behind now. */
void day_picture_update(struct day_picture *picture, const struct pump_log *log, const struct time_zone *zone,
                        int64_t since, int64_t until, int64_t now);
/* The band between the pump's glucose alerts, and the basal of its profile. settings: of the account's pump;
   may be NULL. What they do not tell stays as it was. */
void day_picture_set_settings(struct day_picture *picture, const struct json *settings);
/* The newest glucose reading; NO_TIME when none is known. */
int64_t day_picture_newest_reading(const struct day_picture *picture);
/* The profile's basal then, in milliunits an hour; -1: not known. wall: on the zone's clock. */
int32_t day_picture_profile_rate(const struct day_picture *picture, int64_t wall);

#endif
