/* Bytes as choices: what a pump logged and what people and older versions left in a Nightscout, through
   documents and difference into a model of it, twice. The second run has nothing to do, and no document is
   over 90 kB. */
#include "fuzz.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../documents/model_nightscout.h"
#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/pump/feature.h"
#include "tconnectsync/pump/pump_log.h"

#define FEATURES (FEATURES_ALL & ~(FEATURE_DEVICE_STATUS | FEATURE_IOB | FEATURE_PROFILES))
#define BEGIN    INT64_C(1793491200) /* 2026-11-01T00:00:00Z: the night of the repeated hour in New York */
#define NOW      (BEGIN + SECONDS_PER_DAY)
#define NUMBERS  24
#define MAXIMUM  120 /* records, and documents */

static char name[] = "America/New_York";
static struct time_zone_change changes[] = {{INT64_MIN, -18000}, {1772953200, -14400}, {1793512800, -18000}};
static const struct time_zone zone = {name, changes, 3};

struct choices {
    const uint8_t *data;
    size_t left;
};

/* From 0 to below count; 0 when there are no more bytes. */
static unsigned choose(struct choices *choices, unsigned count)
{
    if (choices->left == 0)
        return 0;
    choices->left--;
    return *choices->data++ % count;
}

static void add_record(struct choices *choices, struct buffer *log)
{
    static const int codes[] = {279, 64, 65, 66,  20,  21, 59,  11,  12, 5,
                                33,  61, 63, 229, 399, 16, 404, 171, 3};
    static const char *const properties[] = {
        "\"commandedRate\":900,\"commandedRateSource\":3",
        "\"commandedRate\":0",
        "\"carbAmount\":60,\"bg\":120,\"insulinDelivered\":2.5,\"completionStatus\":3,\"options\":1",
        "\"carbAmount\":20,\"insulinDelivered\":2.5,\"completionStatus\":0",
        "\"requestedAction\":1,\"currentUserMode\":1,\"previousUserMode\":0,\"insulinDelivered\":0",
        "\"requestedAction\":2,\"currentUserMode\":0,\"previousUserMode\":1,\"alarmId\":2,\"primeSize\":0.3",
        "\"requestedAction\":3,\"currentUserMode\":2,\"previousUserMode\":1,\"suspendReason\":0",
    };
    char wall[CIVIL_TEXT_SIZE];
    int code = codes[choose(choices, sizeof codes / sizeof *codes)];
    unsigned number = choose(choices, NUMBERS);
    int64_t time = BEGIN + number * SECONDS_PER_HOUR / 2 + choose(choices, 4);
    buffer_addf(log,
                "%s{\"eventCode\":%d,\"sequenceGroup\":%u,\"sequenceNumber\":%u,\"pumpDateTime\":\"%s\","
                "\"eventProperties\":{\"bolusId\":%u,\"egvTimeStamp\":%" PRId64
                ",\"currentGlucoseDisplayValue\":120,%s}}",
                log->length ? "," : "", code, choose(choices, 8) == 0, number,
                civil_format(wall, time, 0, NO_OFFSET), choose(choices, 3), time - INT64_C(1199145600),
                properties[choose(choices, sizeof properties / sizeof *properties)]);
}

/* What a person, an older version or another app may have stored. */
static void add_stored(struct choices *choices, struct nightscout *nightscout)
{
    static const char *const types[] = {"Temp Basal", "Combo Bolus",      "Meal Bolus", "",    "Sleep",
                                        "Exercise",   "Basal Suspension", "Alarm",      "Note"};
    static const char *const sources[] = {"", ",\"pump_event_source\":\"0e2bd970\"",
                                          ",\"pump_event_source\":\"6e3a6edb\"", ",\"pump_event_source\":7"};
    static const char *const rest[] = {
        "\"duration\":5,\"rate\":0.9,\"absolute\":0.9",
        "\"duration\":\"5\",\"rate\":\"0.9\"",
        "\"insulin\":2.5",
        "\"insulin\":\"2.5\",\"carbs\":60,\"notes\":\"Standard\"",
        "\"carbs\":60",
        "\"notes\":\"Sleep - Not Ended\",\"reason\":\"Sleep - Not Ended\",\"duration\":1",
        "\"notes\":\"a nap\",\"reason\":\"Sleep - Not Ended\"",
        "\"notes\":\"Exercise - Not Ended\",\"mine\":[null,{}],\"carbs\":null",
    };
    char text[700], time[CIVIL_TEXT_SIZE];
    unsigned number = choose(choices, NUMBERS), second = choose(choices, 4);
    int64_t wall = BEGIN + number * SECONDS_PER_HOUR / 2 + second, first, again;
    bool reading = choose(choices, 8) == 0;
    time_zone_instants(&zone, wall + (choose(choices, 4) == 0 ? SECONDS_PER_HOUR : 0), &first, &again);
    const char *type = types[choose(choices, sizeof types / sizeof *types)];
    const char *source = sources[choose(choices, sizeof sources / sizeof *sources)];
    unsigned related = choose(choices, NUMBERS);
    const char *more = rest[choose(choices, sizeof rest / sizeof *rest)];
    bool ours = choose(choices, 4), has_id = choose(choices, 6);
    int length = reading
                     ? snprintf(text, sizeof text,
                                "{\"type\":\"sgv\",\"sgv\":120,\"date\":%" PRId64 ",\"device\":\"%s\"",
                                first * 1000, ours ? ENTERED_BY : "loop")
                     : snprintf(text, sizeof text,
                                "{\"eventType\":\"%s\",\"created_at\":\"%s\",\"enteredBy\":\"%s\",%s", type,
                                time_zone_format(&zone, time, first, 0), ours ? ENTERED_BY : "Mom", more);
    if (has_id)
        length += snprintf(text + length, sizeof text - (size_t)length, ",\"pump_event_id\":\"%u,%u\"%s",
                           number, related, source);
    snprintf(text + length, sizeof text - (size_t)length, "}");
    nightscout_add(nightscout, text);
    if (choose(choices, 5) == 1)
        nightscout_add(nightscout, text); /* two syncs at the same moment */
}

static void read_log(struct pump_log *log, const struct buffer *records)
{
    struct error error = {0};
    struct pump_log_reader *reader = pump_log_reader_new(log, pump_log_add_pump(log, "1000001"));
    const char *data = records->data ? records->data : "";
    if (!pump_log_reader_feed(reader, "{\"events\":[", 11, &error) ||
        !pump_log_reader_feed(reader, data, records->length, &error) ||
        !pump_log_reader_feed(reader, "]}", 2, &error) || !pump_log_reader_finish(reader, &error))
        abort();
    pump_log_reader_free(reader);
    pump_log_sort(log);
    pump_log_resolve(log, &zone);
}

static void sync(struct nightscout *nightscout, const struct buffer *records)
{
    struct pump_log log;
    struct documents documents;
    struct difference difference;
    struct held held = {0};
    struct document_rules rules = {.features = FEATURES, .now = NOW, .to = NOW};
    struct difference_rules range = {.to = NOW, .now = NOW, .newest_device_status = NO_TIME};
    pump_log_init(&log, FEATURES, time_zone_wall(&zone, NOW));
    read_log(&log, records);
    documents_build(&log, &zone, &rules, &documents);
    nightscout_read(nightscout, 0, NOW + SECONDS_PER_DAY, &held);
    difference_find(&documents, &log, &held, &range, &difference);
    nightscout_write(nightscout, &difference, &documents, &log, &held, &zone);
    difference_free(&difference);
    documents_free(&documents);
    held_free(&held);
    pump_log_free(&log);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct choices choices = {data, size};
    struct nightscout nightscout = {0};
    struct buffer records;
    buffer_init(&records, 1 << 20);
    for (int i = 0; i < MAXIMUM && choices.left > 0; i++)
        if (choose(&choices, 2))
            add_record(&choices, &records);
        else
            add_stored(&choices, &nightscout);
    sync(&nightscout, &records);
    nightscout.created = nightscout.replaced = nightscout.deleted = 0;
    sync(&nightscout, &records);
    if (nightscout.created + nightscout.replaced + nightscout.deleted > 0)
        abort();
    nightscout_free(&nightscout);
    buffer_free(&records);
    return 0;
}
