/* moves.h - what stands in Nightscout where the pump's clock was read otherwise (sync-rules: What stands
   wrong is moved). */
#ifndef TCONNECTSYNC_MOVES_H
#define TCONNECTSYNC_MOVES_H

#include <stddef.h>
#include <stdint.h>

struct document;
struct documents;
struct held;
struct held_index;
struct pump_log;
struct time_zone;

/* Where the zone alone would put the document, twice in a repeated hour; its own time is left out. None where
   the zone is NULL, or the pump has no time line. Their number is returned. */
#define OLD_TIMES 2
size_t moves_old_times(const struct document *document, const struct pump_log *log,
                       const struct time_zone *zone, int64_t out[OLD_TIMES]);
/* Seconds since 1970 at which the document is to stand. */
int64_t moves_new_time(const struct document *document, const struct pump_log *log);

struct moves {
    struct documents *documents;
    const struct pump_log *log;
    struct held *held;
    const struct held_index *index;
    const struct time_zone *zone; /* NULL: nothing is moved */
};
/* Once it is known which stored document is which event, says which documents move and which stored readings
   are stale: first document by document, then of all together, then document by document again. */
void moves_find(const struct moves *moves, uint32_t document);
void moves_find_together(const struct moves *moves);
void moves_mark(const struct moves *moves, uint32_t document);
/* Adds to the list of stored documents to delete the document's stale readings, where one stands at its right time as
   well. Their number is returned. */
size_t moves_add_left(const struct moves *moves, uint32_t document, uint32_t **list, size_t count);

#endif
