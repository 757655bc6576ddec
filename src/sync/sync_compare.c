/* From what was read to what there is to write: the pump's log in order, the documents out of it, the
   difference to what Nightscout holds; how that is listed where nothing is written, and counted for the
   report. */
#include "sync_internal.h"

#include <inttypes.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/base/log.h"
#include "tconnectsync/pump/account.h"
#include "tconnectsync/pump/feature.h"
#include "tconnectsync/settings/configuration.h"

#define DOCUMENT_BYTES         (128u << 10)
#define STRANGERS_WORTH_SAYING 3
#define LISTED_IN_A_TURN       16

/* ---- from the log to the difference ---- */

void sync_build_documents(struct sync *sync)
{
    const struct configuration *configuration = sync->account.configuration;
    const struct document_rules rules = {
        .features = sync->request.features,
        .ignore_zero_unit_basal = configuration->ignore_zero_unit_basal,
        .now = sync->now,
        .to = sync->range.to,
    };
    if (!sync->builder)
        sync->builder = documents_begin(&sync->log, sync->account.zone, &rules, &sync->documents);
    if (documents_go_on(sync->builder)) {
        sync_take_turn(sync, 0);
        return;
    }
    documents_end(sync->builder);
    sync->builder = NULL;
}

static void warn_of_others(struct sync *sync)
{
    if (!(sync->request.features & FEATURE_BASAL) || sync->writing.rounds > 0)
        return; /* a later round knows nothing more */
    if (sync->difference.strangers >= STRANGERS_WORTH_SAYING)
        sync_warn(
            sync,
            "Nightscout holds recent basals that another pump's tconnectsync wrote. Is NS_URL the right "
            "person's site, and does only one program write to it?");
    if (sync->difference.nameless >= STRANGERS_WORTH_SAYING)
        sync_warn(sync,
                  "An older tconnectsync still writes to this Nightscout. Switch it off: two writers can "
                  "disagree.");
}

static void begin(struct sync *sync)
{
    sync->comparison_rules = (struct difference_rules){
        .from = sync->range.from,
        .to = sync->range.to,
        .now = sync->now,
        .alarm_safe_minutes = sync->account.configuration->alarm_safe_minutes,
        .newest_device_status = sync->range.newest[COLLECTION_DEVICE_STATUS],
        .zone = sync->account.configuration->pump_clock_follows_zone ? NULL : sync->account.zone,
        .settled = sync->request.has_range ? NULL : sync_is_settled,
        .settled_context = sync,
    };
    sync->settling.compared =
        false; /* stopped in the middle, it is known of no document whether it is there */
    difference_free(&sync->difference);
    sync->comparison = comparison_begin(&sync->documents, &sync->log, &sync->held, &sync->comparison_rules,
                                        &sync->difference);
}

void sync_compare(struct sync *sync)
{
    if (!sync->comparison)
        begin(sync);
    if (comparison_go_on(sync->comparison)) {
        sync_take_turn(sync, 0);
        return;
    }
    comparison_free(sync->comparison);
    sync->comparison = NULL;
    sync->settling.compared = true;
    warn_of_others(sync);
    log_info(sync->account.log, "sync", "creates=%zu amends=%zu deletes=%zu", sync->difference.create_count,
             sync->difference.amend_count, sync->difference.twin_count);
}

/* ---- pretending ---- */

/* False: none is left. */
static bool list_next(struct sync *sync, struct buffer *one)
{
    const struct difference *difference = &sync->difference;
    const struct document *documents = sync->documents.items;
    size_t place = sync->writing.pretended++;
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
    log_info(sync->account.log, "sync",
             "pretend=delete note=\"an exact twin, or a reading that was written anew at its right time\"");
    return true;
}

/* A month is thousands of lines: the loop serves others between them. */
void sync_list_pretended(struct sync *sync)
{
    struct buffer one;
    size_t listed = 0;
    if (sync->request.is_listed)
        return;
    buffer_init(&one, DOCUMENT_BYTES);
    while (listed < LISTED_IN_A_TURN && list_next(sync, &one))
        listed++;
    buffer_free(&one);
    if (listed == LISTED_IN_A_TURN && sync->outcome == SYNC_RUNNING)
        sync_take_turn(sync, 0);
}

/* ---- counting ---- */

static void count_document(struct sync *sync, const struct document *document)
{
    struct report_counts *counts = &sync->report.kinds[document->kind];
    bool in_range = document->time >= sync->range.from && document->time <= sync->range.to;
    if (document->created || (sync->request.pretend && document->fate == FATE_CREATE))
        counts->created++;
    else if (document->amended ||
             (sync->request.pretend && (document->fate == FATE_AMEND || document->fate == FATE_MOVE)))
        counts->amended++;
    else if (document->fate == FATE_UNCHANGED && in_range)
        counts->unchanged++;
    else if (document->fate == FATE_WITHHELD)
        counts->withheld++;
}

/* Of the pump, not of some old days that somebody asked for: their log ends before it. */
static void note_newest(struct sync *sync)
{
    struct report *report = &sync->report;
    if (!sync->pumper || !sync->range.chosen || sync_read_until(sync) < sync->now)
        return;
    for (unsigned pump = 0; pump < sync->pumper->pump_count; pump++) {
        int64_t sequence, newest = pump_log_newest(&sync->log, pump, &sequence);
        if (newest == NO_TIME || newest < report->newest_event)
            continue;
        report->newest_event = newest;
        report->last_sequence = sequence;
    }
}

void sync_count_documents(struct sync *sync)
{
    struct report *report = &sync->report;
    for (size_t i = 0; i < sync->documents.count; i++) {
        const struct document *document = &sync->documents.items[i];
        count_document(sync, document);
        if (document->kind == DOCUMENT_READING && document->time > report->newest_reading)
            report->newest_reading = document->time;
    }
    note_newest(sync);
}
