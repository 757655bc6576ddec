/* json.h - JSON over yajl: a reader that is fed as bytes arrive, a small tree, a writer. */
#ifndef TCONNECTSYNC_JSON_H
#define TCONNECTSYNC_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;
struct error;

#define JSON_MAXIMUM_DEPTH   32
#define JSON_MAXIMUM_TOKEN   (1 << 20) /* bytes, as they come */
#define JSON_MAXIMUM_NODES   50000     /* of a tree */
#define JSON_MAXIMUM_MEMBERS 1000      /* of an object in a tree: a lookup goes through all of them */

enum json_type {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER, /* text is the number as it stood in the input */
    JSON_STRING, /* text is unescaped UTF-8 with a length: NULs survive */
    JSON_KEY,    /* reader only, as the ..._END below */
    JSON_OBJECT,
    JSON_OBJECT_END,
    JSON_ARRAY,
    JSON_ARRAY_END,
};

/* ---- reader: one call of the handler per token; text lives only during the call ---- */
struct json_token {
    enum json_type type;
    const char *text;
    size_t length;
    unsigned depth; /* of the container that the token stands in; 0 is outside of all */
};
typedef bool json_handler(void *context,
                          const struct json_token *token); /* false: stop, the handler knows why */

struct json_reader *json_reader_new(json_handler *handler, void *context);
/* false on garbage, on more than JSON_MAXIMUM_DEPTH levels, on a token of over JSON_MAXIMUM_TOKEN bytes, or
   when the handler said stop (error then stays as it was if the handler filled it: pass the same one). Its
   time follows from the bytes, in however many pieces they come. */
bool json_reader_feed(struct json_reader *reader, const char *data, size_t length, struct error *error);
/* false when the document is not complete. */
bool json_reader_finish(struct json_reader *reader, struct error *error);
void json_reader_free(struct json_reader *reader);

/* ---- tree: for small answers ---- */
struct json {
    enum json_type type;
    const char *key; /* NUL-terminated; NULL outside objects */
    size_t key_length;
    char *text; /* of numbers and strings, NUL-terminated as well */
    size_t length;
    struct json *first, *last, *next;
    char *name; /* owned storage of key */
};

/* The tree, to be freed with json_free, or NULL with error filled: on what a reader refuses, and on more than
   JSON_MAXIMUM_NODES or JSON_MAXIMUM_MEMBERS. */
struct json *json_parse(const char *data, size_t length, struct error *error);
/* The same without those two limits, for what we made ourselves. */
struct json *json_parse_large(const char *data, size_t length, struct error *error);
void json_free(struct json *json);

/* The member, the last one where the key stands twice; NULL when there is none or
   object is no object (or NULL). */
const struct json *json_get(const struct json *object, const char *key);
/* The text of a string that holds no NUL byte; else NULL. json may be NULL. */
const char *json_text(const struct json *json);
/* Whole numbers only (5, 5.0, 5e0; not 5.5, not "5"), within int64. json may be NULL. */
bool json_integer(const struct json *json, int64_t *value);
/* A number times 1000, rounded to the nearest whole. */
bool json_thousandths(const struct json *json, int64_t *value);
bool json_is(const struct json *json, enum json_type type); /* false for NULL */

/* The same for a token's or node's text: number text to whole number, or to thousandths. */
bool json_number_integer(const char *text, size_t length, int64_t *value);
bool json_number_thousandths(const char *text, size_t length, int64_t *value);
bool json_number_double(const char *text, size_t length, double *value); /* finite ones only */

/* ---- writer: appends to a buffer ---- */
struct json_writer *json_writer_new(struct buffer *buffer);
void json_writer_free(struct json_writer *writer);
/* Starts a new document in the same buffer (the writer itself is reusable). */
void json_writer_reset(struct json_writer *writer);
void json_open_object(struct json_writer *writer);
void json_close_object(struct json_writer *writer);
void json_open_array(struct json_writer *writer);
void json_close_array(struct json_writer *writer);
void json_write_key(struct json_writer *writer, const char *key);
void json_write_text(struct json_writer *writer, const char *text); /* NULL writes null */
void json_write_bytes(struct json_writer *writer, const char *text, size_t length);
void json_write_integer(struct json_writer *writer, int64_t value);
void json_write_thousandths(struct json_writer *writer, int64_t value); /* 1279 -> 1.279, 1000 -> 1 */
void json_write_double(struct json_writer *writer, double value);       /* shortest form that reads back */
void json_write_number(struct json_writer *writer, const char *text, size_t length); /* as it stands */
void json_write_boolean(struct json_writer *writer, bool value);
void json_write_null(struct json_writer *writer);
void json_write_tree(struct json_writer *writer, const struct json *json);
/* Any token of a reader, so that a stream can be copied. */
void json_write_token(struct json_writer *writer, const struct json_token *token);

#endif
