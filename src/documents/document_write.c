/* A document as the JSON that Nightscout gets. */
#include "tconnectsync/documents/document.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/pump/feature.h"
#include "tconnectsync/pump/pump_log.h"

#define HIGHEST_READING 400
#define LOWEST_READING  40
#define DEXCOM_ALERT    369
#define LIBRE_ALERT     460

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
        [DOCUMENT_BASAL_SUSPENSION] = FEATURE_PUMP_EVENTS | FEATURE_PUMP_EVENTS_BASAL_SUSPENSION | FEATURE_BASAL,
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

static const struct pump_event *event_of(const struct document *document, const struct pump_log *log)
{
    return &log->events[document->event];
}

static const struct pump_event *related(const struct document *document, const struct pump_log *log,
                                        int which)
{
    return document->related[which] == NO_EVENT ? NULL : &log->events[document->related[which]];
}

void document_event_id(const struct document *document, const struct pump_log *log, struct buffer *out)
{
    buffer_addf(out, "%" PRId64, event_of(document, log)->sequence);
    if (document->kind == DOCUMENT_DEVICE_STATUS)
        return;
    for (int i = 0; i < 3; i++)
        if (related(document, log, i))
            buffer_addf(out, ",%" PRId64, related(document, log, i)->sequence);
}

uint32_t document_source(const struct document *document, const struct pump_log *log)
{
    return pump_log_source(log, event_of(document, log));
}

/* ---- words ---- */

/* The name, or the number where the table has none. */
static void add_name(struct buffer *out, const char *name, int64_t number)
{
    if (name)
        buffer_add_text(out, name);
    else
        buffer_addf(out, "%" PRId64, number);
}

static void add_bolus_words(const struct document *document, const struct pump_log *log, struct buffer *out)
{
    const struct pump_event *options = related(document, log, 1);
    if (!options) {
        if (event_of(document, log)->kind == EVENT_EXTENDED_COMPLETED)
            buffer_add_text(out, "Extended Bolus");
        return;
    }
    if (event_knows(options, bolus.option))
        add_name(out, bolus_option_name(options->bolus.option), options->bolus.option);
    if (options->bolus.override == 1)
        buffer_add_text(out, " (Override)");
    if (options->bolus.declined == 1)
        buffer_add_text(out, " (Declined Correction)");
}

static void add_alarm_words(const struct pump_event *event, struct buffer *out)
{
    int64_t id = event->alarm.id;
    if (event->kind == EVENT_MALFUNCTION)
        buffer_add_text(out, "Malfunction");
    else if (alarm_name(id))
        buffer_add_text(out, alarm_name(id));
    else
        buffer_addf(out, id >= 0 && id <= 63 ? "DefaultAlarm%" PRId64 : "Alarm %" PRId64, id);
}

static void add_cartridge_words(const struct pump_event *event, struct buffer *out)
{
    int64_t volume = event->cartridge.volume;
    if (volume <= 0)
        volume = event->cartridge.volume_2;
    buffer_add_text(out, "Cartridge Filled");
    if (volume > 0)
        buffer_addf(out, " (%" PRId64 "u filled)", (volume + 500) / 1000);
}

static void add_cannula_words(const struct pump_event *event, struct buffer *out)
{
    int64_t tenths = (event->prime.size + 50) / 100;
    buffer_add_text(out, "Cannula Filled");
    if (event->prime.size > 0)
        buffer_addf(out, " (%" PRId64 ".%" PRId64 "u primed)", tenths / 10, tenths % 10);
}

static void add_tubing_words(const struct pump_event *event, struct buffer *out)
{
    buffer_add_text(out, "Tubing Filled");
    if (event->prime.size > 0)
        buffer_addf(out, " (%" PRId64 "u primed)", (event->prime.size + 500) / 1000);
}

static void add_sleep_words(const struct document *document, const struct pump_event *start,
                            struct buffer *out)
{
    buffer_add_text(out, start->mode.sleep_by_person  ? "Sleep (Manual)"
                         : start->mode.sleep_schedule ? "Sleep (Scheduled)"
                                                      : "Sleep");
    buffer_add_text(out, document->ended ? "" : " - Not Ended");
}

static void add_exercise_words(const struct document *document, const struct pump_log *log,
                               struct buffer *out)
{
    const struct pump_event *stop = related(document, log, 0);
    buffer_add_text(out, event_of(document, log)->mode.exercise_timed == 1 ? "Exercise (Timed)" : "Exercise");
    if (stop && stop->mode.exercise_stopped_by_timer == 1)
        buffer_add_text(out, " (Stopped by timer)");
    buffer_add_text(out, document->ended ? "" : " - Not Ended");
}

static void add_alert_words(const struct pump_event *event, struct buffer *out)
{
    buffer_add_text(out, event->code == DEXCOM_ALERT  ? "Dexcom CGM Alert ("
                         : event->code == LIBRE_ALERT ? "Libre CGM Alert ("
                                                      : "CGM Alert (");
    add_name(out, cgm_alert_name(event->alarm.id), event->alarm.id);
    buffer_add_text(out, ")");
}

void document_words(const struct document *document, const struct pump_log *log, struct buffer *out)
{
    const struct pump_event *event = event_of(document, log);
    switch (document->kind) {
    case DOCUMENT_TEMP_BASAL:
        if (event_knows(event, basal.source))
            add_name(out, basal_source_name(event->basal.source), event->basal.source);
        break;
    case DOCUMENT_COMBO_BOLUS:
        add_bolus_words(document, log, out);
        break;
    case DOCUMENT_BASAL_SUSPENSION:
        if (event_knows(event, suspended.reason))
            add_name(out, suspend_reason_name(event->suspended.reason), event->suspended.reason);
        break;
    case DOCUMENT_BASAL_RESUME:
        buffer_add_text(out, "Basal resumed");
        break;
    case DOCUMENT_ALARM:
        add_alarm_words(event, out);
        break;
    case DOCUMENT_INSULIN_CHANGE:
        add_cartridge_words(event, out);
        break;
    case DOCUMENT_SITE_CHANGE:
        add_cannula_words(event, out);
        break;
    case DOCUMENT_NOTE:
        add_tubing_words(event, out);
        break;
    case DOCUMENT_SLEEP:
        add_sleep_words(document, event, out);
        break;
    case DOCUMENT_EXERCISE:
        add_exercise_words(document, log, out);
        break;
    case DOCUMENT_SENSOR_START:
        buffer_add_text(out,
                        event->kind == EVENT_SENSOR_JOINED ? "CGM Session Joined" : "CGM Session Started");
        break;
    case DOCUMENT_SENSOR_STOP:
        buffer_add_text(out, "CGM Session Stopped");
        break;
    case DOCUMENT_CGM_ALERT:
        add_alert_words(event, out);
        break;
    default:
        break;
    }
}

/* ---- amounts ---- */

bool document_insulin(const struct document *document, const struct pump_log *log, int64_t *milliunits)
{
    *milliunits = event_of(document, log)->bolus.insulin;
    return *milliunits > 0; /* Nightscout drops a zero anyway */
}

bool document_carbs(const struct document *document, const struct pump_log *log, int64_t *thousandths)
{
    const struct pump_event *request = related(document, log, 0);
    *thousandths = request && event_knows(request, bolus.carbs) ? request->bolus.carbs : 0;
    return *thousandths > 0;
}

bool document_glucose(const struct document *document, const struct pump_log *log, int64_t *mg_per_dl)
{
    const struct pump_event *request = related(document, log, 0);
    *mg_per_dl = request && event_knows(request, bolus.glucose) ? request->bolus.glucose : 0;
    return *mg_per_dl >= 20;
}

/* ---- the JSON ---- */

static void write_text(struct json_writer *writer, const char *key, const char *text)
{
    if (*text == '\0')
        return;
    json_write_key(writer, key);
    json_write_text(writer, text);
}

static void write_thousandths(struct json_writer *writer, const char *key, int64_t value)
{
    json_write_key(writer, key);
    json_write_thousandths(writer, value);
}

static void write_event_id(const struct document *document, const struct pump_log *log,
                           struct json_writer *writer)
{
    struct buffer id;
    buffer_init(&id, 200);
    document_event_id(document, log, &id);
    write_text(writer, "pump_event_id", id.data);
    buffer_clear(&id);
    buffer_addf(&id, "%08" PRIx32, document_source(document, log));
    write_text(writer, "pump_event_source", id.data);
    buffer_free(&id);
}

static void write_bolus(const struct document *document, const struct pump_log *log,
                        struct json_writer *writer)
{
    int64_t amount;
    if (document_insulin(document, log, &amount))
        write_thousandths(writer, "insulin", amount);
    if (document_carbs(document, log, &amount))
        write_thousandths(writer, "carbs", amount);
    if (document_glucose(document, log, &amount)) {
        char text[24];
        snprintf(text, sizeof text, "%" PRId64, amount);
        write_text(writer, "glucose", text);
        write_text(writer, "glucoseType",
                   "Manual"); /* typed or taken from the sensor: the log does not tell */
        write_text(writer, "units", "mg/dl");
    }
}

static void write_treatment(const struct document *document, const struct pump_log *log,
                            const struct time_zone *zone, struct json_writer *writer)
{
    char time[CIVIL_TEXT_SIZE];
    struct buffer words;
    buffer_init(&words, 200);
    document_words(document, log, &words);
    write_text(writer, "eventType", document_kind_name(document->kind));
    write_text(writer, "created_at", time_zone_format(zone, time, document->time, document->millisecond));
    write_text(writer, "enteredBy", ENTERED_BY);
    write_event_id(document, log, writer);
    if (document->kind == DOCUMENT_TEMP_BASAL) {
        write_thousandths(writer, "rate", event_of(document, log)->basal.rate);
        write_thousandths(writer, "absolute", event_of(document, log)->basal.rate);
    } else if (document->kind == DOCUMENT_COMBO_BOLUS) {
        write_bolus(document, log, writer);
    }
    if (document->duration != NO_DURATION) {
        json_write_key(writer, "duration");
        json_write_double(writer, (double)document->duration / SECONDS_PER_MINUTE);
    }
    if (document->kind != DOCUMENT_COMBO_BOLUS)
        write_text(writer, "reason", words.data);
    if (document->kind != DOCUMENT_TEMP_BASAL)
        write_text(writer, "notes", words.data);
    buffer_free(&words);
}

/* By the rate in tenths of mg/dL per minute; NULL where the sensor gave none that is plausible. */
static const char *direction(const struct pump_event *event)
{
    static const struct {
        int64_t above; /* tenths */
        const char *name;
    } rising[] = {{30, "DoubleUp"}, {20, "SingleUp"}, {10, "FortyFiveUp"}},
      falling[] = {{30, "DoubleDown"}, {20, "SingleDown"}, {10, "FortyFiveDown"}};
    int64_t rate = event->reading.rate;
    if (!event_knows(event, reading.rate) || rate < -80 || rate > 80)
        return "";
    for (int i = 0; i < 3; i++) {
        if (rate > rising[i].above)
            return rising[i].name;
        if (-rate > falling[i].above)
            return falling[i].name;
    }
    return "Flat";
}

static void write_reading(const struct document *document, const struct pump_log *log,
                          const struct time_zone *zone, struct json_writer *writer)
{
    const struct pump_event *event = event_of(document, log);
    int64_t status = event->reading.status, glucose = event->reading.glucose;
    char time[CIVIL_TEXT_SIZE];
    if (status == 1 || (status != 2 && glucose > HIGHEST_READING))
        glucose = HIGHEST_READING + 1;
    else if (status == 2 || glucose < LOWEST_READING)
        glucose = LOWEST_READING - 1;
    write_text(writer, "type", "sgv");
    json_write_key(writer, "sgv");
    json_write_integer(writer, glucose);
    json_write_key(writer, "date");
    json_write_integer(writer, document->time * 1000 + document->millisecond);
    write_text(writer, "dateString", time_zone_format(zone, time, document->time, document->millisecond));
    write_text(writer, "direction", direction(event));
    write_text(writer, "device", ENTERED_BY);
    write_event_id(document, log, writer);
}

static void write_device_status(const struct document *document, const struct pump_log *log,
                                const struct time_zone *zone, struct json_writer *writer)
{
    const struct pump_event *event = event_of(document, log), *iob = related(document, log, 0),
                            *suspension = related(document, log, 1);
    char time[CIVIL_TEXT_SIZE];
    write_text(writer, "device", ENTERED_BY);
    /* Old servers keep a device status's created_at as sent and compare it as text: only UTC sorts and is
     * found. */
    write_text(writer, "created_at", civil_format_utc(time, document->time * 1000));
    write_event_id(document, log, writer);
    json_write_key(writer, "pump");
    json_open_object(writer);
    write_text(writer, "clock", time);
    if (event_knows(event, battery.percent) || event_knows(event, battery.millivolts)) {
        json_write_key(writer, "battery");
        json_open_object(writer);
        if (event_knows(event, battery.percent)) {
            json_write_key(writer, "percent");
            json_write_integer(writer, event->battery.percent);
        }
        if (event_knows(event, battery.millivolts))
            write_thousandths(writer, "voltage", event->battery.millivolts);
        json_close_object(writer);
    }
    if (iob) {
        json_write_key(writer, "iob");
        json_open_object(writer);
        write_thousandths(writer, "bolusiob",
                          iob->kind == EVENT_DAILY_BASAL ? iob->battery.iob : iob->bolus.iob);
        write_text(writer, "timestamp", time_zone_format(zone, time, iob->time, 0));
        json_close_object(writer);
    }
    bool suspended = suspension && suspension->kind == EVENT_SUSPENDED;
    json_write_key(writer, "status");
    json_open_object(writer);
    write_text(writer, "status", suspended ? "suspended" : "normal");
    json_write_key(writer, "suspended");
    json_write_boolean(writer, suspended);
    write_text(writer, "timestamp",
               time_zone_format(zone, time, suspension ? suspension->time : document->time, 0));
    json_close_object(writer);
    json_close_object(writer);
}

void document_write(const struct document *document, const struct pump_log *log, const struct time_zone *zone,
                    struct json_writer *writer)
{
    json_open_object(writer);
    if (document->kind == DOCUMENT_READING)
        write_reading(document, log, zone, writer);
    else if (document->kind == DOCUMENT_DEVICE_STATUS)
        write_device_status(document, log, zone, writer);
    else
        write_treatment(document, log, zone, writer);
    json_close_object(writer);
}
