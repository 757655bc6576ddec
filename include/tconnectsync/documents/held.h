/* held.h - what Nightscout holds already, read as it streams in and kept small (nightscout.md). */
#ifndef TCONNECTSYNC_HELD_H
#define TCONNECTSYNC_HELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

enum collection { COLLECTION_TREATMENTS, COLLECTION_ENTRIES, COLLECTION_DEVICE_STATUS, COLLECTION_COUNT };
const char *collection_name(enum collection collection); /* "treatments", "entries", "devicestatus" */

struct held_document {
    int64_t time;      /* milliseconds since 1970 */
    int64_t event_id;  /* first number of pump_event_id, NO_EVENT_ID when it has none */
    int64_t duration;  /* milliseconds, NO_DURATION when it has none that is a number */
    uint32_t text;     /* where its JSON stands in held.text; NO_TEXT when it was not kept (another's) */
    uint32_t length;
    uint8_t kind;      /* enum document_kind */
    bool ours;         /* enteredBy or device is ENTERED_BY */
    bool not_ended;    /* a sleep or exercise that says so */
    bool claimed;      /* an event was found to be this one */
};
#define NO_EVENT_ID INT64_MIN
#define NO_TEXT     UINT32_MAX

/* Documents of our kinds, whoever entered them: treatments with an eventType that we write, and sensor readings. The
   JSON of those that could be amended or deleted is kept; of readings only _id and pump_event_id. */
struct held {
    struct held_document *items;
    size_t count, capacity;
    char *text;
    size_t text_length, text_capacity;
    uint64_t documents; /* all that were seen, of any kind */
};
void held_free(struct held *held);

/* ---- reading ---- */
/* Reads one answer of treatments.json or entries.json. held gets it only when it was complete. */
struct held_reader *held_reader_new(struct held *held, enum collection collection);
bool held_reader_feed(struct held_reader *reader, const char *data, size_t length, struct error *error);
/* false when the answer was no array, cut short, or held limit documents (there may be more). */
bool held_reader_finish(struct held_reader *reader, size_t limit, struct error *error);
void held_reader_restart(struct held_reader *reader);
void held_reader_free(struct held_reader *reader);

#endif
