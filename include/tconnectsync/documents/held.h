/* held.h - what Nightscout holds already, read as it streams in and kept small (nightscout.md). */
#ifndef TCONNECTSYNC_HELD_H
#define TCONNECTSYNC_HELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

enum collection { COLLECTION_TREATMENTS, COLLECTION_ENTRIES, COLLECTION_DEVICE_STATUS, COLLECTION_COUNT };
const char *collection_name(enum collection collection); /* "treatments", "entries", "devicestatus" */

#define HELD_NUMBERS 5

struct held_document {
    int64_t time;     /* milliseconds since 1970 */
    int64_t source;   /* pump_event_source, 32 bits; NO_SOURCE when it has none */
    int64_t duration; /* milliseconds, NO_DURATION when it has none */
    /* The numbers of pump_event_id, the event's own first; NO_EVENT_ID where there are no more. */
    int64_t numbers[HELD_NUMBERS];
    /* What it carries, in thousandths; NO_AMOUNT when nothing. Of a reading, glucose is its sgv. */
    int64_t insulin, carbs, glucose, rate;
    uint64_t
        identity; /* of its _id: tells documents apart, and orders them alike in every run; 0 without _id */
    const char *text; /* its JSON, without a NUL at its end; held's own. NULL when it was not kept (another's, or too
                         large) */
    uint32_t length;
    uint8_t kind;    /* enum document_kind; DOCUMENT_KIND_COUNT: a type that we do not write, or none */
    bool is_reading; /* an entry */
    bool ours;       /* enteredBy or device is ENTERED_BY */
    bool not_ended;  /* notes or reason end in NOT_ENDED */
    bool claimed;    /* an event was found to be this one */
    bool leaves;     /* listed to be deleted */
    bool stale;      /* a reading that stands where the pump's clock was read otherwise */
};
#define NO_EVENT_ID INT64_MIN
#define NO_SOURCE   (-1)
#define NO_AMOUNT   INT64_MIN
/* The end of what is said of a sleep or exercise that goes on. */
#define NOT_ENDED " - Not Ended"

/* All sensor readings, all treatments with an eventType that we write, and of any type those that are ours or
   tell a pump_event_id: a person may have changed the type. The JSON of those that could be amended or
   deleted is kept; of readings only _id and what names the event. */
struct held {
    struct held_document *items;
    size_t count, capacity;
    char **texts; /* one for each answer */
    size_t text_count;
    size_t text_length; /* of all of them */
    uint64_t documents; /* all that were seen, of any kind */
    int64_t read_at;    /* when the reading began, in milliseconds of a monotonic clock; the reader sets it */
};
void held_free(struct held *held);

/* The second that it stands in: seconds since 1970. */
int64_t held_second(const struct held_document *document);

/* A person may have changed a document since it was read: from a copy older than this none is replaced. */
#define HELD_FRESH_MILLISECONDS 5000
bool held_is_stale(const struct held *held, int64_t now);

/* ---- reading ---- */
/* Reads one answer of treatments.json or entries.json. held gets it only when it was complete. */
struct held_reader *held_reader_new(struct held *held, enum collection collection);
bool held_reader_feed(struct held_reader *reader, const char *data, size_t length, struct error *error);
/* false when the answer was no array, cut short, or held limit documents (there may be more). */
bool held_reader_finish(struct held_reader *reader, size_t limit, struct error *error);
void held_reader_restart(struct held_reader *reader);
void held_reader_free(struct held_reader *reader);

#endif
