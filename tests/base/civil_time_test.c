#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tconnectsync/base/civil_time.h"

static int64_t wall(const char *text)
{
    return civil_parse_wall(text);
}

static void dates_are_read_and_written(void **state)
{
    (void)state;
    char out[CIVIL_TEXT_SIZE];
    assert_int_equal(wall("1970-01-01T00:00:00"), 0);
    assert_int_equal(wall("2008-01-01T00:00:00"), 1199145600);
    assert_int_equal(wall("2026-05-14"), 1778716800);
    assert_int_equal(wall("1969-12-31T23:59:59"), -1);
    assert_int_equal(wall("2028-02-29T12:00:00.123Z"), wall("2028-02-29T12:00:00"));
    assert_string_equal(civil_format(out, wall("2028-02-29T12:34:56"), 0, NO_OFFSET), "2028-02-29T12:34:56");
    /* A century has a leap day only where 400 divides it. */
    assert_string_equal(civil_format(out, wall("2000-02-29T00:00:00"), 0, NO_OFFSET), "2000-02-29T00:00:00");
    assert_string_equal(civil_format(out, wall("2400-02-29T23:59:59"), 0, NO_OFFSET), "2400-02-29T23:59:59");
    assert_int_equal(wall("2000-03-01") - wall("2000-02-28"), 2 * SECONDS_PER_DAY);
    assert_int_equal(wall("2400-03-01") - wall("2400-02-28"), 2 * SECONDS_PER_DAY);
    assert_string_equal(civil_format(out, wall("1960-02-29T12:34:56"), 7, -12600),
                        "1960-02-29T12:34:56.007-03:30");
    assert_string_equal(civil_format_utc(out, 1778731261001), "2026-05-14T04:01:01.001Z");
    assert_string_equal(civil_format_utc(out, -1), "1969-12-31T23:59:59.999Z");
}

static void what_is_no_date_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "2026",
        "2026-13-01",
        "2026-00-10",
        "2026-02-29",
        "1900-02-29",
        "2100-02-29",
        "2026-02-00",
        "2026-05-14T24:00:00",
        "2026-05-14T12:60:00",
        "2026-05-14T12:00",
        "2026-05-14T12:00:00.",
        "2026-05-14T12:00:00x",
        "2026-05-14T12:00:00+1",
        "+026-05-14",
        "2026-05-14T12:00:00+19:00",
        "2026-05-14T12:00:00Z ",
        "12026-05-14",
        " 2026-05-14",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_true(wall(texts[i]) == NO_TIME);
    assert_true(civil_parse_wall(NULL) == NO_TIME);
}

static void instants_need_a_zone(void **state)
{
    (void)state;
    static const char *const same[] = {"2026-05-14T04:01:00Z", "2026-05-14T00:01:00-04:00",
                                       "2026-05-14T09:31:00+0530"};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(civil_parse_instant(same[i], strlen(same[i])), 1778731260000);
    assert_int_equal(civil_parse_instant("2026-05-14T04:01:00.25Z", 23), 1778731260250);
    assert_true(civil_parse_instant("2026-05-14T04:01:00", 19) == NO_TIME);
}

/* The clock is set back by an hour at 1000000, and never again. */
static void the_last_change_ends_the_offset_before_it(void **state)
{
    (void)state;
    struct time_zone_change changes[] = {{INT64_MIN, SECONDS_PER_HOUR}, {1000000, 0}};
    const struct time_zone zone = {NULL, changes, 2};
    int64_t first, second;
    assert_true(time_zone_instants(&zone, 1000000 + SECONDS_PER_HOUR - 1, &first, &second));
    assert_int_equal(first, 1000000 - 1);
    assert_int_equal(second, 1000000 + SECONDS_PER_HOUR - 1);
    assert_false(time_zone_instants(&zone, 1000000 + SECONDS_PER_HOUR, &first, &second));
    assert_int_equal(first, 1000000 + SECONDS_PER_HOUR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_are_read_and_written),
        cmocka_unit_test(what_is_no_date_is_refused),
        cmocka_unit_test(instants_need_a_zone),
        cmocka_unit_test(the_last_change_ends_the_offset_before_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
