/* sim.h - one process that plays Tandem Source and a Nightscout, each behind a listener of its own. */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include <stdbool.h>
#include <stdint.h>

#include "history.h"
#include "site.h"
#include "statistics.h"

struct fixture;
struct nightscout;
struct tandem_side;

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
    char *access_role;        /* admin, careportal, readable */
    bool careportal;
    char *units;
    char *refuse_text;    /* documents that hold it are refused */
    int64_t body_limit;   /* bytes of any JSON body, 0: the usual limits */
    int64_t refuse_delay; /* ms that the requests after a wrong secret wait, adding up */
};

/* Records that Tandem learns of only later. */
struct hold {
    int64_t from, to, until; /* instants: records of [from, to) are shown from until on */
    int64_t code;            /* 0: all */
};

struct simulator {
    struct event_base *base;
    struct settings settings;
    struct site tandem_site, nightscout_site;
    struct statistics statistics;
    struct fault *faults;
    struct history history;
    bool ghost_pump; /* a retired pump besides, whose dates are placeholders */
    struct hold *holds;
    size_t hold_count;
    struct tandem_side *tandem;
    struct nightscout *nightscout;
};

/* What the services take for now, and what the pump does. */
int64_t service_now(const struct simulator *simulator);
int64_t pump_now(const struct simulator *simulator);
/* The last instant of which Tandem has heard. */
int64_t uploaded_until(const struct simulator *simulator);
bool record_visible(const struct simulator *simulator, const struct record *record);
/* The last line day of which something may be visible; the first is the history's. */
int64_t last_line_day(const struct simulator *simulator);
bool simulator_hold(struct simulator *simulator, int64_t from, int64_t to, int64_t until, int64_t code);

/* settings.c: name in camelCase or with dashes; false: no such setting, or an unusable value. */
void settings_init(struct settings *settings);
bool settings_set(struct settings *settings, const char *name, const char *value);
void settings_free(struct settings *settings);

/* /control/... on either listener */
void control_handle(struct simulator *simulator, struct exchange *exchange);
/* GET /control/truth?from&to */
void truth_reply(struct simulator *simulator, struct exchange *exchange);

struct tandem_side *tandem_side_new(struct simulator *simulator, const char *pumper_file,
                                    const char *log_file);
void tandem_side_free(struct tandem_side *tandem);
void tandem_side_revoke(struct tandem_side *tandem); /* every token given out is refused from now on */
void tandem_side_handle(void *simulator, struct exchange *exchange);

struct nightscout *nightscout_new(void);
void nightscout_free(struct nightscout *nightscout);
void nightscout_handle(void *simulator, struct exchange *exchange);
/* All that is stored, oldest first. */
struct json_writer;
void nightscout_dump(struct nightscout *nightscout, struct json_writer *writer);
struct json;
/* Stores a list in that collection as it is, past every rule; false: no such collection, or no list. */
bool nightscout_put_raw(struct nightscout *nightscout, const char *collection, const struct json *documents);
void nightscout_clear(struct nightscout *nightscout);

#endif
