#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tconnectsync/base/buffer.h"
#include "session.h"

#define NOW 1780000000

static char *session(const char *secret, int64_t now)
{
    static char value[256];
    struct buffer out;
    buffer_init(&out, sizeof value - 1);
    session_write(&out, secret, now);
    memcpy(value, out.data, out.length + 1);
    buffer_free(&out);
    return value;
}

static void secrets_compare(void **state)
{
    (void)state;
    assert_true(secret_equals("hunter2", 7, "hunter2"));
    assert_false(secret_equals("hunter", 6, "hunter2"));
    assert_false(secret_equals("hunter2\0", 8, "hunter2"));
    assert_false(secret_equals("Hunter2", 7, "hunter2"));
    assert_false(secret_equals("", 0, "hunter2"));
}

static void a_session_lasts_until_its_end(void **state)
{
    (void)state;
    char *value = session("hunter2", NOW);
    assert_true(session_is_valid(value, "hunter2", NOW, 0));
    assert_true(session_is_valid(value, "hunter2", NOW + SESSION_SECONDS - 1, 0));
    assert_false(session_is_valid(value, "hunter2", NOW + SESSION_SECONDS, 0));
    assert_true(session_is_valid(value, "hunter2", NOW - 24 * 3600, 0));      /* the clock was set back */
    assert_false(session_is_valid(value, "hunter2", NOW - 24 * 3600 - 1, 0)); /* it had been far off */
    assert_false(session_is_valid(value, "hunter3", NOW, 0));
}

static void signing_out_ends_what_began_before(void **state)
{
    (void)state;
    char *value = session("hunter2", NOW);
    assert_true(session_is_valid(value, "hunter2", NOW, NOW));
    assert_false(session_is_valid(value, "hunter2", NOW, NOW + 1));
    value = session("hunter2", NOW + 1);
    assert_true(session_is_valid(value, "hunter2", NOW, NOW + 1));
}

static void a_session_that_is_used_is_renewed(void **state)
{
    (void)state;
    char *value = session("hunter2", NOW);
    assert_false(session_is_to_be_renewed(value, NOW + SESSION_RENEWED));
    assert_true(session_is_to_be_renewed(value, NOW + SESSION_RENEWED + 1));
}

static void no_changed_session_is_valid(void **state)
{
    (void)state;
    char *value = session("hunter2", NOW);
    size_t length = strlen(value);
    for (size_t i = 0; i < length; i++) {
        char was = value[i];
        for (char other = '0'; other <= 'z'; other++) {
            value[i] = other;
            assert_int_equal(session_is_valid(value, "hunter2", NOW, 0), other == was);
        }
        value[i] = '\0'; /* cut short */
        assert_false(session_is_valid(value, "hunter2", NOW, 0));
        value[i] = was;
    }
    static const char *const others[] = {"",
                                         ".",
                                         "1780000001.",
                                         "9999999999999999999999.x",
                                         "-1.x",
                                         "+1780000001.x",
                                         "99999999999999999999999999999999999999999.x"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(session_is_valid(others[i], "hunter2", NOW, 0));
}

static void form_tokens_belong_to_a_session(void **state)
{
    (void)state;
    char *value = session("hunter2", NOW);
    struct buffer token, basic;
    buffer_init(&token, 100);
    buffer_init(&basic, 100);
    form_token_write(&token, "hunter2", value);
    form_token_write(&basic, "hunter2", "");
    assert_true(form_token_is_valid(token.data, "hunter2", value));
    assert_true(form_token_is_valid(basic.data, "hunter2", ""));
    assert_false(form_token_is_valid(token.data, "hunter2", ""));
    assert_false(form_token_is_valid(basic.data, "hunter2", value));
    assert_false(form_token_is_valid(token.data, "hunter3", value));
    assert_false(form_token_is_valid("", "hunter2", value));
    /* What signs the one cannot serve as the other. */
    assert_null(strstr(value, token.data));
    assert_false(form_token_is_valid(strchr(value, '.') + 1, "hunter2", value));
    buffer_free(&token);
    buffer_free(&basic);
}

static void cookies(void **state)
{
    (void)state;
    struct buffer out;
    buffer_init(&out, 500);
    session_write_cookie(&out, "hunter2", NOW, true);
    char expected[500];
    snprintf(expected, sizeof expected,
             "tconnectsync_session=%s; Path=/; Max-Age=604800; HttpOnly; SameSite=Strict; Secure",
             session("hunter2", NOW));
    assert_string_equal(out.data, expected);
    buffer_clear(&out);
    session_write_end_cookie(&out, false);
    assert_string_equal(out.data, "tconnectsync_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict");
    buffer_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_compare),
        cmocka_unit_test(a_session_lasts_until_its_end),
        cmocka_unit_test(signing_out_ends_what_began_before),
        cmocka_unit_test(a_session_that_is_used_is_renewed),
        cmocka_unit_test(no_changed_session_is_valid),
        cmocka_unit_test(form_tokens_belong_to_a_session),
        cmocka_unit_test(cookies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
