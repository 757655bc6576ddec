/* day_picture.h - the last 24 hours as a picture needs them: small, plain, without pointers. */
#ifndef TCONNECTSYNC_DAY_PICTURE_H
#define TCONNECTSYNC_DAY_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct documents;
struct json;
struct pump_log;
struct time_zone;

/* A pump writes a basal every five minutes and a sensor reads as often; what comes thicker is thinned out. */
enum { DAY_STEPS = 320, DAY_READINGS = 320, DAY_BOLUSES = 120, DAY_BARS = 60 };

struct day_step {        /* basal as it was delivered; equal neighbours are one */
    int64_t from, until; /* instants */
    int32_t rate;        /* milliunits an hour */
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

struct day_picture {
    bool known;           /* some sync has filled it */
    int64_t newest_event; /* how far the pump's log reaches; NO_TIME: not known */
    struct day_step steps[DAY_STEPS];
    struct day_reading readings[DAY_READINGS];
    struct day_bolus boluses[DAY_BOLUSES];
    struct day_bar bars[DAY_BARS];
    size_t step_count, reading_count, bolus_count, bar_count; /* each list by time */
    int16_t target_low, target_high;                          /* mg/dL; both 0: not known */
};

void day_picture_init(struct day_picture *picture);
/* What a sync over at least the last 24 hours found. Kinds that the log's features left out stay as they
 * were. */
void day_picture_update(struct day_picture *picture, const struct documents *documents,
                        const struct pump_log *log, const struct time_zone *zone, int64_t now);
/* The band between the pump's glucose alerts. settings: of the account's pump; may be NULL: it stays as it
 * was. */
void day_picture_set_target(struct day_picture *picture, const struct json *settings);
/* The newest glucose reading; NO_TIME when the last day has none. */
int64_t day_picture_newest_reading(const struct day_picture *picture);

#endif
