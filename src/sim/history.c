/* What shapes a pump's past: its clock, when it was off or replaced, and the dice. */
#include "history.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"

#define FIRST_ERA_DAY                                                                                        \
    17897 /* 2019-01-01: sequence numbers do not depend on how far back a history is told                    \
           */
#define WINTER_INSTANT 1767225600 /* 2026-01-01 */

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

uint64_t history_roll(const struct history *history, int64_t day, unsigned salt)
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
    return (int32_t)(history_roll(history, day, salt) % (uint64_t)below);
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
    if (history->drift && line > history->drift_line)
        wall += (line - history->drift_line) * history->drift / DAY;
    return wall;
}

static int64_t zone_jump(const struct history *history, int64_t line)
{
    int64_t instant = history_instant(history, line);
    return history->follows_zone && line % 900 == 0 ? clock_offset(instant) - clock_offset(instant - 1) : 0;
}

int64_t history_logged_jump(const struct history *history, int64_t line)
{
    int64_t jump = zone_jump(history, line);
    for (size_t i = 0; i < history->shift_count; i++)
        jump +=
            history->shifts[i].line == line && !history->shifts[i].silent ? history->shifts[i].seconds : 0;
    return jump;
}

bool history_clock_changes(const struct history *history, int64_t number)
{
    int64_t from = number * DAY, to = from + DAY;
    for (size_t i = 0; i < history->shift_count; i++)
        if (history->shifts[i].line >= from && history->shifts[i].line < to)
            return true;
    return history->follows_zone &&
           clock_offset(history_instant(history, from)) != clock_offset(history_instant(history, to));
}

/* Between two jumps the clock runs on evenly: whether it showed some moment of the days while line went from
   from to to, the last one excluded. */
static bool stretch_shows(const struct history *history, int64_t from, int64_t to, int64_t first,
                          int64_t last)
{
    return from < to && history_wall(history, from) < (last + 1) * DAY &&
           history_wall(history, to - 1) >= first * DAY;
}

bool history_day_shows(const struct history *history, int64_t number, int64_t first, int64_t last)
{
    int64_t from = number * DAY, to = from + DAY;
    /* The zone's own jumps are small: a day more on either side holds them. */
    for (size_t i = 0; i < history->shift_count; i++) {
        int64_t line = history->shifts[i].line;
        if (line <= from || line >= to)
            continue;
        if (stretch_shows(history, from, line, first - 1, last + 1))
            return true;
        from = line;
    }
    return stretch_shows(history, from, to, first - 1, last + 1);
}

char *history_assignment(const struct history *history, unsigned pump, char out[ASSIGNMENT_TEXT])
{
    uint64_t high = history_roll(history, pump, 900), low = history_roll(history, pump, 901);
    snprintf(out, ASSIGNMENT_TEXT, "%08x-%04x-4%03x-8%03x-%012llx", (unsigned)(high >> 32),
             (unsigned)(high & 0xffff), (unsigned)((high >> 16) & 0xfff), (unsigned)(low >> 52),
             (unsigned long long)(low & 0xffffffffffff));
    return out;
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

bool history_add_shift(struct history *history, int64_t instant, int64_t seconds, bool silent)
{
    int64_t line = history_line(history, instant);
    bool ordered = !history->shift_count || history->shifts[history->shift_count - 1].line <= line;
    if (history->shift_count == MAXIMUM_EDITS || !ordered)
        return false;
    history->shifts[history->shift_count++] = (struct clock_shift){line, seconds, silent};
    return true;
}

bool history_add_setting(struct history *history, int64_t instant, int64_t wall)
{
    int64_t shown = history_wall(history, history_line(history, instant));
    return history_add_shift(history, instant, wall - shown, false);
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
