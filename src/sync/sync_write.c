/* What a sync writes in one round (sync_rounds.c), and what it makes of the answers. A write in doubt is read
   back before it is sent again. */
#include "sync_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/base/log.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/base/monotonic.h"
#include "tconnectsync/nightscout/nightscout.h"
#include "tconnectsync/pump/account.h"
#include "tconnectsync/pump/feature.h"
#include "tconnectsync/settings/configuration.h"

#define BATCH_BYTES    89000 /* sites with SECURE_CSP cut JSON at 100 kB */
#define DOCUMENT_BYTES (128u << 10)
#define PARTS_AFTER_FAILURE                                                                                  \
    8 /* a culprit at the very beginning is alone before the rounds of trouble are over */

/* One write under way. */
struct write {
    LIST_ENTRY(write) others;
    struct lane *lane;
    uint32_t *items; /* documents, or stored ones for a deletion */
    size_t count;
};

static enum collection collection_of(enum document_kind kind)
{
    return kind == DOCUMENT_READING         ? COLLECTION_ENTRIES
           : kind == DOCUMENT_DEVICE_STATUS ? COLLECTION_DEVICE_STATUS
                                            : COLLECTION_TREATMENTS;
}

/* ---- answers ---- */

static void set_attempted(struct sync *sync, const struct write *write)
{
    for (size_t i = 0; i < write->count; i++)
        sync->documents.items[write->items[i]].attempted = true;
}

/* What was stored before, and is written again since the server does not show it, is no progress. */
static void note_stored(struct sync *sync, const struct write *write)
{
    for (size_t i = 0; i < write->count; i++) {
        struct document *document = &sync->documents.items[write->items[i]];
        bool is_change = write->lane->kind == LANE_AMEND || document->fate == FATE_MOVE;
        bool *done = is_change ? &document->amended : &document->created;
        sync->writing.stored += !*done;
        write->lane->stored += !*done;
        *done = true;
        document->attempted = false;
    }
}

/* The last word of a round counts, but for what lets no further write through: that stays. */
static void note_trouble(struct sync *sync, enum round_found found, const struct error *error)
{
    struct sync_writing *writing = &sync->writing;
    if (writing->found != ROUND_CLOSED || found == ROUND_CLOSED)
        writing->error = *error;
    if (found > writing->found)
        writing->found = found;
}

/* Left out of this run; the next one tries it again. */
void sync_leave_out(struct sync *sync, struct document *document, const struct error *error)
{
    char time[CIVIL_TEXT_SIZE];
    document->refused = true;
    sync->report.refused++;
    log_error(sync->account.log, "sync", "refused=\"%s\" at=%s sequence=%" PRId64 " error=%s",
              document_kind_name(document->kind),
              time_zone_format(sync->account.zone, time, document->time, 0),
              sync->log.events[document->event].sequence, log_quote(sync->account.log, error->text));
    if (sync->report.refused > REFUSED_MAXIMUM)
        note_trouble(sync, ROUND_CLOSED, error);
}

/* Divides a batch, and again, until the culprit stands alone. */
static void divide(struct sync *sync, const struct write *write, size_t parts)
{
    for (size_t i = 0; i < write->count; i++) {
        struct document *document = &sync->documents.items[write->items[i]];
        document->batch_limit = (uint16_t)((write->count + parts - 1) / parts);
        document->attempted = true;
    }
}

static void note_refused(struct sync *sync, const struct write *write, const struct error *error)
{
    note_trouble(sync, ROUND_REFUSED, error);
    if (write->count > 1) {
        divide(sync, write, 2);
        return;
    }
    sync->documents.items[write->items[0]].attempted = false;
    sync_leave_out(sync, &sync->documents.items[write->items[0]], error);
}

/* The server's trouble, unless it fails on one document alone, twice, and stores others before, in between or
   after. */
static void note_server_failed(struct sync *sync, const struct write *write, const struct error *error)
{
    struct sync_writing *writing = &sync->writing;
    uint32_t stored = (uint32_t)(writing->before + writing->stored);
    struct document *first = &sync->documents.items[write->items[0]];
    note_trouble(sync, error->kind == ERROR_SERVICE ? ROUND_FAILED : ROUND_UNANSWERED, error);
    divide(sync, write, PARTS_AFTER_FAILURE);
    write->lane->failing |= write->lane->stored == 0;
    if (write->count > 1)
        return;
    if (first->failed_alone && stored >= first->failed_alone)
        sync_leave_out(sync, first, error);
    else if (!first->failed_alone)
        first->failed_alone = stored + 1;
}

static void note_failed(struct sync *sync, const struct write *write, const struct error *error)
{
    log_warn(sync->account.log, "sync", "write=failed documents=%zu error=%s", write->count,
             log_quote(sync->account.log, error->text));
    if (error->kind == ERROR_CREDENTIALS || error->kind == ERROR_CONFIGURATION || error->kind == ERROR_LIMIT)
        note_trouble(sync, ROUND_CLOSED, error);
    else if (error->status >= 500)
        note_server_failed(sync, write, error);
    else if (error->kind == ERROR_SERVICE)
        note_refused(sync, write, error);
    else
        note_trouble(sync, ROUND_UNANSWERED, error);
}

static void free_write(struct write *write)
{
    LIST_REMOVE(write, others);
    free(write->items);
    free(write);
}

void sync_drop_writes(struct sync *sync)
{
    while (!LIST_EMPTY(&sync->writing.under_way))
        free_write(LIST_FIRST(&sync->writing.under_way));
}

static void on_written(void *context, const struct error *error)
{
    struct write *write = context;
    struct lane *lane = write->lane;
    struct sync *sync = lane->sync;
    lane->in_flight--;
    if (lane->kind == LANE_DELETE) {
        sync->writing.deleted += !error; /* a twin that stays is the next run's */
        sync->report.deleted += !error;
    } else if (!error) {
        note_stored(sync, write);
    } else {
        const struct error named = sync_named(sync, error);
        lane->stopped = true;
        note_failed(sync, write, &named);
    }
    free_write(write);
    sync_fill_lane(lane);
    sync_answered(sync);
}

/* ---- sending ---- */

static struct write *new_write(struct lane *lane)
{
    struct write *write = xcalloc(1, sizeof *write);
    write->lane = lane;
    LIST_INSERT_HEAD(&lane->sync->writing.under_way, write, others);
    return write;
}

static bool goes_through(const struct lane *lane, const struct document *document)
{
    static const enum collection collections[] = {COLLECTION_TREATMENTS, COLLECTION_ENTRIES,
                                                  COLLECTION_DEVICE_STATUS};
    return collection_of(document->kind) == collections[lane->kind];
}

/* Fills batch with the next documents of the lane, oldest first, as many as a request may hold. NULL: there
   is none. */
static struct write *next_batch(struct lane *lane, struct buffer *batch)
{
    struct sync *sync = lane->sync;
    const struct difference *difference = &sync->difference;
    struct write *write = new_write(lane);
    struct buffer one;
    buffer_init(&one, DOCUMENT_BYTES);
    struct json_writer *writer = json_writer_new(&one);
    size_t limit = SIZE_MAX;
    write->items = xcalloc(difference->create_count - lane->next, sizeof *write->items);
    for (; lane->next < difference->create_count && write->count < limit; lane->next++) {
        uint32_t index = difference->creates[lane->next];
        const struct document *document = &sync->documents.items[index];
        if (!goes_through(lane, document) || (document->failed_alone != 0) != lane->suspects)
            continue;
        if (document->batch_limit && document->batch_limit < limit)
            limit = document->batch_limit;
        if (write->count >= limit)
            break;
        buffer_clear(&one);
        json_writer_reset(writer);
        document_write(document, &sync->log, sync->account.zone, writer);
        if (write->count > 0 && batch->length + one.length + 2 > BATCH_BYTES)
            break;
        buffer_add_text(batch, write->count ? "," : "[");
        buffer_add(batch, one.data, one.length);
        write->items[write->count++] = index;
    }
    buffer_add_text(batch, "]");
    json_writer_free(writer);
    buffer_free(&one);
    if (write->count > 0)
        return write;
    free_write(write);
    return NULL;
}

static bool send_batch(struct lane *lane)
{
    struct sync *sync = lane->sync;
    struct buffer batch;
    buffer_init(&batch, BATCH_BYTES + DOCUMENT_BYTES);
    struct write *write = next_batch(lane, &batch);
    if (!write && !lane->suspects && lane->in_flight == 0) {
        lane->suspects = true;
        lane->next = 0;
        buffer_clear(&batch);
        write = next_batch(lane, &batch);
    }
    if (write) {
        set_attempted(sync, write);
        lane->in_flight++;
        sync_expect(sync);
        nightscout_create(sync->nightscout, collection_of(sync->documents.items[write->items[0]].kind),
                          &batch, write->count, on_written, write);
    }
    buffer_free(&batch);
    return write != NULL;
}

/* A person may have edited the stored document meanwhile: what is replaced or deleted was read a moment ago.
 */
static bool is_fresh(struct lane *lane)
{
    struct sync *sync = lane->sync;
    if (!held_is_stale(&sync->held, monotonic_milliseconds()))
        return true;
    lane->stopped = true;
    note_trouble(sync, ROUND_STALE, &(struct error){0});
    return false;
}

static bool send_amendment(struct lane *lane)
{
    struct sync *sync = lane->sync;
    struct buffer body;
    if (lane->next == sync->difference.amend_count || !is_fresh(lane))
        return false;
    struct write *write = new_write(lane);
    write->items = xcalloc(1, sizeof *write->items);
    write->items[write->count++] = sync->difference.amends[lane->next++];
    buffer_init(&body, DOCUMENT_BYTES);
    amendment_write(&sync->documents.items[write->items[0]], &sync->log, &sync->held, &body);
    lane->in_flight++;
    sync_expect(sync);
    set_attempted(sync, write);
    nightscout_replace_treatment(sync->nightscout, &body, on_written, write);
    buffer_free(&body);
    return true;
}

static bool send_deletion(struct lane *lane)
{
    struct sync *sync = lane->sync;
    while (lane->next < sync->difference.twin_count && is_fresh(lane)) {
        uint32_t index = sync->difference.twins[lane->next++];
        char *id = held_id(&sync->held, index);
        if (!id)
            continue;
        lane->in_flight++;
        sync_expect(sync);
        nightscout_delete(sync->nightscout, collection_of(sync->held.items[index].kind), id, on_written,
                          new_write(lane));
        free(id);
        return true;
    }
    return false;
}

/* Sends as much as the lane may have under way; all of it in one go where nothing hinders. */
void sync_fill_lane(struct lane *lane)
{
    static bool (*const send[LANE_COUNT])(struct lane *) = {
        [LANE_TREATMENTS] = send_batch, [LANE_ENTRIES] = send_batch,   [LANE_DEVICE_STATUS] = send_batch,
        [LANE_AMEND] = send_amendment,  [LANE_DELETE] = send_deletion,
    };
    const struct sync *sync = lane->sync;
    while (!lane->stopped && sync->outcome == SYNC_RUNNING && sync->report.refused <= REFUSED_MAXIMUM &&
           lane->in_flight < lane->limit && send[lane->kind](lane))
        ;
}
