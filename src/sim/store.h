/* store.h - the made-up Nightscout's collections: documents by _id, by upsert key and in order of time. */
#ifndef SIM_STORE_H
#define SIM_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tconnectsync/base/json.h"

#define ID_LENGTH 24

struct document {
    struct json *json; /* with its _id */
    char *text;        /* the same as JSON text */
    size_t length;
    char id[ID_LENGTH + 1];
    char *key;  /* what an upsert looks for; NULL where nothing does */
    char *when; /* orders by plain comparison */
    struct document *next_of_bucket;
    uint64_t born;
};

#define BUCKETS 65536

struct collection {
    const char *name, *time_field; /* "created_at", "date", "startDate" */
    struct document **items;
    size_t count, capacity;
    struct document *buckets[BUCKETS];
};

/* Takes json over. replaced: the document whose place and _id it gets; NULL: a new one, with its own _id if
   that is one. key: copied, may be NULL. */
struct document *collection_put(struct collection *collection, struct json *json, const char *key,
                                struct document *replaced);
struct document *collection_find_id(const struct collection *collection, const char *id);
struct document *collection_find_key(const struct collection *collection, const char *key);
void collection_remove(struct collection *collection, struct document *document);
void collection_clear(struct collection *collection);
/* Newest first; to be freed. */
struct document **collection_sorted(const struct collection *collection);

/* ---- trees that change ---- */
void tree_remove(struct json *object, const char *key);
/* Replace what there is of that name. text: a string's or number's spelling, copied. */
void tree_set(struct json *object, const char *key, enum json_type type, const char *text);
struct json *tree_copy(const struct json *json);
/* To be freed. */
char *tree_print(const struct json *json);

#endif
