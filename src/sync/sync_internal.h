/* sync_internal.h - one running sync, shared by its files: sync.c moves it, sync_sign_in.c comes up to the
   account, sync_read.c reads, sync_compare.c finds what there is to write, sync_write.c and sync_profile.c
   write it. */
#ifndef TCONNECTSYNC_SYNC_INTERNAL_H
#define TCONNECTSYNC_SYNC_INTERNAL_H

#include <sys/queue.h>

#include "tconnectsync/base/error.h"
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
    STEP_SETTLE,
    STEP_DONE,
    STEP_COUNT,
};

/* What is written side by side; each kind of write goes through a lane of its own. */
enum lane_kind { LANE_TREATMENTS, LANE_ENTRIES, LANE_DEVICE_STATUS, LANE_AMEND, LANE_DELETE, LANE_COUNT };

struct lane {
    struct sync *sync;
    enum lane_kind kind;
    size_t next;   /* place in the difference's list */
    bool suspects; /* only those are left on which the server failed when they stood alone */
    unsigned in_flight, limit;
    bool stopped;
    size_t stored; /* documents, in this round */
    bool failing;  /* the server failed on a write before it stored any of the lane's */
};

/* What the run comes to. All after SYNC_STOPPING are ends, and the first end stays. */
enum sync_outcome {
    SYNC_RUNNING,
    SYNC_STOPPING, /* what is being written comes to its end; nothing more is sent */
    SYNC_OK,
    SYNC_STOPPED,
    SYNC_NIGHTSCOUT_SKIPPED, /* it was not there, and the settings say that this is no failure */
    SYNC_FAILED_AT_NIGHTSCOUT,
    SYNC_FAILED_AT_TANDEM,
    SYNC_FAILED_HERE, /* this machine's clock, or settings that do not fit the account */
};

/* Once in a run, a token that Tandem refuses is replaced by signing in. */
enum token_state { TOKEN_GOOD, TOKEN_REFUSED, TOKEN_REPLACED };

/* The steps up to the account. They are gone through again when the token was refused; what Nightscout told
   the first time is kept. */
struct sync_sign_in {
    enum token_state token;
    bool wanted; /* no token at the greeting: decided once for all steps, lest it runs out between two of them
                  */
    bool nightscout_verified;
    bool nightscout_asked;                       /* for its newest documents, profile and status */
    struct json *status;                         /* of the site, where somebody wants it */
    struct error tandem_error, nightscout_error; /* of a check, which tries the other side all the same */
    bool checked;                                /* both sides of it */
};

/* What this run carries over: of which pumps, from when to when. Set once, when the account is known. */
struct sync_range {
    int64_t
        newest[COLLECTION_COUNT]; /* document of ours in Nightscout, seconds; NO_TIME when there is none */
    int64_t from, to;             /* seconds, both inclusive: what starts in there is created */
    int64_t read_from;            /* the log is read from there on */
    bool *chosen;                 /* per pump; NULL until the range is set */
};

/* Days, as the pump's clock showed them, that one pump's log was asked for. */
struct read_days {
    int64_t *items;
    size_t count, capacity;
};

/* The answers that are being read, into the log and into what Nightscout holds. */
struct sync_reading {
    struct pump_log_reader **log_readers;
    struct held_reader **held_readers;
    size_t log_reader_count, held_reader_count;
    struct read_days *days;  /* of the log that were asked for, by pump */
    unsigned further_rounds; /* for days that a pump's clock turned out to have shown */
};

/* The pump's settings on their way into Nightscout's profile, which is written once,
   beside the reads if it can be. */
struct sync_profile {
    struct json *newest; /* of all in Nightscout, a list of one */
    struct json *stored; /* a list of them, asked for when the newest is not ours */
    bool tried;
    struct error error; /* of the attempt; the documents are written nevertheless */
};

/* What Nightscout keeps of what is settled, on its way in and out again. */
struct sync_settling {
    struct json *activities;
    bool asked, learned;
    int64_t asked_at; /* monotonic milliseconds */
    bool read_again;  /* right before the write, because a long run's copy is an old one */
    bool compared;    /* documents and what is held: there is something to settle */
    bool settled;
    struct error failure; /* of the writes, to end with */
};

/* What a round of writes has found, the better first. */
enum round_found {
    ROUND_CLEAR,
    ROUND_STALE,      /* what would be replaced was read too long ago: read it anew */
    ROUND_REFUSED,    /* a batch was refused, which may be stored in part: read back */
    ROUND_FAILED,     /* the server failed on a write: read back, later unless it stores others meanwhile */
    ROUND_UNANSWERED, /* a write may or may not have been stored: wait, and read back */
    ROUND_CLOSED,     /* no further write of some kind would be taken */
};

/* The writes, in rounds: what is in doubt after one is read back, compared and written again in the next. */
#define REFUSED_MAXIMUM 20 /* documents that one run leaves out before it fails */

struct sync_writing {
    struct lane lanes[LANE_COUNT];
    LIST_HEAD(, write) under_way;
    enum round_found found;
    struct error error;    /* unless the round is clear */
    size_t stored, before; /* documents, in this round and in those before it */
    size_t deleted;        /* in this round */
    unsigned rounds;
    unsigned move_rounds;                  /* that wrote readings anew */
    unsigned fruitless, in_trouble, stale; /* rounds of late: that changed nothing, and why */
    size_t pretended;                      /* of the writes that are listed instead */
};

/* A step issues requests when it is entered, works without any where it has work, and is left when all of
 * that is done. */
struct sync_step_row {
    const char *name;
    void (*enter)(struct sync *sync); /* may issue nothing: the next step follows at once */
    void (*work)(struct sync *sync);  /* in a turn of the loop of its own: at once where nothing enters, else
                                         when the step takes one */
    void (*leave)(struct sync *sync); /* may fail, or set sync->next */
    enum sync_step next;
};

/* One run of one account: what every step needs, what flows from step to step, and each step's own. */
struct sync {
    struct account_context account;
    struct sync_request request;
    struct sync_watcher watcher;
    struct report report;
    struct nightscout *nightscout;
    int64_t now;               /* when it started: the run's now in ranges and documents, not in tokens */
    int64_t started_monotonic; /* microseconds */
    struct http_client_statistics statistics_before;

    const struct sync_step_row *steps;   /* the table */
    void (*conclude)(struct sync *sync); /* its end: reports, and frees it */
    enum sync_step step;                 /* written by sync_move alone */
    enum sync_step next;                 /* where leave wants to go, when not to the table's next */
    enum sync_outcome outcome;
    const char *failed_at; /* the step's name */
    unsigned pending;      /* requests, or turns of the loop, that the step waits for */
    uint64_t sent;         /* requests of this step */
    struct event *turn, *deadline;

    struct account *pumper;
    struct sync_range range;
    struct pump_log log;
    struct held held;
    struct documents documents;
    struct difference difference;
    struct builder *builder; /* while it goes on */
    struct difference_rules comparison_rules;
    struct comparison *comparison; /* while it goes on */

    struct sync_sign_in sign_in;
    struct sync_reading reading;
    struct sync_profile profile;
    struct sync_writing writing;
    struct sync_settling settling;
};

/* ---- sync_flow.c ---- */
/* For requests: the step waits until each has answered. Callbacks that fit tandem_done
   and nightscout_done. */
void sync_expect(struct sync *sync);
void sync_on_tandem(void *sync, const struct error *error);
void sync_on_nightscout(void *sync, const struct error *error);
/* The step waits for a turn of the loop of its own, after so many milliseconds. */
void sync_take_turn(struct sync *sync, int64_t milliseconds);
/* One expected answer has come; moves on when it was the last. */
void sync_answered(struct sync *sync);
/* The first turn. */
void sync_begin(struct sync *sync);
/* A token that has run out is forgotten, and the table begins anew; what was learned already is kept. */
void sync_sign_in_again(struct sync *sync);
/* For the report and the log. */
/* What the lower rooms say, with the settings in it named as this person has them: TCONNECT_REGION_2. */
struct error sync_named(const struct sync *sync, const struct error *error);
void sync_warn(struct sync *sync, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Ends the run, unless it has ended: the first error wins. Everything under way is cancelled. */
void sync_fail(struct sync *sync, enum sync_outcome outcome, const struct error *error);
/* The same; an unreachable Nightscout may be skipped by the settings. */
void sync_fail_at_nightscout(struct sync *sync, const struct error *error);

/* ---- sync_sign_in.c: the steps of these names ---- */
void sync_enter_greet(struct sync *sync);
void sync_leave_greet(struct sync *sync);
void sync_enter_sign_in(struct sync *sync);
void sync_enter_authorize(struct sync *sync);
void sync_enter_token(struct sync *sync);
void sync_leave_token(struct sync *sync);
void sync_enter_account(struct sync *sync);
void sync_leave_account(struct sync *sync);

/* ---- sync_read.c ---- */
/* Asks for the newest document of ours up to then, for the range. */
void sync_fetch_newest(struct sync *sync, enum collection collection, int64_t until);
/* ---- sync_range.c ---- */
/* By the settings: what is not settled of all that they name. */
bool sync_is_automatic(const struct sync *sync);
bool sync_wants_treatments(const struct sync *sync);
bool sync_choose_range(struct sync *sync, struct error *error);
struct memory_of_pump;
/* An automatic run looks also into the holes that one before it has looked into: the first, and one a day. */
bool sync_looks_into_gaps(const struct sync *sync, const struct memory_of_pump *known);
/* The log is read up to then. */
int64_t sync_read_until(const struct sync *sync);
/* A timer's run behind one that left nothing to do: it asks for the account first, and
   ends where that tells nothing new. */
bool sync_may_be_idle(const struct sync *sync);
bool sync_has_nothing_new(const struct sync *sync);

/* ---- sync_days.c ---- */
struct assignment;
struct pump;
/* The one that the newest upload was of. */
const struct assignment *sync_newest_assignment(const struct pump *pump);
/* The pump's clock was found in this run. */
bool sync_has_clock(const struct sync *sync, unsigned pump);
bool sync_has_unread_days(const struct sync *sync, unsigned pump);
/* The log was asked for that day, as the pump's clock shows it. */
bool sync_has_read_day(const struct sync *sync, unsigned pump, int64_t day);
/* Calls ask for each window of days that the pump's clock shows in the range, or is likely to, and that was
   not asked for yet. */
void sync_ask_for_days(struct sync *sync, unsigned pump,
                       void (*ask)(struct sync *sync, unsigned pump, int64_t first, int64_t last));
void sync_forget_days(struct sync *sync);

/* ---- sync_clock.c ---- */
void sync_order_log(struct sync *sync);

/* ---- sync_settle.c ---- */
void sync_fetch_coverage(struct sync *sync);
/* Once it has come and the account is known. */
void sync_learn_coverage(struct sync *sync);
/* Of the pumps that are carried over: coverage_features_added. */
unsigned sync_added_features(const struct sync *sync, int64_t *first_day, int64_t *last_day);
/* For difference_rules. */
bool sync_is_settled(void *sync, const struct document *document);
/* Adds to the memory what this run has confirmed, however it ends. */
void sync_settle(struct sync *sync);
/* Whether the next timer's run may end as soon as nothing is new. */
void sync_remember_run(struct sync *sync, bool good);
void sync_enter_settle(struct sync *sync);
void sync_leave_settle(struct sync *sync);

/* ---- sync_read.c: continued ---- */
void sync_enter_read(struct sync *sync);
void sync_leave_read(struct sync *sync);
void sync_enter_read_back(struct sync *sync);
void sync_drop_readers(struct sync *sync);
/* An empty log for the features of the request. */
void sync_begin_log(struct sync *sync);

/* ---- sync_profile.c ---- */
/* Writes the profile if the pump's settings ask for it, once; needs the account and Nightscout's profiles. */
void sync_write_profile(struct sync *sync);
/* The newest of all in Nightscout, NULL when there is none. */
const struct json *sync_current_profile(const struct sync *sync);

/* ---- sync_compare.c ---- */
void sync_build_documents(struct sync *sync);
void sync_compare(struct sync *sync);
/* Lists the next of the writes that are not made, and takes a turn for the rest. */
void sync_list_pretended(struct sync *sync);
/* Counts what became of every document, and remembers what was created. */
void sync_count_documents(struct sync *sync);

/* ---- sync_write.c ---- */
void sync_enter_write(struct sync *sync);
/* What comes after the writes: done, or reading back what is in doubt. */
void sync_leave_write(struct sync *sync);
void sync_enter_wait(struct sync *sync);
/* Forgets the writes under way, whose requests are cancelled. */
void sync_drop_writes(struct sync *sync);
/* Sends as much as the lane may have under way. */
void sync_fill_lane(struct lane *lane);
/* For this run: Nightscout refuses this one, or fails on it alone. */
void sync_leave_out(struct sync *sync, struct document *document, const struct error *error);

#endif
