/* Reads Nightscout's lists of documents as they stream in: of each document its place,
   its event and what it carries. */
#include "tconnectsync/documents/held.h"

#include <math.h>
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
    MEMBER_SOURCE,
    MEMBER_INSULIN,
    MEMBER_CARBS,
    MEMBER_GLUCOSE,
    MEMBER_RATE,
    MEMBER_SGV,
    MEMBER_COUNT
};
static const char *const member_names[MEMBER_COUNT] = {
    "",      "_id",     "eventType", "created_at", "enteredBy", "pump_event_id",     "duration",
    "notes", "reason",  "type",      "date",       "device",    "pump_event_source", "insulin",
    "carbs", "glucose", "rate",      "sgv",
};

struct held_reader {
    struct held *held;
    struct held staged;
    enum collection collection;
    struct json_reader *json;
    struct json_writer *writer;
    struct buffer text; /* the document at hand, written again */
    char *texts;        /* of those that were kept, one behind the other */
    size_t texts_length, texts_capacity;
    struct error *error;
    bool list_seen;
    enum member member;
    struct held_document document;
};

const char *collection_name(enum collection collection)
{
    static const char *const names[COLLECTION_COUNT] = {"treatments", "entries", "devicestatus"};
    return names[collection];
}

void held_free(struct held *held)
{
    free(held->items);
    for (size_t i = 0; i < held->text_count; i++)
        free(held->texts[i]);
    free(held->texts);
    *held = (struct held){0};
}

int64_t held_second(const struct held_document *document)
{
    return document->time / 1000 - (document->time % 1000 < 0);
}

bool held_is_stale(const struct held *held, int64_t now)
{
    return now - held->read_at > HELD_FRESH_MILLISECONDS;
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

static bool is_number(const struct json_token *token)
{
    return token->type == JSON_NUMBER || token->type == JSON_STRING; /* an editor turns numbers into text */
}

/* The numbers of "442700,442680", up to the first that is none; a plain number is taken as well. */
static void set_numbers(int64_t numbers[HELD_NUMBERS], const struct json_token *token)
{
    const char *text = token->text, *end = text + token->length;
    for (size_t i = 0; i < HELD_NUMBERS; i++)
        numbers[i] = NO_EVENT_ID;
    if (!is_number(token))
        return;
    for (size_t i = 0; i < HELD_NUMBERS; i++) {
        size_t digits = 0;
        while (text + digits < end && text[digits] >= '0' && text[digits] <= '9')
            digits++;
        bool ends = text + digits == end || text[digits] == ',';
        if (digits == 0 || digits > 18 || !ends || !json_number_integer(text, digits, &numbers[i]) ||
            text + digits == end)
            return;
        text += digits + 1;
    }
}

/* Eight hexadecimal digits; what else stands there names no pump. */
static int64_t source_of(const struct json_token *token)
{
    int64_t source = 0;
    if (token->type != JSON_STRING || token->length != 8)
        return NO_SOURCE;
    for (size_t i = 0; i < token->length; i++) {
        static const char digits[] = "0123456789abcdef";
        const char *digit = memchr(digits, token->text[i], sizeof digits - 1);
        if (!digit)
            return NO_SOURCE;
        source = source << 4 | (digit - digits);
    }
    return source;
}

static int64_t amount_of(const struct json_token *token)
{
    int64_t thousandths;
    return is_number(token) && json_number_thousandths(token->text, token->length, &thousandths) ? thousandths
                                                                                                 : NO_AMOUNT;
}

static int64_t duration_of(const struct json_token *token)
{
    double minutes;
    return is_number(token) && json_number_double(token->text, token->length, &minutes) && minutes >= 0 &&
                   minutes < 1e9
               ? (int64_t)(minutes * 60000 + 0.5)
               : NO_DURATION;
}

/* Other uploaders write fractions of a millisecond. */
static int64_t date_of(const struct json_token *token)
{
    double milliseconds;
    return is_number(token) && json_number_double(token->text, token->length, &milliseconds) &&
                   fabs(milliseconds) < 1e15
               ? (int64_t)floor(milliseconds)
               : NO_TIME;
}

static uint64_t identity_of(const struct json_token *token)
{
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
    if (!is_number(token))
        return 0;
    for (size_t i = 0; i < token->length; i++)
        hash = (hash ^ (unsigned char)token->text[i]) * UINT64_C(1099511628211);
    return hash ? hash : 1;
}

static bool says_not_ended(const struct json_token *token)
{
    static const char end[] = NOT_ENDED;
    const size_t length = sizeof end - 1;
    return token->type == JSON_STRING && token->length > length &&
           memcmp(token->text + token->length - length, end, length) == 0;
}

static void set_member(struct held_reader *reader, const struct json_token *token)
{
    struct held_document *document = &reader->document;
    switch (reader->member) {
    case MEMBER_ID:
        document->identity = identity_of(token);
        break;
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
        set_numbers(document->numbers, token);
        break;
    case MEMBER_SOURCE:
        document->source = source_of(token);
        break;
    case MEMBER_DURATION:
        document->duration = duration_of(token);
        break;
    case MEMBER_NOTES:
    case MEMBER_REASON:
        document->not_ended |= says_not_ended(token);
        break;
    case MEMBER_INSULIN:
        document->insulin = amount_of(token);
        break;
    case MEMBER_CARBS:
        document->carbs = amount_of(token);
        break;
    case MEMBER_GLUCOSE:
    case MEMBER_SGV:
        document->glucose = amount_of(token);
        break;
    case MEMBER_RATE:
        document->rate = amount_of(token);
        break;
    case MEMBER_TYPE:
        document->is_reading = reader->collection == COLLECTION_ENTRIES && is(token, "sgv");
        break;
    case MEMBER_DATE:
        if (reader->collection == COLLECTION_ENTRIES)
            document->time = date_of(token);
        break;
    default:
        break;
    }
}

static void begin_document(struct held_reader *reader)
{
    reader->document = (struct held_document){.time = NO_TIME,
                                              .source = NO_SOURCE,
                                              .duration = NO_DURATION,
                                              .insulin = NO_AMOUNT,
                                              .carbs = NO_AMOUNT,
                                              .glucose = NO_AMOUNT,
                                              .rate = NO_AMOUNT,
                                              .kind = DOCUMENT_KIND_COUNT};
    for (size_t i = 0; i < HELD_NUMBERS; i++)
        reader->document.numbers[i] = NO_EVENT_ID;
    reader->member = MEMBER_OTHER;
    buffer_clear(&reader->text);
    json_writer_reset(reader->writer);
    json_open_object(reader->writer);
}

static void add_text(struct held_reader *reader, const char *text, size_t length)
{
    while (reader->texts_length + length > reader->texts_capacity) {
        reader->texts_capacity = reader->texts_capacity ? reader->texts_capacity * 2 : 4096;
        reader->texts = xreallocarray(reader->texts, reader->texts_capacity, 1);
    }
    memcpy(reader->texts + reader->texts_length, text, length);
    reader->texts_length += length;
}

static void add_item(struct held *held, const struct held_document *document)
{
    if (held->count == held->capacity) {
        held->capacity = held->capacity ? held->capacity * 2 : 64;
        held->items = xreallocarray(held->items, held->capacity, sizeof *held->items);
    }
    held->items[held->count++] = *document;
}

/* Whether an event may be this one, or its place is taken by it. */
static bool is_kept(const struct held_reader *reader)
{
    const struct held_document *document = &reader->document;
    if (document->time == NO_TIME)
        return false;
    if (reader->collection != COLLECTION_TREATMENTS)
        return document->is_reading;
    return document->kind != DOCUMENT_KIND_COUNT || document->ours || document->numbers[0] != NO_EVENT_ID;
}

static bool finish_document(struct held_reader *reader)
{
    struct held *held = &reader->staged;
    struct held_document *document = &reader->document;
    held->documents++;
    json_close_object(reader->writer);
    if (document->is_reading)
        document->kind = DOCUMENT_READING;
    if (!is_kept(reader))
        return true;
    /* One that is larger than any we write is known, but neither amended nor deleted. */
    if ((document->ours || document->numbers[0] != NO_EVENT_ID) && !reader->text.full) {
        if (reader->texts_length + reader->text.length > TEXT_MAXIMUM)
            return error_set(reader->error, ERROR_LIMIT, "it holds more than fits into memory");
        document->length = (uint32_t)reader->text.length;
        add_text(reader, reader->text.data, reader->text.length);
    }
    add_item(held, document);
    return true;
}

/* Of readings only what a deletion needs is kept: there are hundreds a day, and none is ever amended. */
static bool is_copied(const struct held_reader *reader)
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
    if (is_copied(reader))
        json_write_token(reader->writer, token);
    return true;
}

static void begin(struct held_reader *reader)
{
    held_free(&reader->staged);
    reader->texts_length = 0;
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

/* Moves what the answer brought to the rest. Its texts stay where they are: they are long. */
static void commit(struct held *held, struct held_reader *reader)
{
    struct held *staged = &reader->staged;
    const char *text = reader->texts;
    for (size_t i = 0; i < staged->count; i++) {
        struct held_document document = staged->items[i];
        if (document.length > 0) {
            document.text = text;
            text += document.length;
        }
        add_item(held, &document);
    }
    if (reader->texts) {
        held->texts = xreallocarray(held->texts, held->text_count + 1, sizeof *held->texts);
        held->texts[held->text_count++] = reader->texts;
    }
    held->text_length += reader->texts_length;
    held->documents += staged->documents;
    reader->texts = NULL;
    reader->texts_length = reader->texts_capacity = 0;
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
    if (reader->held->text_length + reader->texts_length > TEXT_MAXIMUM)
        return error_set(error, ERROR_LIMIT, "it holds more than fits into memory");
    commit(reader->held, reader);
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
    free(reader->texts);
    held_free(&reader->staged);
    free(reader);
}
