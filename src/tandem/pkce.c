/* Proof that who redeems a code is who asked for it. */
#include "pkce.h"

#include <string.h>

#include <openssl/sha.h>

#include "tconnectsync/base/base64url.h"
#include "tconnectsync/base/buffer.h"

static void write_base64url(const unsigned char *bytes, size_t length, char *out, size_t size)
{
    struct buffer text;
    buffer_init(&text, size - 1);
    base64url_encode(&text, bytes, length);
    memcpy(out, text.data, text.length + 1);
    buffer_wipe(&text);
}

void pkce_verifier(const unsigned char random[PKCE_RANDOM_BYTES], char verifier[PKCE_VERIFIER_SIZE])
{
    write_base64url(random, PKCE_RANDOM_BYTES, verifier, PKCE_VERIFIER_SIZE);
}

void pkce_challenge(const char *verifier, char challenge[PKCE_CHALLENGE_SIZE])
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256((const unsigned char *)verifier, strlen(verifier), digest);
    write_base64url(digest, sizeof digest, challenge, PKCE_CHALLENGE_SIZE);
}
