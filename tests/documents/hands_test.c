/* Two pumps with the same numbers, and a person who changes, moves, splits and deletes what they gave,
   between runs of a process that starts anew each time. At the end every event that nobody touched is there
   once and right, and all that was touched is as the person left it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"
#include "model_nightscout.h"
#include "model_pump.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/documents/coverage.h"

#define FEATURES  (FEATURE_BASAL | FEATURE_BOLUS | FEATURE_PUMP_EVENTS)
#define DAYS      5
#define EDITS     30 /* a day */
#define MINUTE_MS (SECONDS_PER_MINUTE * 1000)

struct world {
    struct pump_history pumps[2];
    struct nightscout nightscout;
    struct coverage coverages[2]; /* of each pump, as Nightscout keeps it */
    struct pump_log *log;         /* of the run at hand */
    uint64_t random;
    char *gone[2 * DAYS * EDITS]; /* what was touched or deleted, as it was */
    size_t gone_count, deleted;
    struct touched {
        unsigned id;
        char *json;
    } touched[2 * DAYS * EDITS];
    size_t touched_count;
};

/* ---- one run ---- */

static void read_pump(struct world *world, unsigned pump, int64_t now)
{
    struct error error = {0};
    struct buffer answer;
    char serial[24];
    buffer_init(&answer, 64 << 20);
    const char *separator = "{\"events\":[";
    for (size_t i = 0; i < world->pumps[pump].count; i++) {
        const struct pump_record *record = &world->pumps[pump].records[i];
        if (record->arrival > now)
            continue;
        buffer_addf(&answer, "%s{\"sequenceNumber\":%lld,%s", separator, (long long)record->sequence,
                    record->json);
        separator = ",";
    }
    buffer_add_text(&answer, "]}");
    snprintf(serial, sizeof serial, "%u", 1000001 + pump);
    struct pump_log_reader *reader = pump_log_reader_new(world->log, pump_log_add_pump(world->log, serial));
    if (!pump_log_reader_feed(reader, answer.data, answer.length, &error) ||
        !pump_log_reader_finish(reader, &error))
        fail_msg("%s", error.text);
    pump_log_reader_free(reader);
    buffer_free(&answer);
}

static bool is_settled(void *context, const struct document *document)
{
    const struct world *world = context;
    return coverage_has(&world->coverages[world->log->events[document->event].pump], world->log, document);
}

/* All that was to be written was. */
static void settle(struct world *world, struct fixture *fixture)
{
    for (size_t i = 0; i < fixture->documents.count; i++)
        fixture->documents.items[i].created = fixture->documents.items[i].amended = true;
    for (unsigned pump = 0; pump < 2; pump++) {
        const struct coverage_rules rules = {
            .pump = pump,
            .features = FEATURES,
            .zone = &new_york,
            .from = fixture->difference_rules.from,
            .to = fixture->difference_rules.to,
            .today = civil_day_number(time_zone_wall(&new_york, fixture->rules.now)),
        };
        int64_t waiting;
        coverage_settle(&world->coverages[pump], &fixture->log, &fixture->documents, &rules, &waiting);
    }
}

static void sync(struct world *world, int64_t from, int64_t to, int64_t now, bool asked_for)
{
    struct fixture fixture;
    fixture_open(&fixture);
    fixture_set_features(&fixture, FEATURES);
    fixture.rules.now = fixture.difference_rules.now = now;
    fixture.rules.to = fixture.difference_rules.to = to;
    fixture.difference_rules.from = from;
    fixture.difference_rules.settled = asked_for ? NULL : is_settled;
    fixture.difference_rules.settled_context = world;
    fixture.log.latest = time_zone_wall(&new_york, now) + SECONDS_PER_DAY;
    world->log = &fixture.log;
    for (unsigned pump = 0; pump < 2; pump++)
        read_pump(world, pump, now);
    nightscout_read(&world->nightscout, from - 26 * SECONDS_PER_HOUR, to + 26 * SECONDS_PER_HOUR,
                    &fixture.held);
    fixture_build(&fixture);
    fixture_compare(&fixture);
    nightscout_write(&world->nightscout, &fixture.difference, &fixture.documents, &fixture.log, &fixture.held,
                     &new_york);
    settle(world, &fixture);
    fixture_close(&fixture);
}

/* ---- a person ---- */

/* The stored document with some members in another way; NULL takes one away. */
static char *change(const char *json, const char *const keys[2], const char *const values[2])
{
    struct buffer text;
    struct json *document = json_parse(json, strlen(json), NULL);
    buffer_init(&text, 1 << 16);
    struct json_writer *writer = json_writer_new(&text);
    json_open_object(writer);
    for (const struct json *member = document->first; member; member = member->next)
        if (strcmp(member->key, keys[0]) != 0 && (!keys[1] || strcmp(member->key, keys[1]) != 0)) {
            json_write_key(writer, member->key);
            json_write_tree(writer, member);
        }
    for (int i = 0; i < 2; i++)
        if (keys[i] && values[i]) {
            json_write_key(writer, keys[i]);
            json_write_text(writer, values[i]);
        }
    json_close_object(writer);
    json_writer_free(writer);
    json_free(document);
    return text.data;
}

static void remember(struct world *world, unsigned id)
{
    for (size_t i = 0; i < world->nightscout.count; i++)
        if (world->nightscout.items[i].id == id)
            world->touched[world->touched_count++] =
                (struct touched){id, strdup(world->nightscout.items[i].json)};
}

static void edit(struct world *world, size_t place, const char *const keys[2], const char *const values[2])
{
    unsigned id = world->nightscout.items[place].id;
    char *changed = change(world->nightscout.items[place].json, keys, values);
    nightscout_edit(&world->nightscout, place, changed);
    remember(world, id);
    free(changed);
}

/* The chart clones the document: one half keeps the carbs, the other the insulin. */
static void split(struct world *world, size_t place, const char *moved_to)
{
    char *clone = change(world->nightscout.items[place].json, (const char *[]){"insulin", "created_at"},
                         (const char *[]){NULL, moved_to});
    edit(world, place, (const char *[]){"carbs", NULL}, (const char *[]){NULL, NULL});
    nightscout_add(&world->nightscout, clone);
    remember(world, world->nightscout.ids - 1);
    free(clone);
}

static void lay_hand_on(struct world *world, size_t place)
{
    static const char *const types[] = {"Meal Bolus", "", "Note", "Temp Basal"};
    const struct stored *item = &world->nightscout.items[place];
    char moved[CIVIL_TEXT_SIZE], minute[CIVIL_TEXT_SIZE];
    bool meal = strstr(item->json, "\"carbs\":") && strstr(item->json, "\"insulin\":");
    civil_format_utc(moved, item->time + (random_below(&world->random, 121) - 60) * MINUTE_MS);
    civil_format_utc(minute, item->time - item->time % MINUTE_MS);
    world->gone[world->gone_count++] = nightscout_essence(item);
    switch (random_below(&world->random, 6)) {
    case 0: /* the report editor */
        edit(world, place, (const char *[]){"eventType", "created_at"},
             (const char *[]){types[random_below(&world->random, 4)], minute});
        break;
    case 1:
        edit(world, place, (const char *[]){"created_at", NULL}, (const char *[]){moved, NULL});
        break;
    case 2:
        edit(world, place, (const char *[]){meal ? "carbs" : "reason", "glucose"},
             (const char *[]){NULL, NULL});
        break;
    case 3:
        nightscout_remove(&world->nightscout, place);
        world->deleted++;
        break;
    case 4:
        if (meal) {
            split(world, place, moved);
            break;
        }
        __attribute__((fallthrough));
    default:
        edit(world, place, (const char *[]){"notes", NULL}, (const char *[]){"by hand", NULL});
        break;
    }
}

/* Of a day that the pump is done with. */
static void live_with_it(struct world *world, int64_t day)
{
    for (int i = 0; i < EDITS; i++) {
        size_t place = (size_t)random_below(&world->random, (int64_t)world->nightscout.count);
        const struct stored *item = &world->nightscout.items[place];
        if (!item->touched && item->time >= day * 1000 && item->time < (day + SECONDS_PER_DAY) * 1000 &&
            item->kind != DOCUMENT_SLEEP)
            lay_hand_on(world, place);
    }
}

/* ---- what must hold ---- */

static int compare_texts(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static void assert_untouched_are_right(const struct world *world, const struct nightscout *reference)
{
    size_t count = 0, wanted = 0;
    char **texts = calloc(world->nightscout.count + world->gone_count, sizeof *texts);
    char **references = calloc(reference->count, sizeof *references);
    for (size_t i = 0; i < world->nightscout.count; i++)
        if (!world->nightscout.items[i].touched)
            texts[count++] = nightscout_essence(&world->nightscout.items[i]);
    for (size_t i = 0; i < world->gone_count; i++)
        texts[count++] = strdup(world->gone[i]);
    for (size_t i = 0; i < reference->count; i++)
        references[wanted++] = nightscout_essence(&reference->items[i]);
    qsort(texts, count, sizeof *texts, compare_texts);
    qsort(references, wanted, sizeof *references, compare_texts);
    for (size_t i = 0; i < count && i < wanted; i++)
        assert_string_equal(texts[i], references[i]);
    assert_int_equal(count, wanted);
    for (size_t i = 0; i < count; i++)
        free(texts[i]);
    for (size_t i = 0; i < wanted; i++)
        free(references[i]);
    free(texts);
    free(references);
}

static void assert_touched_are_as_they_were_left(const struct world *world)
{
    size_t found = 0;
    for (size_t i = 0; i < world->touched_count; i++)
        for (size_t j = 0; j < world->nightscout.count; j++)
            if (world->nightscout.items[j].id == world->touched[i].id) {
                assert_string_equal(world->nightscout.items[j].json, world->touched[i].json);
                found++;
            }
    assert_int_equal(found, world->touched_count);
}

static void free_world(struct world *world)
{
    for (size_t i = 0; i < world->gone_count; i++)
        free(world->gone[i]);
    for (size_t i = 0; i < world->touched_count; i++)
        free(world->touched[i].json);
    nightscout_free(&world->nightscout);
    for (unsigned pump = 0; pump < 2; pump++) {
        coverage_free(&world->coverages[pump]);
        pump_history_free(&world->pumps[pump]);
    }
}

static void what_a_person_did_stands(void **state)
{
    const uint64_t *seed = *state;
    struct world world = {.random = *seed * UINT64_C(0x9E3779B97F4A7C15)};
    int64_t begin = at("2026-05-20T00:00:00"), end = begin + DAYS * SECONDS_PER_DAY,
            now = end + SECONDS_PER_DAY;
    for (unsigned pump = 0; pump < 2; pump++) {
        coverage_init(&world.coverages[pump]);
        coverage_count_features(&world.coverages[pump], FEATURES, begin);
        pump_history_make(&world.pumps[pump], &new_york, begin, DAYS, 900, *seed * 2 + pump, false);
    }
    for (int64_t day = begin; day < end; day += SECONDS_PER_DAY) {
        sync(&world, day, day + SECONDS_PER_DAY - 1, day + 36 * SECONDS_PER_HOUR, false);
        live_with_it(&world, day);
    }
    sync(&world, begin, now, now, false);
    assert_true(world.deleted > 0 && world.touched_count > 20);

    struct nightscout lived = world.nightscout, once = {0};
    world.nightscout = once;
    sync(&world, begin, now, now, true);
    once = world.nightscout;
    world.nightscout = lived;
    assert_untouched_are_right(&world, &once);
    assert_touched_are_as_they_were_left(&world);

    world.nightscout.created = world.nightscout.replaced = world.nightscout.deleted = 0;
    sync(&world, begin, now, now, false);
    assert_int_equal(world.nightscout.created + world.nightscout.replaced + world.nightscout.deleted, 0);
    sync(&world, begin, now, now, true); /* brings back what was deleted, and nothing else */
    assert_int_equal(world.nightscout.created, world.deleted);
    assert_int_equal(world.nightscout.replaced + world.nightscout.deleted, 0);
    assert_touched_are_as_they_were_left(&world);
    nightscout_free(&once);
    free_world(&world);
}

int main(void)
{
    static const uint64_t seeds[] = {1, 2, 3, 4, 5};
    enum { COUNT = sizeof seeds / sizeof *seeds };
    static const char *const names[COUNT] = {"one life", "a second", "a third", "a fourth", "a fifth"};
    struct CMUnitTest tests[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        tests[i] = (struct CMUnitTest){.name = names[i],
                                       .test_func = what_a_person_did_stands,
                                       .initial_state = (void *)(uintptr_t)&seeds[i]};
    return _cmocka_run_group_tests("hands", tests, COUNT, NULL, NULL);
}
