/* The pump's clock against a made-up pump whose truth is known: set at any moment, or never. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tconnectsync/base/civil_time.h"

#include "clock_world.h"

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
        world_begin(&world);
        world_live(&world, story);
        world_find(&world, story);
        for (size_t i = 0; i < world.count; i++) {
            const struct record *record = &world.records[i];
            int64_t instant = world_instant(&world, record);
            if (llabs(instant - record->instant) > tolerance(story))
                fail_msg("%s: record %zu of %zu is off by %lld s (%s)", story->name, i, world.count,
                         (long long)(instant - record->instant), clock_evidence_name(world.clock.evidence));
        }
        world_check_words(&world, story);
        if (world.clock.evidence != story->evidence)
            fail_msg("%s: decided by %s", story->name, clock_evidence_name(world.clock.evidence));
        world_end(&world);
    }
}

/* Whatever part of it was read: the jumps are known from the device's whole history. */
static void a_part_of_the_log_is_enough(void **state)
{
    (void)state;
    for (size_t s = 0; s < sizeof stories / sizeof *stories; s++) {
        const struct story *story = &stories[s];
        struct world world;
        world_begin(&world);
        world_live(&world, story);
        size_t all = world.run_count, half = all / 2;
        if (story->no_changes || story->settings[0].silent) {
            world_end(&world);
            continue;
        }
        memmove(world.runs, world.runs + half, (all - half) * sizeof *world.runs);
        world.run_count = all - half;
        world_find(&world, story);
        for (size_t i = 0; i < world.count; i++) {
            const struct record *record = &world.records[i];
            int64_t instant = world_instant(&world, record);
            if (llabs(instant - record->instant) > tolerance(story))
                fail_msg("%s: record %zu is off by %lld s", story->name, i,
                         (long long)(instant - record->instant));
        }
        world_end(&world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_instant_equals_the_truth),
        cmocka_unit_test(a_part_of_the_log_is_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
