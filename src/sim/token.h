/* token.h - the signing key of the made-up identity provider, and the id tokens that it signs. */
#ifndef SIM_TOKEN_H
#define SIM_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct token_key;

struct token_claims {
    const char *issuer, *audience, *email, *pumper_id, *account_id;
    int64_t now, lifetime;
};

struct token_key *token_key_new(void);
void token_key_free(struct token_key *key);
/* {"keys":[...]} with this key and one that signs nothing. To be freed. */
char *token_keys_json(const struct token_key *key);
/* A JWT, to be freed. wrong: "good", or "bad-signature", "other-key", "alg-none", "alg-hs256", "unknown-kid",
   "wrong-issuer", "wrong-audience", "expired", "not-yet", "no-pumper". */
char *token_make(const struct token_key *key, const struct token_claims *claims, const char *wrong);
bool token_wrong_is_known(const char *wrong);

/* ---- small things of the same trade ---- */
/* As many random bytes in base64url; to be freed. */
char *random_text(size_t bytes);
/* base64url(SHA-256(text)), to be freed: what PKCE's S256 asks for. */
char *challenge_of(const char *verifier);
/* Lower-case hex of SHA-1. */
void sha1_hex(const char *text, char out[41]);

#endif
