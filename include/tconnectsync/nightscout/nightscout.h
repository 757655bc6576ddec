/* nightscout.h - one Nightscout site (nightscout.md). Each call answers through its callback exactly once,
   never from inside the call. */
#ifndef TCONNECTSYNC_NIGHTSCOUT_H
#define TCONNECTSYNC_NIGHTSCOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tconnectsync/documents/held.h"

struct buffer;
struct configuration;
struct error;
struct http_client;
struct json;
struct log;
struct nightscout;

/* error is NULL on success and lives during the call. What matters to a writer: status 5xx, 408, 429 or none,
   and ERROR_DATA (the server's trouble, it may or may not be stored: wait and read back), other ERROR_SERVICE
   (this very request is refused), ERROR_LIMIT (the database is full), ERROR_CREDENTIALS and
   ERROR_CONFIGURATION (no request of this kind will be taken). */
typedef void nightscout_done(void *context, const struct error *error);

struct nightscout *nightscout_new(struct http_client *client, const struct configuration *configuration,
                                  struct log *log);
void nightscout_free(struct nightscout *nightscout); /* cancels what runs */
void nightscout_cancel(struct nightscout *nightscout);

/* Is it a Nightscout, awake, and is the secret good? Waits up to a minute for a site that sleeps; follows
   redirects within the host once and for all. To be asked before anything else. */
void nightscout_verify(struct nightscout *nightscout, nightscout_done *done, void *context);
/* Where it was found, and that it is there: for a run that does not ask. */
const char *nightscout_place(const struct nightscout *nightscout);
void nightscout_go_to(struct nightscout *nightscout, const char *place);

/* The newest document of ours, in seconds since 1970; NO_TIME when there is none.
   until: none later than this. */
void nightscout_fetch_newest(struct nightscout *nightscout, enum collection collection, int64_t until,
                             int64_t *newest, nightscout_done *done, void *context);
/* Everything of a collection between two instants in milliseconds, both inclusive. */
void nightscout_read(struct nightscout *nightscout, enum collection collection, int64_t from, int64_t to,
                     struct held_reader *reader, nightscout_done *done, void *context);

/* body: a JSON array of count documents. */
void nightscout_create(struct nightscout *nightscout, enum collection collection, const struct buffer *body,
                       size_t count, nightscout_done *done, void *context);
void nightscout_replace_treatment(struct nightscout *nightscout, const struct buffer *body,
                                  nightscout_done *done, void *context);
void nightscout_delete(struct nightscout *nightscout, enum collection collection, const char *id,
                       nightscout_done *done, void *context);

/* A list of the newest profile document, which is the current one, or of none; to be freed with json_free.
   What is no list is a failure: null when the database is down. (profile/current would kill that server.) */
void nightscout_fetch_profile(struct nightscout *nightscout, struct json **profile, nightscout_done *done,
                              void *context);
/* The ten newest profile documents, an array, newest first. */
void nightscout_fetch_profiles(struct nightscout *nightscout, struct json **profiles, nightscout_done *done,
                               void *context);
void nightscout_write_profile(struct nightscout *nightscout, bool replace, const struct buffer *body,
                              nightscout_done *done, void *context);
/* All activity documents of ours, an array; to be freed with json_free. */
void nightscout_fetch_activities(struct nightscout *nightscout, struct json **activities,
                                 nightscout_done *done, void *context);
/* One document: a new one, or with its _id in the place of that. */
void nightscout_write_activity(struct nightscout *nightscout, bool replace, const struct buffer *body,
                               nightscout_done *done, void *context);
/* status.json: name, version, units, what is enabled. */
void nightscout_fetch_status(struct nightscout *nightscout, struct json **status, nightscout_done *done,
                             void *context);

/* verifyauth tells that the secret or token is known, but not that it may write everything. */
bool nightscout_is_limited(const struct nightscout *nightscout);
/* Seconds that the latest answer asked to wait, -1 for none. */
int64_t nightscout_retry_after(const struct nightscout *nightscout);
/* The site's clock minus ours at its latest answer, in seconds; false while none was seen. */
bool nightscout_clock_difference(const struct nightscout *nightscout, int64_t *seconds);

#endif
