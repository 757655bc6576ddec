/* Sensor readings at their own time, and sensor starts. */
#include "document_build.h"

#include <stdlib.h>

#include "tconnectsync/base/civil_time.h"

#define SAME_SENSOR  (24 * SECONDS_PER_HOUR)
#define LIVE_READING (10 * SECONDS_PER_MINUTE)

enum reading_status { STATUS_HIGH = 1, STATUS_LOW = 2, STATUS_DO_NOT_SHOW = 6 };
enum { READING_CALIBRATION_BIT = 3 };

/* A live reading shares its record's side of a clock change. A backfilled one is told apart as records are:
   the first of a repeated hour, unless a lower sequence number already lies later. */
static int64_t reading_time(struct builder *builder, const struct pump_event *event, int64_t wall)
{
    const struct pump_clock *clock = builder->log->clocks ? &builder->log->clocks[event->pump] : NULL;
    if (clock && clock->count)
        return pump_clock_reading(clock, (struct clock_place){event->group, event->sequence}, event->wall,
                                  wall);
    int64_t first, second, behind = event->wall - wall;
    bool repeated = time_zone_instants(builder->zone, wall, &first, &second);
    if (behind >= -LIVE_READING && behind <= LIVE_READING)
        return llabs(event->time - second) < llabs(event->time - first) ? second : first;
    if (repeated && builder->latest_backfill > first && second <= event->time)
        first = second;
    builder->latest_backfill = first;
    return first;
}

void builder_on_reading(struct builder *builder, size_t index)
{
    const struct pump_event *event = &builder->log->events[index];
    int64_t status = event_knows(event, reading.status) ? event->reading.status : 0;
    int64_t glucose = event->reading.glucose;
    if (status == STATUS_DO_NOT_SHOW ||
        (event_knows(event, reading.type) && event->reading.type >> READING_CALIBRATION_BIT & 1))
        return;
    int64_t wall = READING_EPOCH + event->reading.time;
    if (wall < builder->log->earliest || wall > builder->log->latest) {
        pump_log_skip(builder->log, SKIP_TIME, event->code, event->sequence);
    } else if (status != STATUS_HIGH && status != STATUS_LOW && (glucose < 20 || glucose > 600)) {
        pump_log_skip(builder->log, SKIP_GLUCOSE, event->code, event->sequence);
    } else {
        int64_t time = reading_time(builder, event, wall);
        if (time <= builder->rules.now + LIVE_READING) /* what lies ahead waits */
            builder_add(builder, DOCUMENT_READING, index, time);
    }
}

void builder_on_sensor(struct builder *builder, size_t index)
{
    const struct pump_event *event = &builder->log->events[index];
    bool same_sensor = event->kind == EVENT_SENSOR_JOINED && builder->last_sensor != NO_TIME &&
                       event->time - builder->last_sensor < SAME_SENSOR;
    if (!same_sensor)
        builder_add(builder, DOCUMENT_SENSOR_START, index, event->time);
    builder->last_sensor = event->time;
}
