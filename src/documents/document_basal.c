/* Temp basals: each lasts until the next 279 or 11, or until the pump was switched off. */
#include "document_build.h"

#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/log.h"

#define SHORTEST_LAST_BASAL (5 * SECONDS_PER_MINUTE)
#define SHUTTING_DOWN       (5 * SECONDS_PER_MINUTE) /* a pump writes a few more records on its way down */

/* The last records of the run, before the event at index, say that the pump shuts down. */
static bool ends_in_shutdown(const struct pump_log *log, const struct log_run *run, size_t index)
{
    for (size_t i = index; i-- > 0;) {
        const struct pump_event *event = &log->events[i];
        if (event->pump != run->pump)
            continue; /* the log's end, where another pump's records lie behind */
        if (event->group != run->group || event->sequence < run->first_sequence)
            return false;
        if (event->sequence <= run->last_sequence && pump_event_is_shutdown(event))
            return run->last_time - event->time <= SHUTTING_DOWN;
    }
    return false;
}

static bool lies_behind(const struct log_run *run, const struct pump_event *event)
{
    return run->group > event->group || (run->group == event->group && run->first_sequence > event->sequence);
}

/* The moment when the pump was switched off behind the latest basal, before the event at index (the log's
   count: none) that ends it; else NO_TIME. Records whose clock was lost are neither a sign of life nor of
   silence. */
static int64_t switched_off(const struct builder *builder, const struct pump_event *basal, size_t index,
                            const struct pump_event *end)
{
    const struct pump_log *log = builder->log;
    const struct log_run *run = &log->runs[builder->basal_run];
    bool adjoins = true;
    for (size_t i = builder->basal_run + 1; i < log->run_count; i++) {
        const struct log_run *next = &log->runs[i];
        if (next->pump != basal->pump || (end && lies_behind(next, end)))
            break;
        adjoins &= log_run_adjoins(&log->runs[i - 1], next);
        if (next->first_time == NO_TIME)
            continue;
        if (run->last_time != NO_TIME && log_run_is_silent_before(run, next) &&
            (adjoins || ends_in_shutdown(log, run, index)))
            return run->last_time > basal->time ? run->last_time : basal->time;
        run = next;
        adjoins = true;
    }
    return NO_TIME;
}

static int64_t open_end(const struct builder *builder, int64_t begin)
{
    int64_t end =
        builder->newest > begin + SHORTEST_LAST_BASAL ? builder->newest : begin + SHORTEST_LAST_BASAL;
    return end < builder->rules.now ? end : builder->rules.now;
}

/* next: NULL at the log's end. */
void builder_end_basal(struct builder *builder, const struct pump_event *next)
{
    if (builder->last_basal_document == NO_DOCUMENT)
        return;
    struct document *document = &builder->out->items[builder->last_basal_document];
    const struct pump_event *basal = &builder->log->events[document->event];
    size_t index = next ? (size_t)(next - builder->log->events) : builder->log->event_count;
    int64_t end = switched_off(builder, basal, index, next);
    if (end == NO_TIME && !next) {
        document->open = true;
        end = open_end(builder, document->time);
    } else if (end == NO_TIME && (next->time == NO_TIME || next->time < document->time)) {
        log_warn(builder->log->journal, "documents",
                 "basal=%lld note=\"the pump's clock was set back behind it: it is given 5 minutes\"",
                 (long long)basal->sequence);
        end = document->time + SHORTEST_LAST_BASAL;
    } else if (end == NO_TIME) {
        end = next->time;
    }
    document->duration = end > document->time ? end - document->time : 0;
    builder->last_basal_document = NO_DOCUMENT;
}

/* A 279, or the 11 that stops delivery minutes before the pump writes its 279 "Suspended", which sometimes
   never comes. */
void builder_on_basal(struct builder *builder, size_t index)
{
    const struct pump_event *event = &builder->log->events[index];
    bool suspends = event->kind == EVENT_SUSPENDED;
    builder_end_basal(builder, event);
    builder->basal_run = builder->run;
    if (event->time == NO_TIME || (!suspends && !event_knows(event, basal.rate)))
        return;
    if (builder->rules.ignore_zero_unit_basal && (suspends || event->basal.rate < 10))
        return;
    builder_add(builder, DOCUMENT_TEMP_BASAL, index, event->time);
    builder->last_basal_document = builder->out->count - 1;
}

int64_t document_rate(const struct document *document, const struct pump_log *log)
{
    const struct pump_event *event = &log->events[document->event];
    return event->kind == EVENT_BASAL ? event->basal.rate : 0;
}
