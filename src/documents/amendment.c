/* Stored documents that have to change, and what this process has created. */
#include "tconnectsync/documents/difference.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/pump/pump_log.h"

#define TOLERANCE 1000 /* milliseconds by which a duration may differ */

/* Members that replace a stored document's or join it. */
struct amendment {
    const struct document *document;
    const struct pump_log *log;
    const struct json *stored;
    struct buffer words, event_id;
    bool sets_duration, sets_words, sets_event_id, sets_insulin, sets_carbs, sets_glucose;
};

static bool lacks(const struct json *stored, const char *key)
{
    const struct json *member = json_get(stored, key);
    return !member || json_is(member, JSON_NULL);
}

static size_t count_numbers(const char *event_id)
{
    size_t count = *event_id != '\0';
    for (; *event_id; event_id++)
        count += *event_id == ',';
    return count;
}

static bool differs(const struct document *document, const struct held_document *item)
{
    int64_t wanted = document->duration * 1000;
    if (item->duration == NO_DURATION)
        return true;
    if (document->open && item->duration >= wanted)
        return false; /* an end that is not known yet never takes back what is stored */
    return llabs(item->duration - wanted) > TOLERANCE;
}

static void find_bolus_changes(struct amendment *amendment)
{
    int64_t amount;
    const char *stored_id = json_text(json_get(amendment->stored, "pump_event_id"));
    size_t stored_numbers = stored_id ? count_numbers(stored_id)
                                      : json_is(json_get(amendment->stored, "pump_event_id"), JSON_NUMBER);
    amendment->sets_event_id = count_numbers(amendment->event_id.data) > stored_numbers;
    amendment->sets_insulin =
        lacks(amendment->stored, "insulin") && document_insulin(amendment->document, amendment->log, &amount);
    amendment->sets_carbs =
        lacks(amendment->stored, "carbs") && document_carbs(amendment->document, amendment->log, &amount);
    amendment->sets_glucose =
        lacks(amendment->stored, "glucose") && document_glucose(amendment->document, amendment->log, &amount);
    amendment->sets_words = lacks(amendment->stored, "notes") && amendment->words.length > 0;
}

/* A sleep or exercise that says Not Ended follows the pump; one that was ended stands. */
static void find_activity_changes(struct amendment *amendment, const struct held_document *item)
{
    if (!item->not_ended)
        return;
    bool ended = amendment->document->ended;
    amendment->sets_duration = ended || differs(amendment->document, item);
    amendment->sets_words = amendment->sets_event_id = ended;
}

static bool is_replaced(const struct amendment *amendment, const char *key)
{
    bool bolus = amendment->document->kind == DOCUMENT_COMBO_BOLUS;
    return (amendment->sets_duration && strcmp(key, "duration") == 0) ||
           (amendment->sets_event_id && strcmp(key, "pump_event_id") == 0) ||
           (amendment->sets_words && strcmp(key, "notes") == 0) ||
           (amendment->sets_words && !bolus && strcmp(key, "reason") == 0);
}

/* Everything that is stored but nulls, the first places of doubled keys and what is replaced. */
static void copy_stored(const struct amendment *amendment, struct json_writer *writer)
{
    for (const struct json *member = amendment->stored->first; member; member = member->next) {
        if (json_is(member, JSON_NULL) || is_replaced(amendment, member->key) ||
            json_get(amendment->stored, member->key) != member)
            continue;
        json_write_key(writer, member->key);
        json_write_tree(writer, member);
    }
}

/* A glucose means nothing without these beside it. */
static void add_if_lacking(const struct json *stored, const char *key, const char *text,
                           struct json_writer *writer)
{
    if (!lacks(stored, key))
        return;
    json_write_key(writer, key);
    json_write_text(writer, text);
}

static void add_members(const struct amendment *amendment, struct json_writer *writer)
{
    int64_t amount;
    if (amendment->sets_duration) {
        json_write_key(writer, "duration");
        json_write_double(writer, (double)amendment->document->duration / SECONDS_PER_MINUTE);
    }
    if (amendment->sets_event_id) {
        json_write_key(writer, "pump_event_id");
        json_write_text(writer, amendment->event_id.data);
    }
    if (amendment->sets_insulin && document_insulin(amendment->document, amendment->log, &amount)) {
        json_write_key(writer, "insulin");
        json_write_thousandths(writer, amount);
    }
    if (amendment->sets_carbs && document_carbs(amendment->document, amendment->log, &amount)) {
        json_write_key(writer, "carbs");
        json_write_thousandths(writer, amount);
    }
    if (amendment->sets_glucose && document_glucose(amendment->document, amendment->log, &amount)) {
        char text[24];
        snprintf(text, sizeof text, "%" PRId64, amount);
        json_write_key(writer, "glucose");
        json_write_text(writer, text);
        add_if_lacking(amendment->stored, "glucoseType",
                       document_glucose_type(amendment->document, amendment->log), writer);
        add_if_lacking(amendment->stored, "units", "mg/dl", writer);
    }
    if (amendment->sets_words) {
        json_write_key(writer, "notes");
        json_write_text(writer, amendment->words.data);
        if (amendment->document->kind != DOCUMENT_COMBO_BOLUS) {
            json_write_key(writer, "reason");
            json_write_text(writer, amendment->words.data);
        }
    }
}

bool amendment_write(const struct document *document, const struct pump_log *log, const struct held *held,
                     struct buffer *out)
{
    const struct held_document *item = &held->items[document->held];
    bool activity = document->kind == DOCUMENT_SLEEP || document->kind == DOCUMENT_EXERCISE;
    if (item->text == NO_TEXT || (activity && !item->not_ended) ||
        (document->kind == DOCUMENT_TEMP_BASAL && !differs(document, item)) ||
        (document->kind != DOCUMENT_TEMP_BASAL && document->kind != DOCUMENT_COMBO_BOLUS && !activity))
        return false;
    struct json *stored = json_parse(held->text + item->text, item->length, NULL);
    struct amendment amendment = {.document = document, .log = log, .stored = stored};
    buffer_init(&amendment.words, 200);
    buffer_init(&amendment.event_id, 200);
    document_words(document, log, &amendment.words);
    document_event_id(document, log, &amendment.event_id);
    if (document->kind == DOCUMENT_TEMP_BASAL)
        amendment.sets_duration = true;
    else if (activity)
        find_activity_changes(&amendment, item);
    else
        find_bolus_changes(&amendment);
    bool changes = stored && (amendment.sets_duration || amendment.sets_words || amendment.sets_event_id ||
                              amendment.sets_insulin || amendment.sets_carbs || amendment.sets_glucose);
    if (changes) {
        struct json_writer *writer = json_writer_new(out);
        json_open_object(writer);
        copy_stored(&amendment, writer);
        add_members(&amendment, writer);
        json_close_object(writer);
        json_writer_free(writer);
    }
    buffer_free(&amendment.words);
    buffer_free(&amendment.event_id);
    json_free(stored);
    return changes;
}

char *held_id(const struct held *held, uint32_t index)
{
    const struct held_document *item = &held->items[index];
    struct json *stored =
        item->text == NO_TEXT ? NULL : json_parse(held->text + item->text, item->length, NULL);
    char *id = xstrdup(json_text(json_get(stored, "_id")));
    json_free(stored);
    return id;
}

/* ---- memory: a hash set of keys, open addressing ---- */

struct event_memory {
    uint64_t *keys; /* 0: free */
    size_t count, capacity;
};

struct event_memory *event_memory_new(void)
{
    return xcalloc(1, sizeof(struct event_memory));
}

void event_memory_free(struct event_memory *memory)
{
    if (memory)
        free(memory->keys);
    free(memory);
}

/* FNV-1a over kind, number and time. */
static uint64_t key_of(const struct document *document, const struct pump_log *log)
{
    const int64_t parts[] = {document->kind, log->events[document->event].sequence, document->time};
    const unsigned char *bytes = (const unsigned char *)parts;
    uint64_t key = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < sizeof parts; i++)
        key = (key ^ bytes[i]) * UINT64_C(1099511628211);
    return key ? key : 1;
}

static size_t find_place(const struct event_memory *memory, uint64_t key)
{
    size_t place = key & (memory->capacity - 1);
    while (memory->keys[place] && memory->keys[place] != key)
        place = (place + 1) & (memory->capacity - 1);
    return place;
}

static void grow(struct event_memory *memory)
{
    struct event_memory larger = {.capacity = memory->capacity ? memory->capacity * 2 : 1024,
                                  .count = memory->count};
    larger.keys = xcalloc(larger.capacity, sizeof *larger.keys);
    for (size_t i = 0; i < memory->capacity; i++)
        if (memory->keys[i])
            larger.keys[find_place(&larger, memory->keys[i])] = memory->keys[i];
    free(memory->keys);
    *memory = larger;
}

void event_memory_add(struct event_memory *memory, const struct document *document,
                      const struct pump_log *log)
{
    if (memory->count * 2 >= memory->capacity)
        grow(memory);
    uint64_t key = key_of(document, log);
    size_t place = find_place(memory, key);
    memory->count += memory->keys[place] == 0;
    memory->keys[place] = key;
}

bool event_memory_has(const struct event_memory *memory, const struct document *document,
                      const struct pump_log *log)
{
    return memory->capacity > 0 && memory->keys[find_place(memory, key_of(document, log))] != 0;
}
