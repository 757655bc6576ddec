#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rate_limit.h"

/* How many wrong secrets pass before the first that has to wait; *wait is how long. */
static unsigned passed(struct rate_limit *limit, const char *address, int64_t now, unsigned *wait)
{
    unsigned count = 0;
    while (count < 100 && !(*wait = rate_limit_wrong(limit, address, now)))
        count++;
    return count;
}

static void ten_in_a_minute(void **state)
{
    (void)state;
    struct rate_limit *limit = rate_limit_new();
    unsigned wait;
    for (int i = 0; i < 4; i++)
        assert_int_equal(rate_limit_wrong(limit, "192.0.2.1", 1000 + i), 0);
    assert_int_equal(passed(limit, "192.0.2.1", 1010, &wait), 6);
    assert_int_equal(wait, 50);
    assert_int_equal(rate_limit_wrong(limit, "192.0.2.1", 1059), 1);
    assert_int_equal(passed(limit, "192.0.2.2", 1059, &wait), 10);
    assert_int_equal(passed(limit, "192.0.2.1", 1060, &wait), 10);
    assert_int_equal(wait, 60);
    rate_limit_free(limit);
}

static void ipv6_counts_by_its_network(void **state)
{
    (void)state;
    struct rate_limit *limit = rate_limit_new();
    unsigned wait;
    assert_int_equal(passed(limit, "2001:db8:1:2::1", 5, &wait), 10);
    assert_int_equal(passed(limit, "2001:db8:1:2:ffff::9", 5, &wait), 0);
    assert_int_equal(passed(limit, "2001:db8:1:3::1", 5, &wait), 10);
    assert_int_equal(passed(limit, "::ffff:192.0.2.1", 5, &wait), 10);
    assert_int_equal(passed(limit, "192.0.2.1", 5, &wait), 0);
    assert_int_equal(passed(limit, "::1", 5, &wait), 10);
    assert_int_equal(passed(limit, "garbage", 5, &wait),
                     0); /* counts as ::, together with all other garbage */
    rate_limit_free(limit);
}

static void many_addresses_find_place(void **state)
{
    (void)state;
    struct rate_limit *limit = rate_limit_new();
    unsigned wait;
    char address[40];
    assert_int_equal(passed(limit, "192.0.2.1", 0, &wait), 10);
    assert_int_equal(passed(limit, "192.0.2.2", 1, &wait), 10);
    for (int i = 0; i < RATE_LIMIT_PLACES - 2; i++) {
        snprintf(address, sizeof address, "10.1.%d.%d", i / 256, i % 256);
        assert_int_equal(rate_limit_wrong(limit, address, 2), 0);
    }
    assert_int_not_equal(rate_limit_wrong(limit, "192.0.2.1", 3), 0); /* seen again just now */
    assert_int_equal(rate_limit_wrong(limit, "10.9.9.9", 4), 0);      /* takes the place of 192.0.2.2 */
    assert_int_not_equal(rate_limit_wrong(limit, "192.0.2.1", 5), 0);
    assert_int_equal(rate_limit_wrong(limit, "192.0.2.2", 5), 0);
    rate_limit_free(limit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_in_a_minute),
        cmocka_unit_test(ipv6_counts_by_its_network),
        cmocka_unit_test(many_addresses_find_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
