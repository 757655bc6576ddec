/* Who may do what on a Nightscout: the secret, access tokens and their roles, and whoever shows neither. */
#include "nightscout_access.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "simulator.h"
#include "tconnectsync/base/memory.h"
#include "token.h"

#define ALL    ((1u << PLACES) - 1)
#define TREAT  (1u << TREATMENTS)
#define ACTIVE (1u << ACTIVITY)

/* What a token's role adds to what everybody may. An uploader may do all that this program needs, but has no
 * *:*:read. */
static const struct {
    const char *role;
    struct access access;
} roles[] = {
    {"admin", {.read = ALL, .create = ALL, .change = ALL, .is_admin = true}},
    {"careportal", {.create = TREAT}},
    {"readable", {.read = ALL}},
    {"uploader", {.read = ALL, .create = ALL, .change = ALL}},
    {"uploader-without-activity", {.read = ALL & ~ACTIVE, .create = ALL & ~ACTIVE, .change = ALL & ~ACTIVE}},
};

static bool is_readable(const struct settings *settings)
{
    return strcmp(settings->default_role, "denied") != 0;
}

static bool is_token(const struct settings *settings, const char *given)
{
    char hash[41];
    sha1_hex(settings->access_token, hash);
    return *settings->access_token &&
           (strcmp(given, settings->access_token) == 0 || strcmp(given, hash) == 0);
}

static struct access find_access(const struct settings *settings, const struct exchange *exchange)
{
    const char *header = exchange_header(exchange, "api-secret"),
               *token = exchange_parameter(exchange, "token"), *given = token ? token : header;
    struct access access = {.read = is_readable(settings) ? ALL : 0};
    char secret_hash[41];
    if (!given)
        return access;
    sha1_hex(settings->secret, secret_hash);
    bool is_secret = header && strcmp(header, secret_hash) == 0;
    if (!is_secret && !is_token(settings, given)) {
        access.is_wrong = true;
        return access;
    }
    const char *role = is_secret ? "admin" : settings->access_role;
    size_t i = 0;
    while (strcmp(roles[i].role, role) != 0)
        i++;
    unsigned everybody = access.read;
    access = roles[i].access;
    access.read |= everybody;
    access.is_named = true;
    return access;
}

static void punish(struct simulator *simulator, struct exchange *exchange, const struct access *access)
{
    struct nightscout *nightscout = simulator->nightscout;
    double now = clock_monotonic(), delay = (double)simulator->settings.refuse_delay;
    if (nightscout->penalty_until > now)
        exchange->delay += (int64_t)(nightscout->penalty_until - now);
    if (access->is_wrong)
        nightscout->penalty_until =
            (nightscout->penalty_until > now ? nightscout->penalty_until : now) + delay;
    else if (access->is_admin)
        nightscout->penalty_until = 0;
}

struct access nightscout_access(struct simulator *simulator, struct exchange *exchange)
{
    struct access access = find_access(&simulator->settings, exchange);
    punish(simulator, exchange, &access);
    return access;
}

bool access_allows(const struct access *access, const char *method, enum place place)
{
    bool reads = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
    unsigned allowed = reads ? access->read : strcmp(method, "POST") == 0 ? access->create : access->change;
    return allowed & (1u << place);
}

void reply_unauthorized(struct exchange *exchange)
{
    exchange_reply_json(exchange, 401,
                        "{\"status\":401,\"message\":\"Unauthorized\",\"description\":\"Invalid/Missing\"}");
}

/* Old servers say OK to who may do everything, new ones to everybody with a credential and *:*:read. */
void reply_verifyauth(struct simulator *simulator, struct exchange *exchange, const struct access *access)
{
    const struct settings *settings = &simulator->settings;
    bool reads_all =
        access->is_admin || is_readable(settings) || strcmp(settings->access_role, "readable") == 0;
    bool can_read = (access->is_named && reads_all) || is_readable(settings);
    const char *admin = access->is_admin ? "true" : "false";
    char *text;
    if (nightscout_is_old(settings))
        text = xasprintf("{\"status\":200,\"message\":\"%s\"}", access->is_admin ? "OK" : "UNAUTHORIZED");
    else
        text = xasprintf(
            "{\"status\":200,\"message\":{\"canRead\":%s,\"canWrite\":%s,\"isAdmin\":%s,\"message\":\"%s\","
            "\"rolefound\":\"%s\",\"permissions\":\"%s\"}}",
            can_read ? "true" : "false", admin, admin, access->is_named && can_read ? "OK" : "UNAUTHORIZED",
            access->is_named ? "FOUND" : "NOTFOUND", access->is_named ? "ROLE" : "DEFAULT");
    exchange_reply_json(exchange, 200, text);
    free(text);
}
