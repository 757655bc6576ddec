/* Decides which documents are created, amended, deleted or left alone. */
#include "tconnectsync/documents/difference.h"

#include <stdlib.h>
#include <string.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/compare.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/pump/feature.h"
#include "tconnectsync/pump/pump_log.h"

#include "held_index.h"
#include "identity.h"
#include "moves.h"
#include "twins.h"

#define OTHER_DEVICE_REACH (150 * INT64_C(1000))
#define FRESH              (SECONDS_PER_DAY * INT64_C(1000))
#define MILLISECONDS       1000

struct comparison {
    struct documents *documents;
    struct pump_log *log;
    struct held *held;
    const struct difference_rules *rules;
    struct held_index index;
    struct identity identity;
    struct moves moves;
    struct difference *out;
    unsigned stage; /* of the table at the end of this file */
    uint32_t next;  /* document, in stages that go through all of them */
};

/* The stored document of that kind at that place in the list of times, or NULL. */
static const struct held_document *held_at(const struct comparison *comparison, enum document_kind kind,
                                           size_t place)
{
    const struct held_places *by_time = &comparison->index.by_time;
    return place < by_time->count && by_time->items[place].key == kind
               ? &comparison->held->items[by_time->items[place].item]
               : NULL;
}

/* ---- fates ---- */

enum reading_neighbour { NO_NEIGHBOUR, OURS_AT_THIS_SECOND, ANOTHER_DEVICE };

static enum reading_neighbour find_neighbour(const struct comparison *comparison,
                                             const struct document *document)
{
    int64_t time = document->time * MILLISECONDS;
    enum reading_neighbour found = NO_NEIGHBOUR;
    const struct held_document *item;
    for (size_t place =
             held_places_find(&comparison->index.by_time, DOCUMENT_READING, time - OTHER_DEVICE_REACH);
         (item = held_at(comparison, DOCUMENT_READING, place)) && item->time <= time + OTHER_DEVICE_REACH;
         place++) {
        if (!item->ours)
            return ANOTHER_DEVICE;
        if (!item->stale && item->time >= time && item->time < time + MILLISECONDS)
            found = OURS_AT_THIS_SECOND;
    }
    return found;
}

/* As another version has stored it, or as less of the log told it. */
static bool is_stored_otherwise(const struct comparison *comparison, const struct document *document)
{
    bool is_meal = comparison->log->events[document->event].kind == EVENT_BOLUS_REQUEST_1;
    return (is_meal && document->meal_elsewhere) ||
           identity_stands_otherwise(&comparison->identity, document);
}

static bool would_silence_alarms(const struct comparison *comparison, const struct document *document)
{
    const struct difference_rules *rules = comparison->rules;
    return document_is_treatment(document->kind) && rules->alarm_safe_minutes > 0 &&
           moves_new_time(document, comparison->log) >
               rules->now - (int64_t)rules->alarm_safe_minutes * SECONDS_PER_MINUTE;
}

/* Its parts go out together: until then a late record may still cut them otherwise. */
static const struct document *last_part_of(const struct document *document)
{
    return document + (document->parts - document->part);
}

static enum document_fate fate_of_missing(struct comparison *comparison, struct document *document)
{
    const struct difference_rules *rules = comparison->rules;
    if (document->time < rules->from || document->time > rules->to)
        return FATE_OUTSIDE;
    if (document->refused)
        return FATE_LEFT_OUT;
    if (document->kind == DOCUMENT_DEVICE_STATUS && document->time <= rules->newest_device_status)
        return FATE_UNCHANGED;
    if (document->kind == DOCUMENT_READING) {
        enum reading_neighbour neighbour = find_neighbour(comparison, document);
        if (neighbour == OURS_AT_THIS_SECOND)
            return FATE_UNCHANGED; /* the same reading, logged a second time */
        if (neighbour == ANOTHER_DEVICE) {
            comparison->log->skipped[SKIP_OTHER_DEVICE]++;
            return FATE_LEFT_OUT;
        }
    }
    if (identity_lasts_no_time(&comparison->identity, document) ||
        is_stored_otherwise(comparison, document) ||
        (rules->settled && rules->settled(rules->settled_context, document)))
        return FATE_UNCHANGED;
    return would_silence_alarms(comparison, last_part_of(document)) ? FATE_WITHHELD : FATE_CREATE;
}

/* Beyond what was read of Nightscout nobody can tell what stands there. */
static enum document_fate fate_of_moved_reading(const struct comparison *comparison,
                                                const struct document *document)
{
    const struct difference_rules *rules = comparison->rules;
    bool in_sight =
        document->time >= rules->from - HELD_PADDING && document->time - HELD_PADDING <= rules->to;
    return in_sight && !document->refused && find_neighbour(comparison, document) == NO_NEIGHBOUR
               ? FATE_MOVE
               : FATE_UNCHANGED;
}

static enum document_fate fate_of_held(struct comparison *comparison, const struct document *document)
{
    struct buffer amended;
    if (identity_is_split(&comparison->identity, document))
        return FATE_UNCHANGED;
    if (document->moves && document->kind == DOCUMENT_READING)
        return fate_of_moved_reading(comparison, document);
    if (document->moves && would_silence_alarms(comparison, document))
        return FATE_WITHHELD;
    buffer_init(&amended, 128u << 10);
    bool amend = amendment_write(document, comparison->log, comparison->held, &amended);
    buffer_free(&amended);
    return amend && !document->refused ? FATE_AMEND : FATE_UNCHANGED;
}

static void decide(struct comparison *comparison, struct document *document)
{
    enum document_fate before = document->fate;
    document->meal_elsewhere = identity_has_meal_elsewhere(&comparison->identity, document);
    if (document->held == NO_EVENT) {
        document->fate = (uint8_t)fate_of_missing(comparison, document);
        document->attempted |= document->created; /* it was said to be stored, and is not there */
        return;
    }
    document->fate = (uint8_t)fate_of_held(comparison, document);
    if (document->attempted && document->fate == FATE_UNCHANGED) {
        /* the answer was lost, not the document */
        document->created |= before == FATE_CREATE;
        document->amended |= !document->refused && (before == FATE_AMEND || before == FATE_MOVE);
    }
}

/* ---- the plan ---- */

static int compare_documents(const void *left, const void *right, void *context)
{
    const struct comparison *comparison = context;
    const struct document *items = comparison->documents->items;
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    int order = compare_numbers(moves_new_time(&items[a], comparison->log),
                                moves_new_time(&items[b], comparison->log));
    if (!order)
        order = compare_numbers(items[a].kind, items[b].kind);
    return order ? order : compare_numbers(a, b);
}

/* Nightscout keeps one document per type and moment: a millisecond of its own for each further one in a
   second. Returns false when the second is full. */
static bool find_free_millisecond(struct comparison *comparison, struct document *document, unsigned least)
{
    int64_t time = moves_new_time(document, comparison->log) * MILLISECONDS;
    for (unsigned millisecond = least; millisecond < MILLISECONDS; millisecond++) {
        const struct held_document *item =
            held_at(comparison, document->kind,
                    held_places_find(&comparison->index.by_time, document->kind, time + millisecond));
        if (!item || item->time != time + millisecond) {
            document->millisecond = (uint16_t)millisecond;
            return true;
        }
    }
    return false;
}

static bool same_second(const struct comparison *comparison, const struct document *before,
                        const struct document *document)
{
    return before && before->kind == document->kind &&
           moves_new_time(before, comparison->log) == moves_new_time(document, comparison->log);
}

/* A time of its own for all that is new at its time; what gets none is left. */
static void place_all(struct comparison *comparison, uint32_t *placed, size_t count)
{
    struct document *items = comparison->documents->items, *before = NULL;
    qsort_r(placed, count, sizeof *placed, compare_documents, comparison);
    for (size_t i = 0; i < count; i++) {
        struct document *document = &items[placed[i]];
        bool same = same_second(comparison, before, document);
        if (same && document->kind == DOCUMENT_READING) {
            document->fate = FATE_UNCHANGED; /* the same reading, logged a second time */
            continue;
        }
        if (document->kind != DOCUMENT_DEVICE_STATUS &&
            !find_free_millisecond(comparison, document, same ? before->millisecond + 1u : 0)) {
            document->fate = FATE_LEFT_OUT;
            pump_log_skip(comparison->log, SKIP_TIME, comparison->log->events[document->event].code,
                          comparison->log->events[document->event].sequence);
            continue;
        }
        before = document;
    }
}

static bool is_written_anew(const struct document *document)
{
    return document->fate == FATE_CREATE || document->fate == FATE_MOVE;
}

static void gather(struct comparison *comparison)
{
    struct difference *out = comparison->out;
    const struct document *items = comparison->documents->items;
    const size_t all = comparison->documents->count;
    uint32_t *placed = xcalloc(all, sizeof *placed);
    size_t count = 0;
    out->creates = xcalloc(all, sizeof *out->creates);
    out->amends = xcalloc(all, sizeof *out->amends);
    for (uint32_t i = 0; i < all; i++) {
        out->move_count += items[i].fate == FATE_MOVE;
        if (is_written_anew(&items[i]) || (items[i].fate == FATE_AMEND && items[i].moves))
            placed[count++] = i;
    }
    place_all(comparison, placed, count);
    for (size_t i = 0; i < count; i++)
        if (is_written_anew(&items[placed[i]]))
            out->creates[out->create_count++] = placed[i];
    for (uint32_t i = 0; i < all; i++)
        if (items[i].fate == FATE_AMEND)
            out->amends[out->amend_count++] = i;
    free(placed);
}

/* Temp basals of the last day that carry our name but come from no event that was read. */
static void count_strangers(struct comparison *comparison)
{
    const struct difference_rules *rules = comparison->rules;
    if (!(comparison->log->features & FEATURE_BASAL))
        return;
    for (size_t i = 0; i < comparison->held->count; i++) {
        const struct held_document *item = &comparison->held->items[i];
        if (item->kind != DOCUMENT_TEMP_BASAL || !item->ours || item->claimed ||
            item->time < rules->now * MILLISECONDS - FRESH || item->time < rules->from * MILLISECONDS)
            continue;
        if (item->numbers[0] == NO_EVENT_ID)
            comparison->out->nameless++;
        else
            comparison->out->strangers++;
    }
}

/* ---- in turns ---- */

/* Documents in one turn: a month has 17,000, and a turn should end within milliseconds. */
#define DOCUMENTS_IN_A_TURN 1024

static void index_numbers(struct comparison *comparison)
{
    held_index_numbers(&comparison->index, comparison->held);
}

static void index_times(struct comparison *comparison)
{
    held_index_times(&comparison->index, comparison->held);
}

static void list(struct comparison *comparison, uint32_t document)
{
    identity_list(&comparison->identity, document);
}

static void claim(struct comparison *comparison)
{
    identity_claim(&comparison->identity);
}

static void find_twins(struct comparison *comparison)
{
    comparison->out->twin_count =
        twins_find(comparison->documents, comparison->log, comparison->held, &comparison->out->twins);
}

static void find_move(struct comparison *comparison, uint32_t document)
{
    moves_find(&comparison->moves, document);
}

static void find_moves_together(struct comparison *comparison)
{
    moves_find_together(&comparison->moves);
}

static void mark_moves(struct comparison *comparison, uint32_t document)
{
    moves_mark(&comparison->moves, document);
}

static void add_left(struct comparison *comparison, uint32_t document)
{
    struct difference *out = comparison->out;
    out->twin_count = moves_add_left(&comparison->moves, document, &out->twins, out->twin_count);
}

static void decide_one(struct comparison *comparison, uint32_t document)
{
    decide(comparison, &comparison->documents->items[document]);
}

static const struct stage {
    void (*whole)(struct comparison *comparison);
    void (*each)(struct comparison *comparison, uint32_t document);
} stages[] = {
    {index_numbers, NULL},
    {index_times, NULL},
    {NULL, list},
    {claim, NULL},
    {find_twins, NULL},
    {NULL, find_move},
    {find_moves_together, NULL},
    {NULL, mark_moves},
    {NULL, add_left},
    {NULL, decide_one},
    {gather, NULL},
    {count_strangers, NULL},
};

struct comparison *comparison_begin(struct documents *documents, struct pump_log *log, struct held *held,
                                    const struct difference_rules *rules, struct difference *out)
{
    struct comparison *comparison = xcalloc(1, sizeof *comparison);
    *comparison = (struct comparison){documents, log, held, rules, .out = out};
    comparison->identity = (struct identity){
        .documents = documents, .log = log, .held = held, .index = &comparison->index, .rules = rules};
    comparison->moves = (struct moves){documents, log, held, &comparison->index, rules->zone};
    *out = (struct difference){0};
    log->skipped[SKIP_OTHER_DEVICE] = 0;
    return comparison;
}

bool comparison_go_on(struct comparison *comparison)
{
    const struct stage *stage = &stages[comparison->stage];
    const size_t count = comparison->documents->count;
    if (stage->whole)
        stage->whole(comparison);
    for (size_t i = 0; stage->each && comparison->next < count; i++) {
        if (i == DOCUMENTS_IN_A_TURN)
            return true;
        stage->each(comparison, comparison->next++);
    }
    comparison->next = 0;
    return ++comparison->stage < sizeof stages / sizeof *stages;
}

void comparison_free(struct comparison *comparison)
{
    if (!comparison)
        return;
    held_index_free(&comparison->index);
    identity_free(&comparison->identity);
    free(comparison);
}

void difference_find(struct documents *documents, struct pump_log *log, struct held *held,
                     const struct difference_rules *rules, struct difference *out)
{
    struct comparison *comparison = comparison_begin(documents, log, held, rules, out);
    while (comparison_go_on(comparison))
        ;
    comparison_free(comparison);
}

void difference_free(struct difference *difference)
{
    free(difference->creates);
    free(difference->amends);
    free(difference->twins);
    *difference = (struct difference){0};
}
