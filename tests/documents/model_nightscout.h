/* model_nightscout.h - a Nightscout in memory: the upsert key, the normalization, the reads and writes that a
   sync makes. What a sync must never do (overwrite by POST, move or shift by PUT, a body over 90 kB) ends the
   program. */
#ifndef TCONNECTSYNC_MODEL_NIGHTSCOUT_H
#define TCONNECTSYNC_MODEL_NIGHTSCOUT_H

#include "tconnectsync/documents/difference.h"
#include "tconnectsync/documents/document.h"
#include "tconnectsync/documents/held.h"

struct stored {
    int64_t time;            /* milliseconds since 1970 */
    enum document_kind kind; /* DOCUMENT_KIND_COUNT: a treatment of another type */
    unsigned id;
    bool touched; /* by a person */
    char *json;
};

struct nightscout {
    struct stored *items; /* by time */
    size_t count, capacity;
    unsigned ids;
    size_t created, replaced, deleted; /* by syncs, since the caller last set them to 0 */
};

/* Whether a document of that kind may be created at that millisecond. */
bool nightscout_is_free(const struct nightscout *nightscout, enum document_kind kind, int64_t time);
/* A sync's POST of one. */
void nightscout_post(struct nightscout *nightscout, const char *json);
/* A person's document, or what a person makes of the one at that place; its place may change. */
void nightscout_add(struct nightscout *nightscout, const char *json);
void nightscout_edit(struct nightscout *nightscout, size_t place, const char *json);
void nightscout_remove(struct nightscout *nightscout, size_t place);
/* What GET would answer for both collections, from and to in seconds. */
void nightscout_read(const struct nightscout *nightscout, int64_t from, int64_t to, struct held *held);
/* All that a difference asks for. */
void nightscout_write(struct nightscout *nightscout, const struct difference *difference,
                      const struct documents *documents, const struct pump_log *log, const struct held *held,
                      const struct time_zone *zone);
/* The newest treatment of ours (or reading), in seconds; NO_TIME. */
int64_t nightscout_newest(const struct nightscout *nightscout, bool readings);
/* A document without its _id, its duration, its order of members and its millisecond: two in one second may
   have come in either order. To be freed. */
char *nightscout_essence(const struct stored *item);
void nightscout_free(struct nightscout *nightscout);

#endif
