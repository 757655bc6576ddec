/* Networks share a count with themselves alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "http_crowd.h"

static void networks(void **state)
{
    static const struct {
        const char *one, *other;
        bool same;
    } cases[] = {
        {"192.0.2.1", "192.0.2.1", true},          {"192.0.2.1", "192.0.2.2", false},
        {"192.0.2.1", "1.2.0.192", false},         {"2001:db8::1", "2001:db8::ffff:2", true},
        {"2001:db8::1", "2001:db8:0:1::1", false}, {"::1", "192.0.2.1", false},
    };
    struct http_crowd crowd = {.seed = 0x9e3779b97f4a7c15};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(http_crowd_place(&crowd, cases[i].one) == http_crowd_place(&crowd, cases[i].other),
                         cases[i].same);
}

static void nobody_can_foresee_who_falls_together(void **state)
{
    struct http_crowd crowd = {.seed = 1}, other = {.seed = 2};
    unsigned together = 0, still = 0;
    char address[16];
    (void)state;
    unsigned mine = http_crowd_place(&crowd, "192.0.2.1"), then = http_crowd_place(&other, "192.0.2.1");
    for (unsigned i = 0; i < 65536; i++) {
        snprintf(address, sizeof address, "10.0.%u.%u", i / 256, i % 256);
        bool falls = http_crowd_place(&crowd, address) == mine;
        together += falls;
        still += falls && http_crowd_place(&other, address) == then;
    }
    assert_in_range(together, 1, 40); /* 16 are to be expected */
    assert_in_range(still, 0, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks),
        cmocka_unit_test(nobody_can_foresee_who_falls_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
