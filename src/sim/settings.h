/* settings.h - what can be dialed while the simulator runs. */
#ifndef SIM_SETTINGS_H
#define SIM_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

/* What can be set on the command line and, while it runs, through /control/settings; settings.c has the
 * names. */
struct settings {
    int64_t latency;    /* ms added to each answer */
    int64_t clock_skew; /* s that both services' clocks are ahead of the real one */
    bool date_follows_now;
    /* the pump */
    int64_t now;            /* 0: the real clock */
    int64_t uploaded_until; /* 0: by upload_every */
    int64_t upload_every;   /* minutes, 0: at once */
    int64_t upload_lag;     /* minutes: what an upload brings ends that much before it */
    char *clock_changes;    /* all, none, or contradicted: with one that the log knows nothing of */
    char *claimed_date;     /* maxDateOfEvents of the pump in use; empty: the truth */
    char *ghost_date;       /* of the retired pump besides */
    bool ghost_settings;    /* it has settings */
    bool twin_assignment; /* the pump in use is listed twice, by one serial number, each with the whole log */
    /* Tandem Source */
    char *email, *password;
    char *login;    /* ok, refused, locked, status */
    char *id_token; /* good, or what is wrong with it: token.c */
    int64_t expires_in;
    bool firewall; /* asks for Origin, Referer and a browser's User-Agent */
    int64_t window_days;
    /* Nightscout */
    char *secret;
    char *nightscout_version; /* new, old */
    char *default_role;       /* readable, denied */
    char *access_token;       /* "name-0123456789abcdef" */
    char *access_role;        /* nightscout_access.c knows what each may do */
    char *database;           /* ok, full, down */
    bool careportal;
    char *units;
    char *refuse_text;    /* documents that hold it are refused */
    int64_t body_limit;   /* bytes of any JSON body, 0: the usual limits */
    int64_t refuse_delay; /* ms that the requests after a wrong secret wait, adding up */
};

void settings_init(struct settings *settings);
/* name in camelCase or with dashes; false: no such setting, or an unusable value. */
bool settings_set(struct settings *settings, const char *name, const char *value);
void settings_free(struct settings *settings);

#endif
