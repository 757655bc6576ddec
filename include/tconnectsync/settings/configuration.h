/* configuration.h - every setting, read once at start from the environment and .env files. */
#ifndef TCONNECTSYNC_CONFIGURATION_H
#define TCONNECTSYNC_CONFIGURATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;
struct redactor;

#define CONFIGURATION_PROBLEMS_MAXIMUM 40
#define PEOPLE_MAXIMUM                 9
#define SETTING_NAME_SIZE              48

enum tandem_region { REGION_US, REGION_EU };

/* One person's settings. All strings are owned and never NULL unless said. URLs of services end in '/'. */
struct configuration {
    unsigned person;                        /* 1 to PEOPLE_MAXIMUM: the suffix of the settings' names, none for 1 */
    char *person_name;                      /* PERSON_NAME; NULL: none */
    /* Tandem Source: TCONNECT_EMAIL, TCONNECT_PASSWORD, TCONNECT_REGION and the overrides of tandem-source.md */
    char *tandem_email, *tandem_password;
    enum tandem_region region;
    char *sso_url, *source_url;             /* end in '/' */
    char *accounts_url;                     /* no '/' at the end: it is the issuer's name */
    char *redirect_uri, *client_id;
    char *proxy;                            /* REQUESTS_PROXY; NULL: none */
    bool cache_credentials;                 /* CACHE_CREDENTIALS */
    char *credential_cache_path;            /* CACHE_CREDENTIALS_PATH; NULL: CACHE_CREDENTIALS=false or no home */
    char *pump_serial_number;               /* PUMP_SERIAL_NUMBER; NULL: unset or the placeholder 11111111 */
    /* Nightscout: NS_URL, NS_SECRET or API_SECRET, ... */
    char *nightscout_url;                   /* ends in '/' */
    char *nightscout_login;                 /* "user:password" in NS_URL, for a proxy in front of the site; NULL: none */
    char *nightscout_secret;
    bool nightscout_skip_tls_verify;        /* NS_SKIP_TLS_VERIFY */
    bool nightscout_ignore_connection_errors; /* NS_IGNORE_CONN_ERRORS */
    /* What is written */
    char *time_zone;                        /* TIMEZONE_NAME, else TZ: an IANA name, not yet looked up */
    char time_zone_setting[SETTING_NAME_SIZE]; /* where it stood: TIMEZONE_NAME, TZ, TIMEZONE_NAME_2 */
    unsigned features;                      /* TCONNECTSYNC_HEROKU_FEATURES */
    bool pump_clock_follows_zone;           /* PUMP_CLOCK=zone: pump times are read in the zone as they are */
    bool ignore_zero_unit_basal;            /* IGNORE_ZERO_UNIT_BASAL */
    unsigned alarm_safe_minutes;            /* ALARM_SAFE_MINUTES, default 10 */
    char *profile_carbs_hr, *profile_delay; /* NIGHTSCOUT_PROFILE_CARBS_HR_VALUE, ..._DELAY_VALUE: numbers as text */
    bool profile_replace;                   /* NIGHTSCOUT_PROFILE_UPLOAD_MODE=replace */
    /* The server */
    char *secret;                           /* TCONNECTSYNC_HEROKU_SECRET; NULL: none set */
    unsigned interval_minutes;              /* TCONNECTSYNC_HEROKU_INTERVAL_MINS; 0: off */
    unsigned no_data_failure_minutes;       /* AUTOUPDATE_NO_DATA_FAILURE_MINUTES, at least twice the interval */
    char *listen_host;                      /* LISTEN_HOST; NULL: all addresses, IPv4 and IPv6 */
    uint16_t port;                          /* PORT, else LISTEN_PORT, else 5000 */
    bool log_json;                          /* LOG_FORMAT=json */
    bool trust_proxy;                       /* DYNO or TRUST_PROXY set: the last X-Forwarded-For element is the client */
    char *ping_url;                         /* PING_URL; NULL: none */

    /* Everything that is wrong, each a full sentence that begins with the variable's name, tells the remedy and
       never shows the value. No problem: the settings are usable for a sync. */
    char *problems[CONFIGURATION_PROBLEMS_MAXIMUM];
    size_t problem_count;
    /* Worth saying, but no obstacle. */
    char *warnings[CONFIGURATION_PROBLEMS_MAXIMUM];
    size_t warning_count;
};

/* What a setting is read from; NULL or "" when unset, configuration_unreadable when it is said to be in a file that
   cannot be read. The string lives until the next call. */
typedef const char *configuration_lookup(void *context, const char *name);
extern const char configuration_unreadable[];

/* The setting is a password, a secret or personal: it may come from a file of its own. */
bool configuration_is_secret(const char *name);

/* Reads every setting of one person. Even with problems all fields are filled with something safe, so that the server
   can start. */
struct configuration *configuration_read(configuration_lookup *lookup, void *context, unsigned person);
void configuration_free(struct configuration *configuration); /* wipes the secrets */
/* What is found besides, where settings meet the world or each other. */
void configuration_add_problem(struct configuration *configuration, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void configuration_add_warning(struct configuration *configuration, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Something is set for that person, be it unusable; name: which setting. */
bool configuration_mentions(configuration_lookup *lookup, void *context, unsigned person,
                            char name[SETTING_NAME_SIZE]);

/* Everybody whom the settings mention, the first always among them, in the order of their numbers; what is wrong between
   two of them is a problem of the later. Gives how many there are; each is to be freed with configuration_free. */
size_t people_read(configuration_lookup *lookup, void *context, struct configuration *people[PEOPLE_MAXIMUM]);

/* Appends a text of the program that names settings, each as this person has it: NS_URL of the second one is NS_URL_2.
   Not for what names another person's settings too. */
void configuration_add_named(const struct configuration *configuration, const char *text, struct buffer *out);

/* A name that is no setting, but was surely meant to be one ("TCONNECT_EMIAL"), becomes a problem or a warning of the
   person who lacks it; any other name is somebody else's and nothing is said. */
void people_note_name(struct configuration *const *people, size_t count, const char *name);

/* Tells the redactor everything in here that must not be seen: password, secrets, email, serial, Nightscout's host. */
void configuration_hide(const struct configuration *configuration, struct redactor *redactor);

/* A .env file's text: KEY=VALUE lines as python-dotenv reads them (comments, export, single quotes, double quotes with
   escapes, both over several lines), but without "${NAME}". Calls set for each pair and skipped for each line that is
   none, which counts from 1, in order. */
struct dotenv_listener {
    void (*set)(void *context, const char *name, const char *value);
    void (*skipped)(void *context, unsigned line);
    void *context;
};
void dotenv_parse(const char *text, size_t length, const struct dotenv_listener *listener);

#endif
