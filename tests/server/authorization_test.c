#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "authorization.h"
#include "tconnectsync/base/buffer.h"
#include "rate_limit.h"
#include "session.h"

#define SECRET "hunter2: a b"
#define RIGHT  "dXNlcjpodW50ZXIyOiBhIGI=" /* user:hunter2: a b */
#define NOBODY "Omh1bnRlcjI6IGEgYg=="     /* :hunter2: a b */
#define WRONG  "dXNlcjpodW50ZXIz"         /* user:hunter3 */
#define TRIPLE "bWU6aHVudGVyMjogYSBi"     /* me:hunter2: a b */
#define NOW    1780000000

static const struct authorization_key right_key = {.secret = SECRET}, wrong_key = {.secret = "x"};
static const struct authorization_request plain = {.method = "GET", .address = "192.0.2.1"};

static struct authorization check(struct authorization_request request, const char *secret, unsigned flags)
{
    struct rate_limit *limit = rate_limit_new();
    struct authorization result;
    const struct authorization_key key = {.secret = secret};
    authorization_check(&request, &key, 1, flags, limit, NOW, 0, &result);
    rate_limit_free(limit);
    return result;
}

static struct authorization_request with_cookie(void)
{
    static char value[200];
    struct buffer out;
    buffer_init(&out, sizeof value - 1);
    session_write(&out, SECRET, NOW);
    memcpy(value, out.data, out.length + 1);
    buffer_free(&out);
    struct authorization_request request = plain;
    request.cookie = value;
    return request;
}

static void texts(void **state)
{
    (void)state;
    struct authorization_request request = plain;
    struct authorization result = check(request, NULL, 0);
    assert_int_equal(result.status, 403);
    assert_string_equal(result.text,
                        "secret is not configured in the settings, so this page is inaccessible\n");
    result = check(request, "", AUTHORIZATION_CHALLENGE);
    assert_int_equal(result.status, 403);
    result = check(request, SECRET, 0);
    assert_int_equal(result.status, 403);
    assert_string_equal(result.text, "secret not provided as a GET or POST argument\n");
    assert_null(result.challenge);
    assert_false(result.given);
    request.parameter = "";
    assert_string_equal(check(request, SECRET, 0).text, "secret not provided as a GET or POST argument\n");
    request.parameter = "hunter3";
    result = check(request, SECRET, 0);
    assert_int_equal(result.status, 403);
    assert_string_equal(result.text, "secret is invalid\n");
    assert_true(result.given);
}

static void each_credential(void **state)
{
    (void)state;
    static const struct {
        const char *parameter, *header;
        enum credential credential;
    } cases[] = {
        {SECRET, NULL, CREDENTIAL_PARAMETER},
        {SECRET, "Basic " WRONG, CREDENTIAL_PARAMETER},
        {"wrong", "Basic " RIGHT, CREDENTIAL_BASIC},
        {NULL, "basic  " RIGHT, CREDENTIAL_BASIC},
        {NULL, "BASIC " NOBODY, CREDENTIAL_BASIC},
        {NULL, "Basic " WRONG, CREDENTIAL_NONE},
        {NULL, "Basic", CREDENTIAL_NONE},
        {NULL, "Basic ", CREDENTIAL_NONE},
        {NULL, "Basic ====", CREDENTIAL_NONE},
        {NULL, "Basic dXNl", CREDENTIAL_NONE},
        {NULL, "Basic " TRIPLE, CREDENTIAL_BASIC},
        {NULL, "Basic " TRIPLE "A===", CREDENTIAL_NONE},
        {NULL, "Basic " RIGHT "\n", CREDENTIAL_NONE},
        {NULL, "Basic " RIGHT RIGHT, CREDENTIAL_NONE},
        {NULL, "Basicx " RIGHT, CREDENTIAL_NONE},
        {NULL, "Digest " RIGHT, CREDENTIAL_NONE},
        {NULL, "Bearer " RIGHT, CREDENTIAL_NONE},
        {NULL, SECRET, CREDENTIAL_NONE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct authorization_request request = plain;
        request.parameter = cases[i].parameter;
        request.header = cases[i].header;
        struct authorization result = check(request, SECRET, 0);
        assert_int_equal(result.credential, cases[i].credential);
        assert_int_equal(result.status, cases[i].credential ? 0 : 403);
    }
    struct authorization_request bearer = plain;
    bearer.header = "bearer s3cret";
    assert_int_equal(check(bearer, "s3cret", AUTHORIZATION_CHANGES_STATE).credential, CREDENTIAL_BEARER);
    assert_int_equal(check(bearer, "s3cret", AUTHORIZATION_CHANGES_STATE).status, 0);
    assert_int_equal(check(bearer, "s3cre", 0).status, 403);
    struct authorization_request cookie = with_cookie();
    assert_int_equal(check(cookie, SECRET, 0).credential, CREDENTIAL_COOKIE);
    /* An old cookie is no guess: the page asks for the secret again. */
    struct authorization result = check(cookie, "another", 0);
    assert_string_equal(result.text, "secret not provided as a GET or POST argument\n");
}

/* 4096 characters of base64 are as many as one may send. */
static void the_longest_name(void **state)
{
    (void)state;
    for (int more = 0; more < 2; more++) {
        struct authorization_request request = plain;
        struct buffer header;
        buffer_init(&header, 5000);
        buffer_add_text(&header, "Basic ");
        for (int i = 0; i < 1019 + more; i++)
            buffer_add_text(&header, "dXV1"); /* uuu */
        buffer_add_text(&header, TRIPLE);
        request.header = header.data;
        assert_int_equal(check(request, SECRET, 0).credential, more ? CREDENTIAL_NONE : CREDENTIAL_BASIC);
        buffer_free(&header);
    }
}

static void challenges(void **state)
{
    (void)state;
    struct authorization_request request = plain;
    struct authorization result = check(request, SECRET, AUTHORIZATION_CHALLENGE);
    assert_int_equal(result.status, 401);
    assert_string_equal(result.challenge, "Basic realm=\"tconnectsync-heroku\", charset=\"UTF-8\"");
    request.header = "Basic " WRONG;
    assert_int_equal(check(request, SECRET, AUTHORIZATION_CHALLENGE).status, 401);
    request.header = "Basic " RIGHT;
    assert_int_equal(check(request, SECRET, AUTHORIZATION_CHALLENGE).status, 0);
}

static void what_browsers_send_by_themselves(void **state)
{
    (void)state;
    struct authorization_request cookie = with_cookie(), basic = plain;
    basic.header = "Basic " RIGHT;
    struct buffer cookie_token, basic_token;
    buffer_init(&cookie_token, 100);
    buffer_init(&basic_token, 100);
    form_token_write(&cookie_token, SECRET, cookie.cookie);
    form_token_write(&basic_token, SECRET, "");
    const struct {
        const char *fetch_site, *origin, *host;
        int token; /* 1 its own, 2 the other's */
        bool https;
        int status;
    } cases[] = {
        {NULL, NULL, NULL, 0, false, 0},
        {"same-origin", NULL, NULL, 0, false, 0},
        {"same-origin", "http://evil.example", "x", 2, false, 0},
        {"none", NULL, NULL, 0, false, 0},
        {"same-site", "http://x", "x", 1, false, 403},
        {"cross-site", "http://x", "x", 1, false, 403},
        {"", NULL, NULL, 0, false, 403},
        {NULL, "http://x:5000", "x:5000", 0, false, 0},
        {NULL, "https://X", "x", 0, true, 0},
        {NULL, "http://x", "x", 0, true, 403},
        {NULL, "http://x:5001", "x:5000", 1, false, 403},
        {NULL, "http://x.evil.example", "x", 0, false, 403},
        {NULL, "null", "null", 1, false, 403},
        {NULL, "http://", "", 0, false, 403},
        {NULL, "http://x", NULL, 0, false, 403},
        {NULL, NULL, NULL, 1, false, 0},
        {NULL, NULL, NULL, 2, false, 403},
    };
    for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
        size_t row = i / 2;
        struct authorization_request request = i % 2 ? cookie : basic;
        const char *own = i % 2 ? cookie_token.data : basic_token.data;
        const char *other = i % 2 ? basic_token.data : cookie_token.data;
        request.method = "POST";
        request.fetch_site = cases[row].fetch_site;
        request.origin = cases[row].origin;
        request.host = cases[row].host;
        request.https = cases[row].https;
        request.form_token = cases[row].token == 0 ? NULL : cases[row].token == 1 ? own : other;
        struct authorization result = check(request, SECRET, AUTHORIZATION_CHANGES_STATE);
        if (result.status != cases[row].status)
            fail_msg("row %zu: %d", row, result.status);
        assert_int_equal(check(request, SECRET, 0).status, 0); /* looking is free */
        request.parameter = SECRET;                            /* no other site knows that */
        assert_int_equal(check(request, SECRET, AUTHORIZATION_CHANGES_STATE).status, 0);
    }
    static const char *const reading[] = {"GET", "HEAD", "PUT"};
    for (size_t i = 0; i < 3; i++) {
        cookie.method = basic.method = reading[i];
        struct authorization result = check(cookie, SECRET, AUTHORIZATION_CHANGES_STATE);
        assert_int_equal(result.status, 405);
        assert_string_equal(result.allow, "POST");
        assert_int_equal(check(basic, SECRET, AUTHORIZATION_CHANGES_STATE).status, 405);
    }
    buffer_free(&cookie_token);
    buffer_free(&basic_token);
}

static void once_limited_no_secret_is_compared(void **state)
{
    (void)state;
    struct rate_limit *limit = rate_limit_new();
    struct authorization_request request = plain, cookie = with_cookie();
    struct authorization result;
    for (int i = 0; i < 30; i++) {
        request.parameter = NULL; /* asking without one costs nothing */
        authorization_check(&request, &right_key, 1, 0, limit, NOW, 100, &result);
        assert_int_equal(result.status, 403);
    }
    for (int i = 0; i < 30; i++) {
        request.parameter = "wrong";
        authorization_check(&request, &right_key, 1, AUTHORIZATION_CHALLENGE, limit, NOW, 100 + i, &result);
        assert_int_equal(result.status, i < 10 ? 401 : 429);
        assert_int_equal(result.retry_after, i < 10 ? 0 : 60 - i);
    }
    static const struct authorization_request right[] = {
        {.method = "GET", .address = "192.0.2.1", .parameter = SECRET},
        {.method = "GET", .address = "192.0.2.1", .header = "Basic " RIGHT},
    };
    for (size_t i = 0; i < 2; i++) {
        authorization_check(&right[i], &right_key, 1, 0, limit, NOW, 130, &result);
        assert_int_equal(result.status, 429);
        assert_int_equal(result.credential, CREDENTIAL_NONE);
    }
    struct authorization_request bearer = {.method = "GET", .address = "192.0.2.1", .header = "Bearer x"};
    authorization_check(&bearer, &wrong_key, 1, 0, limit, NOW, 130, &result);
    assert_int_equal(result.status, 429);
    cookie.parameter = "wrong";
    authorization_check(&cookie, &right_key, 1, 0, limit, NOW, 130, &result);
    assert_int_equal(result.credential, CREDENTIAL_COOKIE);
    request.parameter = SECRET;
    authorization_check(&request, &right_key, 1, 0, limit, NOW, 160, &result);
    assert_int_equal(result.status, 0);
    request.address = "192.0.2.2";
    authorization_check(&request, &right_key, 1, 0, limit, NOW, 130, &result);
    assert_int_equal(result.status, 0);
    rate_limit_free(limit);
}

/* Where all places are taken by attackers, whoever has shown the secret before is not limited with them. */
static void an_owner_is_remembered_by_the_secret(void **state)
{
    (void)state;
    struct authorization_request owner = {.method = "GET", .address = "192.0.2.1", .parameter = SECRET};
    struct authorization_request cookie = with_cookie(), stranger = owner, attacker = {.method = "GET"};
    struct rate_limit *limit = rate_limit_new();
    struct authorization result;
    char address[40];
    stranger.address = cookie.address = "192.0.2.2";
    authorization_check(&owner, &right_key, 1, 0, limit, NOW, 100, &result);
    authorization_check(&cookie, &right_key, 1, 0, limit, NOW, 100, &result);
    attacker.address = address;
    attacker.parameter = "wrong";
    for (int i = 0; i < RATE_LIMIT_PLACES + RATE_LIMIT_ATTEMPTS; i++) {
        snprintf(address, sizeof address, "2001:db8:%x:%x::1", i / 256, i % 256);
        authorization_check(&attacker, &right_key, 1, 0, limit, NOW, 100, &result);
    }
    authorization_check(&stranger, &right_key, 1, 0, limit, NOW, 101, &result);
    assert_int_equal(result.status, 429);
    authorization_check(&owner, &right_key, 1, 0, limit, NOW, 101, &result);
    assert_int_equal(result.status, 0);
    rate_limit_free(limit);
}

/* Two people with a secret each, a third with the first one's, a fourth without any. */
static void a_secret_opens_whose_it_is(void **state)
{
    (void)state;
    const struct authorization_key keys[] = {
        {.secret = SECRET}, {.secret = "another secret"}, {.secret = SECRET}, {0}};
    static const struct {
        const char *given;
        unsigned opens;
    } cases[] = {{SECRET, 5}, {"another secret", 2}, {"a third one", 0}, {"", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct authorization_request request = plain;
        struct authorization result;
        struct rate_limit *limit = rate_limit_new();
        request.parameter = cases[i].given;
        authorization_check(&request, keys, 4, 0, limit, NOW, 0, &result);
        rate_limit_free(limit);
        assert_int_equal(result.opens, cases[i].opens);
        assert_int_equal(result.status, cases[i].opens ? 0 : 403);
    }
}

/* Whoever signs out ends the sessions of that secret, and nobody else's. */
static void a_session_ends_for_its_own_secret(void **state)
{
    (void)state;
    struct authorization_key keys[] = {{.secret = "another secret", .signed_out = NOW + 1},
                                       {.secret = SECRET}};
    struct authorization_request cookie = with_cookie();
    struct authorization result;
    struct rate_limit *limit = rate_limit_new();
    authorization_check(&cookie, keys, 2, 0, limit, NOW, 0, &result);
    assert_int_equal(result.opens, 2);
    keys[1].signed_out = NOW + 1;
    authorization_check(&cookie, keys, 2, 0, limit, NOW, 0, &result);
    assert_int_equal(result.opens, 0);
    rate_limit_free(limit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_owner_is_remembered_by_the_secret),
        cmocka_unit_test(a_secret_opens_whose_it_is),
        cmocka_unit_test(a_session_ends_for_its_own_secret),
        cmocka_unit_test(texts),
        cmocka_unit_test(each_credential),
        cmocka_unit_test(the_longest_name),
        cmocka_unit_test(challenges),
        cmocka_unit_test(what_browsers_send_by_themselves),
        cmocka_unit_test(once_limited_no_secret_is_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
