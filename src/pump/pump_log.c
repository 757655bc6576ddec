/* Reads a pump-logs answer as it arrives. A record that nobody wants leaves nothing
   but its place in a run. */
#include "tconnectsync/pump/pump_log.h"

#include <stdlib.h>
#include <string.h>

#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/base/log.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/pump/pump_clock.h"
#include "tconnectsync/pump/pump_source.h"

#include "log_answer.h"
#include "pump_record.h"

const char pump_log_event_ids[] =
    "229,5,28,4,26,99,279,3,16,59,21,55,20,280,64,65,66,61,33,371,171,369,460,172,370,461,372,480,399,256,"
    "213,406,"
    "477,394,212,404,214,405,486,447,313,60,14,6,90,230,140,12,11,53,13,63,203,307,191,9,81";

/* More than any 28 days can hold; a larger answer is hostile or broken. */
#define KEPT_MAXIMUM 200000

struct pump_log_reader {
    struct pump_log *log;
    struct pump_log staged; /* what this answer brought, until it is complete */
    uint8_t pump;
    struct json_reader *json;
    struct error *error;
    bool in_events, in_changes, events_seen;
    struct pump_record record;
};

void pump_log_init(struct pump_log *log, unsigned features, int64_t now_wall)
{
    *log = (struct pump_log){
        .features = features,
        .earliest = PUMP_TIME_EARLIEST,
        .latest = now_wall + SECONDS_PER_DAY,
    };
}

void pump_log_take_all_times(struct pump_log *log)
{
    log->earliest = civil_parse_wall("1990-01-01");
    log->latest = civil_parse_wall("2100-01-01");
}

void pump_log_free(struct pump_log *log)
{
    free(log->events);
    free(log->runs);
    free(log->changes);
    for (size_t i = 0; i < log->answer_count; i++) {
        free(log->answers[i].events);
        free(log->answers[i].runs);
    }
    free(log->answers);
    for (size_t i = 0; i < log->pump_count; i++) {
        free(log->serials[i]);
        if (log->clocks)
            pump_clock_free(&log->clocks[i]);
    }
    free(log->clocks);
    free(log->serials);
    log->events = NULL;
    log->runs = NULL;
    log->answers = NULL;
    log->serials = NULL;
    log->changes = NULL;
    log->clocks = NULL;
    log->change_count = log->change_capacity = 0;
    log->pump_count = log->answer_count = 0;
    log->event_count = log->event_capacity = log->run_count = log->run_capacity = 0;
}

unsigned pump_log_add_pump(struct pump_log *log, const char *serial_number)
{
    for (unsigned i = 0; i < log->pump_count; i++)
        if (strcmp(log->serials[i], serial_number) == 0)
            return i;
    log->serials = xreallocarray(log->serials, log->pump_count + 1, sizeof *log->serials);
    log->serials[log->pump_count] = xstrdup(serial_number);
    return (unsigned)log->pump_count++;
}

uint32_t pump_log_source(const struct pump_log *log, const struct pump_event *event)
{
    return pump_source(event->pump < log->pump_count ? log->serials[event->pump] : "", event->group);
}

void pump_log_skip(struct pump_log *log, enum skip_reason reason, int64_t code, int64_t sequence)
{
    if (++log->skipped[reason] <= 5)
        log_warn(log->journal, "pump-log", "skipped=%s code=%lld sequence=%lld",
                 log_quote(log->journal, skip_reason_name(reason)), (long long)code, (long long)sequence);
}

static bool has_room(struct pump_log_reader *reader)
{
    const struct pump_log *log = &reader->staged;
    return log->event_count + log->run_count + log->change_count < KEPT_MAXIMUM ||
           error_set(reader->error, ERROR_LIMIT,
                     "Tandem's pump log holds more records than any pump can write");
}

static struct log_run *add_run(struct pump_log *log)
{
    if (log->run_count == log->run_capacity) {
        log->run_capacity = log->run_capacity ? log->run_capacity * 2 : 64;
        log->runs = xreallocarray(log->runs, log->run_capacity, sizeof *log->runs);
    }
    return &log->runs[log->run_count++];
}

static struct pump_event *add_event(struct pump_log *log)
{
    if (log->event_count == log->event_capacity) {
        log->event_capacity = log->event_capacity ? log->event_capacity * 2 : 256;
        log->events = xreallocarray(log->events, log->event_capacity, sizeof *log->events);
    }
    return &log->events[log->event_count++];
}

static void add_change(struct pump_log *log, const struct clock_change *change)
{
    if (log->change_count == log->change_capacity) {
        log->change_capacity = log->change_capacity ? log->change_capacity * 2 : 16;
        log->changes = xreallocarray(log->changes, log->change_capacity, sizeof *log->changes);
    }
    log->changes[log->change_count++] = *change;
}

static void track(struct pump_log_reader *reader, int64_t wall)
{
    struct pump_log *log = &reader->staged;
    const struct pump_record *record = &reader->record;
    struct log_run *run = log->run_count ? &log->runs[log->run_count - 1] : NULL;
    bool adjoins = run && run->group == record->group && record->sequence == run->last_sequence + 1;
    if (!adjoins || !log_run_goes_on(run, wall)) {
        run = add_run(log);
        *run = (struct log_run){.first_sequence = record->sequence,
                                .first_wall = NO_TIME,
                                .last_wall = NO_TIME,
                                .first_time = NO_TIME,
                                .last_time = NO_TIME,
                                .group = (int32_t)record->group,
                                .pump = reader->pump};
    }
    run->last_sequence = record->sequence;
    if (wall != NO_TIME) {
        if (run->first_wall == NO_TIME)
            run->first_wall = wall;
        run->last_wall = wall;
    }
}

/* Copies the properties that the event's kind has; false when one that it cannot do without is missing. */
static bool take_values(struct pump_log_reader *reader, const struct event_shape *shape,
                        struct pump_event *event)
{
    const struct pump_record *record = &reader->record;
    for (int i = 0; i < EVENT_FIELDS; i++) {
        int property = shape->property[i];
        if (property == NO_PROPERTY)
            continue;
        const struct property *known = &pump_properties[property];
        bool present = record->present >> property & 1, wrong = record->wrong >> property & 1;
        bool within =
            present && record->value[property] >= known->least && record->value[property] <= known->most;
        if (within) {
            event->field[i] = record->value[property];
            event->known |= (uint8_t)(1u << i);
        } else if (shape->required >> i & 1) {
            pump_log_skip(&reader->staged, present ? known->out_of_bounds : SKIP_BROKEN_RECORD, event->code,
                          event->sequence);
            return false;
        } else if (present || wrong) {
            pump_log_skip(&reader->staged, wrong ? SKIP_BROKEN_DETAIL : known->out_of_bounds, event->code,
                          event->sequence);
        }
    }
    return true;
}

/* A basal that cannot be used is kept without its rate: it still ends the one before it. */
static void keep_event(struct pump_log_reader *reader, const struct event_shape *shape, int64_t wall)
{
    const struct pump_record *record = &reader->record;
    struct pump_event event = {
        .sequence = record->sequence,
        .wall = wall,
        .time = NO_TIME,
        .group = (int32_t)record->group,
        .code = shape->code,
        .kind = shape->kind,
        .pump = reader->pump,
    };
    bool usable = wall != NO_TIME && !record->wrong_properties;
    if (usable)
        usable = take_values(reader, shape, &event);
    else
        pump_log_skip(&reader->staged, record->has_wall && wall == NO_TIME ? SKIP_TIME : SKIP_BROKEN_RECORD,
                      event.code, event.sequence);
    if (usable || shape->kind == EVENT_BASAL)
        *add_event(&reader->staged) = event;
}

#define DATE_CHANGED 14

/* One that was set to what it showed is none. */
static void keep_change(struct pump_log_reader *reader, const struct event_shape *shape)
{
    const struct pump_record *record = &reader->record;
    struct pump_event event = {.code = shape->code, .sequence = record->sequence};
    if (record->wrong_properties || !take_values(reader, shape, &event) ||
        event.clock.prior == event.clock.after)
        return;
    struct clock_change change = {
        .sequence = record->sequence,
        .wall = record->has_wall ? record->wall : NO_TIME,
        .group = (int32_t)record->group,
        .pump = reader->pump,
        .is_date = shape->code == DATE_CHANGED,
    };
    if (change.is_date) {
        change.step = (event.clock.after - event.clock.prior) * SECONDS_PER_DAY;
    } else {
        change.prior = (int32_t)(event.clock.prior / 1000);
        change.after = (int32_t)(event.clock.after / 1000);
        change.step = change.after - change.prior;
    }
    add_change(&reader->staged, &change);
}

/* A record of the list of clock changes: the device's whole history, whatever was asked for. */
static void finish_change(struct pump_log_reader *reader)
{
    const struct pump_record *record = &reader->record;
    if (record->has_sequence && !record->wrong_group && record->shape &&
        record->shape->kind == EVENT_CLOCK_SET)
        keep_change(reader, record->shape);
}

static void finish_record(struct pump_log_reader *reader)
{
    struct pump_record *record = &reader->record;
    struct pump_log *log = &reader->staged;
    log->records++;
    bool has_place = record->has_sequence && !record->wrong_group;
    if (!has_place || !record->has_code)
        pump_log_skip(log, SKIP_BROKEN_RECORD, record->has_code ? record->code : -1,
                      record->has_sequence ? record->sequence : -1);
    if (!has_place)
        return;
    bool within = record->has_wall && record->wall >= log->earliest && record->wall <= log->latest;
    int64_t wall = within ? record->wall : NO_TIME;
    track(reader, wall);
    if (!record->shape)
        return;
    if (record->shape->kind == EVENT_CLOCK_SET)
        keep_change(reader, record->shape);
    else
        keep_event(reader, record->shape, wall);
}

static bool is_key(const struct json_token *token, const char *name)
{
    return token->length == strlen(name) && memcmp(token->text, name, token->length) == 0;
}

static bool on_token(void *context, const struct json_token *token)
{
    struct pump_log_reader *reader = context;
    const bool in_list = reader->in_events || reader->in_changes;
    if (token->depth <= DEPTH_ANSWER) {
        if (token->type == JSON_KEY) {
            reader->in_events = is_key(token, "events");
            reader->in_changes = is_key(token, "clockChanges");
        } else if (reader->in_events && token->depth == DEPTH_ANSWER && token->type == JSON_ARRAY) {
            reader->events_seen = true;
        }
    } else if (in_list && token->depth > DEPTH_RECORDS) {
        pump_record_take(&reader->record, token);
    } else if (in_list && token->type == JSON_OBJECT) {
        pump_record_begin(&reader->record, reader->staged.features);
    } else if (in_list && token->type == JSON_OBJECT_END) {
        if (!has_room(reader))
            return false;
        if (reader->in_events)
            finish_record(reader);
        else
            finish_change(reader);
    } else if (reader->in_events && token->type != JSON_ARRAY_END) {
        pump_log_skip(&reader->staged, SKIP_BROKEN_RECORD, -1, -1);
    }
    return true;
}

static void begin(struct pump_log_reader *reader)
{
    pump_log_free(&reader->staged);
    reader->staged = (struct pump_log){.journal = reader->log->journal,
                                       .features = reader->log->features,
                                       .earliest = reader->log->earliest,
                                       .latest = reader->log->latest};
    json_reader_free(reader->json);
    reader->json = json_reader_new(on_token, reader);
    reader->in_events = reader->in_changes = reader->events_seen = false;
}

struct pump_log_reader *pump_log_reader_new(struct pump_log *log, unsigned pump)
{
    struct pump_log_reader *reader = xcalloc(1, sizeof *reader);
    reader->log = log;
    reader->pump = (uint8_t)pump;
    begin(reader);
    return reader;
}

bool pump_log_reader_feed(struct pump_log_reader *reader, const char *data, size_t length,
                          struct error *error)
{
    reader->error = error;
    return json_reader_feed(reader->json, data, length, error);
}

/* Only its lists of events and runs are long. */
static void commit(struct pump_log *log, struct pump_log *staged)
{
    log->answers = xreallocarray(log->answers, log->answer_count + 1, sizeof *log->answers);
    log->answers[log->answer_count++] = (struct log_answer){.events = staged->events,
                                                            .event_count = staged->event_count,
                                                            .runs = staged->runs,
                                                            .run_count = staged->run_count};
    staged->events = NULL;
    staged->runs = NULL;
    for (size_t i = 0; i < staged->change_count; i++)
        add_change(log, &staged->changes[i]);
    log->records += staged->records;
    for (int i = 0; i < SKIP_REASON_COUNT; i++)
        log->skipped[i] += staged->skipped[i];
    pump_log_free(staged);
}

bool pump_log_reader_finish(struct pump_log_reader *reader, struct error *error)
{
    reader->error = error;
    if (!json_reader_finish(reader->json, error))
        return false;
    if (!reader->events_seen)
        return error_set(error, ERROR_SERVICE, "Tandem's answer holds no list of pump events");
    commit(reader->log, &reader->staged);
    return true;
}

void pump_log_reader_restart(struct pump_log_reader *reader)
{
    begin(reader);
}

void pump_log_reader_free(struct pump_log_reader *reader)
{
    if (!reader)
        return;
    json_reader_free(reader->json);
    pump_log_free(&reader->staged);
    free(reader);
}
