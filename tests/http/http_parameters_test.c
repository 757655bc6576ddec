#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tconnectsync/base/buffer.h"
#include "http_parameters.h"

static struct http_parameters *parse(const char *text)
{
    return http_parameters_parse(text, strlen(text));
}

static void pairs_are_decoded(void **state)
{
    (void)state;
    struct http_parameters *parameters = parse("a=1+2%263&b=&c&d=x=y&%61%3d=%C3%A4&&a=second&e=+&f+g=h");
    assert_string_equal(http_parameters_get(parameters, "a"), "1 2&3");
    assert_string_equal(http_parameters_get(parameters, "b"), "");
    assert_string_equal(http_parameters_get(parameters, "c"), "");
    assert_string_equal(http_parameters_get(parameters, "d"), "x=y");
    assert_string_equal(http_parameters_get(parameters, "a="), "\xc3\xa4");
    assert_string_equal(http_parameters_get(parameters, "e"), " ");
    assert_string_equal(http_parameters_get(parameters, "f g"), "h");
    assert_null(http_parameters_get(parameters, ""));
    assert_null(http_parameters_get(parameters, "A"));
    assert_null(http_parameters_get(NULL, "a"));
    http_parameters_free(parameters);
    parameters = parse("");
    assert_non_null(parameters);
    assert_int_equal(parameters->count, 0);
    http_parameters_free(parameters);
    http_parameters_free(NULL);
}

static void bad_encodings_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"a=%",   "a=%1",   "a=%1g",  "a=%g1",
                                      "%00=a", "a=b%00", "a=%%20", "a=1&b=%zz"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_null(parse(bad[i]));
    assert_null(http_parameters_parse("a=\0b", 4));

    struct buffer many;
    buffer_init(&many, 1000);
    for (int i = 0; i < HTTP_PARAMETERS_MAXIMUM; i++)
        buffer_add_text(&many, i ? "&a=b" : "a=b");
    struct http_parameters *parameters = http_parameters_parse(many.data, many.length);
    assert_int_equal(parameters->count, HTTP_PARAMETERS_MAXIMUM);
    http_parameters_free(parameters);
    buffer_add_text(&many, "&a");
    assert_null(http_parameters_parse(many.data, many.length));
    buffer_free(&many);
}

static void cookies_are_found(void **state)
{
    (void)state;
    static const struct {
        const char *header, *value;
    } cases[] = {
        {"session=abc", "abc"},
        {"a=b; session=abc; c=d", "abc"},
        {"xsession=no; session=abc", "abc"},
        {"session=; a=b", ""},
        {"session=1; session=2", "1"},
        {"a=b;session=abc \t;c", "abc"},
        {"session", NULL},
        {"Session=abc", NULL},
        {"a=session=abc", NULL},
        {"", NULL},
        {";;; ;", NULL},
        {NULL, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t length = 0;
        const char *value = cookie_find(cases[i].header, "session", &length);
        if (!cases[i].value) {
            assert_null(value);
            continue;
        }
        assert_non_null(value);
        assert_int_equal(length, strlen(cases[i].value));
        assert_memory_equal(value, cases[i].value, length);
    }
}

static void the_last_forwarded_address_counts(void **state)
{
    (void)state;
    static const struct {
        const char *header, *address;
    } cases[] = {
        {"192.0.2.1", "192.0.2.1"},
        {"10.0.0.1, 192.0.2.7", "192.0.2.7"},
        {"10.0.0.1,192.0.2.7:4711 ", "192.0.2.7"},
        {"2001:DB8::1", "2001:db8::1"},
        {"[2001:db8:0:0::1]:80", "2001:db8::1"},
        {"[2001:db8::1]", "2001:db8::1"},
        {"::ffff:192.0.2.1", "192.0.2.1"},
        {"192.0.2.1, unknown", NULL},
        {"192.0.2.1,", NULL},
        {"", NULL},
        {"192.0.2.1 x", NULL},
        {"[2001:db8::1", NULL},
        {"[2001:db8::1]x", NULL},
        {"300.0.2.1", NULL},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char address[46] = "";
        assert_int_equal(forwarded_address(cases[i].header, address, sizeof address),
                         cases[i].address != NULL);
        if (cases[i].address)
            assert_string_equal(address, cases[i].address);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_are_decoded),
        cmocka_unit_test(bad_encodings_are_refused),
        cmocka_unit_test(cookies_are_found),
        cmocka_unit_test(the_last_forwarded_address_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
