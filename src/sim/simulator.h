/* simulator.h - the one process that plays Tandem Source and a Nightscout, each behind a listener of its own:
   what all of it knows, and its clocks. */
#ifndef SIM_SIMULATOR_H
#define SIM_SIMULATOR_H

#include <stdbool.h>
#include <stdint.h>

#include "history.h"
#include "settings.h"
#include "site.h"
#include "statistics.h"

struct fault;
struct nightscout;
struct tandem_side;

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
int64_t known_until(const struct simulator *simulator);
/* When the phone last uploaded. */
int64_t upload_time(const struct simulator *simulator);
bool record_visible(const struct simulator *simulator, const struct record *record);
/* The last line day of which something may be visible; the first is the history's. */
int64_t last_line_day(const struct simulator *simulator);
bool simulator_hold(struct simulator *simulator, int64_t from, int64_t to, int64_t until, int64_t code);

#endif
