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

struct search {
    struct documents *documents;
    const struct pump_log *log;
    struct held *held;
    const struct held_index *index;
    const struct time_zone *zone;
};

static const struct pump_event *event_of(const struct document *document, const struct pump_log *log)
{
    return &log->events[document->event];
}

static const struct pump_clock *clock_of(const struct document *document, const struct pump_log *log)
{
    const struct pump_clock *clock = log->clocks ? &log->clocks[event_of(document, log)->pump] : NULL;
    return clock && clock->count > 0 ? clock : NULL;
}

static int64_t second_of(const struct held_document *item)
{
    return (item->time - (item->time % MILLISECONDS + MILLISECONDS) % MILLISECONDS) / MILLISECONDS;
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

static bool stands_at_old_time(const struct search *search, const struct document *document,
                               const struct held_document *item)
{
    int64_t old[OLD_TIMES];
    for (size_t i = moves_old_times(document, search->log, search->zone, old); i-- > 0;)
        if (second_of(item) == old[i])
            return true;
    return false;
}

static struct held_document *held_of(const struct search *search, const struct document *document)
{
    return document->held == NO_EVENT ? NULL : &search->held->items[document->held];
}

static bool may_be_moved(const struct held_document *item)
{
    return item && item->ours && item->text != NO_TEXT;
}

/* ---- extended boluses in one piece ---- */

/* As older versions wrote it, at its end, and not where that is now. */
static bool is_whole_elsewhere(const struct search *search, const struct document *document,
                               const struct held_document *item)
{
    const struct pump_event *event = event_of(document, search->log);
    bool same_pump = item->source == NO_SOURCE || item->source == document_source(document, search->log);
    return may_be_moved(item) && item->kind == document->kind && same_pump &&
           item->insulin == event->bolus.insulin && second_of(item) != event->time;
}

/* Of several parts none is the stored one: the first of them takes care of it. */
static void adopt_whole(const struct search *search, struct document *document)
{
    const struct held_places *places = &search->index->by_number;
    const struct pump_event *event = event_of(document, search->log);
    const struct document whole = {.time = event->time, .event = document->event, .kind = document->kind};
    if (document->parts == 0 || document->part != 1 || (document->held != NO_EVENT && document->parts > 1))
        return;
    for (size_t i = held_places_find(places, event->sequence, 0);
         i < places->count && places->items[i].key == event->sequence && places->items[i].place == 0; i++) {
        struct held_document *item = &search->held->items[places->items[i].item];
        bool is_free = document->held == NO_EVENT ? !item->claimed : document->held == places->items[i].item;
        if (!is_free || !is_whole_elsewhere(search, document, item))
            continue;
        document->held = places->items[i].item;
        document->whole = item->claimed = true;
        document->moves = stands_at_old_time(search, &whole, item);
        return;
    }
}

/* It stays where it is, and none of the parts is it. */
static void give_back_whole(const struct search *search, struct document *document)
{
    if (!document->whole || document->moves)
        return;
    document->whole = false;
    if (document->parts == 1)
        return;
    search->held->items[document->held].claimed = false;
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
static void find_those_off_together(const struct search *search)
{
    struct distance *distances = xcalloc(search->documents->count, sizeof *distances);
    size_t count = 0;
    for (size_t i = 0; i < search->documents->count; i++) {
        struct document *document = &search->documents->items[i];
        const struct pump_clock *clock = clock_of(document, search->log);
        const struct held_document *item = held_of(search, document);
        int64_t time = moves_new_time(document, search->log);
        if (clock && clock->evidence == CLOCK_BY_UPLOAD && may_be_moved(item))
            distances[count++] = (struct distance){time, second_of(item) - time, document};
    }
    qsort(distances, count, sizeof *distances, compare_distances);
    for (size_t i = 0; i < count; i++)
        distances[i].document->moves |= is_off_with_others(distances, count, i);
    free(distances);
}

/* ---- readings ---- */

/* A stored reading of the document's record besides the one that it is: it was written anew, and a run died
   before the old one was deleted, or this is the run. */
static bool is_left(const struct search *search, const struct document *document, uint32_t index)
{
    const struct held_document *item = &search->held->items[index];
    int64_t off = second_of(item) - document->time;
    bool same_pump = item->source == NO_SOURCE || item->source == document_source(document, search->log);
    if (index == document->held || item->claimed || !item->is_reading || !may_be_moved(item) || !same_pump)
        return false;
    if (stands_at_old_time(search, document, item))
        return true;
    return off != 0 && off % QUARTER == 0 && llabs(off) <= FARTHEST &&
           item->glucose == 1000 * document_sgv(document, search->log);
}

static void mark_stale(const struct search *search, const struct document *document)
{
    const struct held_places *places = &search->index->by_number;
    int64_t number = event_of(document, search->log)->sequence;
    if (document->kind != DOCUMENT_READING || document->held == NO_EVENT || !clock_of(document, search->log))
        return;
    search->held->items[document->held].stale = document->moves;
    for (size_t i = held_places_find(places, number, 0);
         i < places->count && places->items[i].key == number && places->items[i].place == 0; i++)
        if (is_left(search, document, places->items[i].item))
            search->held->items[places->items[i].item].stale = true;
}

void moves_find(struct documents *documents, const struct pump_log *log, struct held *held,
                const struct held_index *index, const struct time_zone *zone)
{
    const struct search search = {documents, log, held, index, zone};
    for (size_t i = 0; i < held->count; i++)
        held->items[i].stale = false;
    for (size_t i = 0; i < documents->count; i++) {
        struct document *document = &documents->items[i];
        const struct held_document *item = held_of(&search, document);
        document->whole = false;
        document->moves = may_be_moved(item) && stands_at_old_time(&search, document, item);
        adopt_whole(&search, document);
    }
    if (zone)
        find_those_off_together(&search);
    for (size_t i = 0; i < documents->count; i++) {
        give_back_whole(&search, &documents->items[i]);
        if (zone)
            mark_stale(&search, &documents->items[i]);
    }
}

/* One of ours stands at the document's own second. */
static bool is_at_home(const struct held *held, const struct held_index *index,
                       const struct document *document)
{
    const struct held_places *places = &index->by_time;
    int64_t time = document->time * MILLISECONDS;
    for (size_t i = held_places_find(places, DOCUMENT_READING, time);
         i < places->count && places->items[i].key == DOCUMENT_READING &&
         places->items[i].place < time + MILLISECONDS;
         i++) {
        const struct held_document *item = &held->items[places->items[i].item];
        if (item->ours && !item->stale)
            return true;
    }
    return false;
}

static bool is_listed(const uint32_t *list, size_t count, uint32_t item)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] == item)
            return true;
    return false;
}

size_t moves_add_left(const struct documents *documents, const struct pump_log *log, const struct held *held,
                      const struct held_index *index, uint32_t **list, size_t count)
{
    const struct held_places *places = &index->by_number;
    const size_t twins = count;
    for (size_t i = 0; i < documents->count; i++) {
        const struct document *document = &documents->items[i];
        int64_t number = event_of(document, log)->sequence;
        if (document->kind != DOCUMENT_READING || document->held == NO_EVENT ||
            !is_at_home(held, index, document))
            continue;
        int64_t source = document_source(document, log);
        for (size_t j = held_places_find(places, number, 0);
             j < places->count && places->items[j].key == number && places->items[j].place == 0; j++) {
            uint32_t item = places->items[j].item;
            const struct held_document *stored = &held->items[item];
            bool its_own = item == document->held || !stored->claimed;
            if (!stored->stale || !its_own || (stored->source != NO_SOURCE && stored->source != source) ||
                is_listed(*list, twins, item))
                continue;
            *list = xreallocarray(*list, count + 1, sizeof **list);
            (*list)[count++] = item;
        }
    }
    return count;
}
