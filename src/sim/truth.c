/* GET /control/truth: what the pump really did, worked out from what was made up and not from what Tandem
   tells. Everything is an instant (Unix seconds, readings milliseconds); only what has been uploaded so far
   is told. */
#include "truth.h"

#include <stdlib.h>

#include "truth_events.h"
#include "truth_list.h"
#include "clock.h"
#include "simulator.h"
#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/memory.h"

#define MAXIMUM (512u << 20)
#define FOREVER 4102444800 /* 2100 */

/* ---- insulin ---- */

/* The days of the zone, from the first on. */
struct total {
    int64_t basal, bolus; /* milliunits per hour times seconds; milliunits */
};

static int64_t civil_day(int64_t instant)
{
    return clock_day(instant + clock_offset(instant));
}

static void add_basal(const struct truth *truth, struct total *totals, int64_t from, int64_t to, int32_t rate)
{
    from = from < truth->from ? truth->from : from;
    to = to > truth->to ? truth->to : to;
    while (from < to) {
        int64_t day = civil_day(from), end = from;
        /* Midnight is at a whole quarter hour of every zone there is. */
        while (end < to && civil_day(end) == day)
            end += 900 - end % 900;
        end = end < to ? end : to;
        totals[day - civil_day(truth->from)].basal += rate * (end - from);
        from = end;
    }
}

/* From there on another rate counts, or none. A suspension stops the basal at once, whenever its rate is
 * logged. */
static bool sets_rate(const struct told *told)
{
    return told->record.code == CODE_BASAL || told->record.code == CODE_OFF ||
           told->record.code == CODE_SUSPENDED;
}

static void write_basal(const struct truth *truth, struct json_writer *writer, struct total *totals)
{
    json_open_array(writer);
    for (size_t i = 0; i < truth->count; i++) {
        const struct told *told = &truth->told[i];
        bool suspends = told->record.code == CODE_SUSPENDED;
        if (!sets_rate(told) || told->record.code == CODE_OFF)
            continue;
        size_t next = i + 1;
        while (next < truth->count && !sets_rate(&truth->told[next]))
            next++;
        bool open = next == truth->count;
        if (suspends && !open && truth->told[next].at == told->at)
            continue; /* its rate is logged in the same second */
        int64_t end = open ? truth->newest : truth->told[next].at;
        int32_t rate = suspends ? 0 : told->record.value[1];
        add_basal(truth, totals, told->at, end, rate);
        if (!truth_in_range(truth, told->at))
            continue;
        truth_open(writer, told);
        truth_number(writer, "end", end);
        truth_number(writer, "rate", rate);
        truth_number(writer, "source", suspends ? 0 : told->record.value[0]);
        truth_flag(writer, "open", open);
        truth_flag(writer, "off", !open && truth->told[next].record.code == CODE_OFF);
        json_close_object(writer);
    }
    json_close_array(writer);
}

static void write_days(const struct truth *truth, struct json_writer *writer, const struct total *totals)
{
    int64_t first = civil_day(truth->from), last = civil_day(truth->to - 1);
    json_open_object(writer);
    for (int64_t day = first; day <= last; day++) {
        char date[CLOCK_TEXT];
        clock_print_wall(date, day * DAY);
        date[10] = '\0';
        json_write_key(writer, date);
        json_open_object(writer);
        truth_number(writer, "basalMilliunitSecondsPerHour", totals[day - first].basal);
        json_write_key(writer, "basalUnits");
        json_write_double(writer, (double)totals[day - first].basal / 3600e3);
        truth_number(writer, "bolusMilliunits", totals[day - first].bolus);
        json_close_object(writer);
    }
    json_close_object(writer);
}

static const struct told *find_request(const struct truth *truth, size_t completed, uint16_t code)
{
    const struct told *bolus = &truth->told[completed];
    for (size_t i = completed; i-- > 0 && bolus->at - truth->told[i].at <= 12 * 3600;) {
        const struct told *told = &truth->told[i];
        if (told->record.code == code && told->record.value[0] == bolus->record.value[0] &&
            told->pump == bolus->pump && told->group == bolus->group)
            return told;
    }
    return NULL;
}

static void write_request(const struct truth *truth, struct json_writer *writer, size_t completed)
{
    const struct told *requests[] = {find_request(truth, completed, CODE_REQUEST_1),
                                     find_request(truth, completed, CODE_REQUEST_2),
                                     find_request(truth, completed, CODE_REQUEST_3)};
    json_write_key(writer, "requests");
    json_open_array(writer);
    for (size_t i = 0; i < 3; i++)
        if (requests[i])
            json_write_integer(writer, requests[i]->record.sequence);
    json_close_array(writer);
    truth_number(writer, "carbs", requests[0] ? requests[0]->record.value[3] : 0);
    truth_number(writer, "bg", requests[0] ? requests[0]->record.value[4] : 0);
    if (requests[1]) {
        truth_number(writer, "option", requests[1]->record.value[1]);
        truth_flag(writer, "override", requests[1]->record.value[6]);
        truth_flag(writer, "declined", requests[1]->record.value[7]);
    }
}

/* What an extended bolus gives, evenly over its time and told of in parts of half an hour at most, counts
 * where the middle of each part lies. */
static void add_extended(const struct truth *truth, struct total *totals, size_t completed)
{
    static const uint16_t codes[] = {CODE_EXTENDED_ACTIVATED, CODE_BOLUS_COMPLETED, CODE_REQUEST_1};
    const struct told *told = &truth->told[completed], *begun = NULL;
    for (size_t i = 0; i < sizeof codes / sizeof *codes && !begun; i++)
        begun = find_request(truth, completed, codes[i]);
    int64_t begin = begun ? begun->at : told->at, lasts = told->at - begin;
    int64_t parts = lasts > 1800 ? (lasts + 1799) / 1800 : 1, given = 0;
    for (int64_t part = 1; part <= parts; part++) {
        int64_t middle = begin + lasts * (2 * part - 1) / (2 * parts);
        int64_t amount = told->record.value[2] * part / parts - given;
        given += amount;
        if (truth_in_range(truth, middle))
            totals[civil_day(middle) - civil_day(truth->from)].bolus += amount;
    }
}

/* Those that gave insulin, or were completed with none. */
static void write_boluses(const struct truth *truth, struct json_writer *writer, struct total *totals)
{
    json_open_array(writer);
    for (size_t i = 0; i < truth->count; i++) {
        const struct told *told = &truth->told[i];
        bool extended = told->record.code == CODE_EXTENDED_COMPLETED;
        int32_t delivered = told->record.value[2];
        bool counts = told->record.code == CODE_BOLUS_COMPLETED || extended;
        if (extended)
            add_extended(truth, totals, i);
        if (!counts || !truth_in_range(truth, told->at) ||
            (delivered == 0 && (extended || told->record.value[1] != 3)))
            continue;
        if (!extended)
            totals[civil_day(told->at) - civil_day(truth->from)].bolus += delivered;
        /* The part of an extended bolus that was given at once has told of the carbs already. */
        bool alone = extended && !find_request(truth, i, CODE_BOLUS_COMPLETED);
        truth_open(writer, told);
        truth_flag(writer, "extended", extended);
        truth_flag(writer, "alone", alone);
        truth_number(writer, "bolusId", told->record.value[0]);
        truth_number(writer, "milliunits", delivered);
        if (!extended || alone)
            write_request(truth, writer, i);
        json_close_object(writer);
    }
    json_close_array(writer);
}

/* ---- all together ---- */

static void write_truth(const struct truth *truth, struct json_writer *writer)
{
    struct total *totals =
        xcalloc((size_t)(civil_day(truth->to - 1) - civil_day(truth->from) + 1), sizeof *totals);
    json_open_object(writer);
    truth_number(writer, "from", truth->from);
    truth_number(writer, "to", truth->to);
    truth_number(writer, "newest", truth->newest);
    json_write_key(writer, "basal");
    write_basal(truth, writer, totals);
    json_write_key(writer, "boluses");
    write_boluses(truth, writer, totals);
    json_write_key(writer, "days");
    write_days(truth, writer, totals);
    truth_write_events(truth, writer);
    json_close_object(writer);
    free(totals);
}

static bool read_bound(const struct exchange *exchange, const char *name, int64_t *instant)
{
    const char *text = exchange_parameter(exchange, name);
    return !text || clock_parse_instant(text, instant);
}

void truth_reply(struct simulator *simulator, struct exchange *exchange)
{
    struct truth truth = {.history = &simulator->history};
    truth.from = history_instant(&simulator->history, simulator->history.first_day * DAY);
    truth.to = pump_now(simulator) + 1;
    if (!read_bound(exchange, "from", &truth.from) || !read_bound(exchange, "to", &truth.to) ||
        truth.from >= truth.to || truth.from < 0 || truth.to > FOREVER) {
        exchange_reply_json(exchange, 400, "{\"error\":\"from and to are wanted, in that order\"}");
        return;
    }
    struct buffer buffer;
    struct evbuffer *body = evbuffer_new();
    buffer_init(&buffer, MAXIMUM);
    struct json_writer *writer = json_writer_new(&buffer);
    truth_gather(&truth, simulator);
    write_truth(&truth, writer);
    json_writer_free(writer);
    evbuffer_add(body, buffer.data, buffer.length);
    buffer_free(&buffer);
    free(truth.told);
    exchange_reply(exchange, 200, "application/json; charset=utf-8", body);
}
