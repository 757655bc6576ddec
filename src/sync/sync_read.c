/* Which part of the log a sync reads, and what Nightscout holds of the same time. */
#include "sync_internal.h"

#include <inttypes.h>
#include <stdlib.h>

#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/nightscout/nightscout.h"
#include "tconnectsync/pump/account.h"
#include "tconnectsync/pump/feature.h"
#include "tconnectsync/settings/configuration.h"
#include "tconnectsync/tandem/tandem.h"

#define LOOK_BACK_LEAST SECONDS_PER_DAY
#define LOOK_BACK_MOST  (28 * SECONDS_PER_DAY)
#define LOG_PADDING     (36 * SECONDS_PER_HOUR)
#define HELD_PADDING    (26 * SECONDS_PER_HOUR)
#define LOG_WINDOW_DAYS 28
#define HELD_WINDOW     (7 * INT64_C(86400000)) /* milliseconds */

/* ---- what is asked for ---- */

bool sync_wants_treatments(const struct sync *sync)
{
    return sync->request.features & (FEATURE_BASAL | FEATURE_BOLUS | FEATURE_PUMP_EVENTS |
                                     FEATURE_CGM_ALERTS | FEATURE_PUMP_EVENTS_BASAL_SUSPENSION);
}

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

/* ---- the range ---- */

bool sync_reaches_now(const struct sync *sync)
{
    return !sync->request.has_range || sync->request.to >= sync->now - SECONDS_PER_MINUTE;
}

/* Of the collections that were asked, the one that has come least far; NO_TIME when none has any. */
static int64_t newest_of_ours(const struct sync *sync)
{
    int64_t newest = NO_TIME;
    for (int i = 0; i < COLLECTION_COUNT; i++)
        if (sync->range.newest[i] != NO_TIME && (newest == NO_TIME || sync->range.newest[i] < newest))
            newest = sync->range.newest[i];
    return newest;
}

/* From the newest document of ours on, so that a gap after an outage closes by itself. */
static void look_back(struct sync *sync)
{
    int64_t newest = newest_of_ours(sync), day = sync->now - LOOK_BACK_LEAST,
            most = sync->now - LOOK_BACK_MOST;
    char from[CIVIL_TEXT_SIZE], to[CIVIL_TEXT_SIZE];
    sync->range.to = sync->now;
    sync->range.from = newest != NO_TIME && newest < day ? newest : day;
    if (sync->range.from >= most)
        return;
    sync_warn(sync,
              "Nightscout's newest document of ours is %" PRId64
              " days old; only the last 28 days are filled by "
              "themselves. To fill the rest: tconnectsync-heroku sync --from %s --to %s",
              (sync->now - sync->range.from) / SECONDS_PER_DAY,
              civil_format_date(from, time_zone_wall(sync->account.zone, sync->range.from)),
              civil_format_date(to, time_zone_wall(sync->account.zone, most)));
    sync->range.from = most;
}

/* A run up to now over less than all that is missing writes documents that the next look-back takes for the
   end of what is there. */
static void warn_of_gap(struct sync *sync)
{
    const unsigned treatments = FEATURE_BASAL | FEATURE_BOLUS | FEATURE_PUMP_EVENTS;
    int64_t newest = newest_of_ours(sync);
    unsigned left_out = sync->account.configuration->features & treatments & ~sync->request.features;
    bool too_late = sync->request.has_range && newest < sync->range.from - SECONDS_PER_HOUR;
    bool too_few = left_out && sync_wants_treatments(sync) && newest < sync->now - LOOK_BACK_LEAST;
    if (newest == NO_TIME || sync->request.pretend || !sync_reaches_now(sync) || (!too_late && !too_few))
        return;
    char since[CIVIL_TEXT_SIZE];
    int days = (int)((sync->now - newest) / SECONDS_PER_DAY) + 1;
    sync_warn(
        sync,
        "This run leaves a gap that no later one fills by itself: not everything since %s is carried over. "
        "To fill it: tconnectsync-heroku sync --days %d, or %d days on the status page, with all kinds of "
        "data.",
        civil_format_date(since, time_zone_wall(sync->account.zone, newest)), days, days);
}

static int64_t read_until(const struct sync *sync)
{
    int64_t until = sync->range.to + LOG_PADDING;
    return until < sync->now ? until : sync->now;
}

bool sync_choose_range(struct sync *sync, struct error *error)
{
    const struct time_zone *zone = sync->account.zone;
    char warning[600] = "";
    if (sync->request.has_range) {
        sync->range.from = sync->request.from;
        sync->range.to = sync->request.to < sync->now ? sync->request.to : sync->now;
    } else {
        look_back(sync);
    }
    warn_of_gap(sync);
    sync->range.chosen = xcalloc(sync->pumper->pump_count, sizeof *sync->range.chosen);
    if (!account_choose_pumps(sync->pumper, sync->account.configuration->pump_serial_number,
                              time_zone_wall(zone, sync->range.from - LOG_PADDING),
                              time_zone_wall(zone, read_until(sync)) + 1, time_zone_wall(zone, sync->now),
                              sync->range.chosen, warning, sizeof warning, error))
        return false;
    if (*warning)
        sync_warn(sync, "%s", warning);
    return true;
}

/* ---- reading ---- */

static int64_t day_of(int64_t wall)
{
    return wall / SECONDS_PER_DAY - (wall % SECONDS_PER_DAY < 0);
}

static void read_log(struct sync *sync, unsigned pump)
{
    const struct time_zone *zone = sync->account.zone;
    struct sync_reading *reading = &sync->reading;
    int64_t last = day_of(time_zone_wall(zone, read_until(sync)));
    for (int64_t day = day_of(time_zone_wall(zone, sync->range.from - LOG_PADDING)); day <= last;
         day += LOG_WINDOW_DAYS) {
        int64_t end = day + LOG_WINDOW_DAYS - 1 < last ? day + LOG_WINDOW_DAYS - 1 : last;
        struct pump_log_reader *reader = pump_log_reader_new(&sync->log, pump);
        reading->log_readers =
            xreallocarray(reading->log_readers, reading->log_reader_count + 1, sizeof reader);
        reading->log_readers[reading->log_reader_count++] = reader;
        sync_expect(sync);
        tandem_fetch_log(sync->account.tandem, sync->pumper->pumps[pump].assignment_id, day, end, reader,
                         sync_on_tandem, sync);
    }
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
    sync->held.read_at = sync_monotonic_milliseconds();
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
    bool hidden =
        json_is(sync->profile.newest, JSON_OBJECT) && !json_get(sync->profile.newest, "pump_settings_hash");
    if (!hidden) {
        sync_write_profile(sync);
    } else if (!sync->profile.stored) {
        sync_expect(sync);
        nightscout_fetch_profiles(sync->nightscout, &sync->profile.stored, sync_on_nightscout, sync);
    }
}

void sync_enter_read(struct sync *sync)
{
    for (unsigned pump = 0; pump < sync->pumper->pump_count; pump++)
        if (sync->range.chosen[pump])
            read_log(sync, pump);
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
    *reading = (struct sync_reading){0};
}

void sync_begin_log(struct sync *sync)
{
    const unsigned features = sync->request.features | (sync->request.keeps_readings ? FEATURE_CGM : 0);
    pump_log_init(&sync->log, features, time_zone_wall(sync->account.zone, sync->now));
    sync->log.journal = sync->account.log;
}

void sync_leave_read(struct sync *sync)
{
    sync_drop_readers(sync);
    if (sync->sign_in.token != TOKEN_REFUSED)
        return;
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
