/* Nothing in a token is believed before its signature has been checked: until then its
   header only picks the key. */
#include "jwt.h"

#include <stdio.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "tconnectsync/base/base64url.h"
#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/base/json.h"

enum {
    TOKEN_MAXIMUM = 16 << 10,
    FEWEST_KEY_BITS = 2048,
    MOST_KEY_BITS = 8192, /* a larger one is there to keep us busy */
    MOST_EXPONENT_BITS = 64,
    KEYS_TRIED = 4, /* of the token's name: a list of hundreds is there for the same reason */
};

/* ---- keys ---- */

static BIGNUM *number(const struct json *key, const char *name)
{
    const char *text = json_text(json_get(key, name));
    struct buffer bytes;
    buffer_init(&bytes, MOST_KEY_BITS / 8 + 1);
    BIGNUM *number = text && base64url_decode(&bytes, text, strlen(text))
                         ? BN_bin2bn((const unsigned char *)bytes.data, (int)bytes.length, NULL)
                         : NULL;
    buffer_free(&bytes);
    return number;
}

static bool is_text(const struct json *object, const char *name, const char *expected)
{
    const char *text = json_text(json_get(object, name));
    return text && strcmp(text, expected) == 0;
}

/* What a key says of its use must fit, but it need not say anything. */
static bool is_for_signatures(const struct json *key)
{
    return is_text(key, "kty", "RSA") && (!json_get(key, "use") || is_text(key, "use", "sig")) &&
           (!json_get(key, "alg") || is_text(key, "alg", "RS256"));
}

/* NULL unless key is an RSA key that is neither weak nor absurd. */
static EVP_PKEY *rsa_key(const struct json *key)
{
    EVP_PKEY *result = NULL;
    OSSL_PARAM *parameters = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    BIGNUM *modulus = number(key, "n"), *exponent = number(key, "e");
    if (modulus && exponent && builder && context && BN_num_bits(modulus) >= FEWEST_KEY_BITS &&
        BN_num_bits(modulus) <= MOST_KEY_BITS && BN_is_odd(modulus) && BN_is_odd(exponent) &&
        !BN_is_one(exponent) && BN_num_bits(exponent) <= MOST_EXPONENT_BITS &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus) &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent) &&
        (parameters = OSSL_PARAM_BLD_to_param(builder)) && EVP_PKEY_fromdata_init(context) == 1 &&
        EVP_PKEY_fromdata(context, &result, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
        result = NULL;
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    EVP_PKEY_CTX_free(context);
    BN_free(modulus);
    BN_free(exponent);
    return result;
}

bool jwt_signature_is_valid(const char *input, size_t length, const void *signature, size_t signature_length,
                            const struct json *key)
{
    EVP_PKEY *rsa = is_for_signatures(key) ? rsa_key(key) : NULL;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool valid =
        rsa && context && EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, rsa) == 1 &&
        EVP_DigestVerify(context, signature, signature_length, (const unsigned char *)input, length) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(rsa);
    ERR_clear_error(); /* a refusal must not be taken for one of the TLS connection's */
    return valid;
}

/* ---- token ---- */

struct token {
    const char *text;
    size_t signed_length; /* of "header.payload" */
    struct json *header, *payload;
    struct buffer signature;
};

static struct json *decode_json(const char *text, size_t length)
{
    struct buffer bytes;
    buffer_init(&bytes, TOKEN_MAXIMUM);
    struct json *json =
        base64url_decode(&bytes, text, length) ? json_parse(bytes.data, bytes.length, NULL) : NULL;
    buffer_wipe(&bytes);
    return json;
}

static void token_free(struct token *token)
{
    json_free(token->header);
    json_free(token->payload);
    buffer_free(&token->signature);
}

/* Exactly three parts, the first two of them JSON objects. */
static bool token_read(struct token *token, const char *text)
{
    *token = (struct token){.text = text};
    buffer_init(&token->signature, MOST_KEY_BITS / 8);
    size_t length = strnlen(text, TOKEN_MAXIMUM + 1);
    const char *first = memchr(text, '.', length);
    const char *second = first ? strchr(first + 1, '.') : NULL;
    if (length > TOKEN_MAXIMUM || !second || strchr(second + 1, '.'))
        return false;
    token->signed_length = (size_t)(second - text);
    token->header = decode_json(text, (size_t)(first - text));
    token->payload = decode_json(first + 1, (size_t)(second - first - 1));
    return json_is(token->header, JSON_OBJECT) && json_is(token->payload, JSON_OBJECT) &&
           base64url_decode(&token->signature, second + 1, strlen(second + 1));
}

static bool check_signature(const struct token *token, const struct json *keys, struct error *error)
{
    const char *name = json_text(json_get(token->header, "kid"));
    unsigned tried = 0;
    if (!is_text(token->header, "alg", "RS256") || json_get(token->header, "crit"))
        return error_set(error, ERROR_SERVICE, "Tandem's id token is signed in another way than RS256.");
    if (!name)
        return error_set(error, ERROR_SERVICE, "Tandem's id token does not name its key.");
    const struct json *list = json_get(keys, "keys");
    for (const struct json *key = json_is(list, JSON_ARRAY) ? list->first : NULL; key; key = key->next)
        if (is_text(key, "kid", name) && tried++ < KEYS_TRIED &&
            jwt_signature_is_valid(token->text, token->signed_length, token->signature.data,
                                   token->signature.length, key))
            return true;
    return error_set(
        error, ERROR_SERVICE,
        tried ? "The signature of Tandem's id token is wrong: it was not issued by Tandem, or altered."
              : "Tandem's id token names a key that Tandem has not published.");
}

/* "aud" is one name or a list of them. */
static bool is_meant_for(const struct json *payload, const char *audience)
{
    const struct json *list = json_get(payload, "aud");
    for (const struct json *item = json_is(list, JSON_ARRAY) ? list->first : NULL; item; item = item->next)
        if (json_text(item) && strcmp(json_text(item), audience) == 0)
            return true;
    return is_text(payload, "aud", audience);
}

/* A NumericDate may have a fraction. */
static bool claim_time(const struct json *payload, const char *name, int64_t *seconds)
{
    int64_t thousandths;
    if (!json_thousandths(json_get(payload, name), &thousandths))
        return false;
    *seconds = thousandths / 1000;
    return true;
}

static bool check_claims(const struct json *payload, const struct jwt_expected *expected, struct error *error)
{
    int64_t expires, not_before;
    if (!is_text(payload, "iss", expected->issuer))
        return error_set(error, ERROR_SERVICE,
                         "Tandem's id token was issued by another service than TCONNECT_REGION's.");
    if (!is_meant_for(payload, expected->audience))
        return error_set(error, ERROR_SERVICE,
                         "Tandem's id token is meant for another client than TCONNECT_CLIENT_ID.");
    if (!claim_time(payload, "exp", &expires))
        return error_set(error, ERROR_SERVICE, "Tandem's id token does not say how long it is valid.");
    if (expires <= expected->now - JWT_CLOCK_SKEW)
        return error_set(error, ERROR_SERVICE,
                         "Tandem's id token is no longer valid. Check this machine's clock.");
    if (json_get(payload, "nbf") &&
        (!claim_time(payload, "nbf", &not_before) || not_before > expected->now + JWT_CLOCK_SKEW))
        return error_set(error, ERROR_SERVICE,
                         "Tandem's id token is not valid yet. Check this machine's clock.");
    return true;
}

static bool copy_identifier(const struct json *payload, const char *name, char *out, size_t size)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *text = json_text(json_get(payload, name));
    if (!text || !*text || strlen(text) >= size || text[strspn(text, allowed)])
        return false;
    snprintf(out, size, "%s", text);
    return true;
}

bool jwt_verify(const char *token, const char *keys, size_t keys_length, const struct jwt_expected *expected,
                struct jwt_claims *claims, struct error *error)
{
    struct token parts;
    struct jwt_claims found = {0};
    bool valid = false;
    struct json *set = json_parse(keys, keys_length, NULL);
    bool readable = token_read(&parts, token);
    if (!set)
        error_set(error, ERROR_DATA, "Tandem's list of signing keys is unreadable.");
    else if (!readable)
        error_set(error, ERROR_DATA, "Tandem's id token is unreadable.");
    else if (check_signature(&parts, set, error) && check_claims(parts.payload, expected, error)) {
        valid = copy_identifier(parts.payload, "pumperId", found.pumper_id, sizeof found.pumper_id);
        copy_identifier(parts.payload, "accountId", found.account_id, sizeof found.account_id);
        if (valid)
            *claims = found;
        else
            error_set(error, ERROR_SERVICE,
                      "Tandem's id token names no pump user. Sign in to Tandem Source once with a browser.");
    }
    token_free(&parts);
    json_free(set);
    return valid;
}
