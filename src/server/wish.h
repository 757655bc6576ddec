/* wish.h - what somebody wants run. */
#ifndef TCONNECTSYNC_WISH_H
#define TCONNECTSYNC_WISH_H

#include <stdbool.h>
#include <stdint.h>

struct configuration;
struct error;
struct request_words;
struct sync_request;
struct time_zone;

#define WISH_OPEN_END INT64_MAX

/* So many days back from when it runs, or a range, or neither: the look-back. Two that
   are equal share one run. */
struct wish {
    unsigned days; /* 0: not said */
    bool has_range;
    int64_t from, to; /* instants, both inclusive; WISH_OPEN_END: as far as there is */
    unsigned features;
    bool pretend;
    bool check; /* no sync, but a look at both services */
    bool look;  /* no sync, but the log of those days for the page to show */
};

/* A sync as the words say; ERROR_USAGE with one clear line for a word that is wrong. */
bool wish_read(const struct request_words *words, const struct configuration *configuration,
               const struct time_zone *zone, int64_t now, struct wish *wish, struct error *error);
bool wish_equals(const struct wish *a, const struct wish *b);
/* What it comes to when it runs now. */
struct sync_request wish_request(const struct wish *wish, int64_t now);

#endif
