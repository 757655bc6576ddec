#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/redact.h"

static const char password[] = "p\xc3\xa4ss\" +%2F/w";

static void assert_redacted(const struct redactor *redactor, const char *text, const char *expected)
{
    struct buffer out;
    buffer_init(&out, 1 << 20);
    redact(redactor, text, strlen(text), &out);
    assert_string_equal(out.data, expected);
    buffer_free(&out);
}

static void every_spelling_is_hidden(void **state)
{
    (void)state;
    struct redactor *redactor = redactor_new();
    redactor_add(redactor, password, "password");
    redactor_add(redactor, password, "again");
    assert_redacted(redactor, "x=p\xc3\xa4ss\" +%2F/w;", "x=[password];");
    assert_redacted(redactor, "x=P%c3%A4SS%22%20%2B%252F%2fw;", "x=[password];");
    assert_redacted(redactor, "x=p%C3%A4ss%22+%2b%252F/w;", "x=[password];");
    assert_redacted(redactor, "\"p\\u00e4ss\\\" +%2F\\/w\"", "\"[password]\"");
    assert_redacted(redactor, "p\xc3\xa4ss\" +%2F/", "[password]"); /* cut by somebody else */
    assert_redacted(redactor, "p\xc3\xa4ss", "p\xc3\xa4ss");
    assert_redacted(redactor, "p\\u00e4ss\\\" +%2F\\/", "[password]"); /* behind an escape */
    assert_redacted(redactor, "p\xc3\xa4ss\" +", "[password]");        /* a telling piece */
    assert_redacted(redactor, "p\xc3\xa4ss\" ", "p\xc3\xa4ss\" ");
    redactor_add(redactor, "banana\"bread", "secret"); /* letters that could end an escape */
    assert_redacted(redactor, "banana\\\"bread", "[secret]");
    redactor_add(redactor, "back\\quote\"", "token"); /* a backslash that begins no escape */
    assert_redacted(redactor, "{\"t\":\"back\\quote\\\"\"}", "{\"t\":\"[token]\"}");
    redactor_free(redactor);
}

static void what_another_hides_is_hidden_without_a_copy(void **state)
{
    (void)state;
    struct redactor *all = redactor_new(), *one = redactor_new(), *other = redactor_new();
    redactor_add(one, "hunter", "password");
    redactor_add(one, "swordfish!", "theirs");
    redactor_add(one, "swordfish?", "theirs too");
    redactor_add(all, "swordfish!", "mine");
    redactor_join(all, one);
    redactor_join(all, other);
    redactor_add(all, "rosebud", "secret");
    redactor_add(other, "hunter22", "token");
    assert_redacted(all, "hunter hunter22 rosebud", "[password] [token] [secret]");
    assert_redacted(one, "hunter hunter22 rosebud", "[password] [password]22 rosebud");
    assert_redacted(all, "swordfish! swordfish? swordfish",
                    "[mine] [theirs too] [mine]"); /* the first of equal ones */
    assert_redacted(one, "swordfish", "[theirs]");
    assert_redacted(other, "hunter hunter22", "hunter [token]");
    redactor_free(all);
    redactor_free(one);
    redactor_free(other);
}

/* JSON writes what lies beyond 16 bits as two escapes. */
static void a_secret_with_an_emoji_is_hidden(void **state)
{
    (void)state;
    struct redactor *redactor = redactor_new();
    redactor_add(redactor, "\xf0\x9f\x98\x80 open \xf0\x9f\x94\x91", "password");
    assert_redacted(redactor, "{\"p\":\"\\ud83d\\ude00 open \\uD83D\\uDD11\"}", "{\"p\":\"[password]\"}");
    assert_redacted(redactor, "\\ud83d\\ude01 open \\ud83d\\udd11", "\\ud83d\\ude01 open \\ud83d\\udd11");
    redactor_free(redactor);
}

/* Whatever stands around it, at every alignment and in both alphabets. */
static void base64_is_hidden(void **state)
{
    (void)state;
    static const char secret[] = "s\xff\xfe?>~rosebud";
    struct redactor *redactor = redactor_new();
    redactor_add(redactor, secret, "secret");
    for (int before = 0; before < 7; before++) {
        for (int url = 0; url < 2; url++) {
            char plain[64], encoded[96];
            int length = snprintf(plain, sizeof plain, "%.*s%s:abc", before, "abcdefg", secret);
            EVP_EncodeBlock((unsigned char *)encoded, (const unsigned char *)plain, length);
            for (char *c = encoded; url && *c; c++)
                *c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
            struct buffer out;
            buffer_init(&out, 1000);
            redact(redactor, encoded, strlen(encoded), &out);
            assert_non_null(strstr(out.data, "[secret]"));
            /* What may be left is before, ":abc" and a character on either side that the secret touches. */
            assert_true(out.length <= strlen("[secret]") + (size_t)(before + 2) / 3 * 4 + 8);
            buffer_free(&out);
        }
    }
    redactor_free(redactor);
}

static void overlapping_secrets_leave_nothing(void **state)
{
    (void)state;
    struct redactor *redactor = redactor_new();
    redactor_add(redactor, "abcdef", "one");
    redactor_add(redactor, "defghi", "two");
    redactor_add(redactor, "abcdefg-long", "three");
    redactor_add(redactor, "abc", "too short");
    redactor_add(redactor, "", "empty");
    redactor_add(redactor, NULL, "none");
    assert_redacted(redactor, "-abcdefghi-", "-[one]-");
    assert_redacted(redactor, "-abcdefg-long-", "-[three]-");
    assert_redacted(redactor, "abc", "abc");
    redactor_free(redactor);
}

/* What follows in memory, here the rest of a second secret, is no part of the text. */
static void a_text_ends_where_it_ends(void **state)
{
    (void)state;
    struct redactor *redactor = redactor_new();
    struct buffer out;
    buffer_init(&out, 1000);
    redactor_add(redactor, "abcdef12", "one");
    redactor_add(redactor, "f123456789", "two");
    redact(redactor, "abcdef123456789", 10, &out);
    assert_string_equal(out.data, "[one]34");
    buffer_free(&out);
    redactor_free(redactor);
}

static void patterns_need_no_list(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"Authorization: Bearer 0123456789-abc_def.x~y", "Authorization: Bearer [token]"},
        {"bearer%20abcdefghijk&x", "bearer%20[token]&x"},
        {"Bearer 12345678", "Bearer [token]"},
        {"Bearer 1234567", "Bearer 1234567"},
        {"the bearer of this", "the bearer of this"},
        {"got eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln now", "got [token] now"},
        {"eyJ is short", "eyJ is short"},
        {"mail from jane.doe+x@mail.example.org.", "mail from [email]"},
        {"username=jane%40example.org&a", "username=[email]&a"},
        {"{\"email\":\"j\xc3\xb6rg@example.org\"}", "{\"email\":\"[email]\"}"},
        {"at@home", "at@home"},
        {"https://me:pa@ss@host/x@y", "https://[userinfo]@host/x@y"},
        {"https://host/x", "https://host/x"},
        {"://", "://"},
        {"://@host", "://@host"},
        {"@", "@"},
        {"50% of \\ and \\u12 and %4", "50% of \\ and \\u12 and %4"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_redacted(NULL, cases[i].text, cases[i].expected);
}

static void old_tokens_make_room_but_not_the_settings(void **state)
{
    (void)state;
    struct redactor *redactor = redactor_new();
    redactor_add(redactor, "the-password", "password");
    for (int i = 100; i < 200; i++) {
        char token[32];
        snprintf(token, sizeof token, "token-number-%d", i);
        redactor_add(redactor, token, "token");
    }
    assert_redacted(redactor, "the-password token-number-199 token-number-168", "[password] [token] [token]");
    assert_redacted(redactor, "token-number-167.", "token-number-167.");
    redactor_free(redactor);
    redactor_free(NULL);
}

/* Every beginning and end of hostile bytes: the sanitizers judge. */
static void garbage_is_survived(void **state)
{
    (void)state;
    struct redactor *redactor = redactor_new();
    redactor_add(redactor, password, "password");
    static const char text[] = "\\ud83d\\ude00%%4\\u00e\0bearer eyJ://@%40\xff\xc3p\\u00e4ss\\\" +%2F\\/";
    for (size_t from = 0; from < sizeof text; from++)
        for (size_t to = from; to <= sizeof text; to++) {
            char *copy = malloc(to - from + 1);
            memcpy(copy, text + from, to - from);
            struct buffer out;
            buffer_init(&out, 1000);
            redact(redactor, copy, to - from, &out);
            buffer_free(&out);
            free(copy);
        }
    redactor_free(redactor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_spelling_is_hidden),
        cmocka_unit_test(what_another_hides_is_hidden_without_a_copy),
        cmocka_unit_test(a_secret_with_an_emoji_is_hidden),
        cmocka_unit_test(base64_is_hidden),
        cmocka_unit_test(overlapping_secrets_leave_nothing),
        cmocka_unit_test(a_text_ends_where_it_ends),
        cmocka_unit_test(patterns_need_no_list),
        cmocka_unit_test(old_tokens_make_room_but_not_the_settings),
        cmocka_unit_test(garbage_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
