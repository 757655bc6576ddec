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

static void an_unknown_name_is_refused_with_the_known_ones(void **state)
{
    (void)state;
    static const char *const lists[] = {"BASALS", "BASAL;BOLUS", "BASAL BOLUS", "BASAL,<b>", "B"};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct error error = {0};
        unsigned features = 77;
        assert_false(features_parse(lists[i], &features, &error));
        assert_int_equal(error.kind, ERROR_USAGE);
        assert_int_equal(features, 77);
        assert_non_null(strstr(error.text, "BASAL,BOLUS,PUMP_EVENTS,PROFILES,CGM,CGM_ALERTS,DEVICE_STATUS,"
                                           "PUMP_EVENTS_BASAL_SUSPENSION,IOB"));
        assert_null(strstr(error.text, "<b>"));
    }
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
        cmocka_unit_test(an_unknown_name_is_refused_with_the_known_ones),
        cmocka_unit_test(what_is_written_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
