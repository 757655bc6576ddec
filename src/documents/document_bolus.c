/* Boluses: what was delivered with what was asked for; an extended part as it was
   delivered, over its time. */
#include "document_build.h"

#include <stdlib.h>

#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/memory.h"

#define REQUEST_REACH   (12 * SECONDS_PER_HOUR)
#define PART            (30 * SECONDS_PER_MINUTE) /* of an extended bolus, at most */
#define ENTRY_REACH     5                         /* seconds from the glucose to its request */
#define LOOK_BACK_STEPS 2000 /* more than a pump writes requests in 12 hours; a bound for hostile logs */
#define LEAST_GLUCOSE   20

void builder_remember_bolus_event(struct builder *builder, size_t index)
{
    if (builder->bolus_event_count == builder->bolus_event_capacity) {
        builder->bolus_event_capacity =
            builder->bolus_event_capacity ? builder->bolus_event_capacity * 2 : 64;
        builder->bolus_events = xreallocarray(builder->bolus_events, builder->bolus_event_capacity,
                                              sizeof *builder->bolus_events);
    }
    builder->bolus_events[builder->bolus_event_count++] = (uint32_t)index;
}

/* The nearest earlier event of that kind which belongs to the same bolus, or NO_EVENT. */
static uint32_t find_bolus_event(const struct builder *builder, const struct pump_event *bolus,
                                 enum event_kind kind)
{
    if (!event_knows(bolus, bolus.id))
        return NO_EVENT;
    size_t last = builder->bolus_event_count;
    size_t first = last > LOOK_BACK_STEPS ? last - LOOK_BACK_STEPS : 0;
    for (size_t i = last; i-- > first;) {
        const struct pump_event *event = &builder->log->events[builder->bolus_events[i]];
        if (event->group != bolus->group || event->pump != bolus->pump)
            break;
        if (event->kind == kind && event_knows(event, bolus.id) && event->bolus.id == bolus->bolus.id &&
            llabs(bolus->time - event->time) <= REQUEST_REACH)
            return builder->bolus_events[i];
    }
    return NO_EVENT;
}

static bool gives_bolus(const struct pump_event *completed)
{
    bool whole = event_knows(completed, bolus.status) && completed->bolus.status == COMPLETED;
    return whole || completed->bolus.insulin > 0;
}

static void count_wrong_glucose(struct builder *builder, uint32_t request)
{
    const struct pump_event *event = &builder->log->events[request];
    if (event_knows(event, bolus.glucose) && event->bolus.glucose > 0 && event->bolus.glucose < LEAST_GLUCOSE)
        pump_log_skip(builder->log, SKIP_GLUCOSE, event->code, event->sequence);
}

void builder_on_bolus_completed(struct builder *builder, size_t index)
{
    const struct pump_event *event = &builder->log->events[index];
    builder_remember_bolus_event(builder, index); /* an extended part leaves carbs and options to this one */
    if (!gives_bolus(event))
        return;
    struct document *document = builder_add(builder, DOCUMENT_COMBO_BOLUS, index, event->time);
    document->related[0] = find_bolus_event(builder, event, EVENT_BOLUS_REQUEST_1);
    document->related[1] = find_bolus_event(builder, event, EVENT_BOLUS_REQUEST_2);
    document->related[2] = find_bolus_event(builder, event, EVENT_BOLUS_REQUEST_3);
    if (document->related[0] != NO_EVENT)
        count_wrong_glucose(builder, document->related[0]);
}

/* ---- the extended part ---- */

/* The meal of a bolus that gave nothing at once: carbs and glucose when they were
   entered, not hours later. */
static void add_meal(struct builder *builder, size_t index)
{
    const struct pump_event *extended = &builder->log->events[index];
    uint32_t request = find_bolus_event(builder, extended, EVENT_BOLUS_REQUEST_1);
    if (request == NO_EVENT)
        return;
    const struct pump_event *event = &builder->log->events[request];
    count_wrong_glucose(builder, request);
    if (event->bolus.carbs <= 0 && event->bolus.glucose < LEAST_GLUCOSE)
        return;
    struct document *document = builder_add(builder, DOCUMENT_COMBO_BOLUS, request, event->time);
    document->told_by = (uint32_t)index;
    document->related[1] = find_bolus_event(builder, extended, EVENT_BOLUS_REQUEST_2);
    document->related[2] = find_bolus_event(builder, extended, EVENT_BOLUS_REQUEST_3);
}

/* When its delivery began: as it was activated, else as the first part ended, else as it was asked for. */
static int64_t extended_begin(const struct builder *builder, const struct pump_event *extended)
{
    static const enum event_kind kinds[] = {EVENT_EXTENDED_ACTIVATED, EVENT_BOLUS_COMPLETED,
                                            EVENT_BOLUS_REQUEST_1};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        uint32_t found = find_bolus_event(builder, extended, kinds[i]);
        if (found != NO_EVENT)
            return builder->log->events[found].time;
    }
    return extended->time;
}

void builder_on_extended_completed(struct builder *builder, size_t index)
{
    const struct pump_event *event = &builder->log->events[index];
    if (event->bolus.insulin == 0)
        return;
    uint32_t completed = find_bolus_event(builder, event, EVENT_BOLUS_COMPLETED);
    if (completed == NO_EVENT || !gives_bolus(&builder->log->events[completed]))
        add_meal(builder, index);
    int64_t begin = extended_begin(builder, event), lasts = event->time > begin ? event->time - begin : 0;
    int64_t parts = lasts > PART ? (lasts + PART - 1) / PART : 1;
    if (parts > event->bolus.insulin)
        parts = event->bolus.insulin;
    for (int64_t part = 1; part <= parts; part++) {
        struct document *document = builder_add(builder, DOCUMENT_COMBO_BOLUS, index,
                                                event->time - lasts + lasts * (2 * part - 1) / (2 * parts));
        document->part = (uint8_t)part;
        document->parts = (uint8_t)parts;
    }
}

/* ---- amounts ---- */

/* Milliunits in the first parts of an extended bolus. */
static int64_t in_first_parts(const struct document *document, int64_t insulin, unsigned parts)
{
    return insulin * parts / document->parts;
}

bool document_insulin(const struct document *document, const struct pump_log *log, int64_t *milliunits)
{
    const struct pump_event *event = &log->events[document->event];
    *milliunits = event->kind == EVENT_BOLUS_REQUEST_1 ? 0 : event->bolus.insulin;
    if (document->parts > 0)
        *milliunits = in_first_parts(document, *milliunits, document->part) -
                      in_first_parts(document, *milliunits, document->part - 1u);
    return *milliunits > 0; /* Nightscout drops a zero anyway */
}

/* The 64 whose carbs and glucose the document carries, or NULL. */
static const struct pump_event *meal_of(const struct document *document, const struct pump_log *log)
{
    const struct pump_event *event = &log->events[document->event];
    if (event->kind == EVENT_BOLUS_REQUEST_1)
        return event;
    return document->related[0] == NO_EVENT || document->meal_elsewhere ? NULL
                                                                        : &log->events[document->related[0]];
}

bool document_carbs(const struct document *document, const struct pump_log *log, int64_t *thousandths)
{
    const struct pump_event *request = meal_of(document, log);
    *thousandths = request && event_knows(request, bolus.carbs) ? request->bolus.carbs : 0;
    return *thousandths > 0;
}

bool document_glucose(const struct document *document, const struct pump_log *log, int64_t *mg_per_dl)
{
    const struct pump_event *request = meal_of(document, log);
    *mg_per_dl = request && event_knows(request, bolus.glucose) ? request->bolus.glucose : 0;
    return *mg_per_dl >= LEAST_GLUCOSE;
}

const char *document_glucose_type(const struct document *document, const struct pump_log *log)
{
    const struct pump_event *request = meal_of(document, log);
    if (!request)
        return "Manual";
    for (const struct pump_event *entry = request; entry-- > log->events;) {
        if (entry->pump != request->pump || entry->group != request->group ||
            llabs(request->time - entry->time) > ENTRY_REACH)
            break;
        if (entry->kind == EVENT_GLUCOSE_ENTRY && event_knows(entry, entry.source) &&
            entry->entry.glucose == request->bolus.glucose)
            return entry->entry.source == 1 ? "Sensor" : entry->entry.source == 0 ? "Finger" : "Manual";
    }
    return "Manual";
}
