/* nightscout_site.h - what a Nightscout holds. */
#ifndef SIM_NIGHTSCOUT_SITE_H
#define SIM_NIGHTSCOUT_SITE_H

#include "store.h"

enum place { TREATMENTS, ENTRIES, DEVICESTATUS, PROFILE, ACTIVITY, PLACES };

struct place_facts {
    const char *name, *time_field;
    int64_t default_limit, body_limit;
    bool takes_put, of_careportal; /* of_careportal: closed for writing with it */
};
extern const struct place_facts places[PLACES];

struct nightscout {
    struct collection collections[PLACES];
    double penalty_until; /* after a wrong secret, ms of the monotonic clock */
};

struct json;
struct json_writer;
struct settings;

struct nightscout *nightscout_new(void);
void nightscout_free(struct nightscout *nightscout);
void nightscout_clear(struct nightscout *nightscout);
/* All that is stored, oldest first. */
void nightscout_dump(struct nightscout *nightscout, struct json_writer *writer);
/* Stores a list in that collection as it is, past every rule; false: no such collection, or no list. */
bool nightscout_put_raw(struct nightscout *nightscout, const char *collection, const struct json *documents);
/* 15.0.6 and earlier */
bool nightscout_is_old(const struct settings *settings);

#endif
