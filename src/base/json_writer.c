/* The writer: yajl's generator over a buffer, with numbers spelled by us. */
#include "tconnectsync/base/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yajl/yajl_gen.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/memory.h"

#include "json_allocation.h"

struct json_writer {
    yajl_gen generator;
};

static void append(void *buffer, const char *text, size_t length)
{
    buffer_add(buffer, text, length);
}

struct json_writer *json_writer_new(struct buffer *buffer)
{
    struct json_writer *writer = xcalloc(1, sizeof *writer);
    writer->generator = yajl_gen_alloc(&json_allocation);
    yajl_gen_config(writer->generator, yajl_gen_print_callback, append, buffer);
    return writer;
}

void json_writer_free(struct json_writer *writer)
{
    if (writer)
        yajl_gen_free(writer->generator);
    free(writer);
}

void json_writer_reset(struct json_writer *writer)
{
    yajl_gen_reset(writer->generator, NULL);
}

void json_open_object(struct json_writer *writer)
{
    yajl_gen_map_open(writer->generator);
}

void json_close_object(struct json_writer *writer)
{
    yajl_gen_map_close(writer->generator);
}

void json_open_array(struct json_writer *writer)
{
    yajl_gen_array_open(writer->generator);
}

void json_close_array(struct json_writer *writer)
{
    yajl_gen_array_close(writer->generator);
}

void json_write_key(struct json_writer *writer, const char *key)
{
    json_write_text(writer, key);
}

void json_write_text(struct json_writer *writer, const char *text)
{
    if (text)
        json_write_bytes(writer, text, strlen(text));
    else
        json_write_null(writer);
}

void json_write_bytes(struct json_writer *writer, const char *text, size_t length)
{
    yajl_gen_string(writer->generator, (const unsigned char *)text, length);
}

void json_write_integer(struct json_writer *writer, int64_t value)
{
    char text[24];
    int length = snprintf(text, sizeof text, "%" PRId64, value);
    json_write_number(writer, text, (size_t)length);
}

void json_write_thousandths(struct json_writer *writer, int64_t value)
{
    struct buffer text;
    buffer_init(&text, 32);
    buffer_add_thousandths(&text, value);
    json_write_number(writer, text.data, text.length);
    buffer_free(&text);
}

void json_write_double(struct json_writer *writer, double value)
{
    char text[40];
    int length = 0;
    for (int digits = 15; digits <= 17; digits++) {
        length = snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    json_write_number(writer, text, (size_t)length);
}

void json_write_number(struct json_writer *writer, const char *text, size_t length)
{
    yajl_gen_number(writer->generator, text, length);
}

void json_write_boolean(struct json_writer *writer, bool value)
{
    yajl_gen_bool(writer->generator, value);
}

void json_write_null(struct json_writer *writer)
{
    yajl_gen_null(writer->generator);
}

void json_write_token(struct json_writer *writer, const struct json_token *token)
{
    switch (token->type) {
    case JSON_NULL:
        json_write_null(writer);
        break;
    case JSON_FALSE:
    case JSON_TRUE:
        json_write_boolean(writer, token->type == JSON_TRUE);
        break;
    case JSON_NUMBER:
        json_write_number(writer, token->text, token->length);
        break;
    case JSON_STRING:
    case JSON_KEY:
        json_write_bytes(writer, token->text, token->length);
        break;
    case JSON_OBJECT:
        json_open_object(writer);
        break;
    case JSON_OBJECT_END:
        json_close_object(writer);
        break;
    case JSON_ARRAY:
        json_open_array(writer);
        break;
    case JSON_ARRAY_END:
        json_close_array(writer);
        break;
    }
}

void json_write_tree(struct json_writer *writer, const struct json *json)
{
    struct json_token token = {json->type, json->text, json->length, 0};
    json_write_token(writer, &token);
    if (json->type != JSON_OBJECT && json->type != JSON_ARRAY)
        return;
    for (const struct json *member = json->first; member; member = member->next) {
        if (json->type == JSON_OBJECT)
            json_write_key(writer, member->key);
        json_write_tree(writer, member);
    }
    token.type = json->type == JSON_OBJECT ? JSON_OBJECT_END : JSON_ARRAY_END;
    json_write_token(writer, &token);
}
