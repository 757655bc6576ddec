/* request.h - what to sync, as a person says it: on the command line or in a request to the server. */
#ifndef TCONNECTSYNC_REQUEST_H
#define TCONNECTSYNC_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

struct configuration;
struct error;
struct sync_request;
struct time_zone;

struct request_words {
    const char *days, *from, *to, *features; /* NULL or "": not said */
    bool pretend;
};

/* ERROR_USAGE with one clear line for a word that is wrong. */
bool request_read(const struct request_words *words, const struct configuration *configuration,
                  const struct time_zone *zone, int64_t now, struct sync_request *request,
                  struct error *error);

/* How many days the range has; 0 for the look-back. */
unsigned request_days(const struct sync_request *request);

#endif
