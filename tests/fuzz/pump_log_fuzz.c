/* A pump-logs answer from a hostile Tandem, all the way to the documents that Nightscout would get. */
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

static const int64_t now = 1793600000; /* 2026-11-02 */

static char name[] = "America/New_York";
static struct time_zone_change changes[] = {{INT64_MIN, -18000}, {1772953200, -14400}, {1793512800, -18000}};
static const struct time_zone zone = {name, changes, 3};

static bool read_in_two(struct pump_log *log, const char *data, size_t size, size_t first)
{
    struct error error = {0};
    struct pump_log_reader *reader = pump_log_reader_new(log, 0);
    bool complete = pump_log_reader_feed(reader, data, first, &error) &&
                    pump_log_reader_feed(reader, data + first, size - first, &error) &&
                    pump_log_reader_finish(reader, &error);
    if (!complete && !*error.text)
        abort();
    pump_log_reader_free(reader);
    return complete;
}

/* Every document is JSON, lasts no negative time, and has its place to itself. */
static void check(const struct pump_log *log, const struct documents *documents,
                  const struct difference *difference)
{
    struct buffer text;
    buffer_init(&text, 1 << 16);
    struct json_writer *writer = json_writer_new(&text);
    for (size_t i = 0; i < documents->count; i++) {
        const struct document *document = &documents->items[i];
        buffer_clear(&text);
        json_writer_reset(writer);
        document_write(document, log, &zone, writer);
        struct json *json = json_parse(text.data, text.length, NULL);
        if (!json || (document->duration != NO_DURATION && document->duration < 0))
            abort();
        json_free(json);
    }
    for (size_t i = 1; i < difference->create_count; i++) {
        const struct document *before = &documents->items[difference->creates[i - 1]],
                              *document = &documents->items[difference->creates[i]];
        if (before->time > document->time ||
            (before->time == document->time && before->kind == document->kind &&
             before->millisecond >= document->millisecond))
            abort();
    }
    json_writer_free(writer);
    buffer_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pump_log log, again;
    pump_log_init(&log, FEATURES_ALL, now);
    pump_log_init(&again, FEATURES_ALL, now);
    bool complete = read_in_two(&log, (const char *)data, size, size);
    if (complete != read_in_two(&again, (const char *)data, size, size / 2) ||
        log.event_count != again.event_count || log.records != again.records ||
        log.run_count != again.run_count)
        abort();
    pump_log_sort(&log);
    pump_log_resolve(&log, &zone);
    struct documents documents;
    struct document_rules rules = {.features = FEATURES_ALL, .now = now, .to = now};
    documents_build(&log, &zone, &rules, &documents);
    struct held held = {0};
    struct difference difference;
    struct difference_rules range = {.to = now, .now = now, .newest_device_status = NO_TIME};
    difference_find(&documents, &log, &held, &range, &difference);
    check(&log, &documents, &difference);
    difference_free(&difference);
    documents_free(&documents);
    pump_log_free(&log);
    pump_log_free(&again);
    return 0;
}
