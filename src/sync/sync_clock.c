/* The log in the pump's order and each pump's clock: what it was worth, and which days
   it showed in the range. */
#include "sync_internal.h"

#include <inttypes.h>
#include <stdlib.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/log.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/pump/account.h"
#include "tconnectsync/settings/configuration.h"

#include "memory_of_pump.h"

#define FURTHER_ROUNDS 2 /* of reading days that the clock turned out to have shown */

/* The account tells of an event on a day that was not asked for: around midnight, a pump whose clock is
   ahead. The newest record that was read then says nothing of the clock. */
static bool is_of_unread_day(const struct sync *sync, unsigned pump, int64_t claimed)
{
    return claimed <= pump_newest(&sync->pumper->pumps[pump], sync->now) &&
           !sync_has_read_day(sync, pump, civil_day_number(claimed));
}

/* What the clock showed when the upload came. An upload that came while the log was being read is not the
   account's. */
static struct clock_witness witness_of(const struct sync *sync, unsigned pump)
{
    const struct pump *its = &sync->pumper->pumps[pump];
    const struct assignment *newest = sync_newest_assignment(its);
    struct clock_witness witness = {.wall = NO_TIME, .upload = newest->last_upload};
    if (sync_read_until(sync) >= sync->now)
        witness.wall = pump_log_newest_wall(&sync->log, pump);
    if (witness.wall == NO_TIME)
        witness.wall = pump_newest(its, sync->now);
    else if (newest->newest_event != NO_TIME &&
             (newest->newest_event < witness.wall || is_of_unread_day(sync, pump, newest->newest_event)))
        witness.wall = newest->newest_event;
    return witness;
}

static void log_clock(const struct sync *sync, unsigned pump, const struct pump_clock *clock)
{
    log_info(sync->account.log, "clock",
             "pump=%u offset_minutes=%" PRId64 " by=%s stretches=%zu ahead_minutes=%" PRId64
             " disbelieved=%zu",
             pump + 1, clock->stretches[clock->count - 1].offset / SECONDS_PER_MINUTE,
             clock_evidence_name(clock->evidence), clock->count, clock->ahead / SECONDS_PER_MINUTE,
             clock->disbelieved);
}

static void describe_clock(struct sync *sync, const struct pump *pump, const struct pump_clock *clock)
{
    struct buffer text, named;
    if (!pump_in_use(pump, sync->now) || clock->ahead == 0)
        return;
    buffer_init(&text, sizeof sync->report.clock - 1);
    buffer_init(&named, sizeof sync->report.clock - 1);
    pump_clock_describe(clock, &text);
    configuration_add_named(sync->account.configuration, text.data, &named);
    report_set_clock(&sync->report, named.data, clock->wrong_since);
    log_warn(sync->account.log, "clock", "note=%s", log_quote(sync->account.log, named.data));
    buffer_free(&text);
    buffer_free(&named);
}

static void find_clock(struct sync *sync, unsigned pump)
{
    const struct pump *its = &sync->pumper->pumps[pump];
    struct memory_of_pump *known = memory_of_pump(sync->account.memory, its->serial_number);
    struct clock_witness witnesses[CLOCK_WITNESSES + 1];
    struct clock_facts facts = {
        .now = sync->now, .first_available = NO_TIME, .newest_wall = NO_TIME, .witnesses = witnesses};
    const struct clock_witness present = witness_of(sync, pump);
    for (size_t i = 0; i < its->assignment_count; i++)
        if (its->assignments[i].first_available != NO_TIME &&
            (facts.first_available == NO_TIME || its->assignments[i].first_available < facts.first_available))
            facts.first_available = its->assignments[i].first_available;
    if (present.wall != NO_TIME && present.upload != NO_TIME) {
        facts.newest_wall = present.wall;
        witnesses[facts.witness_count++] = present;
    }
    const struct pump_clock *clock = pump_log_find_clock(&sync->log, pump, sync->account.zone, &facts);
    const struct clock_stretch *newest = &clock->stretches[clock->count - 1];
    if (newest->first.group == known->clock_since.group &&
        newest->first.sequence == known->clock_since.sequence && facts.witness_count > 0 &&
        known->witness_count > 0) {
        /* earlier uploads of the same stretch bear witness too, each of them once */
        facts.witness_count = 0;
        for (size_t i = 0; i < known->witness_count; i++)
            if (known->witnesses[i].upload != present.upload)
                witnesses[facts.witness_count++] = known->witnesses[i];
        witnesses[facts.witness_count++] = present;
        clock = pump_log_find_clock(&sync->log, pump, sync->account.zone, &facts);
        newest = &clock->stretches[clock->count - 1];
    }
    if (newest->dated) {
        if (present.wall != NO_TIME && present.upload != NO_TIME && pump_in_use(its, sync->now))
            memory_add_witness(known, newest->first, present);
        known->clock_offset = newest->offset;
    }
}

/* Days that the clock turned out to have shown in the range and that were not read yet. */
static bool lacks_days(struct sync *sync)
{
    if (sync->reading.further_rounds >= FURTHER_ROUNDS)
        return false;
    for (unsigned pump = 0; pump < sync->pumper->pump_count; pump++)
        if (sync->range.chosen[pump] && sync_has_clock(sync, pump) && sync_has_unread_days(sync, pump)) {
            sync->reading.further_rounds++;
            return true;
        }
    return false;
}

void sync_order_log(struct sync *sync)
{
    if (pump_log_join(&sync->log)) {
        sync_take_turn(sync, 0);
        return;
    }
    pump_log_sort(&sync->log);
    const bool follows_zone = sync->account.configuration->pump_clock_follows_zone;
    for (unsigned pump = 0; !follows_zone && pump < sync->log.pump_count; pump++)
        if (sync->range.chosen[pump])
            find_clock(sync, pump);
    if (lacks_days(sync)) {
        sync->next = STEP_READ;
        return;
    }
    for (unsigned pump = 0; pump < sync->log.pump_count; pump++)
        if (sync_has_clock(sync, pump)) {
            log_clock(sync, pump, &sync->log.clocks[pump]);
            describe_clock(sync, &sync->pumper->pumps[pump], &sync->log.clocks[pump]);
        }
    pump_log_resolve(&sync->log, sync->account.zone);
}
