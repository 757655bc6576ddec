/* sync.h - one sync of one account: a state table over the clients (design.md). One
   runs at a time per account. */
#ifndef TCONNECTSYNC_SYNC_H
#define TCONNECTSYNC_SYNC_H

#include <stdbool.h>
#include <stdint.h>

#include "tconnectsync/documents/report.h"

struct configuration;
struct event_base;
struct http_client;
struct log;
struct sync;
struct sync_memory;
struct tandem;
struct time_zone;

/* What outlives a sync. All of it is handed in, so that one process can serve several people. */
struct account_context {
    struct event_base *base;
    struct http_client *client;
    const struct configuration *configuration;
    const struct time_zone *zone;
    struct tandem *tandem;
    struct sync_memory *memory;
    struct log *log;
};

struct sync_request {
    unsigned features;
    bool has_range;   /* else the look-back */
    int64_t from, to; /* instants, both inclusive */
    bool pretend;
    bool is_listed;   /* who watches lists what pretend would write, so the log does not */
    bool is_told;     /* who watches tells what went wrong beside the log, so the log does not */
    bool check_only;      /* sign in and look, but read no log and write nothing */
    bool keeps_all;       /* every kind of event stays in the pump log for who watches, carried over or not */
    bool wants_status;    /* also read the Nightscout site's status, which need not succeed */
    bool by_timer;        /* may end as soon as nothing is new */
    bool asked_by_person; /* lifts the latch of a refused password */
};

struct sync_watcher {
    void (*progress)(void *context, const struct sync_progress *progress); /* may be NULL */
    /* Once, never from inside sync_start. The report lives during the call; sync is freed after it. */
    void (*done)(void *context, struct sync *sync, struct report *report);
    void *context;
};

struct sync *sync_start(const struct account_context *account, const struct sync_request *request,
                        const struct sync_watcher *watcher);
/* Lets writes that are under way finish, starts nothing new, then reports ERROR_CANCELLED. */
void sync_stop(struct sync *sync);
/* Ends it at once, without a report. */
void sync_free(struct sync *sync);

/* For the done callback: what the sync saw. NULL where it did not get that far. */
struct account;
struct difference;
struct documents;
struct pump_log;
struct held;
struct json;
const struct account *sync_account(const struct sync *sync);
/* Those of the pump in use (account_profile_pump); NULL when there is none, or it has none. */
const struct json *sync_pump_settings(const struct sync *sync);
const struct documents *sync_documents(const struct sync *sync);
const struct pump_log *sync_pump_log(const struct sync *sync);
/* Its log holds all that there is of the time between two instants. */
bool sync_has_read(const struct sync *sync, int64_t from, int64_t until);
const struct held *sync_held(const struct sync *sync);
const struct difference *sync_difference(const struct sync *sync);
/* What a check found of each side: its error, or NULL. False: Nightscout was not asked. */
struct sync_check {
    const struct error *tandem, *nightscout;
    bool limited;            /* Nightscout knows the secret or token, but may not let it write everything */
    unsigned added_features; /* whose past is not carried over by itself (coverage_features_added) */
    int64_t first_day, last_day; /* of that past, since 1970 */
};
bool sync_check_results(const struct sync *sync, struct sync_check *out);
const struct json *sync_nightscout_status(const struct sync *sync); /* check_only, wants_status */

#endif
