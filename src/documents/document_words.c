/* What a document says: the pump's word for its reason, and a parent's for its notes. */
#include "tconnectsync/documents/document.h"

#include <inttypes.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/pump/pump_log.h"

#define DEXCOM_ALERT 369
#define LIBRE_ALERT  460

/* ---- the pump's word ---- */

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
    if (document->parts > 0)
        buffer_add_text(out, "Extended Bolus");
    if (document->parts > 1)
        buffer_addf(out, " (%u of %u)", document->part, document->parts);
    if (document->related[1] == NO_EVENT)
        return;
    const struct pump_event *options = &log->events[document->related[1]];
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
    buffer_add_text(out,
                    log->events[document->event].mode.exercise_timed == 1 ? "Exercise (Timed)" : "Exercise");
    if (document->ended && log->events[document->related[0]].mode.exercise_stopped_by_timer == 1)
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
    const struct pump_event *event = &log->events[document->event];
    switch (document->kind) {
    case DOCUMENT_TEMP_BASAL:
        if (event->kind == EVENT_SUSPENDED)
            buffer_add_text(out, basal_source_name(0));
        else if (event_knows(event, basal.source))
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

/* ---- the same in a parent's words ---- */

#define LOOK_UP(table, number)                                                                               \
    ((number) >= 0 && (number) < (int64_t)(sizeof(table) / sizeof *(table)) ? (table)[number] : NULL)

static const char *plain_suspension(int64_t reason)
{
    static const char *const words[] = {
        [0] = "Suspended by the user",
        [1] = "Stopped by an alarm",
        [2] = "Stopped by a malfunction",
        [6] = "Suspended automatically: glucose was going low",
    };
    return LOOK_UP(words, reason);
}

static const char *plain_alarm(const struct pump_event *event)
{
    static const char cartridge[] = "Problem with the cartridge",
                      temperature[] = "The pump is too hot or too cold",
                      blocked[] = "Insulin flow is blocked", pressure[] = "Air pressure out of range";
    static const char *const words[] = {
        [0] = cartridge,
        [1] = cartridge,
        [2] = blocked,
        [3] = "The pump restarted",
        [5] = cartridge,
        [6] = cartridge,
        [7] = "Insulin stopped: no button was pressed for too long",
        [8] = "The cartridge is empty",
        [9] = cartridge,
        [10] = temperature,
        [11] = temperature,
        [12] = "The battery is empty: the pump shuts down",
        [14] = "The pump lost its date",
        [15] = temperature,
        [16] = cartridge,
        [20] = cartridge,
        [21] = pressure,
        [22] = "A button is stuck",
        [24] = pressure,
        [25] = "The cartridge was removed",
        [26] = blocked,
        [29] = cartridge,
        [30] = cartridge,
        [31] = cartridge,
    };
    return event->kind == EVENT_MALFUNCTION ? "The pump has a malfunction" : LOOK_UP(words, event->alarm.id);
}

static const char *plain_alert(int64_t id)
{
    static const char *const words[] = {
        [1] = "Urgent low glucose",
        [2] = "High glucose",
        [3] = "Low glucose",
        [8] = "Glucose is falling fast",
        [11] = "The sensor failed",
        [12] = "The sensor expires soon",
        [13] = "The sensor expired",
        [14] = "No signal from the sensor",
        [20] = "Transmitter error",
        [22] = "The sensor expires soon",
        [25] = "Replace the sensor",
        [26] = "The sensor is too hot or too cold",
        [27] = "No connection to the sensor",
        [39] = "The transmitter expired",
        [40] = "The pump's Bluetooth has an error",
        [45] = "The transmitter expires soon",
        [46] = "The transmitter expires soon",
        [48] = "No glucose readings",
    };
    return LOOK_UP(words, id);
}

void document_notes(const struct document *document, const struct pump_log *log, struct buffer *out)
{
    const struct pump_event *event = &log->events[document->event];
    const char *plain = NULL;
    if (document->kind == DOCUMENT_BASAL_SUSPENSION && event_knows(event, suspended.reason))
        plain = plain_suspension(event->suspended.reason);
    else if (document->kind == DOCUMENT_ALARM)
        plain = plain_alarm(event);
    else if (document->kind == DOCUMENT_CGM_ALERT)
        plain = plain_alert(event->alarm.id);
    if (plain)
        buffer_add_text(out, plain);
    else
        document_words(document, log, out);
}
