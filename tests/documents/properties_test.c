/* What holds for every pump's life, however it is cut into syncs: the documents are the same, no insulin is
   lost, doubled or invented, and a second run has nothing to do. Lives are made up from seeds. */
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

#define LOG_PADDING  (36 * SECONDS_PER_HOUR)
#define HELD_PADDING (26 * SECONDS_PER_HOUR)
#define WINDOW_DAYS  28
#define FEATURES     (FEATURE_BASAL | FEATURE_BOLUS | FEATURE_PUMP_EVENTS | FEATURE_CGM)
#define MILLIUNIT    SECONDS_PER_HOUR /* insulin is counted in milliunit seconds an hour */

struct life {
    const char *name;
    const char *begin;
    uint64_t seed;
    int days;
    bool hourly;
};
static const struct life lives[] = {
    {"spring, with the skipped hour", "2026-02-10T00:00:00", 1, 60, false},
    {"summer", "2026-05-20T00:00:00", 2, 60, false},
    {"autumn, with the repeated hour", "2026-09-20T00:00:00", 3, 60, false},
    {"the days of the skipped hour", "2026-03-07T00:00:00", 4, 3, true},
    {"the days of the repeated hour", "2026-10-31T00:00:00", 5, 3, true},
};

/* ---- one sync ---- */

static void read_window(const struct pump_history *history, struct pump_log *log, int64_t first_day,
                        int64_t last_day, int64_t now, bool backwards)
{
    struct error error = {0};
    struct buffer answer;
    const char *separator = "{\"events\":[";
    buffer_init(&answer, 64 << 20);
    for (size_t i = 0; i < history->count; i++) {
        const struct pump_record *record = &history->records[backwards ? history->count - 1 - i : i];
        int64_t day = record->wall / SECONDS_PER_DAY;
        if (record->arrival > now || day < first_day || day > last_day)
            continue;
        buffer_addf(&answer, "%s{\"sequenceNumber\":%lld,%s", separator, (long long)record->sequence,
                    record->json);
        separator = ",";
    }
    buffer_add_text(&answer, *separator == ',' ? "]}" : "{\"events\":[]}");
    if (!log_read_pieces(log, answer.data, answer.length, 16384, &error))
        fail_msg("%s", error.text);
    buffer_free(&answer);
}

/* What the program does for a range: reads both sides, compares, writes. */
static void sync_range(const struct pump_history *history, struct nightscout *nightscout, int64_t from,
                       int64_t to, int64_t now, bool backwards)
{
    struct fixture fixture;
    fixture_open(&fixture);
    fixture_set_features(&fixture, FEATURES);
    fixture.rules.now = fixture.difference_rules.now = now;
    fixture.rules.to = fixture.difference_rules.to = to;
    fixture.difference_rules.from = from;
    fixture.log.latest = time_zone_wall(&new_york, now) + SECONDS_PER_DAY;
    int64_t until = to + LOG_PADDING < now ? to + LOG_PADDING : now;
    int64_t last_day = time_zone_wall(&new_york, until) / SECONDS_PER_DAY;
    for (int64_t day = time_zone_wall(&new_york, from - LOG_PADDING) / SECONDS_PER_DAY; day <= last_day;
         day += WINDOW_DAYS)
        read_window(history, &fixture.log, day,
                    day + WINDOW_DAYS - 1 < last_day ? day + WINDOW_DAYS - 1 : last_day, now, backwards);
    nightscout_read(nightscout, from - HELD_PADDING, to + HELD_PADDING, &fixture.held);
    fixture_build(&fixture);
    fixture_compare(&fixture);
    assert_int_equal(fixture.difference.twin_count, 0);
    assert_int_equal(fixture.difference.strangers + fixture.difference.nameless, 0);
    assert_int_equal(log_skipped(&fixture.log), 0);
    nightscout_write(nightscout, &fixture.difference, &fixture.documents, &fixture.log, &fixture.held,
                     &new_york);
    fixture_close(&fixture);
}

/* From the newest document of each collection, at least a day. */
static void sync_look_back(const struct pump_history *history, struct nightscout *nightscout, int64_t now,
                           bool backwards)
{
    int64_t from = now - SECONDS_PER_DAY;
    for (int readings = 0; readings <= 1; readings++) {
        int64_t newest = nightscout_newest(nightscout, readings);
        if (newest != NO_TIME && newest < from)
            from = newest;
    }
    sync_range(history, nightscout, from, now, now, backwards);
}

static void sync_again_has_nothing_to_do(const struct pump_history *history, struct nightscout *nightscout,
                                         int64_t now)
{
    nightscout->created = nightscout->replaced = 0;
    sync_range(history, nightscout, history->begin, now, now, true);
    sync_look_back(history, nightscout, now, false);
    assert_int_equal(nightscout->created, 0);
    assert_int_equal(nightscout->replaced, 0);
}

/* ---- what must hold ---- */

static int64_t milliseconds_of(const struct json *document)
{
    double minutes;
    const struct json *duration = json_get(document, "duration");
    return json_is(duration, JSON_NUMBER) && json_number_double(duration->text, duration->length, &minutes)
               ? (int64_t)(minutes * 60000 + 0.5)
               : 0;
}

static void assert_every_event_has_its_document(const struct pump_history *history,
                                                const struct nightscout *nightscout)
{
    size_t counts[DOCUMENT_KIND_COUNT] = {0};
    for (size_t i = 0; i < nightscout->count; i++)
        counts[nightscout->items[i].kind]++;
    for (enum document_kind kind = 0; kind < DOCUMENT_KIND_COUNT; kind++)
        if (counts[kind] != history->expected[kind])
            fail_msg("%zu documents %s for %zu events", counts[kind], document_kind_name(kind),
                     history->expected[kind]);
}

/* The stored basal with that number, searched for from the first of its second on. */
static struct json *find_basal(const struct nightscout *nightscout, size_t place,
                               const struct pump_record *record)
{
    char number[24];
    snprintf(number, sizeof number, record->code == 11 ? "%lld,0" : "%lld", (long long)record->sequence);
    for (; place < nightscout->count && nightscout->items[place].time / 1000 == record->time; place++) {
        const struct stored *item = &nightscout->items[place];
        struct json *document = json_parse(item->json, strlen(item->json), NULL);
        if (item->kind == DOCUMENT_TEMP_BASAL &&
            strcmp(json_text(json_get(document, "pump_event_id")), number) == 0)
            return document;
        json_free(document);
    }
    fail_msg("no basal %s in the second of its record", number);
    return NULL;
}

/* Basal follows on basal to the second, but where the pump was off. */
static void assert_basal_is_seamless(const struct pump_history *history, const struct nightscout *nightscout)
{
    size_t place = 0;
    for (size_t i = 0; i < history->count; i++) {
        const struct pump_record *record = &history->records[i];
        if (!pump_history_gives_basal(history, i))
            continue;
        while (place < nightscout->count && nightscout->items[place].time < record->time * 1000)
            place++;
        struct json *document = find_basal(nightscout, place, record);
        int64_t lasts = (pump_history_basal_end(history, i) - record->time) * 1000;
        if (llabs(milliseconds_of(document) - lasts) > 1002)
            fail_msg("basal %lld lasts %lld ms, not %lld", (long long)record->sequence,
                     (long long)milliseconds_of(document), (long long)lasts);
        json_free(document);
    }
}

/* The record that the stored document came from: the parts of an extended bolus belong to the day of its end.
 */
static const struct pump_record *record_of(const struct pump_history *history, const struct json *document)
{
    return pump_history_find(history, strtoll(json_text(json_get(document, "pump_event_id")), NULL, 10));
}

static void assert_insulin_is_conserved(const struct pump_history *history,
                                        const struct nightscout *nightscout, int days)
{
    int64_t *balance = calloc((size_t)days, sizeof *balance);
    for (size_t i = 0; i < history->count; i++) {
        const struct pump_record *record = &history->records[i];
        int64_t *day = &balance[(record->time - history->begin) / SECONDS_PER_DAY];
        if (record->code == 279)
            *day += record->amount * (pump_history_basal_end(history, i) - record->time);
        else
            *day += record->amount * MILLIUNIT;
    }
    for (size_t i = 0; i < nightscout->count; i++) {
        const struct stored *item = &nightscout->items[i];
        struct json *document = json_parse(item->json, strlen(item->json), NULL);
        int64_t *day = &balance[(record_of(history, document)->time - history->begin) / SECONDS_PER_DAY],
                amount = 0;
        if (json_thousandths(json_get(document, "absolute"), &amount))
            *day -= (amount * milliseconds_of(document) + 500) / 1000;
        else if (json_thousandths(json_get(document, "insulin"), &amount))
            *day -= amount * MILLIUNIT;
        json_free(document);
    }
    for (int day = 0; day < days; day++)
        if (llabs(balance[day]) > MILLIUNIT)
            fail_msg("day %d: %lld milliunit seconds an hour are not accounted for", day,
                     (long long)balance[day]);
    free(balance);
}

struct summary {
    char *essence;
    int64_t duration;
};

/* A document without its _id, its order of members and its millisecond: two in one second may have come in
   either order. */
static struct summary summarise_one(const struct stored *item)
{
    static const char *const keys[] = {"pump_event_id", "rate",        "absolute", "insulin",  "carbs",
                                       "glucose",       "glucoseType", "units",    "reason",   "notes",
                                       "sgv",           "direction",   "device",   "enteredBy"};
    struct json *document = json_parse(item->json, strlen(item->json), NULL);
    struct buffer text;
    buffer_init(&text, 1 << 16);
    buffer_addf(&text, "%lld %02d", (long long)item->time / 1000, item->kind);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const struct json *member = json_get(document, keys[i]);
        buffer_addf(&text, "|%s", member ? member->text : "");
    }
    struct summary summary = {text.data, milliseconds_of(document)};
    json_free(document);
    return summary;
}

static int compare_summaries(const void *left, const void *right)
{
    const struct summary *a = left, *b = right;
    return strcmp(a->essence, b->essence);
}

static struct summary *summarise(const struct nightscout *nightscout)
{
    struct summary *summaries = calloc(nightscout->count + 1, sizeof *summaries);
    for (size_t i = 0; i < nightscout->count; i++)
        summaries[i] = summarise_one(&nightscout->items[i]);
    qsort(summaries, nightscout->count, sizeof *summaries, compare_summaries);
    return summaries;
}

static void assert_same_documents(const struct nightscout *a, const struct nightscout *b)
{
    struct summary *left = summarise(a), *right = summarise(b);
    size_t count = a->count < b->count ? a->count : b->count;
    for (size_t i = 0; i < count; i++)
        if (strcmp(left[i].essence, right[i].essence) != 0 ||
            llabs(left[i].duration - right[i].duration) > 1000)
            fail_msg("\n%s for %lld ms, but\n%s for %lld ms", left[i].essence, (long long)left[i].duration,
                     right[i].essence, (long long)right[i].duration);
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < count; i++) {
        free(left[i].essence);
        free(right[i].essence);
    }
    free(left);
    free(right);
}

/* ---- lives ---- */

/* While the pump lives: each upload leaves out what arrives late. */
static void sync_hour_by_hour(const struct pump_history *history, struct nightscout *nightscout, int64_t now)
{
    for (int64_t time = history->begin; time <= now; time += SECONDS_PER_HOUR)
        sync_look_back(history, nightscout, time, time / SECONDS_PER_HOUR % 3 == 0);
}

/* A day that is over and uploaded at a time, every third one read in descending order. */
static void sync_day_by_day(const struct pump_history *history, struct nightscout *nightscout)
{
    for (int64_t day = history->begin; day < history->end; day += SECONDS_PER_DAY)
        sync_range(history, nightscout, day, day + SECONDS_PER_DAY - 1, day + 36 * SECONDS_PER_HOUR,
                   day / SECONDS_PER_DAY % 3 == 0);
}

static void life_keeps_its_promises(void **state)
{
    const struct life *life = *state;
    struct pump_history history;
    struct nightscout once = {0}, in_parts = {0};
    pump_history_make(&history, &new_york, at(life->begin), life->days, life->hourly ? 300 : 900, life->seed);
    int64_t now = history.end + 12 * SECONDS_PER_HOUR;
    sync_range(&history, &once, history.begin, now, now, false);
    assert_every_event_has_its_document(&history, &once);
    assert_basal_is_seamless(&history, &once);
    assert_insulin_is_conserved(&history, &once, life->days);
    sync_again_has_nothing_to_do(&history, &once, now);

    if (life->hourly)
        sync_hour_by_hour(&history, &in_parts, now);
    else
        sync_day_by_day(&history, &in_parts);
    assert_basal_is_seamless(&history, &in_parts);
    assert_insulin_is_conserved(&history, &in_parts, life->days);
    assert_same_documents(&once, &in_parts);
    sync_again_has_nothing_to_do(&history, &in_parts, now);

    nightscout_free(&once);
    nightscout_free(&in_parts);
    pump_history_free(&history);
}

int main(void)
{
    enum { COUNT = sizeof lives / sizeof *lives };
    struct CMUnitTest tests[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        tests[i] = (struct CMUnitTest){.name = lives[i].name,
                                       .test_func = life_keeps_its_promises,
                                       .initial_state = (void *)(uintptr_t)&lives[i]};
    return _cmocka_run_group_tests("properties", tests, COUNT, NULL, NULL);
}
