/* The mark of a pump's numbers: as sha256sum makes it, another for each pump and group. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tconnectsync/pump/pump_log.h"
#include "tconnectsync/pump/pump_source.h"

static void is_the_beginning_of_the_digest(void **state)
{
    (void)state;
    /* printf 1000001/0 | sha256sum */
    assert_int_equal(pump_source("1000001", 0), 0x0e2bd970);
    assert_int_equal(pump_source("1000001", 12), 0xf0af3a48);
}

static void a_pump_under_two_assignments_is_one(void **state)
{
    (void)state;
    struct pump_log log;
    pump_log_init(&log, 0, 0);
    assert_int_equal(pump_log_add_pump(&log, "1000001"), 0);
    assert_int_equal(pump_log_add_pump(&log, "1000002"), 1);
    assert_int_equal(pump_log_add_pump(&log, "1000001"), 0);
    struct pump_event event = {.pump = 1, .group = 3};
    assert_int_equal(pump_log_source(&log, &event), pump_source("1000002", 3));
    pump_log_free(&log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_the_beginning_of_the_digest),
        cmocka_unit_test(a_pump_under_two_assignments_is_one),
    };
    return cmocka_run_group_tests_name("pump_source", tests, NULL, NULL);
}
