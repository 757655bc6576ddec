/* Finds what stands in Nightscout where the pump's clock was read otherwise. Two things tell such a document
   from one that a person has dragged: it stands to the second where the zone alone would put its event, or
   most of its neighbors are off by as many quarters of an hour. */
#include "moves.h"

#include <stdlib.h>

#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/compare.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/documents/document.h"
#include "tconnectsync/documents/held.h"
#include "tconnectsync/pump/pump_log.h"

#include "held_index.h"

#define MILLISECONDS INT64_C(1000)
#define QUARTER      (15 * SECONDS_PER_MINUTE) /* zones differ by whole ones */
#define FARTHEST     (26 * SECONDS_PER_HOUR)   /* from one zone to another */
#define NEIGHBORS    5                         /* on either side */
#define ALIKE_LEAST  3

static const struct pump_event *event_of(const struct document *document, const struct pump_log *log)
{
    return &log->events[document->event];
}

static const struct pump_clock *clock_of(const struct document *document, const struct pump_log *log)
{
    const struct pump_clock *clock = log->clocks ? &log->clocks[event_of(document, log)->pump] : NULL;
    return clock && clock->count > 0 ? clock : NULL;
}

/* What the pump's clock showed at the document's time. */
static int64_t wall_of(const struct document *document, const struct pump_log *log)
{
    const struct pump_event *event = event_of(document, log);
    return document->kind == DOCUMENT_READING ? READING_EPOCH + event->reading.time
                                              : document->time + event->wall - event->time;
}

size_t moves_old_times(const struct document *document, const struct pump_log *log,
                       const struct time_zone *zone, int64_t out[OLD_TIMES])
{
    int64_t first, second;
    size_t count = 0;
    if (!zone || !clock_of(document, log))
        return 0;
    bool repeated = time_zone_instants(zone, wall_of(document, log), &first, &second);
    if (first != document->time)
        out[count++] = first;
    if (repeated && second != document->time)
        out[count++] = second;
    return count;
}

int64_t moves_new_time(const struct document *document, const struct pump_log *log)
{
    return document->whole ? event_of(document, log)->time : document->time;
}

static bool stands_at_old_time(const struct moves *moves, const struct document *document,
                               const struct held_document *item)
{
    int64_t old[OLD_TIMES];
    for (size_t i = moves_old_times(document, moves->log, moves->zone, old); i-- > 0;)
        if (held_second(item) == old[i])
            return true;
    return false;
}

static struct held_document *held_of(const struct moves *moves, const struct document *document)
{
    return document->held == NO_EVENT ? NULL : &moves->held->items[document->held];
}

static bool may_be_moved(const struct held_document *item)
{
    return item && item->ours && item->text;
}

/* ---- extended boluses in one piece ---- */

/* As older versions wrote it, at its end, and not where that is now. */
static bool is_whole_elsewhere(const struct moves *moves, const struct document *document,
                               const struct held_document *item)
{
    const struct pump_event *event = event_of(document, moves->log);
    bool same_pump = item->source == NO_SOURCE || item->source == document_source(document, moves->log);
    return may_be_moved(item) && item->kind == document->kind && same_pump &&
           item->insulin == event->bolus.insulin && held_second(item) != event->time;
}

/* Of several parts none is the stored one: the first of them takes care of it. */
static void adopt_whole(const struct moves *moves, struct document *document)
{
    const struct held_places *places = &moves->index->by_number;
    const struct pump_event *event = event_of(document, moves->log);
    const struct document whole = {.time = event->time, .event = document->event, .kind = document->kind};
    if (document->parts == 0 || document->part != 1 || (document->held != NO_EVENT && document->parts > 1))
        return;
    for (size_t i = held_places_find(places, event->sequence, 0);
         i < places->count && places->items[i].key == event->sequence && places->items[i].place == 0; i++) {
        struct held_document *item = &moves->held->items[places->items[i].item];
        bool is_free = document->held == NO_EVENT ? !item->claimed : document->held == places->items[i].item;
        if (!is_free || !is_whole_elsewhere(moves, document, item))
            continue;
        document->held = places->items[i].item;
        document->whole = item->claimed = true;
        document->moves = stands_at_old_time(moves, &whole, item);
        return;
    }
}

/* It stays where it is, and none of the parts is it. */
static void give_back_whole(const struct moves *moves, struct document *document)
{
    if (!document->whole || document->moves)
        return;
    document->whole = false;
    if (document->parts == 1)
        return;
    moves->held->items[document->held].claimed = false;
    document->held = NO_EVENT;
}

/* ---- what is off together ---- */

struct distance {
    int64_t time, off; /* of the document; by which the stored one stands behind it */
    struct document *document;
};

static int compare_distances(const void *left, const void *right)
{
    const struct distance *a = left, *b = right;
    int order = compare_numbers(a->time, b->time);
    return order ? order : (a->document > b->document) - (a->document < b->document);
}

static bool is_off_with_others(const struct distance *distances, size_t count, size_t index)
{
    size_t first = index > NEIGHBORS ? index - NEIGHBORS : 0;
    size_t last = index + NEIGHBORS < count ? index + NEIGHBORS : count - 1, alike = 0;
    int64_t off = distances[index].off;
    if (off == 0 || off % QUARTER != 0 || llabs(off) > FARTHEST)
        return false;
    for (size_t i = first; i <= last; i++)
        alike += distances[i].off == off;
    return alike >= ALIKE_LEAST && 2 * alike > last - first + 1;
}

/* Read with another TIMEZONE_NAME. Only where an upload bears witness to the clock: else this run's reading
   may be the wrong one. */
void moves_find_together(const struct moves *moves)
{
    struct distance *distances;
    size_t count = 0;
    for (size_t i = 0; i < moves->held->count; i++)
        moves->held->items[i].stale = false;
    if (!moves->zone)
        return;
    distances = xcalloc(moves->documents->count, sizeof *distances);
    for (size_t i = 0; i < moves->documents->count; i++) {
        struct document *document = &moves->documents->items[i];
        const struct pump_clock *clock = clock_of(document, moves->log);
        const struct held_document *item = held_of(moves, document);
        int64_t time = moves_new_time(document, moves->log);
        if (clock && clock->evidence == CLOCK_BY_UPLOAD && may_be_moved(item))
            distances[count++] = (struct distance){time, held_second(item) - time, document};
    }
    qsort(distances, count, sizeof *distances, compare_distances);
    for (size_t i = 0; i < count; i++)
        distances[i].document->moves |= is_off_with_others(distances, count, i);
    free(distances);
}

/* ---- readings ---- */

/* A stored reading of the document's record besides the one that it is: it was written anew, and a run died
   before the old one was deleted, or this is the run. */
static bool is_left(const struct moves *moves, const struct document *document, uint32_t index)
{
    const struct held_document *item = &moves->held->items[index];
    int64_t off = held_second(item) - document->time;
    bool same_pump = item->source == NO_SOURCE || item->source == document_source(document, moves->log);
    if (index == document->held || item->claimed || !item->is_reading || !may_be_moved(item) || !same_pump)
        return false;
    if (stands_at_old_time(moves, document, item))
        return true;
    return off != 0 && off % QUARTER == 0 && llabs(off) <= FARTHEST &&
           item->glucose == 1000 * document_sgv(document, moves->log);
}

static void mark_stale(const struct moves *moves, const struct document *document)
{
    const struct held_places *places = &moves->index->by_number;
    int64_t number = event_of(document, moves->log)->sequence;
    if (document->kind != DOCUMENT_READING || document->held == NO_EVENT || !clock_of(document, moves->log))
        return;
    moves->held->items[document->held].stale = document->moves;
    for (size_t i = held_places_find(places, number, 0);
         i < places->count && places->items[i].key == number && places->items[i].place == 0; i++)
        if (is_left(moves, document, places->items[i].item))
            moves->held->items[places->items[i].item].stale = true;
}

void moves_find(const struct moves *moves, uint32_t index)
{
    struct document *document = &moves->documents->items[index];
    const struct held_document *item = held_of(moves, document);
    document->whole = false;
    document->moves = may_be_moved(item) && stands_at_old_time(moves, document, item);
    adopt_whole(moves, document);
}

void moves_mark(const struct moves *moves, uint32_t index)
{
    struct document *document = &moves->documents->items[index];
    give_back_whole(moves, document);
    if (moves->zone)
        mark_stale(moves, document);
}

/* One of ours stands at the document's own second. */
static bool is_at_home(const struct moves *moves, const struct document *document)
{
    const struct held_places *places = &moves->index->by_time;
    int64_t time = document->time * MILLISECONDS;
    for (size_t i = held_places_find(places, DOCUMENT_READING, time);
         i < places->count && places->items[i].key == DOCUMENT_READING &&
         places->items[i].place < time + MILLISECONDS;
         i++) {
        const struct held_document *item = &moves->held->items[places->items[i].item];
        if (item->ours && !item->stale)
            return true;
    }
    return false;
}

size_t moves_add_left(const struct moves *moves, uint32_t index, uint32_t **list, size_t count)
{
    const struct held_places *places = &moves->index->by_number;
    const struct document *document = &moves->documents->items[index];
    int64_t number = event_of(document, moves->log)->sequence;
    if (document->kind != DOCUMENT_READING || document->held == NO_EVENT)
        return count;
    for (size_t i = held_places_find(places, number, 0);
         i < places->count && places->items[i].key == number && places->items[i].place == 0; i++) {
        uint32_t item = places->items[i].item;
        struct held_document *stored = &moves->held->items[item];
        bool its_own = item == document->held || !stored->claimed;
        bool its_source =
            stored->source == NO_SOURCE || stored->source == document_source(document, moves->log);
        if (!stored->stale || stored->leaves || !its_own || !its_source || !is_at_home(moves, document))
            continue;
        stored->leaves = true;
        *list = xreallocarray(*list, count + 1, sizeof **list);
        (*list)[count++] = item;
    }
    return count;
}
