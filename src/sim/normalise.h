/* normalise.h - what a Nightscout makes of a document before it stores it. */
#ifndef SIM_NORMALISE_H
#define SIM_NORMALISE_H

#include "store.h"

/* Changes json as the server does before it stores it; the upsert key, to be freed (NULL: none). */
char *normalise_treatment(struct json *json, int64_t now_ms);
char *normalise_entry(struct json *json);
void normalise_status(struct json *json, int64_t now_ms);
void sanitise(struct json *json);

#endif
