/* The writes go out in rounds: what came of one decides whether all is done, there is
   another, or the run fails. */
#include "sync_internal.h"

#include <inttypes.h>

#include <event2/util.h>

#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/nightscout/nightscout.h"

#define SIDE_BY_SIDE        4
#define TROUBLE_ROUNDS      5  /* with waits of 1, 2, 4, 8 and 16 s */
#define LONGEST_RETRY_AFTER 60 /* seconds */
#define FRUITLESS_ROUNDS    10 /* enough to halve a full batch down to one document */
#define STALE_ROUNDS        3
#define MOVE_ROUNDS         3

void sync_enter_write(struct sync *sync)
{
    struct sync_writing *writing = &sync->writing;
    /* Over a day, the oldest first: a run that dies leaves no hole behind its newest document. */
    const bool in_order = sync->range.to - sync->range.from > SECONDS_PER_DAY;
    sync_write_profile(sync);
    writing->found = ROUND_CLEAR;
    writing->before += writing->stored;
    writing->stored = writing->deleted = 0;
    for (enum lane_kind kind = 0; kind < LANE_COUNT; kind++)
        writing->lanes[kind] = (struct lane){
            .sync = sync, .kind = kind, .limit = in_order && kind <= LANE_DEVICE_STATUS ? 1 : SIDE_BY_SIDE};
    if (sync->request.pretend) {
        sync_list_pretended(sync);
        return;
    }
    for (enum lane_kind kind = 0; kind < LANE_COUNT; kind++)
        sync_fill_lane(&writing->lanes[kind]);
}

static bool give_up(struct sync_writing *writing)
{
    const bool fruitless = writing->stored + writing->deleted == 0;
    writing->rounds++;
    writing->fruitless = fruitless ? writing->fruitless + 1 : 0;
    writing->in_trouble = fruitless && writing->found >= ROUND_FAILED ? writing->in_trouble + 1 : 0;
    writing->stale = fruitless && writing->found == ROUND_STALE ? writing->stale + 1 : 0;
    return writing->in_trouble > TROUBLE_ROUNDS || writing->fruitless > FRUITLESS_ROUNDS ||
           writing->stale > STALE_ROUNDS;
}

/* Once the server's failures are known not to pass: what is left over are documents that it fails on one by
   one, while it has stored the others. */
static bool leave_out_suspects(struct sync *sync)
{
    const struct difference *difference = &sync->difference;
    struct sync_writing *writing = &sync->writing;
    if (writing->found != ROUND_FAILED || writing->before == 0 ||
        difference->create_count > REFUSED_MAXIMUM || difference->amend_count > 0)
        return false;
    for (size_t i = 0; i < difference->create_count; i++)
        if (!sync->documents.items[difference->creates[i]].failed_alone)
            return false;
    for (size_t i = 0; i < difference->create_count; i++)
        sync_leave_out(sync, &sync->documents.items[difference->creates[i]], &writing->error);
    return true;
}

/* Nothing is in doubt, but something may have been left out. */
static void finish(struct sync *sync)
{
    struct error error;
    if (sync->report.refused > 0) {
        error_set(&error, ERROR_SERVICE,
                  "Nightscout refuses %" PRIu64
                  " of the pump's documents, which were left out; everything else is "
                  "stored. The log names each of them. The next sync tries them again.",
                  sync->report.refused);
        sync->settling.failure = error;
    } else {
        /* Never a skipped run: Nightscout was there, and took the rest. */
        sync->settling.failure = sync->profile.error;
    }
}

/* Reading takes so long here that no copy is ever fresh. A twin that stays is the next run's. */
static void end_stale(struct sync *sync)
{
    if (sync->difference.amend_count == 0) {
        finish(sync);
        return;
    }
    sync_fail(sync, SYNC_FAILED_AT_NIGHTSCOUT,
              &(struct error){.kind = ERROR_UNREACHABLE,
                              .text =
                                  "Nightscout takes so long to be read that nothing there can be completed: "
                                  "a person may have changed it meanwhile. Nothing is lost; the next sync "
                                  "writes what is missing."});
}

/* A server that fails on every write is most often one without space. */
static void fail(struct sync *sync)
{
    const struct sync_writing *writing = &sync->writing;
    struct error error = writing->error;
    const bool nothing = writing->before + writing->stored == 0 &&
                         sync->report.kinds[DOCUMENT_PROFILE].created + sync->report.deleted == 0;
    if (nothing && error.status >= 500 && error.kind != ERROR_UNREACHABLE)
        error_set(&error, ERROR_SERVICE,
                  "Nightscout's database may be full: it answers every write with an error (%d), and nothing "
                  "was stored. Free some space with Nightscout's admin tools, or take a larger database. "
                  "Nothing is lost; the next sync writes what is missing.",
                  writing->error.status);
    /* It answers, and what it has stored is worth remembering there. */
    if (writing->before + writing->stored > 0 && writing->found != ROUND_UNANSWERED)
        sync->settling.failure = error;
    else
        sync_fail_at_nightscout(sync, &error);
}

/* Readings were written anew: they are seen in Nightscout before the old ones go. A server that does not show
   them keeps the old ones until the next run. */
static bool has_moved(struct sync *sync)
{
    return sync->difference.move_count > 0 && !sync->request.pretend &&
           sync->writing.move_rounds++ < MOVE_ROUNDS;
}

void sync_leave_write(struct sync *sync)
{
    struct sync_writing *writing = &sync->writing;
    if (writing->found == ROUND_CLEAR && has_moved(sync))
        sync->next = STEP_READ_BACK;
    else if (writing->found == ROUND_CLEAR)
        finish(sync);
    else if (writing->found == ROUND_CLOSED)
        fail(sync);
    else if (!give_up(writing))
        sync->next = STEP_WAIT;
    else if (writing->found == ROUND_STALE)
        end_stale(sync);
    else if (leave_out_suspects(sync))
        finish(sync);
    else
        fail(sync);
}

static int64_t random_below(int64_t limit)
{
    uint32_t number;
    evutil_secure_rng_get_bytes(&number, sizeof number);
    return limit > 0 ? number % limit : 0;
}

static bool is_in_trouble(const struct sync_writing *writing)
{
    bool failing = false;
    for (enum lane_kind kind = 0; kind < LANE_COUNT; kind++)
        failing |= writing->lanes[kind].failing;
    return writing->found == ROUND_UNANSWERED || (writing->found == ROUND_FAILED && failing);
}

/* Gives a Nightscout in trouble some time: 1, 2, 4, ... seconds and up to half as much again, or as long as
   it asks for. It needs none where it stores other documents of the kind. */
void sync_enter_wait(struct sync *sync)
{
    const struct sync_writing *writing = &sync->writing;
    int64_t asked = nightscout_retry_after(sync->nightscout), milliseconds = 0;
    if (is_in_trouble(writing)) {
        milliseconds = writing->in_trouble > 0 ? 500 << writing->in_trouble : 1000;
        if (asked > LONGEST_RETRY_AFTER)
            asked = LONGEST_RETRY_AFTER;
        if (milliseconds < asked * 1000)
            milliseconds = asked * 1000;
    }
    sync_take_turn(sync, milliseconds + random_below(milliseconds / 2));
}
