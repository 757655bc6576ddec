/* pkce.h - proof that who redeems a code is who asked for it (RFC 7636, method S256). */
#ifndef TCONNECTSYNC_PKCE_H
#define TCONNECTSYNC_PKCE_H

#define PKCE_RANDOM_BYTES   64
#define PKCE_VERIFIER_SIZE  87 /* with the NUL */
#define PKCE_CHALLENGE_SIZE 44

/* The verifier is a secret until it is redeemed. */
void pkce_verifier(const unsigned char random[PKCE_RANDOM_BYTES], char verifier[PKCE_VERIFIER_SIZE]);
/* For any verifier, of whatever length. */
void pkce_challenge(const char *verifier, char challenge[PKCE_CHALLENGE_SIZE]);

#endif
