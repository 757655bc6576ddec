/* nightscout_access.h - who may do what on a Nightscout. */
#ifndef SIM_NIGHTSCOUT_ACCESS_H
#define SIM_NIGHTSCOUT_ACCESS_H

#include "nightscout_site.h"

struct exchange;
struct simulator;

/* Sets of places, a bit each. */
struct access {
    unsigned read, create, change; /* change: PUT and DELETE */
    bool is_named, is_wrong;       /* a credential was shown: a good one, a bad one */
    bool is_admin;
};

/* Who asks. A wrong secret makes its own next requests wait, the longer the more there were. */
struct access nightscout_access(struct simulator *simulator, struct exchange *exchange);
bool access_allows(const struct access *access, const char *method, enum place place);
void reply_unauthorized(struct exchange *exchange);
void reply_verifyauth(struct simulator *simulator, struct exchange *exchange, const struct access *access);

#endif
