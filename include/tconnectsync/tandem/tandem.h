/* tandem.h - one account's session with Tandem Source (tandem-source.md). The sync's state table calls one function
   per step; each answers through its callback exactly once, never from inside the call. */
#ifndef TCONNECTSYNC_TANDEM_H
#define TCONNECTSYNC_TANDEM_H

#include <stdbool.h>
#include <stdint.h>

struct account;
struct configuration;
struct error;
struct http_client;
struct log;
struct pump_log_reader;
struct redactor;
struct tandem;

/* error is NULL on success and lives during the call. */
typedef void tandem_done(void *context, const struct error *error);

/* Reads the credential cache, if there is one: a damaged, foreign, expired or other-region file is ignored and the
   reason logged. redactor learns of every token. All arguments outlive the session. */
struct tandem *tandem_new(struct http_client *client, const struct configuration *configuration,
                          struct redactor *redactor, struct log *log, int64_t now);
void tandem_free(struct tandem *tandem); /* cancels what runs; wipes tokens */
void tandem_cancel(struct tandem *tandem);

/* A token that is valid for at least two more minutes is in hand: the sign-in steps can be left out. */
bool tandem_signed_in(const struct tandem *tandem, int64_t now);
/* This email, password and region were refused before, by this process or an earlier one: do not try by itself.
   since: when. */
bool tandem_refused(const struct tandem *tandem, int64_t *since);
/* A person asked to try the password again (check, /update, ...): lifts the refusal unless it was lifted less than 30
   minutes ago; false then. */
bool tandem_lift_refusal(struct tandem *tandem, int64_t now);
/* How often this session has sent the password. */
uint64_t tandem_sign_ins(const struct tandem *tandem);
/* While sign-ins keep failing, however they do, a password goes out at most once a minute, later where the
   answer asks for patience, and ten times in 24 hours; a person who asks waits for neither, and is not counted.
   False with error: not yet. Also known to the next process, if there is a cache. */
bool tandem_may_sign_in(struct tandem *tandem, int64_t now, bool by_person, struct error *error);
/* The token that the last sign-in brought was refused (401): forgotten, and that sign-in counts as failed, for
   this reason. */
void tandem_reject_token(struct tandem *tandem, const struct error *reason);
/* The token was refused (401): forget it, in the cache too. */
void tandem_forget_token(struct tandem *tandem);

/* The sign-in, step by step. tandem_fetch_keys may run beside tandem_fetch_token; tandem_verify comes after both and
   answers at once: checks the id token, keeps the access token, writes the cache. */
void tandem_open_login_page(struct tandem *tandem, tandem_done *done, void *context);
void tandem_sign_in(struct tandem *tandem, int64_t now, tandem_done *done, void *context);
void tandem_authorize(struct tandem *tandem, tandem_done *done, void *context); /* follows redirects on its own */
void tandem_fetch_token(struct tandem *tandem, tandem_done *done, void *context);
void tandem_fetch_keys(struct tandem *tandem, tandem_done *done, void *context);
bool tandem_verify(struct tandem *tandem, int64_t now, struct error *error);

/* Calls with the token. A 401 gives ERROR_CREDENTIALS with status 401: forget the token and sign in once. */
void tandem_fetch_account(struct tandem *tandem, struct account **account, tandem_done *done, void *context);
/* Whole days, inclusive, as days since 1970 in pump-local time, 28 at most. reader outlives the request. */
void tandem_fetch_log(struct tandem *tandem, const char *assignment_id, int64_t first_day, int64_t last_day,
                      struct pump_log_reader *reader, tandem_done *done, void *context);

/* The service's clock (Date header) minus ours at the latest answer, in seconds; false while none was seen. */
bool tandem_clock_difference(const struct tandem *tandem, int64_t *seconds);

#endif
