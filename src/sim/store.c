/* The documents of the simulated Nightscout, collection by collection. */
#include "store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/memory.h"

#define MAXIMUM (64u << 20)

/* ---- trees ---- */

void tree_remove(struct json *object, const char *key)
{
    struct json **link = &object->first;
    object->last = NULL;
    while (*link) {
        struct json *member = *link;
        if (strcmp(member->key, key) == 0) {
            *link = member->next;
            member->next = NULL;
            json_free(member);
        } else {
            object->last = member;
            link = &member->next;
        }
    }
}

static void append(struct json *parent, struct json *member)
{
    if (parent->last)
        parent->last->next = member;
    else
        parent->first = member;
    parent->last = member;
}

static struct json *new_node(const char *key, enum json_type type, const char *text, size_t length)
{
    struct json *node = xcalloc(1, sizeof *node);
    node->type = type;
    node->key = node->name = xstrdup(key);
    node->key_length = key ? strlen(key) : 0;
    if (type == JSON_STRING || type == JSON_NUMBER) {
        node->text = xmalloc(length + 1);
        memcpy(node->text, text, length);
        node->text[length] = '\0';
        node->length = length;
    }
    return node;
}

void tree_set(struct json *object, const char *key, enum json_type type, const char *text)
{
    struct json *node = new_node(key, type, text, strlen(text));
    tree_remove(object, key);
    append(object, node);
}

struct json *tree_copy(const struct json *json)
{
    struct json *copy = new_node(json->key, json->type, json->text, json->length);
    for (const struct json *member = json->first; member; member = member->next)
        append(copy, tree_copy(member));
    return copy;
}

char *tree_print(const struct json *json)
{
    struct buffer buffer;
    buffer_init(&buffer, MAXIMUM);
    struct json_writer *writer = json_writer_new(&buffer);
    json_write_tree(writer, json);
    json_writer_free(writer);
    return buffer.data;
}

/* ---- collections ---- */

static struct document **bucket_of(struct collection *collection, const char *key)
{
    uint32_t hash = 2166136261u;
    for (; *key; key++)
        hash = (hash ^ (unsigned char)*key) * 16777619u;
    return &collection->buckets[(hash ^ hash >> 16) % BUCKETS];
}

static void unlink_key(struct collection *collection, struct document *document)
{
    if (!document->key)
        return;
    struct document **link = bucket_of(collection, document->key);
    while (*link != document)
        link = &(*link)->next_of_bucket;
    *link = document->next_of_bucket;
}

static void document_empty(struct document *document)
{
    json_free(document->json);
    free(document->text);
    free(document->key);
    free(document->when);
}

/* Dates sort as texts; milliseconds are padded so that they do. */
static char *when_of(const struct json *json, const char *field)
{
    const struct json *time = json_get(json, field);
    if (json_is(time, JSON_NUMBER))
        return xasprintf("%020.0f", strtod(time->text, NULL));
    return xstrdup(json_text(time) ? json_text(time) : "");
}

static bool is_id(const char *text)
{
    return text && strlen(text) == ID_LENGTH && strspn(text, "0123456789abcdef") == ID_LENGTH;
}

struct document *collection_put(struct collection *collection, struct json *json, const char *key,
                                struct document *replaced)
{
    static uint64_t born;
    struct document *document = replaced ? replaced : xcalloc(1, sizeof *document);
    const char *own = json_text(json_get(json, "_id"));
    born++;
    if (replaced) {
        unlink_key(collection, document);
        document_empty(document);
    } else {
        if (collection->count == collection->capacity) {
            collection->capacity = collection->capacity * 2 + 64;
            collection->items =
                xreallocarray(collection->items, collection->capacity, sizeof *collection->items);
        }
        collection->items[collection->count++] = document;
        document->born = born;
        if (is_id(own))
            memcpy(document->id, own, ID_LENGTH);
        else
            snprintf(document->id, sizeof document->id, "5f0e%020llx", (unsigned long long)born);
    }
    document->json = json;
    tree_set(json, "_id", JSON_STRING, document->id);
    document->text = tree_print(json);
    document->length = strlen(document->text);
    document->when = when_of(json, collection->time_field);
    document->key = xstrdup(key);
    if (key) {
        struct document **bucket = bucket_of(collection, key);
        document->next_of_bucket = *bucket;
        *bucket = document;
    }
    return document;
}

struct document *collection_find_id(const struct collection *collection, const char *id)
{
    for (size_t i = 0; id && i < collection->count; i++)
        if (strcmp(collection->items[i]->id, id) == 0)
            return collection->items[i];
    return NULL;
}

struct document *collection_find_key(const struct collection *collection, const char *key)
{
    struct document *document = *bucket_of((struct collection *)(uintptr_t)collection, key);
    while (document && strcmp(document->key, key) != 0)
        document = document->next_of_bucket;
    return document;
}

void collection_remove(struct collection *collection, struct document *document)
{
    size_t i = 0;
    while (collection->items[i] != document)
        i++;
    memmove(&collection->items[i], &collection->items[i + 1],
            (--collection->count - i) * sizeof *collection->items);
    unlink_key(collection, document);
    document_empty(document);
    free(document);
}

void collection_clear(struct collection *collection)
{
    for (size_t i = 0; i < collection->count; i++) {
        document_empty(collection->items[i]);
        free(collection->items[i]);
    }
    free(collection->items);
    collection->items = NULL;
    collection->count = collection->capacity = 0;
    memset(collection->buckets, 0, sizeof collection->buckets);
}

static int newest_first(const void *left, const void *right)
{
    const struct document *a = *(struct document *const *)left, *b = *(struct document *const *)right;
    int order = strcmp(b->when, a->when);
    return order ? order : (a->born < b->born) - (a->born > b->born);
}

struct document **collection_sorted(const struct collection *collection)
{
    struct document **sorted = xcalloc(collection->count, sizeof *sorted);
    if (collection->count)
        memcpy(sorted, collection->items, collection->count * sizeof *sorted);
    qsort(sorted, collection->count, sizeof *sorted, newest_first);
    return sorted;
}
