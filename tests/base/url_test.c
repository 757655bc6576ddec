#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/url.h"

static void all_but_unreserved_characters_are_encoded(void **state)
{
    (void)state;
    struct buffer out;
    buffer_init(&out, 1000);
    url_encode(&out, "aZ09-._~ +&=%/\xc3\xa9");
    assert_string_equal(out.data, "aZ09-._~%20%2B%26%3D%25%2F%C3%A9");
    buffer_free(&out);
}

static void a_parameter_is_found_and_decoded(void **state)
{
    (void)state;
    static const struct {
        const char *url, *value;
    } cases[] = {
        {"https://a.test/cb?code=x", "x"},
        {"https://a.test/cb?scope=s&code=a%2Bb+c&z=1", "a+b c"},
        {"https://a.test/cb?code=&code=2", ""},
        {"https://a.test/cb?code=x#code=y", "x"},
        {"https://a.test/cb", NULL},
        {"https://a.test/cb?", NULL},
        {"https://a.test/cb?acode=x", NULL},
        {"https://a.test/cb?codex=x", NULL},
        {"https://a.test/cb#?code=x", NULL},
        {"https://a.test/cb?code=%0", NULL},
        {"https://a.test/cb?code=%00", NULL},
        {"https://a.test/cb?code=%zz", NULL},
        {"https://a.test/code=x?a=1", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *value = url_parameter(cases[i].url, "code");
        if (cases[i].value)
            assert_string_equal(value, cases[i].value);
        else
            assert_null(value);
        free(value);
    }
}

static void a_path_keeps_its_plus(void **state)
{
    (void)state;
    char decoded[16];
    assert_true(percent_decode("/a+b%2fc", 8, false, decoded));
    assert_string_equal(decoded, "/a+b/c");
}

static void an_origin_names_scheme_host_and_port(void **state)
{
    (void)state;
    static const struct {
        const char *url, *origin;
    } cases[] = {
        {"https://Source.Example/x", "https://source.example:443"},
        {"HTTP://a.test", "http://a.test:80"},
        {"http://a.test:8080?x", "http://a.test:8080"},
        {"http://[::1]:5000/", "http://[::1]:5000"},
        {"https://user@a.test/", NULL},
        {"https://a.test@b.test/", NULL},
        {"https://a.test\\@b.test/", NULL},
        {"https://%61.test/", NULL},
        {"https:///a.test/", NULL},
        {"https://a.test:/", NULL},
        {"https://a.test:0/", NULL},
        {"https://a.test:99999/", NULL},
        {"https://a.test:80a/", NULL},
        {"https://[::1/", NULL},
        {"https://[]/", NULL},
        {"ftp://a.test/", NULL},
        {"a.test", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *origin = url_origin(cases[i].url);
        if (cases[i].origin)
            assert_string_equal(origin, cases[i].origin);
        else
            assert_null(origin);
        free(origin);
    }
}

static void only_https_and_this_machine_are_private(void **state)
{
    (void)state;
    static const struct {
        const char *url, *proxy;
        bool private;
    } cases[] = {
        {"https://a.test/", NULL, true},
        {"https://a.test/", "http://proxy.test:3128", true},
        {"http://a.test/", NULL, false},
        {"http://127.0.0.1:9/", NULL, true},
        {"http://127.9.9.9/", "", true},
        {"http://localhost/", NULL, true},
        {"http://[::1]/", NULL, true},
        {"http://127.0.0.1/", "http://proxy.test:3128", false},
        {"http://127.0.0.1/", "http://localhost:3128", true},
        {"http://128.0.0.1/", NULL, false},
        {"http://127.0.0.1.evil.test/", NULL, false},
        {"http://localhost.evil.test/", NULL, false},
        {"http://127.0.0.1@evil.test/", NULL, false},
        {"http://127.1/", NULL, false},
        {"http://[::ffff:127.0.0.1]/", NULL, false},
        {"localhost", NULL, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(url_is_private(cases[i].url, cases[i].proxy), cases[i].private);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_but_unreserved_characters_are_encoded),
        cmocka_unit_test(a_parameter_is_found_and_decoded),
        cmocka_unit_test(a_path_keeps_its_plus),
        cmocka_unit_test(an_origin_names_scheme_host_and_port),
        cmocka_unit_test(only_https_and_this_machine_are_private),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
