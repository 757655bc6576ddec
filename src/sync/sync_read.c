/* Which part of the log a sync reads, and what Nightscout holds of the same time. */
#include "sync_internal.h"

#include <inttypes.h>
#include <stdlib.h>

#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/base/monotonic.h"
#include "tconnectsync/nightscout/nightscout.h"
#include "tconnectsync/pump/account.h"
#include "tconnectsync/pump/feature.h"
#include "tconnectsync/settings/configuration.h"
#include "tconnectsync/tandem/tandem.h"

#define HELD_WINDOW (7 * INT64_C(86400000)) /* milliseconds */

/* ---- what is asked for ---- */

static bool wants_device_status(const struct sync *sync)
{
    return sync->request.features & (FEATURE_DEVICE_STATUS | FEATURE_IOB);
}

void sync_fetch_newest(struct sync *sync, enum collection collection, int64_t until)
{
    sync_expect(sync);
    nightscout_fetch_newest(sync->nightscout, collection, until, &sync->range.newest[collection],
                            sync_on_nightscout, sync);
}

/* ---- reading ---- */

static void read_window(struct sync *sync, unsigned pump, const struct assignment *assignment, int64_t first,
                        int64_t last)
{
    struct sync_reading *reading = &sync->reading;
    if (!assignment_reaches_into(assignment, first * SECONDS_PER_DAY, (last + 1) * SECONDS_PER_DAY,
                                 sync->now))
        return;
    struct pump_log_reader *reader = pump_log_reader_new(&sync->log, pump);
    reading->log_readers = xreallocarray(reading->log_readers, reading->log_reader_count + 1, sizeof reader);
    reading->log_readers[reading->log_reader_count++] = reader;
    sync_expect(sync);
    tandem_fetch_log(sync->account.tandem, assignment->id, first, last, reader, sync_on_tandem, sync);
}

static void read_days(struct sync *sync, unsigned pump, int64_t first, int64_t last)
{
    const struct pump *its = &sync->pumper->pumps[pump];
    for (size_t i = 0; i < its->assignment_count; i++)
        read_window(sync, pump, &its->assignments[i], first, last);
}

static void read_held(struct sync *sync, enum collection collection)
{
    struct sync_reading *reading = &sync->reading;
    int64_t from = (sync->range.from - HELD_PADDING) * 1000, to = (sync->range.to + HELD_PADDING) * 1000;
    for (; from <= to; from += HELD_WINDOW) {
        int64_t end = from + HELD_WINDOW - 1 < to ? from + HELD_WINDOW - 1 : to;
        struct held_reader *reader = held_reader_new(&sync->held, collection);
        reading->held_readers =
            xreallocarray(reading->held_readers, reading->held_reader_count + 1, sizeof reader);
        reading->held_readers[reading->held_reader_count++] = reader;
        sync_expect(sync);
        nightscout_read(sync->nightscout, collection, from, end, reader, sync_on_nightscout, sync);
    }
}

static void read_nightscout(struct sync *sync)
{
    sync->held.read_at = monotonic_milliseconds();
    if (sync_wants_treatments(sync))
        read_held(sync, COLLECTION_TREATMENTS);
    if (sync->request.features & FEATURE_CGM)
        read_held(sync, COLLECTION_ENTRIES);
    if (wants_device_status(sync))
        sync_fetch_newest(sync, COLLECTION_DEVICE_STATUS, sync->now + SECONDS_PER_DAY);
}

/* A person's profile on top hides ours: the newest of ours is further down the list. Otherwise everything
   that the profile depends on is known, and it is written beside the reads. */
static void settle_profile(struct sync *sync)
{
    const struct json *current = sync_current_profile(sync);
    bool hidden = json_is(current, JSON_OBJECT) && !json_get(current, "pump_settings_hash");
    if (!hidden) {
        sync_write_profile(sync);
    } else if (!sync->profile.stored) {
        sync_expect(sync);
        nightscout_fetch_profiles(sync->nightscout, &sync->profile.stored, sync_on_nightscout, sync);
    }
}

/* A second time for days that a pump's clock turned out to have shown as well: the log alone. */
void sync_enter_read(struct sync *sync)
{
    const bool again = sync->reading.days != NULL;
    if (!again)
        sync->reading.days = xcalloc(sync->pumper->pump_count, sizeof *sync->reading.days);
    for (unsigned pump = 0; pump < sync->pumper->pump_count; pump++) {
        /* the log's pumps are the account's, in its order */
        pump_log_add_pump(&sync->log, sync->pumper->pumps[pump].serial_number);
        if (sync->range.chosen[pump])
            sync_ask_for_days(sync, pump, read_days);
    }
    if (again)
        return;
    sync_fetch_coverage(sync);
    read_nightscout(sync);
    settle_profile(sync);
}

void sync_drop_readers(struct sync *sync)
{
    struct sync_reading *reading = &sync->reading;
    for (size_t i = 0; i < reading->log_reader_count; i++)
        pump_log_reader_free(reading->log_readers[i]);
    for (size_t i = 0; i < reading->held_reader_count; i++)
        held_reader_free(reading->held_readers[i]);
    free(reading->log_readers);
    free(reading->held_readers);
    reading->log_readers = NULL;
    reading->held_readers = NULL;
    reading->log_reader_count = reading->held_reader_count = 0;
}

void sync_begin_log(struct sync *sync)
{
    const unsigned features = sync->request.keeps_all ? FEATURES_ALL : sync->request.features;
    pump_log_init(&sync->log, features, time_zone_wall(sync->account.zone, sync->now));
    if (!sync->account.configuration->pump_clock_follows_zone)
        pump_log_take_all_times(&sync->log);
    sync->log.journal = sync->account.log;
}

void sync_leave_read(struct sync *sync)
{
    sync_drop_readers(sync);
    sync_learn_coverage(sync);
    if (sync->sign_in.token != TOKEN_REFUSED)
        return;
    sync_forget_days(sync);
    pump_log_free(&sync->log);
    held_free(&sync->held);
    sync_begin_log(sync);
    sync_sign_in_again(sync);
}

void sync_enter_read_back(struct sync *sync)
{
    held_free(&sync->held);
    read_nightscout(sync);
}
