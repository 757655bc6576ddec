/* Tandem Source's data: the person's pumps, and windows of a pump's log, generated or out of files. */
#include "tandem_data.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "days.h"
#include "fixture.h"
#include "record_json.h"
#include "simulator.h"
#include "tconnectsync/base/memory.h"

#define JSON_TYPE "application/json; charset=utf-8"
#define GHOST     1000
#define TWIN      2000 /* on top of a pump: its second assignment */

/* ---- the generated log ---- */

struct window {
    unsigned pump;
    bool is_twin;        /* asked for by the pump's second assignment */
    int64_t first, last; /* wall days */
};

static void return_day(const void *data, size_t length, void *day)
{
    (void)data, (void)length;
    day_return(day);
}

static void add_piece(struct evbuffer *body, struct day *day, size_t from, size_t to, bool *any)
{
    size_t start = day->offset[from] + (from > 0); /* without the comma */
    if (*any)
        evbuffer_add(body, ",", 1);
    *any = true;
    day->borrowers++;
    evbuffer_add_reference(body, day->text + start, day->offset[to] - start, return_day, day);
}

/* The second assignment's name in place of the first one's: they are equally long. */
static struct evbuffer *renamed(const struct history *history, struct evbuffer *body, unsigned pump)
{
    char from[ASSIGNMENT_TEXT], to[ASSIGNMENT_TEXT];
    size_t length = evbuffer_get_length(body);
    struct evbuffer *copy = evbuffer_new();
    char *text = xmalloc(length + 1);
    evbuffer_remove(body, text, length);
    text[length] = '\0';
    history_assignment(history, pump, from);
    history_assignment(history, pump + TWIN, to);
    for (char *at = text; (at = strstr(at, from)); at += ASSIGNMENT_TEXT - 1)
        memcpy(at, to, ASSIGNMENT_TEXT - 1);
    evbuffer_add(copy, text, length);
    free(text);
    evbuffer_free(body);
    return copy;
}

/* Adds the runs of records that the window shows, without copying them. */
static void add_day(const struct simulator *simulator, struct evbuffer *body, struct day *day,
                    const struct window *window, bool *any)
{
    size_t from = 0;
    for (size_t i = 0; i <= day->count; i++) {
        bool shown = i < day->count && clock_day(day->wall[i]) >= window->first &&
                     clock_day(day->wall[i]) <= window->last && record_visible(simulator, &day->records[i]);
        if (shown)
            continue;
        if (i > from)
            add_piece(body, day, from, i, any);
        from = i + 1;
    }
}

/* A change by an hour under the number of some other record of the day before the last. */
static void add_contradicted(struct simulator *simulator, struct evbuffer *body, unsigned pump, bool any)
{
    char assignment[ASSIGNMENT_TEXT];
    struct history *history = &simulator->history;
    const struct day *day = history_day(history, last_line_day(simulator) - 1);
    size_t middle = day->count / 2;
    if (day->era->pump != pump || day->count == 0)
        return;
    struct record record = day->records[middle];
    int64_t wall = day->wall[middle];
    int32_t prior = (int32_t)(wall - clock_day(wall) * DAY) * 1000;
    record.code = CODE_TIME_CHANGED;
    record.value[0] = prior;
    record.value[1] = (prior + 3600000) % (DAY * 1000);
    record.value[2] = (int32_t)(wall - 1199145600);
    struct text text = {0};
    record_print(&text, day->era, history_assignment(history, pump, assignment), &record, wall);
    evbuffer_add(body, ",", any);
    evbuffer_add(body, text.data, text.length);
    free(text.data);
}

/* Codes 13 and 14 of the pump's whole history. */
static void add_clock_changes(struct simulator *simulator, struct evbuffer *body, unsigned pump)
{
    struct history *history = &simulator->history;
    bool any = false;
    if (strcmp(simulator->settings.clock_changes, "none") == 0)
        return;
    for (int64_t number = history->first_day; number <= last_line_day(simulator); number++) {
        if (!history_clock_changes(history, number))
            continue;
        struct day *day = history_day(history, number);
        for (size_t i = 0; i < day->count && day->era->pump == pump; i++) {
            uint16_t code = day->records[i].code;
            if ((code == CODE_TIME_CHANGED || code == CODE_DATE_CHANGED) &&
                record_visible(simulator, &day->records[i]))
                add_piece(body, day, i, i + 1, &any);
        }
    }
    if (strcmp(simulator->settings.clock_changes, "contradicted") == 0)
        add_contradicted(simulator, body, pump, any);
}

static bool read_day(const char *text, const char *rest, int64_t *day)
{
    int64_t wall_ms;
    int offset;
    bool has_zone;
    if (!text || strlen(text) != 20 || strcmp(text + 10, rest) != 0 ||
        !clock_parse(text, &wall_ms, &offset, &has_zone))
        return false;
    *day = clock_day(wall_ms / 1000);
    return true;
}

static bool find_pump(const struct simulator *simulator, const char *assignment, struct window *window)
{
    const struct history *history = &simulator->history;
    unsigned *pump = &window->pump;
    char text[ASSIGNMENT_TEXT];
    for (*pump = 0; *pump < history->pump_count; (*pump)++)
        if (strcmp(assignment, history_assignment(history, *pump, text)) == 0)
            return true;
    *pump = history->pump_count - 1;
    window->is_twin = simulator->settings.twin_assignment &&
                      strcmp(assignment, history_assignment(history, *pump + TWIN, text)) == 0;
    if (window->is_twin)
        return true;
    *pump = GHOST;
    return simulator->ghost_pump && strcmp(assignment, history_assignment(history, GHOST, text)) == 0;
}

void tandem_reply_log(struct simulator *simulator, const struct fixture *fixture, struct exchange *exchange,
                      const char *assignment)
{
    struct window window = {0};
    const char *first = exchange_parameter(exchange, "startDate"),
               *last = exchange_parameter(exchange, "endDate");
    bool any = false;
    if (!read_day(first, "T00:00:00Z", &window.first) || !read_day(last, "T23:59:59Z", &window.last) ||
        window.last < window.first || window.last - window.first >= simulator->settings.window_days) {
        exchange_reply_json(exchange, 400, "{\"message\":\"Check input parameters.\"}");
        return;
    }
    if (fixture) {
        fixture_reply_log(fixture, exchange, assignment, first, last);
        return;
    }
    if (!find_pump(simulator, assignment, &window)) {
        exchange_reply_json(exchange, 404, "{\"message\":\"Not found.\"}");
        return;
    }
    struct evbuffer *body = evbuffer_new();
    evbuffer_add_printf(body, "{\"events\":[");
    for (int64_t number = simulator->history.first_day; number <= last_line_day(simulator); number++) {
        if (!history_day_shows(&simulator->history, number, window.first, window.last))
            continue;
        struct day *day = history_day(&simulator->history, number);
        if (day->era->pump == window.pump)
            add_day(simulator, body, day, &window, &any);
    }
    evbuffer_add_printf(body, "],\"clockChanges\":[");
    add_clock_changes(simulator, body, window.pump);
    evbuffer_add_printf(body, "]}");
    exchange_reply(exchange, 200, JSON_TYPE,
                   window.is_twin ? renamed(&simulator->history, body, window.pump) : body);
}

/* ---- the person ---- */

static const char details[] =
    "{\"profiles\":{\"numberOfProfiles\":2,\"activeSegment\":0,\"activeIdp\":0,\"profile\":["
    "{\"idp\":0,\"timeDependentSegmentNumber\":3,\"name\":\"Weekday\",\"carbEntry\":\"UnitsAsCarbs\","
    "\"maxBolus\":15000,"
    "\"insulinDuration\":300,\"timeDependentSegments\":["
    "{\"startTime\":0,\"basalRate\":800,\"isf\":45,\"carbRatio\":9500,\"targetBg\":110,\"status\":[]},"
    "{\"startTime\":1020,\"basalRate\":950,\"isf\":40,\"carbRatio\":8500,\"targetBg\":110,\"status\":[]},"
    "{\"startTime\":480,\"basalRate\":1200,\"isf\":42,\"carbRatio\":8000,\"targetBg\":110,\"status\":[]},"
    "{\"startTime\":0,\"basalRate\":0,\"isf\":0,\"carbRatio\":0,\"targetBg\":0,\"status\":[]}]},"
    "{\"idp\":1,\"timeDependentSegmentNumber\":1,\"name\":\"Sick "
    "1.5x\",\"carbEntry\":\"UnitsAsCarbs\",\"maxBolus\":15000,"
    "\"insulinDuration\":270,\"timeDependentSegments\":["
    "{\"startTime\":0,\"basalRate\":1500,\"isf\":30,\"carbRatio\":6000,\"targetBg\":120,\"status\":[]},"
    "{\"startTime\":0,\"basalRate\":0,\"isf\":0,\"carbRatio\":0,\"targetBg\":0,\"status\":[]}]}]},"
    "\"cgmSettings\":{\"highGlucoseAlertMgPerDl\":200,\"lowGlucoseAlertMgPerDl\":75}}";

/* The newest record of the pump that Tandem knows; its wall time and instant. */
static bool find_newest(struct simulator *simulator, unsigned pump, int64_t *wall, int64_t *instant)
{
    struct history *history = &simulator->history;
    for (int64_t number = last_line_day(simulator); number >= history->first_day; number--) {
        struct day *day = history_day(history, number);
        if (day->era->pump < pump)
            return false;
        for (size_t i = day->count; day->era->pump == pump && i-- > 0;) {
            if (!record_visible(simulator, &day->records[i]))
                continue;
            *wall = day->wall[i];
            *instant = history_instant(history, day->records[i].line);
            return true;
        }
    }
    return false;
}

static int64_t first_wall(const struct simulator *simulator, unsigned pump)
{
    const struct history *history = &simulator->history;
    int64_t first = history->first_day;
    for (size_t i = 0; i < history->era_count; i++)
        if (history->eras[i].pump == pump) {
            if (history->eras[i].first_day > first)
                first = history->eras[i].first_day;
            break; /* a later era of the same pump only counts anew */
        }
    return history_wall(history, first * DAY);
}

/* twin: 0 or TWIN, for the second assignment, which has no settings. */
static void add_pump(struct simulator *simulator, struct evbuffer *body, unsigned pump, unsigned twin)
{
    char assignment[ASSIGNMENT_TEXT], newest[CLOCK_TEXT], first[CLOCK_TEXT], upload[CLOCK_TEXT];
    int64_t wall, instant;
    bool current = pump + 1 == simulator->history.pump_count;
    bool any = find_newest(simulator, pump, &wall, &instant);
    evbuffer_add_printf(body,
                        "%s{\"assignmentId\":\"%s\",\"serialNumber\":\"%u\",\"modelNumber\":\"1004000\","
                        "\"modelName\":\"t:slim X2\\u2122\",\"softwareVersion\":\"7.8.1\"%s,",
                        pump + twin ? "," : "",
                        history_assignment(&simulator->history, pump + twin, assignment),
                        90100000 + (unsigned)pick(&simulator->history, pump, 905, 99999),
                        current ? ",\"algorithm\":\"Control-IQ\"" : "");
    if (any) {
        clock_print_wall(newest, wall);
        clock_print_wall(first, first_wall(simulator, pump));
        clock_print_wall(upload, current ? upload_time(simulator) : instant);
        const char *claimed = simulator->settings.claimed_date, *end = current && *claimed ? claimed : newest;
        evbuffer_add_printf(body,
                            "\"maxDateOfEvents\":\"%s\",\"lastUploadDate\":\"%sZ\","
                            "\"availableDataRange\":{\"start\":\"%s\",\"end\":\"%s\"},",
                            end, upload, first, end);
    } else {
        evbuffer_add_printf(body, "\"maxDateOfEvents\":null,\"lastUploadDate\":null,\"availableDataRange\":"
                                  "{\"start\":null,\"end\":null},");
    }
    if (current && !twin)
        evbuffer_add_printf(
            body,
            "\"settings\":{\"uploadedTimeStamp\":\"2026-01-01T10:00:00.000\",\"settingsHash\":\"5C0FFEE5\","
            "\"details\":%s}}",
            details);
    else
        evbuffer_add_printf(body, "\"settings\":null}");
}

static const char ghost_details[] =
    "{\"uploadedTimeStamp\":\"2021-03-01T10:00:00.000\",\"settingsHash\":\"01D01D01\",\"details\":{"
    "\"profiles\":{"
    "\"activeIdp\":0,\"profile\":[{\"idp\":0,\"name\":\"Years "
    "ago\",\"carbEntry\":\"UnitsAsCarbs\",\"maxBolus\":5000,"
    "\"insulinDuration\":240,\"timeDependentSegments\":["
    "{\"startTime\":0,\"basalRate\":300,\"isf\":90,\"carbRatio\":20000,\"targetBg\":120}]}]},"
    "\"cgmSettings\":{\"highGlucoseAlertMgPerDl\":200,\"lowGlucoseAlertMgPerDl\":75}}}";

static void add_ghost(struct simulator *simulator, struct evbuffer *body)
{
    char assignment[ASSIGNMENT_TEXT];
    evbuffer_add_printf(body,
                        ",{\"assignmentId\":\"%s\",\"serialNumber\":\"90000007\",\"modelNumber\":\"1002717\","
                        "\"modelName\":\"t:slim X2\\u2122\",\"softwareVersion\":\"6.4.1\","
                        "\"maxDateOfEvents\":\"%s\",\"lastUploadDate\":null,"
                        "\"availableDataRange\":{\"start\":null,\"end\":null},\"settings\":%s}",
                        history_assignment(&simulator->history, GHOST, assignment),
                        simulator->settings.ghost_date,
                        simulator->settings.ghost_settings ? ghost_details : "null");
}

void tandem_reply_pumper(struct simulator *simulator, const struct fixture *fixture,
                         struct exchange *exchange)
{
    if (fixture) {
        fixture_reply_pumper(fixture, exchange);
        return;
    }
    struct evbuffer *body = evbuffer_new();
    evbuffer_add_printf(body, "{\"firstName\":\"Sim\",\"lastName\":\"Ulator\",\"pumps\":[");
    for (unsigned pump = 0; pump < simulator->history.pump_count; pump++)
        add_pump(simulator, body, pump, 0);
    if (simulator->settings.twin_assignment)
        add_pump(simulator, body, simulator->history.pump_count - 1, TWIN);
    if (simulator->ghost_pump)
        add_ghost(simulator, body);
    evbuffer_add_printf(body, "]}");
    exchange_reply(exchange, 200, JSON_TYPE, body);
}
