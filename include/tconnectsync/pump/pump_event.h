/* pump_event.h - the records of a pump's history log that a sync can use (pump-events.md). */
#ifndef TCONNECTSYNC_PUMP_EVENT_H
#define TCONNECTSYNC_PUMP_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum event_kind {
    EVENT_NONE,
    EVENT_BASAL,             /* 279 */
    EVENT_BOLUS_REQUEST_1,   /* 64: carbs, glucose */
    EVENT_BOLUS_REQUEST_2,   /* 65: options */
    EVENT_BOLUS_REQUEST_3,   /* 66: sizes */
    EVENT_BOLUS_ACTIVATED,   /* 55 */
    EVENT_BOLUS_COMPLETED,   /* 20 */
    EVENT_EXTENDED_COMPLETED, /* 21 */
    EVENT_SUSPENDED,         /* 11 */
    EVENT_RESUMED,           /* 12 */
    EVENT_CARTRIDGE_FILLED,  /* 33 */
    EVENT_CANNULA_FILLED,    /* 61 */
    EVENT_TUBING_FILLED,     /* 63 */
    EVENT_ALARM,             /* 5 */
    EVENT_MALFUNCTION,       /* 6 */
    EVENT_USER_MODE,         /* 229 */
    EVENT_READING,           /* 256, 399, 372, 480 */
    EVENT_SENSOR_STARTED,    /* 212, 404 */
    EVENT_SENSOR_JOINED,     /* 213, 394, 406, 477 */
    EVENT_SENSOR_STOPPED,    /* 214, 447, 405, 486 */
    EVENT_CGM_ALERT,         /* 171, 369, 460 */
    EVENT_DAILY_BASAL,       /* 81 */
    EVENT_PUMP_STATUS,       /* 9 */
    EVENT_KIND_COUNT,
};

/* Where a kind's values stand in pump_event.value. Insulin in milliunits, rates in milliunits an hour, carbs in
   thousandths of a gram, glucose in mg/dL; bit masks as numbers. */
enum {
    BASAL_RATE = 0,
    BASAL_SOURCE = 1,
    BOLUS_ID = 0, /* of every bolus kind */
    REQUEST_CARBS = 1,
    REQUEST_GLUCOSE = 2,
    VALUE_IOB = 3, /* of every kind that tells the insulin on board */
    REQUEST_OPTION = 1,
    REQUEST_OVERRIDE = 2,
    REQUEST_DECLINED = 4,
    COMPLETED_STATUS = 1,
    COMPLETED_INSULIN = 2,
    SUSPEND_REASON = 0,
    CARTRIDGE_VOLUME = 0,
    CARTRIDGE_VOLUME_2 = 1,
    PRIME_SIZE = 0,
    ALARM_ID = 0,
    MODE_ACTION = 0,
    MODE_SLEEP_BY_PERSON = 1,
    MODE_SLEEP_SCHEDULE = 2,
    MODE_EXERCISE_TIMED = 3,
    MODE_EXERCISE_STOPPED_BY_TIMER = 4,
    READING_GLUCOSE = 0,
    READING_STATUS = 1,
    READING_TIME = 2, /* seconds since 2008-01-01T00:00:00 pump-local */
    READING_TYPE = 3,
    READING_RATE = 4, /* tenths of mg/dL per minute */
    ALERT_ID = 0,
    BATTERY_PERCENT = 0,
    BATTERY_MILLIVOLTS = 1,
    EVENT_VALUES = 5,
};

struct pump_event {
    int64_t sequence;
    int64_t wall; /* pumpDateTime: naive pump-local seconds since 1970; NO_TIME: out of bounds (basal only) */
    int64_t time; /* the instant; known once pump_log_resolve has run */
    int64_t value[EVENT_VALUES];
    int32_t group;
    uint16_t code;
    uint8_t kind;  /* enum event_kind */
    uint8_t known; /* bit i: value[i] was there and within bounds */
    uint8_t pump;  /* which of the account's pumps */
};

static inline bool event_knows(const struct pump_event *event, int value)
{
    return event->known >> value & 1;
}

/* Why something that was read is not carried over. Counted, logged and shown. */
enum skip_reason {
    SKIP_BROKEN_RECORD,
    SKIP_BROKEN_DETAIL,
    SKIP_TIME,
    SKIP_BASAL_RATE,
    SKIP_BOLUS_SIZE,
    SKIP_GLUCOSE,
    SKIP_OTHER_DEVICE,
    SKIP_REASON_COUNT,
};
const char *skip_reason_name(enum skip_reason reason);

/* ---- the table behind it ---- */
enum property_type { PROPERTY_WHOLE, PROPERTY_THOUSANDTHS, PROPERTY_BITS };

struct property {
    const char *name; /* matched without regard to case */
    enum property_type type;
    int64_t least, most;         /* as stored: thousandths where the type says so */
    enum skip_reason out_of_bounds;
};
#define PROPERTY_COUNT 30
extern const struct property pump_properties[PROPERTY_COUNT];

struct event_shape {
    uint16_t code;
    uint8_t kind;
    unsigned features;           /* any of these wants it */
    int8_t property[EVENT_VALUES]; /* index into pump_properties for each value, -1 for none */
    uint8_t required;            /* bit i: without value[i] the event is broken */
};
/* NULL for the many codes that nobody wants. */
const struct event_shape *event_shape_find(int64_t code);

/* ---- names ---- */
/* NULL when the table has none: show the number then. */
const char *basal_source_name(int64_t source);
const char *bolus_option_name(int64_t option);
const char *suspend_reason_name(int64_t reason);
const char *alarm_name(int64_t id);
const char *cgm_alert_name(int64_t id);

#endif
