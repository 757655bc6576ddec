#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http_retry.h"

static struct http_retry answered(int status, unsigned attempts)
{
    return (struct http_retry){.status = status, .retry_after = -1, .attempts = attempts};
}

static void only_what_may_help_is_repeated(void **state)
{
    (void)state;
    static const int helps[] = {408, 429, 500, 502, 503, 504, 599},
                     in_vain[] = {0, 200, 301, 400, 401, 403, 404, 413};
    for (size_t i = 0; i < sizeof helps / sizeof *helps; i++) {
        struct http_retry retry = answered(helps[i], 1);
        assert_int_equal(http_retry_wait(&retry), 500);
    }
    for (size_t i = 0; i < sizeof in_vain / sizeof *in_vain; i++) {
        struct http_retry retry = answered(in_vain[i], 1);
        assert_int_equal(http_retry_wait(&retry), -1);
        retry.transport_may_recover = true;
        assert_int_equal(http_retry_wait(&retry), 500);
    }
}

static void waits_grow_by_more_than_their_jitter(void **state)
{
    (void)state;
    static const int64_t shortest[] = {500, 1000, 2000}, longest[] = {750, 1500, 3000};
    for (unsigned attempts = 1; attempts <= 3; attempts++) {
        struct http_retry retry = answered(500, attempts);
        for (retry.random = 0; retry.random < 5000; retry.random++) {
            int64_t wait = http_retry_wait(&retry);
            assert_in_range(wait, shortest[attempts - 1], longest[attempts - 1]);
        }
    }
    struct http_retry last = answered(500, 4);
    assert_int_equal(http_retry_wait(&last), -1);
}

static void the_service_may_ask_for_more_time(void **state)
{
    (void)state;
    struct http_retry retry = answered(429, 1);
    retry.retry_after = 60;
    assert_int_equal(http_retry_wait(&retry), 60000);
    retry.retry_after = 61;
    assert_int_equal(http_retry_wait(&retry), -1);
    retry.retry_after = 0;
    assert_int_equal(http_retry_wait(&retry), 500);
    retry.retry_after = INT64_MAX;
    assert_int_equal(http_retry_wait(&retry), -1);
    retry = answered(429, 3);
    retry.random = 998; /* of its own it would come 2 ms early */
    retry.retry_after = 3;
    assert_int_equal(http_retry_wait(&retry), 3000);
}

static void patience_is_for_a_site_that_wakes(void **state)
{
    (void)state;
    struct http_retry retry = answered(503, 9);
    retry.patience_seconds = 60;
    retry.elapsed_milliseconds = 40000;
    assert_int_equal(http_retry_wait(&retry), 8000);
    retry.elapsed_milliseconds = 52001;
    assert_int_equal(http_retry_wait(&retry), -1);
    static const int statuses[] = {500, 501, 502, 503, 504, 505};
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        retry.elapsed_milliseconds = 40000;
        retry.status = statuses[i];
        assert_int_equal(http_retry_wait(&retry), i >= 2 && i <= 4 ? 8000 : -1);
    }
    retry.status = 502;
    retry.elapsed_milliseconds = 52000;
    assert_int_equal(http_retry_wait(&retry), 8000);
    retry.elapsed_milliseconds = 40000;
    retry.status = 0;
    retry.transport_may_recover = true;
    assert_int_equal(http_retry_wait(&retry), -1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_may_help_is_repeated),
        cmocka_unit_test(waits_grow_by_more_than_their_jitter),
        cmocka_unit_test(the_service_may_ask_for_more_time),
        cmocka_unit_test(patience_is_for_a_site_that_wakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
