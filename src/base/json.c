/* The reader and the tree. yajl splits and decodes; depth, shape and numbers are judged here. */
#include "tconnectsync/base/json.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <yajl/yajl_parse.h>

#include "tconnectsync/base/error.h"
#include "tconnectsync/base/memory.h"

struct json_reader {
    yajl_handle yajl;
    json_handler *handler;
    void *context;
    unsigned depth;
    bool too_deep, stopped;
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
    reader->yajl = yajl_alloc(&callbacks, NULL, reader);
    if (!reader->yajl)
        abort();
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

bool json_reader_feed(struct json_reader *reader, const char *data, size_t length, struct error *error)
{
    return judge(reader, yajl_parse(reader->yajl, (const unsigned char *)data, length), error);
}

bool json_reader_finish(struct json_reader *reader, struct error *error)
{
    yajl_status status = yajl_complete_parse(reader->yajl);
    if (status == yajl_status_error && !reader->too_deep && !reader->stopped)
        return error_set(error, ERROR_DATA, "JSON was cut short");
    return judge(reader, status, error);
}

void json_reader_free(struct json_reader *reader)
{
    if (reader)
        yajl_free(reader->yajl);
    free(reader);
}

/* ---- tree ---- */

struct builder {
    struct json *open[JSON_MAXIMUM_DEPTH + 1];
    struct json *root;
    char *key;
};

static bool build(void *context, const struct json_token *token)
{
    struct builder *builder = context;
    if (token->type == JSON_KEY) {
        builder->key = xmalloc(token->length + 1);
        memcpy(builder->key, token->text, token->length);
        builder->key[token->length] = '\0';
        return true;
    }
    if (token->type == JSON_OBJECT_END || token->type == JSON_ARRAY_END)
        return true;
    struct json *node = xcalloc(1, sizeof *node);
    node->type = token->type;
    node->key = node->name = builder->key;
    builder->key = NULL;
    if (token->type == JSON_STRING || token->type == JSON_NUMBER) {
        node->text = xmalloc(token->length + 1);
        memcpy(node->text, token->text, token->length);
        node->text[token->length] = '\0';
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
    if (token->type == JSON_OBJECT || token->type == JSON_ARRAY)
        builder->open[token->depth + 1] = node;
    return true;
}

struct json *json_parse(const char *data, size_t length, struct error *error)
{
    struct builder builder = {0};
    struct json_reader *reader = json_reader_new(build, &builder);
    bool complete = json_reader_feed(reader, data, length, error) && json_reader_finish(reader, error);
    json_reader_free(reader);
    free(builder.key);
    if (complete)
        return builder.root;
    json_free(builder.root);
    return NULL;
}

void json_free(struct json *json)
{
    while (json) {
        struct json *next = json->next;
        json_free(json->first);
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
    for (const struct json *member = object->first; member; member = member->next)
        if (strcmp(member->key, key) == 0)
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
