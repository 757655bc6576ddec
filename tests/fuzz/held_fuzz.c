/* What a hostile Nightscout holds, compared with a small pump log: what would be amended is JSON with its
 * _id. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/documents/difference.h"
#include "tconnectsync/documents/document.h"
#include "tconnectsync/documents/held.h"
#include "tconnectsync/pump/feature.h"
#include "tconnectsync/pump/pump_log.h"

static const int64_t now = 1778774400; /* 2026-05-14T16:00:00Z */
static const char answer[] =
    "{\"events\":["
    "{\"eventCode\":279,\"sequenceNumber\":1,\"pumpDateTime\":\"2026-05-14T08:00:00\","
    "\"eventProperties\":{\"commandedRate\":900}},"
    "{\"eventCode\":64,\"sequenceNumber\":2,\"pumpDateTime\":\"2026-05-14T08:01:00\","
    "\"eventProperties\":{\"bolusId\":7,\"carbAmount\":30,\"bg\":120}},"
    "{\"eventCode\":65,\"sequenceNumber\":3,\"pumpDateTime\":\"2026-05-14T08:01:00\","
    "\"eventProperties\":{\"bolusId\":7,\"options\":0}},"
    "{\"eventCode\":20,\"sequenceNumber\":4,\"pumpDateTime\":\"2026-05-14T08:03:00\","
    "\"eventProperties\":{\"bolusId\":7,\"insulinDelivered\":2.5,\"completionStatus\":3}},"
    "{\"eventCode\":279,\"sequenceNumber\":5,\"pumpDateTime\":\"2026-05-14T08:05:00\","
    "\"eventProperties\":{\"commandedRate\":800}},"
    "{\"eventCode\":229,\"sequenceNumber\":6,\"pumpDateTime\":\"2026-05-14T08:06:00\","
    "\"eventProperties\":{\"requestedAction\":1}},"
    "{\"eventCode\":229,\"sequenceNumber\":7,\"pumpDateTime\":\"2026-05-14T09:06:00\","
    "\"eventProperties\":{\"requestedAction\":2}},"
    "{\"eventCode\":399,\"sequenceNumber\":8,\"pumpDateTime\":\"2026-05-14T09:07:00\","
    "\"eventProperties\":{\"currentGlucoseDisplayValue\":110,\"egvTimeStamp\":579604000}}]}";

static char name[] = "UTC";
static struct time_zone_change changes[] = {{INT64_MIN, 0}};
static const struct time_zone zone = {name, changes, 1};

static void build(struct pump_log *log, struct documents *documents)
{
    struct document_rules rules = {.features = FEATURES_ALL, .now = now, .to = now};
    struct pump_log_reader *reader;
    pump_log_init(log, FEATURES_ALL, now);
    reader = pump_log_reader_new(log, 0);
    if (!pump_log_reader_feed(reader, answer, strlen(answer), NULL) || !pump_log_reader_finish(reader, NULL))
        abort();
    pump_log_reader_free(reader);
    pump_log_sort(log);
    pump_log_resolve(log, &zone);
    documents_build(log, &zone, &rules, documents);
}

static void check(const struct documents *documents, const struct pump_log *log, const struct held *held,
                  const struct difference *difference)
{
    struct buffer text;
    buffer_init(&text, 1 << 20);
    for (size_t i = 0; i < difference->amend_count; i++) {
        const struct document *document = &documents->items[difference->amends[i]];
        buffer_clear(&text);
        if (!amendment_write(document, log, held, &text) || text.full)
            abort();
        struct json *json = json_parse(text.data, text.length, NULL);
        char *id = held_id(held, document->held);
        if (!json || (id && strcmp(id, json_text(json_get(json, "_id"))) != 0))
            abort();
        free(id);
        json_free(json);
    }
    for (size_t i = 0; i < difference->twin_count; i++)
        free(held_id(held, difference->twins[i]));
    buffer_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pump_log log;
    struct documents documents;
    struct difference difference;
    struct difference_rules rules = {.to = now, .now = now, .newest_device_status = NO_TIME};
    struct held held = {0};
    build(&log, &documents);
    for (enum collection collection = 0; collection < COLLECTION_COUNT; collection++) {
        struct error error = {0};
        struct held_reader *reader = held_reader_new(&held, collection);
        bool complete = held_reader_feed(reader, (const char *)data, size / 2, &error) &&
                        held_reader_feed(reader, (const char *)data + size / 2, size - size / 2, &error) &&
                        held_reader_finish(reader, 1000, &error);
        if (!complete && !*error.text)
            abort();
        held_reader_free(reader);
    }
    difference_find(&documents, &log, &held, &rules, &difference);
    check(&documents, &log, &held, &difference);
    difference_free(&difference);
    documents_free(&documents);
    held_free(&held);
    pump_log_free(&log);
    return 0;
}
