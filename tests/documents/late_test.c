/* A record that arrives after others of its story were carried over: then the documents are those that one
   run over the whole log gives, and a further run has nothing to do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"
#include "model_nightscout.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/documents/coverage.h"

#define FEATURES (FEATURE_BOLUS | FEATURE_PUMP_EVENTS)
#define FROM     "2026-05-13T00:00:00"

struct row {
    const char *name;
    const char *early, *late; /* records */
    const char *then, *now;   /* when each run is */
};
#define ROW(name, then, early, late)                                                                         \
    {                                                                                                        \
        name, early, late, then, "2026-05-14T12:00:00"                                                       \
    }

struct world {
    struct nightscout nightscout;
    struct coverage coverage;
    const struct pump_log *log; /* of the run at hand */
};

static bool is_settled(void *context, const struct document *document)
{
    const struct world *world = context;
    return coverage_has(&world->coverage, world->log, document);
}

/* What was to be written was. */
static void settle(struct world *world, struct fixture *fixture)
{
    const struct coverage_rules rules = {
        .features = FEATURES,
        .zone = &new_york,
        .from = fixture->difference_rules.from,
        .to = fixture->difference_rules.to,
        .today = civil_day_number(time_zone_wall(&new_york, fixture->rules.now)),
        .automatic = true,
    };
    int64_t waiting;
    for (size_t i = 0; i < fixture->documents.count; i++) {
        struct document *document = &fixture->documents.items[i];
        document->created = document->fate == FATE_CREATE;
        document->amended = document->fate == FATE_AMEND;
    }
    coverage_settle(&world->coverage, &fixture->log, &fixture->documents, &rules, &waiting);
}

static void sync(struct world *world, const char *early, const char *late, const char *now)
{
    struct fixture fixture;
    fixture_open(&fixture);
    fixture_set_features(&fixture, FEATURES);
    fixture_set_now(&fixture, now);
    fixture.difference_rules.from = at(FROM);
    fixture.rules.to = fixture.difference_rules.to = at(now);
    fixture.difference_rules.alarm_safe_minutes = 10;
    fixture.difference_rules.settled = is_settled;
    fixture.difference_rules.settled_context = world;
    fixture_read(&fixture, 0, early);
    if (late)
        fixture_read(&fixture, 0, late);
    world->log = &fixture.log;
    nightscout_read(&world->nightscout, at(FROM), at(now), &fixture.held);
    fixture_build(&fixture);
    fixture_compare(&fixture);
    nightscout_write(&world->nightscout, &fixture.difference, &fixture.documents, &fixture.log, &fixture.held,
                     &new_york);
    settle(world, &fixture);
    fixture_close(&fixture);
}

static void begin(struct world *world)
{
    *world = (struct world){0};
    coverage_init(&world->coverage);
    coverage_count_features(&world->coverage, FEATURES, at(FROM));
}

static void end(struct world *world)
{
    nightscout_free(&world->nightscout);
    coverage_free(&world->coverage);
}

/* All that is stored, a line each. */
static char *list(const struct nightscout *nightscout)
{
    struct buffer text;
    buffer_init(&text, 1 << 20);
    for (size_t i = 0; i < nightscout->count; i++) {
        const struct stored *item = &nightscout->items[i];
        struct json *document = json_parse(item->json, strlen(item->json), NULL);
        const struct json *duration = json_get(document, "duration");
        char *essence = nightscout_essence(item);
        buffer_addf(&text, "%s|%s\n", essence, duration ? duration->text : "");
        free(essence);
        json_free(document);
    }
    return text.data;
}

static void assert_same(const struct world *world, const struct world *once)
{
    char *text = list(&world->nightscout), *wanted = list(&once->nightscout);
    assert_string_equal(text, wanted);
    free(text);
    free(wanted);
}

#define SLEEP(number, time)    "229 " number " " time " {'requestedAction':1}\n"
#define AWAKE(number, time)    "229 " number " " time " {'requestedAction':2}\n"
#define EXERCISE(number, time) "229 " number " " time " {'requestedAction':3,'exerciseChoice':1}\n"
#define TIMER(number, time)    "229 " number " " time " {'requestedAction':4,'exerciseStoppedByTimer':1}\n"
#define REST(number, time)     "229 " number " " time " {'requestedAction':4}\n"

#define ASKED(number, time) "64 " number " " time " {'bolusId':7,'carbAmount':60}\n"
#define COMPLETED(number, time)                                                                              \
    "20 " number " " time " {'bolusId':7,'completionStatus':3,'insulinDelivered':2}\n"
#define ACTIVATED(number, time) "59 " number " " time " {'bolusId':7}\n"
#define EXTENDED(number, time)                                                                               \
    "21 " number " " time " {'bolusId':7,'completionStatus':3,'insulinDelivered':4}\n"

static const struct row rows[] = {
    ROW("the stop between two sleeps, of which the second has ended", "08:00:00",
        SLEEP("1", "00:00:00") SLEEP("3", "03:00:00") AWAKE("4", "06:00:00"), AWAKE("2", "02:00:00")),
    ROW("while the second lasts", "08:00:00", SLEEP("1", "00:00:00") SLEEP("3", "03:00:00") "3 5 07:00:00\n",
        AWAKE("2", "02:00:00")),
    ROW("both stops", "08:00:00", SLEEP("1", "00:00:00") SLEEP("3", "03:00:00") "3 5 07:00:00\n",
        AWAKE("2", "02:00:00") AWAKE("4", "06:00:00")),
    ROW("that of an exercise, in words of its own", "08:00:00",
        EXERCISE("1", "00:00:00") EXERCISE("3", "03:00:00") TIMER("4", "06:00:00"), REST("2", "02:00:00")),
    ROW("of three, the first stop and the second start", "08:00:00",
        SLEEP("1", "00:00:00") SLEEP("5", "05:00:00") AWAKE("6", "06:00:00"),
        AWAKE("2", "02:00:00") SLEEP("3", "03:00:00") AWAKE("4", "04:00:00")),
    ROW("the beginning of an extended bolus whose last part is withheld", "08:32:00",
        ASKED("1", "08:00:00") COMPLETED("2", "08:00:50") EXTENDED("9", "08:31:00"),
        ACTIVATED("3", "08:01:00")),
    ROW("of one that gave nothing at once", "08:32:00", ASKED("1", "08:00:00") EXTENDED("9", "08:31:00"),
        ACTIVATED("3", "08:01:00")),
};

static void a_late_record_gives_what_one_run_gives(void **state)
{
    const struct row *row = *state;
    struct world world, once;
    begin(&world);
    begin(&once);
    sync(&world, row->early, NULL, row->then);
    sync(&world, row->early, row->late, row->now);
    sync(&once, row->early, row->late, row->now);
    assert_same(&world, &once);
    assert_true(world.nightscout.count > 0);
    world.nightscout.created = world.nightscout.replaced = world.nightscout.deleted = 0;
    sync(&world, row->early, row->late, row->now);
    assert_int_equal(world.nightscout.created + world.nightscout.replaced + world.nightscout.deleted, 0);
    end(&world);
    end(&once);
}

/* What a person did in between stands: a second sleep deleted, a first one with an end or words of its own.
 */
static void a_person_has_ended_it(void **state)
{
    (void)state;
    static const char early[] = SLEEP("1", "00:00:00") SLEEP("3", "03:00:00") AWAKE("4", "06:00:00");
    static const char late[] = AWAKE("2", "02:00:00");
    struct world world;
    begin(&world);
    sync(&world, early, NULL, "08:00:00");
    assert_int_equal(world.nightscout.count, 1);
    struct buffer edited;
    const char *json = world.nightscout.items[0].json, *duration = strstr(json, "\"duration\":360");
    assert_non_null(duration);
    buffer_init(&edited, 4096);
    buffer_add(&edited, json, (size_t)(duration - json));
    buffer_addf(&edited, "\"duration\":90%s", duration + strlen("\"duration\":360"));
    nightscout_edit(&world.nightscout, 0, edited.data);
    buffer_clear(&edited);
    buffer_add_text(&edited, world.nightscout.items[0].json);
    sync(&world, early, late, "2026-05-14T12:00:00");
    assert_int_equal(world.nightscout.count, 2);
    assert_string_equal(world.nightscout.items[0].json, edited.data);
    nightscout_remove(&world.nightscout, 1);
    sync(&world, early, late, "2026-05-14T12:00:00");
    assert_int_equal(world.nightscout.count, 1); /* deleted by a person */
    buffer_free(&edited);
    end(&world);
}

int main(void)
{
    enum { COUNT = sizeof rows / sizeof *rows };
    struct CMUnitTest tests[COUNT + 1];
    for (size_t i = 0; i < COUNT; i++)
        tests[i] = (struct CMUnitTest){.name = rows[i].name,
                                       .test_func = a_late_record_gives_what_one_run_gives,
                                       .initial_state = (void *)(uintptr_t)&rows[i]};
    tests[COUNT] = (struct CMUnitTest)cmocka_unit_test(a_person_has_ended_it);
    return _cmocka_run_group_tests("late", tests, COUNT + 1, NULL, NULL);
}
