/* sync_internal.h - one running sync, shared by its files: sync.c moves it, sync_sign_in.c comes up to the
   account, sync_read.c reads, sync_write.c and sync_profile.c write. */
#ifndef TCONNECTSYNC_SYNC_INTERNAL_H
#define TCONNECTSYNC_SYNC_INTERNAL_H

#include "tconnectsync/documents/difference.h"
#include "tconnectsync/documents/held.h"
#include "tconnectsync/http/http_client.h"
#include "tconnectsync/pump/pump_log.h"
#include "tconnectsync/sync/sync.h"

struct nightscout;

enum sync_step {
    STEP_START,
    STEP_GREET,
    STEP_SIGN_IN,
    STEP_AUTHORIZE,
    STEP_TOKEN,
    STEP_ACCOUNT,
    STEP_READ,
    STEP_ORDER,
    STEP_BUILD,
    STEP_COMPARE,
    STEP_WRITE,
    STEP_WAIT,
    STEP_READ_BACK,
    STEP_DONE,
    STEP_COUNT,
};

/* What is written side by side; each kind of write goes through a lane of its own. */
enum lane_kind { LANE_TREATMENTS, LANE_ENTRIES, LANE_DEVICE_STATUS, LANE_AMEND, LANE_DELETE, LANE_COUNT };

struct lane {
    struct sync *sync;
    enum lane_kind kind;
    size_t next; /* place in the difference's list */
    unsigned in_flight, limit;
    bool stopped;
};

struct sync {
    struct account_context account;
    struct sync_request request;
    struct sync_watcher watcher;
    struct report report;
    int64_t now;               /* when it started */
    int64_t started_monotonic; /* microseconds */
    struct http_client_statistics statistics_before;

    enum sync_step step; /* written by sync_move alone */
    enum sync_step next; /* where leave wants to go, when not to the table's next */
    unsigned pending;    /* requests, or turns of the loop, that the step waits for */
    uint64_t sent;       /* requests of this step */
    bool failed;         /* report.error holds the first error */
    bool failed_in_nightscout;
    bool stopping;
    struct event *turn;

    struct nightscout *nightscout;
    bool nightscout_verified, nightscout_asked; /* asked: for its newest documents, profile and status */
    bool token_refused, signed_in_again;
    struct account *pumper;
    bool *chosen;                     /* per pump */
    int64_t newest[COLLECTION_COUNT]; /* of ours in Nightscout, seconds */
    int64_t from, to;
    bool oldest_first; /* over a day: a run that dies leaves no hole behind its newest document */

    struct pump_log_reader **log_readers;
    struct held_reader **held_readers;
    size_t log_reader_count, held_reader_count;
    struct pump_log log;
    struct held held;
    struct documents documents;
    struct difference difference;
    struct json *current_profile, *profiles, *status;

    struct lane lanes[LANE_COUNT];
    bool uncertain;   /* some write may or may not have been stored */
    bool unreachable; /* ... because there was no answer */
    bool progressed;  /* this round stored something */
    bool profile_tried;
    size_t pretended; /* of the writes that are listed instead */
    unsigned rounds, unreachable_rounds, rounds_without_progress;
    struct error fatal; /* no write will be taken: why */
    struct error profile_error;
};

/* ---- sync.c ---- */
/* For requests: the step waits until each has answered. Callbacks that fit tandem_done and nightscout_done.
 */
void sync_expect(struct sync *sync);
void sync_on_tandem(void *sync, const struct error *error);
void sync_on_nightscout(void *sync, const struct error *error);
/* The step waits for a turn of the loop of its own, after so many milliseconds. */
void sync_take_turn(struct sync *sync, int64_t milliseconds);
/* One expected answer has come; moves on when it was the last. */
void sync_answered(struct sync *sync);
/* For the report and the log. */
void sync_warn(struct sync *sync, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The first error wins; everything under way is cancelled. */
void sync_fail(struct sync *sync, const struct error *error);

/* ---- sync_sign_in.c: the steps of these names ---- */
void sync_enter_greet(struct sync *sync);
void sync_leave_greet(struct sync *sync);
void sync_enter_sign_in(struct sync *sync);
void sync_enter_authorize(struct sync *sync);
void sync_enter_token(struct sync *sync);
void sync_leave_token(struct sync *sync);
void sync_enter_account(struct sync *sync);
void sync_leave_account(struct sync *sync);
/* A token that has run out is forgotten, and the table begins anew; what was learned already is kept. */
void sync_sign_in_again(struct sync *sync);

/* ---- sync_read.c ---- */
bool sync_wants_treatments(const struct sync *sync);
/* Asks for the newest document of ours up to then: sync->newest. */
void sync_fetch_newest(struct sync *sync, enum collection collection, int64_t until);
/* No later document of ours can be older than this run's newest. */
bool sync_reaches_now(const struct sync *sync);
bool sync_choose_range(struct sync *sync, struct error *error);
void sync_enter_read(struct sync *sync);
void sync_enter_read_back(struct sync *sync);
void sync_drop_readers(struct sync *sync);

/* ---- sync_profile.c ---- */
/* Writes the profile if the pump's settings ask for it, once; needs the account and Nightscout's profiles. */
void sync_write_profile(struct sync *sync);

/* ---- sync_write.c ---- */
void sync_compare(struct sync *sync);
void sync_enter_write(struct sync *sync);
/* Lists the next of the writes that are not made, and takes a turn for the rest. */
void sync_list_pretended(struct sync *sync);
/* What comes after the writes: done, or reading back what is in doubt. */
void sync_leave_write(struct sync *sync);
/* Counts what became of every document, and remembers what was created. */
void sync_count_documents(struct sync *sync);

#endif
