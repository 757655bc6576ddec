#include "model_nightscout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/base/memory.h"

/* Of an entry or a treatment, in milliseconds. */
static int64_t time_of(const struct json *document)
{
    int64_t time;
    if (json_integer(json_get(document, "date"), &time))
        return time;
    const char *text = json_text(json_get(document, "created_at"));
    assert_non_null(text);
    return civil_parse_instant(text, strlen(text));
}

/* As it is stored: with an _id, its time in UTC. */
static char *normalise(const struct json *document, int64_t time, unsigned id)
{
    struct buffer text;
    char utc[CIVIL_TEXT_SIZE], id_text[20];
    buffer_init(&text, 1 << 16);
    struct json_writer *writer = json_writer_new(&text);
    snprintf(id_text, sizeof id_text, "%08u", id);
    json_open_object(writer);
    json_write_key(writer, "_id");
    json_write_text(writer, id_text);
    for (const struct json *member = document->first; member; member = member->next) {
        if (strcmp(member->key, "_id") == 0)
            continue;
        json_write_key(writer, member->key);
        if (strcmp(member->key, "created_at") == 0)
            json_write_text(writer, civil_format_utc(utc, time));
        else
            json_write_tree(writer, member);
    }
    json_close_object(writer);
    json_writer_free(writer);
    return text.data;
}

void nightscout_post(struct nightscout *nightscout, enum document_kind kind, const char *json)
{
    struct json *document = json_parse(json, strlen(json), NULL);
    assert_non_null(document);
    int64_t time = time_of(document);
    if (nightscout->count == nightscout->capacity) {
        nightscout->capacity = nightscout->capacity ? nightscout->capacity * 2 : 1024;
        nightscout->items = xreallocarray(nightscout->items, nightscout->capacity, sizeof *nightscout->items);
    }
    size_t place = nightscout->count;
    for (; place > 0 && nightscout->items[place - 1].time >= time; place--)
        if (nightscout->items[place - 1].time == time && nightscout->items[place - 1].kind == kind)
            fail_msg("%s overwrites %s", json, nightscout->items[place - 1].json);
    memmove(&nightscout->items[place + 1], &nightscout->items[place],
            (nightscout->count - place) * sizeof *nightscout->items);
    unsigned id = nightscout->ids++;
    nightscout->items[place] = (struct stored){time, kind, id, normalise(document, time, id)};
    nightscout->count++;
    nightscout->created++;
    json_free(document);
}

void nightscout_put(struct nightscout *nightscout, const char *json)
{
    struct json *document = json_parse(json, strlen(json), NULL);
    assert_non_null(document);
    unsigned id = (unsigned)strtoul(json_text(json_get(document, "_id")), NULL, 10);
    size_t place = 0;
    while (place < nightscout->count && nightscout->items[place].id != id)
        place++;
    assert_true(place < nightscout->count);
    struct stored *item = &nightscout->items[place];
    assert_true(item->time == time_of(document)); /* an amended document keeps its time */
    free(item->json);
    item->json = normalise(document, item->time, id);
    nightscout->replaced++;
    json_free(document);
}

static void read_collection(const struct nightscout *nightscout, enum collection collection, int64_t from,
                            int64_t to, struct held *held)
{
    struct error error = {0};
    struct held_reader *reader = held_reader_new(held, collection);
    const char *separator = "[";
    for (size_t i = 0; i < nightscout->count; i++) {
        const struct stored *item = &nightscout->items[i];
        bool is_treatment = document_is_treatment(item->kind);
        if (is_treatment != (collection == COLLECTION_TREATMENTS) || item->time < from * 1000 ||
            item->time > to * 1000)
            continue;
        assert_true(held_reader_feed(reader, separator, 1, &error));
        assert_true(held_reader_feed(reader, item->json, strlen(item->json), &error));
        separator = ",";
    }
    assert_true(held_reader_feed(reader, *separator == '[' ? "[]" : "]", *separator == '[' ? 2 : 1, &error));
    assert_true(held_reader_finish(reader, SIZE_MAX, &error));
    held_reader_free(reader);
}

void nightscout_read(const struct nightscout *nightscout, int64_t from, int64_t to, struct held *held)
{
    read_collection(nightscout, COLLECTION_TREATMENTS, from, to, held);
    read_collection(nightscout, COLLECTION_ENTRIES, from, to, held);
}

int64_t nightscout_newest(const struct nightscout *nightscout, bool readings)
{
    for (size_t i = nightscout->count; i-- > 0;)
        if (document_is_treatment(nightscout->items[i].kind) != readings)
            return nightscout->items[i].time / 1000;
    return NO_TIME;
}

void nightscout_free(struct nightscout *nightscout)
{
    for (size_t i = 0; i < nightscout->count; i++)
        free(nightscout->items[i].json);
    free(nightscout->items);
}
