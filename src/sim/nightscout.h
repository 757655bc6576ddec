/* nightscout.h - between the two files that play Nightscout. */
#ifndef SIM_NIGHTSCOUT_H
#define SIM_NIGHTSCOUT_H

#include "store.h"

struct exchange;
struct simulator;

#define JSON_TYPE "application/json; charset=utf-8"

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

/* 15.0.6 and earlier */
bool nightscout_is_old(const struct simulator *simulator);
void nightscout_post(struct simulator *simulator, struct exchange *exchange, enum place place);
void nightscout_put(struct simulator *simulator, struct exchange *exchange, enum place place);
void nightscout_delete(struct simulator *simulator, struct exchange *exchange, enum place place,
                       const char *id);

#endif
