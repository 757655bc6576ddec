/* From events to documents: one walk through the log, pump by pump, in the pump's order. */
#include "tconnectsync/documents/document.h"

#include <stdlib.h>
#include <string.h>

#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/log.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/pump/feature.h"
#include "tconnectsync/pump/pump_log.h"

#define SHORTEST_LAST_BASAL (5 * SECONDS_PER_MINUTE)
#define REQUEST_REACH       (12 * SECONDS_PER_HOUR)
#define SAME_SENSOR         (24 * SECONDS_PER_HOUR)
#define LIVE_READING        (10 * SECONDS_PER_MINUTE)
#define READING_EPOCH       INT64_C(1199145600) /* 2008-01-01 */
#define COMPLETED           3
#define LOOK_BACK_STEPS     2000 /* more than a pump writes requests in 12 hours; a bound for hostile logs */

enum mode_action { START_SLEEP = 1, STOP_SLEEP, START_EXERCISE, STOP_EXERCISE, STOP_ALL };
enum alarm { RESUME_PUMP_ALARM = 18, RESUME_PUMP_ALARM_2 = 23 };
enum { DEXCOM_ALERT = 369, CGM_OUT_OF_RANGE = 14 };
enum reading_status { STATUS_HIGH = 1, STATUS_LOW = 2, STATUS_DO_NOT_SHOW = 6 };
enum { READING_CALIBRATION_BIT = 3 };

#define NONE SIZE_MAX

struct builder {
    struct pump_log *log;
    const struct time_zone *zone;
    const struct document_rules *rules;
    struct documents *out;

    /* of the pump at hand */
    int64_t newest;                   /* its newest record */
    size_t run;                       /* the run that the event at hand lies in */
    size_t basal_run;                 /* the one of the latest basal */
    size_t last_basal_document;       /* what to end when the next basal comes */
    size_t open_sleep, open_exercise; /* documents */
    int64_t last_sensor;              /* start or join */
    int64_t latest_backfill;          /* reading time, to tell the passes of a repeated hour apart */
    uint32_t *bolus_events;           /* recent 64, 65, 66, 20, oldest first */
    size_t bolus_event_count, bolus_event_capacity;

    size_t newest_status, newest_iob, newest_suspension; /* events, over all pumps */
};

static struct document *add(struct builder *builder, enum document_kind kind, size_t event, int64_t time)
{
    struct documents *out = builder->out;
    if (out->count == out->capacity) {
        out->capacity = out->capacity ? out->capacity * 2 : 256;
        out->items = xreallocarray(out->items, out->capacity, sizeof *out->items);
    }
    struct document *document = &out->items[out->count++];
    *document = (struct document){
        .time = time,
        .duration = NO_DURATION,
        .event = (uint32_t)event,
        .related = {NO_EVENT, NO_EVENT, NO_EVENT},
        .held = NO_EVENT,
        .kind = (uint8_t)kind,
    };
    return document;
}

static bool wants(const struct builder *builder, unsigned features)
{
    return builder->rules->features & features;
}

/* ---- basal ---- */

/* When the pump was switched off behind this event, and before the event that ends it (NONE: the log's end):
   the moment; else NO_TIME. */
static int64_t switched_off(struct builder *builder, const struct pump_event *basal,
                            const struct pump_event *end)
{
    const struct pump_log *log = builder->log;
    for (size_t i = builder->basal_run; i + 1 < log->run_count; i++) {
        const struct log_run *run = &log->runs[i], *next = &log->runs[i + 1];
        if (next->pump != basal->pump)
            break;
        if (end &&
            (next->group > end->group || (next->group == end->group && next->first_sequence > end->sequence)))
            break;
        if (log_run_ends_in_gap(run, next))
            return run->last_time > basal->time ? run->last_time : basal->time;
    }
    return NO_TIME;
}

/* Gives the latest basal its end: the next one, the moment when the pump went off, or the end of what is
 * known. */
static void end_basal(struct builder *builder, const struct pump_event *next)
{
    if (builder->last_basal_document == NONE)
        return;
    struct document *document = &builder->out->items[builder->last_basal_document];
    const struct pump_event *basal = &builder->log->events[document->event];
    int64_t off = switched_off(builder, basal, next), end;
    if (off != NO_TIME) {
        end = off;
    } else if (!next) {
        document->open = true;
        end = builder->newest > document->time + SHORTEST_LAST_BASAL ? builder->newest
                                                                     : document->time + SHORTEST_LAST_BASAL;
        if (end > builder->rules->now)
            end = builder->rules->now;
    } else if (next->time == NO_TIME || next->time < document->time) {
        log_warn(builder->log->journal, "documents",
                 "basal=%lld note=\"the pump's clock was set back behind it: it is given 5 minutes\"",
                 (long long)basal->sequence);
        end = document->time + SHORTEST_LAST_BASAL;
    } else {
        end = next->time;
    }
    document->duration = end > document->time ? end - document->time : 0;
    builder->last_basal_document = NONE;
}

static void on_basal(struct builder *builder, size_t index)
{
    const struct pump_event *event = &builder->log->events[index];
    end_basal(builder, event);
    builder->basal_run = builder->run;
    if (event->time == NO_TIME || !event_knows(event, basal.rate))
        return;
    if (builder->rules->ignore_zero_unit_basal && event->basal.rate < 10)
        return;
    add(builder, DOCUMENT_TEMP_BASAL, index, event->time);
    builder->last_basal_document = builder->out->count - 1;
}

/* ---- bolus ---- */

static void remember_bolus_event(struct builder *builder, size_t index)
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

static void relate_requests(struct builder *builder, struct document *document)
{
    static const enum event_kind requests[] = {EVENT_BOLUS_REQUEST_1, EVENT_BOLUS_REQUEST_2,
                                               EVENT_BOLUS_REQUEST_3};
    for (int i = 0; i < 3; i++)
        document->related[i] = find_bolus_event(builder, &builder->log->events[document->event], requests[i]);
    if (document->related[0] == NO_EVENT)
        return;
    const struct pump_event *request = &builder->log->events[document->related[0]];
    if (event_knows(request, bolus.glucose) && request->bolus.glucose > 0 && request->bolus.glucose < 20)
        pump_log_skip(builder->log, SKIP_GLUCOSE, request->code, request->sequence);
}

static void on_bolus_completed(struct builder *builder, size_t index)
{
    const struct pump_event *event = &builder->log->events[index];
    bool completed = event_knows(event, bolus.status) && event->bolus.status == COMPLETED;
    if (event->bolus.insulin == 0 && !completed)
        return;
    relate_requests(builder, add(builder, DOCUMENT_COMBO_BOLUS, index, event->time));
    remember_bolus_event(builder, index); /* an extended part leaves carbs and options to this one */
}

static void on_extended_completed(struct builder *builder, size_t index)
{
    const struct pump_event *event = &builder->log->events[index];
    if (event->bolus.insulin == 0)
        return;
    struct document *document = add(builder, DOCUMENT_COMBO_BOLUS, index, event->time);
    if (find_bolus_event(builder, event, EVENT_BOLUS_COMPLETED) == NO_EVENT)
        relate_requests(builder, document);
}

/* ---- sleep and exercise ---- */

/* Ends the open one at the event; stop: NO_EVENT when a second start cuts it, which is no stop of its own. */
static void end_activity(struct builder *builder, size_t *open, const struct pump_event *event, uint32_t stop)
{
    if (*open == NONE)
        return;
    struct document *document = &builder->out->items[*open];
    document->duration = event->time > document->time ? event->time - document->time : 0;
    document->related[0] = stop;
    document->ended = stop != NO_EVENT;
    *open = NONE;
}

static void start_activity(struct builder *builder, size_t *open, enum document_kind kind, size_t index)
{
    const struct pump_event *event = &builder->log->events[index];
    end_activity(builder, open, event, NO_EVENT);
    add(builder, kind, index, event->time);
    *open = builder->out->count - 1;
}

static void on_user_mode(struct builder *builder, size_t index)
{
    const struct pump_event *event = &builder->log->events[index];
    int64_t action = event->mode.action;
    if (action == STOP_SLEEP || action == STOP_ALL)
        end_activity(builder, &builder->open_sleep, event, (uint32_t)index);
    if (action == STOP_EXERCISE || action == STOP_ALL)
        end_activity(builder, &builder->open_exercise, event, (uint32_t)index);
    if (action == START_SLEEP)
        start_activity(builder, &builder->open_sleep, DOCUMENT_SLEEP, index);
    if (action == START_EXERCISE)
        start_activity(builder, &builder->open_exercise, DOCUMENT_EXERCISE, index);
}

static void leave_open(struct builder *builder, size_t open)
{
    if (open == NONE)
        return;
    struct document *document = &builder->out->items[open];
    int64_t end = builder->newest < builder->rules->now ? builder->newest : builder->rules->now;
    document->duration = end > document->time ? end - document->time : 0;
    document->open = true;
}

/* ---- glucose ---- */

/* A live reading shares its record's side of a clock change. A backfilled one is told apart as records are:
   the first of a repeated hour, unless a lower sequence number already lies later. */
static int64_t reading_time(struct builder *builder, const struct pump_event *event, int64_t wall)
{
    int64_t first, second, behind = event->wall - wall;
    bool repeated = time_zone_instants(builder->zone, wall, &first, &second);
    if (behind >= -LIVE_READING && behind <= LIVE_READING)
        return llabs(event->time - second) < llabs(event->time - first) ? second : first;
    if (repeated && builder->latest_backfill > first && second <= event->time)
        first = second;
    builder->latest_backfill = first;
    return first;
}

static void on_reading(struct builder *builder, size_t index)
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
        add(builder, DOCUMENT_READING, index, reading_time(builder, event, wall));
    }
}

static void on_sensor(struct builder *builder, size_t index)
{
    const struct pump_event *event = &builder->log->events[index];
    bool same_sensor = event->kind == EVENT_SENSOR_JOINED && builder->last_sensor != NO_TIME &&
                       event->time - builder->last_sensor < SAME_SENSOR;
    if (!same_sensor)
        add(builder, DOCUMENT_SENSOR_START, index, event->time);
    builder->last_sensor = event->time;
}

/* ---- the rest ---- */

static bool gives_alarm(const struct pump_event *event)
{
    return event->kind == EVENT_MALFUNCTION ||
           (event->alarm.id != RESUME_PUMP_ALARM && event->alarm.id != RESUME_PUMP_ALARM_2);
}

static bool tells_iob(const struct pump_event *event)
{
    return pump_event_is_bolus(event)         ? event_knows(event, bolus.iob)
           : event->kind == EVENT_DAILY_BASAL ? event_knows(event, battery.iob)
                                              : false;
}

/* Keeps the newest event up to rules->to of what a device status is made of. */
static void note_status(struct builder *builder, size_t index)
{
    const struct pump_event *event = &builder->log->events[index];
    if (event->time > builder->rules->to)
        return;
    size_t *slots[] = {
        event->kind == EVENT_DAILY_BASAL || event->kind == EVENT_PUMP_STATUS ? &builder->newest_status : NULL,
        tells_iob(event) ? &builder->newest_iob : NULL,
        event->kind == EVENT_SUSPENDED || event->kind == EVENT_RESUMED ? &builder->newest_suspension : NULL,
    };
    for (size_t i = 0; i < sizeof slots / sizeof *slots; i++)
        if (slots[i] && (*slots[i] == NONE || builder->log->events[*slots[i]].time <= event->time))
            *slots[i] = index;
}

static void on_event(struct builder *builder, size_t index)
{
    const struct pump_event *event = &builder->log->events[index];
    if (event->kind == EVENT_BASAL) {
        on_basal(builder, index);
        return;
    }
    if (wants(builder, FEATURE_DEVICE_STATUS | FEATURE_IOB))
        note_status(builder, index);
    switch (event->kind) {
    case EVENT_BOLUS_REQUEST_1:
    case EVENT_BOLUS_REQUEST_2:
    case EVENT_BOLUS_REQUEST_3:
        remember_bolus_event(builder, index);
        break;
    case EVENT_BOLUS_COMPLETED:
        if (wants(builder, FEATURE_BOLUS))
            on_bolus_completed(builder, index);
        break;
    case EVENT_EXTENDED_COMPLETED:
        if (wants(builder, FEATURE_BOLUS))
            on_extended_completed(builder, index);
        break;
    case EVENT_SUSPENDED:
    case EVENT_RESUMED:
        if (wants(builder, FEATURE_PUMP_EVENTS | FEATURE_PUMP_EVENTS_BASAL_SUSPENSION | FEATURE_BASAL))
            add(builder, event->kind == EVENT_SUSPENDED ? DOCUMENT_BASAL_SUSPENSION : DOCUMENT_BASAL_RESUME,
                index, event->time);
        break;
    case EVENT_CARTRIDGE_FILLED:
        add(builder, DOCUMENT_INSULIN_CHANGE, index, event->time);
        break;
    case EVENT_CANNULA_FILLED:
        add(builder, DOCUMENT_SITE_CHANGE, index, event->time);
        break;
    case EVENT_TUBING_FILLED:
        add(builder, DOCUMENT_NOTE, index, event->time);
        break;
    case EVENT_ALARM:
    case EVENT_MALFUNCTION:
        if (gives_alarm(event))
            add(builder, DOCUMENT_ALARM, index, event->time);
        break;
    case EVENT_USER_MODE:
        on_user_mode(builder, index);
        break;
    case EVENT_READING:
        if (wants(builder, FEATURE_CGM))
            on_reading(builder, index);
        break;
    case EVENT_SENSOR_STARTED:
    case EVENT_SENSOR_JOINED:
        on_sensor(builder, index);
        break;
    case EVENT_SENSOR_STOPPED:
        add(builder, DOCUMENT_SENSOR_STOP, index, event->time);
        break;
    case EVENT_CGM_ALERT:
        if (event->code != DEXCOM_ALERT || event->alarm.id != CGM_OUT_OF_RANGE)
            add(builder, DOCUMENT_CGM_ALERT, index, event->time);
        break;
    default:
        break;
    }
}

static void begin_pump(struct builder *builder, unsigned pump)
{
    builder->newest = pump_log_newest(builder->log, pump, NULL);
    builder->last_basal_document = builder->open_sleep = builder->open_exercise = NONE;
    builder->last_sensor = builder->latest_backfill = NO_TIME;
    builder->bolus_event_count = 0;
}

static void end_pump(struct builder *builder)
{
    end_basal(builder, NULL);
    leave_open(builder, builder->open_sleep);
    leave_open(builder, builder->open_exercise);
}

static void add_device_status(struct builder *builder)
{
    if (builder->newest_status == NONE)
        return;
    struct document *document = add(builder, DOCUMENT_DEVICE_STATUS, builder->newest_status,
                                    builder->log->events[builder->newest_status].time);
    if (builder->newest_iob != NONE)
        document->related[0] = (uint32_t)builder->newest_iob;
    if (builder->newest_suspension != NONE)
        document->related[1] = (uint32_t)builder->newest_suspension;
}

void documents_build(struct pump_log *log, const struct time_zone *zone, const struct document_rules *rules,
                     struct documents *out)
{
    struct builder builder = {.log = log,
                              .zone = zone,
                              .rules = rules,
                              .out = out,
                              .newest_status = NONE,
                              .newest_iob = NONE,
                              .newest_suspension = NONE};
    *out = (struct documents){0};
    for (size_t i = 0; i < log->event_count; i++) {
        const struct pump_event *event = &log->events[i];
        if (i == 0 || log->events[i - 1].pump != event->pump) {
            if (i > 0)
                end_pump(&builder);
            begin_pump(&builder, event->pump);
        }
        while (builder.run + 1 < log->run_count &&
               (log->runs[builder.run].pump < event->pump || log->runs[builder.run].group < event->group ||
                log->runs[builder.run].last_sequence < event->sequence))
            builder.run++;
        on_event(&builder, i);
    }
    if (log->event_count > 0)
        end_pump(&builder);
    add_device_status(&builder);
    free(builder.bolus_events);
}

void documents_free(struct documents *documents)
{
    free(documents->items);
    *documents = (struct documents){0};
}
