#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#include "tconnectsync/base/base64url.h"
#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/base/json.h"
#include "jwt.h"
#include "tconnectsync/base/memory.h"

#define NOW          1778731200
#define COUNT(array) (sizeof(array) / sizeof *(array))

static const char header[] = "{\"alg\":\"RS256\",\"kid\":\"k1\",\"typ\":\"JWT\"}";
static const char payload[] =
    "{\"iss\":\"https://a.test/api\",\"aud\":\"client\",\"exp\":1778734800,\"nbf\":1778731200,"
    "\"pumperId\":\"11111111-2222-4333-8444-555555555555\",\"accountId\":\"a-1\"}";
static const struct jwt_expected expected = {"https://a.test/api", "client", NOW};

static EVP_PKEY *key, *other_key, *weak_key;

static int make_keys(void **state)
{
    (void)state;
    key = EVP_RSA_gen(2048);
    other_key = EVP_RSA_gen(2048);
    weak_key = EVP_RSA_gen(1024);
    return key && other_key && weak_key ? 0 : -1;
}

static int free_keys(void **state)
{
    (void)state;
    EVP_PKEY_free(key);
    EVP_PKEY_free(other_key);
    EVP_PKEY_free(weak_key);
    return 0;
}

/* A key's number, as JWK writes it; to be freed. */
static char *jwk_number(EVP_PKEY *of, const char *name)
{
    BIGNUM *number = NULL;
    unsigned char bytes[1024];
    struct buffer text;
    buffer_init(&text, 2048);
    assert_int_equal(EVP_PKEY_get_bn_param(of, name, &number), 1);
    base64url_encode(&text, bytes, (size_t)BN_bn2bin(number, bytes));
    BN_free(number);
    return text.data;
}

/* {"keys":[...]} with one key; more is put between its members. */
static char *key_set(EVP_PKEY *of, const char *more)
{
    char *n = jwk_number(of, OSSL_PKEY_PARAM_RSA_N), *e = jwk_number(of, OSSL_PKEY_PARAM_RSA_E);
    char *set =
        xasprintf("{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"k0\"},{%s,\"n\":\"%s\",\"e\":\"%s\"}]}", more, n, e);
    free(n);
    free(e);
    return set;
}

static char *signed_token(EVP_PKEY *by, const char *head, const char *body)
{
    struct buffer token;
    unsigned char signature[1024];
    size_t length = sizeof signature;
    buffer_init(&token, 1 << 20);
    base64url_encode(&token, head, strlen(head));
    buffer_add_text(&token, ".");
    base64url_encode(&token, body, strlen(body));
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, by), 1);
    assert_int_equal(EVP_DigestSign(context, signature, &length, (unsigned char *)token.data, token.length),
                     1);
    EVP_MD_CTX_free(context);
    buffer_add_text(&token, ".");
    base64url_encode(&token, signature, length);
    return token.data;
}

static const char usual[] = "\"kty\":\"RSA\",\"kid\":\"k1\",\"alg\":\"RS256\",\"use\":\"sig\"";

static bool verify_at(const char *token, const char *set, int64_t now, struct jwt_claims *claims, char *why)
{
    struct error error = {0};
    struct jwt_expected then = expected;
    then.now = now;
    bool valid = jwt_verify(token, set, strlen(set), &then, claims, &error);
    assert_int_equal(valid, error.kind == ERROR_NONE);
    if (why)
        snprintf(why, sizeof error.text, "%s", error.text);
    return valid;
}

/* Signs, verifies and frees. */
static bool holds(EVP_PKEY *by, const char *head, const char *body, EVP_PKEY *published, const char *more)
{
    struct jwt_claims claims = {0};
    char *token = signed_token(by, head, body), *set = key_set(published, more);
    bool valid = verify_at(token, set, NOW, &claims, NULL);
    assert_int_equal(valid, claims.pumper_id[0] != '\0');
    free(token);
    free(set);
    return valid;
}

/* RFC 7515, appendix A.2 */
static void the_rfcs_example_is_valid(void **state)
{
    (void)state;
    static const char input[] =
        "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
        "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    static const char signature_text[] =
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_"
        "O8W2Fp5jujGbds9uJdbF9C"
        "UAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_"
        "eSN9383LcOLn6_d"
        "O--xi12jzDwusC-"
        "eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igc"
        "N_IoypGlUPQGe77Rw";
    static const char jwk[] =
        "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_"
        "wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw"
        "-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-"
        "bSf63kpaSHSX"
        "ndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_"
        "I5IhlJH7aGhyxXFvUK-DWN"
        "moudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ\"}";
    struct buffer signature;
    buffer_init(&signature, 1000);
    assert_true(base64url_decode(&signature, signature_text, sizeof signature_text - 1));
    struct json *rfc_key = json_parse(jwk, sizeof jwk - 1, NULL);
    assert_true(jwt_signature_is_valid(input, sizeof input - 1, signature.data, signature.length, rfc_key));
    for (size_t i = 0; i < signature.length; i++) {
        signature.data[i] ^= 1;
        assert_false(
            jwt_signature_is_valid(input, sizeof input - 1, signature.data, signature.length, rfc_key));
        signature.data[i] ^= 1;
    }
    assert_false(jwt_signature_is_valid(input, sizeof input - 2, signature.data, signature.length, rfc_key));
    assert_false(
        jwt_signature_is_valid(input, sizeof input - 1, signature.data, signature.length - 1, rfc_key));
    assert_false(jwt_signature_is_valid(input, sizeof input - 1, "", 0, rfc_key));
    json_free(rfc_key);
    buffer_free(&signature);
}

static void a_good_token_yields_its_claims(void **state)
{
    (void)state;
    struct jwt_claims claims;
    char *token = signed_token(key, header, payload), *set = key_set(key, usual);
    assert_true(verify_at(token, set, NOW, &claims, NULL));
    assert_string_equal(claims.pumper_id, "11111111-2222-4333-8444-555555555555");
    assert_string_equal(claims.account_id, "a-1");
    free(token);
    free(set);
}

static void times_have_a_small_skew(void **state)
{
    (void)state;
    struct jwt_claims claims;
    char why[640], *token = signed_token(key, header, payload), *set = key_set(key, usual);
    assert_true(verify_at(token, set, NOW - JWT_CLOCK_SKEW, &claims, NULL));
    assert_false(verify_at(token, set, NOW - JWT_CLOCK_SKEW - 1, &claims, why));
    assert_string_equal(why, "Tandem's id token is not valid yet. Check this machine's clock.");
    assert_true(verify_at(token, set, NOW + 3600 + JWT_CLOCK_SKEW - 1, &claims, NULL));
    assert_false(verify_at(token, set, NOW + 3600 + JWT_CLOCK_SKEW, &claims, why));
    assert_string_equal(why, "Tandem's id token is no longer valid. Check this machine's clock.");
    free(token);
    free(set);
}

static void claims_are_checked(void **state)
{
    (void)state;
#define START "{\"iss\":\"https://a.test/api\",\"pumperId\":\"p\","
    static const struct {
        const char *body;
        bool valid;
    } cases[] = {
        {START "\"aud\":[\"x\",\"client\"],\"exp\":1778734800}", true},
        {START "\"aud\":\"client\",\"exp\":1778734800.5,\"nbf\":1778731200.25}", true},
        {START "\"aud\":[\"x\"],\"exp\":1778734800}", false},
        {START "\"aud\":[],\"exp\":1778734800}", false},
        {START "\"aud\":{\"0\":\"client\"},\"exp\":1778734800}", false},
        {START "\"aud\":[[\"client\"]],\"exp\":1778734800}", false},
        {START "\"aud\":\"client2\",\"exp\":1778734800}", false},
        {START "\"aud\":\"client\\u0000\",\"exp\":1778734800}", false},
        {START "\"aud\":null,\"exp\":1778734800}", false},
        {START "\"exp\":1778734800}", false},
        {START "\"aud\":\"client\"}", false},
        {START "\"aud\":\"client\",\"exp\":\"1778734800\"}", false},
        {START "\"aud\":\"client\",\"exp\":null}", false},
        {START "\"aud\":\"client\",\"exp\":1e300}", false},
        {START "\"aud\":\"client\",\"exp\":-1778734800}", false},
        {START "\"aud\":\"client\",\"exp\":1778734800,\"exp\":5}", false},
        {START "\"aud\":\"client\",\"exp\":1778734800,\"nbf\":\"soon\"}", false},
        {START "\"aud\":\"client\",\"exp\":1778734800,\"iss\":\"https://b.test/api\"}", false},
        {START "\"aud\":\"client\",\"exp\":1778734800,\"iss\":null}", false},
        {START "\"aud\":\"client\",\"exp\":1778734800,\"pumperId\":null}", false},
        {START "\"aud\":\"client\",\"exp\":1778734800,\"pumperId\":\"\"}", false},
        {START "\"aud\":\"client\",\"exp\":1778734800,\"pumperId\":\"../x\"}", false},
        {START "\"aud\":\"client\",\"exp\":1778734800,\"pumperId\":\"a?b\"}", false},
        {START "\"aud\":\"client\",\"exp\":1778734800,\"pumperId\":"
               "\"0123456789012345678901234567890123456789012345678901234567890123x\"}",
         false},
        {"[]", false},
        {"5", false},
        {"", false},
        {"{", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(holds(key, header, cases[i].body, key, usual), cases[i].valid);
}

static void the_header_is_checked(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "{\"alg\":\"none\",\"kid\":\"k1\"}",
        "{\"alg\":\"HS256\",\"kid\":\"k1\"}",
        "{\"alg\":\"RS512\",\"kid\":\"k1\"}",
        "{\"alg\":\"rs256\",\"kid\":\"k1\"}",
        "{\"alg\":[\"RS256\"],\"kid\":\"k1\"}",
        "{\"kid\":\"k1\"}",
        "{\"alg\":\"RS256\",\"alg\":\"none\",\"kid\":\"k1\"}",
        "{\"alg\":\"RS256\"}",
        "{\"alg\":\"RS256\",\"kid\":null}",
        "{\"alg\":\"RS256\",\"kid\":\"k2\"}",
        "{\"alg\":\"RS256\",\"kid\":\"k0\"}",
        "{\"alg\":\"RS256\",\"kid\":\"k1\",\"crit\":[\"b64\"],\"b64\":false}",
        "[]",
        "null",
        "",
    };
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_false(holds(key, wrong[i], payload, key, usual));
}

static void keys_are_checked(void **state)
{
    (void)state;
    assert_true(holds(key, header, payload, key, "\"kty\":\"RSA\",\"kid\":\"k1\""));
    assert_false(holds(key, header, payload, other_key, usual));
    assert_false(holds(weak_key, header, payload, weak_key, usual));
    static const char *const wrong[] = {
        "\"kty\":\"EC\",\"kid\":\"k1\"", "\"kid\":\"k1\"", "\"kty\":\"RSA\",\"kid\":\"k1\",\"use\":\"enc\"",
        "\"kty\":\"RSA\",\"kid\":\"k1\",\"alg\":\"HS256\"", "\"kty\":\"RSA\",\"kid\":\"k1\",\"alg\":null"};
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_false(holds(key, header, payload, key, wrong[i]));
}

/* What a signature of RS256 is once the key has undone it (RFC 8017, 9.2): 0, 1, 255s, 0, the hash's name and
 * the hash. */
static BIGNUM *padded_hash(const char *text, size_t length, size_t size)
{
    static const unsigned char name[] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                         0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
    enum { HASH = 32 };
    unsigned char bytes[2048];
    memset(bytes, 0xff, size);
    bytes[0] = 0;
    bytes[1] = 1;
    bytes[size - HASH - sizeof name - 1] = 0;
    memcpy(bytes + size - HASH - sizeof name, name, sizeof name);
    assert_int_equal(EVP_Digest(text, length, bytes + size - HASH, NULL, EVP_sha256(), NULL), 1);
    return BN_bin2bn(bytes, (int)size, NULL);
}

static char *base64url_of(const BIGNUM *number, size_t size)
{
    unsigned char bytes[2048];
    struct buffer text;
    buffer_init(&text, 4096);
    assert_int_equal(BN_bn2binpad(number, bytes, (int)size), size);
    base64url_encode(&text, bytes, size);
    return text.data;
}

/* A large key takes long to make, but not one that fits a single signature: with the exponent 3 a signature
   is right when its cube less what it signs is the modulus. The cube is factor^3 * 2^(3 * power). */
static bool large_key_holds(unsigned factor, int power, int bits)
{
    static const char text[] = "signed";
    const size_t size = ((size_t)bits + 7) / 8;
    BN_CTX *context = BN_CTX_new();
    BIGNUM *signature = BN_new(), *modulus = BN_new(), *padded = padded_hash(text, sizeof text - 1, size);
    assert_true(BN_set_word(signature, factor) && BN_lshift(signature, signature, power) &&
                BN_sqr(modulus, signature, context) && BN_mul(modulus, modulus, signature, context) &&
                BN_sub(modulus, modulus, padded));
    assert_int_equal(BN_num_bits(modulus), bits);
    char *n = base64url_of(modulus, size), *encoded = base64url_of(signature, size);
    char *jwk = xasprintf("{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"Aw\"}", n);
    struct json *published = json_parse(jwk, strlen(jwk), NULL);
    struct buffer bytes;
    buffer_init(&bytes, 2048);
    assert_true(base64url_decode(&bytes, encoded, strlen(encoded)));
    bool valid = jwt_signature_is_valid(text, sizeof text - 1, bytes.data, bytes.length, published);
    buffer_free(&bytes);
    json_free(published);
    free(jwk);
    free(encoded);
    free(n);
    BN_free(signature);
    BN_free(modulus);
    BN_free(padded);
    BN_CTX_free(context);
    return valid;
}

static void keys_have_a_greatest_size(void **state)
{
    (void)state;
    assert_true(large_key_holds(3, 2729, 8192));
    assert_false(large_key_holds(1, 2731, 8193));
}

static void odd_key_sets_are_refused(void **state)
{
    (void)state;
    char *token = signed_token(key, header, payload), *n = jwk_number(key, OSSL_PKEY_PARAM_RSA_N);
    char *sets[] = {
        xasprintf("{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"k1\",\"n\":\"%s\",\"e\":\"AQ\"}]}", n),
        xasprintf("{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"k1\",\"n\":\"%s\",\"e\":\"\"}]}", n),
        xasprintf("{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"k1\",\"n\":\"%s\",\"e\":\"AQABAQABAQAB\"}]}", n),
        xasprintf("{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"k1\",\"n\":\"%s=\",\"e\":\"AQAB\"}]}", n),
        xasprintf("{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"k1\",\"n\":\"%s%s%s%s%s\",\"e\":\"AQAB\"}]}", n, n,
                  n, n, n),
        xasprintf("{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"k1\",\"e\":\"AQAB\"}]}"),
        xasprintf("{\"keys\":[null,5,\"k1\",[]]}"),
        xasprintf("{\"keys\":{\"kid\":\"k1\"}}"),
        xasprintf("{}"),
        xasprintf("[]"),
        xasprintf("<html>"),
        xasprintf("%s", ""),
    };
    for (size_t i = 0; i < COUNT(sets); i++) {
        struct jwt_claims claims;
        assert_false(verify_at(token, sets[i], NOW, &claims, NULL));
        free(sets[i]);
    }
    free(n);
    free(token);
}

/* The published key is public: a signature that anyone can make with it must not count. */
/* 700 keys of 8192 bits took over half a second. */
static void few_keys_of_one_name_are_tried(void **state)
{
    (void)state;
    struct error error;
    struct jwt_claims claims;
    char *n = jwk_number(other_key, OSSL_PKEY_PARAM_RSA_N), *token = signed_token(key, header, payload);
    for (int others = 3; others <= 4; others++) {
        struct buffer more;
        buffer_init(&more, 1 << 16);
        for (int i = 0; i < others; i++)
            buffer_addf(&more, "%s,\"n\":\"%s\",\"e\":\"AQAB\"},{", usual, n);
        buffer_add_text(&more, usual);
        char *set = key_set(key, more.data);
        assert_int_equal(jwt_verify(token, set, strlen(set), &expected, &claims, &error), others < 4);
        free(set);
        buffer_free(&more);
    }
    free(token);
    free(n);
}

static void a_mac_with_the_public_key_is_no_signature(void **state)
{
    (void)state;
    struct buffer token;
    unsigned char mac[32];
    char *n = jwk_number(key, OSSL_PKEY_PARAM_RSA_N), *set = key_set(key, usual);
    static const char *const heads[] = {"{\"alg\":\"HS256\",\"kid\":\"k1\"}",
                                        "{\"alg\":\"RS256\",\"kid\":\"k1\"}"};
    for (size_t i = 0; i < COUNT(heads); i++) {
        buffer_init(&token, 10000);
        base64url_encode(&token, heads[i], strlen(heads[i]));
        buffer_add_text(&token, ".");
        base64url_encode(&token, payload, sizeof payload - 1);
        HMAC(EVP_sha256(), n, (int)strlen(n), (unsigned char *)token.data, token.length, mac, NULL);
        buffer_add_text(&token, ".");
        base64url_encode(&token, mac, sizeof mac);
        struct jwt_claims claims;
        assert_false(verify_at(token.data, set, NOW, &claims, NULL));
        buffer_free(&token);
    }
    free(n);
    free(set);
}

static void a_token_that_is_cut_or_padded_is_refused(void **state)
{
    (void)state;
    struct jwt_claims claims;
    char *token = signed_token(key, header, payload), *set = key_set(key, usual);
    size_t length = strlen(token);
    for (size_t cut = 0; cut < length; cut++) {
        char *part = xstrndup(token, cut);
        assert_false(verify_at(part, set, NOW, &claims, NULL));
        assert_false(verify_at(token + cut + 1, set, NOW, &claims, NULL));
        free(part);
    }
    static const char *const tails[] = {"=", "==", ".", ".e30", "A", " ", "\n"};
    for (size_t i = 0; i < COUNT(tails); i++) {
        char *longer = xasprintf("%s%s", token, tails[i]);
        assert_false(verify_at(longer, set, NOW, &claims, NULL));
        free(longer);
    }
    char *unsigned_token = xstrndup(token, (size_t)(strrchr(token, '.') - token) + 1);
    assert_false(verify_at(unsigned_token, set, NOW, &claims, NULL));
    free(unsigned_token);
    free(token);
    free(set);
}

/* base64url leaves out one length in four: a longer header shifts them. */
static void a_token_has_a_longest_length(void **state)
{
    (void)state;
    struct jwt_claims claims;
    char why[640], *set = key_set(key, usual);
    bool longest = false;
    size_t refused = 0;
    for (int i = 0; i < 520 && !(longest && refused > 2); i++) {
        char *body = xasprintf("{\"pad\":\"%0*d\",%s", 11740 + i / 2, 0, payload + 1);
        char *token =
            signed_token(key, i % 2 ? "{\"alg\":\"RS256\",\"kid\":\"k1\",\"typ\":\"JWT\" }" : header, body);
        bool fits = strlen(token) <= 16384;
        assert_int_equal(verify_at(token, set, NOW, &claims, why), fits);
        if (!fits)
            assert_string_equal(why, "Tandem's id token is unreadable.");
        longest |= strlen(token) == 16384;
        refused += !fits;
        free(token);
        free(body);
    }
    assert_true(longest && refused > 0);
    free(set);
}

static void a_wrong_signature_is_told_from_an_unknown_key(void **state)
{
    (void)state;
    struct jwt_claims claims;
    char why[640], *set = key_set(key, usual), *forged = signed_token(other_key, header, payload);
    assert_false(verify_at(forged, set, NOW, &claims, why));
    assert_string_equal(
        why, "The signature of Tandem's id token is wrong: it was not issued by Tandem, or altered.");
    free(forged);
    forged = signed_token(key, "{\"alg\":\"RS256\",\"kid\":\"k2\"}", payload);
    assert_false(verify_at(forged, set, NOW, &claims, why));
    assert_string_equal(why, "Tandem's id token names a key that Tandem has not published.");
    free(forged);
    free(set);
}

static void every_changed_character_breaks_it(void **state)
{
    (void)state;
    struct jwt_claims claims;
    char *token = signed_token(key, header, payload), *set = key_set(key, usual);
    for (size_t i = 0; token[i]; i++) {
        char kept = token[i];
        token[i] = kept == 'A' ? 'B' : 'A';
        assert_false(verify_at(token, set, NOW, &claims, NULL));
        token[i] = kept;
    }
    assert_true(verify_at(token, set, NOW, &claims, NULL));
    free(token);
    free(set);
}

static void an_oversized_token_is_refused(void **state)
{
    (void)state;
    char *filler = xmalloc(20001);
    memset(filler, 'x', 20000);
    filler[20000] = '\0';
    char *body =
        xasprintf("{\"iss\":\"https://a.test/api\",\"aud\":\"client\",\"exp\":1778734800,\"pumperId\":\"p\","
                  "\"filler\":\"%s\"}",
                  filler);
    assert_false(holds(key, header, body, key, usual));
    free(filler);
    free(body);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rfcs_example_is_valid),
        cmocka_unit_test(a_good_token_yields_its_claims),
        cmocka_unit_test(times_have_a_small_skew),
        cmocka_unit_test(claims_are_checked),
        cmocka_unit_test(the_header_is_checked),
        cmocka_unit_test(keys_are_checked),
        cmocka_unit_test(keys_have_a_greatest_size),
        cmocka_unit_test(odd_key_sets_are_refused),
        cmocka_unit_test(few_keys_of_one_name_are_tried),
        cmocka_unit_test(a_mac_with_the_public_key_is_no_signature),
        cmocka_unit_test(a_token_that_is_cut_or_padded_is_refused),
        cmocka_unit_test(a_token_has_a_longest_length),
        cmocka_unit_test(a_wrong_signature_is_told_from_an_unknown_key),
        cmocka_unit_test(every_changed_character_breaks_it),
        cmocka_unit_test(an_oversized_token_is_refused),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
