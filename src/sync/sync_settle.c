/* What is settled: read from Nightscout's activity collection, added to after the writes, and written there
 * again. */
#include "sync_internal.h"

#include <stdlib.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/base/log.h"
#include "tconnectsync/base/monotonic.h"
#include "tconnectsync/documents/held.h"
#include "tconnectsync/nightscout/nightscout.h"
#include "tconnectsync/pump/account.h"
#include "tconnectsync/settings/configuration.h"

#include "memory_of_pump.h"

#define DOCUMENT_MAXIMUM (80u << 10) /* sites with SECURE_CSP cut JSON at 100 kB */

/* Of the account's pump at that place. */
static struct memory_of_pump *memory_at(const struct sync *sync, size_t pump)
{
    return memory_of_pump(sync->account.memory, sync->pumper->pumps[pump].serial_number);
}

/* ---- reading ---- */

static bool keeps_none_for_us(const struct error *error)
{
    return error->status == 401 || error->status == 403 || error->status == 404 || error->status == 405;
}

/* Some servers and tokens have no such collection for us: the process remembers, and that is said once. */
static void note_refused(struct sync *sync)
{
    struct sync_memory *memory = sync->account.memory;
    if (!memory->coverage_refused)
        sync_warn(
            sync,
            "Nightscout keeps no activity documents for this program, so what is settled is remembered only "
            "until it is restarted. A treatment deleted in Nightscout may then come back. Give NS_SECRET the "
            "API_SECRET, or a token whose role may do everything.");
    memory->coverage_refused = true;
}

static void on_coverage(void *context, const struct error *error)
{
    struct sync *sync = context;
    if (error && keeps_none_for_us(error)) {
        note_refused(sync);
        sync_answered(sync);
    } else {
        sync_on_nightscout(sync, error);
    }
}

void sync_fetch_coverage(struct sync *sync)
{
    if (sync->settling.asked || sync->account.memory->coverage_refused)
        return;
    sync->settling.asked = true;
    sync->settling.asked_at = monotonic_milliseconds();
    sync_expect(sync);
    nightscout_fetch_activities(sync->nightscout, &sync->settling.activities, on_coverage, sync);
}

/* The holes that are there when this process first looks are old ones. */
void sync_learn_coverage(struct sync *sync)
{
    char key[COVERAGE_KEY_SIZE];
    if (!sync->settling.activities || !sync->pumper || sync->settling.learned)
        return;
    sync->settling.learned = true;
    for (size_t i = 0; i < sync->pumper->pump_count; i++) {
        const char *serial_number = sync->pumper->pumps[i].serial_number;
        struct memory_of_pump *known = memory_at(sync, i);
        free(known->coverage_id);
        coverage_read(&known->coverage, sync->settling.activities, coverage_key(serial_number, key),
                      sync->now, &known->coverage_id);
        if (!known->coverage_read)
            coverage_remember_gaps(&known->coverage);
        known->coverage_read = true;
    }
}

unsigned sync_added_features(const struct sync *sync, int64_t *first_day, int64_t *last_day)
{
    unsigned added = 0;
    for (size_t i = 0; sync->range.chosen && i < sync->pumper->pump_count; i++) {
        const struct memory_of_pump *known = memory_at(sync, i);
        int64_t first, last;
        unsigned its = sync->range.chosen[i]
                           ? coverage_features_added(&known->coverage, sync->request.features, &first, &last)
                           : 0;
        if (!its)
            continue;
        *first_day = !added || first < *first_day ? first : *first_day;
        *last_day = !added || last > *last_day ? last : *last_day;
        added |= its;
    }
    return added;
}

bool sync_is_settled(void *context, const struct document *document)
{
    const struct sync *sync = context;
    const struct pump_event *event = &sync->log.events[document->event];
    const struct coverage *coverage = &memory_at(sync, event->pump)->coverage;
    return sync_is_automatic(sync) ? coverage_has(coverage, &sync->log, document)
                                   : coverage_is_settled(coverage, &sync->log, document);
}

/* ---- adding ---- */

/* Something waits for the next run, new upload or not: what is withheld, refused or not stored, or lies
 * ahead. */
static bool something_waits(const struct sync *sync)
{
    for (size_t i = 0; i < sync->documents.count; i++) {
        const struct document *document = &sync->documents.items[i];
        if (document->fate == FATE_WITHHELD || document->refused ||
            (document->fate == FATE_CREATE && !document->created) ||
            ((document->fate == FATE_AMEND || document->fate == FATE_MOVE) && !document->amended))
            return true;
    }
    for (size_t i = 0; i < sync->log.event_count; i++)
        if (sync->log.events[i].time > sync->now)
            return true;
    return false;
}

void sync_settle(struct sync *sync)
{
    if (sync->request.pretend || sync->settling.settled || !sync->settling.compared)
        return;
    sync->settling.settled = true;
    const bool first = !memory_knows_coverage(sync->account.memory);
    for (unsigned pump = 0; pump < sync->log.pump_count; pump++) {
        struct memory_of_pump *known = memory_at(sync, pump);
        const struct coverage_rules rules = {
            .pump = pump,
            .features = sync->request.features,
            .zone = sync->account.zone,
            .from = sync->range.from,
            .to = sync->range.to,
            .today = time_zone_wall(sync->account.zone, sync->now) / SECONDS_PER_DAY,
            .automatic = sync_is_automatic(sync),
            .first = first,
        };
        int64_t waiting;
        if (!sync->range.chosen[pump])
            continue;
        known->coverage_changed |=
            coverage_settle(&known->coverage, &sync->log, &sync->documents, &rules, &waiting);
        if (sync_is_automatic(sync))
            known->waiting = waiting;
    }
}

void sync_remember_run(struct sync *sync, bool good)
{
    struct sync_memory *memory = sync->account.memory;
    if (!good)
        memory->is_settled = false;
    if (!good || sync->request.pretend || !sync_is_automatic(sync) || !sync->settling.settled)
        return;
    memory->is_settled = !something_waits(sync);
    memory->compared_at = monotonic_seconds();
    for (size_t i = 0; i < sync->pumper->pump_count; i++) {
        struct memory_of_pump *known = memory_at(sync, i);
        memory_note_settled(known, &sync->pumper->pumps[i]);
        if (!sync->range.chosen[i])
            continue;
        coverage_remember_gaps(&known->coverage);
        if (sync_looks_into_gaps(sync, known))
            known->gaps_looked_at = sync->now;
    }
}

/* ---- writing ---- */

static void note_unwritten(struct sync *sync, const struct error *error)
{
    log_warn(sync->account.log, "sync",
             "note=\"what is settled could not be written; the next sync tries again\" error=%s",
             log_quote(sync->account.log, error->text));
}

static void on_written(void *context, const struct error *error)
{
    struct sync *sync = context;
    if (error && keeps_none_for_us(error))
        note_refused(sync);
    else if (error)
        note_unwritten(sync, error);
    for (size_t i = 0; error && i < sync->account.memory->count; i++)
        sync->account.memory->pumps[i].coverage_changed = true;
    sync_answered(sync);
}

static void write_coverage(struct sync *sync, struct memory_of_pump *known)
{
    char key[COVERAGE_KEY_SIZE];
    struct buffer body;
    buffer_init(&body, DOCUMENT_MAXIMUM);
    coverage_write(&known->coverage, coverage_key(known->serial_number, key), known->coverage_id, sync->now,
                   &body);
    known->coverage_changed = false;
    if (body.full) {
        log_warn(sync->account.log, "sync", "note=\"what is settled is too long to be written\"");
    } else {
        sync_expect(sync);
        nightscout_write_activity(sync->nightscout, known->coverage_id != NULL, &body, on_written, sync);
    }
    buffer_free(&body);
}

static void write_what_changed(struct sync *sync)
{
    for (size_t i = 0; i < sync->pumper->pump_count; i++)
        if (memory_at(sync, i)->coverage_changed)
            write_coverage(sync, memory_at(sync, i));
}

/* Another program may have written meanwhile what this one would replace. */
static bool has_old_copy(const struct sync *sync)
{
    bool changed = false;
    for (size_t i = 0; i < sync->pumper->pump_count; i++)
        changed |= memory_at(sync, i)->coverage_changed;
    return changed && monotonic_milliseconds() - sync->settling.asked_at > HELD_FRESH_MILLISECONDS;
}

static void on_read_again(void *context, const struct error *error)
{
    struct sync *sync = context;
    if (error)
        note_unwritten(sync, error);
    else
        sync->settling.read_again = true;
    sync_answered(sync);
}

static void read_again(struct sync *sync)
{
    json_free(sync->settling.activities);
    sync->settling.activities = NULL;
    sync->settling.learned = false;
    sync_expect(sync);
    nightscout_fetch_activities(sync->nightscout, &sync->settling.activities, on_read_again, sync);
}

void sync_enter_settle(struct sync *sync)
{
    sync_settle(sync);
    if (sync->request.pretend || sync->account.memory->coverage_refused)
        return;
    if (has_old_copy(sync))
        read_again(sync);
    else
        write_what_changed(sync);
}

/* What the writes have failed with ends the run only now: what was stored is settled all the same. */
void sync_leave_settle(struct sync *sync)
{
    if (sync->settling.read_again) {
        sync->settling.read_again = false;
        sync_learn_coverage(sync);
        write_what_changed(sync);
        if (sync->pending > 0)
            return;
    }
    if (sync->settling.failure.kind != ERROR_NONE)
        sync_fail(sync, SYNC_FAILED_AT_NIGHTSCOUT, &sync->settling.failure);
}
