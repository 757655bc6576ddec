/* The zones that the clock is tried in, and the pump that lives there. */
#include "clock_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/civil_time.h"

#define RECORDS 60000

/* ---- zones ---- */

static struct time_zone_change chicago_changes[] = {
    {INT64_MIN, -6 * HOUR},  {1710057600, -5 * HOUR}, {1730617200, -6 * HOUR}, {1741507200, -5 * HOUR},
    {1762066800, -6 * HOUR}, {1772956800, -5 * HOUR}, {1793516400, -6 * HOUR}, {1805011200, -5 * HOUR},
};
static char chicago_name[] = "America/Chicago";
const struct time_zone chicago = {chicago_name, chicago_changes, 8};

/* South of the equator summer ends in April. */
static struct time_zone_change sydney_changes[] = {
    {INT64_MIN, 11 * HOUR},  {1743868800, 10 * HOUR}, {1759593600, 11 * HOUR},
    {1775318400, 10 * HOUR}, {1791043200, 11 * HOUR}, {1806768000, 10 * HOUR},
};
static char sydney_name[] = "Australia/Sydney";
const struct time_zone sydney = {sydney_name, sydney_changes, 6};

/* Half an hour of summer. */
static struct time_zone_change lord_howe_changes[] = {
    {INT64_MIN, 11 * HOUR},         {1743865200, 10 * HOUR + 1800}, {1759591800, 11 * HOUR},
    {1775314800, 10 * HOUR + 1800}, {1791041400, 11 * HOUR},
};
static char lord_howe_name[] = "Australia/Lord_Howe";
const struct time_zone lord_howe = {lord_howe_name, lord_howe_changes, 5};

/* No summer at all. */
static struct time_zone_change lima_changes[] = {{INT64_MIN, -5 * HOUR}};
static char lima_name[] = "America/Lima";
const struct time_zone lima = {lima_name, lima_changes, 1};

/* ---- the pump ---- */

int64_t instant_of(const char *text)
{
    int64_t instant = civil_parse_instant(text, strlen(text));
    assert_true(instant != NO_TIME);
    return instant / 1000;
}

void world_track(struct world *world, int64_t sequence, int64_t wall)
{
    struct log_run *run = world->run_count ? &world->runs[world->run_count - 1] : NULL;
    if (!run || run->last_sequence + 1 != sequence || !log_run_goes_on(run, wall)) {
        run = &world->runs[world->run_count++];
        *run = (struct log_run){.first_sequence = sequence, .first_wall = wall};
    }
    run->last_sequence = sequence;
    run->last_wall = wall;
}

static void write_record(struct world *world, int64_t *sequence, int64_t instant, int64_t wall)
{
    world->records[world->count++] = (struct record){instant, wall, *sequence};
    world_track(world, (*sequence)++, wall);
}

/* The pump writes of a setting what it shows of it: a time, a date, or both. */
static void write_setting(struct world *world, int64_t *sequence, int64_t wall, int64_t step)
{
    int64_t days = civil_day_number(wall + step) - civil_day_number(wall), rest = step - days * DAY;
    if (rest != 0) {
        world->changes[world->change_count++] =
            (struct clock_change){.sequence = *sequence,
                                  .wall = wall + rest,
                                  .step = rest,
                                  .prior = (int32_t)(wall - civil_day_number(wall) * DAY),
                                  .after = (int32_t)(wall + rest - civil_day_number(wall) * DAY)};
        world_track(world, (*sequence)++, wall + rest);
    }
    if (days != 0) {
        world->changes[world->change_count++] = (struct clock_change){
            .sequence = *sequence, .wall = wall + step, .step = days * DAY, .is_date = true};
        world_track(world, (*sequence)++, wall + step);
    }
}

void world_live(struct world *world, const struct story *story)
{
    int64_t from = instant_of(story->from), to = instant_of(story->to), offset = story->offset,
            sequence = 1000;
    size_t next = 0;
    for (int64_t now = from; now <= to; now += EVERY) {
        for (; next < 4 && story->settings[next].when && instant_of(story->settings[next].when) <= now;
             next++) {
            const struct setting *setting = &story->settings[next];
            if (!setting->silent)
                write_setting(world, &sequence, now - 20 + offset, setting->step);
            offset += setting->step;
        }
        if (story->off_for && now >= from + story->off_from && now < from + story->off_from + story->off_for)
            continue;
        write_record(world, &sequence, now, now + offset);
    }
    world->witness = (struct clock_witness){world->records[world->count - 1].wall,
                                            world->records[world->count - 1].instant + story->late};
}

void world_begin(struct world *world)
{
    *world = (struct world){.records = calloc(RECORDS, sizeof *world->records),
                            .runs = calloc(RECORDS, sizeof *world->runs)};
}

void world_find(struct world *world, const struct story *story)
{
    const struct clock_input input = {
        .zone = story->zone,
        .now = world->witness.upload + 10 * MINUTE,
        .runs = world->runs,
        .run_count = world->run_count,
        .changes = world->changes,
        .change_count = story->no_changes ? 0 : world->change_count,
        .first_available = story->begin_known ? world->records[0].wall : NO_TIME,
        .newest_wall = world->witness.wall,
        .witnesses = &world->witness,
        .witness_count = 1,
    };
    pump_clock_find(&world->clock, &input);
}

void world_end(struct world *world)
{
    pump_clock_free(&world->clock);
    free(world->records);
    free(world->runs);
}

void world_check_words(const struct world *world, const struct story *story)
{
    struct buffer words;
    buffer_init(&words, 1000);
    pump_clock_describe(&world->clock, &words);
    if (story->words ? !strstr(words.data, story->words) : words.length > 0)
        fail_msg("%s: \"%s\" lacks \"%s\"", story->name, words.data,
                 story->words ? story->words : "(nothing)");
    buffer_free(&words);
}

const struct story plain = {"plain",   &new_york, "2026-05-01T00:00:00Z", "2026-05-05T12:00:00Z",
                            -4 * HOUR, .late = 60};

int64_t world_instant(const struct world *world, const struct record *record)
{
    return pump_clock_instant(&world->clock, (struct clock_place){0, record->sequence}, record->wall);
}

int64_t world_middle_error(const struct world *world)
{
    const struct record *record = &world->records[world->count / 2];
    return world_instant(world, record) - record->instant;
}
