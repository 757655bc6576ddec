#include "tconnectsync/documents/difference.h"

#include <stdlib.h>
#include <string.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/compare.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/pump/feature.h"
#include "tconnectsync/pump/pump_log.h"

#include "twins.h"

#define SAME_EVENT_REACH   (26 * SECONDS_PER_HOUR * INT64_C(1000))
#define OTHER_DEVICE_REACH (150 * INT64_C(1000))
#define FRESH              (SECONDS_PER_DAY * INT64_C(1000))
#define MILLISECONDS       1000

/* Stored documents by what they are looked up by. */
struct index {
    const struct held *held;
    uint32_t *by_event; /* kind, event_id, time */
    uint32_t *by_time;  /* kind, time */
};

struct comparison {
    struct documents *documents;
    struct pump_log *log;
    struct held *held;
    const struct difference_rules *rules;
    struct index index;
    struct difference *out;
};

static int compare_by_time(const void *left, const void *right, void *context)
{
    const struct held_document *items = context, *a = &items[*(const uint32_t *)left],
                               *b = &items[*(const uint32_t *)right];
    int order = compare_numbers(a->kind, b->kind);
    return order ? order : compare_numbers(a->time, b->time);
}

static int compare_by_event(const void *left, const void *right, void *context)
{
    const struct held_document *items = context, *a = &items[*(const uint32_t *)left],
                               *b = &items[*(const uint32_t *)right];
    int order = compare_numbers(a->kind, b->kind);
    if (!order)
        order = compare_numbers(a->event_id, b->event_id);
    if (!order)
        order = compare_numbers(a->time, b->time);
    return order ? order : compare_numbers(a->ours, b->ours);
}

static void build_index(struct index *index, const struct held *held)
{
    index->held = held;
    index->by_event = xcalloc(held->count, sizeof *index->by_event);
    index->by_time = xcalloc(held->count, sizeof *index->by_time);
    for (uint32_t i = 0; i < held->count; i++)
        index->by_event[i] = index->by_time[i] = i;
    qsort_r(index->by_event, held->count, sizeof *index->by_event, compare_by_event, held->items);
    qsort_r(index->by_time, held->count, sizeof *index->by_time, compare_by_time, held->items);
}

/* The first place in by_event at or behind the kind and event. */
static size_t find_event(const struct index *index, uint8_t kind, int64_t event_id)
{
    size_t low = 0, high = index->held->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct held_document *item = &index->held->items[index->by_event[middle]];
        if (item->kind < kind || (item->kind == kind && item->event_id < event_id))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The first place in by_time at or behind the kind and time. */
static size_t find_time(const struct index *index, uint8_t kind, int64_t time)
{
    size_t low = 0, high = index->held->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct held_document *item = &index->held->items[index->by_time[middle]];
        if (item->kind < kind || (item->kind == kind && item->time < time))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct held_document *held_at(const struct comparison *comparison, const uint32_t *order, size_t place)
{
    return place < comparison->held->count ? &comparison->held->items[order[place]] : NULL;
}

/* ---- which stored document is which event ---- */

static void claim(struct comparison *comparison, struct document *document, struct held_document *item)
{
    item->claimed = true;
    document->held = (uint32_t)(item - comparison->held->items);
}

/* The unclaimed one with the event's number that lies nearest, at most reach milliseconds away. */
static void claim_by_event(struct comparison *comparison, struct document *document, int64_t reach)
{
    int64_t event_id = comparison->log->events[document->event].sequence,
            time = document->time * MILLISECONDS;
    struct held_document *nearest = NULL, *item;
    for (size_t place = find_event(&comparison->index, document->kind, event_id);
         (item = held_at(comparison, comparison->index.by_event, place)) && item->kind == document->kind &&
         item->event_id == event_id;
         place++)
        if (!item->claimed && llabs(item->time - time) <= reach &&
            (!nearest || llabs(item->time - time) < llabs(nearest->time - time)))
            nearest = item;
    if (nearest)
        claim(comparison, document, nearest);
}

/* One of ours from before there were event numbers: the same type in the same second. */
static void claim_by_second(struct comparison *comparison, struct document *document)
{
    int64_t time = document->time * MILLISECONDS;
    struct held_document *item;
    for (size_t place = find_time(&comparison->index, document->kind, time);
         (item = held_at(comparison, comparison->index.by_time, place)) && item->kind == document->kind &&
         item->time < time + MILLISECONDS;
         place++)
        if (!item->claimed && item->ours && item->event_id == NO_EVENT_ID) {
            claim(comparison, document, item);
            return;
        }
}

static void claim_all(struct comparison *comparison)
{
    /* Those at their own second come first: two pumps may have used one number on one day. */
    static const int64_t reaches[] = {MILLISECONDS - 1, SAME_EVENT_REACH};
    for (size_t i = 0; i < comparison->documents->count; i++)
        comparison->documents->items[i].held = NO_EVENT;
    for (size_t pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < comparison->documents->count; i++)
            if (comparison->documents->items[i].held == NO_EVENT)
                claim_by_event(comparison, &comparison->documents->items[i], reaches[pass]);
    for (size_t i = 0; i < comparison->documents->count; i++)
        if (comparison->documents->items[i].held == NO_EVENT)
            claim_by_second(comparison, &comparison->documents->items[i]);
}

/* ---- fates ---- */

enum reading_neighbour { NO_NEIGHBOUR, OURS_AT_THIS_SECOND, ANOTHER_DEVICE };

static enum reading_neighbour find_neighbour(const struct comparison *comparison,
                                             const struct document *document)
{
    int64_t time = document->time * MILLISECONDS;
    enum reading_neighbour found = NO_NEIGHBOUR;
    struct held_document *item;
    for (size_t place = find_time(&comparison->index, DOCUMENT_READING, time - OTHER_DEVICE_REACH);
         (item = held_at(comparison, comparison->index.by_time, place)) && item->kind == DOCUMENT_READING &&
         item->time <= time + OTHER_DEVICE_REACH;
         place++) {
        if (!item->ours)
            return ANOTHER_DEVICE;
        if (item->time >= time && item->time < time + MILLISECONDS)
            found = OURS_AT_THIS_SECOND;
    }
    return found;
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
    if (rules->memory && event_memory_has(rules->memory, document, comparison->log))
        return FATE_UNCHANGED;
    if (document_is_treatment(document->kind) && rules->alarm_safe_minutes > 0 &&
        document->time > rules->now - (int64_t)rules->alarm_safe_minutes * SECONDS_PER_MINUTE)
        return FATE_WITHHELD;
    return FATE_CREATE;
}

static enum document_fate fate_of_held(struct comparison *comparison, const struct document *document)
{
    struct buffer amended;
    buffer_init(&amended, 128u << 10);
    bool amend = amendment_write(document, comparison->log, comparison->held, &amended);
    buffer_free(&amended);
    return amend && !document->refused ? FATE_AMEND : FATE_UNCHANGED;
}

static void decide(struct comparison *comparison, struct document *document)
{
    enum document_fate before = document->fate;
    if (document->held == NO_EVENT) {
        document->fate = (uint8_t)fate_of_missing(comparison, document);
        return;
    }
    document->fate = (uint8_t)fate_of_held(comparison, document);
    if (document->attempted && document->fate == FATE_UNCHANGED) {
        /* the answer was lost, not the document */
        document->created |= before == FATE_CREATE;
        document->amended |= before == FATE_AMEND;
    }
}

/* ---- the plan ---- */

static int compare_documents(const void *left, const void *right, void *context)
{
    const struct document *items = context;
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    int order = compare_numbers(items[a].time, items[b].time);
    if (!order)
        order = compare_numbers(items[a].kind, items[b].kind);
    return order ? order : compare_numbers(a, b);
}

/* Nightscout keeps one document per type and moment: a millisecond of its own for each further one in a
   second. Returns false when the second is full. */
static bool find_free_millisecond(struct comparison *comparison, struct document *document, unsigned least)
{
    int64_t time = document->time * MILLISECONDS;
    for (unsigned millisecond = least; millisecond < MILLISECONDS; millisecond++) {
        const struct held_document *item =
            held_at(comparison, comparison->index.by_time,
                    find_time(&comparison->index, document->kind, time + millisecond));
        if (!item || item->kind != document->kind || item->time != time + millisecond) {
            document->millisecond = (uint16_t)millisecond;
            return true;
        }
    }
    return false;
}

static void place_creates(struct comparison *comparison)
{
    struct difference *out = comparison->out;
    struct document *items = comparison->documents->items, *before = NULL;
    size_t kept = 0;
    qsort_r(out->creates, out->create_count, sizeof *out->creates, compare_documents, items);
    for (size_t i = 0; i < out->create_count; i++) {
        struct document *document = &items[out->creates[i]];
        bool same_second = before && before->kind == document->kind && before->time == document->time;
        if (same_second && document->kind == DOCUMENT_READING) {
            document->fate = FATE_UNCHANGED; /* the same reading, logged a second time */
            continue;
        }
        if (document->kind != DOCUMENT_DEVICE_STATUS &&
            !find_free_millisecond(comparison, document, same_second ? before->millisecond + 1u : 0)) {
            document->fate = FATE_LEFT_OUT;
            pump_log_skip(comparison->log, SKIP_TIME, comparison->log->events[document->event].code,
                          comparison->log->events[document->event].sequence);
            continue;
        }
        out->creates[kept++] = out->creates[i];
        before = document;
    }
    out->create_count = kept;
}

static void gather(struct comparison *comparison)
{
    struct difference *out = comparison->out;
    out->creates = xcalloc(comparison->documents->count, sizeof *out->creates);
    out->amends = xcalloc(comparison->documents->count, sizeof *out->amends);
    for (uint32_t i = 0; i < comparison->documents->count; i++) {
        enum document_fate fate = comparison->documents->items[i].fate;
        if (fate == FATE_CREATE)
            out->creates[out->create_count++] = i;
        else if (fate == FATE_AMEND)
            out->amends[out->amend_count++] = i;
    }
    place_creates(comparison);
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
        if (item->event_id == NO_EVENT_ID)
            comparison->out->nameless++;
        else
            comparison->out->strangers++;
    }
}

void difference_find(struct documents *documents, struct pump_log *log, struct held *held,
                     const struct difference_rules *rules, struct difference *out)
{
    struct comparison comparison = {documents, log, held, rules, {0}, out};
    *out = (struct difference){0};
    log->skipped[SKIP_OTHER_DEVICE] = 0;
    for (size_t i = 0; i < held->count; i++)
        held->items[i].claimed = false;
    build_index(&comparison.index, held);
    out->twin_count = twins_find(held, comparison.index.by_event, &out->twins);
    claim_all(&comparison);
    for (size_t i = 0; i < documents->count; i++)
        decide(&comparison, &documents->items[i]);
    gather(&comparison);
    count_strangers(&comparison);
    free(comparison.index.by_event);
    free(comparison.index.by_time);
}

void difference_free(struct difference *difference)
{
    free(difference->creates);
    free(difference->amends);
    free(difference->twins);
    *difference = (struct difference){0};
}
