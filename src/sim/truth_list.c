/* What the pump did, put in one list out of the made-up days: everything that has been uploaded so far. */
#include "truth_list.h"

#include "clock.h"
#include "days.h"
#include "record_json.h"
#include "simulator.h"
#include "tconnectsync/base/memory.h"

/* ---- gathering ---- */

static void gather_one(struct truth *truth, struct told told)
{
    truth->told = truth->count % 1024 ? truth->told
                                      : xreallocarray(truth->told, truth->count + 1024, sizeof *truth->told);
    truth->told[truth->count++] = told;
}

/* The pump was off, or replaced, somewhere between the two. */
static bool was_off(const struct history *history, int64_t before, int64_t after)
{
    for (size_t i = 0; i < history->off_count; i++)
        if (before < history->off[i].from && after >= history->off[i].to)
            return true;
    return false;
}

static bool is_noise(uint16_t code)
{
    for (size_t i = 0; i < noise_kinds; i++)
        if (noise_code(i) == code)
            return true;
    return false;
}

void truth_gather(struct truth *truth, struct simulator *simulator)
{
    struct history *history = &simulator->history;
    struct told last = {0};
    for (int64_t number = history->first_day; number <= last_line_day(simulator); number++) {
        const struct day *day = history_day(history, number);
        for (size_t i = 0; i < day->count; i++) {
            const struct record *record = &day->records[i];
            if (!record_visible(simulator, record))
                continue;
            struct told told = {.record = *record, .pump = day->era->pump, .group = day->era->group};
            told.at = history_instant(history, record->line);
            bool gap =
                truth->newest && (told.pump != last.pump || was_off(history, last.record.line, record->line));
            if (gap)
                gather_one(truth,
                           (struct told){.record = {.code = CODE_OFF}, .pump = last.pump, .at = last.at});
            if (!is_noise(record->code))
                gather_one(truth, told);
            truth->newest = told.at;
            last = told;
        }
    }
}

/* ---- writing ---- */

void truth_number(struct json_writer *writer, const char *key, int64_t value)
{
    json_write_key(writer, key);
    json_write_integer(writer, value);
}

void truth_flag(struct json_writer *writer, const char *key, bool value)
{
    json_write_key(writer, key);
    json_write_boolean(writer, value);
}

bool truth_in_range(const struct truth *truth, int64_t at)
{
    return at >= truth->from && at < truth->to;
}

void truth_open(struct json_writer *writer, const struct told *told)
{
    json_open_object(writer);
    truth_number(writer, "pump", told->pump);
    truth_number(writer, "group", told->group);
    truth_number(writer, "sequence", told->record.sequence);
    truth_number(writer, "at", told->at);
}
