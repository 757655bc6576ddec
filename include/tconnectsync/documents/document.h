/* document.h - what Nightscout should hold: the documents that a pump's events give (sync-rules: Documents). */
#ifndef TCONNECTSYNC_DOCUMENT_H
#define TCONNECTSYNC_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;
struct json_writer;
struct pump_log;
struct time_zone;

/* enteredBy of treatments, device of entries and device status. */
#define ENTERED_BY "Pump (tconnectsync)"

enum document_kind {
    DOCUMENT_TEMP_BASAL,
    DOCUMENT_COMBO_BOLUS,
    DOCUMENT_BASAL_SUSPENSION,
    DOCUMENT_BASAL_RESUME,
    DOCUMENT_ALARM,
    DOCUMENT_INSULIN_CHANGE,
    DOCUMENT_SITE_CHANGE,
    DOCUMENT_NOTE,
    DOCUMENT_SLEEP,
    DOCUMENT_EXERCISE,
    DOCUMENT_SENSOR_START,
    DOCUMENT_SENSOR_STOP,
    DOCUMENT_CGM_ALERT,
    DOCUMENT_READING,       /* an entry */
    DOCUMENT_DEVICE_STATUS,
    DOCUMENT_PROFILE,       /* counted with the others; made in profile.h */
    DOCUMENT_KIND_COUNT,
};

/* Nightscout's eventType; "sgv", "devicestatus" and "profile" for those that are no treatments. */
const char *document_kind_name(enum document_kind kind);
/* The kind with that eventType, DOCUMENT_KIND_COUNT when we write none such. */
enum document_kind document_kind_find(const char *event_type, size_t length);

/* The features of which any one wants documents of that kind. */
unsigned document_kind_features(enum document_kind kind);

static inline bool document_is_treatment(enum document_kind kind)
{
    return kind < DOCUMENT_READING;
}

#define NO_EVENT    UINT32_MAX
#define NO_DURATION INT64_MIN

/* A view on the events that it comes from. */
struct document {
    int64_t time;          /* instant, seconds since 1970 */
    int64_t duration;      /* seconds, or NO_DURATION */
    uint32_t event;        /* index in the log's events */
    uint32_t told_by;      /* index of the event whose arrival makes the document: event itself, but for the meal of an
                              extended bolus (a 64), which waits for its 21, and for a start without modes, which
                              counts once the sleep or exercise before it was stopped */
    uint32_t related[3];   /* requests 64, 65, 66 of a bolus (a meal is a 64 of its own: 65, 66); the stop of a sleep
                              or exercise; NO_EVENT */
    uint32_t held;         /* index of the stored document that it is, once compared */
    uint32_t failed_alone; /* 1 + how many documents this run had stored when the server failed on this one alone;
                              0: it did not */
    uint16_t millisecond;
    uint16_t batch_limit;  /* goes out beside at most this many others less one, since a larger batch was refused; 0:
                              any */
    uint8_t kind;          /* enum document_kind */
    uint8_t part, parts;   /* of an extended bolus: which one of how many, from 1; 0: no extended bolus */
    uint8_t fate;          /* enum document_fate, once compared (difference.h) */
    bool meal_elsewhere;   /* a bolus whose carbs and glucose stand in a document of their 64's own (difference.c) */
    bool open;             /* its end is not known yet: the duration may grow */
    bool ended;            /* sleep, exercise: has a stop of its own */
    bool attempted;        /* sent in this run, and not known to be stored: no answer came, or it is not there */
    bool created, amended; /* this run has, and Nightscout has said so */
    bool refused;          /* Nightscout takes everything but this one */
    bool moves;            /* the stored one stands where the pump's clock was read otherwise: it goes to the new time */
    bool whole;            /* the stored one is all of the extended bolus that this is the first part of */
};

struct documents {
    struct document *items;
    size_t count, capacity;
};

struct document_rules {
    unsigned features;
    bool ignore_zero_unit_basal;
    int64_t now; /* nothing lasts longer than this */
    int64_t to;  /* device status: the newest that is not after this */
};

/* All documents of a sorted and resolved log, in the pump's order. Counts in the log what it has to leave out. */
void documents_build(struct pump_log *log, const struct time_zone *zone, const struct document_rules *rules,
                     struct documents *out);
/* The same in short turns: documents_go_on until it returns false, then documents_end. rules is copied; log, zone
   and out live until the end. */
struct builder *documents_begin(struct pump_log *log, const struct time_zone *zone,
                                const struct document_rules *rules, struct documents *out);
bool documents_go_on(struct builder *builder);
void documents_end(struct builder *builder);
void documents_free(struct documents *documents);

/* Appends pump_event_id: sequence numbers, joined by commas, the event's own first. Documents of one event are told
   apart by what follows it: "448200,1,4" is the first of the four parts of the extended bolus 448200 (one part
   alone: "448200"), "448100,0" the basal of rate 0 that the suspension 448100 begins ("448100": the suspension). */
void document_event_id(const struct document *document, const struct pump_log *log, struct buffer *out);
/* pump_event_source: whose numbers those are. */
uint32_t document_source(const struct document *document, const struct pump_log *log);
/* Appends the pump's words, which go into reason, and a parent's, which go into notes. */
void document_words(const struct document *document, const struct pump_log *log, struct buffer *out);
void document_notes(const struct document *document, const struct pump_log *log, struct buffer *out);
/* Writes the whole JSON object. */
void document_write(const struct document *document, const struct pump_log *log, const struct time_zone *zone,
                    struct json_writer *writer);

/* Appends a line for people: time in the zone with its offset, kind, what it says. */
void document_write_line(const struct document *document, const struct pump_log *log,
                         const struct time_zone *zone, struct buffer *out);

/* The parts of a bolus that a stored one may lack; false when there is nothing to tell (insulin and carbs
   are set to 0). */
bool document_insulin(const struct document *document, const struct pump_log *log, int64_t *milliunits);
bool document_carbs(const struct document *document, const struct pump_log *log, int64_t *thousandths);
bool document_glucose(const struct document *document, const struct pump_log *log, int64_t *mg_per_dl);
/* Where that came from: "Sensor", "Finger", or "Manual" where the log does not tell. */
const char *document_glucose_type(const struct document *document, const struct pump_log *log);
/* A reading's as Nightscout gets it: 401 for what is too high to be told, 39 for what is too low. */
int64_t document_sgv(const struct document *document, const struct pump_log *log);
/* A temp basal's, in milliunits an hour. */
int64_t document_rate(const struct document *document, const struct pump_log *log);
#endif
