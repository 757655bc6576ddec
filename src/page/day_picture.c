/* From a pump's log to a day's lists, and to what the pump told last. */
#include "tconnectsync/page/day_picture.h"

#include <stdio.h>
#include <stdlib.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/documents/document.h"
#include "tconnectsync/pump/feature.h"
#include "tconnectsync/pump/pump_log.h"
#include "tconnectsync/pump/pump_settings.h"

#define CLOSEST_READINGS (4 * SECONDS_PER_MINUTE)
#define HIGHEST_GLUCOSE  401
#define LOWEST_GLUCOSE   39
#define SAME_STEP        (2 * SECONDS_PER_MINUTE)
enum reading_status { STATUS_HIGH = 1, STATUS_LOW = 2 };
enum automatic_option { AUTOMATIC_BOLUS = 3, EATING_SOON_AUTOMATIC_BOLUS = 6 };
enum basal_source { SOURCE_ALGORITHM = 3, SOURCE_TEMP_RATE_AND_ALGORITHM = 4 };

void day_picture_init(struct day_picture *picture)
{
    *picture = (struct day_picture){.newest_event = NO_TIME, .read_from = NO_TIME};
    for (int fact = 0; fact < FACT_COUNT; fact++)
        picture->facts[fact].time = NO_TIME;
}

int64_t day_picture_newest_reading(const struct day_picture *picture)
{
    return picture->facts[FACT_GLUCOSE].time;
}

int32_t day_picture_profile_rate(const struct day_picture *picture, int64_t wall)
{
    const int64_t minute = civil_second_of_day(wall) / SECONDS_PER_MINUTE;
    int32_t rate = -1;
    for (size_t i = 0; i < picture->segment_count && picture->segments[i].minute <= minute; i++)
        rate = picture->segments[i].rate;
    return rate;
}

static int by_time(const void *a, const void *b)
{
    /* The time is the first member of every list's items. */
    const int64_t first = *(const int64_t *)a, second = *(const int64_t *)b;
    return (first > second) - (first < second);
}

/* What is being gathered from where. */
struct gathering {
    struct day_picture *picture;
    struct pump_log *log;
    struct documents documents;
    int64_t since, until, now;
};

static bool lies_within(const struct gathering *gathering, int64_t time)
{
    return time > gathering->since && time <= gathering->until;
}

/* What a fast clock dates ahead waits until its time has come: a fact is the last of what has happened. */
static void learn(struct gathering *gathering, enum day_fact_kind kind, int64_t time, int64_t value)
{
    struct day_fact *fact = &gathering->picture->facts[kind];
    if (time > gathering->now)
        return;
    if (time >= fact->time || fact->time > gathering->now) /* NO_TIME is less than every time */
        *fact = (struct day_fact){time, value};
}

/* ---- basal ---- */

/* Equal rates that adjoin are one step. */
static void join_steps(struct day_picture *picture)
{
    size_t kept = 0;
    for (size_t i = 0; i < picture->step_count; i++) {
        struct day_step *last = kept ? &picture->steps[kept - 1] : NULL;
        const struct day_step *step = &picture->steps[i];
        if (last && last->rate == step->rate && last->automatic == step->automatic &&
            llabs(step->from - last->until) <= SAME_STEP)
            last->until = step->until;
        else
            picture->steps[kept++] = *step;
    }
    picture->step_count = kept;
}

static void add_step(struct gathering *gathering, const struct document *document)
{
    struct day_picture *picture = gathering->picture;
    const struct pump_event *event = &gathering->log->events[document->event];
    const bool automatic =
        event->kind == EVENT_BASAL && event_knows(event, basal.source) &&
        (event->basal.source == SOURCE_ALGORITHM || event->basal.source == SOURCE_TEMP_RATE_AND_ALGORITHM);
    if (document->duration <= 0 || document->time + document->duration <= gathering->since ||
        document->time >= gathering->until)
        return;
    if (picture->step_count == DAY_STEPS)
        join_steps(picture);
    if (picture->step_count < DAY_STEPS)
        picture->steps[picture->step_count++] =
            (struct day_step){document->time, document->time + document->duration,
                              (int32_t)document_rate(document, gathering->log), automatic};
}

/* ---- boluses ---- */

static bool is_automatic(const struct document *document, const struct pump_log *log)
{
    if (document->related[1] == NO_EVENT)
        return false;
    const struct pump_event *request = &log->events[document->related[1]];
    return event_knows(request, bolus.option) &&
           (request->bolus.option == AUTOMATIC_BOLUS || request->bolus.option == EATING_SOON_AUTOMATIC_BOLUS);
}

static void add_bolus(struct gathering *gathering, const struct document *document)
{
    struct day_picture *picture = gathering->picture;
    int64_t insulin, carbs;
    if (document_insulin(document, gathering->log, &insulin))
        learn(gathering, FACT_BOLUS, document->time, insulin);
    if (document_carbs(document, gathering->log, &carbs))
        learn(gathering, FACT_CARBS, document->time, carbs);
    if (picture->bolus_count < DAY_BOLUSES && lies_within(gathering, document->time))
        picture->boluses[picture->bolus_count++] = (struct day_bolus){
            document->time, (int32_t)insulin, (int32_t)carbs, is_automatic(document, gathering->log)};
}

/* ---- what lasts ---- */

static void add_bar(struct gathering *gathering, enum day_bar_kind kind, int64_t from, int64_t until,
                    bool open)
{
    struct day_picture *picture = gathering->picture;
    if (picture->bar_count < DAY_BARS && until > from && until > gathering->since && from < gathering->until)
        picture->bars[picture->bar_count++] = (struct day_bar){from, until, (uint8_t)kind, open};
}

/* Each suspension lasts until the next resume of the same pump, or as far as the log reaches. */
static void add_suspension(struct gathering *gathering, size_t index)
{
    const struct documents *documents = &gathering->documents;
    const struct pump_log *log = gathering->log;
    const struct document *start = &documents->items[index];
    const unsigned pump = log->events[start->event].pump;
    for (size_t i = index + 1; i < documents->count; i++) {
        const struct document *next = &documents->items[i];
        if ((next->kind != DOCUMENT_BASAL_RESUME && next->kind != DOCUMENT_BASAL_SUSPENSION) ||
            log->events[next->event].pump != pump)
            continue;
        add_bar(gathering, DAY_SUSPENDED, start->time, next->time, false);
        return;
    }
    add_bar(gathering, DAY_SUSPENDED, start->time, pump_log_newest(log, pump, NULL), true);
}

/* ---- what happens at a moment ---- */

static void add_mark(struct gathering *gathering, const struct document *document, enum day_mark_kind kind)
{
    struct day_picture *picture = gathering->picture;
    struct buffer words;
    if (picture->mark_count == DAY_MARKS || !lies_within(gathering, document->time))
        return;
    struct day_mark *mark = &picture->marks[picture->mark_count++];
    *mark = (struct day_mark){.time = document->time, .kind = (uint8_t)kind};
    if (kind != DAY_ALARM && kind != DAY_ALERT)
        return;
    buffer_init(&words, 500);
    document_words(document, gathering->log, &words);
    snprintf(mark->words, sizeof mark->words, "%s", words.data);
    buffer_free(&words);
}

static void add_change(struct gathering *gathering, const struct document *document, enum day_mark_kind mark,
                       enum day_fact_kind fact)
{
    add_mark(gathering, document, mark);
    learn(gathering, fact, document->time, 0);
}

/* ---- glucose ---- */

/* Readings closer than a sensor reads are one: records that came twice, or a sensor
   that reads each minute. */
static void thin_readings(struct day_picture *picture)
{
    size_t kept = 0;
    qsort(picture->readings, picture->reading_count, sizeof *picture->readings, by_time);
    for (size_t i = 0; i < picture->reading_count; i++)
        if (!kept || picture->readings[i].time - picture->readings[kept - 1].time >= CLOSEST_READINGS)
            picture->readings[kept++] = picture->readings[i];
    picture->reading_count = kept;
}

static void add_reading(struct gathering *gathering, const struct document *document)
{
    struct day_picture *picture = gathering->picture;
    const struct pump_event *event = &gathering->log->events[document->event];
    const int64_t status = event_knows(event, reading.status) ? event->reading.status : 0;
    int64_t value = event->reading.glucose;
    if (status == STATUS_HIGH || (status != STATUS_LOW && value > HIGHEST_GLUCOSE))
        value = HIGHEST_GLUCOSE;
    else if (status == STATUS_LOW || value < LOWEST_GLUCOSE)
        value = LOWEST_GLUCOSE;
    learn(gathering, FACT_GLUCOSE, document->time, value);
    if (event_knows(event, reading.rate))
        learn(gathering, FACT_TREND, document->time, event->reading.rate);
    if (!lies_within(gathering, document->time))
        return;
    if (picture->reading_count == DAY_READINGS)
        thin_readings(picture);
    if (picture->reading_count < DAY_READINGS)
        picture->readings[picture->reading_count++] = (struct day_reading){document->time, (int16_t)value};
}

/* ---- all of it ---- */

static void add_document(struct gathering *gathering, size_t index)
{
    const struct document *document = &gathering->documents.items[index];
    const int64_t end = document->time + (document->duration > 0 ? document->duration : 0);
    switch ((enum document_kind)document->kind) {
    case DOCUMENT_TEMP_BASAL:
        add_step(gathering, document);
        break;
    case DOCUMENT_COMBO_BOLUS:
        add_bolus(gathering, document);
        break;
    case DOCUMENT_SLEEP:
    case DOCUMENT_EXERCISE:
        add_bar(gathering, document->kind == DOCUMENT_SLEEP ? DAY_SLEEP : DAY_EXERCISE, document->time, end,
                document->open);
        break;
    case DOCUMENT_BASAL_SUSPENSION:
        add_suspension(gathering, index);
        break;
    case DOCUMENT_READING:
        add_reading(gathering, document);
        break;
    case DOCUMENT_ALARM:
        add_mark(gathering, document, DAY_ALARM);
        break;
    case DOCUMENT_CGM_ALERT:
        add_mark(gathering, document, DAY_ALERT);
        break;
    case DOCUMENT_SITE_CHANGE:
        add_change(gathering, document, DAY_SITE, FACT_SITE);
        break;
    case DOCUMENT_INSULIN_CHANGE:
        add_change(gathering, document, DAY_CARTRIDGE, FACT_CARTRIDGE);
        break;
    case DOCUMENT_SENSOR_START:
        add_change(gathering, document, DAY_SENSOR, FACT_SENSOR);
        break;
    default:
        break;
    }
}

/* Battery, units left and insulin on board stand in records that give no document each. */
static void learn_status(struct gathering *gathering)
{
    for (size_t i = 0; i < gathering->log->event_count; i++) {
        const struct pump_event *event = &gathering->log->events[i];
        const bool is_status = event->kind == EVENT_DAILY_BASAL || event->kind == EVENT_PUMP_STATUS;
        if (event->time == NO_TIME)
            continue;
        if (is_status && event_knows(event, battery.percent))
            learn(gathering, FACT_BATTERY, event->time, event->battery.percent);
        if (is_status && event_knows(event, battery.reservoir))
            learn(gathering, FACT_RESERVOIR, event->time, event->battery.reservoir);
        if (is_status && event_knows(event, battery.iob))
            learn(gathering, FACT_IOB, event->time, event->battery.iob);
        if (pump_event_is_bolus(event) && event_knows(event, bolus.iob))
            learn(gathering, FACT_IOB, event->time, event->bolus.iob);
    }
}

/* How far the log reaches, and from where. */
static void note_reach(struct day_picture *picture, const struct pump_log *log)
{
    for (size_t i = 0; i < log->run_count; i++) {
        const struct log_run *run = &log->runs[i];
        if (run->last_time > picture->newest_event) /* NO_TIME is less than every time */
            picture->newest_event = run->last_time;
        if (run->first_time != NO_TIME &&
            (picture->read_from == NO_TIME || run->first_time < picture->read_from))
            picture->read_from = run->first_time;
    }
}

void day_picture_update(struct day_picture *picture, const struct pump_log *log, const struct time_zone *zone,
                        int64_t since, int64_t until, int64_t now)
{
    struct pump_log quiet = *log; /* what is left out was counted and logged by the sync */
    struct gathering gathering = {
        .picture = picture, .log = &quiet, .since = since, .until = until, .now = now};
    const struct document_rules rules = {
        .features = FEATURES_ALL & ~(unsigned)FEATURES_NO_RECORD, .now = now, .to = until};
    quiet.journal = NULL;
    picture->known = true;
    picture->step_count = picture->bolus_count = picture->bar_count = 0;
    picture->reading_count = picture->mark_count = 0;
    note_reach(picture, log);
    documents_build(&quiet, zone, &rules, &gathering.documents);
    for (size_t i = 0; i < gathering.documents.count; i++)
        add_document(&gathering, i);
    documents_free(&gathering.documents);
    learn_status(&gathering);
    qsort(picture->steps, picture->step_count, sizeof *picture->steps, by_time);
    qsort(picture->boluses, picture->bolus_count, sizeof *picture->boluses, by_time);
    qsort(picture->bars, picture->bar_count, sizeof *picture->bars, by_time);
    qsort(picture->marks, picture->mark_count, sizeof *picture->marks, by_time);
    join_steps(picture);
    thin_readings(picture);
}

/* ---- settings ---- */

static void set_target(struct day_picture *picture, const struct json *settings)
{
    const struct json *cgm = json_get(settings, "cgmSettings");
    int64_t low, high;
    if (!json_integer(json_get(cgm, "lowGlucoseAlertMgPerDl"), &low) ||
        !json_integer(json_get(cgm, "highGlucoseAlertMgPerDl"), &high) || low < 40 || low >= high ||
        high > 400)
        return;
    picture->target_low = (int16_t)low;
    picture->target_high = (int16_t)high;
}

static void set_profile(struct day_picture *picture, const struct json *details)
{
    struct error error = {0};
    struct pump_settings *settings = details ? pump_settings_read(details, &error) : NULL;
    if (!settings)
        return;
    const struct pump_profile *active = settings->active;
    picture->segment_count = 0;
    for (size_t i = 0; i < active->segment_count && i < DAY_SEGMENTS; i++)
        picture->segments[picture->segment_count++] = (struct day_segment){
            (int16_t)active->segments[i].start_minute, (int32_t)active->segments[i].basal};
    pump_settings_free(settings);
}

void day_picture_set_settings(struct day_picture *picture, const struct json *settings)
{
    set_target(picture, settings);
    set_profile(picture, settings);
}
