/* The page's signed cookie and the token in its forms, derived from the secret. */
#include "session.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "tconnectsync/base/base64url.h"
#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/memory.h"

enum {
    DIGEST_SIZE = 32, /* SHA-256 */
    WRITTEN_MAXIMUM = 128,
};

static const char session_purpose[] = "tconnectsync-heroku session 1";
static const char form_purpose[] = "tconnectsync-heroku form 1";

static void mac(const void *key, size_t key_length, const char *text, unsigned char digest[DIGEST_SIZE])
{
    if (!HMAC(EVP_sha256(), key, (int)key_length, (const unsigned char *)text, strlen(text), digest, NULL))
        end_process("libcrypto does not work");
}

/* A key of its own for each purpose, and with it the text signed. */
static void sign(const char *secret, const char *purpose, const char *text, struct buffer *out)
{
    unsigned char key[DIGEST_SIZE], digest[DIGEST_SIZE];
    mac(secret, strlen(secret), purpose, key);
    mac(key, sizeof key, text, digest);
    base64url_encode(out, digest, sizeof digest);
    OPENSSL_cleanse(key, sizeof key);
}

static bool is_signature(const char *given, const char *secret, const char *purpose, const char *text)
{
    struct buffer right;
    buffer_init(&right, WRITTEN_MAXIMUM);
    sign(secret, purpose, text, &right);
    bool equal = strlen(given) == right.length && CRYPTO_memcmp(given, right.data, right.length) == 0;
    buffer_wipe(&right);
    return equal;
}

bool secret_equals(const char *given, size_t length, const char *secret)
{
    unsigned char one[DIGEST_SIZE], other[DIGEST_SIZE];
    bool equal = EVP_Digest(given, length, one, NULL, EVP_sha256(), NULL) &&
                 EVP_Digest(secret, strlen(secret), other, NULL, EVP_sha256(), NULL) &&
                 CRYPTO_memcmp(one, other, sizeof one) == 0;
    OPENSSL_cleanse(one, sizeof one);
    OPENSSL_cleanse(other, sizeof other);
    return equal;
}

void session_write(struct buffer *out, const char *secret, int64_t now)
{
    struct buffer end;
    buffer_init(&end, WRITTEN_MAXIMUM);
    buffer_addf(&end, "%" PRId64, now + SESSION_SECONDS);
    buffer_addf(out, "%s.", end.data);
    sign(secret, session_purpose, end.data, out);
    buffer_free(&end);
}

bool session_is_valid(const char *value, const char *secret, int64_t now, int64_t signed_out)
{
    size_t digits = strspn(value, "0123456789");
    if (value[digits] != '.')
        return false;
    char *end = xstrndup(value, digits);
    /* Further ahead than any that is made now: the clock was wrong when it was made. A day
       for a clock that moves. */
    int64_t ends = (int64_t)strtoll(end, NULL, 10), left = ends - now;
    bool valid = is_signature(value + digits + 1, secret, session_purpose, end) && left > 0 &&
                 left <= SESSION_SECONDS + 24 * 3600 && ends - SESSION_SECONDS >= signed_out;
    free(end);
    return valid;
}

bool session_is_to_be_renewed(const char *value, int64_t now)
{
    return (int64_t)strtoll(value, NULL, 10) - now < SESSION_SECONDS - SESSION_RENEWED;
}

static void write_attributes(struct buffer *out, int64_t seconds, bool https)
{
    buffer_addf(out, "; Path=/; Max-Age=%" PRId64 "; HttpOnly; SameSite=Strict%s", seconds,
                https ? "; Secure" : "");
}

void session_write_cookie(struct buffer *out, const char *secret, int64_t now, bool https)
{
    buffer_add_text(out, SESSION_COOKIE "=");
    session_write(out, secret, now);
    write_attributes(out, SESSION_SECONDS, https);
}

void session_write_end_cookie(struct buffer *out, bool https)
{
    buffer_add_text(out, SESSION_COOKIE "=");
    write_attributes(out, 0, https);
}

void form_token_write(struct buffer *out, const char *secret, const char *session)
{
    sign(secret, form_purpose, session, out);
}

bool form_token_is_valid(const char *token, const char *secret, const char *session)
{
    return is_signature(token, secret, form_purpose, session);
}
