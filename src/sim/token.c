/* Keys and signed tokens of the simulated Tandem Source, good and forged. */
#include "token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/base/memory.h"

#define KEY_BITS  2048
#define KEY_ID    "sim-2026-signing"
#define OTHER_ID  "sim-2025-retired"
#define MAXIMUM   65536
#define TEN_HOURS 36000

struct token_key {
    EVP_PKEY *signing, *other;
};

static const char *const wrongs[] = {"good",      "bad-signature", "other-key",    "alg-none",
                                     "alg-hs256", "unknown-kid",   "wrong-issuer", "wrong-audience",
                                     "expired",   "not-yet",       "no-pumper"};

bool token_wrong_is_known(const char *wrong)
{
    for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++)
        if (strcmp(wrong, wrongs[i]) == 0)
            return true;
    return false;
}

struct token_key *token_key_new(void)
{
    struct token_key *key = xcalloc(1, sizeof *key);
    key->signing = EVP_RSA_gen(KEY_BITS);
    key->other = EVP_RSA_gen(KEY_BITS);
    if (!key->signing || !key->other)
        abort();
    return key;
}

void token_key_free(struct token_key *key)
{
    if (!key)
        return;
    EVP_PKEY_free(key->signing);
    EVP_PKEY_free(key->other);
    free(key);
}

/* base64url without padding; to be freed. */
static char *base64url(const void *data, size_t length)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const unsigned char *bytes = data;
    char *out = xmalloc(length / 3 * 4 + 5), *to = out;
    for (size_t i = 0; i < length; i += 3) {
        size_t left = length - i < 3 ? length - i : 3;
        unsigned group = (unsigned)bytes[i] << 16;
        group |= left > 1 ? (unsigned)bytes[i + 1] << 8 : 0;
        group |= left > 2 ? bytes[i + 2] : 0;
        for (size_t letter = 0; letter <= left; letter++)
            *to++ = letters[group >> (18 - 6 * letter) & 63];
    }
    *to = '\0';
    return out;
}

char *random_text(size_t bytes)
{
    unsigned char random[256];
    if (bytes > sizeof random || RAND_bytes(random, (int)bytes) != 1)
        abort();
    return base64url(random, bytes);
}

char *challenge_of(const char *verifier)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length;
    if (!EVP_Digest(verifier, strlen(verifier), digest, &length, EVP_sha256(), NULL))
        abort();
    return base64url(digest, length);
}

void sha1_hex(const char *text, char out[41])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length;
    if (!EVP_Digest(text, strlen(text), digest, &length, EVP_sha1(), NULL))
        abort();
    for (unsigned i = 0; i < length; i++)
        snprintf(out + i * 2, 3, "%02x", digest[i]);
}

static void write_pair(struct json_writer *writer, const char *key, const char *value)
{
    json_write_key(writer, key);
    json_write_text(writer, value);
}

static void write_number(struct json_writer *writer, EVP_PKEY *key, const char *name, const char *parameter)
{
    BIGNUM *number = NULL;
    unsigned char bytes[KEY_BITS / 8];
    if (!EVP_PKEY_get_bn_param(key, parameter, &number))
        abort();
    int length = BN_bn2bin(number, bytes);
    char *text = base64url(bytes, (size_t)length);
    write_pair(writer, name, text);
    free(text);
    BN_free(number);
}

static void write_key(struct json_writer *writer, EVP_PKEY *key, const char *id, bool with_hints)
{
    json_open_object(writer);
    write_pair(writer, "kty", "RSA");
    if (with_hints) {
        write_pair(writer, "use", "sig");
        write_pair(writer, "alg", "RS256");
    }
    write_pair(writer, "kid", id);
    write_number(writer, key, "e", OSSL_PKEY_PARAM_RSA_E);
    write_number(writer, key, "n", OSSL_PKEY_PARAM_RSA_N);
    json_close_object(writer);
}

char *token_keys_json(const struct token_key *key)
{
    struct buffer buffer;
    buffer_init(&buffer, MAXIMUM);
    struct json_writer *writer = json_writer_new(&buffer);
    json_open_object(writer);
    json_write_key(writer, "keys");
    json_open_array(writer);
    write_key(writer, key->other, OTHER_ID, false);
    write_key(writer, key->signing, KEY_ID, true);
    json_close_array(writer);
    json_close_object(writer);
    json_writer_free(writer);
    return buffer.data;
}

static bool is(const char *wrong, const char *name)
{
    return strcmp(wrong, name) == 0;
}

static char *make_header(const char *wrong)
{
    const char *algorithm = is(wrong, "alg-none") ? "none" : is(wrong, "alg-hs256") ? "HS256" : "RS256";
    const char *id = is(wrong, "unknown-kid") ? "sim-1999" : KEY_ID;
    char *json = xasprintf("{\"alg\":\"%s\",\"kid\":\"%s\",\"typ\":\"JWT\"}", algorithm, id);
    char *text = base64url(json, strlen(json));
    free(json);
    return text;
}

static char *make_payload(const struct token_claims *claims, const char *wrong)
{
    struct buffer buffer;
    int64_t from = claims->now + (is(wrong, "not-yet") ? TEN_HOURS : is(wrong, "expired") ? -TEN_HOURS : 0);
    buffer_init(&buffer, MAXIMUM);
    struct json_writer *writer = json_writer_new(&buffer);
    json_open_object(writer);
    write_pair(writer, "iss",
               is(wrong, "wrong-issuer") ? "https://elsewhere.example/accounts/api" : claims->issuer);
    write_pair(writer, "aud", is(wrong, "wrong-audience") ? "another-client" : claims->audience);
    write_pair(writer, "sub", claims->account_id);
    json_write_key(writer, "iat");
    json_write_integer(writer, from);
    json_write_key(writer, "nbf");
    json_write_integer(writer, from);
    json_write_key(writer, "exp");
    json_write_integer(writer, from + (is(wrong, "expired") ? 60 : claims->lifetime));
    write_pair(writer, "email", claims->email);
    write_pair(writer, "accountId", claims->account_id);
    if (!is(wrong, "no-pumper"))
        write_pair(writer, "pumperId", claims->pumper_id);
    json_close_object(writer);
    json_writer_free(writer);
    char *text = base64url(buffer.data, buffer.length);
    buffer_free(&buffer);
    return text;
}

static char *sign(EVP_PKEY *key, const char *text)
{
    unsigned char signature[KEY_BITS / 8];
    size_t length = sizeof signature;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (!context || EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) != 1 ||
        EVP_DigestSign(context, signature, &length, (const unsigned char *)text, strlen(text)) != 1)
        abort();
    EVP_MD_CTX_free(context);
    return base64url(signature, length);
}

/* The classic forgery: the public key's own text as the secret of an HMAC. */
static char *forge(const struct token_key *key, const char *text)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length;
    char *public = token_keys_json(key);
    HMAC(EVP_sha256(), public, (int)strlen(public), (const unsigned char *)text, strlen(text), digest,
         &length);
    free(public);
    return base64url(digest, length);
}

char *token_make(const struct token_key *key, const struct token_claims *claims, const char *wrong)
{
    char *header = make_header(wrong), *payload = make_payload(claims, wrong);
    char *text = xasprintf("%s.%s", header, payload), *signature;
    if (is(wrong, "alg-none"))
        signature = xstrdup("");
    else if (is(wrong, "alg-hs256"))
        signature = forge(key, text);
    else
        signature = sign(is(wrong, "other-key") ? key->other : key->signing, text);
    if (is(wrong, "bad-signature"))
        signature[20] = signature[20] == 'A' ? 'B' : 'A';
    char *token = xasprintf("%s.%s", text, signature);
    free(header);
    free(payload);
    free(text);
    free(signature);
    return token;
}
