/* The session: the token in hand and what is remembered of a refused password. */
#include "tconnectsync/tandem/tandem.h"

#include <stdlib.h>

#include <openssl/crypto.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/log.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/base/redact.h"

#include "tandem_session.h"

enum {
    LEAST_TOKEN_SECONDS = 120,
    LIFT_SECONDS = 30 * 60,
    LEAST_WAIT_SECONDS = 60,
    ATTEMPTS_A_DAY = 10,
    DAY_SECONDS = 86400,
};

/* Tandem's firewall turns away what does not look like a browser. */
static const char user_agent[] =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36";

static struct credential_owner owner(const struct tandem *tandem)
{
    const struct configuration *configuration = tandem->configuration;
    return (struct credential_owner){
        .email = configuration->tandem_email,
        .password = configuration->tandem_password,
        .region = configuration->region == REGION_EU ? "EU" : "US",
        .accounts_url = configuration->accounts_url,
    };
}

struct tandem *tandem_new(struct http_client *client, const struct configuration *configuration,
                          struct redactor *redactor, struct log *log, int64_t now)
{
    struct tandem *tandem = xcalloc(1, sizeof *tandem);
    tandem->client = client;
    tandem->configuration = configuration;
    tandem->redactor = redactor;
    tandem->log = log;
    tandem->cookies = http_cookies_new();
    tandem->route = (struct http_route){
        .proxy = configuration->proxy, .cookies = tandem->cookies, .user_agent = user_agent};
    LIST_INIT(&tandem->calls);
    if (configuration->credential_cache_path) {
        struct credential_owner self = owner(tandem);
        credential_cache_clean(configuration->credential_cache_path);
        credential_cache_read(configuration->credential_cache_path, &self, now, log, &tandem->credentials);
        redactor_add(redactor, tandem->credentials.token, "token");
        redactor_add(redactor, tandem->credentials.pumper_id, "pumper");
        redactor_add(redactor, tandem->credentials.account_id, "account");
    }
    return tandem;
}

void sign_in_clear(struct sign_in *sign_in)
{
    free_secret(sign_in->code);
    free_secret(sign_in->access_token);
    free_secret(sign_in->id_token);
    free(sign_in->keys);
    OPENSSL_cleanse(sign_in, sizeof *sign_in);
}

void tandem_cancel(struct tandem *tandem)
{
    while (!LIST_EMPTY(&tandem->calls))
        tandem_call_free(LIST_FIRST(&tandem->calls));
    sign_in_clear(&tandem->sign_in);
}

void tandem_free(struct tandem *tandem)
{
    if (!tandem)
        return;
    tandem_cancel(tandem);
    http_cookies_free(tandem->cookies);
    credentials_clear(&tandem->credentials);
    free(tandem);
}

void tandem_store(struct tandem *tandem)
{
    struct error error;
    const char *path = tandem->configuration->credential_cache_path;
    struct credential_owner self = owner(tandem);
    if (!path)
        return;
    bool written = credential_cache_write(path, &self, &tandem->credentials, &error);
    if (!written && !tandem->cache_fails) {
        struct buffer named;
        buffer_init(&named, 2 * sizeof error.text);
        configuration_add_named(tandem->configuration, error.text, &named);
        log_warn(tandem->log, "tandem", "credential_cache=unwritten error=%s",
                 log_quote(tandem->log, named.data));
        buffer_free(&named);
    }
    tandem->cache_fails = !written;
}

bool tandem_signed_in(const struct tandem *tandem, int64_t now)
{
    return tandem->credentials.token && tandem->credentials.expires >= now + LEAST_TOKEN_SECONDS;
}

/* Another process of the same person (a check from the command line) may have met a refusal since. */
void tandem_learn_failures(struct tandem *tandem, int64_t now)
{
    struct credentials others;
    struct credential_owner self = owner(tandem);
    const char *path = tandem->configuration->credential_cache_path;
    if (!path)
        return;
    credential_cache_read(path, &self, now, tandem->log, &others);
    if (others.refused > tandem->credentials.refused) {
        tandem->credentials.refused = others.refused;
        tandem->credentials.lifted = others.lifted;
        tandem->lifted = false;
    }
    if (others.limit.not_before > tandem->credentials.limit.not_before)
        tandem->credentials.limit = others.limit;
    credentials_clear(&others);
}

void tandem_forget_token(struct tandem *tandem)
{
    tandem_learn_failures(tandem, tandem->credentials.expires);
    struct credentials kept = {.refused = tandem->credentials.refused,
                               .lifted = tandem->credentials.lifted,
                               .limit = tandem->credentials.limit};
    credentials_clear(&tandem->credentials);
    tandem->credentials = kept;
    tandem_store(tandem);
}

/* ---- how often a password goes out ---- */

void tandem_reject_token(struct tandem *tandem, const struct error *reason)
{
    tandem->last_failure = *reason;
    tandem->credentials.limit = tandem->before;
    tandem_forget_token(tandem);
}

void tandem_note_attempt(struct tandem *tandem, int64_t now)
{
    struct sign_in_limit *limit = &tandem->credentials.limit;
    if (limit->attempts == 0 || now - limit->since >= DAY_SECONDS)
        *limit = (struct sign_in_limit){.since = now};
    limit->attempts += !tandem->by_person;
    tandem_wait_until(tandem, now + LEAST_WAIT_SECONDS);
}

void tandem_wait_until(struct tandem *tandem, int64_t time)
{
    struct sign_in_limit *limit = &tandem->credentials.limit;
    limit->not_before = time;
    if (limit->attempts >= ATTEMPTS_A_DAY && limit->not_before < limit->since + DAY_SECONDS)
        limit->not_before = limit->since + DAY_SECONDS;
    tandem_store(tandem);
}

bool tandem_may_sign_in(struct tandem *tandem, int64_t now, bool by_person, struct error *error)
{
    const struct error *last = &tandem->last_failure;
    tandem_learn_failures(tandem, now);
    tandem->by_person = by_person;
    int64_t wait = tandem->credentials.limit.not_before - now;
    if (by_person || wait <= 0 || wait > DAY_SECONDS) /* beyond a day, the clock was set back */
        return true;
    error_set(error, last->kind == ERROR_UNREACHABLE ? ERROR_UNREACHABLE : ERROR_SERVICE,
              "%.420s Signing in is tried again in %lld %s, or as soon as a check is asked for.",
              *last->text ? last->text : "The last sign-in to Tandem failed.",
              (long long)(wait < 120 ? wait : (wait + 59) / 60), wait < 120 ? "seconds" : "minutes");
    return false;
}

/* ---- a refused password ---- */

bool tandem_refused(const struct tandem *tandem, int64_t *since)
{
    if (since)
        *since = tandem->credentials.refused;
    return tandem->credentials.refused != 0 && !tandem->lifted;
}

void tandem_note_refusal(struct tandem *tandem, int64_t now)
{
    tandem->credentials.refused = now;
    tandem->lifted = false;
    tandem_store(tandem);
}

uint64_t tandem_sign_ins(const struct tandem *tandem)
{
    return tandem->sign_ins;
}

/* The file keeps the refusal until a sign-in went well: a process that dies in between leaves it standing. */
bool tandem_lift_refusal(struct tandem *tandem, int64_t now)
{
    struct credentials *credentials = &tandem->credentials;
    if (!tandem_refused(tandem, NULL))
        return true;
    if (credentials->lifted && now >= credentials->lifted && now - credentials->lifted < LIFT_SECONDS)
        return false;
    credentials->lifted = now;
    tandem->lifted = true;
    tandem_store(tandem);
    return true;
}

bool tandem_clock_difference(const struct tandem *tandem, int64_t *seconds)
{
    *seconds = tandem->clock_difference;
    return tandem->clock_seen;
}
