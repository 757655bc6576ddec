/* What a stored document has to become. Only what the pump has told since it was written changes it: what a
   person changed or removed stays as it is. */
#include "amendment.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/documents/difference.h"
#include "tconnectsync/pump/pump_log.h"

#include "moves.h"

#define TOLERANCE 1000      /* milliseconds by which a duration may differ */
#define FARTHEST  (14 * 60) /* minutes of a zone from UTC */

/* Members that replace a stored document's or join it. */
struct amendment {
    const struct document *document;
    const struct pump_log *log;
    const struct held_document *item;
    const struct json *stored;
    struct buffer words, event_id;
    bool sets_time, sets_duration, sets_notes, sets_reason, sets_event_id, sets_carbs, sets_glucose;
};

bool says_not_ended(enum document_kind kind, const char *text)
{
    const char *name = document_kind_name(kind);
    size_t length = text ? strlen(text) : 0, least = strlen(name) + strlen(NOT_ENDED);
    if (length < least || strncmp(text, name, strlen(name)) != 0 ||
        strcmp(text + length - strlen(NOT_ENDED), NOT_ENDED) != 0)
        return false;
    const char *middle = text + strlen(name); /* nothing, or " (Manual)" */
    return length == least || (strncmp(middle, " (", 2) == 0 && text[length - strlen(NOT_ENDED) - 1] == ')');
}

static bool lacks(const struct json *stored, const char *key)
{
    const struct json *member = json_get(stored, key);
    return !member || json_is(member, JSON_NULL);
}

/* The stored pump_event_id names the record. which: of the document's related ones. */
static bool names(const struct held_document *item, const struct document *document,
                  const struct pump_log *log, int which)
{
    for (int i = 0; i < HELD_NUMBERS; i++)
        if (item->numbers[i] == log->events[document->related[which]].sequence)
            return true;
    return false;
}

static bool is_new(const struct amendment *amendment, int which)
{
    return amendment->document->related[which] != NO_EVENT &&
           !names(amendment->item, amendment->document, amendment->log, which);
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

/* Every number that is stored stays; those that joined stand where they would in a new
   document, or behind. */
static void set_event_id(struct amendment *amendment)
{
    const struct document *document = amendment->document;
    const int64_t *stored = amendment->item->numbers;
    size_t kept = 0, wanted = 0;
    for (int i = 0; i < 3; i++)
        if (document->related[i] != NO_EVENT) {
            wanted++;
            kept += !is_new(amendment, i);
        }
    amendment->sets_event_id = wanted > kept;
    size_t count = 0;
    while (count < HELD_NUMBERS && stored[count] != NO_EVENT_ID)
        count++;
    if (count <= kept + 1) { /* nothing but the event's own and those of these records */
        document_event_id(document, amendment->log, &amendment->event_id);
        return;
    }
    for (size_t i = 0; i < count; i++)
        buffer_addf(&amendment->event_id, "%s%" PRId64, i ? "," : "", stored[i]);
    for (int i = 0; i < 3; i++)
        if (is_new(amendment, i))
            buffer_addf(&amendment->event_id, ",%" PRId64,
                        amendment->log->events[document->related[i]].sequence);
}

/* A bolus gains what a record brings that was not there yet; never insulin, which its own record brought. */
static void find_bolus_changes(struct amendment *amendment)
{
    int64_t amount;
    if (amendment->item->numbers[0] == NO_EVENT_ID)
        return; /* it does not tell what was there */
    bool request = is_new(amendment, 0), option = is_new(amendment, 1);
    set_event_id(amendment);
    amendment->sets_carbs = request && lacks(amendment->stored, "carbs") &&
                            document_carbs(amendment->document, amendment->log, &amount);
    amendment->sets_glucose = request && lacks(amendment->stored, "glucose") &&
                              document_glucose(amendment->document, amendment->log, &amount);
    amendment->sets_notes = option && lacks(amendment->stored, "notes") && amendment->words.length > 0;
}

/* The event with that number behind the document's own, in its group; NO_EVENT where the log has none. */
static uint32_t find_later(const struct document *document, const struct pump_log *log, int64_t sequence)
{
    const struct pump_event *event = &log->events[document->event];
    for (uint32_t i = document->event + 1; i < log->event_count; i++) {
        const struct pump_event *later = &log->events[i];
        if (later->pump != event->pump || later->group != event->group || later->sequence > sequence)
            break;
        if (later->sequence == sequence)
            return i;
    }
    return NO_EVENT;
}

/* It was ended by a later stop than its own, which was not known then. as_stored: as it was made. */
static bool was_ended_later(const struct document *document, const struct pump_log *log,
                            const struct held_document *item, struct document *as_stored)
{
    if (!document->ended || item->numbers[1] == NO_EVENT_ID || item->numbers[2] != NO_EVENT_ID)
        return false;
    *as_stored = *document;
    as_stored->related[0] = find_later(document, log, item->numbers[1]);
    if (as_stored->related[0] == NO_EVENT || as_stored->related[0] <= document->related[0])
        return false;
    as_stored->duration = log->events[as_stored->related[0]].time - document->time;
    return !differs(as_stored, item); /* else a person changed it */
}

static bool says(const struct json *stored, const char *key, const char *words)
{
    const char *text = json_text(json_get(stored, key));
    return text && strcmp(text, words) == 0;
}

/* The stop that comes late ends it, in the words that are still ours. */
static void end_earlier(struct amendment *amendment, const struct document *as_stored)
{
    struct buffer words;
    buffer_init(&words, 200);
    document_words(as_stored, amendment->log, &words);
    bool other_words = strcmp(words.data, amendment->words.data) != 0;
    amendment->sets_duration = amendment->sets_event_id = true;
    amendment->sets_notes = other_words && says(amendment->stored, "notes", words.data);
    amendment->sets_reason = other_words && says(amendment->stored, "reason", words.data);
    document_event_id(amendment->document, amendment->log, &amendment->event_id);
    buffer_free(&words);
}

/* A sleep or exercise that says Not Ended in our words follows the pump; one that was ended stands, unless
   by a stop that was not its own. */
static void find_activity_changes(struct amendment *amendment)
{
    enum document_kind kind = amendment->document->kind;
    struct document as_stored;
    if (was_ended_later(amendment->document, amendment->log, amendment->item, &as_stored)) {
        end_earlier(amendment, &as_stored);
        return;
    }
    bool in_notes = says_not_ended(kind, json_text(json_get(amendment->stored, "notes")));
    bool in_reason = says_not_ended(kind, json_text(json_get(amendment->stored, "reason")));
    bool ended = amendment->document->ended;
    if (!in_notes && !in_reason)
        return;
    amendment->sets_duration = differs(amendment->document, amendment->item);
    amendment->sets_notes = ended && in_notes;
    amendment->sets_reason = ended && in_reason;
    if (ended)
        set_event_id(amendment);
}

static bool is_replaced(const struct amendment *amendment, const char *key)
{
    return (amendment->sets_time && strcmp(key, "utcOffset") == 0) || /* the server takes it from the time */
           (amendment->sets_duration && strcmp(key, "duration") == 0) ||
           (amendment->sets_event_id && strcmp(key, "pump_event_id") == 0) ||
           (amendment->sets_notes && strcmp(key, "notes") == 0) ||
           (amendment->sets_reason && strcmp(key, "reason") == 0);
}

/* Nightscout stores the instant in UTC and takes utcOffset from the text that it gets: it has to get that
 * again, or the zone's for another time. */
static void write_created_at(const struct amendment *amendment, const struct json *member,
                             struct json_writer *writer)
{
    const struct document *document = amendment->document;
    int64_t minutes, time = amendment->item->time;
    char text[CIVIL_TEXT_SIZE];
    if (amendment->sets_time) {
        const struct pump_log *log = amendment->log;
        json_write_text(writer, time_zone_format(log->clocks[log->events[document->event].pump].zone, text,
                                                 moves_new_time(document, log), document->millisecond));
        return;
    }
    if (!json_integer(json_get(amendment->stored, "utcOffset"), &minutes) || minutes == 0 ||
        llabs(minutes) > FARTHEST) {
        json_write_tree(writer, member);
        return;
    }
    int64_t milliseconds = (time % 1000 + 1000) % 1000, offset = minutes * SECONDS_PER_MINUTE;
    json_write_text(writer, civil_format(text, (time - milliseconds) / 1000 + offset, (int)milliseconds,
                                         (int32_t)offset));
}

/* Everything that is stored but nulls, the first places of doubled keys and what is replaced. */
static void copy_stored(const struct amendment *amendment, struct json_writer *writer)
{
    for (const struct json *member = amendment->stored->first; member; member = member->next) {
        if (json_is(member, JSON_NULL) || is_replaced(amendment, member->key) ||
            json_get(amendment->stored, member->key) != member)
            continue;
        json_write_key(writer, member->key);
        if (strcmp(member->key, "created_at") == 0)
            write_created_at(amendment, member, writer);
        else
            json_write_tree(writer, member);
    }
}

static void write_text(struct json_writer *writer, const char *key, const char *text)
{
    json_write_key(writer, key);
    json_write_text(writer, text);
}

/* A glucose means nothing without these beside it. */
static void add_if_lacking(const struct json *stored, const char *key, const char *text,
                           struct json_writer *writer)
{
    if (lacks(stored, key))
        write_text(writer, key, text);
}

static void add_members(const struct amendment *amendment, struct json_writer *writer)
{
    int64_t amount;
    if (amendment->sets_duration) {
        json_write_key(writer, "duration");
        json_write_double(writer, (double)amendment->document->duration / SECONDS_PER_MINUTE);
    }
    if (amendment->sets_event_id)
        write_text(writer, "pump_event_id", amendment->event_id.data);
    if (amendment->sets_carbs && document_carbs(amendment->document, amendment->log, &amount)) {
        json_write_key(writer, "carbs");
        json_write_thousandths(writer, amount);
    }
    if (amendment->sets_glucose && document_glucose(amendment->document, amendment->log, &amount)) {
        char text[24];
        snprintf(text, sizeof text, "%" PRId64, amount);
        write_text(writer, "glucose", text);
        add_if_lacking(amendment->stored, "glucoseType",
                       document_glucose_type(amendment->document, amendment->log), writer);
        add_if_lacking(amendment->stored, "units", "mg/dl", writer);
    }
    if (amendment->sets_notes)
        write_text(writer, "notes", amendment->words.data);
    if (amendment->sets_reason)
        write_text(writer, "reason", amendment->words.data);
}

/* The stored one is the document as it is made now, and of the type that we gave it: a type that a person
 * chose stands. */
static bool is_in_its_form(const struct document *document, const struct held_document *item)
{
    return item->kind == document->kind && !document->whole;
}

/* Whether there may be something to amend, told without reading the stored JSON. */
static bool may_change(const struct document *document, const struct pump_log *log,
                       const struct held_document *item)
{
    struct document as_stored;
    if (!item->text || !item->ours)
        return false;
    if (document->moves)
        return true;
    if (!is_in_its_form(document, item))
        return false;
    if (document->kind == DOCUMENT_TEMP_BASAL)
        return differs(document, item);
    if (document->kind == DOCUMENT_SLEEP || document->kind == DOCUMENT_EXERCISE)
        return item->not_ended || was_ended_later(document, log, item, &as_stored);
    for (int i = 0; document->kind == DOCUMENT_COMBO_BOLUS && i < 3; i++)
        if (document->related[i] != NO_EVENT && !names(item, document, log, i))
            return true;
    return false;
}

static bool find_changes(struct amendment *amendment)
{
    const struct document *document = amendment->document;
    amendment->sets_time = document->moves;
    if (!is_in_its_form(document, amendment->item))
        return amendment->sets_time;
    if (document->kind == DOCUMENT_TEMP_BASAL)
        amendment->sets_duration = differs(document, amendment->item);
    else if (document->kind == DOCUMENT_COMBO_BOLUS)
        find_bolus_changes(amendment);
    else
        find_activity_changes(amendment);
    return amendment->sets_time || amendment->sets_duration || amendment->sets_notes ||
           amendment->sets_reason || amendment->sets_event_id || amendment->sets_carbs ||
           amendment->sets_glucose;
}

bool amendment_write(const struct document *document, const struct pump_log *log, const struct held *held,
                     struct buffer *out)
{
    const struct held_document *item = &held->items[document->held];
    if (!may_change(document, log, item))
        return false;
    struct json *stored = json_parse(item->text, item->length, NULL);
    struct amendment amendment = {.document = document, .log = log, .item = item, .stored = stored};
    buffer_init(&amendment.words, 200);
    buffer_init(&amendment.event_id, 200);
    document_words(document, log, &amendment.words);
    bool changes = stored && find_changes(&amendment);
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
    struct json *stored = item->text ? json_parse(item->text, item->length, NULL) : NULL;
    char *id = xstrdup(json_text(json_get(stored, "_id")));
    json_free(stored);
    return id;
}
