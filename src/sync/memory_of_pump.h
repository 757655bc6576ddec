/* memory_of_pump.h - the inside of sync_memory.h, for the steps of a sync. */
#ifndef TCONNECTSYNC_MEMORY_OF_PUMP_H
#define TCONNECTSYNC_MEMORY_OF_PUMP_H

#include <stdbool.h>
#include <stdint.h>

#include "tconnectsync/documents/coverage.h"
#include "tconnectsync/pump/pump_clock.h"
#include "tconnectsync/sync/sync_memory.h"

struct pump;

/* How the account told of a pump. */
struct upload_state {
    int64_t last_upload, newest_event;
    char *settings_hash;
};

struct memory_of_pump {
    char *serial_number;
    struct coverage coverage;
    char *coverage_id;     /* of its document in Nightscout; NULL: none known */
    bool coverage_read;    /* once, by this process */
    bool coverage_changed; /* since it was written last */
    int64_t waiting;       /* instant of the oldest record that was read and is not settled; NO_TIME */
    int64_t
        gaps_looked_at; /* when an automatic run last looked into gaps, seconds since 1970; NO_TIME: never */
    int64_t clock_offset;           /* of its newest stretch; NO_TIME: not known yet */
    struct clock_place clock_since; /* the stretch that the witnesses are of */
    struct clock_witness witnesses[CLOCK_WITNESSES];
    size_t witness_count;
    struct upload_state settled; /* when the last automatic run ended well */
};

struct sync_memory {
    struct memory_of_pump *pumps;
    size_t count;
    char *nightscout_place; /* where the site was found last, perhaps by redirects; NULL: not yet */
    bool is_settled;       /* the last automatic run ended well, and nothing waits for a next one */
    int64_t compared_at;   /* monotonic seconds: when it compared everything */
    bool coverage_refused; /* Nightscout keeps none for us; said once */
};

/* Its place; made when it is new. Pointers to places do not outlive the next call. */
struct memory_of_pump *memory_of_pump(struct sync_memory *memory, const char *serial_number);
/* Something is settled of one of the account's pumps, carried over now or not, as far as this process knows:
   the newest documents need not tell where to begin. */
bool memory_knows_coverage(const struct sync_memory *memory);
/* The account tells of this pump what it told when all was settled. */
bool memory_is_current(const struct memory_of_pump *known, const struct pump *pump);
void memory_note_settled(struct memory_of_pump *known, const struct pump *pump);
/* Another upload of the stretch that begins at since; a new stretch begins anew. */
void memory_add_witness(struct memory_of_pump *known, struct clock_place since, struct clock_witness witness);

#endif
