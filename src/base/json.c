/* The reader and the tree. yajl splits and decodes; depth, size, shape and numbers are judged here. */
#include "tconnectsync/base/json.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <yajl/yajl_parse.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/base/memory.h"

#include "json_allocation.h"

/* Where the bytes that have come so far end. */
enum place { BETWEEN_TOKENS, IN_WORD, IN_STRING, BEHIND_BACKSLASH };

struct json_reader {
    yajl_handle yajl;
    json_handler *handler;
    void *context;
    unsigned depth;
    bool too_deep, stopped;
    enum place place;
    struct buffer begun; /* the token that is not complete yet: yajl would read it anew with every piece */
};

static int hand_over(struct json_reader *reader, enum json_type type, const char *text, size_t length)
{
    struct json_token token = {type, text, length, reader->depth};
    if (!reader->handler(reader->context, &token))
        reader->stopped = true;
    return !reader->stopped;
}

static int open_container(struct json_reader *reader, enum json_type type)
{
    if (reader->depth >= JSON_MAXIMUM_DEPTH) {
        reader->too_deep = true;
        return 0;
    }
    int go_on = hand_over(reader, type, "", 0);
    reader->depth++;
    return go_on;
}

static int close_container(struct json_reader *reader, enum json_type type)
{
    reader->depth--;
    return hand_over(reader, type, "", 0);
}

static int on_null(void *reader)
{
    return hand_over(reader, JSON_NULL, "", 0);
}

static int on_boolean(void *reader, int value)
{
    return hand_over(reader, value ? JSON_TRUE : JSON_FALSE, "", 0);
}

static int on_number(void *reader, const char *text, size_t length)
{
    return hand_over(reader, JSON_NUMBER, text, length);
}

static int on_string(void *reader, const unsigned char *text, size_t length)
{
    return hand_over(reader, JSON_STRING, (const char *)text, length);
}

static int on_key(void *reader, const unsigned char *text, size_t length)
{
    return hand_over(reader, JSON_KEY, (const char *)text, length);
}

static int on_open_object(void *reader)
{
    return open_container(reader, JSON_OBJECT);
}

static int on_close_object(void *reader)
{
    return close_container(reader, JSON_OBJECT_END);
}

static int on_open_array(void *reader)
{
    return open_container(reader, JSON_ARRAY);
}

static int on_close_array(void *reader)
{
    return close_container(reader, JSON_ARRAY_END);
}

static yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_open_object,
    .yajl_map_key = on_key,
    .yajl_end_map = on_close_object,
    .yajl_start_array = on_open_array,
    .yajl_end_array = on_close_array,
};

struct json_reader *json_reader_new(json_handler *handler, void *context)
{
    struct json_reader *reader = xcalloc(1, sizeof *reader);
    reader->handler = handler;
    reader->context = context;
    reader->yajl = yajl_alloc(&callbacks, &json_allocation, reader);
    buffer_init(&reader->begun, JSON_MAXIMUM_TOKEN + 2); /* and what ends it */
    return reader;
}

static bool judge(struct json_reader *reader, yajl_status status, struct error *error)
{
    if (status == yajl_status_ok)
        return true;
    if (reader->too_deep)
        return error_set(error, ERROR_LIMIT, "JSON is nested more than %d levels deep", JSON_MAXIMUM_DEPTH);
    if (reader->stopped)
        return false;
    return error_set(error, ERROR_DATA, "what came is not JSON");
}

static bool parse(struct json_reader *reader, const char *data, size_t length, struct error *error)
{
    return judge(reader, yajl_parse(reader->yajl, (const unsigned char *)data, length), error);
}

static enum place place_behind(enum place before, char c)
{
    static const bool between[256] = {
        [' '] = true, ['\t'] = true, ['\r'] = true, ['\n'] = true, [','] = true,
        [':'] = true, ['['] = true,  [']'] = true,  ['{'] = true,  ['}'] = true};
    if (before == BEHIND_BACKSLASH)
        return IN_STRING;
    if (before == IN_STRING)
        return c == '"' ? BETWEEN_TOKENS : c == '\\' ? BEHIND_BACKSLASH : IN_STRING;
    if (c == '"')
        return IN_STRING;
    return between[(unsigned char)c] ? BETWEEN_TOKENS : IN_WORD;
}

/* Up to where data ends the token that has begun, and up to where it holds whole tokens; 0: not at all. False
   when a token is too long. */
static bool find_whole(struct json_reader *reader, const char *data, size_t length, size_t *first,
                       size_t *whole)
{
    size_t token = reader->begun.length;
    enum place place = reader->place;
    *first = *whole = 0;
    for (size_t at = 0; at < length; at++) {
        place = place_behind(place, data[at]);
        token = place == BETWEEN_TOKENS ? 0 : token + 1;
        if (token > JSON_MAXIMUM_TOKEN)
            return false;
        if (place != BETWEEN_TOKENS)
            continue;
        *whole = at + 1;
        if (*first == 0)
            *first = at + 1;
    }
    reader->place = place;
    return true;
}

/* yajl gets whole tokens alone: it would read one that comes in many pieces anew with each of them. */
bool json_reader_feed(struct json_reader *reader, const char *data, size_t length, struct error *error)
{
    size_t first, whole;
    bool good = true;
    if (!find_whole(reader, data, length, &first, &whole))
        return error_set(error, ERROR_LIMIT, "JSON holds a text or number of over %d bytes",
                         JSON_MAXIMUM_TOKEN);
    if (whole > 0 && reader->begun.length > 0) {
        buffer_add(&reader->begun, data, first);
        good = parse(reader, reader->begun.data, reader->begun.length, error);
        buffer_clear(&reader->begun);
    } else {
        first = 0;
    }
    good = good && parse(reader, data + first, whole > first ? whole - first : 0, error);
    buffer_add(&reader->begun, data + whole, length - whole);
    return good;
}

bool json_reader_finish(struct json_reader *reader, struct error *error)
{
    if (!parse(reader, reader->begun.data, reader->begun.length, error))
        return false;
    yajl_status status = yajl_complete_parse(reader->yajl);
    if (status == yajl_status_error && !reader->too_deep && !reader->stopped)
        return error_set(error, ERROR_DATA, "JSON was cut short");
    return judge(reader, status, error);
}

void json_reader_free(struct json_reader *reader)
{
    if (!reader)
        return;
    yajl_free(reader->yajl);
    buffer_wipe(&reader->begun);
    free(reader);
}

/* ---- tree ---- */

struct builder {
    struct json *open[JSON_MAXIMUM_DEPTH + 1];
    size_t members[JSON_MAXIMUM_DEPTH + 1]; /* of each open object */
    size_t nodes;
    struct json *root;
    char *key;
    size_t key_length;
    bool limited;
    struct error *error;
};

static char *copy(const struct json_token *token)
{
    char *text = xmalloc(token->length + 1);
    memcpy(text, token->text, token->length);
    text[token->length] = '\0';
    return text;
}

static bool take_key(struct builder *builder, const struct json_token *token)
{
    builder->key = copy(token);
    builder->key_length = token->length;
    if (++builder->members[token->depth] <= JSON_MAXIMUM_MEMBERS || !builder->limited)
        return true;
    return error_set(builder->error, ERROR_LIMIT, "JSON holds an object of over %d members",
                     JSON_MAXIMUM_MEMBERS);
}

static bool build(void *context, const struct json_token *token)
{
    struct builder *builder = context;
    if (token->type == JSON_KEY)
        return take_key(builder, token);
    if (token->type == JSON_OBJECT_END || token->type == JSON_ARRAY_END)
        return true;
    if (++builder->nodes > JSON_MAXIMUM_NODES && builder->limited)
        return error_set(builder->error, ERROR_LIMIT, "JSON holds over %d values", JSON_MAXIMUM_NODES);
    struct json *node = xcalloc(1, sizeof *node);
    node->type = token->type;
    node->key = node->name = builder->key;
    node->key_length = builder->key ? builder->key_length : 0;
    builder->key = NULL;
    if (token->type == JSON_STRING || token->type == JSON_NUMBER) {
        node->text = copy(token);
        node->length = token->length;
    }
    if (token->depth == 0) {
        builder->root = node;
    } else {
        struct json *parent = builder->open[token->depth];
        if (parent->last)
            parent->last->next = node;
        else
            parent->first = node;
        parent->last = node;
    }
    if (token->type == JSON_OBJECT || token->type == JSON_ARRAY) {
        builder->open[token->depth + 1] = node;
        builder->members[token->depth + 1] = 0;
    }
    return true;
}

static struct json *parse_tree(const char *data, size_t length, bool limited, struct error *error)
{
    struct builder builder = {.limited = limited, .error = error};
    struct json_reader *reader = json_reader_new(build, &builder);
    bool complete = json_reader_feed(reader, data, length, error) && json_reader_finish(reader, error);
    json_reader_free(reader);
    free(builder.key);
    if (complete)
        return builder.root;
    json_free(builder.root);
    return NULL;
}

struct json *json_parse(const char *data, size_t length, struct error *error)
{
    return parse_tree(data, length, true, error);
}

struct json *json_parse_large(const char *data, size_t length, struct error *error)
{
    return parse_tree(data, length, false, error);
}

/* Overwritten first: some trees hold tokens. */
void json_free(struct json *json)
{
    while (json) {
        struct json *next = json->next;
        json_free(json->first);
        if (json->text)
            OPENSSL_cleanse(json->text, json->length);
        free(json->name);
        free(json->text);
        free(json);
        json = next;
    }
}

const struct json *json_get(const struct json *object, const char *key)
{
    const struct json *found = NULL;
    if (!json_is(object, JSON_OBJECT))
        return NULL;
    size_t length = strlen(key);
    for (const struct json *member = object->first; member; member = member->next)
        if (member->key_length == length && memcmp(member->key, key, length) == 0)
            found = member;
    return found;
}

bool json_is(const struct json *json, enum json_type type)
{
    return json && json->type == type;
}

const char *json_text(const struct json *json)
{
    return json_is(json, JSON_STRING) && strlen(json->text) == json->length ? json->text : NULL;
}

bool json_integer(const struct json *json, int64_t *value)
{
    return json_is(json, JSON_NUMBER) && json_number_integer(json->text, json->length, value);
}

bool json_thousandths(const struct json *json, int64_t *value)
{
    return json_is(json, JSON_NUMBER) && json_number_thousandths(json->text, json->length, value);
}

bool json_number_double(const char *text, size_t length, double *value)
{
    char copy[64];
    if (length >= sizeof copy)
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    char *end;
    *value = strtod(copy, &end);
    return end != copy && *end == '\0' && isfinite(*value);
}

bool json_number_integer(const char *text, size_t length, int64_t *value)
{
    size_t at = length > 0 && text[0] == '-';
    uint64_t digits = 0;
    if (length - at > 0 && length - at <= 18) {
        while (at < length && text[at] >= '0' && text[at] <= '9')
            digits = digits * 10 + (uint64_t)(text[at++] - '0');
        if (at == length) {
            *value = text[0] == '-' ? -(int64_t)digits : (int64_t)digits;
            return true;
        }
    }
    double number;
    if (!json_number_double(text, length, &number) || fabs(number) > 9e15 || number != floor(number))
        return false;
    *value = (int64_t)number;
    return true;
}

bool json_number_thousandths(const char *text, size_t length, int64_t *value)
{
    double number;
    if (!json_number_double(text, length, &number) || fabs(number) > 9e12)
        return false;
    *value = llround(number * 1000);
    return true;
}
