/* model_nightscout.h - a Nightscout in memory: the upsert key, the normalisation, the reads that a sync
 * makes. */
#ifndef TCONNECTSYNC_MODEL_NIGHTSCOUT_H
#define TCONNECTSYNC_MODEL_NIGHTSCOUT_H

#include "tconnectsync/documents/document.h"
#include "tconnectsync/documents/held.h"

struct stored {
    int64_t time; /* milliseconds since 1970 */
    enum document_kind kind;
    unsigned id;
    char *json;
};

struct nightscout {
    struct stored *items; /* by time */
    size_t count, capacity;
    unsigned ids;
    size_t created, replaced; /* since the caller last set them to 0 */
};

/* Inserts; a test fails when the place is taken: a sync never overwrites by POST. */
void nightscout_post(struct nightscout *nightscout, enum document_kind kind, const char *json);
/* Replaces the one with the document's _id. */
void nightscout_put(struct nightscout *nightscout, const char *json);
/* What GET would answer for both collections, from and to in seconds. */
void nightscout_read(const struct nightscout *nightscout, int64_t from, int64_t to, struct held *held);
/* The newest treatment (or reading), in seconds; NO_TIME. */
int64_t nightscout_newest(const struct nightscout *nightscout, bool readings);
void nightscout_free(struct nightscout *nightscout);

#endif
