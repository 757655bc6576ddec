/* Device status: the newest battery record, with what the same pump tells beside it. */
#include "document_build.h"

#include <stdlib.h>

#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/pump/feature.h"

#define IOB_REACH (5 * SECONDS_PER_MINUTE) /* Nightscout takes the value for the document's time */

static bool tells_iob(const struct pump_event *event)
{
    return pump_event_is_bolus(event)         ? event_knows(event, bolus.iob)
           : event->kind == EVENT_DAILY_BASAL ? event_knows(event, battery.iob)
                                              : false;
}

static bool tells_status(const struct pump_event *event)
{
    return event->kind == EVENT_DAILY_BASAL ||
           (event->kind == EVENT_PUMP_STATUS &&
            (event_knows(event, battery.percent) || event_knows(event, battery.reservoir)));
}

static uint32_t find_newest_status(const struct builder *builder)
{
    const struct pump_log *log = builder->log;
    uint32_t newest = NO_EVENT;
    for (uint32_t i = 0; i < log->event_count; i++)
        if (tells_status(&log->events[i]) && log->events[i].time <= builder->rules.to &&
            (newest == NO_EVENT || log->events[newest].time <= log->events[i].time))
            newest = i;
    return newest;
}

void builder_add_device_status(struct builder *builder)
{
    const struct pump_log *log = builder->log;
    uint32_t newest = find_newest_status(builder);
    if (newest == NO_EVENT)
        return;
    const struct pump_event *status = &log->events[newest];
    struct document *document = builder_add(builder, DOCUMENT_DEVICE_STATUS, newest, status->time);
    for (uint32_t i = 0; i < log->event_count; i++) {
        const struct pump_event *event = &log->events[i];
        if (event->pump != status->pump || event->time > builder->rules.to)
            continue;
        if (builder_wants(builder, FEATURE_IOB) && tells_iob(event) &&
            llabs(event->time - status->time) <= IOB_REACH)
            document->related[0] = i;
        if (event->kind == EVENT_SUSPENDED || event->kind == EVENT_RESUMED)
            document->related[1] = i;
    }
}
