/* Two answers of Tandem Source out of files, in place of a made-up history. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "site.h"
#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/base/memory.h"

#define JSON_TYPE "application/json; charset=utf-8"
#define MAXIMUM   (256u << 20)

struct fixture {
    char *pumper, *clock_changes;
    struct fixture_event {
        char *assignment, *date, *text;
    } * events;
    size_t count;
};

static char *file_read(const char *name, size_t *length)
{
    FILE *file = fopen(name, "rb");
    struct buffer buffer;
    char piece[65536];
    size_t got;
    if (!file)
        return NULL;
    buffer_init(&buffer, MAXIMUM);
    buffer_add(&buffer, "", 0);
    while ((got = fread(piece, 1, sizeof piece, file)) > 0)
        buffer_add(&buffer, piece, got);
    fclose(file);
    *length = buffer.length;
    return buffer.data;
}

static char *json_print(const struct json *json)
{
    struct buffer buffer;
    buffer_init(&buffer, MAXIMUM);
    struct json_writer *writer = json_writer_new(&buffer);
    json_write_tree(writer, json);
    json_writer_free(writer);
    return buffer.data;
}

static void fixture_add(struct fixture *fixture, const struct json *event)
{
    const char *time = json_text(json_get(event, "pumpDateTime"));
    const char *assignment = json_text(json_get(event, "deviceAssignmentId"));
    fixture->events = xreallocarray(fixture->events, fixture->count + 1, sizeof *fixture->events);
    fixture->events[fixture->count++] = (struct fixture_event){.assignment = xstrdup(assignment),
                                                               .date = time ? xstrndup(time, 10) : NULL,
                                                               .text = json_print(event)};
}

struct fixture *fixture_read(const char *pumper_file, const char *log_file)
{
    struct fixture *fixture = xcalloc(1, sizeof *fixture);
    size_t length = 0;
    fixture->pumper = file_read(pumper_file, &length);
    char *text = file_read(log_file, &length);
    struct json *log = text ? json_parse_large(text, length, NULL) : NULL;
    const struct json *events = json_get(log, "events"), *changes = json_get(log, "clockChanges");
    bool usable = fixture->pumper && json_is(events, JSON_ARRAY);
    if (usable)
        for (const struct json *event = events->first; event; event = event->next)
            fixture_add(fixture, event);
    fixture->clock_changes = json_is(changes, JSON_ARRAY) ? json_print(changes) : xstrdup("[]");
    json_free(log);
    free(text);
    if (usable)
        return fixture;
    fprintf(stderr, "tconnectsync-simulator: cannot use %s and %s\n", pumper_file, log_file);
    fixture_free(fixture);
    return NULL;
}

void fixture_free(struct fixture *fixture)
{
    if (!fixture)
        return;
    for (size_t i = 0; i < fixture->count; i++) {
        free(fixture->events[i].assignment);
        free(fixture->events[i].date);
        free(fixture->events[i].text);
    }
    free(fixture->events);
    free(fixture->pumper);
    free(fixture->clock_changes);
    free(fixture);
}

void fixture_reply_pumper(const struct fixture *fixture, struct exchange *exchange)
{
    exchange_reply_text(exchange, 200, JSON_TYPE, fixture->pumper);
}

/* An event without a date is in every window, so that tests can serve broken ones. */
void fixture_reply_log(const struct fixture *fixture, struct exchange *exchange, const char *assignment,
                       const char *first, const char *last)
{
    struct evbuffer *body = evbuffer_new();
    const char *separator = "";
    evbuffer_add_printf(body, "{\"events\":[");
    for (size_t i = 0; i < fixture->count; i++) {
        const struct fixture_event *event = &fixture->events[i];
        if ((event->assignment && strcmp(event->assignment, assignment) != 0) ||
            (event->date && (strncmp(event->date, first, 10) < 0 || strncmp(event->date, last, 10) > 0)))
            continue;
        evbuffer_add(body, separator, strlen(separator));
        evbuffer_add(body, event->text, strlen(event->text));
        separator = ",";
    }
    evbuffer_add_printf(body, "],\"clockChanges\":%s}", fixture->clock_changes);
    exchange_reply(exchange, 200, JSON_TYPE, body);
}
