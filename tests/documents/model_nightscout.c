/* Keeps what a sync and a person store, as Nightscout does. */
#include "model_nightscout.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/base/memory.h"

#define BODY_MAXIMUM 90000

__attribute__((format(printf, 1, 2), noreturn)) static void refuse(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    abort();
}

static struct json *parse(const char *json)
{
    struct json *document = strlen(json) < BODY_MAXIMUM ? json_parse(json, strlen(json), NULL) : NULL;
    if (!document)
        refuse("no document under 90 kB: %.1000s", json);
    return document;
}

/* Of an entry or a treatment, in milliseconds. */
static int64_t time_of(const struct json *document)
{
    int64_t time;
    if (json_integer(json_get(document, "date"), &time))
        return time;
    const char *text = json_text(json_get(document, "created_at"));
    time = text ? civil_parse_instant(text, strlen(text)) : NO_TIME;
    if (time == NO_TIME)
        refuse("a document without a time");
    return time;
}

static enum document_kind kind_of(const struct json *document)
{
    const char *type = json_text(json_get(document, "eventType"));
    if (json_get(document, "date"))
        return DOCUMENT_READING;
    return type ? document_kind_find(type, strlen(type)) : DOCUMENT_KIND_COUNT;
}

/* The offset that the text of a treatment's time tells becomes its utcOffset. */
static void write_time(const struct json *member, int64_t time, struct json_writer *writer)
{
    int64_t wall;
    int32_t offset;
    char utc[CIVIL_TEXT_SIZE];
    civil_parse(member->text, member->length, &wall, NULL, &offset);
    json_write_text(writer, civil_format_utc(utc, time));
    json_write_key(writer, "utcOffset");
    json_write_integer(writer, offset / SECONDS_PER_MINUTE);
}

/* As it is stored: with an _id, its time in UTC. */
static char *normalize(const struct json *document, int64_t time, unsigned id)
{
    struct buffer text;
    char id_text[20];
    buffer_init(&text, 1 << 20);
    struct json_writer *writer = json_writer_new(&text);
    snprintf(id_text, sizeof id_text, "%08u", id);
    json_open_object(writer);
    json_write_key(writer, "_id");
    json_write_text(writer, id_text);
    for (const struct json *member = document->first; member; member = member->next) {
        if (strcmp(member->key, "_id") == 0 || strcmp(member->key, "utcOffset") == 0)
            continue;
        json_write_key(writer, member->key);
        if (strcmp(member->key, "created_at") == 0)
            write_time(member, time, writer);
        else
            json_write_tree(writer, member);
    }
    json_close_object(writer);
    json_writer_free(writer);
    return text.data;
}

bool nightscout_is_free(const struct nightscout *nightscout, enum document_kind kind, int64_t time)
{
    for (size_t place = nightscout->count; place > 0 && nightscout->items[place - 1].time >= time; place--)
        if (nightscout->items[place - 1].time == time && nightscout->items[place - 1].kind == kind)
            return false;
    return true;
}

static void insert(struct nightscout *nightscout, const struct json *document, unsigned id, bool touched)
{
    int64_t time = time_of(document);
    if (nightscout->count == nightscout->capacity) {
        nightscout->capacity = nightscout->capacity ? nightscout->capacity * 2 : 1024;
        nightscout->items = xreallocarray(nightscout->items, nightscout->capacity, sizeof *nightscout->items);
    }
    size_t place = nightscout->count++;
    for (; place > 0 && nightscout->items[place - 1].time >= time; place--)
        nightscout->items[place] = nightscout->items[place - 1];
    nightscout->items[place] =
        (struct stored){time, kind_of(document), id, touched, normalize(document, time, id)};
}

void nightscout_post(struct nightscout *nightscout, const char *json)
{
    struct json *document = parse(json);
    if (!nightscout_is_free(nightscout, kind_of(document), time_of(document)))
        refuse("%s overwrites what is stored", json);
    insert(nightscout, document, nightscout->ids++, false);
    nightscout->created++;
    json_free(document);
}

void nightscout_add(struct nightscout *nightscout, const char *json)
{
    struct json *document = parse(json);
    insert(nightscout, document, nightscout->ids++, true);
    json_free(document);
}

void nightscout_remove(struct nightscout *nightscout, size_t place)
{
    free(nightscout->items[place].json);
    nightscout->count--;
    memmove(&nightscout->items[place], &nightscout->items[place + 1],
            (nightscout->count - place) * sizeof *nightscout->items);
}

void nightscout_edit(struct nightscout *nightscout, size_t place, const char *json)
{
    struct json *document = parse(json);
    unsigned id = nightscout->items[place].id;
    nightscout_remove(nightscout, place);
    insert(nightscout, document, id, true);
    json_free(document);
}

static size_t find(const struct nightscout *nightscout, const char *id)
{
    size_t place = 0;
    unsigned number = id ? (unsigned)strtoul(id, NULL, 10) : UINT32_MAX;
    while (place < nightscout->count && nightscout->items[place].id != number)
        place++;
    if (place == nightscout->count)
        refuse("no document has the _id %s", id ? id : "null");
    return place;
}

/* Replaces the one with the document's _id. A sync never changes a document's time or its utcOffset. */
static void put(struct nightscout *nightscout, const char *json)
{
    struct json *document = parse(json);
    struct stored *item = &nightscout->items[find(nightscout, json_text(json_get(document, "_id")))];
    if (item->time != time_of(document))
        refuse("%s moves what is stored", json);
    char *text = normalize(document, item->time, item->id);
    struct json *before = parse(item->json), *after = parse(text);
    int64_t offset_before = 0, offset_after = 0;
    json_integer(json_get(before, "utcOffset"), &offset_before);
    json_integer(json_get(after, "utcOffset"), &offset_after);
    if (offset_before != offset_after)
        refuse("%s changes %s", json, item->json);
    free(item->json);
    item->json = text;
    nightscout->replaced++;
    json_free(before);
    json_free(after);
    json_free(document);
}

static void read_collection(const struct nightscout *nightscout, enum collection collection, int64_t from,
                            int64_t to, struct held *held)
{
    struct error error = {0};
    struct held_reader *reader = held_reader_new(held, collection);
    const char *separator = "[";
    bool good = true;
    for (size_t i = 0; i < nightscout->count; i++) {
        const struct stored *item = &nightscout->items[i];
        if ((item->kind == DOCUMENT_READING) != (collection == COLLECTION_ENTRIES) ||
            item->time < from * 1000 || item->time > to * 1000)
            continue;
        good = good && held_reader_feed(reader, separator, 1, &error) &&
               held_reader_feed(reader, item->json, strlen(item->json), &error);
        separator = ",";
    }
    good = good &&
           held_reader_feed(reader, *separator == '[' ? "[]" : "]", *separator == '[' ? 2 : 1, &error) &&
           held_reader_finish(reader, SIZE_MAX, &error);
    if (!good)
        refuse("%s", error.text);
    held_reader_free(reader);
}

void nightscout_read(const struct nightscout *nightscout, int64_t from, int64_t to, struct held *held)
{
    read_collection(nightscout, COLLECTION_TREATMENTS, from, to, held);
    read_collection(nightscout, COLLECTION_ENTRIES, from, to, held);
}

void nightscout_write(struct nightscout *nightscout, const struct difference *difference,
                      const struct documents *documents, const struct pump_log *log, const struct held *held,
                      const struct time_zone *zone)
{
    struct buffer json;
    buffer_init(&json, 1 << 20);
    struct json_writer *writer = json_writer_new(&json);
    for (size_t i = 0; i < difference->create_count; i++) {
        buffer_clear(&json);
        json_writer_reset(writer);
        document_write(&documents->items[difference->creates[i]], log, zone, writer);
        nightscout_post(nightscout, json.data);
    }
    for (size_t i = 0; i < difference->amend_count; i++) {
        buffer_clear(&json);
        if (!amendment_write(&documents->items[difference->amends[i]], log, held, &json))
            refuse("an amendment without a change");
        put(nightscout, json.data);
    }
    for (size_t i = 0; i < difference->twin_count; i++) {
        char *id = held_id(held, difference->twins[i]);
        nightscout_remove(nightscout, find(nightscout, id));
        nightscout->deleted++;
        free(id);
    }
    json_writer_free(writer);
    buffer_free(&json);
}

int64_t nightscout_newest(const struct nightscout *nightscout, bool readings)
{
    for (size_t i = nightscout->count; i-- > 0;)
        if (!nightscout->items[i].touched && (nightscout->items[i].kind == DOCUMENT_READING) == readings)
            return nightscout->items[i].time / 1000;
    return NO_TIME;
}

char *nightscout_essence(const struct stored *item)
{
    static const char *const keys[] = {
        "pump_event_id", "pump_event_source", "rate",   "absolute", "insulin", "carbs",  "glucose",
        "units",         "glucoseType",       "reason", "notes",    "sgv",     "device", "direction",
        "enteredBy"};
    struct json *document = parse(item->json);
    struct buffer text;
    buffer_init(&text, 1 << 20);
    buffer_addf(&text, "%lld %02d", (long long)item->time / 1000, item->kind);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const struct json *member = json_get(document, keys[i]);
        buffer_addf(&text, "|%s", member && member->text ? member->text : "");
    }
    json_free(document);
    return text.data;
}

void nightscout_free(struct nightscout *nightscout)
{
    for (size_t i = 0; i < nightscout->count; i++)
        free(nightscout->items[i].json);
    free(nightscout->items);
}
