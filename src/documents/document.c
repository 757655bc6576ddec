/* From events to documents: one walk through the log, pump by pump, in the pump's order. */
#include "tconnectsync/documents/document.h"

#include <stdlib.h>
#include <string.h>

#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/pump/feature.h"

#include "document_build.h"

#define AHEAD                                                                                                \
    (10 * SECONDS_PER_MINUTE) /* a clock may be that fast; what lies further ahead waits for the next run */

#define EVENTS_IN_A_TURN 4096

enum alarm { RESUME_PUMP_ALARM = 18, RESUME_PUMP_ALARM_2 = 23 };
enum { DEXCOM_ALERT = 369, CGM_OUT_OF_RANGE = 14 };

static const char *const kind_names[DOCUMENT_KIND_COUNT] = {
    [DOCUMENT_TEMP_BASAL] = "Temp Basal",
    [DOCUMENT_COMBO_BOLUS] = "Combo Bolus",
    [DOCUMENT_BASAL_SUSPENSION] = "Basal Suspension",
    [DOCUMENT_BASAL_RESUME] = "Basal Resume",
    [DOCUMENT_ALARM] = "Alarm",
    [DOCUMENT_INSULIN_CHANGE] = "Insulin Change",
    [DOCUMENT_SITE_CHANGE] = "Site Change",
    [DOCUMENT_NOTE] = "Note",
    [DOCUMENT_SLEEP] = "Sleep",
    [DOCUMENT_EXERCISE] = "Exercise",
    [DOCUMENT_SENSOR_START] = "Sensor Start",
    [DOCUMENT_SENSOR_STOP] = "Sensor Stop",
    [DOCUMENT_CGM_ALERT] = "CGM Alert",
    [DOCUMENT_READING] = "sgv",
    [DOCUMENT_DEVICE_STATUS] = "devicestatus",
    [DOCUMENT_PROFILE] = "profile",
};

const char *document_kind_name(enum document_kind kind)
{
    return kind_names[kind];
}

unsigned document_kind_features(enum document_kind kind)
{
    static const unsigned features[DOCUMENT_KIND_COUNT] = {
        [DOCUMENT_TEMP_BASAL] = FEATURE_BASAL,
        [DOCUMENT_COMBO_BOLUS] = FEATURE_BOLUS,
        [DOCUMENT_BASAL_SUSPENSION] =
            FEATURE_PUMP_EVENTS | FEATURE_PUMP_EVENTS_BASAL_SUSPENSION | FEATURE_BASAL,
        [DOCUMENT_BASAL_RESUME] = FEATURE_PUMP_EVENTS | FEATURE_PUMP_EVENTS_BASAL_SUSPENSION | FEATURE_BASAL,
        [DOCUMENT_ALARM] = FEATURE_PUMP_EVENTS,
        [DOCUMENT_INSULIN_CHANGE] = FEATURE_PUMP_EVENTS,
        [DOCUMENT_SITE_CHANGE] = FEATURE_PUMP_EVENTS,
        [DOCUMENT_NOTE] = FEATURE_PUMP_EVENTS,
        [DOCUMENT_SLEEP] = FEATURE_PUMP_EVENTS,
        [DOCUMENT_EXERCISE] = FEATURE_PUMP_EVENTS,
        [DOCUMENT_SENSOR_START] = FEATURE_PUMP_EVENTS | FEATURE_CGM_ALERTS,
        [DOCUMENT_SENSOR_STOP] = FEATURE_PUMP_EVENTS | FEATURE_CGM_ALERTS,
        [DOCUMENT_CGM_ALERT] = FEATURE_CGM_ALERTS,
        [DOCUMENT_READING] = FEATURE_CGM,
        [DOCUMENT_DEVICE_STATUS] = FEATURE_DEVICE_STATUS | FEATURE_IOB,
        [DOCUMENT_PROFILE] = FEATURE_PROFILES,
    };
    return features[kind];
}

enum document_kind document_kind_find(const char *event_type, size_t length)
{
    for (enum document_kind kind = 0; document_is_treatment(kind); kind++)
        if (strlen(kind_names[kind]) == length && memcmp(kind_names[kind], event_type, length) == 0)
            return kind;
    return DOCUMENT_KIND_COUNT;
}

/* ---- the walk ---- */

static bool gives_alarm(const struct pump_event *event)
{
    return event->kind == EVENT_MALFUNCTION ||
           (event->alarm.id != RESUME_PUMP_ALARM && event->alarm.id != RESUME_PUMP_ALARM_2);
}

/* A filling that was given up before anything came out changed nothing. */
static bool was_primed(const struct pump_event *event)
{
    bool given_up = event_knows(event, prime.status) && event->prime.status != COMPLETED;
    return !given_up || event->prime.size > 0;
}

static void on_event(struct builder *builder, size_t index)
{
    const struct pump_event *event = &builder->log->events[index];
    if (!builder_wants(builder, event_shape_find(event->code)->features))
        return; /* kept for who watches */
    switch (event->kind) {
    case EVENT_BASAL:
        builder_on_basal(builder, index);
        break;
    case EVENT_EXTENDED_ACTIVATED:
    case EVENT_BOLUS_REQUEST_1:
    case EVENT_BOLUS_REQUEST_2:
    case EVENT_BOLUS_REQUEST_3:
        builder_remember_bolus_event(builder, index);
        break;
    case EVENT_BOLUS_COMPLETED:
        if (builder_wants(builder, FEATURE_BOLUS))
            builder_on_bolus_completed(builder, index);
        break;
    case EVENT_EXTENDED_COMPLETED:
        if (builder_wants(builder, FEATURE_BOLUS))
            builder_on_extended_completed(builder, index);
        break;
    case EVENT_SUSPENDED:
    case EVENT_RESUMED:
        if (builder_wants(builder,
                          FEATURE_PUMP_EVENTS | FEATURE_PUMP_EVENTS_BASAL_SUSPENSION | FEATURE_BASAL))
            builder_add(builder,
                        event->kind == EVENT_SUSPENDED ? DOCUMENT_BASAL_SUSPENSION : DOCUMENT_BASAL_RESUME,
                        index, event->time);
        if (event->kind == EVENT_SUSPENDED && builder_wants(builder, FEATURE_BASAL))
            builder_on_basal(builder, index);
        break;
    case EVENT_CARTRIDGE_FILLED:
        builder_add(builder, DOCUMENT_INSULIN_CHANGE, index, event->time);
        break;
    case EVENT_CANNULA_FILLED:
        if (was_primed(event))
            builder_add(builder, DOCUMENT_SITE_CHANGE, index, event->time);
        break;
    case EVENT_TUBING_FILLED:
        if (was_primed(event))
            builder_add(builder, DOCUMENT_NOTE, index, event->time);
        break;
    case EVENT_ALARM:
    case EVENT_MALFUNCTION:
        if (builder_wants(builder, FEATURE_PUMP_EVENTS) && gives_alarm(event))
            builder_add(builder, DOCUMENT_ALARM, index, event->time);
        break;
    case EVENT_USER_MODE:
        builder_on_user_mode(builder, index);
        break;
    case EVENT_READING:
        if (builder_wants(builder, FEATURE_CGM))
            builder_on_reading(builder, index);
        break;
    case EVENT_SENSOR_STARTED:
    case EVENT_SENSOR_JOINED:
        builder_on_sensor(builder, index);
        break;
    case EVENT_SENSOR_STOPPED:
        builder_add(builder, DOCUMENT_SENSOR_STOP, index, event->time);
        break;
    case EVENT_CGM_ALERT:
        if (event->code != DEXCOM_ALERT || event->alarm.id != CGM_OUT_OF_RANGE)
            builder_add(builder, DOCUMENT_CGM_ALERT, index, event->time);
        break;
    default:
        break;
    }
}

static void begin_pump(struct builder *builder, unsigned pump)
{
    builder->newest = pump_log_newest(builder->log, pump, NULL);
    builder->last_basal_document = NO_DOCUMENT;
    builder->sleep = builder->exercise = (struct activity){NO_DOCUMENT, NO_EVENT};
    builder->last_sensor = builder->latest_backfill = NO_TIME;
    builder->bolus_event_count = 0;
}

static void end_pump(struct builder *builder)
{
    builder_end_basal(builder, NULL);
    builder_leave_activities_open(builder);
}

static void take_event(struct builder *builder, size_t index)
{
    const struct pump_log *log = builder->log;
    const struct pump_event *event = &log->events[index];
    if (index == 0 || log->events[index - 1].pump != event->pump) {
        if (index > 0)
            end_pump(builder);
        begin_pump(builder, event->pump);
    }
    while (builder->run + 1 < log->run_count &&
           (log->runs[builder->run].pump < event->pump || log->runs[builder->run].group < event->group ||
            log->runs[builder->run].last_sequence < event->sequence))
        builder->run++;
    if (event->time == NO_TIME || event->time <= builder->rules.now + AHEAD)
        on_event(builder, index);
}

struct builder *documents_begin(struct pump_log *log, const struct time_zone *zone,
                                const struct document_rules *rules, struct documents *out)
{
    struct builder *builder = xcalloc(1, sizeof *builder);
    *builder = (struct builder){.log = log, .zone = zone, .rules = *rules, .out = out};
    *out = (struct documents){0};
    return builder;
}

bool documents_go_on(struct builder *builder)
{
    const size_t count = builder->log->event_count, end = builder->next_event + EVENTS_IN_A_TURN;
    while (builder->next_event < count && builder->next_event < end)
        take_event(builder, builder->next_event++);
    if (builder->next_event < count)
        return true;
    if (count > 0)
        end_pump(builder);
    if (builder->rules.features & (FEATURE_DEVICE_STATUS | FEATURE_IOB))
        builder_add_device_status(builder);
    return false;
}

void documents_end(struct builder *builder)
{
    if (!builder)
        return;
    free(builder->bolus_events);
    free(builder);
}

void documents_build(struct pump_log *log, const struct time_zone *zone, const struct document_rules *rules,
                     struct documents *out)
{
    struct builder *builder = documents_begin(log, zone, rules, out);
    while (documents_go_on(builder))
        ;
    documents_end(builder);
}

void documents_free(struct documents *documents)
{
    free(documents->items);
    *documents = (struct documents){0};
}
