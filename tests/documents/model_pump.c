#include "model_pump.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/memory.h"

#define FIRST_SEQUENCE 100000
#define READING_EPOCH  INT64_C(1199145600)
#define NEAR_A_CHANGE  (4 * SECONDS_PER_HOUR)

uint64_t random_next(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}

int64_t random_below(uint64_t *state, int64_t count)
{
    return (int64_t)((random_next(state) >> 33) % (uint64_t)count);
}

static int64_t below(struct pump_history *history, int64_t count)
{
    return random_below(&history->random, count);
}

/* format: the properties. */
__attribute__((format(printf, 5, 6))) static void add(struct pump_history *history, int code, int64_t time,
                                                      int64_t amount, const char *format, ...)
{
    if (history->count == history->capacity) {
        history->capacity = history->capacity ? history->capacity * 2 : 1024;
        history->records = xreallocarray(history->records, history->capacity, sizeof *history->records);
    }
    char properties[300], wall[CIVIL_TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(properties, sizeof properties, format, arguments);
    va_end(arguments);
    struct pump_record *record = &history->records[history->count++];
    *record = (struct pump_record){.time = time, .code = code, .amount = amount};
    record->wall = time_zone_wall(history->zone, time);
    record->json = xasprintf("\"eventCode\":%d,\"pumpDateTime\":\"%s\",\"eventProperties\":{%s}}", code,
                             civil_format(wall, record->wall, 0, NO_OFFSET), properties);
    record->in_order = code == 229;
}

static void add_step(struct pump_history *history, int64_t time)
{
    int64_t rate = below(history, 6) ? below(history, 3000) : 0;
    int64_t reading = time_zone_wall(history->zone, time + 27) - READING_EPOCH;
    add(history, 279, time, rate, "\"commandedRate\":%" PRId64 ",\"commandedRateSource\":3", rate);
    if (below(history, 50) == 0)
        add(history, 279, time + below(history, 2), 500, "\"commandedRate\":500,\"commandedRateSource\":2");
    add(history, 399, time + 30, 0, "\"currentGlucoseDisplayValue\":%" PRId64 ",\"egvTimeStamp\":%" PRId64,
        40 + below(history, 360), reading);
    add(history, 3, time + 70 + below(history, 60), 0, "\"other\":[1,2]");
    add(history, 4, time + 180 + below(history, 110), 0, "\"commandedRate\":5");
}

static void add_bolus(struct pump_history *history, int64_t time, int64_t id)
{
    bool extended = below(history, 5) == 0, nothing_now = extended && below(history, 2) == 0;
    bool aborted = !extended && below(history, 10) == 0;
    int64_t now = aborted && below(history, 2) ? 0 : 50 + below(history, 9000),
            later = 50 + below(history, 4000);
    int64_t end = time + 30 + below(history, 200);
    int64_t carbs = below(history, 3) * 15, glucose = below(history, 2) ? 80 + below(history, 200) : 0;
    if (glucose) {
        add(history, 16, time - 2, 0, "\"bg\":%" PRId64 ",\"bgEntryType\":%" PRId64, glucose,
            below(history, 2));
        history->records[history->count - 1].in_order = true;
    }
    add(history, 64, time, 0, "\"bolusId\":%" PRId64 ",\"carbAmount\":%" PRId64 ",\"bg\":%" PRId64, id, carbs,
        glucose);
    history->records[history->count - 1].is_meal = nothing_now && (carbs || glucose);
    add(history, 65, time, 0, "\"bolusId\":%" PRId64 ",\"options\":%d,\"userOverride\":%" PRId64, id,
        extended, below(history, 2));
    add(history, 66, time, 0, "\"bolusId\":%" PRId64, id);
    if (!nothing_now)
        add(history, 20, end, now,
            "\"bolusId\":%" PRId64 ",\"completionStatus\":%d,\"insulinDelivered\":%.3f", id, aborted ? 0 : 3,
            (double)now / 1000);
    history->records[history->count - 1].in_order |= extended;
    if (!extended)
        return;
    add(history, 59, end + 1, 0, "\"bolusId\":%" PRId64, id);
    history->records[history->count - 1].in_order = true;
    add(history, 21, end + 1800 + below(history, 7200), later,
        "\"bolusId\":%" PRId64 ",\"completionStatus\":3,\"insulinDelivered\":%.3f", id, (double)later / 1000);
    history->records[history->count - 1].begin = end + 1;
}

static void add_day(struct pump_history *history, int64_t time, int64_t day)
{
    int64_t night = time + 22 * SECONDS_PER_HOUR + below(history, 3600);
    for (int64_t i = 4 + below(history, 6); i > 0; i--)
        add_bolus(history, time + below(history, SECONDS_PER_DAY), day * 20 + i);
    add(history, 229, night, 0,
        "\"requestedAction\":1,\"currentUserMode\":1,\"previousUserMode\":0,\"sleepStartedByGui\":%" PRId64,
        below(history, 2));
    if (below(history, 8))
        add(history, 229, night + 5 * SECONDS_PER_HOUR + below(history, 3600), 0,
            "\"requestedAction\":2,\"currentUserMode\":0,\"previousUserMode\":1");
    int64_t hour = time + below(history, 20) * SECONDS_PER_HOUR;
    switch (below(history, 5)) {
    case 0:
        add(history, 33, hour, 0, "\"insulinVolume\":180");
        add(history, 63, hour, 0, "\"primeSize\":12");
        add(history, 61, hour + 600, 0, "\"primeSize\":0.3");
        break;
    case 1:
        add(history, 229, hour, 0, "\"requestedAction\":3");
        add(history, 229, hour + 2400, 0, "\"requestedAction\":%d", below(history, 2) ? 4 : 5);
        break;
    case 2:
        add(history, 11, hour, 0, "\"suspendReason\":0");
        add(history, 12, hour + 1200, 0, "\"insulinAmount\":80");
        break;
    case 3: /* two of one kind in one second */
        add(history, 5, hour, 0, "\"alarmId\":2");
        add(history, 5, hour, 0, "\"alarmId\":8");
        break;
    default:
        break;
    }
}

static int compare_times(const void *left, const void *right)
{
    const struct pump_record *a = left, *b = right;
    if (a->time != b->time)
        return a->time < b->time ? -1 : 1;
    return (a->sequence > b->sequence) - (a->sequence < b->sequence);
}

/* Off between two times: nothing was logged. Not where a sleep, an exercise or an extended bolus would lose
   its beginning or end, and not near a change of the clocks, where an hour of it could not be told from the
   clock. */
static void switch_off(struct pump_history *history, int64_t from, int64_t to)
{
    if (time_zone_offset(history->zone, from - NEAR_A_CHANGE) !=
        time_zone_offset(history->zone, to + NEAR_A_CHANGE))
        return;
    for (size_t i = 0; i < history->count; i++)
        if ((history->records[i].code == 229 || history->records[i].code == 59) &&
            history->records[i].time > from && history->records[i].time < to)
            return;
    size_t kept = 0;
    for (size_t i = 0; i < history->count; i++)
        if (history->records[i].time <= from || history->records[i].time >= to)
            history->records[kept++] = history->records[i];
        else
            free(history->records[i].json);
    history->count = kept;
    for (size_t i = 0; i + 1 < kept; i++)
        if (history->records[i].time <= from && history->records[i + 1].time >= to)
            history->records[i].last_before_off = true;
}

/* Most records come with the next hour's upload, some hours later. What decides about another's document (the
   start of a sleep, the first part of an extended bolus) comes in order: what was written in the meantime
   would stand. */
static void arrive(struct pump_history *history)
{
    for (size_t i = 0; i < history->count; i++) {
        struct pump_record *record = &history->records[i];
        record->sequence = FIRST_SEQUENCE + (int64_t)i;
        record->arrival = (record->time / SECONDS_PER_HOUR + 1) * SECONDS_PER_HOUR;
        if (!record->in_order && below(history, 12) == 0)
            record->arrival += (1 + below(history, 5)) * SECONDS_PER_HOUR;
    }
}

/* The end of the extended bolus that the request at index asked for is part of this life. */
static bool has_extended(const struct pump_history *history, size_t index)
{
    const char *id = strstr(history->records[index].json, "\"bolusId\":");
    size_t length = strcspn(id, ",") + 1;
    for (size_t i = index; i < history->count; i++) {
        const char *other =
            history->records[i].code == 21 ? strstr(history->records[i].json, "\"bolusId\":") : NULL;
        if (other && strncmp(id, other, length) == 0)
            return true;
    }
    return false;
}

static void expect(struct pump_history *history)
{
    static const struct {
        int code;
        enum document_kind kind;
    } gives[] = {
        {279, DOCUMENT_TEMP_BASAL},  {11, DOCUMENT_TEMP_BASAL}, {11, DOCUMENT_BASAL_SUSPENSION},
        {12, DOCUMENT_BASAL_RESUME}, {5, DOCUMENT_ALARM},       {33, DOCUMENT_INSULIN_CHANGE},
        {61, DOCUMENT_SITE_CHANGE},  {63, DOCUMENT_NOTE},       {399, DOCUMENT_READING},
    };
    for (size_t i = 0; i < history->count; i++) {
        const struct pump_record *record = &history->records[i];
        for (size_t j = 0; j < sizeof gives / sizeof *gives; j++)
            history->expected[gives[j].kind] += gives[j].code == record->code;
        history->expected[DOCUMENT_TEMP_BASAL] -= record->code == 11 && !pump_history_gives_basal(history, i);
        history->expected[DOCUMENT_COMBO_BOLUS] += record->code == 20 && record->amount > 0;
        if (record->code == 21) /* a part for each half-hour that it began */
            history->expected[DOCUMENT_COMBO_BOLUS] += (size_t)((record->time - record->begin + 1799) / 1800);
        history->expected[DOCUMENT_COMBO_BOLUS] += record->is_meal && has_extended(history, i);
        if (record->code == 229 && strstr(record->json, "\"requestedAction\":1"))
            history->expected[DOCUMENT_SLEEP]++;
        if (record->code == 229 && strstr(record->json, "\"requestedAction\":3"))
            history->expected[DOCUMENT_EXERCISE]++;
    }
}

void pump_history_make(struct pump_history *history, const struct time_zone *zone, int64_t begin, int days,
                       int64_t step, uint64_t seed)
{
    *history =
        (struct pump_history){.begin = begin, .random = seed * UINT64_C(0x9E3779B97F4A7C15), .zone = zone};
    history->end = begin + (int64_t)days * SECONDS_PER_DAY;
    for (int64_t day = 0; day < days; day++)
        add_day(history, begin + day * SECONDS_PER_DAY, day);
    for (int64_t time = begin; time < history->end; time += step)
        add_step(history, time);
    for (size_t i = 0; i < history->count; i++)
        history->records[i].sequence = (int64_t)i; /* an order for those of one second */
    qsort(history->records, history->count, sizeof *history->records, compare_times);
    while (history->records[history->count - 1].time >= history->end)
        free(history->records[--history->count].json);
    for (int64_t off = begin + below(history, 5 * SECONDS_PER_DAY); off < history->end - SECONDS_PER_DAY;
         off += SECONDS_PER_DAY + below(history, 8 * SECONDS_PER_DAY))
        switch_off(history, off, off + 1800 + below(history, 10 * SECONDS_PER_HOUR));
    arrive(history);
    expect(history);
}

void pump_history_free(struct pump_history *history)
{
    for (size_t i = 0; i < history->count; i++)
        free(history->records[i].json);
    free(history->records);
}

const struct pump_record *pump_history_find(const struct pump_history *history, int64_t sequence)
{
    return &history->records[sequence - FIRST_SEQUENCE];
}

bool pump_history_gives_basal(const struct pump_history *history, size_t index)
{
    const struct pump_record *record = &history->records[index];
    return record->code == 279 ||
           (record->code == 11 && pump_history_basal_end(history, index) > record->time);
}

int64_t pump_history_basal_end(const struct pump_history *history, size_t index)
{
    for (size_t i = index; i < history->count; i++)
        if (history->records[i].last_before_off ||
            (i > index && (history->records[i].code == 279 || history->records[i].code == 11)))
            return history->records[i].time;
    int64_t newest = history->records[history->count - 1].time, least = history->records[index].time + 300;
    return newest > least ? newest : least;
}
