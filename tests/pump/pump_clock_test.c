/* The pump's clock against a made-up pump whose truth is known: set at any moment, or never. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/pump/pump_clock.h"
#include "tconnectsync/pump/pump_log.h"

#define MINUTE  60
#define HOUR    3600
#define DAY     INT64_C(86400)
#define EVERY   (5 * MINUTE) /* a record */
#define RECORDS 60000

/* ---- zones ---- */

/* One that changes on the second Sunday in March and the first in November at 2 o'clock, from 2024 to 2027.
 */
static struct time_zone_change new_york_changes[] = {
    {INT64_MIN, -5 * HOUR},  {1710054000, -4 * HOUR}, {1730613600, -5 * HOUR}, {1741503600, -4 * HOUR},
    {1762063200, -5 * HOUR}, {1772953200, -4 * HOUR}, {1793512800, -5 * HOUR}, {1805007600, -4 * HOUR},
};
static char new_york_name[] = "America/New_York";
static const struct time_zone new_york = {new_york_name, new_york_changes, 8};

static struct time_zone_change chicago_changes[] = {
    {INT64_MIN, -6 * HOUR},  {1710057600, -5 * HOUR}, {1730617200, -6 * HOUR}, {1741507200, -5 * HOUR},
    {1762066800, -6 * HOUR}, {1772956800, -5 * HOUR}, {1793516400, -6 * HOUR}, {1805011200, -5 * HOUR},
};
static char chicago_name[] = "America/Chicago";
static const struct time_zone chicago = {chicago_name, chicago_changes, 8};

/* South of the equator summer ends in April. */
static struct time_zone_change sydney_changes[] = {
    {INT64_MIN, 11 * HOUR},  {1743868800, 10 * HOUR}, {1759593600, 11 * HOUR},
    {1775318400, 10 * HOUR}, {1791043200, 11 * HOUR}, {1806768000, 10 * HOUR},
};
static char sydney_name[] = "Australia/Sydney";
static const struct time_zone sydney = {sydney_name, sydney_changes, 6};

/* Half an hour of summer. */
static struct time_zone_change lord_howe_changes[] = {
    {INT64_MIN, 11 * HOUR},         {1743865200, 10 * HOUR + 1800}, {1759591800, 11 * HOUR},
    {1775314800, 10 * HOUR + 1800}, {1791041400, 11 * HOUR},
};
static char lord_howe_name[] = "Australia/Lord_Howe";
static const struct time_zone lord_howe = {lord_howe_name, lord_howe_changes, 5};

/* No summer at all. */
static struct time_zone_change lima_changes[] = {{INT64_MIN, -5 * HOUR}};
static char lima_name[] = "America/Lima";
static const struct time_zone lima = {lima_name, lima_changes, 1};

/* ---- the pump ---- */

struct setting {
    const char *when; /* UTC */
    int64_t step;
    bool silent; /* no record tells of it */
};

struct story {
    const char *name;
    const struct time_zone *zone;
    const char *from, *to; /* what the log holds, UTC */
    int64_t offset;        /* of the clock at from */
    struct setting settings[4];
    int64_t late;              /* seconds between the newest record and the upload */
    int64_t off_from, off_for; /* seconds after from: the pump is off */
    bool no_changes;           /* clockChanges is empty */
    enum clock_evidence evidence;
    bool begin_known;
    const char *words; /* of the sentence; NULL: none */
};

struct record {
    int64_t instant, wall, sequence;
};

struct world {
    struct record *records;
    size_t count;
    struct log_run *runs;
    size_t run_count;
    struct clock_change changes[8];
    size_t change_count;
    struct clock_witness witness;
    struct pump_clock clock;
};

static int64_t instant_of(const char *text)
{
    int64_t instant = civil_parse_instant(text, strlen(text));
    assert_true(instant != NO_TIME);
    return instant / 1000;
}

static void track(struct world *world, int64_t sequence, int64_t wall)
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
    track(world, (*sequence)++, wall);
}

static int64_t floor_day(int64_t wall)
{
    return wall / DAY - (wall % DAY < 0);
}

/* The pump writes of a setting what it shows of it: a time, a date, or both. */
static void write_setting(struct world *world, int64_t *sequence, int64_t instant, int64_t wall, int64_t step,
                          bool silent)
{
    int64_t days = floor_day(wall + step) - floor_day(wall), rest = step - days * DAY;
    if (silent)
        return;
    if (rest != 0) {
        world->changes[world->change_count++] =
            (struct clock_change){.sequence = *sequence,
                                  .wall = wall + rest,
                                  .step = rest,
                                  .prior = (int32_t)(wall - floor_day(wall) * DAY),
                                  .after = (int32_t)(wall + rest - floor_day(wall) * DAY)};
        track(world, (*sequence)++, wall + rest);
    }
    if (days != 0) {
        world->changes[world->change_count++] = (struct clock_change){
            .sequence = *sequence, .wall = wall + step, .step = days * DAY, .is_date = true};
        track(world, (*sequence)++, wall + step);
    }
    (void)instant;
}

static void live(struct world *world, const struct story *story)
{
    int64_t from = instant_of(story->from), to = instant_of(story->to), offset = story->offset,
            sequence = 1000;
    size_t next = 0;
    for (int64_t now = from; now <= to; now += EVERY) {
        for (; next < 4 && story->settings[next].when && instant_of(story->settings[next].when) <= now;
             next++) {
            const struct setting *setting = &story->settings[next];
            write_setting(world, &sequence, now - 20, now - 20 + offset, setting->step, setting->silent);
            offset += setting->step;
        }
        if (story->off_for && now >= from + story->off_from && now < from + story->off_from + story->off_for)
            continue;
        write_record(world, &sequence, now, now + offset);
    }
    world->witness = (struct clock_witness){world->records[world->count - 1].wall,
                                            world->records[world->count - 1].instant + story->late};
}

static void begin(struct world *world)
{
    *world = (struct world){.records = calloc(RECORDS, sizeof *world->records),
                            .runs = calloc(RECORDS, sizeof *world->runs)};
}

static void find(struct world *world, const struct story *story)
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

static void end(struct world *world)
{
    pump_clock_free(&world->clock);
    free(world->records);
    free(world->runs);
}

static void check_words(const struct world *world, const struct story *story)
{
    struct buffer words;
    buffer_init(&words, 1000);
    pump_clock_describe(&world->clock, &words);
    if (story->words ? !strstr(words.data, story->words) : words.length > 0)
        fail_msg("%s: \"%s\" lacks \"%s\"", story->name, words.data,
                 story->words ? story->words : "(nothing)");
    buffer_free(&words);
}

static const struct story stories[] = {
    {"never set, winter", &new_york, "2026-01-10T00:00:00Z", "2026-01-20T12:00:00Z", -5 * HOUR, .late = 60,
     .evidence = CLOCK_BY_UPLOAD},
    {"spring, not set yet", &new_york, "2026-03-01T00:00:00Z", "2026-03-10T12:00:00Z", -5 * HOUR, .late = 60,
     .evidence = CLOCK_BY_UPLOAD,
     .words = "60 minutes behind New York time. The times in Nightscout are right"},
    {"spring, not set yet, the phone uploads three hours late", &new_york, "2026-01-01T00:00:00Z",
     "2026-03-10T12:00:00Z", -5 * HOUR, .late = 3 * HOUR, .evidence = CLOCK_BY_AGREEMENT,
     .words = "60 minutes behind New York time"},
    {"spring, set in time",
     &new_york,
     "2026-03-01T00:00:00Z",
     "2026-03-10T12:00:00Z",
     -5 * HOUR,
     {{"2026-03-08T07:10:00Z", HOUR, false}},
     .late = 60,
     .evidence = CLOCK_BY_UPLOAD},
    {"spring, set two days late",
     &new_york,
     "2026-03-01T00:00:00Z",
     "2026-03-14T12:00:00Z",
     -5 * HOUR,
     {{"2026-03-10T09:30:00Z", HOUR, false}},
     .late = 60,
     .evidence = CLOCK_BY_UPLOAD},
    {"spring, set two days late, uploads late, seen at once",
     &new_york,
     "2026-03-01T00:00:00Z",
     "2026-03-14T12:00:00Z",
     -5 * HOUR,
     {{"2026-03-10T09:30:00Z", HOUR, false}},
     .late = 3 * HOUR,
     .evidence = CLOCK_BY_AGREEMENT},
    {"autumn, not set yet", &new_york, "2026-10-20T00:00:00Z", "2026-11-03T12:00:00Z", -4 * HOUR, .late = 60,
     .evidence = CLOCK_BY_UPLOAD, .words = "60 minutes ahead of New York time"},
    {"autumn, all that there is of the repeated hour", &new_york, "2026-11-01T05:05:00Z",
     "2026-11-01T05:35:00Z", -4 * HOUR, .late = 60, .evidence = CLOCK_BY_UPLOAD, .begin_known = true},
    {"autumn, set two days late",
     &new_york,
     "2026-10-20T00:00:00Z",
     "2026-11-05T12:00:00Z",
     -4 * HOUR,
     {{"2026-11-03T15:00:00Z", -HOUR, false}},
     .late = 60,
     .evidence = CLOCK_BY_UPLOAD},
    {"autumn, set back by hand without a record of it",
     &new_york,
     "2026-10-20T00:00:00Z",
     "2026-11-05T12:00:00Z",
     -4 * HOUR,
     {{"2026-11-03T15:00:00Z", -HOUR, true}},
     .late = 60,
     .evidence = CLOCK_BY_UPLOAD},
    {"autumn, no clockChanges at all",
     &new_york,
     "2026-10-20T00:00:00Z",
     "2026-11-05T12:00:00Z",
     -4 * HOUR,
     {{"2026-11-01T06:30:00Z", -HOUR, false}},
     .late = 60,
     .no_changes = true,
     .evidence = CLOCK_BY_UPLOAD},
    {"set twice: the wrong way first",
     &new_york,
     "2026-03-01T00:00:00Z",
     "2026-03-12T12:00:00Z",
     -5 * HOUR,
     {{"2026-03-08T12:00:00Z", -HOUR, false}, {"2026-03-09T12:00:00Z", 2 * HOUR, false}},
     .late = 60,
     .evidence = CLOCK_BY_UPLOAD},
    {"south, summer ends, not set", &sydney, "2026-03-28T00:00:00Z", "2026-04-08T12:00:00Z", 11 * HOUR,
     .late = 120, .evidence = CLOCK_BY_UPLOAD, .words = "60 minutes ahead of Sydney time"},
    {"south, summer begins, set days late",
     &sydney,
     "2026-09-28T00:00:00Z",
     "2026-10-12T12:00:00Z",
     10 * HOUR,
     {{"2026-10-07T01:00:00Z", HOUR, false}},
     .late = 120,
     .evidence = CLOCK_BY_UPLOAD},
    {"half an hour of summer, not set", &lord_howe, "2026-03-28T00:00:00Z", "2026-04-08T12:00:00Z", 11 * HOUR,
     .late = 60, .evidence = CLOCK_BY_UPLOAD, .words = "30 minutes ahead of Lord Howe time"},
    {"four days of travel, there and back",
     &new_york,
     "2026-05-01T00:00:00Z",
     "2026-05-20T12:00:00Z",
     -4 * HOUR,
     {{"2026-05-10T18:00:00Z", 6 * HOUR, false}, {"2026-05-14T20:00:00Z", -6 * HOUR, false}},
     .late = 60,
     .evidence = CLOCK_BY_UPLOAD},
    {"still abroad",
     &new_york,
     "2026-05-01T00:00:00Z",
     "2026-05-12T12:00:00Z",
     -4 * HOUR,
     {{"2026-05-10T18:00:00Z", 6 * HOUR, false}},
     .late = 60,
     .evidence = CLOCK_BY_UPLOAD,
     .words = "360 minutes ahead of New York time"},
    {"still abroad, west, the phone uploads three hours late",
     &new_york,
     "2026-03-20T00:00:00Z",
     "2026-05-12T12:00:00Z",
     -4 * HOUR,
     {{"2026-05-10T18:00:00Z", -3 * HOUR, false}},
     .late = 3 * HOUR,
     .evidence = CLOCK_BY_AGREEMENT,
     .words = "180 minutes behind New York time"},
    {"still abroad, from a zone without summer, the phone uploads three hours late",
     &lima,
     "2026-03-20T00:00:00Z",
     "2026-05-12T12:00:00Z",
     -5 * HOUR,
     {{"2026-05-10T18:00:00Z", -3 * HOUR, false}},
     .late = 3 * HOUR,
     .evidence = CLOCK_BY_AGREEMENT,
     .words = "180 minutes behind Lima time"},
    {"a.m. for p.m., for two days",
     &new_york,
     "2026-05-01T00:00:00Z",
     "2026-05-20T12:00:00Z",
     -4 * HOUR,
     {{"2026-05-10T13:00:00Z", 12 * HOUR, false}, {"2026-05-12T13:00:00Z", -12 * HOUR, false}},
     .late = 60,
     .evidence = CLOCK_BY_UPLOAD},
    {"a.m. for p.m., still",
     &new_york,
     "2026-05-01T00:00:00Z",
     "2026-05-11T12:00:00Z",
     -4 * HOUR,
     {{"2026-05-10T13:00:00Z", 12 * HOUR, false}},
     .late = 60,
     .evidence = CLOCK_BY_UPLOAD,
     .words = "720 minutes ahead"},
    {"a wrong date, for a day",
     &new_york,
     "2026-05-01T00:00:00Z",
     "2026-05-20T12:00:00Z",
     -4 * HOUR,
     {{"2026-05-10T13:00:00Z", 30 * DAY, false}, {"2026-05-11T13:00:00Z", -30 * DAY, false}},
     .late = 60,
     .evidence = CLOCK_BY_UPLOAD},
    {"a wrong year since ever", &new_york, "2026-05-01T00:00:00Z", "2026-05-20T12:00:00Z",
     -4 * HOUR + 366 * DAY, .late = 60, .evidence = CLOCK_BY_GUESS, .words = "366 days ahead"},
    {"some minutes put right",
     &new_york,
     "2026-05-01T00:00:00Z",
     "2026-05-20T12:00:00Z",
     -4 * HOUR,
     {{"2026-05-10T13:00:00Z", 5 * MINUTE, false}, {"2026-05-12T13:00:00Z", -5 * MINUTE, false}},
     .late = 60,
     .evidence = CLOCK_BY_UPLOAD},
    {"the phone was away for a day at the change", &new_york, "2026-10-20T00:00:00Z", "2026-11-01T04:00:00Z",
     -4 * HOUR, .late = 26 * HOUR, .evidence = CLOCK_BY_AGREEMENT, .words = "60 minutes ahead"},
    {"summer, and the one upload came an hour late", &new_york, "2026-07-01T00:00:00Z",
     "2026-07-10T12:00:00Z", -4 * HOUR, .late = HOUR, .begin_known = true, .evidence = CLOCK_BY_ZONE},
    {"summer, set in time, and the one upload came an hour late",
     &new_york,
     "2026-02-01T00:00:00Z",
     "2026-04-10T12:00:00Z",
     -5 * HOUR,
     {{"2026-03-08T07:10:00Z", HOUR, false}},
     .late = HOUR,
     .begin_known = true,
     .evidence = CLOCK_BY_ZONE},
};

static int64_t tolerance(const struct story *story)
{
    for (size_t i = 0; i < 4 && story->settings[i].when; i++)
        if (llabs(story->settings[i].step) < 8 * MINUTE)
            return 5 * MINUTE; /* drift put right moves nothing */
    return 0;
}

static void every_instant_equals_the_truth(void **state)
{
    (void)state;
    for (size_t s = 0; s < sizeof stories / sizeof *stories; s++) {
        const struct story *story = &stories[s];
        struct world world;
        begin(&world);
        live(&world, story);
        find(&world, story);
        for (size_t i = 0; i < world.count; i++) {
            const struct record *record = &world.records[i];
            int64_t instant =
                pump_clock_instant(&world.clock, (struct clock_place){0, record->sequence}, record->wall);
            if (llabs(instant - record->instant) > tolerance(story))
                fail_msg("%s: record %zu of %zu is off by %lld s (%s)", story->name, i, world.count,
                         (long long)(instant - record->instant), clock_evidence_name(world.clock.evidence));
        }
        check_words(&world, story);
        if (world.clock.evidence != story->evidence)
            fail_msg("%s: decided by %s", story->name, clock_evidence_name(world.clock.evidence));
        end(&world);
    }
}

/* Whatever part of it was read: the jumps are known from the device's whole history. */
static void a_part_of_the_log_is_enough(void **state)
{
    (void)state;
    for (size_t s = 0; s < sizeof stories / sizeof *stories; s++) {
        const struct story *story = &stories[s];
        struct world world;
        begin(&world);
        live(&world, story);
        size_t all = world.run_count, half = all / 2;
        if (story->no_changes || story->settings[0].silent) {
            end(&world);
            continue;
        }
        memmove(world.runs, world.runs + half, (all - half) * sizeof *world.runs);
        world.run_count = all - half;
        find(&world, story);
        for (size_t i = 0; i < world.count; i++) {
            const struct record *record = &world.records[i];
            int64_t instant =
                pump_clock_instant(&world.clock, (struct clock_place){0, record->sequence}, record->wall);
            if (llabs(instant - record->instant) > tolerance(story))
                fail_msg("%s: record %zu is off by %lld s", story->name, i,
                         (long long)(instant - record->instant));
        }
        end(&world);
    }
}

static const struct story plain = {"plain",   &new_york, "2026-05-01T00:00:00Z", "2026-05-05T12:00:00Z",
                                   -4 * HOUR, .late = 60};

static int64_t middle_error(struct world *world)
{
    const struct record *record = &world->records[world->count / 2];
    return pump_clock_instant(&world->clock, (struct clock_place){0, record->sequence}, record->wall) -
           record->instant;
}

static void a_jump_that_the_log_contradicts_is_not_believed(void **state)
{
    (void)state;
    static const int64_t steps[] = {HOUR, -HOUR, 12 * HOUR, -3 * DAY, 30 * DAY};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct world world;
        begin(&world);
        live(&world, &plain);
        const struct record *record = &world.records[world.count * 3 / 4];
        world.changes[world.change_count++] = (struct clock_change){.sequence = record->sequence,
                                                                    .wall = record->wall,
                                                                    .step = steps[i],
                                                                    .is_date = steps[i] % DAY == 0};
        find(&world, &plain);
        assert_int_equal(world.clock.disbelieved, 1);
        assert_int_equal(middle_error(&world), 0);
        end(&world);
    }
}

static void a_wrong_zone_is_said(void **state)
{
    (void)state;
    struct story story = plain;
    struct world world;
    story.zone = &chicago;
    story.words = "60 minutes ahead of Chicago time, and was so all the time";
    begin(&world);
    live(&world, &story);
    find(&world, &story);
    assert_true(world.clock.zone_is_wrong);
    assert_int_equal(middle_error(&world), 0);
    check_words(&world, &story);
    end(&world);
}

/* In the very second in which summer begins. */
static void a_clock_is_wrong_from_the_zones_change_on(void **state)
{
    (void)state;
    const struct story story = {"just not set",         &new_york, "2026-03-01T00:00:00Z",
                                "2026-03-08T06:50:00Z", -5 * HOUR, .late = 0};
    struct world world;
    begin(&world);
    live(&world, &story);
    find(&world, &story); /* ten minutes later */
    assert_int_equal(world.clock.ahead, -HOUR);
    assert_int_equal(world.clock.wrong_since, instant_of("2026-03-08T07:00:00Z"));
    end(&world);
}

/* The records around it tell when that was. */
static void a_change_that_tells_no_time_has_one(void **state)
{
    (void)state;
    const struct story story = {"abroad",
                                &new_york,
                                "2026-05-01T00:00:00Z",
                                "2026-05-12T12:00:00Z",
                                -4 * HOUR,
                                {{"2026-05-10T18:00:00Z", 6 * HOUR, false}},
                                .late = 60};
    struct world world;
    begin(&world);
    live(&world, &story);
    world.changes[0].wall = NO_TIME;
    find(&world, &story);
    assert_int_equal(world.clock.count, 2);
    assert_int_equal(world.clock.stretches[0].last_wall, instant_of("2026-05-10T17:55:00Z") - 4 * HOUR);
    assert_int_equal(world.clock.stretches[1].first_wall, instant_of("2026-05-10T18:00:00Z") + 2 * HOUR);
    assert_int_equal(world.clock.wrong_since, instant_of("2026-05-10T18:00:00Z"));
    end(&world);
}

/* Replaces the walls of some records in the middle, as a pump with a failing battery does. */
static void spoil(struct world *world, size_t from, size_t count, int64_t wall)
{
    world->run_count = 0;
    for (size_t i = 0; i < world->count; i++) {
        if (i >= from && i < from + count)
            world->records[i].wall = wall + (int64_t)(i - from) * EVERY;
        track(world, world->records[i].sequence, world->records[i].wall);
    }
}

static void senseless_dates_between_good_ones_have_no_instant(void **state)
{
    (void)state;
    static const char *const dates[] = {"2008-01-01T00:00:10Z", "2056-05-01T00:00:00Z"};
    for (size_t d = 0; d < 2; d++) {
        struct world world;
        begin(&world);
        live(&world, &plain);
        spoil(&world, 500, 3, instant_of(dates[d]));
        find(&world, &plain);
        for (size_t i = 0; i < world.count; i++) {
            const struct record *record = &world.records[i];
            int64_t instant =
                pump_clock_instant(&world.clock, (struct clock_place){0, record->sequence}, record->wall);
            assert_true(instant == (i >= 500 && i < 503 ? NO_TIME : record->instant));
        }
        end(&world);
    }
}

/* A clock that comes back from senseless dates as far behind as it may drift comes back all the same. */
static void a_clock_comes_back_a_little_behind(void **state)
{
    (void)state;
    struct world world;
    begin(&world);
    live(&world, &plain);
    for (size_t i = 503; i < world.count; i++)
        world.records[i].wall -= 4 * EVERY + 8 * MINUTE; /* behind the last good one, 499 */
    spoil(&world, 500, 3, instant_of("2056-05-01T00:00:00Z"));
    find(&world, &plain);
    for (size_t i = 499; i < 504; i++)
        assert_int_equal(pump_clock_instant(&world.clock, (struct clock_place){0, world.records[i].sequence},
                                            world.records[i].wall) == NO_TIME,
                         i >= 500 && i < 503);
    end(&world);
}

/* The battery died; the person sets date and time the next day. What was written meanwhile is dated by that.
 */
static void a_lost_clock_is_dated_once_it_is_set(void **state)
{
    (void)state;
    struct world world;
    begin(&world);
    live(&world, &plain);
    int64_t reset = instant_of("2008-01-01T00:00:10Z"), lost_step = reset - world.records[600].wall;
    int64_t sequence = world.records[700].sequence;
    world.run_count = 0;
    for (size_t i = 0; i < world.count; i++) {
        if (i == 700) {
            int64_t wall = world.records[i].wall - 30 + lost_step;
            int64_t days = floor_day(wall - lost_step) - floor_day(wall), rest = -lost_step - days * DAY;
            world.changes[0] = (struct clock_change){.sequence = sequence++,
                                                     .wall = wall + rest,
                                                     .step = rest,
                                                     .prior = (int32_t)(wall - floor_day(wall) * DAY),
                                                     .after = (int32_t)(wall - floor_day(wall) * DAY + rest)};
            track(&world, world.changes[0].sequence, wall + rest);
            world.changes[1] = (struct clock_change){
                .sequence = sequence++, .wall = wall - lost_step, .step = days * DAY, .is_date = true};
            track(&world, world.changes[1].sequence, wall - lost_step);
            world.change_count = 2;
        }
        if (i >= 600 && i < 700)
            world.records[i].wall += lost_step;
        if (i >= 700)
            world.records[i].sequence = sequence++;
        track(&world, world.records[i].sequence, world.records[i].wall);
    }
    find(&world, &plain);
    for (size_t i = 0; i < world.count; i++) {
        const struct record *record = &world.records[i];
        assert_int_equal(
            pump_clock_instant(&world.clock, (struct clock_place){0, record->sequence}, record->wall),
            record->instant);
    }
    end(&world);
}

/* Not set yet: nobody can tell. Before the battery died everything stands. */
static void a_lost_clock_that_nobody_has_set_has_no_instants(void **state)
{
    (void)state;
    struct world world;
    begin(&world);
    live(&world, &plain);
    spoil(&world, 900, world.count - 900, instant_of("2008-01-01T00:00:10Z"));
    world.witness.wall = world.records[world.count - 1].wall;
    find(&world, &plain);
    for (size_t i = 0; i < world.count; i++) {
        const struct record *record = &world.records[i];
        int64_t instant =
            pump_clock_instant(&world.clock, (struct clock_place){0, record->sequence}, record->wall);
        assert_true(instant == (i >= 900 ? NO_TIME : record->instant));
    }
    end(&world);
}

static void readings_follow_the_stretch_they_fell_in(void **state)
{
    (void)state;
    const struct story story = {"set back",
                                &new_york,
                                "2026-10-20T00:00:00Z",
                                "2026-11-05T12:00:00Z",
                                -4 * HOUR,
                                {{"2026-11-01T06:30:00Z", -HOUR, false}},
                                .late = 60};
    struct world world;
    begin(&world);
    live(&world, &story);
    find(&world, &story);
    const struct record *record = &world.records[world.count - 1];
    const struct clock_place place = {0, record->sequence};
    int64_t set = instant_of("2026-11-01T06:30:00Z");
    /* live; backfilled from behind the jump; from before it; from the hour that was shown twice */
    assert_int_equal(pump_clock_reading(&world.clock, place, record->wall, record->wall - 30),
                     record->instant - 30);
    assert_int_equal(pump_clock_reading(&world.clock, place, record->wall, set + 2 * HOUR - 5 * HOUR),
                     set + 2 * HOUR);
    assert_int_equal(pump_clock_reading(&world.clock, place, record->wall, set - 2 * HOUR - 4 * HOUR),
                     set - 2 * HOUR);
    assert_int_equal(pump_clock_reading(&world.clock, place, record->wall, set + HOUR / 2 - 5 * HOUR),
                     set + HOUR / 2);
    end(&world);
}

/* Ten minutes on either side of what is told at once, and where a stretch begins and ends. */
static void a_reading_near_a_setting_has_one_place(void **state)
{
    (void)state;
    struct story story = {"set",
                          &new_york,
                          "2026-10-20T00:00:00Z",
                          "2026-11-05T12:00:00Z",
                          -4 * HOUR,
                          {{"2026-11-01T06:30:00Z", 0, false}},
                          .late = 60};
    enum origin { RECORD, BEGIN, END }; /* of the new stretch; of the old one */
    static const struct {
        int64_t step;
        enum origin origin;
        int64_t behind; /* seconds from there to what the clock showed */
        bool is_new;
    } cases[] = {
        {-HOUR, RECORD, -10 * MINUTE, true},
        {-HOUR, RECORD, -10 * MINUTE - 1, false},
        {-HOUR, BEGIN, 0, true},
        {-HOUR, BEGIN, -1, false},
        {HOUR, BEGIN, 0, true},
        {HOUR, END, 10 * MINUTE, false},
        {HOUR, END, 10 * MINUTE + 1, true},
        {HOUR, END, -HOUR, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world world;
        story.settings[0].step = cases[i].step;
        begin(&world);
        live(&world, &story);
        find(&world, &story);
        const struct clock_stretch *old = &world.clock.stretches[0], *new = old + 1;
        size_t first = 0;
        while (world.records[first].instant < instant_of("2026-11-01T06:30:00Z"))
            first++;
        /* the first of the new stretch; one that lies well within it */
        const struct record *record = &world.records[cases[i].origin == RECORD ? first : first + 24];
        const int64_t wall = cases[i].behind + (cases[i].origin == RECORD  ? record->wall
                                                : cases[i].origin == BEGIN ? new->first_wall
                                                                           : old->last_wall);
        int64_t instant =
            pump_clock_reading(&world.clock, (struct clock_place){0, record->sequence}, record->wall, wall);
        if (instant != wall - (cases[i].is_new ? new : old)->offset)
            fail_msg("case %zu", i);
        end(&world);
    }
}

/* The pump's clock shows New York's winter time. */
static void an_upload_is_believed_within_bounds(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t late;  /* from the record to the upload */
        int64_t newer; /* seconds by which the newest record lies ahead of now */
        int64_t offset;
        enum clock_evidence evidence;
    } cases[] = {
        {"20 minutes behind its record", 20 * MINUTE, 0, -5 * HOUR, CLOCK_BY_UPLOAD},
        {"a second more", 20 * MINUTE + 1, 0, -5 * HOUR, CLOCK_BY_AGREEMENT},
        {"20 minutes before it", -20 * MINUTE, 0, -5 * HOUR, CLOCK_BY_UPLOAD},
        {"a second more before it", -20 * MINUTE - 1, 0, -5 * HOUR, CLOCK_BY_AGREEMENT},
        {"half an hour before it, as a fast clock can be", -30 * MINUTE, 0, -5 * HOUR, CLOCK_BY_AGREEMENT},
        {"a second more than a fast clock can be", -30 * MINUTE - 1, 0, -4 * HOUR, CLOCK_BY_ZONE},
        {"a newest record half an hour ahead", 3 * HOUR, 30 * MINUTE, -5 * HOUR, CLOCK_BY_AGREEMENT},
        {"a second further ahead", 3 * HOUR, 30 * MINUTE + 1, -4 * HOUR, CLOCK_BY_ZONE},
    };
    const int64_t instant = instant_of("2026-01-20T12:00:00Z");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct clock_witness witness = {instant - 5 * HOUR, instant + cases[i].late};
        const struct clock_input input = {
            .zone = &new_york,
            .now = witness.upload,
            .first_available = NO_TIME,
            .newest_wall = cases[i].newer ? witness.upload - 5 * HOUR + cases[i].newer : witness.wall,
            .witnesses = &witness,
            .witness_count = 1,
        };
        struct pump_clock clock;
        pump_clock_find(&clock, &input);
        if (clock.stretches[0].offset != cases[i].offset || clock.evidence != cases[i].evidence)
            fail_msg("%s: %lld by %s", cases[i].name, (long long)clock.stretches[0].offset,
                     clock_evidence_name(clock.evidence));
        pump_clock_free(&clock);
    }
}

/* Two runs of records, and perhaps a change of number 100 between them or within the first: to the second. */
static void a_jump_is_held_against_the_records_around_it(void **state)
{
    (void)state;
    enum { BETWEEN, WITHIN_FIRST, ACROSS, UNTOLD };
    static const struct {
        int where;
        int64_t shown, step; /* from run to run; of the change */
        int64_t is;          /* the step that is believed; 0: none */
        bool disbelieved, lost;
    } cases[] = {
        {.where = BETWEEN, .shown = 15 * MINUTE, .step = -HOUR, .disbelieved = true}, /* it ran evenly */
        {.where = BETWEEN, .shown = 15 * MINUTE + 1, .step = -HOUR, .is = -HOUR},
        {.where = BETWEEN, .shown = -8 * MINUTE + 1, .step = -HOUR, .disbelieved = true},
        {.where = BETWEEN, .shown = -8 * MINUTE, .step = -HOUR, .is = -HOUR},
        {.where = BETWEEN, .shown = 0, .step = 15 * MINUTE, .is = 15 * MINUTE},
        {.where = BETWEEN, .shown = 0, .step = 15 * MINUTE + 1, .disbelieved = true},
        {.where = BETWEEN, .shown = 0, .step = 8 * MINUTE, .is = 15 * MINUTE},
        {.where = BETWEEN, .shown = 0, .step = 8 * MINUTE - 1}, /* drift put right */
        {.where = BETWEEN, .shown = 0, .step = -8 * MINUTE + 1},
        {.where = BETWEEN, .shown = 0, .step = -8 * MINUTE, .disbelieved = true},
        {.where = BETWEEN, .shown = HOUR, .step = HOUR + 7 * MINUTE + 29, .is = HOUR},
        {.where = BETWEEN, .shown = HOUR, .step = HOUR + 8 * MINUTE, .is = HOUR + 15 * MINUTE},
        {.where = BETWEEN, .shown = HOUR, .step = HOUR + 8 * MINUTE + 1, .disbelieved = true},
        {.where = WITHIN_FIRST, .shown = HOUR, .step = HOUR, .is = HOUR},
        {.where = WITHIN_FIRST, .shown = 0, .step = HOUR, .disbelieved = true},
        {.where = ACROSS, .shown = 0, .step = 30 * MINUTE, .is = 30 * MINUTE},
        {.where = ACROSS, .shown = 0, .step = 30 * MINUTE + 1, .disbelieved = true},
        {.where = ACROSS, .shown = 0, .step = -8 * MINUTE + 1},
        {.where = ACROSS, .shown = 0, .step = -8 * MINUTE, .disbelieved = true},
        {.where = UNTOLD, .shown = -8 * MINUTE + 1},
        {.where = UNTOLD, .shown = -8 * MINUTE, .is = -15 * MINUTE},
        {.where = UNTOLD, .shown = -36 * HOUR, .is = -36 * HOUR},
        {.where = UNTOLD, .shown = -36 * HOUR - 1, .lost = true},
        {.where = UNTOLD, .shown = 36 * HOUR + 1}, /* the pump was off */
    };
    const int64_t wall = instant_of("2026-05-10T13:05:00Z");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int where = cases[i].where;
        const int64_t last = where == ACROSS ? 200 : where == BETWEEN ? 99 : 100;
        const struct log_run runs[] = {
            {.first_sequence = 1, .last_sequence = last, .first_wall = wall - HOUR, .last_wall = wall},
            {.first_sequence = where == ACROSS ? 201 : 101,
             .last_sequence = 300,
             .first_wall = wall + cases[i].shown,
             .last_wall = wall + cases[i].shown + HOUR},
        };
        const struct clock_change change = {
            .sequence = 100, .wall = NO_TIME, .step = cases[i].step, .is_date = true};
        const struct clock_input input = {
            .zone = &new_york,
            .now = wall + 10 * DAY,
            .runs = runs,
            .run_count = 2,
            .changes = &change,
            .change_count = where != UNTOLD,
            .first_available = NO_TIME,
            .newest_wall = NO_TIME,
        };
        struct pump_clock clock;
        pump_clock_find(&clock, &input);
        const struct clock_stretch *newest = &clock.stretches[clock.count - 1];
        if (clock.count != 1u + (cases[i].is != 0 || cases[i].lost) || newest->step != cases[i].is ||
            clock.disbelieved != cases[i].disbelieved || newest->lost != cases[i].lost)
            fail_msg("case %zu: %zu stretches, %lld, %zu, %d", i, clock.count, (long long)newest->step,
                     clock.disbelieved, newest->lost);
        pump_clock_free(&clock);
    }
}

/* Where nothing that the zone allows fits. */
static void what_the_zone_does_not_allow_is_guessed(void **state)
{
    (void)state;
    static const struct {
        int64_t off, guessed; /* ahead of New York's summer time */
    } cases[] = {
        {7 * HOUR + 7 * MINUTE + 29, 7 * HOUR},
        {7 * HOUR + 7 * MINUTE + 30, 7 * HOUR + 15 * MINUTE},
        {20 * HOUR, 20 * HOUR},
        {20 * HOUR + 1, DAY},
        {DAY + 30 * MINUTE, DAY},
        {DAY + 30 * MINUTE + 1, 2 * DAY},
        {3 * DAY - 2 * HOUR, 3 * DAY},
    };
    const int64_t upload = instant_of("2026-05-20T12:00:00Z");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct clock_witness witness = {upload - 4 * HOUR + cases[i].off, upload};
        const struct clock_input input = {
            .zone = &new_york,
            .now = upload,
            .first_available = NO_TIME,
            .newest_wall = witness.wall,
            .witnesses = &witness,
            .witness_count = 1,
        };
        struct pump_clock clock;
        pump_clock_find(&clock, &input);
        assert_int_equal(clock.evidence, CLOCK_BY_GUESS);
        assert_int_equal(clock.stretches[0].offset, cases[i].guessed - 4 * HOUR);
        pump_clock_free(&clock);
    }
}

/* Without an upload the zone decides, whatever the clock shows, as long as it shows a date that can be. */
static void without_an_upload_it_is_the_zones(void **state)
{
    (void)state;
    const struct {
        int64_t wall, offset;
        bool dated;
    } cases[] = {
        {instant_of("2027-05-20T12:00:00Z"), -4 * HOUR, true},
        {instant_of("2026-11-01T01:30:00Z"), -4 * HOUR, true}, /* shown twice: the first */
        {PUMP_TIME_EARLIEST, -5 * HOUR, true},
        {PUMP_TIME_EARLIEST - 1, 0, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct clock_input input = {
            .zone = &new_york,
            .now = instant_of("2026-11-02T12:00:00Z"),
            .first_available = cases[i].wall,
            .newest_wall = cases[i].wall,
        };
        struct pump_clock clock;
        pump_clock_find(&clock, &input);
        assert_int_equal(clock.stretches[0].dated, cases[i].dated);
        assert_int_equal(clock.stretches[0].offset, cases[i].offset);
        if (cases[i].dated)
            assert_int_equal(clock.evidence, CLOCK_BY_ZONE);
        pump_clock_free(&clock);
    }
}

/* The clock may have been left in winter, or each upload was an hour late: three say that it was. */
static void another_season_takes_three_uploads(void **state)
{
    (void)state;
    const int64_t wall = instant_of("2026-07-20T12:00:00Z");
    const struct clock_witness witnesses[] = {{wall - 2 * DAY, wall - 2 * DAY + 5 * HOUR},
                                              {wall - DAY, wall - DAY + 5 * HOUR},
                                              {wall, wall + 5 * HOUR}};
    for (size_t count = 1; count <= 3; count++) {
        const struct clock_input input = {
            .zone = &new_york,
            .now = wall + 5 * HOUR,
            .first_available = wall - 10 * DAY,
            .newest_wall = wall,
            .witnesses = witnesses + 3 - count,
            .witness_count = count,
        };
        struct pump_clock clock;
        pump_clock_find(&clock, &input);
        assert_int_equal(clock.stretches[0].offset, count < 3 ? -4 * HOUR : -5 * HOUR);
        assert_int_equal(clock.evidence, count < 3 ? CLOCK_BY_ZONE : CLOCK_BY_UPLOAD);
        pump_clock_free(&clock);
    }
}

/* Less than a day tells nothing of a zone. */
static void a_zone_is_wrong_after_a_day(void **state)
{
    (void)state;
    const int64_t wall = instant_of("2026-07-20T12:00:00Z");
    const struct clock_witness witness = {wall, wall + 4 * HOUR};
    for (int less = 0; less < 2; less++) {
        const struct clock_input input = {
            .zone = &chicago,
            .now = witness.upload,
            .first_available = wall - DAY + less,
            .newest_wall = wall,
            .witnesses = &witness,
            .witness_count = 1,
        };
        struct pump_clock clock;
        pump_clock_find(&clock, &input);
        assert_int_equal(clock.ahead, HOUR);
        assert_int_equal(clock.zone_is_wrong, !less);
        pump_clock_free(&clock);
    }
}

static void windows_are_what_the_clock_showed(void **state)
{
    (void)state;
    const struct story story = {
        "a wrong date",
        &new_york,
        "2026-05-01T00:00:00Z",
        "2026-05-20T12:00:00Z",
        -4 * HOUR,
        {{"2026-05-10T13:00:00Z", 30 * DAY, false}, {"2026-05-11T13:00:00Z", -30 * DAY, false}},
        .late = 60};
    struct world world;
    struct wall_range ranges[8];
    begin(&world);
    live(&world, &story);
    find(&world, &story);
    assert_true(pump_clock_walls_maximum(&world.clock) <= 8);
    int64_t from = instant_of("2026-05-09T00:00:00Z"), to = instant_of("2026-05-13T00:00:00Z");
    assert_int_equal(pump_clock_walls(&world.clock, from, to, ranges), 3);
    assert_int_equal(ranges[0].first, from - 4 * HOUR);
    assert_int_equal(ranges[1].last, to - 4 * HOUR);
    assert_true(ranges[2].first >= instant_of("2026-06-09T00:00:00Z") &&
                ranges[2].last <= instant_of("2026-06-10T12:00:00Z"));
    to = instant_of("2026-05-09T12:00:00Z");
    assert_int_equal(pump_clock_walls(&world.clock, from, to, ranges), 1);
    end(&world);
}

/* Set back, the clock shows a time twice: that is asked for once. */
static void windows_that_overlap_are_one(void **state)
{
    (void)state;
    const struct story story = {"set back",
                                &new_york,
                                "2026-05-01T00:00:00Z",
                                "2026-05-20T12:00:00Z",
                                -4 * HOUR,
                                {{"2026-05-10T13:30:00Z", -6 * HOUR, false}},
                                .late = 60};
    static const struct {
        const char *from, *to, *first, *last;
        size_t count;
    } cases[] = {
        {"2026-05-09T00:00:00Z", "2026-05-13T00:00:00Z", "2026-05-08T20:00:00Z", "2026-05-12T14:00:00Z", 1},
        {"2026-05-10T07:45:00Z", "2026-05-10T14:00:00Z", "2026-05-10T03:29:40Z", "2026-05-10T09:29:40Z", 1},
        {"2026-05-10T08:00:01Z", "2026-05-10T14:00:00Z", "2026-05-10T03:29:40Z", "2026-05-10T09:29:40Z", 1},
        {"2026-05-10T08:00:02Z", "2026-05-10T14:00:00Z", "2026-05-10T03:29:40Z", "2026-05-10T04:00:00Z", 2},
        {"2026-04-20T00:00:00Z", "2026-05-02T00:00:00Z", "2026-04-19T20:00:00Z", "2026-05-01T20:00:00Z", 1},
        {"2026-05-12T06:00:00Z", "2026-05-12T06:00:00Z", "2026-05-11T20:00:00Z", "2026-05-11T20:00:00Z", 1},
        {"2026-05-10T06:00:00Z", "2026-05-10T14:00:00Z", "2026-05-10T02:00:00Z", "2026-05-10T09:29:40Z", 1},
    };
    struct world world;
    begin(&world);
    live(&world, &story);
    find(&world, &story);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wall_range ranges[8];
        assert_int_equal(
            pump_clock_walls(&world.clock, instant_of(cases[i].from), instant_of(cases[i].to), ranges),
            cases[i].count);
        assert_int_equal(ranges[0].first, instant_of(cases[i].first));
        assert_int_equal(ranges[0].last, instant_of(cases[i].last));
    }
    end(&world);
}

/* Of two records that the clock was set: whether they are one setting. */
static void one_setting_writes_several_records(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t numbers, apart; /* from the first record to the second */
        int32_t group;
        bool no_wall;
        size_t jumps;
    } cases[] = {
        {"the next number, however much later", 1, 2 * HOUR, .jumps = 1},
        {"within two minutes", 2, 2 * MINUTE, .jumps = 1},
        {"a second more", 2, 2 * MINUTE + 1, .jumps = 2},
        {"within two minutes, the other way", 2, -2 * MINUTE, .jumps = 1},
        {"a second more, the other way", 2, -2 * MINUTE - 1, .jumps = 2},
        {"within two minutes of the new time", 2, HOUR + 2 * MINUTE, .jumps = 1},
        {"a second more than that", 2, HOUR + 2 * MINUTE + 1, .jumps = 2},
        {"two minutes before the new time", 2, HOUR - 2 * MINUTE, .jumps = 1},
        {"a second more before it", 2, HOUR - 2 * MINUTE - 1, .jumps = 2},
        {"twenty records on", 20, 0, .jumps = 1},
        {"one more", 21, 0, .jumps = 2},
        {"in another group", 1, 0, .group = 1, .jumps = 2},
        {"at an unknown time", 2, 0, .no_wall = true, .jumps = 2},
    };
    const int64_t wall = instant_of("2026-05-10T13:00:00Z");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int step = -1; step < 2; step += 2) {
            const struct clock_change changes[] = {
                {.sequence = 100, .wall = wall, .step = HOUR, .is_date = true},
                {.sequence = 100 + cases[i].numbers,
                 .wall = cases[i].no_wall ? NO_TIME : wall + cases[i].apart,
                 .step = step * 2 * HOUR,
                 .group = cases[i].group,
                 .is_date = true},
            };
            const struct clock_input input = {
                .zone = &new_york,
                .now = wall + DAY,
                .changes = changes,
                .change_count = 2,
                .first_available = NO_TIME,
                .newest_wall = NO_TIME,
            };
            struct pump_clock clock;
            pump_clock_find(&clock, &input);
            if (clock.count != cases[i].jumps + 1)
                fail_msg("%s: %zu stretches", cases[i].name, clock.count);
            assert_int_equal(clock.stretches[1].step, cases[i].jumps == 1 ? HOUR + step * 2 * HOUR : HOUR);
            pump_clock_free(&clock);
        }
}

static void the_zone_rule_reads_everything_in_the_zone(void **state)
{
    (void)state;
    struct pump_clock clock;
    struct wall_range range;
    pump_clock_follow_zone(&clock, &new_york);
    int64_t wall = instant_of("2026-05-14T00:01:00Z");
    assert_int_equal(pump_clock_instant(&clock, (struct clock_place){0, 1}, wall), wall + 4 * HOUR);
    assert_int_equal(pump_clock_reading(&clock, (struct clock_place){0, 1}, wall, wall - HOUR),
                     wall + 3 * HOUR);
    assert_int_equal(pump_clock_walls(&clock, wall + 4 * HOUR, wall + 5 * HOUR, &range), 1);
    assert_int_equal(range.first, wall);
    pump_clock_free(&clock);
}

/* An earlier upload of the same stretch tells what the newest, late one cannot. */
static void an_earlier_upload_bears_witness_too(void **state)
{
    (void)state;
    struct story story = {"late",
                          &new_york,
                          "2026-05-01T00:00:00Z",
                          "2026-05-12T12:00:00Z",
                          -4 * HOUR,
                          {{"2026-05-02T18:00:00Z", -3 * HOUR, false}},
                          .late = 5 * HOUR,
                          .no_changes = true};
    struct world world;
    begin(&world);
    live(&world, &story);
    const struct record *early = &world.records[world.count - 200];
    const struct clock_witness witnesses[] = {{early->wall, early->instant + 90}, world.witness};
    const struct clock_change told = world.changes[0];
    const struct clock_input input = {
        .zone = &new_york,
        .now = world.witness.upload,
        .runs = world.runs,
        .run_count = world.run_count,
        .changes = &told,
        .change_count = 1,
        .first_available = NO_TIME,
        .newest_wall = world.witness.wall,
        .witnesses = witnesses,
        .witness_count = 2,
    };
    pump_clock_find(&world.clock, &input);
    assert_int_equal(world.clock.evidence, CLOCK_BY_UPLOAD);
    assert_int_equal(middle_error(&world), 0);
    end(&world);
}

/* Records whose dates leap from one to the next, and thousands of changes elsewhere: if each leap was held
   against all that follow and all changes, this would take hours. */
static void a_log_that_makes_no_sense_takes_no_time(void **state)
{
    (void)state;
    enum { LEAPS = 50000, CHANGES = 5000 };
    struct log_run *runs = calloc(LEAPS, sizeof *runs);
    struct clock_change *changes = calloc(CHANGES, sizeof *changes);
    struct pump_clock clock;
    const int64_t now = instant_of("2026-05-05T12:00:00Z");
    for (int64_t i = 0; i < LEAPS; i++) {
        int64_t wall = now - 3 * DAY * (i % 6500);
        runs[i] =
            (struct log_run){.first_sequence = i, .last_sequence = i, .first_wall = wall, .last_wall = wall};
    }
    for (int64_t i = 0; i < CHANGES; i++)
        changes[i] =
            (struct clock_change){.sequence = LEAPS + 100 * i, .wall = now, .step = i % 2 ? HOUR : -HOUR};
    const struct clock_input input = {
        .zone = &new_york,
        .now = now,
        .runs = runs,
        .run_count = LEAPS,
        .changes = changes,
        .change_count = CHANGES,
        .first_available = NO_TIME,
        .newest_wall = NO_TIME,
    };
    pump_clock_find(&clock, &input);
    assert_true(clock.count > CHANGES);
    pump_clock_free(&clock);
    free(changes);
    free(runs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_instant_equals_the_truth),
        cmocka_unit_test(a_part_of_the_log_is_enough),
        cmocka_unit_test(a_jump_that_the_log_contradicts_is_not_believed),
        cmocka_unit_test(a_wrong_zone_is_said),
        cmocka_unit_test(a_change_that_tells_no_time_has_one),
        cmocka_unit_test(a_clock_is_wrong_from_the_zones_change_on),
        cmocka_unit_test(senseless_dates_between_good_ones_have_no_instant),
        cmocka_unit_test(a_clock_comes_back_a_little_behind),
        cmocka_unit_test(a_lost_clock_is_dated_once_it_is_set),
        cmocka_unit_test(a_lost_clock_that_nobody_has_set_has_no_instants),
        cmocka_unit_test(readings_follow_the_stretch_they_fell_in),
        cmocka_unit_test(a_reading_near_a_setting_has_one_place),
        cmocka_unit_test(an_upload_is_believed_within_bounds),
        cmocka_unit_test(a_jump_is_held_against_the_records_around_it),
        cmocka_unit_test(what_the_zone_does_not_allow_is_guessed),
        cmocka_unit_test(without_an_upload_it_is_the_zones),
        cmocka_unit_test(another_season_takes_three_uploads),
        cmocka_unit_test(a_zone_is_wrong_after_a_day),
        cmocka_unit_test(windows_are_what_the_clock_showed),
        cmocka_unit_test(windows_that_overlap_are_one),
        cmocka_unit_test(one_setting_writes_several_records),
        cmocka_unit_test(the_zone_rule_reads_everything_in_the_zone),
        cmocka_unit_test(an_earlier_upload_bears_witness_too),
        cmocka_unit_test(a_log_that_makes_no_sense_takes_no_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
