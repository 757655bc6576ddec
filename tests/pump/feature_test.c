#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/pump/feature.h"

static void lists_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *list;
        unsigned features;
    } cases[] = {
        {"BASAL", FEATURE_BASAL},
        {" BASAL ,\tCGM_ALERTS,", FEATURE_BASAL | FEATURE_CGM_ALERTS},
        {"basal,Pump_Events_Basal_Suspension", FEATURE_BASAL | FEATURE_PUMP_EVENTS_BASAL_SUSPENSION},
        {"BOLUS,BOLUS", FEATURE_BOLUS},
        {"", FEATURES_DEFAULT},
        {" , ,", FEATURES_DEFAULT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned features = 0;
        assert_true(features_parse(cases[i].list, &features, NULL));
        assert_int_equal(features, cases[i].features);
    }
}

static void an_unknown_name_is_quoted_and_refused_with_the_known_ones(void **state)
{
    (void)state;
    static const struct {
        const char *list, *quoted;
    } cases[] = {
        {"BASALS", "\"BASALS\""},
        {"BASAL;BOLUS", "\"BASAL;BOLUS\""},
        {"BASAL BOLUS", "\"BASAL BOLUS\""},
        {"BASAL, B ,BOLUS", "\"B\""},
        {"BASAL,<b>\"\x1b[2J&\xc3\xa9%s\\", "\"?b?????J????s?\""},
        {"BASAL,a5eCr3t", "\"a?eCr?t\""},
        {"BASAL,ABCDEFGHIJKLMNOPQRSTUVWXYZ_ABCDE", "\"ABCDEFGHIJKLMNOPQRSTUVWXYZ_ABCDE\""},
        {"BASAL,ABCDEFGHIJKLMNOPQRSTUVWXYZ_ABCDEF", "\"ABCDEFGHIJKLMNOPQRSTUVWXYZ_ABCDE...\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error error = {0};
        unsigned features = 77;
        assert_false(features_parse(cases[i].list, &features, &error));
        assert_int_equal(error.kind, ERROR_USAGE);
        assert_int_equal(features, 77);
        assert_non_null(strstr(error.text, "BASAL,BOLUS,PUMP_EVENTS,PROFILES,CGM,CGM_ALERTS,DEVICE_STATUS,"
                                           "PUMP_EVENTS_BASAL_SUSPENSION,IOB"));
        if (!strstr(error.text, cases[i].quoted))
            fail_msg("%s: %s", cases[i].list, error.text);
    }
}

static void what_is_missing_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *list, *missing;
    } cases[] = {
        {"", "PUMP_EVENTS,PROFILES,CGM,CGM_ALERTS,DEVICE_STATUS"},
        {"BASAL,BOLUS,PUMP_EVENTS,PROFILES", "CGM,CGM_ALERTS,DEVICE_STATUS"},
        {"BASAL,BOLUS,PUMP_EVENTS,PROFILES,CGM,CGM_ALERTS,DEVICE_STATUS", ""},
        {"BOLUS,PUMP_EVENTS_BASAL_SUSPENSION,PROFILES,CGM,IOB", "BASAL,PUMP_EVENTS,CGM_ALERTS"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned features;
        struct buffer text;
        buffer_init(&text, 200);
        assert_true(features_parse(cases[i].list, &features, NULL));
        features_write(features_missing(features), &text);
        assert_string_equal(text.data, cases[i].missing);
        buffer_free(&text);
    }
}

/* What the guide of the original promises to whoever sets nothing. */
static void unset_is_basal_and_bolus(void **state)
{
    (void)state;
    assert_int_equal(FEATURES_DEFAULT, FEATURE_BASAL | FEATURE_BOLUS);
}

static void what_is_written_reads_back(void **state)
{
    (void)state;
    for (unsigned features = 1; features <= FEATURES_ALL; features++) {
        struct buffer text;
        buffer_init(&text, 200);
        features_write(features, &text);
        unsigned again = 0;
        assert_true(features_parse(text.data, &again, NULL));
        assert_int_equal(again, features);
        buffer_free(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_read),
        cmocka_unit_test(an_unknown_name_is_quoted_and_refused_with_the_known_ones),
        cmocka_unit_test(what_is_missing_is_named),
        cmocka_unit_test(unset_is_basal_and_bolus),
        cmocka_unit_test(what_is_written_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
