/* One table row per variable, for everybody; setting.c and setting_url.c know how each
   kind of value is read. */
#include "setting.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/evp.h>

#include "tconnectsync/base/memory.h"
#include "tconnectsync/base/redact.h"
#include "tconnectsync/base/url_parts.h"

const char configuration_unreadable[] = "";

/* ---- the table ---- */

#define FIELD(member) .field = offsetof(struct configuration, member)
#define TEXT(member)  .text = true, FIELD(member)

static const char *const email_examples[] = {"email@email.com",  "email@example.com", "your@email.com",
                                             "user@example.com", "you@example.com",   NULL};
static const char *const password_examples[] = {"password",     "your_password", "your-password",
                                                "yourpassword", "changeme",      NULL};
static const char *const secret_examples[] = {
    "apisecret",     "api_secret",     "your_api_secret", "your-api-secret",
    "yourapisecret", "your_ns_secret", "changeme",        NULL};
static const char *const own_secret_examples[] = {"secret",   "your_secret", "your-secret", "yoursecret",
                                                  "password", "changeme",    NULL};
static const char *const serial_examples[] = {"11111111", NULL};

/* The region comes first: the addresses behind it depend on it. */
/* clang-format off */
static const struct setting settings[] = {
    /* Tandem Source */
    {"TCONNECT_REGION", .read = setting_region, FIELD(region), .standard = "US"},
    {"TCONNECT_EMAIL", .read = setting_email, TEXT(tandem_email), .secret = true, .placeholders = email_examples,
     .remedy = "Set it to the email address that signs in to Tandem Source."},
    {"TCONNECT_PASSWORD", .read = setting_secret, TEXT(tandem_password), .secret = true, .verbatim = true,
     .placeholders = password_examples, .remedy = "Set it to the password that signs in to Tandem Source."},
    {"TCONNECT_SSO_URL", .read = setting_tandem_url, TEXT(sso_url),
     .standard = "https://sso.tandemdiabetes.com/"},
    {"TCONNECT_ACCOUNTS_URL", .read = setting_tandem_url, TEXT(accounts_url),
     .standard = "https://tdcservices.tandemdiabetes.com/accounts/api",
     .standard_eu = "https://tdcservices.eu.tandemdiabetes.com/accounts/api"},
    {"TCONNECT_SOURCE_URL", .read = setting_tandem_url, TEXT(source_url),
     .standard = "https://source.tandemdiabetes.com/",
     .standard_eu = "https://source.eu.tandemdiabetes.com/"},
    {"TCONNECT_REDIRECT_URI", .read = setting_redirect_uri, TEXT(redirect_uri),
     .standard = "https://sso.tandemdiabetes.com/auth/callback",
     .standard_eu = "https://source.eu.tandemdiabetes.com/authorize/callback"},
    {"TCONNECT_CLIENT_ID", .read = setting_text, TEXT(client_id),
     .standard = "0oa4wnbvtladeyVZX4h7",
     .standard_eu = "1519e414-eeec-492e-8c5e-97bea4815a10"},
    {"REQUESTS_PROXY", .read = setting_proxy, TEXT(proxy), .may_be_null = true, .secret = true},
    {"CACHE_CREDENTIALS", .read = setting_boolean, FIELD(cache_credentials), .standard = "true"},
    {"CACHE_CREDENTIALS_PATH", .read = setting_text, TEXT(credential_cache_path), .may_be_null = true},
    {"PUMP_SERIAL_NUMBER", .read = setting_serial_number, TEXT(pump_serial_number), .may_be_null = true,
     .secret = true, .scope = OWN, .placeholders = serial_examples},

    /* Nightscout */
    {"NS_URL", .read = setting_nightscout_url, TEXT(nightscout_url), .secret = true, .scope = OWN,
     .remedy = "Set it to what the browser shows when the Nightscout site is open, up to the first single slash."},
    {"NS_SECRET", "API_SECRET", .read = setting_secret, TEXT(nightscout_secret), .least = 12, .secret = true,
     .scope = OWN, .verbatim = true, .placeholders = secret_examples,
     .remedy = "Set it to the API_SECRET of the Nightscout site, or to an access token of it."},
    {"NS_SKIP_TLS_VERIFY", .read = setting_skip_tls_verify, FIELD(nightscout_skip_tls_verify),
     .standard = "false"},
    {"NS_IGNORE_CONN_ERRORS", .read = setting_boolean, FIELD(nightscout_ignore_connection_errors),
     .standard = "false"},

    /* What is written */
    {"TIMEZONE_NAME", "TZ", .read = setting_time_zone, TEXT(time_zone),
     .remedy = "Set it to the time zone of the pump's clock, such as America/New_York or Europe/Berlin."},
    {"TCONNECTSYNC_HEROKU_FEATURES", .read = setting_features, FIELD(features),
     .standard = "BASAL,BOLUS"},
    {"PUMP_CLOCK", .read = setting_pump_clock, FIELD(pump_clock_follows_zone), .standard = "pump"},
    {"IGNORE_ZERO_UNIT_BASAL", .read = setting_boolean, FIELD(ignore_zero_unit_basal), .standard = "false"},
    {"ALARM_SAFE_MINUTES", .read = setting_whole, FIELD(alarm_safe_minutes), .standard = "10", .most = 1440},
    {"NIGHTSCOUT_PROFILE_CARBS_HR_VALUE", .read = setting_decimal, TEXT(profile_carbs_hr), .standard = "20",
     .least = 1, .most = 200},
    {"NIGHTSCOUT_PROFILE_DELAY_VALUE", .read = setting_decimal, TEXT(profile_delay), .standard = "20", .most = 240},
    {"NIGHTSCOUT_PROFILE_UPLOAD_MODE", .read = setting_upload_mode, FIELD(profile_replace), .standard = "add"},

    /* The server */
    {"PERSON_NAME", .read = setting_text, TEXT(person_name), .may_be_null = true, .secret = true, .scope = OWN},
    {"TCONNECTSYNC_HEROKU_SECRET", .read = setting_own_secret, TEXT(secret), .may_be_null = true, .secret = true,
     .verbatim = true, .placeholders = own_secret_examples,
     .remedy = "Make up one of 16 characters or more."},
    {"TCONNECTSYNC_HEROKU_INTERVAL_MINS", .read = setting_interval, FIELD(interval_minutes), .most = 10080},
    {"AUTOUPDATE_NO_DATA_FAILURE_MINUTES", .read = setting_whole, FIELD(no_data_failure_minutes),
     .standard = "180", .least = 1, .most = 100000},
    {"LISTEN_HOST", .read = setting_listen_host, TEXT(listen_host), .may_be_null = true, .scope = OF_ALL},
    {"PORT", "LISTEN_PORT", .read = setting_port, FIELD(port), .standard = "5000", .most = 65535,
     .scope = OF_ALL},
    {"LOG_FORMAT", .read = setting_log_format, FIELD(log_json), .standard = "logfmt", .scope = OF_ALL},
    {"TRUST_PROXY", .read = setting_boolean, FIELD(trust_proxy), .standard = "false", .scope = OF_ALL},
    {"PING_URL", .read = setting_ping_url, TEXT(ping_url), .may_be_null = true, .secret = true},
};
/* clang-format on */
enum { SETTING_COUNT = sizeof settings / sizeof *settings };

const struct setting *setting_at(size_t index)
{
    return index < SETTING_COUNT ? &settings[index] : NULL;
}

/* ---- reading ---- */

/* The value to judge, to be freed; NULL when there is none. */
static char *clean(const struct setting *setting, const char *value)
{
    size_t length = value ? strlen(value) : 0, blank = 0;
    while (blank < length && isspace((unsigned char)value[blank]))
        blank++;
    if (blank == length)
        return NULL;
    if (setting->verbatim)
        return xstrdup(value);
    value += blank;
    length -= blank;
    while (isspace((unsigned char)value[length - 1]))
        length--;
    if (length >= 2 && strchr("\"'", value[0]) && value[length - 1] == value[0]) {
        value++; /* quotes that a container's env file leaves */
        length -= 2;
    }
    return length ? xstrndup(value, length) : NULL;
}

static bool is_placeholder(const struct setting *setting, const char *value)
{
    for (const char *const *example = setting->placeholders; example && *example; example++)
        if (strcasecmp(*example, value) == 0)
            return true;
    return false;
}

enum outcome { UNSET, EXAMPLE, UNUSABLE, SET };

static enum outcome read_from(struct reading *reading, const struct setting *setting, const char *name)
{
    const char *found = reading->lookup(reading->context, name);
    if (found == configuration_unreadable) {
        setting_problem(
            reading,
            "%s stands in a file that cannot be read. Check the path in %s_FILE, and that the file is "
            "small, is text and may be read by this program.",
            name, name);
        return UNUSABLE;
    }
    char *value = clean(setting, found);
    enum outcome outcome = UNSET;
    if (value)
        outcome = is_placeholder(setting, value)                 ? EXAMPLE
                  : setting->read(reading, setting, name, value) ? SET
                                                                 : UNUSABLE;
    free_secret(value);
    return outcome;
}

/* Under a person's name for it, else under the second such name; name is where it stood. */
static enum outcome read_for(struct reading *reading, const struct setting *setting, unsigned person,
                             char name[SETTING_NAME_SIZE])
{
    char other[SETTING_NAME_SIZE];
    setting_write_name(name, setting->name, person);
    enum outcome outcome = read_from(reading, setting, name);
    if (outcome >= UNUSABLE || !setting->second_name)
        return outcome;
    setting_write_name(other, setting->second_name, person);
    enum outcome second = read_from(reading, setting, other);
    if (second > outcome)
        memcpy(name, other, sizeof other);
    return second > outcome ? second : outcome;
}

static bool is_set(struct reading *reading, const struct setting *setting, const char *name)
{
    const char *found = reading->lookup(reading->context, name);
    char *value = clean(setting, found);
    bool set = value || found == configuration_unreadable;
    free_secret(value);
    return set;
}

/* There is one server: what a further person would have of it is ignored, but not without a word. */
static void warn_of_all(struct reading *reading, const struct setting *setting)
{
    char name[SETTING_NAME_SIZE];
    setting_write_name(name, setting->name, reading->configuration->person);
    if (is_set(reading, setting, name))
        setting_warning(reading, "%s has no effect, since one server serves all. Remove it.", name);
}

static enum outcome read_anywhere(struct reading *reading, const struct setting *setting,
                                  char name[static SETTING_NAME_SIZE])
{
    const unsigned person = reading->configuration->person;
    enum outcome outcome = UNSET;
    if (person > 1 && setting->scope == OF_ALL)
        warn_of_all(reading, setting);
    else
        outcome = read_for(reading, setting, person, name);
    if (outcome == UNSET && person > 1 && setting->scope != OWN)
        outcome = read_for(reading, setting, 1, name);
    return outcome;
}

static void say_what_is_missing(struct reading *reading, const struct setting *setting, enum outcome outcome,
                                const char *name)
{
    if (!setting->remedy)
        return;
    if (outcome == EXAMPLE && setting->may_be_null)
        setting_warning(reading, "%s still holds the example of a guide and counts as unset. %s", name,
                        setting->remedy);
    else if (outcome == EXAMPLE)
        setting_problem(reading, "%s still holds the example of a guide. %s", name, setting->remedy);
    else if (outcome == UNSET && !setting->may_be_null)
        setting_problem(reading, "%s is not set. %s", name, setting->remedy);
}

static void read_setting(struct reading *reading, const struct setting *setting)
{
    char name[SETTING_NAME_SIZE];
    const enum outcome outcome = read_anywhere(reading, setting, name);
    const bool is_in_europe = setting->standard_eu && reading->configuration->region == REGION_EU;
    const char *standard = is_in_europe ? setting->standard_eu : setting->standard;
    say_what_is_missing(reading, setting, outcome, name);
    if (outcome != SET && standard)
        setting->read(reading, setting, setting->name, standard);
    if (setting->text && !setting->may_be_null && !*setting_text_field(reading->configuration, setting))
        *setting_text_field(reading->configuration, setting) = xstrdup("");
}

/* Without a home the cache is left out: a dyno's disk forgets it anyway. */
static void settle_cache_path(struct reading *reading)
{
    char **path = &reading->configuration->credential_cache_path;
    char *home = xstrdup(reading->lookup(reading->context, "HOME"));
    const char *below_home = *path ? *path : "~/.config/tconnectsync/credentials.json";
    char *settled = NULL;
    if (!reading->configuration->cache_credentials)
        settled = NULL;
    else if (strncmp(below_home, "~/", 2) != 0)
        settled = xstrdup(below_home);
    else if (home && home[0] == '/')
        settled = xasprintf("%s%s", home, below_home + 1);
    free(home);
    free(*path);
    *path = settled;
}

/* What depends on more than one variable. */
static void settle(struct reading *reading)
{
    struct configuration *configuration = reading->configuration;
    settle_cache_path(reading);
    if (configuration->no_data_failure_minutes < 2 * configuration->interval_minutes)
        configuration->no_data_failure_minutes = 2 * configuration->interval_minutes;
    const char *dyno = reading->lookup(reading->context, "DYNO");
    if (dyno && *dyno)
        configuration->trust_proxy = true;
}

struct configuration *configuration_read(configuration_lookup *lookup, void *context, unsigned person)
{
    struct reading reading = {xcalloc(1, sizeof(struct configuration)), lookup, context};
    reading.configuration->person = person;
    for (size_t i = 0; i < SETTING_COUNT; i++)
        read_setting(&reading, &settings[i]);
    settle(&reading);
    return reading.configuration;
}

void configuration_free(struct configuration *configuration)
{
    if (!configuration)
        return;
    for (size_t i = 0; i < SETTING_COUNT; i++)
        if (settings[i].text)
            free_secret(*setting_text_field(configuration, &settings[i]));
    free_secret(configuration->nightscout_login);
    for (size_t i = 0; i < configuration->problem_count; i++)
        free(configuration->problems[i]);
    for (size_t i = 0; i < configuration->warning_count; i++)
        free(configuration->warnings[i]);
    free(configuration);
}

bool configuration_mentions(configuration_lookup *lookup, void *context, unsigned person,
                            char name[SETTING_NAME_SIZE])
{
    struct reading reading = {NULL, lookup, context};
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const char *const names[] = {settings[i].name, settings[i].second_name};
        for (size_t j = 0; j < 2 && names[j] && settings[i].scope != OF_ALL; j++) {
            setting_write_name(name, names[j], person);
            if (is_set(&reading, &settings[i], name))
                return true;
        }
    }
    return false;
}

/* The same setting of another person has "_2" to "_9" behind its name. */
static bool is_name_of(const char *text, const char *name)
{
    size_t length = name ? strlen(name) : 0;
    if (!length || strncmp(text, name, length) != 0)
        return false;
    text += length;
    return !*text || (text[0] == '_' && text[1] >= '2' && text[1] <= '9' && !text[2]);
}

bool configuration_is_secret(const char *name)
{
    for (size_t i = 0; i < SETTING_COUNT; i++)
        if (settings[i].secret &&
            (is_name_of(name, settings[i].name) || is_name_of(name, settings[i].second_name)))
            return true;
    return false;
}

/* ---- hiding ---- */

/* Nightscout is sent the secret's SHA-1 in its place. */
static void hide_digest(struct redactor *redactor, const char *secret)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    char text[2 * EVP_MAX_MD_SIZE + 1] = "";
    size_t length = 0;
    if (!EVP_Q_digest(NULL, "SHA1", NULL, secret, strlen(secret), digest, &length))
        return;
    for (size_t i = 0; i < length; i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
    redactor_add(redactor, text, "secret");
}

static void hide_part(struct redactor *redactor, const char *text, size_t length, const char *label)
{
    char *part = xstrndup(text, length);
    redactor_add(redactor, part, label);
    free_secret(part);
}

/* Host and path: either may be named after the child. A loopback host tells nothing. */
static void hide_nightscout(struct redactor *redactor, const char *text)
{
    struct url_parts url;
    if (!url_parse(text, &url))
        return;
    if (!url_is_loopback(&url))
        redactor_add(redactor, url.host, "nightscout");
    /* without the slash that it ends in */
    if (url.path_length > 0)
        hide_part(redactor, url.path, url.path_length - 1, "nightscout-path");
}

/* "user:password", and the password alone. */
static void hide_login(struct redactor *redactor, const char *login, size_t length, const char *label)
{
    const char *colon = memchr(login, ':', length);
    hide_part(redactor, login, length, label);
    if (colon)
        hide_part(redactor, colon + 1, length - (size_t)(colon + 1 - login), label);
}

static void hide_proxy(struct redactor *redactor, const char *text)
{
    struct url_parts url;
    if (text && url_parse(text, &url) && url.has_userinfo)
        hide_login(redactor, url.userinfo, url.userinfo_length, "proxy-password");
}

void configuration_hide(const struct configuration *configuration, struct redactor *redactor)
{
    redactor_add(redactor, configuration->tandem_email, "email");
    redactor_add(redactor, configuration->tandem_password, "password");
    redactor_add(redactor, configuration->pump_serial_number, "serial");
    redactor_add(redactor, configuration->nightscout_secret, "secret");
    hide_digest(redactor, configuration->nightscout_secret);
    redactor_add(redactor, configuration->secret, "secret");
    hide_nightscout(redactor, configuration->nightscout_url);
    if (configuration->nightscout_login)
        hide_login(redactor, configuration->nightscout_login, strlen(configuration->nightscout_login),
                   "proxy-password");
    hide_proxy(redactor, configuration->proxy);
    redactor_add(redactor, configuration->ping_url, "ping-url");
}
