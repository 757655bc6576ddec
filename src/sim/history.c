/* Days of a pump: their order, sequence numbers, wall times, and the cache of their text. */
#include "history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "tconnectsync/base/memory.h"

#define FIRST_ERA_DAY                                                                                        \
    17897 /* 2019-01-01: sequence numbers do not depend on how far back a history is told                    \
           */
#define WINTER_INSTANT 1767225600 /* 2026-01-01 */
#define CACHED_DAYS    100

void history_init(struct history *history, uint64_t seed)
{
    memset(history, 0, sizeof *history);
    history->seed = seed;
    history->sensor = sensor_find("g7");
    history->base_offset = clock_offset(WINTER_INSTANT);
    history->follows_zone = true;
    history->eras[0] = (struct era){.first_day = FIRST_ERA_DAY};
    history->era_count = 1;
    history->pump_count = 1;
}

static void day_free(struct day *day)
{
    free(day->text);
    free(day);
}

void history_free(struct history *history)
{
    for (size_t i = 0; i < history->cache_count; i++)
        day_free(history->cache[i]);
    free(history->cache);
}

/* A number that depends on nothing but its arguments and the seed. */
static uint64_t roll(const struct history *history, int64_t day, unsigned salt)
{
    uint64_t value = history->seed * 0x9e3779b97f4a7c15u + (uint64_t)day * 0xd1342543de82ef95u + salt;
    for (int i = 0; i < 2; i++) {
        value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
        value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
        value ^= value >> 31;
    }
    return value;
}

int64_t cycle(const struct history *history, int64_t day)
{
    return day + (int64_t)(history->seed % 27720);
}

int32_t pick(const struct history *history, int64_t day, unsigned salt, int32_t below)
{
    return (int32_t)(roll(history, day, salt) % (uint64_t)below);
}

int64_t history_line(const struct history *history, int64_t instant)
{
    return instant + history->base_offset;
}

int64_t history_instant(const struct history *history, int64_t line)
{
    return line - history->base_offset;
}

int64_t history_wall(const struct history *history, int64_t line)
{
    int64_t wall = line;
    if (history->follows_zone)
        wall += clock_offset(history_instant(history, line)) - history->base_offset;
    for (size_t i = 0; i < history->shift_count && history->shifts[i].line <= line; i++)
        wall += history->shifts[i].seconds;
    return wall;
}

bool history_clock_changes(const struct history *history, int64_t number)
{
    int64_t from = number * DAY, to = from + DAY;
    for (size_t i = 0; i < history->shift_count; i++)
        if (history->shifts[i].line >= from && history->shifts[i].line < to)
            return true;
    return history_wall(history, to) - history_wall(history, from) != DAY;
}

char *history_assignment(const struct history *history, unsigned pump, char out[ASSIGNMENT_TEXT])
{
    uint64_t high = roll(history, pump, 900), low = roll(history, pump, 901);
    snprintf(out, ASSIGNMENT_TEXT, "%08x-%04x-4%03x-8%03x-%012llx", (unsigned)(high >> 32),
             (unsigned)(high & 0xffff), (unsigned)((high >> 16) & 0xfff), (unsigned)(low >> 52),
             (unsigned long long)(low & 0xffffffffffff));
    return out;
}

void build(struct builder *builder, int64_t line, uint16_t code, const int32_t *values, size_t count)
{
    if (line < builder->from || line >= builder->to || builder->count == builder->capacity)
        return;
    struct record *record = &builder->records[builder->count];
    *record = (struct record){.line = line, .code = code, .rank = (uint16_t)builder->count};
    memcpy(record->value, values, count * sizeof *values);
    builder->count++;
}

/* A pump whose clock jumps says so; the new time counts from that record on. */
static void build_clock_change(struct builder *builder, int64_t line)
{
    int64_t before = history_wall(builder->history, line - 1) + 1,
            after = history_wall(builder->history, line);
    if (before == after)
        return;
    BUILD(builder, line, CODE_TIME_CHANGED, (int32_t)(before - clock_day(before) * DAY) * 1000,
          (int32_t)(after - clock_day(after) * DAY) * 1000);
    if (clock_day(before) != clock_day(after))
        BUILD(builder, line, CODE_DATE_CHANGED, (int32_t)clock_day(before), (int32_t)clock_day(after));
}

static void build_clock_changes(struct builder *builder)
{
    const struct history *history = builder->history;
    for (int64_t line = builder->from; line < builder->to; line += 900)
        build_clock_change(builder, line);
    for (size_t i = 0; i < history->shift_count; i++)
        if (history->shifts[i].line % 900 != 0)
            build_clock_change(builder, history->shifts[i].line);
}

/* Whatever nobody asked for fills the day up to its fixed number of records. */
static void build_noise(struct builder *builder)
{
    size_t missing = builder->capacity - builder->count;
    for (size_t i = 0; i < missing; i++) {
        uint64_t dice = roll(builder->history, builder->day, 100000 + (unsigned)i);
        int64_t line = builder->from + (int64_t)(i * DAY / missing) + (int64_t)(dice % 40);
        int32_t values[RECORD_VALUES];
        for (size_t v = 0; v < RECORD_VALUES; v++)
            values[v] = (int32_t)((dice >> (v * 5)) & 0x7fff);
        build(builder, line < builder->to ? line : builder->to - 1,
              noise_code((size_t)(dice >> 32) % noise_kinds), values, RECORD_VALUES);
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

bool history_add_off(struct history *history, int64_t from_instant, int64_t to_instant)
{
    int64_t from = history_line(history, from_instant), to = history_line(history, to_instant);
    bool ordered = !history->off_count || history->off[history->off_count - 1].to <= from;
    if (history->off_count == MAXIMUM_EDITS || from >= to || !ordered)
        return false;
    history->off[history->off_count++] = (struct interval){from, to};
    return true;
}

bool history_add_shift(struct history *history, int64_t instant, int32_t seconds)
{
    int64_t line = history_line(history, instant);
    bool ordered = !history->shift_count || history->shifts[history->shift_count - 1].line < line;
    if (history->shift_count == MAXIMUM_EDITS || !ordered)
        return false;
    history->shifts[history->shift_count++] = (struct clock_shift){line, seconds};
    return true;
}

bool history_add_era(struct history *history, int64_t first_day, bool new_pump)
{
    struct era last = history->eras[history->era_count - 1];
    if (history->era_count == MAXIMUM_EDITS || first_day <= last.first_day)
        return false;
    struct era era = {first_day, last.pump + new_pump, new_pump ? 0 : last.group + 1};
    history->eras[history->era_count++] = era;
    history->pump_count += new_pump;
    return true;
}
