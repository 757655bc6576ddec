/* jwt.h - the id token of a sign-in, checked in full (tandem-source.md; RFC 7515,
   7518, 7519, OpenID Connect Core). */
#ifndef TCONNECTSYNC_JWT_H
#define TCONNECTSYNC_JWT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct json;

/* How far the service's clock and ours may be apart, in seconds; beyond that no sync writes anyway. */
#define JWT_CLOCK_SKEW 300

struct jwt_expected {
    const char *issuer;
    const char *audience;
    int64_t now; /* seconds since 1970 */
};

/* Identifiers of letters, digits, '-' and '_' that are safe in a URL's path. */
struct jwt_claims {
    char pumper_id[65];
    char account_id[65]; /* "" when absent: no request needs it */
};

/* The token is signed with RS256 by the key of the set that its header names, comes from the issuer, is meant
   for the audience, and is valid now. Then, and only then, claims is filled. keys: the answer of the JWKS
   address. */
bool jwt_verify(const char *token, const char *keys, size_t keys_length, const struct jwt_expected *expected,
                struct jwt_claims *claims, struct error *error);

/* Whether the signing input "header.payload" has this RS256 signature by this JWK (at least 2048 bits). */
bool jwt_signature_is_valid(const char *input, size_t length, const void *signature, size_t signature_length,
                            const struct json *key);

#endif
