/* Finds for each event the stored document that it is. Every pair that may belong together is listed, the
   list is sorted from the surest to the least sure, and taken in that order: the best set, as events compete
   for one document only where it tells no source, and there the own second decides. The order depends on
   nothing but what is stored. */
#include "identity.h"

#include <stdlib.h>

#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/compare.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/documents/difference.h"
#include "tconnectsync/documents/document.h"
#include "tconnectsync/documents/held.h"
#include "tconnectsync/pump/pump_log.h"

#include "held_index.h"
#include "moves.h"

#define MILLISECONDS     1000
#define QUARTER          (15 * SECONDS_PER_MINUTE) /* zones differ by whole ones */
#define SAME_EVENT_REACH (26 * SECONDS_PER_HOUR * INT64_C(1000))
#define EXTENDED_REACH   (12 * SECONDS_PER_HOUR) /* from a meal to the end of its bolus */

/* What makes a stored document an event, the surest first. */
enum sign {
    SIGN_SOURCE,     /* its number and source */
    SIGN_NUMBER,     /* its number, no source, the event's own second */
    SIGN_SECOND,     /* one of ours without a number, its type and second */
    SIGN_AMOUNTS,    /* its number, no source, another time of that day, but its type and amounts */
    SIGN_OLD_SECOND, /* one of ours without a number, its type and amounts, where its clock was read before */
    SIGN_NONE,
};

struct pair {
    uint32_t document, item, source; /* places of both; the document's pump and group */
    uint8_t sign;
    bool other_kind;
    int64_t distance; /* milliseconds between stored and own time */
};

static const struct pump_event *event_of(const struct identity *identity, const struct document *document)
{
    return &identity->log->events[document->event];
}

/* ---- times: its own, and those at which the pump's clock was read before ---- */

#define TIMES (1 + OLD_TIMES)

static size_t times_of(const struct identity *identity, const struct document *document, int64_t times[TIMES])
{
    times[0] = document->time;
    return 1 + moves_old_times(document, identity->log, identity->rules->zone, times + 1);
}

static int64_t distance_of(const struct identity *identity, const struct document *document,
                           const struct held_document *item)
{
    int64_t times[TIMES], least = INT64_MAX;
    for (size_t i = times_of(identity, document, times); i-- > 0;) {
        int64_t distance = llabs(item->time - times[i] * MILLISECONDS);
        least = distance < least ? distance : least;
    }
    return least;
}

/* At the event's second, or at its minute to which the report editor cuts what it saves. */
static bool is_at_own_time(const struct identity *identity, const struct document *document,
                           const struct held_document *item)
{
    int64_t times[TIMES];
    for (size_t i = times_of(identity, document, times); i-- > 0;) {
        int64_t time = times[i] * MILLISECONDS;
        if ((item->time >= time && item->time < time + MILLISECONDS) ||
            (!item->is_reading && item->time == time - time % (SECONDS_PER_MINUTE * MILLISECONDS)))
            return true;
    }
    return false;
}

/* ---- pairs ---- */

bool identity_lasts_no_time(const struct identity *identity, const struct document *document)
{
    return document->kind == DOCUMENT_TEMP_BASAL && document->duration == 0 &&
           event_of(identity, document)->kind == EVENT_SUSPENDED;
}

/* ---- documents of one event: what follows its number in the id tells them apart ---- */

static bool is_part(const struct held_document *item)
{
    return item->numbers[1] >= 1 && item->numbers[1] <= item->numbers[2] && item->numbers[2] <= UINT8_MAX &&
           item->numbers[3] == NO_EVENT_ID;
}

/* Where a stored document has the event's number. */
static bool is_its_form(const struct pump_event *event, const struct document *document,
                        const struct held_document *item)
{
    if (event->kind == EVENT_SUSPENDED)
        return (document->kind == DOCUMENT_TEMP_BASAL) == (item->numbers[1] == 0);
    if (document->parts == 0)
        return true;
    return document->parts == 1
               ? !is_part(item)
               : item->numbers[1] == document->part && item->numbers[2] == document->parts && is_part(item);
}

/* Insulin tells a bolus, or carbs where a person took the insulin away; a rate tells a basal, its glucose a
   reading, which nobody drags but another TIMEZONE_NAME; what has no amounts is told by its type. A bolus may
   carry a type that a person chose. */
static bool has_its_amounts(const struct identity *identity, const struct document *document,
                            const struct held_document *item)
{
    int64_t amount;
    if (document->kind == DOCUMENT_COMBO_BOLUS &&
        (item->kind == document->kind || item->kind == DOCUMENT_KIND_COUNT))
        return item->insulin != NO_AMOUNT
                   ? document_insulin(document, identity->log, &amount) && item->insulin == amount
                   : document_carbs(document, identity->log, &amount) && item->carbs == amount;
    if (document->kind == DOCUMENT_TEMP_BASAL)
        return item->kind == document->kind && item->rate == document_rate(document, identity->log);
    if (document->kind == DOCUMENT_READING)
        return item->ours && item->glucose == 1000 * document_sgv(document, identity->log) &&
               (item->time / MILLISECONDS - document->time) % QUARTER == 0;
    return item->kind == document->kind;
}

/* Of a stored document with the event's number. */
static enum sign sign_of(const struct identity *identity, const struct document *document,
                         const struct held_document *item)
{
    if (item->is_reading != (document->kind == DOCUMENT_READING) ||
        !is_its_form(event_of(identity, document), document, item))
        return SIGN_NONE;
    if (item->source != NO_SOURCE)
        return item->source == document_source(document, identity->log) ? SIGN_SOURCE : SIGN_NONE;
    if (is_at_own_time(identity, document, item))
        return SIGN_NUMBER;
    return distance_of(identity, document, item) <= SAME_EVENT_REACH &&
                   has_its_amounts(identity, document, item)
               ? SIGN_AMOUNTS
               : SIGN_NONE;
}

static void add_pair(struct identity *identity, uint32_t document, uint32_t item, enum sign sign)
{
    const struct document *wanted = &identity->documents->items[document];
    const struct held_document *stored = &identity->held->items[item];
    if (sign == SIGN_NONE)
        return;
    if (identity->pair_count == identity->pair_capacity) {
        identity->pair_capacity = identity->pair_capacity ? identity->pair_capacity * 2 : 256;
        identity->pairs = xreallocarray(identity->pairs, identity->pair_capacity, sizeof *identity->pairs);
    }
    identity->pairs[identity->pair_count++] =
        (struct pair){.document = document,
                      .item = item,
                      .source = document_source(wanted, identity->log),
                      .sign = (uint8_t)sign,
                      .other_kind = stored->kind != wanted->kind,
                      .distance = llabs(stored->time - wanted->time * MILLISECONDS)};
}

static void add_by_number(struct identity *identity, uint32_t index)
{
    const struct document *document = &identity->documents->items[index];
    const struct held_places *places = &identity->index->by_number;
    int64_t number = event_of(identity, document)->sequence;
    for (size_t i = held_places_find(places, number, 0);
         i < places->count && places->items[i].key == number && places->items[i].place == 0; i++)
        add_pair(identity, index, places->items[i].item,
                 sign_of(identity, document, &identity->held->items[places->items[i].item]));
}

/* Those from before there were event numbers. */
static void add_by_second(struct identity *identity, uint32_t index)
{
    const struct document *document = &identity->documents->items[index];
    const struct held_places *places = &identity->index->by_time;
    if (identity_lasts_no_time(identity, document))
        return; /* the 279 of that second is the one that was stored */
    int64_t times[TIMES];
    for (size_t reading = times_of(identity, document, times); reading-- > 0;) {
        int64_t time = times[reading] * MILLISECONDS;
        for (size_t i = held_places_find(places, document->kind, time);
             i < places->count && places->items[i].key == document->kind &&
             places->items[i].place < time + MILLISECONDS;
             i++) {
            const struct held_document *item = &identity->held->items[places->items[i].item];
            if (!item->ours || item->numbers[0] != NO_EVENT_ID)
                continue;
            if (reading == 0)
                add_pair(identity, index, places->items[i].item, SIGN_SECOND);
            else if (has_its_amounts(identity, document, item))
                add_pair(identity, index, places->items[i].item, SIGN_OLD_SECOND);
        }
    }
}

static int compare_pairs(const void *left, const void *right, void *context)
{
    const struct identity *identity = context;
    const struct held_document *items = identity->held->items;
    const struct pair *a = left, *b = right;
    uint64_t a_identity = items[a->item].identity, b_identity = items[b->item].identity;
    int order = compare_numbers(a->sign, b->sign);
    if (!order)
        order = compare_numbers(a->other_kind, b->other_kind);
    if (!order)
        order = compare_numbers(a->distance, b->distance);
    if (!order)
        order = compare_numbers(a->source, b->source);
    if (!order)
        order = compare_numbers(a->document, b->document);
    return order ? order : (a_identity > b_identity) - (a_identity < b_identity);
}

void identity_list(struct identity *identity, uint32_t document)
{
    add_by_number(identity, document);
    add_by_second(identity, document);
}

void identity_claim(struct identity *identity)
{
    for (size_t i = 0; i < identity->held->count; i++)
        identity->held->items[i].claimed = identity->held->items[i].leaves = false;
    for (size_t i = 0; i < identity->documents->count; i++)
        identity->documents->items[i].held = NO_EVENT;
    if (identity->pair_count > 0)
        qsort_r(identity->pairs, identity->pair_count, sizeof *identity->pairs, compare_pairs, identity);
    for (size_t i = 0; i < identity->pair_count; i++) {
        const struct pair *pair = &identity->pairs[i];
        struct document *document = &identity->documents->items[pair->document];
        struct held_document *item = &identity->held->items[pair->item];
        if (document->held != NO_EVENT || item->claimed)
            continue;
        document->held = pair->item;
        item->claimed = true;
    }
}

void identity_free(struct identity *identity)
{
    free(identity->pairs);
}

/* ---- what else is stored of an event ---- */

bool identity_is_split(const struct identity *identity, const struct document *document)
{
    const struct held_places *places = &identity->index->by_number;
    const struct held_document *self = &identity->held->items[document->held];
    if (document->kind != DOCUMENT_COMBO_BOLUS || self->numbers[0] == NO_EVENT_ID)
        return false;
    for (size_t i = held_places_find(places, self->numbers[0], 0);
         i < places->count && places->items[i].key == self->numbers[0] && places->items[i].place == 0; i++) {
        const struct held_document *item = &identity->held->items[places->items[i].item];
        if (!item->claimed && !item->is_reading && item->source == self->source &&
            item->identity != self->identity)
            return true;
    }
    return false;
}

/* The 64 whose carbs the document would bring, as its own event or beside it. */
static const struct pump_event *meal_of(const struct identity *identity, const struct document *document)
{
    const struct pump_event *event = event_of(identity, document);
    if (document->kind != DOCUMENT_COMBO_BOLUS)
        return NULL;
    if (event->kind == EVENT_BOLUS_REQUEST_1)
        return event;
    return document->related[0] == NO_EVENT ? NULL : &identity->log->events[document->related[0]];
}

bool identity_has_meal_elsewhere(const struct identity *identity, const struct document *document)
{
    const struct held_places *places = &identity->index->by_number;
    const struct pump_event *meal = meal_of(identity, document);
    if (!meal)
        return false;
    int64_t source = document_source(document, identity->log);
    for (size_t i = held_places_find(places, meal->sequence, 0);
         i < places->count && places->items[i].key == meal->sequence; i++) {
        const struct held_document *item = &identity->held->items[places->items[i].item];
        bool same_pump = item->source == NO_SOURCE ? distance_of(identity, document, item) <= SAME_EVENT_REACH
                                                   : item->source == source;
        bool names_it = places->items[i].place == 0 || !is_part(item);
        if (item->numbers[0] != event_of(identity, document)->sequence && !item->is_reading && same_pump &&
            names_it)
            return true;
    }
    return false;
}

/* One of ours without an id that is no other event: in the second in which the extended bolus ended, or with
 * the carbs of its meal hours later. */
static bool stands_without_id(const struct identity *identity, const struct document *whole, int64_t within,
                              int64_t carbs)
{
    const struct held_places *places = &identity->index->by_time;
    int64_t time = whole->time * MILLISECONDS;
    for (size_t i = held_places_find(places, whole->kind, time);
         i < places->count && places->items[i].key == whole->kind &&
         places->items[i].place < time + within * MILLISECONDS;
         i++) {
        const struct held_document *item = &identity->held->items[places->items[i].item];
        if (item->ours && !item->claimed && item->numbers[0] == NO_EVENT_ID &&
            (carbs == NO_AMOUNT || item->carbs == carbs))
            return true;
    }
    return false;
}

bool identity_stands_otherwise(const struct identity *identity, const struct document *document)
{
    const struct held_places *places = &identity->index->by_number;
    const struct pump_event *event = event_of(identity, document);
    const struct document whole = {.time = event->time, .event = document->event, .kind = document->kind};
    int64_t source = document_source(document, identity->log), carbs;
    if (event->kind == EVENT_BOLUS_REQUEST_1)
        return document_carbs(document, identity->log, &carbs) &&
               stands_without_id(identity, &whole, EXTENDED_REACH, carbs);
    if (document->parts == 0)
        return false;
    for (size_t i = held_places_find(places, event->sequence, 0);
         i < places->count && places->items[i].key == event->sequence && places->items[i].place == 0; i++) {
        const struct held_document *item = &identity->held->items[places->items[i].item];
        bool of_these_parts = is_part(item) && document->parts > 1 && item->numbers[2] == document->parts;
        if (item->is_reading || of_these_parts || is_its_form(event, document, item))
            continue;
        if (item->source == source ||
            (item->source == NO_SOURCE &&
             (is_at_own_time(identity, &whole, item) || has_its_amounts(identity, &whole, item))))
            return true;
    }
    return stands_without_id(identity, &whole, 1, NO_AMOUNT);
}
