/* credential_cache.h - what outlives the process: Tandem's token, and that Tandem refused a password. One
   small JSON file that only its owner can read; neither the email address nor the password stands in it. */
#ifndef TCONNECTSYNC_CREDENTIAL_CACHE_H
#define TCONNECTSYNC_CREDENTIAL_CACHE_H

#include <stdbool.h>
#include <stdint.h>

struct error;
struct log;

/* Whose file it is. */
struct credential_owner {
    const char *email, *password, *region, *accounts_url;
};

/* Passwords that went out since the last sign-in that succeeded. */
struct sign_in_limit {
    int64_t attempts;   /* those that nobody asked for */
    int64_t since;      /* when the first of them went out */
    int64_t not_before; /* the next one without being asked for */
};

/* Strings are owned; all zero is nothing. Times are seconds since 1970, 0: never. */
struct credentials {
    char *token; /* NULL: none */
    int64_t expires;
    char *pumper_id, *account_id;
    int64_t refused; /* when this very email, password, region and address were refused */
    int64_t lifted;  /* when a person last asked to try them again all the same */
    struct sign_in_limit limit;
};
void credentials_clear(struct credentials *credentials); /* wipes the token */
/* It can become part of a header: visible ASCII alone, and of a token's length. NULL is none. */
bool credentials_is_token(const char *text);

/* The credentials in the file, as far as they are the owner's and still good; nothing where they are not,
   with the reason in the log. Says with refused = 0 and no limit that the password was changed since. */
void credential_cache_read(const char *path, const struct credential_owner *owner, int64_t now,
                           struct log *log, struct credentials *credentials);
/* Replaces the file as a whole, so that a crash leaves the old one or the new one. Makes the folders above
   it. What stands there and is no regular file (a device, a link, a folder) is left alone, and error says so.
 */
bool credential_cache_write(const char *path, const struct credential_owner *owner,
                            const struct credentials *credentials, struct error *error);

/* Removes what a process that was killed in mid-write has left beside the file. */
void credential_cache_clean(const char *path);

#endif
