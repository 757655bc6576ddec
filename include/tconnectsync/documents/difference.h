/* difference.h - what is missing in Nightscout, document by document (sync-rules: The difference). Pure: run
   it again after every read and it plans what is still to do. */
#ifndef TCONNECTSYNC_DIFFERENCE_H
#define TCONNECTSYNC_DIFFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/documents/document.h"
#include "tconnectsync/documents/held.h"

struct buffer;
struct pump_log;
struct time_zone;

/* What Nightscout holds is read so far around the range. */
#define HELD_PADDING (26 * SECONDS_PER_HOUR)

enum document_fate {
    FATE_OUTSIDE,   /* starts outside of the range, and is not there to be amended */
    FATE_UNCHANGED, /* there, or not ours to make again */
    FATE_CREATE,
    FATE_AMEND,
    FATE_MOVE,     /* a reading that stands at a wrong time: written anew; the old one goes once that is seen */
    FATE_WITHHELD, /* so fresh that it would silence alarms: the next run's */
    FATE_LEFT_OUT, /* a reading that another device has brought, or a document that Nightscout refuses */
};

struct difference_rules {
    int64_t from, to; /* the range, instants, both inclusive */
    int64_t now;
    unsigned alarm_safe_minutes;
    int64_t newest_device_status; /* of ours in Nightscout, seconds; NO_TIME: none */
    /* By which a pump's clock was read before it had a time line of its own: what stands where this zone alone
       would put it is moved. NULL: nothing is moved. */
    const struct time_zone *zone;
    /* A record that is settled and has no document had one that a person deleted: it is not created again.
       May be NULL, as in a run over a range that a person asked for, which brings those back. */
    bool (*settled)(void *context, const struct document *document);
    void *settled_context;
};

struct difference {
    uint32_t *creates; /* indexes of documents, oldest first */
    size_t create_count;
    uint32_t *amends; /* indexes of documents; held tells which stored one */
    size_t amend_count;
    uint32_t *twins; /* indexes of held documents to delete: twins, and readings that were written anew */
    size_t twin_count;
    size_t move_count; /* readings among the creates that stand elsewhere: to be read back */
    size_t strangers; /* fresh ones of ours that no event of these pumps explains */
    size_t nameless;  /* fresh ones of ours without pump_event_id: an older uploader's */
};

/* Decides every document's fate, in turns of some milliseconds at most for a month: what is handed in stays as it
   is until the last one. log: to count readings that are left out. */
struct comparison;
struct comparison *comparison_begin(struct documents *documents, struct pump_log *log, struct held *held,
                                    const struct difference_rules *rules, struct difference *out);
/* One turn; false when it was the last. */
bool comparison_go_on(struct comparison *comparison);
void comparison_free(struct comparison *comparison);
/* All turns at once. */
void difference_find(struct documents *documents, struct pump_log *log, struct held *held,
                     const struct difference_rules *rules, struct difference *out);
void difference_free(struct difference *difference);

/* Appends the JSON object that replaces the stored one, _id and foreign fields kept; false when there is
   nothing to amend. It keeps its time unless it moves. */
bool amendment_write(const struct document *document, const struct pump_log *log, const struct held *held,
                     struct buffer *out);
/* The _id of a stored document, to be freed; NULL when it has none that is text. */
char *held_id(const struct held *held, uint32_t index);

#endif
