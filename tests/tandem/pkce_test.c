#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tconnectsync/base/base64url.h"
#include "tconnectsync/base/buffer.h"
#include "pkce.h"

/* RFC 7636, appendix B */
static void the_rfcs_example_comes_out(void **state)
{
    (void)state;
    static const unsigned char random[] = {116, 24,  223, 180, 151, 153, 224, 37,  79,  250, 96,
                                           125, 216, 173, 187, 186, 22,  212, 37,  77,  105, 214,
                                           191, 240, 91,  88,  5,   88,  83,  132, 141, 121};
    struct buffer verifier;
    char challenge[PKCE_CHALLENGE_SIZE];
    buffer_init(&verifier, 100);
    base64url_encode(&verifier, random, sizeof random);
    assert_string_equal(verifier.data, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    pkce_challenge(verifier.data, challenge);
    assert_string_equal(challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    buffer_free(&verifier);
}

static void a_verifier_is_all_of_its_random_bytes(void **state)
{
    (void)state;
    unsigned char random[PKCE_RANDOM_BYTES];
    for (size_t i = 0; i < sizeof random; i++)
        random[i] = (unsigned char)(250 - i);
    char verifier[PKCE_VERIFIER_SIZE];
    pkce_verifier(random, verifier);
    assert_int_equal(strlen(verifier), 86);
    struct buffer back;
    buffer_init(&back, 100);
    assert_true(base64url_decode(&back, verifier, 86));
    assert_int_equal(back.length, sizeof random);
    assert_memory_equal(back.data, random, sizeof random);
    buffer_free(&back);
}

static void every_length_survives_the_way_there_and_back(void **state)
{
    (void)state;
    unsigned char bytes[256];
    for (size_t length = 0; length <= sizeof bytes; length++) {
        for (size_t i = 0; i < length; i++)
            bytes[i] = (unsigned char)(i * 7 + length);
        struct buffer text, back;
        buffer_init(&text, 400);
        buffer_init(&back, 400);
        base64url_encode(&text, bytes, length);
        assert_int_equal(text.length, (length * 4 + 2) / 3);
        assert_true(base64url_decode(&back, text.data, text.length));
        assert_int_equal(back.length, length);
        assert_memory_equal(back.data, bytes, length);
        buffer_free(&text);
        buffer_free(&back);
    }
}

static void there_is_one_way_to_write_a_thing(void **state)
{
    (void)state;
    static const char *const wrong[] = {"A",   "AAAAA", "QQ==", "QQ=",  "QR",        "QUJ",
                                        "Q Q", "QUI\n", "a+b/", "a.bc", "\xc3\xa9QQ"};
    static const char *const right[] = {"", "QQ", "QUI", "QUJD", "-_-_"};
    struct buffer out;
    buffer_init(&out, 100);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(base64url_decode(&out, wrong[i], strlen(wrong[i])));
    assert_false(base64url_decode(&out, "QQ\0A", 4));
    for (size_t i = 0; i < sizeof right / sizeof *right; i++)
        assert_true(base64url_decode(&out, right[i], strlen(right[i])));
    buffer_free(&out);
    buffer_init(&out, 2);
    assert_false(base64url_decode(&out, "QUJD", 4));
    buffer_free(&out);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rfcs_example_comes_out),
        cmocka_unit_test(a_verifier_is_all_of_its_random_bytes),
        cmocka_unit_test(every_length_survives_the_way_there_and_back),
        cmocka_unit_test(there_is_one_way_to_write_a_thing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
