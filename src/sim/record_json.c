/* How a record is spelled. A template stands for the properties of each code: %n is value n, #n value n in
   thousandths of a unit, ~n the same as a 32-bit float prints itself, &n the bits of value n as a list. */
#include "record_json.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "tconnectsync/base/memory.h"

struct template
{
    uint16_t code;
    const char *properties;
};

#define READING                                                                                              \
    "\"glucoseValueStatus\":%1,\"cgmDataType\":&2,\"algorithmState\":32,\"egvInfoBitmask\":[0,5,6,7,8,11,"   \
    "12],"                                                                                                   \
    "\"interval\":0,\"reservedD15\":0,\"rate\":%3,\"rssi\":%4,\"currentGlucoseDisplayValue\":%0,"            \
    "\"egvTimeStamp\":%5"
#define SESSION                                                                                              \
    "\"currentTransmitterTime\":811204,\"sessionStartTime\":86012,\"sessionStopReason\":%0,\"spareB6\":0"
#define COMPLETED                                                                                            \
    "\"completionStatus\":%1,\"bolusId\":%0,\"iob\":~4,\"insulinDelivered\":~2,\"insulinRequested\":~3"
#define ALERT "\"dalertId\":%0,\"faultLocatorData\":2117,\"param1\":180,\"param2\":0.5"

/* clang-format 14 crashes on tables whose rows are of several lines. */
/* clang-format off */
static const struct template templates[] = {
    {CODE_ALARM, "\"alarmId\":%0,\"faultLocatorData\":%1,\"param1\":0,\"param2\":0"},
    {CODE_MALFUNCTION, "\"malfId\":%0,\"faultLocatorData\":1207,\"param1\":92817,\"param2\":0"},
    {CODE_STATUS, "\"abc\":%0,\"insulin\":%3,\"iobHours\":%1,\"iobMinutes\":%2,\"cartridgeState\":2,"
     "\"timeSinceReset\":905512"},
    {CODE_SUSPENDED, "\"suspendReason\":%0,\"insulinAmount\":%1,\"preSuspendState\":8,\"spareB7\":0"},
    {CODE_RESUMED, "\"preResumeState\":4,\"insulinAmount\":%0,\"spareA2\":0"},
    {CODE_TIME_CHANGED, "\"timePrior\":%0,\"timeAfter\":%1,\"rawRTCTime\":%2"},
    {CODE_DATE_CHANGED, "\"datePrior\":%0,\"dateAfter\":%1,\"rawRTCTime\":%2"},
    {CODE_GLUCOSE, "\"bg\":%0,\"bgEntryType\":%1,\"iob\":#2,\"targetBg\":110,\"isf\":45"},
    {CODE_BOLUS_COMPLETED, COMPLETED},
    {CODE_EXTENDED_COMPLETED, COMPLETED},
    {CODE_CARTRIDGE, "\"insulinVolume\":%0,\"v2Volume\":%1"},
    {CODE_BOLUS_ACTIVATED, "\"bolusId\":%0,\"selectedIob\":1,\"spareA3\":0,\"iob\":#2,\"bolusSize\":#1"},
    {CODE_EXTENDED_ACTIVATED, "\"bolusId\":%0,\"selectedIob\":1,\"spareA3\":0,\"iob\":#2,\"bolexSize\":#1"},
    {CODE_CANNULA, "\"primeSize\":#0,\"completionStatus\":%1,\"infusionSetType\":0"},
    {CODE_TUBING, "\"primeSize\":%0,\"completionStatus\":%1,\"position\":512044"},
    {CODE_REQUEST_1,
     "\"bolusId\":%0,\"bolusType\":%1,\"correctionBolusIncluded\":%2,\"carbAmount\":%3,\"bg\":%4,\"iob\":#5,"
     "\"carbRatio\":%6"},
    {CODE_REQUEST_2,
     "\"bolusId\":%0,\"options\":%1,\"standardPercent\":%2,\"duration\":%3,\"spareB6\":0,"
     "\"isf\":%4,\"targetBg\":%5,"
     "\"userOverride\":%6,\"declinedCorrection\":%7,\"selectedIob\":1"},
    {CODE_REQUEST_3,
     "\"bolusId\":%0,\"spareA2\":0,\"foodBolusSize\":#1,"
     "\"correctionBolusSize\":#2,\"totalBolusSize\":#3"},
    {CODE_DAILY,
     "\"batteryChargePercent\":%0,\"batteryLipoMilliVolts\":%1,\"iob\":~2,\"dailyTotalBasal\":#3,"
     "\"lastBasalRate\":#4,"
     "\"finalEventForDay\":%5,\"actualTotalDailyBasal\":#3"},
    {CODE_GENERIC_ALERT, ALERT},
    {CODE_MODE,
     "\"currentUserMode\":%0,\"previousUserMode\":%1,\"requestedAction\":%2,\"spareA3\":0,"
     "\"sleepStartedByGui\":%3,"
     "\"activeSleepSchedule\":&4,\"spareB6\":0,\"exerciseStoppedByTimer\":%5,"
     "\"exerciseChoice\":%6,\"exerciseTime\":%7,"
     "\"eatingSoonStoppedByTimer\":0"},
    {CODE_BASAL,
     "\"commandedRateSource\":%0,\"reservedA2\":3,\"spareA3\":0,\"commandedRate\":%1,\"profileBasalRate\":%2,"
     "\"algorithmRate\":%3,\"tempRate\":%4"},
    {CODE_DELIVERY,
     "\"bolusId\":%0,\"bolusType\":&1,\"bolusSource\":%2,\"remoteId\":47,\"requestedNow\":%3,"
     "\"requestedLater\":%4,"
     "\"correction\":%5,\"extendedDurationRequested\":%6,\"bolusDeliveryStatus\":%7,\"deliveredTotal\":%8"},
    {256, READING},
    {399, READING},
    {372, READING},
    {480, READING},
    {212, SESSION},
    {213, SESSION},
    {214, SESSION},
    {394, SESSION},
    {404, SESSION},
    {405, SESSION},
    {406, SESSION},
    {447, SESSION},
    {477, SESSION},
    {486, SESSION},
    {369, ALERT},
    {460, ALERT},
};

/* What nobody asked for. */
static const struct template noise[] = {
    {3, "\"commandedBasalRate\":#0,\"baseBasalRate\":#1,\"maxBasalRate\":3,\"IDP\":0,\"changeType\":&2"},
    {26, "\"alarmId\":%0,\"responseType\":1"},
    {28, "\"alertId\":%0,\"param1\":0,\"param2\":#1"},
    {53, "\"shelfState\":[],\"lipoRsoc\":%0,\"lipoCurrent\":-%1,\"lipoMv\":%2,\"lipoTtf\":65535"},
    {90, "\"commandedBasalRate\":#0,\"features\":&1,\"message\":\"new day\",\"lastError\":null"},
    {140, "\"iob\":~0,\"tdd\":#1,\"weight\":%2,\"unitScale\":1.0e-2,\"segments\":[{\"t\":%3,"
     "\"r\":%4},{\"t\":%5,\"r\":%6}]"},
    {203, "\"bondState\":2,\"address\":\"00:1B:%0\",\"rssi\":-%1,\"reason\":%2,\"retries\":0,"
     "\"supported\":true"},
    {307, "\"nextState\":%0,\"lastState\":%1,\"timeInState\":%2,\"spareA\":0,\"spareB\":0,"
     "\"spareC\":0,\"spareD\":0"},
    {313, "\"pumpControlState\":5,\"userMode\":0,\"sensorType\":3,\"predicted\":%0,"
     "\"alarmState\":&1,\"target\":110"},
    {36, "\"usbState\":%0,\"negotiatedCurrentmA\":500"},
    {150, "\"line\":%0,\"file\":%1,\"uptime\":%2,\"heap\":[%3,%4,%5,%6],\"watermark\":%7,"
     "\"task\":\"bolus\\/ui\"},\"crc\":{\"a\":%8"},
    {298, "\"pressureA\":#0,\"pressureB\":#1,\"pressureC\":#2,\"ambient\":98.114,\"samples\":%3,"
     "\"filtered\":#4,\"raw\":%5"},
    {345, "\"frequency\":%0,\"code\":%1,\"duration\":%2,\"vibe\":false,\"volume\":3,\"note\":\"\\u00e9tat\""},
    {376, "\"packets\":%0,\"lost\":%1,\"crcErrors\":%2,\"interval\":%3,\"latency\":%4,"
     "\"window\":%5,\"channelMap\":&6,\"phy\":1"},
    {422, "\"predictedGlucose\":[%0,%1,%2,%3,%4,%5,%6],\"weights\":[0.5,0.25,0.125,0.0625],"
     "\"horizon\":30,\"confidence\":#7"},
    {512, "\"segment\":%0,\"page\":%1,\"erased\":%2,\"written\":%3,\"verified\":%4,\"bad\":[],"
     "\"wear\":%5,\"temperature\":31.25"},
};

/* clang-format on */
const size_t noise_kinds = sizeof noise / sizeof *noise;

uint16_t noise_code(size_t kind)
{
    return noise[kind].code;
}

static const char *find_template(uint16_t code)
{
    static const char *by_code[1024];
    if (!by_code[CODE_BASAL]) {
        for (size_t i = 0; i < sizeof templates / sizeof *templates; i++)
            by_code[templates[i].code] = templates[i].properties;
        for (size_t i = 0; i < noise_kinds; i++)
            by_code[noise[i].code] = noise[i].properties;
    }
    return by_code[code];
}

static void add(struct text *text, const char *data, size_t length)
{
    if (text->length + length + 1 > text->capacity) {
        text->capacity = (text->capacity + length) * 2;
        text->data = xreallocarray(text->data, text->capacity, 1);
    }
    memcpy(text->data + text->length, data, length);
    text->length += length;
    text->data[text->length] = '\0';
}

static void add_text(struct text *text, const char *data)
{
    add(text, data, strlen(data));
}

static void add_integer(struct text *text, int64_t value)
{
    char digits[24];
    size_t at = sizeof digits;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0)
        digits[--at] = '-';
    add(text, digits + at, sizeof digits - at);
}

static void add_thousandths(struct text *text, int32_t value)
{
    char number[24];
    if (value % 1000 == 0) {
        add_integer(text, value / 1000);
        return;
    }
    int length = snprintf(number, sizeof number, "%.3f", value / 1000.0);
    while (number[length - 1] == '0')
        length--;
    add(text, number, (size_t)length);
}

static void add_float(struct text *text, int32_t value)
{
    char number[32];
    int length = snprintf(number, sizeof number, "%.17g", (double)((float)value / 1000));
    add(text, number, (size_t)length);
}

static void add_bits(struct text *text, int32_t value)
{
    const char *separator = "[";
    for (int bit = 0; bit < 31; bit++)
        if (value >> bit & 1) {
            add_text(text, separator);
            add_integer(text, bit);
            separator = ",";
        }
    add_text(text, value ? "]" : "[]");
}

static void add_properties(struct text *text, const char *template, const int32_t *value)
{
    for (const char *at = template; *at;) {
        size_t plain = strcspn(at, "%#~&");
        add(text, at, plain);
        at += plain;
        if (!*at)
            break;
        int32_t number = value[at[1] - '0'];
        switch (*at) {
        case '%':
            add_integer(text, number);
            break;
        case '#':
            add_thousandths(text, number);
            break;
        case '~':
            add_float(text, number);
            break;
        default:
            add_bits(text, number);
        }
        at += 2;
    }
}

void record_print(struct text *text, const struct era *era, const char *assignment,
                  const struct record *record, int64_t wall)
{
    char time[CLOCK_TEXT];
    clock_print_wall(time, wall);
    add_text(text, text->length ? ",{\"deviceAssignmentId\":\"" : "{\"deviceAssignmentId\":\"");
    add_text(text, assignment);
    add_text(text, "\",\"eventCode\":");
    add_integer(text, record->code);
    add_text(text, ",\"sequenceGroup\":");
    add_integer(text, era->group);
    add_text(text, ",\"sequenceNumber\":");
    add_integer(text, record->sequence);
    add_text(text, ",\"pumpDateTime\":\"");
    add_text(text, time);
    add_text(text, "\",\"eventProperties\":{");
    add_properties(text, find_template(record->code), record->value);
    add_text(text, "},\"estimatedDateTime\":\"");
    add_text(text, time);
    add_text(text, "Z\"}");
}
