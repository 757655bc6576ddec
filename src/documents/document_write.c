/* A document as the JSON that Nightscout gets. */
#include "tconnectsync/documents/document.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/pump/pump_log.h"

#define HIGHEST_READING 400
#define LOWEST_READING  40
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
    const struct pump_event *event = event_of(document, log);
    buffer_addf(out, "%" PRId64, event->sequence);
    if (document->kind == DOCUMENT_DEVICE_STATUS)
        return;
    if (document->parts > 1)
        buffer_addf(out, ",%u,%u", document->part, document->parts);
    if (document->kind == DOCUMENT_TEMP_BASAL && event->kind == EVENT_SUSPENDED)
        buffer_add_text(out, ",0");
    for (int i = 0; i < 3; i++)
        if (related(document, log, i))
            buffer_addf(out, ",%" PRId64, related(document, log, i)->sequence);
}

uint32_t document_source(const struct document *document, const struct pump_log *log)
{
    return pump_log_source(log, event_of(document, log));
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
        write_text(writer, "glucoseType", document_glucose_type(document, log));
        write_text(writer, "units", "mg/dl");
    }
}

static void write_treatment(const struct document *document, const struct pump_log *log,
                            const struct time_zone *zone, struct json_writer *writer)
{
    char time[CIVIL_TEXT_SIZE];
    struct buffer words, notes;
    buffer_init(&words, 200);
    buffer_init(&notes, 200);
    document_words(document, log, &words);
    document_notes(document, log, &notes);
    write_text(writer, "eventType", document_kind_name(document->kind));
    write_text(writer, "created_at", time_zone_format(zone, time, document->time, document->millisecond));
    write_text(writer, "enteredBy", ENTERED_BY);
    write_event_id(document, log, writer);
    if (document->kind == DOCUMENT_TEMP_BASAL) {
        write_thousandths(writer, "rate", document_rate(document, log));
        write_thousandths(writer, "absolute", document_rate(document, log));
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
        write_text(writer, "notes", notes.data);
    buffer_free(&words);
    buffer_free(&notes);
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

int64_t document_sgv(const struct document *document, const struct pump_log *log)
{
    const struct pump_event *event = event_of(document, log);
    int64_t status = event->reading.status, glucose = event->reading.glucose;
    if (status == 1 || (status != 2 && glucose > HIGHEST_READING))
        return HIGHEST_READING + 1;
    return status == 2 || glucose < LOWEST_READING ? LOWEST_READING - 1 : glucose;
}

static void write_reading(const struct document *document, const struct pump_log *log,
                          const struct time_zone *zone, struct json_writer *writer)
{
    const struct pump_event *event = event_of(document, log);
    char time[CIVIL_TEXT_SIZE];
    write_text(writer, "type", "sgv");
    json_write_key(writer, "sgv");
    json_write_integer(writer, document_sgv(document, log));
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
    /* Old servers keep a device status's created_at as sent and compare it as text: only
       UTC sorts and is found. */
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
    if (event_knows(event, battery.reservoir))
        write_thousandths(writer, "reservoir", event->battery.reservoir);
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
