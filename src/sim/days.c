/* Days of a pump: their order, sequence numbers, wall times, and the cache of their text. */
#include "days.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "record_json.h"
#include "scenario.h"
#include "tconnectsync/base/memory.h"

#define CACHED_DAYS 100

static void day_free(struct day *day)
{
    free(day->text);
    free(day);
}

void days_free(struct history *history)
{
    for (size_t i = 0; i < history->cache_count; i++)
        day_free(history->cache[i]);
    free(history->cache);
}

/* The days since 2008-01-01, as the pump counts them. */
static int32_t pump_day(int64_t wall)
{
    return (int32_t)(clock_day(wall) - 13879);
}

static int32_t millisecond_of_day(int64_t wall)
{
    return (int32_t)(wall - clock_day(wall) * DAY) * 1000;
}

/* A pump whose clock was set says so, in one record for the time, one for the date; the new time counts from
 * them on. */
static void build_clock_change(struct builder *builder, int64_t line)
{
    int64_t after = history_wall(builder->history, line),
            before = after - history_logged_jump(builder->history, line);
    int32_t raw = (int32_t)(after - 1199145600);
    if (millisecond_of_day(before) != millisecond_of_day(after))
        BUILD(builder, line, CODE_TIME_CHANGED, millisecond_of_day(before), millisecond_of_day(after), raw);
    if (pump_day(before) != pump_day(after))
        BUILD(builder, line, CODE_DATE_CHANGED, pump_day(before), pump_day(after), raw);
}

static void build_clock_changes(struct builder *builder)
{
    const struct history *history = builder->history;
    for (int64_t line = builder->from; line < builder->to; line += 900)
        build_clock_change(builder, line);
    for (size_t i = 0; i < history->shift_count; i++)
        if (history->shifts[i].line % 900 != 0 &&
            (i == 0 || history->shifts[i].line != history->shifts[i - 1].line))
            build_clock_change(builder, history->shifts[i].line);
}

/* Whatever nobody asked for fills the day up to its fixed number of records. */
static void build_noise(struct builder *builder)
{
    size_t missing = builder->capacity - builder->count;
    for (size_t i = 0; i < missing; i++) {
        uint64_t dice = history_roll(builder->history, builder->day, 100000 + (unsigned)i);
        int64_t line = builder->from + (int64_t)(i * DAY / missing) + (int64_t)(dice % 40);
        int32_t values[RECORD_VALUES];
        for (size_t v = 0; v < RECORD_VALUES; v++)
            values[v] = (int32_t)((dice >> (v * 5)) & 0x7fff);
        uint16_t code = noise_code((size_t)(dice >> 32) % noise_kinds);
        if (code == CODE_STATE)
            values[2] &= 15; /* neither suspended, resumed nor shut down */
        build(builder, line < builder->to ? line : builder->to - 1, code, values, RECORD_VALUES);
    }
}

static int by_time(const void *left, const void *right)
{
    const struct record *a = left, *b = right;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    return a->rank - b->rank;
}

static const struct era *era_of(const struct history *history, int64_t day)
{
    const struct era *era = &history->eras[0];
    for (size_t i = 1; i < history->era_count && history->eras[i].first_day <= day; i++)
        era = &history->eras[i];
    return era;
}

/* All records of a line day as if the pump had never been off. */
static void make_records(const struct history *history, int64_t number,
                         struct record records[RECORDS_PER_DAY])
{
    struct builder builder = {.history = history,
                              .day = number,
                              .from = number * DAY,
                              .to = (number + 1) * DAY,
                              .records = records,
                              .capacity = RECORDS_PER_DAY};
    build_clock_changes(&builder);
    /* What began the day before may end today, if it is still the same pump. */
    bool same = era_of(history, number - 1) == era_of(history, number);
    for (int64_t origin = number - same; origin <= number; origin++) {
        build_suspends(&builder, origin);
        build_boluses(&builder, origin);
        build_modes(&builder, origin);
    }
    build_basal(&builder);
    build_alarms(&builder);
    build_sensor(&builder);
    build_readings(&builder);
    build_pump_status(&builder);
    build_noise(&builder);
    qsort(records, RECORDS_PER_DAY, sizeof *records, by_time);
}

static bool is_off(const struct history *history, int64_t line)
{
    for (size_t i = 0; i < history->off_count; i++)
        if (line >= history->off[i].from && line < history->off[i].to)
            return true;
    return false;
}

/* How many records of days before number, from first on, were never written because the pump was off. */
static int64_t count_missing(const struct history *history, int64_t first, int64_t number)
{
    struct record *records = xcalloc(RECORDS_PER_DAY, sizeof *records);
    int64_t missing = 0, counted = first;
    for (size_t i = 0; i < history->off_count; i++) {
        int64_t from = clock_day(history->off[i].from), to = clock_day(history->off[i].to - 1);
        for (int64_t day = from > counted ? from : counted; day <= to && day < number; day++) {
            make_records(history, day, records);
            for (size_t r = 0; r < RECORDS_PER_DAY; r++)
                missing += is_off(history, records[r].line);
            counted = day + 1;
        }
    }
    free(records);
    return missing;
}

static struct day *day_make(const struct history *history, int64_t number)
{
    char assignment[ASSIGNMENT_TEXT];
    struct day *day = xcalloc(1, sizeof *day);
    struct text text = {0};
    day->number = number;
    day->era = era_of(history, number);
    history_assignment(history, day->era->pump, assignment);
    make_records(history, number, day->records);
    int64_t sequence = (number - day->era->first_day) * RECORDS_PER_DAY + 1 -
                       count_missing(history, day->era->first_day, number);
    for (size_t i = 0; i < RECORDS_PER_DAY; i++) {
        if (is_off(history, day->records[i].line))
            continue;
        struct record *record = &day->records[day->count];
        *record = day->records[i];
        record->sequence = sequence++;
        day->wall[day->count] = history_wall(history, record->line);
        day->offset[day->count++] = text.length;
        record_print(&text, day->era, assignment, record, history_wall(history, record->line));
    }
    day->offset[day->count] = text.length;
    day->text = text.data;
    day->length = text.length;
    return day;
}

struct day *history_day(struct history *history, int64_t number)
{
    size_t oldest = history->cache_count;
    for (size_t i = 0; i < history->cache_count; i++) {
        struct day *day = history->cache[i];
        if (day->number == number) {
            day->used = ++history->turn;
            return day;
        }
        if (!day->borrowers && (oldest == history->cache_count || day->used < history->cache[oldest]->used))
            oldest = i;
    }
    size_t place = oldest;
    if (history->cache_count < CACHED_DAYS || oldest == history->cache_count) {
        place = history->cache_count++;
        history->cache = xreallocarray(history->cache, history->cache_count, sizeof *history->cache);
    } else {
        day_free(history->cache[place]);
    }
    struct day *day = day_make(history, number);
    day->used = ++history->turn;
    history->cache[place] = day;
    return day;
}

void day_return(struct day *day)
{
    day->borrowers--;
}
