#include "tconnectsync/documents/held.h"

#include <stdlib.h>
#include <string.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/documents/document.h"

#define TEXT_MAXIMUM     (256u << 20)
#define DOCUMENT_MAXIMUM (64u << 10) /* of one stored document's JSON */

/* [{member: value}] */
enum { DEPTH_LIST = 1, DEPTH_DOCUMENT = 2 };

enum member {
    MEMBER_OTHER,
    MEMBER_ID,
    MEMBER_EVENT_TYPE,
    MEMBER_CREATED_AT,
    MEMBER_ENTERED_BY,
    MEMBER_EVENT_ID,
    MEMBER_DURATION,
    MEMBER_NOTES,
    MEMBER_REASON,
    MEMBER_TYPE,
    MEMBER_DATE,
    MEMBER_DEVICE,
    MEMBER_COUNT
};
static const char *const member_names[MEMBER_COUNT] = {
    "",         "_id",   "eventType", "created_at", "enteredBy", "pump_event_id",
    "duration", "notes", "reason",    "type",       "date",      "device",
};

struct held_reader {
    struct held *held;
    struct held staged;
    enum collection collection;
    struct json_reader *json;
    struct json_writer *writer;
    struct buffer text; /* the document at hand, written again */
    struct error *error;
    bool list_seen;
    enum member member;
    struct held_document document;
    bool is_reading;
};

const char *collection_name(enum collection collection)
{
    static const char *const names[COLLECTION_COUNT] = {"treatments", "entries", "devicestatus"};
    return names[collection];
}

void held_free(struct held *held)
{
    free(held->items);
    free(held->text);
    *held = (struct held){0};
}

static bool is(const struct json_token *token, const char *text)
{
    return token->type == JSON_STRING && token->length == strlen(text) &&
           memcmp(token->text, text, token->length) == 0;
}

static enum member find_member(const struct json_token *token)
{
    for (enum member member = MEMBER_ID; member < MEMBER_COUNT; member++)
        if (strlen(member_names[member]) == token->length &&
            memcmp(member_names[member], token->text, token->length) == 0)
            return member;
    return MEMBER_OTHER;
}

/* The first number of "442700,442680"; a plain number is taken as well. */
static int64_t first_number(const struct json_token *token)
{
    size_t digits = 0;
    while (digits < token->length && token->text[digits] >= '0' && token->text[digits] <= '9')
        digits++;
    int64_t number;
    bool ends = digits == token->length || token->text[digits] == ',';
    if ((token->type != JSON_STRING && token->type != JSON_NUMBER) || digits == 0 || digits > 18 || !ends ||
        !json_number_integer(token->text, digits, &number))
        return NO_EVENT_ID;
    return number;
}

static bool says_not_ended(const struct json_token *token)
{
    return token->type == JSON_STRING && memmem(token->text, token->length, "Not Ended", strlen("Not Ended"));
}

static void set_member(struct held_reader *reader, const struct json_token *token)
{
    struct held_document *document = &reader->document;
    int64_t number;
    double minutes;
    switch (reader->member) {
    case MEMBER_EVENT_TYPE:
        document->kind = token->type == JSON_STRING ? (uint8_t)document_kind_find(token->text, token->length)
                                                    : DOCUMENT_KIND_COUNT;
        break;
    case MEMBER_CREATED_AT:
        if (reader->collection == COLLECTION_TREATMENTS && token->type == JSON_STRING)
            document->time = civil_parse_instant(token->text, token->length);
        break;
    case MEMBER_ENTERED_BY:
    case MEMBER_DEVICE:
        document->ours |= is(token, ENTERED_BY);
        break;
    case MEMBER_EVENT_ID:
        document->event_id = first_number(token);
        break;
    case MEMBER_DURATION:
        document->duration = NO_DURATION;
        if (token->type == JSON_NUMBER && json_number_double(token->text, token->length, &minutes) &&
            minutes >= 0 && minutes < 1e9)
            document->duration = (int64_t)(minutes * 60000 + 0.5);
        break;
    case MEMBER_NOTES:
    case MEMBER_REASON:
        document->not_ended |= says_not_ended(token);
        break;
    case MEMBER_TYPE:
        reader->is_reading = is(token, "sgv");
        break;
    case MEMBER_DATE:
        if (reader->collection == COLLECTION_ENTRIES && token->type == JSON_NUMBER &&
            json_number_integer(token->text, token->length, &number))
            document->time = number;
        break;
    default:
        break;
    }
}

static void begin_document(struct held_reader *reader)
{
    reader->document = (struct held_document){.time = NO_TIME,
                                              .event_id = NO_EVENT_ID,
                                              .duration = NO_DURATION,
                                              .text = NO_TEXT,
                                              .kind = DOCUMENT_KIND_COUNT};
    reader->is_reading = false;
    reader->member = MEMBER_OTHER;
    buffer_clear(&reader->text);
    json_writer_reset(reader->writer);
    json_open_object(reader->writer);
}

static void add_text(struct held *held, const char *text, size_t length)
{
    while (held->text_length + length > held->text_capacity) {
        held->text_capacity = held->text_capacity ? held->text_capacity * 2 : 4096;
        held->text = xreallocarray(held->text, held->text_capacity, 1);
    }
    memcpy(held->text + held->text_length, text, length);
    held->text_length += length;
}

static void add_item(struct held *held, const struct held_document *document)
{
    if (held->count == held->capacity) {
        held->capacity = held->capacity ? held->capacity * 2 : 64;
        held->items = xreallocarray(held->items, held->capacity, sizeof *held->items);
    }
    held->items[held->count++] = *document;
}

static bool finish_document(struct held_reader *reader)
{
    struct held *held = &reader->staged;
    struct held_document *document = &reader->document;
    held->documents++;
    json_close_object(reader->writer);
    if (reader->collection == COLLECTION_ENTRIES)
        document->kind = reader->is_reading ? DOCUMENT_READING : DOCUMENT_KIND_COUNT;
    if (document->kind == DOCUMENT_KIND_COUNT || document->time == NO_TIME)
        return true;
    if (document->ours || document->event_id != NO_EVENT_ID) {
        if (reader->text.full)
            return error_set(reader->error, ERROR_LIMIT, "a document is larger than any we write");
        if (held->text_length + reader->text.length > TEXT_MAXIMUM)
            return error_set(reader->error, ERROR_LIMIT, "it holds more than fits into memory");
        document->text = (uint32_t)held->text_length;
        document->length = (uint32_t)reader->text.length;
        add_text(held, reader->text.data, reader->text.length);
    }
    add_item(held, document);
    return true;
}

/* Of readings only what a deletion needs is kept: there are hundreds a day, and none is ever amended. */
static bool is_kept(const struct held_reader *reader)
{
    return reader->collection == COLLECTION_TREATMENTS || reader->member == MEMBER_ID ||
           reader->member == MEMBER_EVENT_ID;
}

static bool on_token(void *context, const struct json_token *token)
{
    struct held_reader *reader = context;
    if (token->depth == 0) {
        if (token->type == JSON_ARRAY)
            reader->list_seen = true;
        else if (token->type != JSON_ARRAY_END)
            return error_set(reader->error, ERROR_SERVICE, "it is no list of %s, so its database may be down",
                             collection_name(reader->collection));
        return true;
    }
    if (token->depth == DEPTH_LIST) {
        if (token->type == JSON_OBJECT)
            begin_document(reader);
        else if (token->type == JSON_OBJECT_END)
            return finish_document(reader);
        return true;
    }
    if (token->depth == DEPTH_DOCUMENT && token->type == JSON_KEY)
        reader->member = find_member(token);
    else if (token->depth == DEPTH_DOCUMENT)
        set_member(reader, token);
    if (is_kept(reader))
        json_write_token(reader->writer, token);
    return true;
}

static void begin(struct held_reader *reader)
{
    held_free(&reader->staged);
    json_reader_free(reader->json);
    reader->json = json_reader_new(on_token, reader);
    reader->list_seen = false;
}

struct held_reader *held_reader_new(struct held *held, enum collection collection)
{
    struct held_reader *reader = xcalloc(1, sizeof *reader);
    reader->held = held;
    reader->collection = collection;
    buffer_init(&reader->text, DOCUMENT_MAXIMUM);
    reader->writer = json_writer_new(&reader->text);
    begin(reader);
    return reader;
}

bool held_reader_feed(struct held_reader *reader, const char *data, size_t length, struct error *error)
{
    reader->error = error;
    return json_reader_feed(reader->json, data, length, error);
}

/* Moves what the answer brought to the rest; its texts come behind those that are there. */
static void commit(struct held *held, struct held *staged)
{
    for (size_t i = 0; i < staged->count; i++) {
        struct held_document document = staged->items[i];
        if (document.text != NO_TEXT)
            document.text += (uint32_t)held->text_length;
        add_item(held, &document);
    }
    if (staged->text_length > 0)
        add_text(held, staged->text, staged->text_length);
    held->documents += staged->documents;
    held_free(staged);
}

bool held_reader_finish(struct held_reader *reader, size_t limit, struct error *error)
{
    reader->error = error;
    if (!json_reader_finish(reader->json, error))
        return false;
    if (reader->staged.documents >= limit)
        return error_set(error, ERROR_LIMIT, "it holds over %zu %s in a few days, too many to compare", limit,
                         collection_name(reader->collection));
    if (reader->held->text_length + reader->staged.text_length > TEXT_MAXIMUM)
        return error_set(error, ERROR_LIMIT, "it holds more than fits into memory");
    commit(reader->held, &reader->staged);
    return true;
}

void held_reader_restart(struct held_reader *reader)
{
    begin(reader);
}

void held_reader_free(struct held_reader *reader)
{
    if (!reader)
        return;
    json_reader_free(reader->json);
    json_writer_free(reader->writer);
    buffer_free(&reader->text);
    held_free(&reader->staged);
    free(reader);
}
