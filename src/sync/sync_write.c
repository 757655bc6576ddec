/* What a sync writes, and what it makes of the answers. Nothing is ever sent again before it was read back.
 */
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
#include "tconnectsync/nightscout/nightscout.h"
#include "tconnectsync/pump/account.h"
#include "tconnectsync/pump/feature.h"
#include "tconnectsync/settings/configuration.h"

#define BATCH_BYTES             89000 /* sites with SECURE_CSP cut JSON at 100 kB */
#define DOCUMENT_BYTES          (128u << 10)
#define SIDE_BY_SIDE            4
#define UNREACHABLE_ROUNDS      4
#define ROUNDS_WITHOUT_PROGRESS 10 /* enough to halve a full batch down to one document */
#define REFUSED_MAXIMUM         20
#define STRANGERS_WORTH_SAYING  3
#define LISTED_IN_A_TURN        16

/* One write under way. */
struct write {
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

/* ---- comparing ---- */

static void warn_of_others(struct sync *sync)
{
    if (!(sync->request.features & FEATURE_BASAL) || sync->rounds > 0)
        return; /* a later round knows nothing more */
    if (sync->difference.strangers >= STRANGERS_WORTH_SAYING)
        sync_warn(sync,
                  "Nightscout holds fresh basals that another pump's tconnectsync wrote. Is NS_URL the right "
                  "person's site, and does only one program write to it?");
    if (sync->difference.nameless >= STRANGERS_WORTH_SAYING)
        sync_warn(sync,
                  "An older tconnectsync still writes to this Nightscout. Switch it off: two writers can "
                  "disagree.");
}

void sync_compare(struct sync *sync)
{
    struct difference_rules rules = {
        .from = sync->from,
        .to = sync->to,
        .now = sync->now,
        .alarm_safe_minutes = sync->account.configuration->alarm_safe_minutes,
        .newest_device_status = sync->newest[COLLECTION_DEVICE_STATUS],
        .memory = sync->account.memory,
    };
    difference_free(&sync->difference);
    difference_find(&sync->documents, &sync->log, &sync->held, &rules, &sync->difference);
    warn_of_others(sync);
    log_info(sync->account.log, "sync", "creates=%zu amends=%zu twins=%zu", sync->difference.create_count,
             sync->difference.amend_count, sync->difference.twin_count);
}

/* ---- answers ---- */

static void fill_lane(struct lane *lane);

static void set_attempted(struct sync *sync, const struct write *write)
{
    for (size_t i = 0; i < write->count; i++)
        sync->documents.items[write->items[i]].attempted = true;
}

static void note_stored(struct sync *sync, const struct write *write)
{
    sync->progressed = true;
    for (size_t i = 0; i < write->count; i++) {
        struct document *document = &sync->documents.items[write->items[i]];
        if (write->lane->kind == LANE_AMEND)
            document->amended = true;
        else
            document->created = true;
    }
}

/* A batch that is refused whole is halved until the culprit stands alone; that one is left out. */
static void note_refused(struct sync *sync, const struct write *write, const struct error *error)
{
    char time[CIVIL_TEXT_SIZE];
    for (size_t i = 0; i < write->count; i++) {
        struct document *document = &sync->documents.items[write->items[i]];
        document->batch_limit = (uint16_t)(write->count / 2);
        document->attempted = write->count > 1;
        document->refused = write->count == 1;
    }
    if (write->count > 1)
        return;
    const struct document *document = &sync->documents.items[write->items[0]];
    sync->report.refused++;
    log_error(sync->account.log, "sync", "refused=\"%s\" at=%s sequence=%" PRId64 " error=%s",
              document_kind_name(document->kind),
              time_zone_format(sync->account.zone, time, document->time, 0),
              sync->log.events[document->event].sequence, log_quote(sync->account.log, error->text));
    if (sync->report.refused > REFUSED_MAXIMUM)
        sync->fatal = *error;
}

static void on_written(void *context, const struct error *error)
{
    struct write *write = context;
    struct lane *lane = write->lane;
    struct sync *sync = lane->sync;
    lane->in_flight--;
    if (lane->kind == LANE_DELETE) {
        sync->report.deleted += !error; /* a twin that stays is the next run's */
    } else if (!error) {
        note_stored(sync, write);
    } else {
        lane->stopped = true;
        log_warn(sync->account.log, "sync", "write=failed documents=%zu error=%s", write->count,
                 log_quote(sync->account.log, error->text));
        if (error->kind == ERROR_CREDENTIALS || error->kind == ERROR_CONFIGURATION) {
            sync->fatal = *error;
        } else {
            sync->uncertain = true;
            if (error->kind == ERROR_SERVICE)
                note_refused(sync, write, error);
            else
                sync->unreachable = true;
            sync->report.error = *error; /* shown if this stays the last word */
        }
    }
    free(write->items);
    free(write);
    fill_lane(lane);
    sync_answered(sync);
}

/* ---- sending ---- */

static struct write *new_write(struct lane *lane)
{
    struct write *write = xcalloc(1, sizeof *write);
    write->lane = lane;
    return write;
}

static bool goes_through(const struct lane *lane, const struct document *document)
{
    static const enum collection collections[] = {COLLECTION_TREATMENTS, COLLECTION_ENTRIES,
                                                  COLLECTION_DEVICE_STATUS};
    return collection_of(document->kind) == collections[lane->kind];
}

/* Fills batch with the next documents of the lane, oldest first, as many as a request may hold. */
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
        if (!goes_through(lane, document))
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
    free(write->items);
    free(write);
    return NULL;
}

static bool send_batch(struct lane *lane)
{
    struct sync *sync = lane->sync;
    struct buffer batch;
    buffer_init(&batch, BATCH_BYTES + DOCUMENT_BYTES);
    struct write *write = next_batch(lane, &batch);
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

static bool send_amendment(struct lane *lane)
{
    struct sync *sync = lane->sync;
    struct buffer body;
    if (lane->next == sync->difference.amend_count)
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
    while (lane->next < sync->difference.twin_count) {
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
static void fill_lane(struct lane *lane)
{
    static bool (*const send[LANE_COUNT])(struct lane *) = {
        [LANE_TREATMENTS] = send_batch, [LANE_ENTRIES] = send_batch,   [LANE_DEVICE_STATUS] = send_batch,
        [LANE_AMEND] = send_amendment,  [LANE_DELETE] = send_deletion,
    };
    const struct sync *sync = lane->sync;
    while (!lane->stopped && !sync->stopping && sync->fatal.kind == ERROR_NONE &&
           lane->in_flight < lane->limit && send[lane->kind](lane))
        ;
}

/* ---- pretending ---- */

/* False: none is left. */
static bool list_next(struct sync *sync, struct buffer *one)
{
    const struct difference *difference = &sync->difference;
    const struct document *documents = sync->documents.items;
    size_t place = sync->pretended++;
    buffer_clear(one);
    if (place < difference->create_count) {
        struct json_writer *writer = json_writer_new(one);
        document_write(&documents[difference->creates[place]], &sync->log, sync->account.zone, writer);
        json_writer_free(writer);
        log_info(sync->account.log, "sync", "pretend=create document=%s",
                 log_quote(sync->account.log, one->data));
        return true;
    }
    place -= difference->create_count;
    if (place < difference->amend_count) {
        amendment_write(&documents[difference->amends[place]], &sync->log, &sync->held, one);
        log_info(sync->account.log, "sync", "pretend=amend document=%s",
                 log_quote(sync->account.log, one->data));
        return true;
    }
    if (place - difference->amend_count >= difference->twin_count)
        return false;
    log_info(sync->account.log, "sync", "pretend=delete note=\"an exact twin\"");
    return true;
}

/* A month is thousands of lines: the loop serves others between them. */
void sync_list_pretended(struct sync *sync)
{
    struct buffer one;
    size_t listed = 0;
    buffer_init(&one, DOCUMENT_BYTES);
    while (listed < LISTED_IN_A_TURN && list_next(sync, &one))
        listed++;
    buffer_free(&one);
    if (listed == LISTED_IN_A_TURN && !sync->stopping)
        sync_take_turn(sync, 0);
}

/* ---- the steps ---- */

void sync_enter_write(struct sync *sync)
{
    sync_write_profile(sync);
    sync->uncertain = sync->unreachable = sync->progressed = false;
    for (enum lane_kind kind = 0; kind < LANE_COUNT; kind++)
        sync->lanes[kind] =
            (struct lane){.sync = sync,
                          .kind = kind,
                          .limit = sync->oldest_first && kind <= LANE_DEVICE_STATUS ? 1 : SIDE_BY_SIDE};
    if (sync->request.pretend) {
        sync_list_pretended(sync);
        return;
    }
    for (enum lane_kind kind = 0; kind < LANE_COUNT; kind++)
        fill_lane(&sync->lanes[kind]);
}

static bool give_up(struct sync *sync)
{
    sync->rounds++;
    sync->unreachable_rounds += sync->unreachable;
    sync->rounds_without_progress = sync->progressed ? 0 : sync->rounds_without_progress + 1;
    return sync->unreachable_rounds > UNREACHABLE_ROUNDS ||
           sync->rounds_without_progress > ROUNDS_WITHOUT_PROGRESS;
}

void sync_leave_write(struct sync *sync)
{
    struct error error = sync->report.error;
    if (sync->fatal.kind != ERROR_NONE) {
        sync_fail(sync, &sync->fatal);
    } else if (sync->uncertain && give_up(sync)) {
        sync->failed_in_nightscout = sync->unreachable;
        sync_fail(sync, &error);
    } else if (sync->uncertain) {
        sync->next = STEP_WAIT;
    } else if (sync->report.refused > 0) {
        error_set(&error, ERROR_SERVICE,
                  "Nightscout refuses %" PRIu64
                  " of the pump's documents, which were left out; everything else is "
                  "stored. The log names each of them.",
                  sync->report.refused);
        sync_fail(sync, &error);
    } else if (sync->profile_error.kind != ERROR_NONE) {
        sync_fail(sync, &sync->profile_error);
    }
}

/* ---- counting ---- */

static void count_document(struct sync *sync, const struct document *document)
{
    struct report_counts *counts = &sync->report.kinds[document->kind];
    bool in_range = document->time >= sync->from && document->time <= sync->to;
    if (document->created || (sync->request.pretend && document->fate == FATE_CREATE))
        counts->created++;
    else if (document->amended || (sync->request.pretend && document->fate == FATE_AMEND))
        counts->amended++;
    else if (document->fate == FATE_UNCHANGED && in_range)
        counts->unchanged++;
    else if (document->fate == FATE_WITHHELD)
        counts->withheld++;
}

void sync_count_documents(struct sync *sync)
{
    struct report *report = &sync->report;
    for (size_t i = 0; i < sync->documents.count; i++) {
        const struct document *document = &sync->documents.items[i];
        count_document(sync, document);
        if (document->created)
            event_memory_add(sync->account.memory, document, &sync->log);
        if (document->kind == DOCUMENT_READING && document->time > report->newest_reading)
            report->newest_reading = document->time;
    }
    for (unsigned pump = 0; sync->pumper && sync->chosen && pump < sync->pumper->pump_count; pump++) {
        int64_t sequence, newest = pump_log_newest(&sync->log, pump, &sequence);
        if (newest == NO_TIME || newest < report->newest_event)
            continue;
        report->newest_event = newest;
        report->last_sequence = sequence;
    }
}
