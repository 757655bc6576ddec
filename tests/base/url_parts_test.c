#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tconnectsync/base/url_parts.h"

static void parts_are_found(void **state)
{
    (void)state;
    struct url_parts url;
    assert_true(url_parse("HTTPS://me:p@ss@NS.Example.org:8443/a/b?x=1#y", &url));
    assert_string_equal(url.scheme, "https");
    assert_string_equal(url.host, "ns.example.org");
    assert_int_equal(url.port, 8443);
    assert_int_equal(url.userinfo_length, 7);
    assert_memory_equal(url.userinfo, "me:p@ss", 7);
    assert_int_equal(url.path_length, 4);
    assert_memory_equal(url.path, "/a/b", 4);
    assert_true(url.has_userinfo && url.has_query && url.has_fragment);

    assert_true(url_parse("http://[::1]:80", &url));
    assert_string_equal(url.host, "::1");
    assert_int_equal(url.port, 80);
    assert_int_equal(url.path_length, 0);
    assert_false(url.has_userinfo || url.has_query || url.has_fragment);

    assert_true(url_parse("https://host/a#b?c@d", &url));
    assert_true(url.has_fragment && !url.has_query && !url.has_userinfo);
}

static void what_is_no_url_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "host",
        "host.example:80",
        "https:/host",
        "https://",
        "https:///path",
        "://host",
        "h ttp://host",
        "https://ho st/",
        "https://host/ ",
        "https://host/\n",
        "https://h\xc3\xb6st/",
        "https://host/\xc3\xb6",
        "https://host:0/",
        "https://host:65536/",
        "https://host:/",
        "https://host:8o/",
        "https://host:-1/",
        "https://[::1/",
        "https://[nope]/",
        "https://[::1]x/",
        "https://.host/",
        "https://a..b/",
        "https://a%41/",
        "https://me@/",
        "http://me:x@[::a%40y@[::1]:8080/",
        "https://host/<x>",
        "https://host/\"",
        "https://host/\\",
        "https://host:99999999999999999999/",
        "averyveryverylongscheme://host",
    };
    struct url_parts url;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (url_parse(texts[i], &url))
            fail_msg("taken for a URL: %s", texts[i]);
}

static void loopback_is_told_from_what_looks_like_it(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool loopback;
    } cases[] = {
        {"http://localhost:1/", true},
        {"http://LOCALHOST/", true},
        {"http://127.0.0.1/", true},
        {"http://127.9.9.9/", true},
        {"http://[::1]/", true},
        {"http://127.0.0.1.evil.org/", false},
        {"http://127.evil.org/", false},
        {"http://[::2]/", false},
        {"http://128.0.0.1/", false},
        {"http://localhost.evil.org/", false},
        {"http://127.0.0.1@evil.org/", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct url_parts url;
        assert_true(url_parse(cases[i].text, &url));
        if (url_is_loopback(&url) != cases[i].loopback)
            fail_msg("wrongly judged: %s", cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_found),
        cmocka_unit_test(what_is_no_url_is_refused),
        cmocka_unit_test(loopback_is_told_from_what_looks_like_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
