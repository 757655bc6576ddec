/* pump_event.h - the records of a pump's history log that a sync can use (pump-events.md). */
#ifndef TCONNECTSYNC_PUMP_EVENT_H
#define TCONNECTSYNC_PUMP_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum event_kind {
    EVENT_NONE,
    EVENT_BASAL,              /* 279 */
    EVENT_BOLUS_REQUEST_1,    /* 64: carbs, glucose */
    EVENT_BOLUS_REQUEST_2,    /* 65: options */
    EVENT_BOLUS_REQUEST_3,    /* 66: sizes */
    EVENT_BOLUS_ACTIVATED,    /* 55 */
    EVENT_BOLUS_COMPLETED,    /* 20 */
    EVENT_EXTENDED_ACTIVATED, /* 59 */
    EVENT_EXTENDED_COMPLETED, /* 21 */
    EVENT_GLUCOSE_ENTRY,      /* 16: the glucose for the bolus request that follows */
    EVENT_SUSPENDED,          /* 11 */
    EVENT_RESUMED,            /* 12 */
    EVENT_CARTRIDGE_FILLED,   /* 33 */
    EVENT_CANNULA_FILLED,     /* 61 */
    EVENT_TUBING_FILLED,      /* 63 */
    EVENT_ALARM,              /* 5 */
    EVENT_MALFUNCTION,        /* 6 */
    EVENT_USER_MODE,          /* 229 */
    EVENT_READING,            /* 256, 399, 372, 480 */
    EVENT_SENSOR_STARTED,     /* 212, 404 */
    EVENT_SENSOR_JOINED,      /* 213, 394, 406, 477 */
    EVENT_SENSOR_STOPPED,     /* 214, 447, 405, 486 */
    EVENT_CGM_ALERT,          /* 171, 369, 460 */
    EVENT_DAILY_BASAL,        /* 81 */
    EVENT_PUMP_STATUS,        /* 9 */
    EVENT_STATE_CHANGED,      /* 3 */
    EVENT_CLOCK_SET,          /* 13, 14: kept as pump_log.changes */
    EVENT_KIND_COUNT,
};

#define READING_EPOCH INT64_C(1199145600) /* 2008-01-01: where egvTimeStamp begins */

/* Insulin in milliunits, rates in milliunits an hour, carbs in thousandths of a gram, glucose in mg/dL; bit
   masks as numbers. A field that is not known is 0. */
#define EVENT_FIELDS 7
struct pump_event {
    int64_t sequence;
    int64_t wall; /* pumpDateTime: naive pump-local seconds since 1970; NO_TIME: out of bounds (basal only) */
    int64_t time; /* the instant; known once pump_log_resolve has run */
    union {       /* by kind */
        struct {
            int64_t rate, source;
        } basal;
        struct { /* of every bolus kind */
            int64_t id, iob;
            union {
                struct { /* EVENT_BOLUS_REQUEST_1 */
                    int64_t carbs, glucose;
                };
                struct { /* EVENT_BOLUS_REQUEST_2 */
                    int64_t option, override, declined;
                };
                struct { /* EVENT_BOLUS_COMPLETED, EVENT_EXTENDED_COMPLETED */
                    int64_t status, insulin;
                };
            };
        } bolus;
        struct {
            int64_t reason;
        } suspended;
        struct {
            int64_t volume, volume_2;
        } cartridge;
        struct { /* EVENT_CANNULA_FILLED, EVENT_TUBING_FILLED */
            int64_t size, status;
        } prime;
        struct { /* EVENT_ALARM, EVENT_CGM_ALERT */
            int64_t id;
        } alarm;
        struct {
            int64_t action, current, previous;
            int64_t sleep_by_person, sleep_schedule, exercise_timed, exercise_stopped_by_timer;
        } mode;
        struct {
            int64_t glucose, status, type;
            int64_t time; /* seconds since 2008-01-01T00:00:00 pump-local */
            int64_t rate; /* tenths of mg/dL per minute */
        } reading;
        struct { /* EVENT_DAILY_BASAL, EVENT_PUMP_STATUS */
            int64_t percent, millivolts, iob;
            int64_t reservoir; /* units left, in thousandths */
        } battery;
        struct {
            int64_t glucose, source; /* 0 typed on the pump, 1 from the sensor */
        } entry;
        struct {
            int64_t change; /* bits */
        } state;
        struct { /* EVENT_CLOCK_SET: milliseconds of the day, or days */
            int64_t prior, after;
        } clock;
        int64_t field[EVENT_FIELDS]; /* all of them, for the table below */
    };
    int32_t group;
    uint16_t code;
    uint8_t kind;  /* enum event_kind */
    uint8_t known; /* bit EVENT_FIELD(...): that field was there and within bounds */
    uint8_t pump;  /* which of the account's pumps */
};

/* The place of a field among its kind's: EVENT_FIELD(basal.rate). */
#define EVENT_FIELD(name)                                                                                    \
    ((offsetof(struct pump_event, name) - offsetof(struct pump_event, field)) / sizeof(int64_t))
/* Whether the record brought it: event_knows(event, basal.rate). */
#define event_knows(event, name) ((event)->known >> EVENT_FIELD(name) & 1)

/* The pump says that it shuts down: what follows it in the log may be hours later. */
static inline bool pump_event_is_shutdown(const struct pump_event *event)
{
    return event->kind == EVENT_ALARM ? event->alarm.id == 12
                                      : event->kind == EVENT_STATE_CHANGED && event->state.change >> 6 & 1;
}

static inline bool pump_event_is_bolus(const struct pump_event *event)
{
    return event->kind >= EVENT_BOLUS_REQUEST_1 && event->kind <= EVENT_EXTENDED_COMPLETED;
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
    int64_t least, most; /* as stored: thousandths where the type says so */
    enum skip_reason out_of_bounds;
};
#define NO_PROPERTY    0
#define PROPERTY_COUNT 40 /* with NO_PROPERTY; at most 64: masks of them are uint64_t */
extern const struct property pump_properties[PROPERTY_COUNT];

struct event_shape {
    uint16_t code;
    uint8_t kind;
    unsigned features;              /* any of these wants it */
    uint8_t property[EVENT_FIELDS]; /* which of pump_properties fills each field, or NO_PROPERTY */
    uint8_t required;               /* bit EVENT_FIELD(...): without it the event is broken */
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
