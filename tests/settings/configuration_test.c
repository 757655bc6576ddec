#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/redact.h"
#include "tconnectsync/pump/feature.h"
#include "tconnectsync/settings/configuration.h"

/* An environment: "NAME=value" strings up to a NULL; later ones win over earlier ones. */
static const char *look_up(void *context, const char *name)
{
    const char *value = NULL;
    for (const char *const *pair = context; *pair; pair++)
        if (strncmp(*pair, name, strlen(name)) == 0 && (*pair)[strlen(name)] == '=')
            value = *pair + strlen(name) + 1;
    return value && strcmp(value, "<unreadable>") == 0 ? configuration_unreadable : value;
}

#define USABLE                                                                                               \
    "TCONNECT_EMAIL=jane@example.org", "TCONNECT_PASSWORD=Tr0ub4dor&3", "NS_URL=https://ns.example.org",     \
        "NS_SECRET=correct horse battery", "TIMEZONE_NAME=America/Chicago"

static struct configuration *read_pairs(const char *const *pairs)
{
    return configuration_read(look_up, (void *)(uintptr_t)pairs, 1);
}
#define READ(...) read_pairs((const char *const[]){__VA_ARGS__, NULL})

static void assert_problem(const struct configuration *configuration, size_t at, const char *name,
                           const char *words)
{
    assert_true(at < configuration->problem_count);
    const char *problem = configuration->problems[at];
    if (strncmp(problem, name, strlen(name)) != 0 || !strstr(problem, words))
        fail_msg("expected %s ... %s, but: %s", name, words, problem);
}

static void the_least_that_is_needed_is_enough(void **state)
{
    (void)state;
    struct configuration *configuration = READ(USABLE, "HOME=/home/jane");
    assert_int_equal(configuration->problem_count, 0);
    assert_int_equal(configuration->warning_count, 0);
    assert_string_equal(configuration->tandem_email, "jane@example.org");
    assert_string_equal(configuration->tandem_password, "Tr0ub4dor&3");
    assert_int_equal(configuration->region, REGION_US);
    assert_string_equal(configuration->sso_url, "https://sso.tandemdiabetes.com/");
    assert_string_equal(configuration->accounts_url, "https://tdcservices.tandemdiabetes.com/accounts/api");
    assert_string_equal(configuration->source_url, "https://source.tandemdiabetes.com/");
    assert_string_equal(configuration->redirect_uri, "https://sso.tandemdiabetes.com/auth/callback");
    assert_string_equal(configuration->client_id, "0oa4wnbvtladeyVZX4h7");
    assert_null(configuration->proxy);
    assert_string_equal(configuration->credential_cache_path,
                        "/home/jane/.config/tconnectsync/credentials.json");
    assert_null(configuration->pump_serial_number);
    assert_string_equal(configuration->nightscout_url, "https://ns.example.org/");
    assert_string_equal(configuration->nightscout_secret, "correct horse battery");
    assert_false(configuration->nightscout_skip_tls_verify);
    assert_false(configuration->nightscout_ignore_connection_errors);
    assert_string_equal(configuration->time_zone, "America/Chicago");
    assert_int_equal(configuration->features, FEATURE_BASAL | FEATURE_BOLUS);
    assert_false(configuration->ignore_zero_unit_basal);
    assert_int_equal(configuration->alarm_safe_minutes, 10);
    assert_string_equal(configuration->profile_carbs_hr, "20");
    assert_string_equal(configuration->profile_delay, "20");
    assert_false(configuration->profile_replace);
    assert_null(configuration->secret);
    assert_int_equal(configuration->interval_minutes, 0);
    assert_int_equal(configuration->no_data_failure_minutes, 180);
    assert_null(configuration->listen_host);
    assert_int_equal(configuration->port, 5000);
    assert_false(configuration->trust_proxy);
    assert_false(configuration->log_json);
    assert_false(configuration->pump_clock_follows_zone);
    assert_null(configuration->ping_url);
    configuration_free(configuration);
}

static void every_setting_is_taken(void **state)
{
    (void)state;
    struct configuration *configuration =
        READ(USABLE, "TCONNECT_REGION=eu", "TCONNECT_SSO_URL=http://127.0.0.1:8001/sso",
             "TCONNECT_ACCOUNTS_URL=http://localhost:8001/accounts/api/", "TCONNECT_CLIENT_ID='me'",
             "REQUESTS_PROXY=http://u:p@proxy:3128", "CACHE_CREDENTIALS_PATH=/tmp/cache",
             "PUMP_SERIAL_NUMBER= 1234567 ", "NS_URL=\"https://Example.org:8443/jane//\"",
             "NS_SECRET=", "API_SECRET=jane-0123456789abcdef", "NS_SKIP_TLS_VERIFY=YES",
             "NS_IGNORE_CONN_ERRORS=On", "TIMEZONE_NAME= ", "TZ=:Europe/Berlin",
             "TCONNECTSYNC_HEROKU_FEATURES=CGM, BASAL", "IGNORE_ZERO_UNIT_BASAL=1", "ALARM_SAFE_MINUTES=0",
             "NIGHTSCOUT_PROFILE_CARBS_HR_VALUE=000030", "NIGHTSCOUT_PROFILE_DELAY_VALUE=12.125",
             "NIGHTSCOUT_PROFILE_UPLOAD_MODE=Replace", "TCONNECTSYNC_HEROKU_SECRET=open sesame 42",
             "TCONNECTSYNC_HEROKU_INTERVAL_MINS=120", "LISTEN_HOST=::1", "LISTEN_PORT=80", "DYNO=web.1",
             "PING_URL=https://hc-ping.com/0f0f?x=1", "LOG_FORMAT=Json", "PUMP_CLOCK=Zone");
    assert_int_equal(configuration->problem_count, 0);
    assert_int_equal(configuration->warning_count, 1); /* no TLS verification */
    assert_int_equal(configuration->region, REGION_EU);
    assert_string_equal(configuration->sso_url, "http://127.0.0.1:8001/sso/");
    assert_string_equal(configuration->accounts_url, "http://localhost:8001/accounts/api");
    assert_string_equal(configuration->source_url, "https://source.eu.tandemdiabetes.com/");
    assert_string_equal(configuration->redirect_uri,
                        "https://source.eu.tandemdiabetes.com/authorize/callback");
    assert_string_equal(configuration->client_id, "me");
    assert_string_equal(configuration->proxy, "http://u:p@proxy:3128");
    assert_string_equal(configuration->credential_cache_path, "/tmp/cache");
    assert_string_equal(configuration->pump_serial_number, "1234567");
    assert_string_equal(configuration->nightscout_url, "https://Example.org:8443/jane/");
    assert_string_equal(configuration->nightscout_secret, "jane-0123456789abcdef");
    assert_true(configuration->nightscout_skip_tls_verify);
    assert_true(configuration->nightscout_ignore_connection_errors);
    assert_string_equal(configuration->time_zone, "Europe/Berlin");
    assert_int_equal(configuration->features, FEATURE_CGM | FEATURE_BASAL);
    assert_true(configuration->ignore_zero_unit_basal);
    assert_int_equal(configuration->alarm_safe_minutes, 0);
    assert_string_equal(configuration->profile_carbs_hr, "000030");
    assert_string_equal(configuration->profile_delay, "12.125");
    assert_true(configuration->profile_replace);
    assert_string_equal(configuration->secret, "open sesame 42");
    assert_int_equal(configuration->interval_minutes, 120);
    assert_int_equal(configuration->no_data_failure_minutes, 240);
    assert_string_equal(configuration->listen_host, "::1");
    assert_int_equal(configuration->port, 80);
    assert_true(configuration->trust_proxy);
    assert_true(configuration->log_json);
    assert_true(configuration->pump_clock_follows_zone);
    assert_string_equal(configuration->ping_url, "https://hc-ping.com/0f0f?x=1");
    configuration_free(configuration);
}

static void a_name_and_password_in_the_sites_address_are_a_proxys(void **state)
{
    (void)state;
    struct configuration *configuration =
        READ(USABLE, "NS_URL=https://jane:p%40ss+W0rd@ns.example.org/home/");
    assert_int_equal(configuration->problem_count, 0);
    assert_string_equal(configuration->nightscout_url, "https://ns.example.org/home/");
    assert_string_equal(configuration->nightscout_login, "jane:p@ss+W0rd");
    configuration_free(configuration);
    configuration = READ(USABLE, "NS_URL=https://jane:100%@ns.example.org");
    assert_string_equal(configuration->nightscout_url, "https://ns.example.org/");
    assert_string_equal(configuration->nightscout_login, "jane:100%");
    configuration_free(configuration);
    configuration = READ(USABLE);
    assert_null(configuration->nightscout_login);
    configuration_free(configuration);
}

/* Blanks and quotes may be part of it. */
static void secrets_are_kept_to_the_letter(void **state)
{
    (void)state;
    struct configuration *configuration =
        READ(USABLE, "TCONNECT_PASSWORD= my words ", "NS_SECRET=\"my long words\"",
             "TCONNECTSYNC_HEROKU_SECRET='a '");
    assert_int_equal(configuration->problem_count, 0);
    assert_string_equal(configuration->tandem_password, " my words ");
    assert_string_equal(configuration->nightscout_secret, "\"my long words\"");
    assert_string_equal(configuration->secret, "'a '");
    configuration_free(configuration);
}

static void all_that_is_missing_is_told_at_once(void **state)
{
    (void)state;
    struct configuration *configuration = READ("UNRELATED=1");
    assert_int_equal(configuration->problem_count, 5);
    assert_problem(configuration, 0, "TCONNECT_EMAIL", "is not set. Set it to");
    assert_problem(configuration, 1, "TCONNECT_PASSWORD", "is not set. Set it to");
    assert_problem(configuration, 2, "NS_URL", "is not set. Set it to");
    assert_problem(configuration, 3, "NS_SECRET", "is not set. Set it to");
    assert_problem(configuration, 4, "TIMEZONE_NAME", "is not set. Set it to");
    assert_string_equal(configuration->tandem_email, "");
    assert_string_equal(configuration->tandem_password, "");
    assert_string_equal(configuration->nightscout_url, "");
    assert_string_equal(configuration->nightscout_secret, "");
    assert_string_equal(configuration->time_zone, "");
    assert_null(configuration->credential_cache_path);
    configuration_free(configuration);
}

static void examples_of_guides_count_as_unset(void **state)
{
    (void)state;
    struct configuration *configuration =
        READ("TCONNECT_EMAIL=email@email.com", "TCONNECT_PASSWORD=password",
             "NS_URL=https://yournightscouturl/", "NS_SECRET=apisecret", "PUMP_SERIAL_NUMBER=11111111",
             "TIMEZONE_NAME=Europe/Paris", "TCONNECTSYNC_HEROKU_SECRET=Secret");
    assert_int_equal(configuration->problem_count, 4);
    assert_problem(configuration, 0, "TCONNECT_EMAIL", "example");
    assert_problem(configuration, 1, "TCONNECT_PASSWORD", "example");
    assert_problem(configuration, 2, "NS_URL", "example");
    assert_problem(configuration, 3, "NS_SECRET", "example");
    assert_null(configuration->pump_serial_number);
    assert_null(configuration->secret);
    assert_int_equal(configuration->warning_count, 1);
    assert_non_null(strstr(configuration->warnings[0], "TCONNECTSYNC_HEROKU_SECRET"));
    configuration_free(configuration);

    configuration = READ(USABLE, "NS_SECRET=apisecret", "API_SECRET=a real one, long");
    assert_int_equal(configuration->problem_count, 0);
    assert_string_equal(configuration->nightscout_secret, "a real one, long");
    configuration_free(configuration);
}

static void one_message_for_one_problem(void **state)
{
    (void)state;
    struct configuration *configuration = READ(USABLE);
    char text[600];
    for (int times = 0; times < 2; times++) {
        configuration_add_problem(configuration, "%s is wrong.", "One");
        configuration_add_problem(configuration, "%s is wrong.", "Another");
        configuration_add_warning(configuration, "%s is wrong.", "One");
    }
    assert_int_equal(configuration->problem_count, 2);
    assert_string_equal(configuration->problems[0], "One is wrong.");
    assert_string_equal(configuration->problems[1], "Another is wrong.");
    assert_int_equal(configuration->warning_count, 1);
    for (int i = 0; i < 2 * CONFIGURATION_PROBLEMS_MAXIMUM; i++)
        configuration_add_problem(configuration, "%d", i);
    assert_int_equal(configuration->problem_count, CONFIGURATION_PROBLEMS_MAXIMUM);
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    configuration_add_warning(configuration, "%s", text);
    assert_int_equal(strlen(configuration->warnings[1]), 511); /* as much as fits */
    configuration_free(configuration);
}

/* One wrong value each: told by name, without the value, and something safe in its place. */
static void each_wrong_value_is_told_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *pair, *words;
    } cases[] = {
        {"TCONNECT_REGION=ZQ7", "US or EU"},
        {"TCONNECT_EMAIL=jane\x01ZQ7@x", "control character"},
        {"TCONNECT_PASSWORD=ZQ7\nZQ7", "control character"},
        {"TCONNECT_SSO_URL=http://sso.example/ZQ7", "https://"},
        {"TCONNECT_SSO_URL=ZQ7", "whole address"},
        {"TCONNECT_ACCOUNTS_URL=ftp://ZQ7/", "whole address"},
        {"TCONNECT_ACCOUNTS_URL=https://a:ZQ7@b/", "must carry no name"},
        {"TCONNECT_SOURCE_URL=http://127.0.0.1.ZQ7/", "https://"},
        {"TCONNECT_SOURCE_URL=https://a/?ZQ7", "question mark"},
        {"TCONNECT_REDIRECT_URI=https://a/#ZQ7", "hash sign"},
        {"TCONNECT_REDIRECT_URI=http://ZQ7/", "https://"},
        {"TCONNECT_CLIENT_ID=ZQ7\t", NULL},
        {"TCONNECT_CLIENT_ID=ZQ7\tx", "control character"},
        {"REQUESTS_PROXY=ftp://ZQ7/", "proxy"},
        {"REQUESTS_PROXY=http://ZQ7/path", "proxy"},
        {"REQUESTS_PROXY=http://a:p ZQ7@b", "percent-encoded"},
        {"CACHE_CREDENTIALS=ZQ7", "true or false"},
        {"CACHE_CREDENTIALS_PATH=/ZQ7\x7f", "control character"},
        {"PUMP_SERIAL_NUMBER=12ZQ7", "digits only"},
        {"PUMP_SERIAL_NUMBER=-12", "digits only"},
        {"PUMP_SERIAL_NUMBER=123456789012345678901", "digits only"},
        {"NS_URL=ns.ZQ7.org", "whole address"},
        {"NS_URL=http://me:ZQ7@ns.example.org/", "must begin with https://"},
        {"NS_URL=https://ns.example.org/?token=ZQ7", "NS_SECRET"},
        {"NS_URL=https://ns.example.org/#ZQ7", "hash sign"},
        {"NS_URL=https://ns.ZQ7 .org/", "whole address"},
        {"NS_URL=socks5://ns.ZQ7/", "whole address"},
        {"NS_URL=https://yournightscouturl.herokuapp.com/api/v1/", "example"},
        {"NS_SECRET=ZQ7 short", "at least 12"},
        {"NS_SECRET=ZQ7 is longe", NULL},
        {"NS_SECRET=ZQ7 is long", "at least 12"},
        {"NS_SECRET=<unreadable>", "NS_SECRET_FILE"},
        {"TCONNECT_PASSWORD=<unreadable>", "cannot be read"},
        {"NS_SKIP_TLS_VERIFY=2", "true or false"},
        {"NS_IGNORE_CONN_ERRORS=truer", "true or false"},
        {"TIMEZONE_NAME=../ZQ7", "TIMEZONE_NAME"},
        {"TIMEZONE_NAME=/etc/ZQ7", "America/New_York"},
        {"TIMEZONE_NAME=a/../ZQ7", "America/New_York"},
        {"TIMEZONE_NAME=EST5EDT,M3.2.0", "America/New_York"},
        {"TIMEZONE_NAME=A234567890123456789012345678901234567890123456789012345678901234x",
         "America/New_York"},
        {"TCONNECTSYNC_HEROKU_FEATURES=BASAL,ZQ7", "DEVICE_STATUS"},
        {"IGNORE_ZERO_UNIT_BASAL=ZQ7", "true or false"},
        {"ALARM_SAFE_MINUTES=-1", "0 to 1440"},
        {"ALARM_SAFE_MINUTES=1441", "0 to 1440"},
        {"ALARM_SAFE_MINUTES=1.5", "whole number"},
        {"ALARM_SAFE_MINUTES=0x10", "whole number"},
        {"ALARM_SAFE_MINUTES=99999999999999999999", "whole number"},
        {"ALARM_SAFE_MINUTES=+-5", "whole number"},
        {"NIGHTSCOUT_PROFILE_CARBS_HR_VALUE=0", "1 to 200"},
        {"NIGHTSCOUT_PROFILE_CARBS_HR_VALUE=2e1", "1 to 200"},
        {"NIGHTSCOUT_PROFILE_CARBS_HR_VALUE=0000020", "1 to 200"},
        {"NIGHTSCOUT_PROFILE_CARBS_HR_VALUE=20.1234", "1 to 200"},
        {"NIGHTSCOUT_PROFILE_CARBS_HR_VALUE=20.", "1 to 200"},
        {"NIGHTSCOUT_PROFILE_DELAY_VALUE=nan", "0 to 240"},
        {"NIGHTSCOUT_PROFILE_DELAY_VALUE=241", "0 to 240"},
        {"NIGHTSCOUT_PROFILE_DELAY_VALUE=-1", "0 to 240"},
        {"NIGHTSCOUT_PROFILE_UPLOAD_MODE=ZQ7", "add or replace"},
        {"TCONNECTSYNC_HEROKU_SECRET=ZQ7\r\n42", "control character"},
        {"TCONNECTSYNC_HEROKU_INTERVAL_MINS=often", "whole number"},
        {"TCONNECTSYNC_HEROKU_INTERVAL_MINS=10m", "whole number"},
        {"TCONNECTSYNC_HEROKU_INTERVAL_MINS=10081", "at most 10080"},
        {"TCONNECTSYNC_HEROKU_INTERVAL_MINS=--1", "whole number"},
        {"AUTOUPDATE_NO_DATA_FAILURE_MINUTES=0", "1 to 100000"},
        {"LISTEN_HOST=a b", "address to listen on"},
        {"PORT=65536", "0 to 65535"},
        {"PORT=http", "0 to 65535"},
        {"PORT=-1", "0 to 65535"},
        {"LOG_FORMAT=xml", "logfmt or json"},
        {"PUMP_CLOCK=fast", "read every pump time in TIMEZONE_NAME as it is"},
        {"TRUST_PROXY=maybe", "true or false"},
        {"PING_URL=ZQ7", "whole address"},
        {"PING_URL=http://u:ZQ7@kuma.example/", "https://"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)strcspn(cases[i].pair, "="), cases[i].pair);
        struct configuration *configuration = READ(USABLE, cases[i].pair);
        if (configuration->problem_count != (cases[i].words != NULL))
            fail_msg("%s: %zu problems", cases[i].pair, configuration->problem_count);
        if (cases[i].words) {
            assert_problem(configuration, 0, name, cases[i].words);
            assert_null(strstr(configuration->problems[0], "ZQ7"));
        }
        assert_int_equal(configuration->alarm_safe_minutes, 10);
        assert_int_equal(configuration->port, 5000);
        assert_string_equal(configuration->profile_delay, "20");
        assert_string_equal(configuration->sso_url, "https://sso.tandemdiabetes.com/");
        configuration_free(configuration);
    }
}

static void no_data_is_told_after_two_intervals_at_the_earliest(void **state)
{
    (void)state;
    static const struct {
        const char *interval;
        unsigned minutes;
    } cases[] = {{"TCONNECTSYNC_HEROKU_INTERVAL_MINS=80", 180},
                 {"TCONNECTSYNC_HEROKU_INTERVAL_MINS=90", 180},
                 {"TCONNECTSYNC_HEROKU_INTERVAL_MINS=91", 182}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct configuration *configuration = READ(USABLE, cases[i].interval);
        assert_int_equal(configuration->no_data_failure_minutes, cases[i].minutes);
        configuration_free(configuration);
    }
}

static void the_edges_themselves_are_fine(void **state)
{
    (void)state;
    static const char *const pairs[] = {
        "ALARM_SAFE_MINUTES=1440",
        "NIGHTSCOUT_PROFILE_CARBS_HR_VALUE=1",
        "NIGHTSCOUT_PROFILE_CARBS_HR_VALUE=200",
        "NIGHTSCOUT_PROFILE_CARBS_HR_VALUE=20.5",
        "NIGHTSCOUT_PROFILE_DELAY_VALUE=0",
        "NIGHTSCOUT_PROFILE_DELAY_VALUE=240.000",
        "TCONNECTSYNC_HEROKU_INTERVAL_MINS=10080",
        "TCONNECTSYNC_HEROKU_INTERVAL_MINS=+15",
        "AUTOUPDATE_NO_DATA_FAILURE_MINUTES=1",
        "AUTOUPDATE_NO_DATA_FAILURE_MINUTES=100000",
        "PORT=0",
        "PORT=65535",
        "PUMP_SERIAL_NUMBER=12345678901234567890",
        "TIMEZONE_NAME=America/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "LISTEN_HOST=fe80::1%eth_0",
        "LISTEN_HOST=*",
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct configuration *configuration = READ(USABLE, pairs[i]);
        if (configuration->problem_count != 0)
            fail_msg("%s: %s", pairs[i], configuration->problems[0]);
        assert_int_equal(configuration->warning_count, 0);
        configuration_free(configuration);
    }
}

static void an_interval_of_nothing_is_off(void **state)
{
    (void)state;
    static const char *const off[] = {
        "TCONNECTSYNC_HEROKU_INTERVAL_MINS=",   "TCONNECTSYNC_HEROKU_INTERVAL_MINS=0",
        "TCONNECTSYNC_HEROKU_INTERVAL_MINS=-5", "TCONNECTSYNC_HEROKU_INTERVAL_MINS= ",
        "TCONNECTSYNC_HEROKU_INTERVAL_MINS=''", "TCONNECTSYNC_HEROKU_INTERVAL_MINS= \"\" "};
    for (size_t i = 0; i < sizeof off / sizeof *off; i++) {
        struct configuration *configuration = READ(USABLE, off[i]);
        assert_int_equal(configuration->problem_count, 0);
        assert_int_equal(configuration->interval_minutes, 0);
        configuration_free(configuration);
    }
}

static void known_mistakes_are_fixed_with_a_word(void **state)
{
    (void)state;
    static const struct {
        const char *pair, *url, *words;
    } cases[] = {
        {"NS_URL=https://ns.example.org/api/v1", "https://ns.example.org/", "/api/v1"},
        {"NS_URL=https://ns.example.org/jane/API/v1/", "https://ns.example.org/jane/", "/api/v1"},
        {"NS_URL=http://ns.example.org", "http://ns.example.org/", "http://"},
        {"NS_URL=http://127.0.0.1:1337/", "http://127.0.0.1:1337/", NULL},
        {"NS_URL='https://ns.example.org/'", "https://ns.example.org/", NULL},
        {"NS_SECRET=correct horse battery ", "https://ns.example.org/", "space"},
        {"NS_SECRET=\"correct horse battery\"", "https://ns.example.org/", "quotes"},
        {"TCONNECT_PASSWORD=\"", "https://ns.example.org/", NULL}, /* not both of a pair of quotes */
        {"TCONNECT_EMAIL=jane", "https://ns.example.org/", "email"},
        {"TCONNECT_PASSWORD=\"\"", "https://ns.example.org/", NULL},
        {"TCONNECT_PASSWORD='a'", "https://ns.example.org/", "quotes"},
        {"TCONNECT_PASSWORD= a", "https://ns.example.org/", "space"},
        {"TCONNECTSYNC_HEROKU_SECRET=1234567", "https://ns.example.org/", "guessed"},
        {"TCONNECTSYNC_HEROKU_SECRET=12345678", "https://ns.example.org/", NULL},
        {"TIMEZONE_NAME=EST", "https://ns.example.org/", "no place"},
        {"TIMEZONE_NAME=Etc/GMT+5", "https://ns.example.org/", "no place"},
        {"TIMEZONE_NAME=America/Argentina/Salta", "https://ns.example.org/", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct configuration *configuration = READ(USABLE, cases[i].pair);
        assert_int_equal(configuration->problem_count, 0);
        assert_string_equal(configuration->nightscout_url, cases[i].url);
        assert_int_equal(configuration->warning_count, cases[i].words != NULL);
        if (cases[i].words)
            assert_non_null(strstr(configuration->warnings[0], cases[i].words));
        configuration_free(configuration);
    }
}

static void the_cache_follows_home(void **state)
{
    (void)state;
    static const struct {
        const char *home, *path, *cache, *expected;
    } cases[] = {
        {"HOME=/h", "CACHE_CREDENTIALS_PATH=~/c.json", "X=", "/h/c.json"},
        {"HOME=relative", "X=", "X=", NULL},
        {"X=", "CACHE_CREDENTIALS_PATH=~/c.json", "X=", NULL},
        {"X=", "CACHE_CREDENTIALS_PATH=/c.json", "CACHE_CREDENTIALS=true", "/c.json"},
        {"HOME=/h", "CACHE_CREDENTIALS_PATH=/c.json", "CACHE_CREDENTIALS=off", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct configuration *configuration = READ(USABLE, cases[i].home, cases[i].path, cases[i].cache);
        assert_int_equal(configuration->problem_count, 0);
        if (cases[i].expected)
            assert_string_equal(configuration->credential_cache_path, cases[i].expected);
        else
            assert_null(configuration->credential_cache_path);
        configuration_free(configuration);
    }
}

static void nothing_personal_gets_through(void **state)
{
    (void)state;
    struct configuration *configuration =
        READ(USABLE, "NS_URL=https://gate:k33per@sugar-site.example.org/jane/", "PUMP_SERIAL_NUMBER=7654321",
             "TCONNECTSYNC_HEROKU_SECRET=open sesame 42", "REQUESTS_PROXY=http://user1:s3cr3tpw@proxy/",
             "PING_URL=https://hc-ping.com/0f0f");
    struct redactor *redactor = redactor_new();
    configuration_hide(configuration, redactor);
    /* The number is the SHA-1 of the Nightscout secret. */
    static const char text[] =
        "jane@example.org Tr0ub4dor%263 7654321 correct+horse%20battery open sesame 42 user1:s3cr3tpw "
        "s3cr3tpw gate:k33per k33per "
        "GET https://sugar-site.example.org/jane/api/v1 https://hc-ping.com/0f0f/fail "
        "98decc62ece399a22ed30d490ef333be7fde7385";
    struct buffer out;
    buffer_init(&out, 1000);
    redact(redactor, text, strlen(text), &out);
    assert_string_equal(out.data,
                        "[email] [password] [serial] [secret] [secret] [proxy-password] [proxy-password] "
                        "[proxy-password] [proxy-password] "
                        "GET https://[nightscout][nightscout-path]/api/v1 [ping-url]/fail [secret]");
    buffer_free(&out);
    redactor_free(redactor);
    configuration_free(configuration);
    configuration_free(NULL);
}

static void secrets_are_known_by_name(void **state)
{
    (void)state;
    static const char *const secret[] = {
        "TCONNECT_EMAIL", "TCONNECT_PASSWORD",          "NS_SECRET", "NS_URL",         "PUMP_SERIAL_NUMBER",
        "API_SECRET",     "TCONNECTSYNC_HEROKU_SECRET", "PING_URL",  "REQUESTS_PROXY", "PERSON_NAME"};
    static const char *const others[] = {"PORT",          "HOME", "",           "TCONNECT_REGION",
                                         "TIMEZONE_NAME", "TZ",   "LISTEN_HOST"};
    for (size_t i = 0; i < sizeof secret / sizeof *secret; i++)
        assert_true(configuration_is_secret(secret[i]));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(configuration_is_secret(others[i]));
}

/* ---- people ---- */

struct family {
    struct configuration *people[PEOPLE_MAXIMUM];
    size_t count;
};

static struct family read_family(const char *const *pairs)
{
    struct family family;
    family.count = people_read(look_up, (void *)(uintptr_t)pairs, family.people);
    return family;
}
#define FAMILY(...) read_family((const char *const[]){USABLE, __VA_ARGS__, NULL})

static void free_family(struct family *family)
{
    for (size_t i = 0; i < family->count; i++)
        configuration_free(family->people[i]);
}

static void who_is_alone_is_the_first(void **state)
{
    (void)state;
    struct family family =
        FAMILY("NS_URL_2=", "PORT_2=81", "NS_URL_10=https://ten.example.org", "PERSON_NAME= Jane ");
    assert_int_equal(family.count, 1);
    assert_int_equal(family.people[0]->person, 1);
    assert_int_equal(family.people[0]->problem_count, 0);
    assert_string_equal(family.people[0]->person_name, "Jane");
    free_family(&family);
}

static void a_second_person_has_what_is_the_first_ones(void **state)
{
    (void)state;
    struct family family =
        FAMILY("HOME=/home/jane", "PUMP_SERIAL_NUMBER=1234567", "PERSON_NAME=Jane", "TCONNECT_REGION=EU",
               "TCONNECTSYNC_HEROKU_SECRET=of the first one", "NS_URL_2=https://joe.example.org",
               "API_SECRET_2=joes own api secret", "PUMP_SERIAL_NUMBER_2=7654321", "TZ_2=Europe/Berlin",
               "TCONNECTSYNC_HEROKU_INTERVAL_MINS_2=7");
    assert_int_equal(family.count, 2);
    const struct configuration *joe = family.people[1];
    assert_int_equal(joe->problem_count, 0);
    assert_int_equal(joe->warning_count, 0);
    assert_int_equal(joe->person, 2);
    assert_null(joe->person_name);
    assert_string_equal(joe->tandem_email, "jane@example.org");
    assert_int_equal(joe->region, REGION_EU);
    assert_string_equal(joe->source_url, "https://source.eu.tandemdiabetes.com/");
    assert_string_equal(joe->nightscout_url, "https://joe.example.org/");
    assert_string_equal(joe->nightscout_secret, "joes own api secret");
    assert_string_equal(joe->pump_serial_number, "7654321");
    assert_string_equal(joe->time_zone, "Europe/Berlin");
    assert_string_equal(joe->secret, "of the first one");
    assert_int_equal(joe->interval_minutes, 7);
    assert_int_equal(family.people[0]->interval_minutes, 0);
    assert_string_equal(family.people[0]->credential_cache_path,
                        "/home/jane/.config/tconnectsync/credentials.json");
    assert_string_equal(joe->credential_cache_path, "/home/jane/.config/tconnectsync/credentials_2.json");
    free_family(&family);
}

static void tokens_of_two_never_share_a_file(void **state)
{
    (void)state;
    static const struct {
        const char *first, *second, *path;
    } cases[] = {
        {"CACHE_CREDENTIALS_PATH=/a.b/tokens", "X=", "/a.b/tokens_2"},
        {"CACHE_CREDENTIALS_PATH=/a/t.json", "CACHE_CREDENTIALS_PATH_2=/a/t.json", "/a/t_2.json"},
        {"CACHE_CREDENTIALS_PATH=/a/t.json", "CACHE_CREDENTIALS_PATH_2=/b/t.json", "/b/t.json"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct family family = FAMILY("NS_URL_2=https://joe.example.org", cases[i].first, cases[i].second);
        assert_string_equal(family.people[1]->credential_cache_path, cases[i].path);
        free_family(&family);
    }
}

/* Each is a problem of the person whose settings they are, and of nobody else. */
static void what_is_wrong_between_two_people(void **state)
{
    (void)state;
#define JOE "NS_URL_2=https://joe.example.org", "NS_SECRET_2=joes own api secret"
    static const struct {
        const char *pairs[5];
        size_t whose;
        const char *name, *words;
    } cases[] = {
        {{"NS_SECRET_2=joes own api secret"}, 1, "NS_URL_2", "is not set. Set it"},
        {{"TCONNECT_EMAIL_2=joe@example.org"}, 1, "TCONNECT_EMAIL_2", "Set NS_URL_2 too, or remove"},
        {{"API_SECRET_2=joes own api secret"}, 1, "API_SECRET_2", "Set NS_URL_2 too, or remove"},
        {{"NS_URL_2=https://joe.example.org"}, 1, "NS_SECRET_2", "is not set"},
        {{"NS_URL_3=https://joe.example.org"}, 1, "NS_URL_2", "rename them to end in _2"},
        {{JOE, "TCONNECT_PASSWORD_2=password"}, 1, "TCONNECT_PASSWORD_2", "example of a guide"},
        {{JOE, "TCONNECT_REGION_2=Mars"}, 1, "TCONNECT_REGION_2", "US or EU"},
        {{JOE, "TIMEZONE_NAME_2=<unreadable>"}, 1, "TIMEZONE_NAME_2", "cannot be read"},
        {{"NS_URL_2=https://NS.example.org/", "NS_SECRET_2=joes own api secret"},
         1,
         "NS_URL_2",
         "the same site as NS_URL,"},
        {{"NS_URL_2=https://ns.example.org:443/api/v1", "NS_SECRET_2=joes own api secret"},
         1,
         "NS_URL_2",
         "same site"},
        {{"NS_URL_2=http://ns.example.org:80", "NS_SECRET_2=joes own api secret"},
         1,
         "NS_URL_2",
         "same site"},
        {{"NS_URL_2=http://ns.example.org", "NS_SECRET_2=joes own api secret"}, 1, "NS_URL_2", "same site"},
        {{JOE, "NS_URL_3=https://joe.example.org"}, 2, "NS_URL_3", "the same site as NS_URL_2,"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const *p = cases[i].pairs;
        struct family family = FAMILY("PUMP_SERIAL_NUMBER=1", p[0], p[1] ? p[1] : "X=", p[2] ? p[2] : "X=");
        bool found = false;
        assert_true(family.count > cases[i].whose);
        for (size_t person = 0; person < family.count; person++) {
            const struct configuration *configuration = family.people[person];
            for (size_t at = 0; at < configuration->problem_count; at++)
                found |= person == cases[i].whose && strstr(configuration->problems[at], cases[i].words) &&
                         strncmp(configuration->problems[at], cases[i].name, strlen(cases[i].name)) == 0;
            assert_int_equal(person == cases[i].whose ? 0 : configuration->problem_count, 0);
        }
        if (!found)
            fail_msg("case %zu: nobody says %s ... %s", i, cases[i].name, cases[i].words);
        free_family(&family);
    }
#undef JOE
}

static void an_address_that_cannot_be_used_is_not_one_that_is_missing(void **state)
{
    (void)state;
    struct family family = FAMILY("NS_URL_2=https://yournightscouturl/", "NS_SECRET_2=joes own api secret");
    assert_int_equal(family.count, 2);
    assert_int_equal(family.people[1]->problem_count, 1);
    assert_non_null(strstr(family.people[1]->problems[0], "NS_URL_2 still holds the example of a guide."));
    free_family(&family);
}

static void what_one_server_has_once_is_said(void **state)
{
    (void)state;
    struct family family = FAMILY("NS_URL_2=https://joe.example.org", "NS_SECRET_2=joes own api secret",
                                  "PORT=80", "PORT_2=81", "PING_URL=https://hc-ping.com/x");
    const struct configuration *joe = family.people[1];
    assert_int_equal(joe->port, 80);
    assert_int_equal(joe->warning_count, 3);
    assert_non_null(strstr(joe->warnings[0], "PORT_2 has no effect"));
    assert_non_null(strstr(joe->warnings[1], "same Tandem account"));
    assert_non_null(strstr(joe->warnings[2], "Set PING_URL_2 to another"));
    free_family(&family);

    static const char *const none_shared[] = {"PING_URL=https://hc-ping.com/x",
                                              "PING_URL_2=https://hc-ping.com/y"};
    for (int which = 0; which < 3; which++) { /* both, only the first one's, only the second one's */
        family = FAMILY("TCONNECT_EMAIL_2=joe@example.org", "TCONNECT_PASSWORD_2=joes own",
                        "NS_URL_2=https://joe.example.org", "NS_SECRET_2=joes own api secret",
                        which == 2 ? "PING_URL=" : none_shared[0],
                        which == 1 ? "PING_URL_2=none" : none_shared[1]);
        for (size_t i = 0; i < family.people[1]->warning_count; i++)
            assert_null(strstr(family.people[1]->warnings[i], "to another"));
        free_family(&family);
    }
}

/* Who follows a message must not change another person's setting. */
static void a_further_person_is_told_of_settings_by_their_own_names(void **state)
{
    (void)state;
    static const struct {
        const char *said, *of_second;
    } cases[] = {
        {"Set NS_SECRET to the site's API_SECRET.", "Set NS_SECRET_2 to the site's API_SECRET."},
        {"Correct TCONNECT_EMAIL, TCONNECT_PASSWORD or TCONNECT_REGION",
         "Correct TCONNECT_EMAIL_2, TCONNECT_PASSWORD_2 or TCONNECT_REGION_2"},
        {"NS_URL", "NS_URL_2"},
        {"NS_URL_2 and NS_URL_FILE, LISTEN_HOST", "NS_URL_2 and NS_URL_FILE, LISTEN_HOST"},
        {"", ""},
    };
    struct family family =
        FAMILY("NS_URL_2=https://joe.example.org", "NS_SECRET_2=joes own api secret", "TIMEZONE_NAME_2=EST",
               "PUMP_CLOCK_2=slow", "NS_SKIP_TLS_VERIFY_2=true", "TZ=Mars/Olympus");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t person = 0; person < 2; person++) {
            struct buffer out;
            buffer_init(&out, 1000);
            configuration_add_named(family.people[person], cases[i].said, &out);
            assert_string_equal(out.data, person ? cases[i].of_second : cases[i].said);
            buffer_free(&out);
        }
    const struct configuration *joe = family.people[1];
    assert_string_equal(joe->time_zone_setting, "TIMEZONE_NAME_2");
    assert_string_equal(family.people[0]->time_zone_setting, "TIMEZONE_NAME");
    assert_non_null(strstr(joe->problems[0], "read every pump time in TIMEZONE_NAME_2 as it is"));
    assert_non_null(strstr(joe->warnings[0], "NS_SKIP_TLS_VERIFY_2 is on"));
    assert_non_null(strstr(joe->warnings[1], "Set TIMEZONE_NAME_2 to a place"));
    free_family(&family);
}

static void a_further_persons_secrets_may_come_from_files(void **state)
{
    (void)state;
    assert_true(configuration_is_secret("NS_SECRET_2"));
    assert_true(configuration_is_secret("API_SECRET_9"));
    assert_true(configuration_is_secret("PERSON_NAME"));
    assert_false(configuration_is_secret("NS_SECRET_1"));
    assert_false(configuration_is_secret("NS_SECRET_A"));
    assert_false(configuration_is_secret("NS_SECRET_"));
    assert_false(configuration_is_secret("NS_SECRET-2"));
    assert_false(configuration_is_secret("NS_SECRET_22"));
    assert_false(configuration_is_secret("TIMEZONE_NAME_2"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_alone_is_the_first),
        cmocka_unit_test(a_second_person_has_what_is_the_first_ones),
        cmocka_unit_test(tokens_of_two_never_share_a_file),
        cmocka_unit_test(what_is_wrong_between_two_people),
        cmocka_unit_test(an_address_that_cannot_be_used_is_not_one_that_is_missing),
        cmocka_unit_test(what_one_server_has_once_is_said),
        cmocka_unit_test(a_further_person_is_told_of_settings_by_their_own_names),
        cmocka_unit_test(a_further_persons_secrets_may_come_from_files),
        cmocka_unit_test(the_least_that_is_needed_is_enough),
        cmocka_unit_test(every_setting_is_taken),
        cmocka_unit_test(a_name_and_password_in_the_sites_address_are_a_proxys),
        cmocka_unit_test(secrets_are_kept_to_the_letter),
        cmocka_unit_test(all_that_is_missing_is_told_at_once),
        cmocka_unit_test(examples_of_guides_count_as_unset),
        cmocka_unit_test(one_message_for_one_problem),
        cmocka_unit_test(each_wrong_value_is_told_by_name),
        cmocka_unit_test(no_data_is_told_after_two_intervals_at_the_earliest),
        cmocka_unit_test(the_edges_themselves_are_fine),
        cmocka_unit_test(an_interval_of_nothing_is_off),
        cmocka_unit_test(known_mistakes_are_fixed_with_a_word),
        cmocka_unit_test(the_cache_follows_home),
        cmocka_unit_test(nothing_personal_gets_through),
        cmocka_unit_test(secrets_are_known_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
