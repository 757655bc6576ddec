#include "tconnectsync/page/day_picture.h"

#include <stdlib.h>

#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/documents/document.h"
#include "tconnectsync/pump/feature.h"
#include "tconnectsync/pump/pump_log.h"

#define CLOSEST_READINGS (4 * SECONDS_PER_MINUTE)
#define HIGHEST_GLUCOSE  401
#define LOWEST_GLUCOSE   39
#define CALIBRATION_BIT  3
#define SAME_STEP        (2 * SECONDS_PER_MINUTE)
enum reading_status { STATUS_HIGH = 1, STATUS_LOW = 2, STATUS_DO_NOT_SHOW = 6 };
enum automatic_option { AUTOMATIC_BOLUS = 3, EATING_SOON_AUTOMATIC_BOLUS = 6 };

void day_picture_init(struct day_picture *picture)
{
    *picture = (struct day_picture){.newest_event = NO_TIME};
}

int64_t day_picture_newest_reading(const struct day_picture *picture)
{
    return picture->reading_count ? picture->readings[picture->reading_count - 1].time : NO_TIME;
}

static int by_time(const void *a, const void *b)
{
    /* The time is the first member of every list's items. */
    const int64_t first = *(const int64_t *)a, second = *(const int64_t *)b;
    return (first > second) - (first < second);
}

/* Equal rates that adjoin are one step. */
static void join_steps(struct day_picture *picture)
{
    size_t kept = 0;
    for (size_t i = 0; i < picture->step_count; i++) {
        struct day_step *last = kept ? &picture->steps[kept - 1] : NULL;
        const struct day_step *step = &picture->steps[i];
        if (last && last->rate == step->rate && llabs(step->from - last->until) <= SAME_STEP)
            last->until = step->until;
        else
            picture->steps[kept++] = *step;
    }
    picture->step_count = kept;
}

static void add_step(struct day_picture *picture, const struct document *document, const struct pump_log *log,
                     int64_t since)
{
    if (document->duration <= 0 || document->time + document->duration <= since)
        return;
    if (picture->step_count == DAY_STEPS)
        join_steps(picture);
    if (picture->step_count < DAY_STEPS)
        picture->steps[picture->step_count++] = (struct day_step){
            document->time, document->time + document->duration, (int32_t)document_rate(document, log)};
}

static bool is_automatic(const struct document *document, const struct pump_log *log)
{
    if (document->related[1] == NO_EVENT)
        return false;
    const struct pump_event *request = &log->events[document->related[1]];
    return event_knows(request, bolus.option) &&
           (request->bolus.option == AUTOMATIC_BOLUS || request->bolus.option == EATING_SOON_AUTOMATIC_BOLUS);
}

static void add_bolus(struct day_picture *picture, const struct document *document,
                      const struct pump_log *log)
{
    int64_t insulin = 0, carbs = 0;
    document_insulin(document, log, &insulin);
    document_carbs(document, log, &carbs);
    if (picture->bolus_count < DAY_BOLUSES)
        picture->boluses[picture->bolus_count++] =
            (struct day_bolus){document->time, (int32_t)insulin, (int32_t)carbs, is_automatic(document, log)};
}

static void add_bar(struct day_picture *picture, enum day_bar_kind kind, int64_t from, int64_t until,
                    bool open)
{
    if (picture->bar_count < DAY_BARS && until > from)
        picture->bars[picture->bar_count++] = (struct day_bar){from, until, (uint8_t)kind, open};
}

/* Each suspension lasts until the next resume of the same pump, or as far as the log reaches. */
static void add_suspension(struct day_picture *picture, const struct documents *documents, size_t index,
                           const struct pump_log *log, int64_t since)
{
    const struct document *start = &documents->items[index];
    const unsigned pump = log->events[start->event].pump;
    for (size_t i = index + 1; i < documents->count; i++) {
        const struct document *next = &documents->items[i];
        if ((next->kind != DOCUMENT_BASAL_RESUME && next->kind != DOCUMENT_BASAL_SUSPENSION) ||
            log->events[next->event].pump != pump)
            continue;
        if (next->time > since)
            add_bar(picture, DAY_SUSPENDED, start->time, next->time, false);
        return;
    }
    add_bar(picture, DAY_SUSPENDED, start->time, pump_log_newest(log, pump, NULL), true);
}

static void add_document(struct day_picture *picture, const struct documents *documents, size_t index,
                         const struct pump_log *log, int64_t since)
{
    const struct document *document = &documents->items[index];
    const int64_t end = document->time + (document->duration > 0 ? document->duration : 0);
    switch ((enum document_kind)document->kind) {
    case DOCUMENT_TEMP_BASAL:
        add_step(picture, document, log, since);
        break;
    case DOCUMENT_COMBO_BOLUS:
        if (document->time > since)
            add_bolus(picture, document, log);
        break;
    case DOCUMENT_SLEEP:
    case DOCUMENT_EXERCISE:
        if (end > since)
            add_bar(picture, document->kind == DOCUMENT_SLEEP ? DAY_SLEEP : DAY_EXERCISE, document->time, end,
                    document->open);
        break;
    case DOCUMENT_BASAL_SUSPENSION:
        add_suspension(picture, documents, index, log, since);
        break;
    default:
        break;
    }
}

/* ---- glucose: from the log itself, so that it shows whether or not readings are carried over ---- */

static bool reading_glucose(const struct pump_event *event, int16_t *glucose)
{
    int64_t status = event_knows(event, reading.status) ? event->reading.status : 0;
    int64_t value = event->reading.glucose;
    if (status == STATUS_DO_NOT_SHOW ||
        (event_knows(event, reading.type) && event->reading.type >> CALIBRATION_BIT & 1))
        return false;
    if (status == STATUS_HIGH || (status != STATUS_LOW && value >= HIGHEST_GLUCOSE && value <= 600))
        value = HIGHEST_GLUCOSE;
    else if (status == STATUS_LOW || (value >= 20 && value <= LOWEST_GLUCOSE))
        value = LOWEST_GLUCOSE;
    else if (value < 20 || value > 600)
        return false;
    *glucose = (int16_t)value;
    return true;
}

static int64_t reading_time(const struct pump_event *event, const struct time_zone *zone)
{
    int64_t first, second;
    time_zone_instants(zone, READING_EPOCH + event->reading.time, &first, &second);
    return llabs(event->time - second) < llabs(event->time - first) ? second : first;
}

/* Readings closer than a sensor reads are one: records that came twice, or a sensor that reads each minute.
 */
static void thin_readings(struct day_picture *picture)
{
    size_t kept = 0;
    qsort(picture->readings, picture->reading_count, sizeof *picture->readings, by_time);
    for (size_t i = 0; i < picture->reading_count; i++)
        if (!kept || picture->readings[i].time - picture->readings[kept - 1].time >= CLOSEST_READINGS)
            picture->readings[kept++] = picture->readings[i];
    picture->reading_count = kept;
}

static void take_readings(struct day_picture *picture, const struct pump_log *log,
                          const struct time_zone *zone, int64_t since, int64_t now)
{
    picture->reading_count = 0;
    for (size_t i = 0; i < log->event_count; i++) {
        const struct pump_event *event = &log->events[i];
        struct day_reading reading;
        if (event->kind != EVENT_READING || event->time <= since || !reading_glucose(event, &reading.glucose))
            continue;
        reading.time = reading_time(event, zone);
        if (reading.time <= since || reading.time > now)
            continue;
        if (picture->reading_count == DAY_READINGS)
            thin_readings(picture);
        if (picture->reading_count < DAY_READINGS)
            picture->readings[picture->reading_count++] = reading;
    }
    thin_readings(picture);
}

/* ---- all of it ---- */

/* Bars of the kinds that the features bring are made anew. */
static void drop_bars(struct day_picture *picture, bool activities, bool suspensions)
{
    size_t kept = 0;
    for (size_t i = 0; i < picture->bar_count; i++)
        if (picture->bars[i].kind == DAY_SUSPENDED ? !suspensions : !activities)
            picture->bars[kept++] = picture->bars[i];
    picture->bar_count = kept;
}

static void note_newest(struct day_picture *picture, const struct pump_log *log)
{
    for (size_t i = 0; i < log->run_count; i++)
        if (log->runs[i].last_time > picture->newest_event) /* NO_TIME is less than every time */
            picture->newest_event = log->runs[i].last_time;
}

void day_picture_update(struct day_picture *picture, const struct documents *documents,
                        const struct pump_log *log, const struct time_zone *zone, int64_t now)
{
    const int64_t since = now - SECONDS_PER_DAY;
    const unsigned features = log->features;
    const unsigned suspending = FEATURE_BASAL | FEATURE_PUMP_EVENTS | FEATURE_PUMP_EVENTS_BASAL_SUSPENSION;
    picture->known = true;
    note_newest(picture, log);
    if (features & FEATURE_BASAL)
        picture->step_count = 0;
    if (features & FEATURE_BOLUS)
        picture->bolus_count = 0;
    drop_bars(picture, features & FEATURE_PUMP_EVENTS, features & suspending);
    for (size_t i = 0; i < documents->count; i++)
        add_document(picture, documents, i, log, since);
    qsort(picture->steps, picture->step_count, sizeof *picture->steps, by_time);
    qsort(picture->boluses, picture->bolus_count, sizeof *picture->boluses, by_time);
    qsort(picture->bars, picture->bar_count, sizeof *picture->bars, by_time);
    join_steps(picture);
    take_readings(picture, log, zone, since, now);
}

void day_picture_set_target(struct day_picture *picture, const struct json *settings)
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
