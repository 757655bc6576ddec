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
    while (count < 100 && !(*wait = rate_limit_wait(limit, address, now))) {
        rate_limit_wrong(limit, address, now);
        count++;
    }
    return count;
}

static void ten_in_a_minute(void **state)
{
    (void)state;
    struct rate_limit *limit = rate_limit_new();
    unsigned wait;
    for (int i = 0; i < 4; i++)
        rate_limit_wrong(limit, "192.0.2.1", 1000 + i);
    assert_int_equal(passed(limit, "192.0.2.1", 1010, &wait), 6);
    assert_int_equal(wait, 50);
    assert_int_equal(rate_limit_wait(limit, "192.0.2.1", 1059), 1);
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

/* Wrong ones from count networks that nobody else has. */
static void flood(struct rate_limit *limit, unsigned count, int64_t now)
{
    char address[40];
    for (unsigned i = 0; i < count; i++) {
        snprintf(address, sizeof address, "10.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);
        if (!rate_limit_wait(limit, address, now))
            rate_limit_wrong(limit, address, now);
    }
}

static void a_flood_frees_nobody_and_takes_no_owners_place(void **state)
{
    (void)state;
    struct rate_limit *limit = rate_limit_new();
    unsigned wait;
    rate_limit_right(limit, "192.0.2.9", 0);
    assert_int_equal(passed(limit, "192.0.2.1", 1, &wait), 10);
    flood(limit, 70000, 2);
    assert_int_equal(rate_limit_wait(limit, "192.0.2.1", 3), 58);
    assert_int_not_equal(rate_limit_wait(limit, "198.51.100.1", 3), 0); /* one of the others */
    assert_int_equal(rate_limit_wait(limit, "192.0.2.9", 3), 0);
    assert_int_equal(passed(limit, "192.0.2.9", 3, &wait),
                     10); /* an owner's address may guess no more often */
    assert_int_equal(passed(limit, "198.51.100.1", 62, &wait), 10);
    rate_limit_free(limit);
}

static void the_latest_owners_keep_their_places(void **state)
{
    (void)state;
    struct rate_limit *limit = rate_limit_new();
    char address[40];
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(address, sizeof address, "10.2.%u.%u", i >> 8, i & 255);
        rate_limit_right(limit, address, i);
    }
    flood(limit, 70000, 1000);
    rate_limit_right(limit, "192.0.2.9", 1001); /* all places are taken */
    assert_int_equal(rate_limit_wait(limit, "192.0.2.9", 1001), 0);
    assert_int_equal(rate_limit_wait(limit, address, 1001), 0);
    assert_int_not_equal(rate_limit_wait(limit, "10.2.0.0", 1001), 0);
    rate_limit_free(limit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_in_a_minute),
        cmocka_unit_test(ipv6_counts_by_its_network),
        cmocka_unit_test(a_flood_frees_nobody_and_takes_no_owners_place),
        cmocka_unit_test(the_latest_owners_keep_their_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
