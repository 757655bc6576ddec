#include "fixture.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tconnectsync/base/error.h"
#include "tconnectsync/base/json.h"

#define TEXT_MAXIMUM (64u << 20)
#define STANDARD     (-5 * SECONDS_PER_HOUR)
#define DAYLIGHT     (-4 * SECONDS_PER_HOUR)

static char name[] = "America/New_York";
static struct time_zone_change changes[] = {
    {INT64_MIN, STANDARD},  {1710054000, DAYLIGHT}, /* 2024-03-10T07:00:00Z */
    {1730613600, STANDARD},                         /* 2024-11-03T06:00:00Z */
    {1741503600, DAYLIGHT},                         /* 2025-03-09T07:00:00Z */
    {1762063200, STANDARD},                         /* 2025-11-02T06:00:00Z */
    {1772953200, DAYLIGHT},                         /* 2026-03-08T07:00:00Z */
    {1793512800, STANDARD},                         /* 2026-11-01T06:00:00Z */
    {1805007600, DAYLIGHT},                         /* 2027-03-14T07:00:00Z */
    {1825567200, STANDARD},                         /* 2027-11-07T06:00:00Z */
};
const struct time_zone new_york = {name, changes, sizeof changes / sizeof *changes};

static void complete(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s%s", strlen(text) == strlen("00:01:00") ? "2026-05-14T" : "", text);
}

int64_t at(const char *text)
{
    char full[CIVIL_TEXT_SIZE];
    int64_t wall, first, second;
    int32_t offset;
    complete(full, sizeof full, text);
    assert_true(civil_parse(full, strlen(full), &wall, NULL, &offset));
    if (offset != NO_OFFSET)
        return wall - offset;
    time_zone_instants(&new_york, wall, &first, &second);
    return first;
}

void add_quoted(struct buffer *out, const char *text)
{
    for (; *text; text++)
        buffer_add(out, *text == '\'' ? "\"" : text, 1);
}

void unquote(struct buffer *buffer)
{
    for (size_t i = 0; i < buffer->length; i++)
        if (buffer->data[i] == '"')
            buffer->data[i] = '\'';
}

/* "CODE NUMBER[/GROUP] TIME [{PROPERTIES}]" */
static void add_record(struct buffer *out, const char *line)
{
    char number[40], time[CIVIL_TEXT_SIZE], full[CIVIL_TEXT_SIZE + 12];
    int code, end;
    assert_int_equal(sscanf(line, "%d %39s %39s %n", &code, number, time, &end), 3);
    const char *group = strchr(number, '/');
    complete(full, sizeof full, time);
    buffer_addf(out, "{\"deviceAssignmentId\":\"a\",\"eventCode\":%d,\"sequenceGroup\":%s,", code,
                group ? group + 1 : "0");
    buffer_addf(out, "\"sequenceNumber\":%.*s,", (int)strcspn(number, "/"), number);
    buffer_addf(out, strcmp(time, "null") == 0 ? "\"pumpDateTime\":%s," : "\"pumpDateTime\":\"%s\",", full);
    buffer_add_text(out, "\"eventProperties\":");
    add_quoted(out, line[end] ? line + end : "{}");
    buffer_add_text(out, "}");
}

void add_answer(struct buffer *out, const char *lines)
{
    char *copy = strdup(lines), *rest = copy, *line;
    const char *separator = "";
    buffer_add_text(out, "{\"events\":[");
    while ((line = strsep(&rest, "\n")))
        if (*line) {
            buffer_add_text(out, separator);
            add_record(out, line);
            separator = ",";
        }
    buffer_add_text(out, "],\"clockChanges\":[]}");
    free(copy);
}

const char two_events[] =
    "{'events':[{'eventCode':279,'sequenceGroup':0,'sequenceNumber':10,'pumpDateTime':'2026-05-14T00:01:00',"
    "'eventProperties':{'commandedRate':1279,'commandedRateSource':3},'estimatedDateTime':'2026-05-14T00:01:"
    "00Z'},"
    "{'eventCode':399,'sequenceGroup':0,'sequenceNumber':11,'pumpDateTime':'2026-05-14T00:01:31',"
    "'eventProperties':{'currentGlucoseDisplayValue':167,'egvTimeStamp':579571288,'cgmDataType':[0,1],'rate':"
    "-6}}],"
    "'clockChanges':[{'eventCode':13,'sequenceNumber':1,'pumpDateTime':'2024-01-01T00:00:00'}]}";

static bool read_pieces(struct pump_log *log, unsigned pump, const char *data, size_t length, size_t piece,
                        struct error *error)
{
    struct pump_log_reader *reader = pump_log_reader_new(log, pump);
    bool fed = true;
    for (size_t done = 0; fed && done < length; done += piece)
        fed = pump_log_reader_feed(reader, data + done, length - done < piece ? length - done : piece, error);
    bool complete = fed && pump_log_reader_finish(reader, error);
    pump_log_reader_free(reader);
    while (pump_log_join(log))
        ;
    return complete;
}

bool log_read_pieces(struct pump_log *log, const char *data, size_t length, size_t piece, struct error *error)
{
    return read_pieces(log, 0, data, length, piece, error);
}

bool log_read_text(struct pump_log *log, const char *text, struct error *error)
{
    struct buffer quoted;
    buffer_init(&quoted, TEXT_MAXIMUM);
    add_quoted(&quoted, text);
    bool complete = log_read_pieces(log, quoted.data, quoted.length, quoted.length, error);
    buffer_free(&quoted);
    return complete;
}

uint64_t log_skipped(const struct pump_log *log)
{
    uint64_t sum = 0;
    for (int i = 0; i < SKIP_REASON_COUNT; i++)
        sum += log->skipped[i];
    return sum;
}

void fixture_set_now(struct fixture *fixture, const char *now)
{
    fixture->rules.now = fixture->rules.to = fixture->difference_rules.now = at(now);
    fixture->log.latest = time_zone_wall(&new_york, fixture->rules.now) + SECONDS_PER_DAY;
}

void fixture_set_features(struct fixture *fixture, unsigned features)
{
    fixture->rules.features = fixture->log.features = features;
}

void fixture_open(struct fixture *fixture)
{
    *fixture = (struct fixture){0};
    fixture->zone = &new_york;
    fixture->witness = (struct clock_witness){NO_TIME, NO_TIME};
    pump_log_init(&fixture->log, 0, 0);
    fixture_set_now(fixture, "12:00:00");
    fixture_set_features(fixture, FEATURES_ALL & ~FEATURE_PROFILES);
    fixture->difference_rules.from = 0;
    fixture->difference_rules.to = INT64_MAX;
    fixture->difference_rules.newest_device_status = NO_TIME;
    fixture->difference_rules.alarm_safe_minutes = 10;
}

/* Pump n has the serial number 1000001 + n. */
static void add_pump(struct fixture *fixture)
{
    char serial[24];
    snprintf(serial, sizeof serial, "%zu", 1000001 + fixture->log.pump_count);
    pump_log_add_pump(&fixture->log, serial);
}

void fixture_read(struct fixture *fixture, unsigned pump, const char *lines)
{
    struct error error = {0};
    struct buffer answer;
    buffer_init(&answer, TEXT_MAXIMUM);
    add_answer(&answer, lines);
    while (fixture->log.pump_count <= pump)
        add_pump(fixture);
    if (!read_pieces(&fixture->log, pump, answer.data, answer.length, answer.length, &error))
        fail_msg("%s", error.text);
    buffer_free(&answer);
}

void fixture_hold(struct fixture *fixture, enum collection collection, const char *answer)
{
    if (!answer)
        return;
    struct error error = {0};
    struct buffer text;
    buffer_init(&text, TEXT_MAXIMUM);
    add_quoted(&text, answer);
    struct held_reader *reader = held_reader_new(&fixture->held, collection);
    if (!held_reader_feed(reader, text.data, text.length, &error) ||
        !held_reader_finish(reader, 100000, &error))
        fail_msg("%s", error.text);
    held_reader_free(reader);
    buffer_free(&text);
}

static void find_clock(struct fixture *fixture, unsigned pump)
{
    struct clock_witness witness = fixture->witness;
    if (witness.wall == NO_TIME)
        witness.wall = pump_log_newest_wall(&fixture->log, pump);
    const struct clock_facts facts = {fixture->rules.now, NO_TIME, witness.wall, &witness,
                                      witness.wall != NO_TIME};
    pump_log_find_clock(&fixture->log, pump, fixture->zone, &facts);
}

void fixture_build(struct fixture *fixture)
{
    pump_log_sort(&fixture->log);
    for (unsigned pump = 0; fixture->witness.upload != NO_TIME && pump < fixture->log.pump_count; pump++)
        find_clock(fixture, pump);
    pump_log_resolve(&fixture->log, fixture->zone);
    documents_free(&fixture->documents);
    documents_build(&fixture->log, fixture->zone, &fixture->rules, &fixture->documents);
}

void fixture_compare(struct fixture *fixture)
{
    difference_free(&fixture->difference);
    difference_find(&fixture->documents, &fixture->log, &fixture->held, &fixture->difference_rules,
                    &fixture->difference);
}

/* From the text's place at or behind from on. */
static void drop_source(struct buffer *text, size_t from)
{
    static const char member[] = ",\"pump_event_source\":\"01234567\"";
    const size_t head = strlen(member) - 9;
    char *place = text->data ? memmem(text->data + from, text->length - from, member, head) : NULL;
    if (!place)
        return;
    const char *rest = place + strlen(member);
    size_t left = (size_t)(text->data + text->length - rest);
    memmove(place, rest, left + 1);
    text->length = (size_t)(place - text->data) + left;
}

void fixture_write_documents(struct fixture *fixture, struct buffer *out)
{
    struct json_writer *writer = json_writer_new(out);
    for (size_t i = 0; i < fixture->documents.count; i++) {
        size_t from = out->length;
        json_writer_reset(writer);
        document_write(&fixture->documents.items[i], &fixture->log, fixture->zone, writer);
        drop_source(out, from);
        buffer_add_text(out, "\n");
    }
    json_writer_free(writer);
    unquote(out);
}

static void write_fate(struct fixture *fixture, const struct document *document, struct buffer *out)
{
    static const char *const fates[] = {
        [FATE_OUTSIDE] = "outside",   [FATE_UNCHANGED] = "unchanged", [FATE_CREATE] = "create",
        [FATE_WITHHELD] = "withheld", [FATE_LEFT_OUT] = "left out",   [FATE_MOVE] = "move",
    };
    char time[CIVIL_TEXT_SIZE];
    if (document->fate == FATE_AMEND) {
        buffer_add_text(out, "amend ");
        assert_true(amendment_write(document, &fixture->log, &fixture->held, out));
    } else {
        buffer_addf(out, "%s %s %s ", fates[document->fate], document_kind_name(document->kind),
                    time_zone_format(fixture->zone, time, document->time, document->millisecond));
        document_event_id(document, &fixture->log, out);
    }
    buffer_add_text(out, "\n");
}

void fixture_write_plan(struct fixture *fixture, struct buffer *out)
{
    for (size_t i = 0; i < fixture->documents.count; i++)
        write_fate(fixture, &fixture->documents.items[i], out);
    for (size_t i = 0; i < fixture->difference.twin_count; i++) {
        char *id = held_id(&fixture->held, fixture->difference.twins[i]);
        buffer_addf(out, "delete %s\n", id);
        free(id);
    }
    unquote(out);
}

void fixture_close(struct fixture *fixture)
{
    difference_free(&fixture->difference);
    documents_free(&fixture->documents);
    held_free(&fixture->held);
    pump_log_free(&fixture->log);
}
