/* identity.h - which stored document is which event (sync-rules: The difference). */
#ifndef TCONNECTSYNC_IDENTITY_H
#define TCONNECTSYNC_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct difference_rules;
struct document;
struct documents;
struct held;
struct held_document;
struct held_index;
struct pump_log;

/* A document, and a stored one that it may be. */
struct pair;
struct identity {
    struct documents *documents;
    const struct pump_log *log;
    struct held *held;
    const struct held_index *index;
    const struct difference_rules *rules;
    struct pair *pairs;
    size_t pair_count, pair_capacity;
};

/* Lists what the document at that place may be: for each of them, before they are claimed. */
void identity_list(struct identity *identity, uint32_t document);
/* Sets each document's held, and claimed of the stored ones that are found to be an event. */
void identity_claim(struct identity *identity);
void identity_free(struct identity *identity);
/* Beside the stored document that this one is stands another of its event, which no other document is: a
   person has moved its carbs or its insulin to a time of their own. */
bool identity_is_split(const struct identity *identity, const struct document *document);
/* A stored document of another event names the 64 of this one, so its carbs and glucose stand there. */
bool identity_has_meal_elsewhere(const struct identity *identity, const struct document *document);
/* A suspension whose 279 comes in the same second: Nightscout would not draw it. One that was stored before
 * the 279 came is known by its number, and is ended. */
bool identity_lasts_no_time(const struct identity *identity, const struct document *document);
/* This part of an extended bolus is stored in another form: in one piece, or in another number of parts. */
bool identity_stands_otherwise(const struct identity *identity, const struct document *document);

#endif
