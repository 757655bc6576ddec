#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/documents/profile.h"

#define NOW 1780000000 /* 2026-05-28T20:26:40Z */

#define SEGMENT(start, basal, ratio, isf, target)                                                            \
    "{\"startTime\":" #start ",\"basalRate\":" #basal ",\"carbRatio\":" #ratio ",\"isf\":" #isf              \
    ",\"targetBg\":" #target "}"
#define PADDING SEGMENT(0, 0, 0, 0, 0)
#define PROFILE(idp, name, duration, segments)                                                               \
    "{\"idp\":" #idp ",\"name\":\"" name "\",\"insulinDuration\":" #duration                                 \
    ",\"maxBolus\":15000,\"timeDependentSegments\":[" segments "]}"
#define SETTINGS(active, profiles)                                                                           \
    "{\"profiles\":{\"activeIdp\":" #active ",\"profile\":[" profiles                                        \
    "]},\"cgmSettings\":{\"highGlucoseAlertMgPerDl\":190,\"lowGlucoseAlertMgPerDl\":75}}"

/* Segments out of order, padding between them, the profiles out of order, a dose to the milliunit. */
static const char pump[] = SETTINGS(
    2, PROFILE(2, "School.day", 270,
               SEGMENT(390, 1125, 7500, 42, 110) "," PADDING "," SEGMENT(
                   0, 785, 8000, 45, 120)) "," PROFILE(0, "$<Sick>$\\u0001\\u0085", 290,
                                                       SEGMENT(0, 1000, 12000, 50, 115) "," PADDING));

static const char expected[] =
    "\"$NOW\",\"created_at\":\"$NOW\",\"defaultProfile\":\"School_day\",\"enteredBy\":\"Pump "
    "(tconnectsync)\","
    "\"units\":\"mg/dl\",\"pump_settings_hash\":\"$HASH\",\"store\":{"
    "\"__Sick>$__\":{\"dia\":\"4.833\",\"carbratio\":[{\"time\":\"00:00\",\"timeAsSeconds\":0,\"value\":12}],"
    "\"sens\":[{\"time\":\"00:00\",\"timeAsSeconds\":0,\"value\":50}],"
    "\"basal\":[{\"time\":\"00:00\",\"timeAsSeconds\":0,\"value\":1}],"
    "\"target_low\":[{\"time\":\"00:00\",\"timeAsSeconds\":0,\"value\":75}],"
    "\"target_high\":[{\"time\":\"00:00\",\"timeAsSeconds\":0,\"value\":190}],\"carbs_hr\":\"30\",\"delay\":"
    "\"15\","
    "\"timezone\":\"Europe/Oslo\",\"startDate\":\"1970-01-01T00:00:00.000Z\",\"units\":\"mg/dl\"},"
    "\"School_day\":{\"dia\":\"4.5\",\"carbratio\":[{\"time\":\"00:00\",\"timeAsSeconds\":0,\"value\":8},"
    "{\"time\":\"06:30\",\"timeAsSeconds\":23400,\"value\":7.5}],"
    "\"sens\":[{\"time\":\"00:00\",\"timeAsSeconds\":0,\"value\":45},{\"time\":\"06:30\",\"timeAsSeconds\":"
    "23400,\"value\":42}],"
    "\"basal\":[{\"time\":\"00:00\",\"timeAsSeconds\":0,\"value\":0.785},"
    "{\"time\":\"06:30\",\"timeAsSeconds\":23400,\"value\":1.125}],"
    "\"target_low\":[{\"time\":\"00:00\",\"timeAsSeconds\":0,\"value\":75}],"
    "\"target_high\":[{\"time\":\"00:00\",\"timeAsSeconds\":0,\"value\":190}],\"carbs_hr\":\"30\",\"delay\":"
    "\"15\","
    "\"timezone\":\"Europe/Oslo\",\"startDate\":\"1970-01-01T00:00:00.000Z\",\"units\":\"mg/dl\"}";

static char carbs_hr[] = "30", delay[] = "15", zone[] = "Europe/Oslo", other_zone[] = "Europe/Paris";
static const struct profile_rules add_mode = {.carbs_hr = carbs_hr, .delay = delay, .time_zone = zone};
static const struct profile_rules replace_mode = {
    .carbs_hr = carbs_hr, .delay = delay, .time_zone = zone, .replace = true};

/* The outcome of one plan. */
struct outcome {
    enum profile_action action;
    struct error error;
    struct json *body; /* NULL when none was made */
};

static struct json *parse(const char *text)
{
    struct error error = {0};
    struct json *json = text ? json_parse(text, strlen(text), &error) : NULL;
    if (text && !json)
        fail_msg("%s: %.300s", error.text, text);
    return json;
}

static struct outcome plan_with(const char *settings, const char *current, const char *newest_hash,
                                const struct profile_rules *rules)
{
    struct outcome outcome = {0};
    struct json *settings_json = parse(settings), *current_json = parse(current);
    struct buffer body;
    buffer_init(&body, 1 << 20);
    outcome.action =
        profile_plan(settings_json, current_json, newest_hash, rules, NOW, &body, &outcome.error);
    bool writes = outcome.action == PROFILE_CREATE || outcome.action == PROFILE_REPLACE;
    assert_int_equal(body.length > 0, writes);
    if (writes)
        outcome.body = parse(body.data);
    else
        assert_int_equal(outcome.error.text[0] != '\0', outcome.action == PROFILE_NONE);
    buffer_free(&body);
    json_free(settings_json);
    json_free(current_json);
    return outcome;
}

static struct outcome plan(const char *settings, const char *current)
{
    return plan_with(settings, current, NULL, &add_mode);
}

static const char *text_of(const struct json *json, const char *key)
{
    const char *text = json_text(json_get(json, key));
    assert_non_null(text);
    return text;
}

/* Written as text, so that it can be what Nightscout holds in the next plan. To be freed. */
static char *spell(const struct json *json)
{
    struct buffer text;
    buffer_init(&text, 1 << 20);
    struct json_writer *writer = json_writer_new(&text);
    json_write_tree(writer, json);
    json_writer_free(writer);
    char *copy = strdup(text.data);
    buffer_free(&text);
    return copy;
}

static void a_new_document_is_exactly_this(void **state)
{
    (void)state;
    struct outcome outcome = plan(pump, NULL);
    assert_int_equal(outcome.action, PROFILE_CREATE);
    assert_string_equal(outcome.error.text, "");
    struct buffer text;
    buffer_init(&text, 100000);
    buffer_add_text(&text, "{\"startDate\":");
    for (const char *at = expected; *at; at++) {
        if (strncmp(at, "$NOW", 4) == 0) {
            buffer_add_text(&text, "2026-05-28T20:26:40.000Z");
            at += 3;
        } else if (strncmp(at, "$HASH", 5) == 0) {
            buffer_add_text(&text, text_of(outcome.body, "pump_settings_hash"));
            at += 4;
        } else {
            buffer_add(&text, at, 1);
        }
    }
    buffer_add_text(&text, "}}");
    char *got = spell(outcome.body);
    assert_string_equal(got, text.data);
    free(got);
    buffer_free(&text);
    json_free(outcome.body);
}

static void a_segment_begins_at_a_time_of_day(void **state)
{
    (void)state;
    static const struct {
        const char *segment, *time;
    } cases[] = {
        {SEGMENT(1, 800, 8000, 45, 110), "00:01"},    {SEGMENT(59, 800, 8000, 45, 110), "00:59"},
        {SEGMENT(60, 800, 8000, 45, 110), "01:00"},   {SEGMENT(61, 800, 8000, 45, 110), "01:01"},
        {SEGMENT(719, 800, 8000, 45, 110), "11:59"},  {SEGMENT(1380, 800, 8000, 45, 110), "23:00"},
        {SEGMENT(1439, 800, 8000, 45, 110), "23:59"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char settings[1000];
        snprintf(settings, sizeof settings,
                 SETTINGS(0, PROFILE(0, "A", 300, SEGMENT(0, 800, 8000, 45, 110) ",%s")), cases[i].segment);
        struct outcome outcome = plan(settings, NULL);
        const struct json *basal = json_get(json_get(json_get(outcome.body, "store"), "A"), "basal");
        assert_string_equal(text_of(basal->first->next, "time"), cases[i].time);
        json_free(outcome.body);
    }
}

static void what_we_wrote_is_not_written_again(void **state)
{
    (void)state;
    struct outcome first = plan(pump, NULL);
    char *held = spell(first.body);
    char hash[100];
    snprintf(hash, sizeof hash, "%s", text_of(first.body, "pump_settings_hash"));
    json_free(first.body);
    assert_int_equal(plan(pump, held).action, PROFILE_UNCHANGED);
    assert_int_equal(plan_with(pump, held, NULL, &replace_mode).action, PROFILE_UNCHANGED);

    /* A person's own document on top of ours, or an edit that kept our hash, stands. */
    assert_int_equal(plan_with(pump, "{\"store\":{\"Mine\":{}}}", hash, &add_mode).action, PROFILE_UNCHANGED);
    char edited[200];
    snprintf(edited, sizeof edited, "{\"store\":{},\"defaultProfile\":\"X\",\"pump_settings_hash\":\"%s\"}",
             hash);
    assert_int_equal(plan(pump, edited).action, PROFILE_UNCHANGED);

    /* The same settings in another order are the same settings. */
    static const char reordered[] = SETTINGS(
        2, PROFILE(0, "$<Sick>$\\u0001\\u0085", 290, SEGMENT(0, 1000, 12000, 50, 115)) "," PROFILE(
               2, "School.day", 270, SEGMENT(0, 785, 8000, 45, 120) "," SEGMENT(390, 1125, 7500, 42, 110)));
    assert_int_equal(plan(reordered, held).action, PROFILE_UNCHANGED);
    free(held);
}

static void a_changed_setting_is_written(void **state)
{
    (void)state;
    struct outcome first = plan(pump, NULL);
    char *held = spell(first.body);
    static const char *const changed[] = {
        SETTINGS(0, PROFILE(2, "School.day", 270,
                            SEGMENT(390, 1125, 7500, 42, 110) "," SEGMENT(
                                0, 785, 8000, 45, 120)) "," PROFILE(0, "$<Sick>$\\u0001\\u0085", 290,
                                                                    SEGMENT(0, 1000, 12000, 50, 115))),
        SETTINGS(2, PROFILE(2, "School.day", 270,
                            SEGMENT(390, 1126, 7500, 42, 110) "," SEGMENT(
                                0, 785, 8000, 45, 120)) "," PROFILE(0, "$<Sick>$\\u0001\\u0085", 290,
                                                                    SEGMENT(0, 1000, 12000, 50, 115))),
        SETTINGS(2, PROFILE(2, "School.day", 270,
                            SEGMENT(390, 1125, 7500, 42, 110) "," SEGMENT(0, 785, 8000, 45, 120))),
    };
    for (size_t i = 0; i < sizeof changed / sizeof *changed; i++) {
        struct outcome outcome = plan(changed[i], held);
        assert_int_equal(outcome.action, PROFILE_CREATE);
        assert_string_not_equal(text_of(outcome.body, "pump_settings_hash"),
                                text_of(first.body, "pump_settings_hash"));
        json_free(outcome.body);
    }
    struct profile_rules elsewhere = add_mode;
    elsewhere.time_zone = other_zone;
    struct outcome outcome = plan_with(pump, held, NULL, &elsewhere);
    assert_int_equal(outcome.action, PROFILE_CREATE);
    json_free(outcome.body);
    json_free(first.body);
    free(held);
}

/* Another version of this program may hash otherwise: then what the document says decides. */
static void a_strange_hash_is_not_trusted(void **state)
{
    (void)state;
    struct outcome first = plan(pump, NULL);
    char *held = spell(first.body), *hash = strstr(held, "\"1:");
    assert_non_null(hash);
    hash[1] = '7';
    assert_int_equal(plan(pump, held).action, PROFILE_UNCHANGED);
    char *basal = strstr(held, "0.785");
    basal[4] = '6';
    struct outcome outcome = plan(pump, held);
    assert_int_equal(outcome.action, PROFILE_CREATE);
    json_free(outcome.body);
    basal[4] = '5';
    static const struct {
        const char *was, *is;
        bool counts;
    } edits[] = {
        {"\"dia\":\"4.5\"", "\"dia\":\"4.50\"", true},
        {"\"dia\":\"4.5\"", "\"dia\":4.5", true},
        {"\"dia\":\"4.5\",", "", true},
        {"\"dia\":\"4.5\",", "\"dia\":\"4.5\",\"more\":1,", true},
        {"\"value\":0.785}", "\"value\":0.785,\"more\":1}", true},
        {"\"value\":0.785}", "\"value\":0.7850}", false},
        {"\"value\":0.785},", "\"value\":0.785},{},", true},
        {"\"School_day\":{", "\"Theirs\":{},\"School_day\":{", false}, /* other profiles stay */
    };
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        char *place = strstr(held, edits[i].was);
        struct buffer edited;
        buffer_init(&edited, 1 << 20);
        assert_non_null(place);
        buffer_add(&edited, held, (size_t)(place - held));
        buffer_add_text(&edited, edits[i].is);
        buffer_add_text(&edited, place + strlen(edits[i].was));
        outcome = plan(pump, edited.data);
        if (outcome.action != (edits[i].counts ? PROFILE_CREATE : PROFILE_UNCHANGED))
            fail_msg("%s in the place of %s: %d", edits[i].is, edits[i].was, outcome.action);
        json_free(outcome.body);
        buffer_free(&edited);
    }
    outcome = plan(pump, "{\"pump_settings_hash\":\"\"}");
    assert_int_equal(outcome.action, PROFILE_CREATE);
    json_free(outcome.body);
    json_free(first.body);
    free(held);
}

static void other_profiles_stay(void **state)
{
    (void)state;
    static const char current[] =
        "{\"_id\":\"abc\",\"startDate\":\"2026-05-01T00:00:00.000Z\",\"units\":\"mmol\",\"loopSettings\":{"
        "\"a\":1},"
        "\"identifier\":\"x\",\"defaultProfile\":\"Mine\",\"store\":{\"Mine\":{\"dia\":3,\"sens\":[]},"
        "\"Theirs\":{\"units\":\"mg/dl\"},\"Odd\":7,\"School_day\":{\"dia\":\"9\"}}}";
    struct outcome outcome = plan(pump, current);
    assert_int_equal(outcome.action, PROFILE_CREATE);
    const struct json *store = json_get(outcome.body, "store");
    assert_string_equal(text_of(outcome.body, "defaultProfile"), "School_day");
    assert_string_equal(text_of(outcome.body, "units"), "mg/dl");
    assert_string_equal(text_of(json_get(store, "Mine"), "units"), "mmol"); /* it relied on the document's */
    assert_string_equal(text_of(json_get(store, "Theirs"), "units"), "mg/dl");
    assert_string_equal(text_of(json_get(store, "School_day"), "dia"), "4.5");
    size_t of_that_name = 0;
    for (const struct json *profile = store->first; profile; profile = profile->next)
        of_that_name += strcmp(profile->key, "School_day") == 0;
    assert_int_equal(of_that_name, 1);
    assert_true(json_is(json_get(store, "Odd"), JSON_NUMBER));
    assert_null(json_get(outcome.body, "_id"));
    assert_null(json_get(outcome.body, "identifier"));
    assert_null(json_get(outcome.body, "loopSettings"));
    json_free(outcome.body);
}

static void replacing_keeps_the_document(void **state)
{
    (void)state;
    static const char current[] = "{\"_id\":\"abc\",\"startDate\":\"2026-05-01T00:00:00.000Z\",\"created_"
                                  "at\":null,\"loopSettings\":{\"a\":1},"
                                  "\"enteredBy\":\"me\",\"defaultProfile\":\"Mine\",\"store\":{\"Mine\":{}},"
                                  "\"defaultProfile\":\"Mine too\"}";
    struct outcome outcome = plan_with(pump, current, NULL, &replace_mode);
    assert_int_equal(outcome.action, PROFILE_REPLACE);
    assert_string_equal(text_of(outcome.body, "_id"), "abc");
    assert_string_equal(text_of(outcome.body, "startDate"), "2026-05-01T00:00:00.000Z");
    assert_string_equal(text_of(outcome.body, "created_at"), "2026-05-28T20:26:40.000Z");
    assert_string_equal(text_of(outcome.body, "enteredBy"), "Pump (tconnectsync)");
    assert_string_equal(text_of(outcome.body, "defaultProfile"), "School_day");
    assert_non_null(json_get(json_get(outcome.body, "loopSettings"), "a"));
    assert_non_null(json_get(json_get(outcome.body, "store"), "Mine"));
    json_free(outcome.body);

    static const char *const without_id[] = {NULL, "{}", "{\"_id\":7,\"store\":[]}", "{\"_id\":\"\"}"};
    for (size_t i = 0; i < sizeof without_id / sizeof *without_id; i++) {
        outcome = plan_with(pump, without_id[i], NULL, &replace_mode);
        assert_int_equal(outcome.action, PROFILE_CREATE);
        assert_null(json_get(outcome.body, "_id"));
        json_free(outcome.body);
    }
}

static void a_document_from_the_future_stops_it(void **state)
{
    (void)state;
    static const struct {
        const char *current;
        bool stops;
    } cases[] = {
        {"{\"startDate\":\"2026-05-28T20:26:40.000Z\"}", false},
        {"{\"startDate\":\"2026-05-28T20:26:41.000Z\"}", true},
        {"{\"startDate\":\"2026-05-28T19:00:00-04:00\"}", true}, /* later, though it sorts before */
        {"{\"startDate\":\"2026-05-29T01:00:00+10:00\"}", true}, /* earlier, though it sorts behind */
        {"{\"startDate\":\"someday\"}", true},
        {"{\"startDate\":\"?\"}", true},
        {"{\"startDate\":\"1970-01-01\"}", false},
        {"{\"startDate\":\"\"}", false},
        {"{\"startDate\":1780000000000}", false},
        {"{\"startDate\":1780000000001}", true},
        {"{\"startDate\":1e300}", true},
        {"{\"startDate\":null}", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct outcome outcome = plan(pump, cases[i].current);
        if ((outcome.action == PROFILE_NONE) != cases[i].stops)
            fail_msg("%s: %d", cases[i].current, outcome.action);
        if (cases[i].stops)
            assert_non_null(strstr(outcome.error.text, "future"));
        json_free(outcome.body);
    }
}

static void settings_that_cannot_be_true_write_nothing(void **state)
{
    (void)state;
#define GOOD   SEGMENT(0, 800, 8000, 45, 110)
#define ALERTS "\"cgmSettings\":{\"highGlucoseAlertMgPerDl\":190,\"lowGlucoseAlertMgPerDl\":75}"
    /* clang-format off */
    static const struct {
        const char *settings, *words;
    } cases[] = {
        {NULL, "has uploaded its settings"},
        {"{}", "no list of profiles"},
        {"{\"profiles\":{\"activeIdp\":0,\"profile\":{}}}", "no list of profiles"},
        {"{\"profiles\":{\"activeIdp\":0,\"profile\":[]}}", "no active profile"},
        {"{\"profiles\":{\"activeIdp\":0,\"profile\":[7]}}", "no active profile"},
        {SETTINGS(1, PROFILE(0, "A", 300, GOOD)), "no active profile"},
        {SETTINGS(null, PROFILE(0, "A", 300, GOOD)), "no active profile"},
        {SETTINGS(0, PROFILE(0, "A", 300, PADDING) "," PROFILE(1, "B", 300, GOOD)), "no active profile"},
        {SETTINGS(0, PROFILE(0, "A", 300, GOOD) "," PROFILE(0, "B", 300, GOOD)), "same number"},
        {SETTINGS(0, PROFILE("0", "A", 300, GOOD)), "no active profile"},
        {SETTINGS(0, PROFILE(0, "A", 59, GOOD)), "insulinDuration"},
        {SETTINGS(0, PROFILE(0, "A", 721, GOOD)), "insulinDuration"},
        {SETTINGS(0, PROFILE(0, "A", null, GOOD)), "insulinDuration"},
        {SETTINGS(0, PROFILE(0, "A", 300, SEGMENT(0, 15001, 8000, 45, 110))), "basalRate"},
        {SETTINGS(0, PROFILE(0, "A", 300, SEGMENT(0, -1, 8000, 45, 110))), "basalRate"},
        {SETTINGS(0, PROFILE(0, "A", 300, SEGMENT(0, null, 8000, 45, 110))), "basalRate"},
        {SETTINGS(0, PROFILE(0, "A", 300, SEGMENT(0, "800", 8000, 45, 110))), "basalRate"},
        {SETTINGS(0, PROFILE(0, "A", 300, SEGMENT(0, 0.5, 8000, 45, 110))), "basalRate"},
        {SETTINGS(0, PROFILE(0, "A", 300, SEGMENT(0, 800, 0, 45, 110))), "carbRatio"},
        {SETTINGS(0, PROFILE(0, "A", 300, SEGMENT(0, 800, 300001, 45, 110))), "carbRatio"},
        {SETTINGS(0, PROFILE(0, "A", 300, SEGMENT(0, 800, 8000, 0, 110))), "isf"},
        {SETTINGS(0, PROFILE(0, "A", 300, SEGMENT(0, 800, 8000, 1e99, 110))), "isf"},
        {SETTINGS(0, PROFILE(0, "A", 300, SEGMENT(0, 800, 8000, 45, 401))), "targetBg"},
        {SETTINGS(0, PROFILE(0, "A", 300, SEGMENT(1440, 800, 8000, 45, 110))), "startTime"},
        {SETTINGS(0, PROFILE(0, "A", 300, SEGMENT(30, 800, 8000, 45, 110))), "midnight"},
        {SETTINGS(0, PROFILE(0, "A", 300, GOOD "," GOOD)), "same minute"},
        {SETTINGS(0, PROFILE(0, "A", 300, GOOD ",null")), "startTime"},
        {SETTINGS(0, PROFILE(0, "A", 300, GOOD ",[]")), "startTime"},
        {SETTINGS(1, PROFILE(0, "A", 300, GOOD) "," PROFILE(1, "B", 300, SEGMENT(0, 800, 8000, 0, 110))),
         "the pump's active profile \"B\" has a segment whose isf"},
        {"{\"profiles\":{\"activeIdp\":0,\"profile\":[{\"idp\":0}]}," ALERTS "}", "segments"},
        {"{\"profiles\":{\"activeIdp\":0,\"profile\":[" PROFILE(0, "A", 300, SEGMENT(0, 800, 8000, 45, 0)) "]}}", "target"},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct outcome outcome = plan(cases[i].settings, NULL);
        if (outcome.action != PROFILE_NONE || !strstr(outcome.error.text, cases[i].words))
            fail_msg("case %zu: %d, %s", i, outcome.action, outcome.error.text);
        json_free(outcome.body);
    }
    static const char *const current[] = {"[]", "null", "\"\"",
                                          "7"}; /* null: Nightscout's database is down */
    for (size_t i = 0; i < sizeof current / sizeof *current; i++) {
        struct outcome outcome = plan(pump, current[i]);
        assert_int_equal(outcome.action, PROFILE_NONE);
        assert_non_null(strstr(outcome.error.text, "not understood"));
    }
}

#define LONG_NAME "1234567890123456789012345678901234567890123456789012345678901234" /* 64 bytes */

static void what_is_just_possible_is_written(void **state)
{
    (void)state;
#define WITH_ALERTS(low, high, profile)                                                                      \
    "{\"profiles\":{\"activeIdp\":0,\"profile\":[" profile                                                   \
    "]},\"cgmSettings\":{\"highGlucoseAlertMgPerDl\":" #high ",\"lowGlucoseAlertMgPerDl\":" #low "}}"
    /* clang-format off */
    static const struct {
        const char *settings, *holds;
    } cases[] = {
        {SETTINGS(0, PROFILE(0, "A", 60, GOOD)), "\"dia\":\"1\""},
        {SETTINGS(0, PROFILE(0, "A", 720, GOOD)), "\"dia\":\"12\""},
        {SETTINGS(0, PROFILE(0, "A", 300, SEGMENT(0, 15000, 300000, 1000, 400))), "\"value\":300}"},
        {SETTINGS(0, PROFILE(0, "A", 300, SEGMENT(0, 0, 100, 1, 0))), "\"value\":0.1}"},
        {WITH_ALERTS(40, 400, PROFILE(0, "A", 300, GOOD)), "\"value\":400}"},
        {WITH_ALERTS(40, 41, PROFILE(0, "A", 300, GOOD)), "\"value\":41}"},
        {WITH_ALERTS(0, 0, PROFILE(0, "A", 300, SEGMENT(0, 800, 8000, 45, 40))), "\"value\":40}"},
        {SETTINGS(0, PROFILE(0, LONG_NAME, 300, GOOD)), "\"" LONG_NAME "\""},
        {SETTINGS(0, PROFILE(0, LONG_NAME "5", 300, GOOD)), "\"" LONG_NAME "\""},
        {SETTINGS(0, PROFILE(0, "A\\u00a0B", 300, GOOD)), "\"A\u00a0B\""},
        {SETTINGS(0, PROFILE(0, "A\\u009fB", 300, GOOD)), "\"A_B\""},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct outcome outcome = plan(cases[i].settings, NULL);
        assert_int_equal(outcome.action, PROFILE_CREATE);
        char *text = spell(outcome.body);
        if (!strstr(text, cases[i].holds))
            fail_msg("case %zu: %s", i, text);
        free(text);
        json_free(outcome.body);
    }
}

static void a_spare_profile_that_makes_no_sense_is_left_out_and_named(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct {
        const char *spare, *words;
    } cases[] = {
        {PROFILE(1, "Spare", 300, SEGMENT(0, 800, 0, 45, 110)), "\"Spare\" has a segment whose carbRatio"},
        {PROFILE(1, "Spare", 300, SEGMENT(60, 800, 8000, 45, 110)), "\"Spare\" has no segment that starts at midnight"},
        {PROFILE(1, "S.pare", 300, GOOD "," GOOD), "\"S_pare\" has two segments"},
        {PROFILE(1, "Spare", 30, GOOD), "\"Spare\" has an insulinDuration"},
        {PROFILE(null, "Spare", 300, GOOD), "\"Spare\" has no number"},
        {PROFILE(1, "", 300, SEGMENT(60, 800, 8000, 45, 110)), "\"Profile 1\" has no segment"},
        {"{\"idp\":1,\"name\":\"Spare\"}", "\"Spare\" has no list of segments"},
        {"7", "has no number"},
        {PROFILE(1, "B", 300, GOOD) "," PROFILE(1, "Spare", 300, GOOD), "\"Spare\" has the same number"},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char settings[2000];
        for (int order = 0; order < 2; order++) {
            snprintf(settings, sizeof settings,
                     "{\"profiles\":{\"activeIdp\":0,\"profile\":[%s,%s,%s]}," ALERTS "}",
                     order ? cases[i].spare : PROFILE(0, "A", 300, GOOD), PROFILE(5, "Other", 300, GOOD),
                     order ? PROFILE(0, "A", 300, GOOD) : cases[i].spare);
            struct outcome outcome = plan(settings, "{\"store\":{\"Spare\":{\"dia\":\"7\"}}}");
            assert_int_equal(outcome.action, PROFILE_CREATE);
            assert_int_equal(outcome.error.kind, ERROR_NONE);
            if (!strstr(outcome.error.text, cases[i].words))
                fail_msg("case %zu: %s", i, outcome.error.text);
            const struct json *store = json_get(outcome.body, "store");
            assert_string_equal(text_of(outcome.body, "defaultProfile"), "A");
            assert_string_equal(text_of(json_get(store, "A"), "dia"), "5");
            assert_string_equal(text_of(json_get(store, "Other"), "dia"), "5");
            assert_string_equal(text_of(json_get(store, "Spare"), "dia"), "7"); /* what stood there stays */
            json_free(outcome.body);
        }
    }
}

static void without_alerts_the_segments_targets_stand_in(void **state)
{
    (void)state;
    static const char *const alerts[] = {
        "{}",
        "null",
        "{\"highGlucoseAlertMgPerDl\":190}",
        "{\"highGlucoseAlertMgPerDl\":190,\"lowGlucoseAlertMgPerDl\":0}",
        "{\"highGlucoseAlertMgPerDl\":75,\"lowGlucoseAlertMgPerDl\":75}",
        "{\"highGlucoseAlertMgPerDl\":\"190\",\"lowGlucoseAlertMgPerDl\":75}",
        "{\"highGlucoseAlertMgPerDl\":401,\"lowGlucoseAlertMgPerDl\":75}",
        "{\"highGlucoseAlertMgPerDl\":190,\"lowGlucoseAlertMgPerDl\":39}",
    };
    for (size_t i = 0; i < sizeof alerts / sizeof *alerts; i++) {
        char settings[1000];
        snprintf(settings, sizeof settings,
                 "{\"profiles\":{\"activeIdp\":0,\"profile\":[%s]},\"cgmSettings\":%s}",
                 PROFILE(0, "A", 300, GOOD "," SEGMENT(600, 900, 8000, 45, 95)), alerts[i]);
        struct outcome outcome = plan(settings, NULL);
        assert_int_equal(outcome.action, PROFILE_CREATE);
        assert_int_equal(outcome.error.kind, ERROR_NONE);
        assert_non_null(strstr(outcome.error.text, "targets"));
        static const char *const keys[] = {"target_low", "target_high"};
        for (size_t j = 0; j < sizeof keys / sizeof *keys; j++) {
            const struct json *target = json_get(json_get(json_get(outcome.body, "store"), "A"), keys[j]);
            int64_t value;
            assert_non_null(target);
            assert_true(json_integer(json_get(target->first, "value"), &value) && value == 110);
            assert_true(json_integer(json_get(target->first->next, "value"), &value) && value == 95);
        }
        json_free(outcome.body);
    }
}

static void names_are_clean_and_told_apart(void **state)
{
    (void)state;
    static const char names[] = SETTINGS(
        4,
        PROFILE(4, "A.b", 300, GOOD) "," PROFILE(1, "A_b", 300, GOOD) "," PROFILE(
            2, "A<b", 300,
            GOOD) "," PROFILE(3, "A_b (2)", 300,
                              GOOD) "," PROFILE(5, "", 300,
                                                GOOD) "," PROFILE(6, "\\u0000", 300,
                                                                  GOOD) "," PROFILE(7, "$", 300,
                                                                                    GOOD) "," PROFILE(8,
                                                                                                      "123456"
                                                                                                      "789012"
                                                                                                      "345678"
                                                                                                      "901234"
                                                                                                      "567890"
                                                                                                      "123456"
                                                                                                      "789012"
                                                                                                      "345678"
                                                                                                      "901234"
                                                                                                      "567890"
                                                                                                      "123\\u"
                                                                                                      "00e9",
                                                                                                      300,
                                                                                                      GOOD));
    struct outcome outcome = plan(names, NULL);
    assert_int_equal(outcome.action, PROFILE_CREATE);
    static const char *const wanted[] = {
        "A_b",         "A_b (2)",
        "A_b (2) (2)", "A_b (3)",
        "Profile 5",   "_",
        "_ (2)",       "123456789012345678901234567890123456789012345678901234567890123",
    };
    size_t count = 0;
    for (const struct json *profile = json_get(outcome.body, "store")->first; profile;
         profile = profile->next)
        assert_string_equal(profile->key, wanted[count++]);
    assert_int_equal(count, 8);
    assert_string_equal(text_of(outcome.body, "defaultProfile"), "A_b (3)");
    json_free(outcome.body);
}

static void hostile_sizes_are_refused(void **state)
{
    (void)state;
    struct buffer text;
    buffer_init(&text, 1 << 22);
    for (int kind = 0; kind < 2; kind++) {
        buffer_clear(&text);
        buffer_add_text(&text, "{\"profiles\":{\"activeIdp\":0,\"profile\":[");
        if (kind == 1)
            buffer_add_text(&text, "{\"idp\":0,\"insulinDuration\":300,\"timeDependentSegments\":[");
        for (int i = 0; i < 3000; i++) {
            buffer_addf(&text, "%s", i ? "," : "");
            if (kind == 0)
                buffer_addf(&text,
                            "{\"idp\":%d,\"insulinDuration\":300,\"timeDependentSegments\":[" GOOD "]}", i);
            else
                buffer_addf(&text, "{\"startTime\":%d,\"basalRate\":1,\"carbRatio\":1000,\"isf\":1}",
                            i % 1440);
        }
        buffer_add_text(&text, kind == 0 ? "]}," ALERTS "}" : "]}]}," ALERTS "}");
        struct outcome outcome = plan(text.data, NULL);
        assert_int_equal(outcome.action, PROFILE_NONE);
        assert_non_null(strstr(outcome.error.text, "too many"));
    }
    /* Members that would be looked up in one another, in the store and deep within a profile. */
    for (int kind = 0; kind < 2; kind++) {
        buffer_clear(&text);
        buffer_add_text(&text, kind ? "{\"store\":{\"A\":{\"B\":{" : "{\"store\":{");
        for (int i = 0; i < 900; i++)
            buffer_addf(&text, "%s\"%d\":{}", i ? "," : "", i);
        buffer_add_text(&text, kind ? "}}}}" : "}}");
        struct outcome outcome = plan(pump, text.data);
        assert_int_equal(outcome.action, PROFILE_NONE);
        assert_int_equal(outcome.error.kind, ERROR_LIMIT);
    }
    /* What others left in Nightscout does not fit into a request with ours. */
    buffer_clear(&text);
    buffer_add_text(&text, "{\"store\":{\"Big\":\"");
    for (int i = 0; i < 17000; i++)
        buffer_addf(&text, "%060d", i);
    buffer_add_text(&text, "\"}}");
    struct json *settings = parse(pump), *current = parse(text.data);
    struct buffer body;
    struct error error = {0};
    buffer_init(&body, 90000);
    assert_int_equal(profile_plan(settings, current, NULL, &add_mode, NOW, &body, &error), PROFILE_NONE);
    assert_int_equal(error.kind, ERROR_LIMIT);
    buffer_free(&body);
    json_free(settings);
    json_free(current);
    buffer_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_document_is_exactly_this),
        cmocka_unit_test(a_segment_begins_at_a_time_of_day),
        cmocka_unit_test(what_we_wrote_is_not_written_again),
        cmocka_unit_test(a_changed_setting_is_written),
        cmocka_unit_test(a_strange_hash_is_not_trusted),
        cmocka_unit_test(other_profiles_stay),
        cmocka_unit_test(replacing_keeps_the_document),
        cmocka_unit_test(a_document_from_the_future_stops_it),
        cmocka_unit_test(settings_that_cannot_be_true_write_nothing),
        cmocka_unit_test(what_is_just_possible_is_written),
        cmocka_unit_test(a_spare_profile_that_makes_no_sense_is_left_out_and_named),
        cmocka_unit_test(without_alerts_the_segments_targets_stand_in),
        cmocka_unit_test(names_are_clean_and_told_apart),
        cmocka_unit_test(hostile_sizes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
