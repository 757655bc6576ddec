/* The tables of pump-events.md. */
#include "tconnectsync/pump/pump_event.h"

#include "tconnectsync/pump/feature.h"

enum {
    P_NONE = NO_PROPERTY,
    P_ALARM_ID,
    P_ABC,
    P_ACTIVE_SLEEP_SCHEDULE,
    P_BATTERY_CHARGE_PERCENT,
    P_BATTERY_LIPO_MILLIVOLTS,
    P_BG,
    P_BG_ENTRY_TYPE,
    P_BOLUS_ID,
    P_CARB_AMOUNT,
    P_CGM_DATA_TYPE,
    P_CHANGE_TYPE,
    P_COMMANDED_RATE,
    P_COMMANDED_RATE_SOURCE,
    P_COMPLETION_STATUS,
    P_CURRENT_GLUCOSE_DISPLAY_VALUE,
    P_CURRENT_USER_MODE,
    P_DALERT_ID,
    P_DATE_AFTER,
    P_DATE_PRIOR,
    P_DECLINED_CORRECTION,
    P_EGV_TIME_STAMP,
    P_EXERCISE_CHOICE,
    P_EXERCISE_STOPPED_BY_TIMER,
    P_GLUCOSE_VALUE_STATUS,
    P_INSULIN,
    P_INSULIN_DELIVERED,
    P_INSULIN_VOLUME,
    P_IOB,
    P_OPTIONS,
    P_PREVIOUS_USER_MODE,
    P_PRIME_SIZE,
    P_RATE,
    P_REQUESTED_ACTION,
    P_SLEEP_STARTED_BY_GUI,
    P_SUSPEND_REASON,
    P_TIME_AFTER,
    P_TIME_PRIOR,
    P_USER_OVERRIDE,
    P_V2_VOLUME,
};
_Static_assert(P_V2_VOLUME + 1 == PROPERTY_COUNT, "a row for each property");

#define ANY_NUMBER -2147483648LL, 4294967295LL

_Static_assert(PROPERTY_COUNT <= 64, "masks of properties");
_Static_assert(EVENT_FIELDS <= 8, "masks of fields");

const struct property pump_properties[PROPERTY_COUNT] = {
    [P_ALARM_ID] = {"alarmId", PROPERTY_WHOLE, ANY_NUMBER, SKIP_BROKEN_RECORD},
    [P_ABC] = {"abc", PROPERTY_WHOLE, 0, 100, SKIP_BROKEN_RECORD},
    [P_ACTIVE_SLEEP_SCHEDULE] = {"activeSleepSchedule", PROPERTY_BITS, ANY_NUMBER, SKIP_BROKEN_DETAIL},
    [P_BATTERY_CHARGE_PERCENT] = {"batteryChargePercent", PROPERTY_WHOLE, 0, 100, SKIP_BROKEN_DETAIL},
    [P_BATTERY_LIPO_MILLIVOLTS] = {"batteryLipoMilliVolts", PROPERTY_WHOLE, 1, 10000, SKIP_BROKEN_DETAIL},
    [P_BG] = {"bg", PROPERTY_WHOLE, 0, 600, SKIP_GLUCOSE},
    [P_BG_ENTRY_TYPE] = {"bgEntryType", PROPERTY_WHOLE, ANY_NUMBER, SKIP_BROKEN_DETAIL},
    [P_BOLUS_ID] = {"bolusId", PROPERTY_WHOLE, ANY_NUMBER, SKIP_BROKEN_RECORD},
    [P_CARB_AMOUNT] = {"carbAmount", PROPERTY_THOUSANDTHS, 0, 999000, SKIP_BROKEN_DETAIL},
    [P_CGM_DATA_TYPE] = {"cgmDataType", PROPERTY_BITS, ANY_NUMBER, SKIP_BROKEN_DETAIL},
    [P_CHANGE_TYPE] = {"changeType", PROPERTY_BITS, ANY_NUMBER, SKIP_BROKEN_DETAIL},
    [P_COMMANDED_RATE] = {"commandedRate", PROPERTY_WHOLE, 0, 15000, SKIP_BASAL_RATE},
    [P_COMMANDED_RATE_SOURCE] = {"commandedRateSource", PROPERTY_WHOLE, ANY_NUMBER, SKIP_BROKEN_DETAIL},
    [P_COMPLETION_STATUS] = {"completionStatus", PROPERTY_WHOLE, ANY_NUMBER, SKIP_BROKEN_DETAIL},
    [P_CURRENT_GLUCOSE_DISPLAY_VALUE] = {"currentGlucoseDisplayValue", PROPERTY_WHOLE, ANY_NUMBER,
                                         SKIP_GLUCOSE},
    [P_CURRENT_USER_MODE] = {"currentUserMode", PROPERTY_WHOLE, ANY_NUMBER, SKIP_BROKEN_DETAIL},
    [P_DALERT_ID] = {"dalertId", PROPERTY_WHOLE, ANY_NUMBER, SKIP_BROKEN_RECORD},
    [P_DATE_AFTER] = {"dateAfter", PROPERTY_WHOLE, 0, 100000, SKIP_BROKEN_RECORD},
    [P_DATE_PRIOR] = {"datePrior", PROPERTY_WHOLE, 0, 100000, SKIP_BROKEN_RECORD},
    [P_DECLINED_CORRECTION] = {"declinedCorrection", PROPERTY_WHOLE, ANY_NUMBER, SKIP_BROKEN_DETAIL},
    [P_EGV_TIME_STAMP] = {"egvTimeStamp", PROPERTY_WHOLE, ANY_NUMBER, SKIP_TIME},
    [P_EXERCISE_CHOICE] = {"exerciseChoice", PROPERTY_WHOLE, ANY_NUMBER, SKIP_BROKEN_DETAIL},
    [P_EXERCISE_STOPPED_BY_TIMER] = {"exerciseStoppedByTimer", PROPERTY_WHOLE, ANY_NUMBER,
                                     SKIP_BROKEN_DETAIL},
    [P_GLUCOSE_VALUE_STATUS] = {"glucoseValueStatus", PROPERTY_WHOLE, ANY_NUMBER, SKIP_BROKEN_DETAIL},
    [P_INSULIN] = {"insulin", PROPERTY_THOUSANDTHS, 0, 1000000, SKIP_BROKEN_DETAIL},
    [P_INSULIN_DELIVERED] = {"insulinDelivered", PROPERTY_THOUSANDTHS, 0, 60000, SKIP_BOLUS_SIZE},
    [P_INSULIN_VOLUME] = {"insulinVolume", PROPERTY_THOUSANDTHS, -1000, 1000000, SKIP_BROKEN_DETAIL},
    [P_IOB] = {"iob", PROPERTY_THOUSANDTHS, 0, 500000, SKIP_BROKEN_DETAIL},
    [P_OPTIONS] = {"options", PROPERTY_WHOLE, ANY_NUMBER, SKIP_BROKEN_DETAIL},
    [P_PREVIOUS_USER_MODE] = {"previousUserMode", PROPERTY_WHOLE, ANY_NUMBER, SKIP_BROKEN_DETAIL},
    [P_PRIME_SIZE] = {"primeSize", PROPERTY_THOUSANDTHS, -1000, 1000000, SKIP_BROKEN_DETAIL},
    [P_RATE] = {"rate", PROPERTY_WHOLE, ANY_NUMBER, SKIP_BROKEN_DETAIL},
    [P_REQUESTED_ACTION] = {"requestedAction", PROPERTY_WHOLE, ANY_NUMBER, SKIP_BROKEN_DETAIL},
    [P_SLEEP_STARTED_BY_GUI] = {"sleepStartedByGui", PROPERTY_WHOLE, ANY_NUMBER, SKIP_BROKEN_DETAIL},
    [P_SUSPEND_REASON] = {"suspendReason", PROPERTY_WHOLE, ANY_NUMBER, SKIP_BROKEN_DETAIL},
    [P_TIME_AFTER] = {"timeAfter", PROPERTY_WHOLE, 0, 86400000, SKIP_BROKEN_RECORD},
    [P_TIME_PRIOR] = {"timePrior", PROPERTY_WHOLE, 0, 86400000, SKIP_BROKEN_RECORD},
    [P_USER_OVERRIDE] = {"userOverride", PROPERTY_WHOLE, ANY_NUMBER, SKIP_BROKEN_DETAIL},
    [P_V2_VOLUME] = {"v2Volume", PROPERTY_THOUSANDTHS, -1000, 1000000, SKIP_BROKEN_DETAIL},
};

#define STATUS   (FEATURE_DEVICE_STATUS | FEATURE_IOB)
#define SUSPENDS (FEATURE_PUMP_EVENTS | FEATURE_PUMP_EVENTS_BASAL_SUSPENSION | FEATURE_BASAL | STATUS)
#define SENSORS  (FEATURE_PUMP_EVENTS | FEATURE_CGM_ALERTS)

/* A field and the property that fills it; the fields that an event cannot do without. */
#define FILL(field, property) [EVENT_FIELD(field)] = property
#define NEED(field)           (1u << EVENT_FIELD(field))

/* clang-format off */
#define READING {FILL(reading.glucose, P_CURRENT_GLUCOSE_DISPLAY_VALUE), \
                 FILL(reading.status, P_GLUCOSE_VALUE_STATUS), \
                 FILL(reading.time, P_EGV_TIME_STAMP), \
                 FILL(reading.type, P_CGM_DATA_TYPE), \
                 FILL(reading.rate, P_RATE)}, NEED(reading.glucose) | NEED(reading.time)
#define COMPLETED {FILL(bolus.id, P_BOLUS_ID), \
                   FILL(bolus.iob, P_IOB), \
                   FILL(bolus.status, P_COMPLETION_STATUS), \
                   FILL(bolus.insulin, P_INSULIN_DELIVERED)}, NEED(bolus.insulin)
#define ALERT {FILL(alarm.id, P_DALERT_ID)}, NEED(alarm.id)
#define CLOCK_SET(prior_property, after_property) \
    {FILL(clock.prior, prior_property), FILL(clock.after, after_property)}, NEED(clock.prior) | NEED(clock.after)
#define PRIMED {FILL(prime.size, P_PRIME_SIZE), FILL(prime.status, P_COMPLETION_STATUS)}, 0
#define NOTHING {NO_PROPERTY}, 0

/* By code, for the binary search. */
static const struct event_shape shapes[] = {
    {3, EVENT_STATE_CHANGED, FEATURE_BASAL, {FILL(state.change, P_CHANGE_TYPE)}, 0},
    {5, EVENT_ALARM, FEATURE_PUMP_EVENTS | FEATURE_BASAL, {FILL(alarm.id, P_ALARM_ID)}, NEED(alarm.id)},
    {6, EVENT_MALFUNCTION, FEATURE_PUMP_EVENTS, NOTHING},
    {9, EVENT_PUMP_STATUS, STATUS, {FILL(battery.percent, P_ABC), FILL(battery.reservoir, P_INSULIN)}, 0},
    {11, EVENT_SUSPENDED, SUSPENDS, {FILL(suspended.reason, P_SUSPEND_REASON)}, 0},
    {12, EVENT_RESUMED, SUSPENDS, NOTHING},
    {13, EVENT_CLOCK_SET, FEATURES_ALL, CLOCK_SET(P_TIME_PRIOR, P_TIME_AFTER)},
    {14, EVENT_CLOCK_SET, FEATURES_ALL, CLOCK_SET(P_DATE_PRIOR, P_DATE_AFTER)},
    {16, EVENT_GLUCOSE_ENTRY, FEATURE_BOLUS, {FILL(entry.glucose, P_BG), FILL(entry.source, P_BG_ENTRY_TYPE)}, 0},
    {20, EVENT_BOLUS_COMPLETED, FEATURE_BOLUS | STATUS, COMPLETED},
    {21, EVENT_EXTENDED_COMPLETED, FEATURE_BOLUS | STATUS, COMPLETED},
    {33, EVENT_CARTRIDGE_FILLED, FEATURE_PUMP_EVENTS,
     {FILL(cartridge.volume, P_INSULIN_VOLUME), FILL(cartridge.volume_2, P_V2_VOLUME)}, 0},
    {55, EVENT_BOLUS_ACTIVATED, STATUS, {FILL(bolus.id, P_BOLUS_ID), FILL(bolus.iob, P_IOB)}, 0},
    {59, EVENT_EXTENDED_ACTIVATED, FEATURE_BOLUS, {FILL(bolus.id, P_BOLUS_ID)}, 0},
    {61, EVENT_CANNULA_FILLED, FEATURE_PUMP_EVENTS, PRIMED},
    {63, EVENT_TUBING_FILLED, FEATURE_PUMP_EVENTS, PRIMED},
    {64, EVENT_BOLUS_REQUEST_1, FEATURE_BOLUS | STATUS,
     {FILL(bolus.id, P_BOLUS_ID), FILL(bolus.iob, P_IOB), FILL(bolus.carbs, P_CARB_AMOUNT),
      FILL(bolus.glucose, P_BG)}, NEED(bolus.id)},
    {65, EVENT_BOLUS_REQUEST_2, FEATURE_BOLUS,
     {FILL(bolus.id, P_BOLUS_ID), FILL(bolus.option, P_OPTIONS), FILL(bolus.override, P_USER_OVERRIDE),
      FILL(bolus.declined, P_DECLINED_CORRECTION)}, NEED(bolus.id)},
    {66, EVENT_BOLUS_REQUEST_3, FEATURE_BOLUS, {FILL(bolus.id, P_BOLUS_ID)}, NEED(bolus.id)},
    {81, EVENT_DAILY_BASAL, STATUS,
     {FILL(battery.percent, P_BATTERY_CHARGE_PERCENT), FILL(battery.millivolts, P_BATTERY_LIPO_MILLIVOLTS),
      FILL(battery.iob, P_IOB)}, 0},
    {171, EVENT_CGM_ALERT, FEATURE_CGM_ALERTS, ALERT},
    {212, EVENT_SENSOR_STARTED, SENSORS, NOTHING},
    {213, EVENT_SENSOR_JOINED, SENSORS, NOTHING},
    {214, EVENT_SENSOR_STOPPED, SENSORS, NOTHING},
    {229, EVENT_USER_MODE, FEATURE_PUMP_EVENTS,
     {FILL(mode.action, P_REQUESTED_ACTION), FILL(mode.current, P_CURRENT_USER_MODE),
      FILL(mode.previous, P_PREVIOUS_USER_MODE), FILL(mode.sleep_by_person, P_SLEEP_STARTED_BY_GUI),
      FILL(mode.sleep_schedule, P_ACTIVE_SLEEP_SCHEDULE), FILL(mode.exercise_timed, P_EXERCISE_CHOICE),
      FILL(mode.exercise_stopped_by_timer, P_EXERCISE_STOPPED_BY_TIMER)}, 0},
    {256, EVENT_READING, FEATURE_CGM, READING},
    {279, EVENT_BASAL, FEATURE_BASAL,
     {FILL(basal.rate, P_COMMANDED_RATE), FILL(basal.source, P_COMMANDED_RATE_SOURCE)}, NEED(basal.rate)},
    {369, EVENT_CGM_ALERT, FEATURE_CGM_ALERTS, ALERT},
    {372, EVENT_READING, FEATURE_CGM, READING},
    {394, EVENT_SENSOR_JOINED, SENSORS, NOTHING},
    {399, EVENT_READING, FEATURE_CGM, READING},
    {404, EVENT_SENSOR_STARTED, SENSORS, NOTHING},
    {405, EVENT_SENSOR_STOPPED, SENSORS, NOTHING},
    {406, EVENT_SENSOR_JOINED, SENSORS, NOTHING},
    {447, EVENT_SENSOR_STOPPED, SENSORS, NOTHING},
    {460, EVENT_CGM_ALERT, FEATURE_CGM_ALERTS, ALERT},
    {477, EVENT_SENSOR_JOINED, SENSORS, NOTHING},
    {480, EVENT_READING, FEATURE_CGM, READING},
    {486, EVENT_SENSOR_STOPPED, SENSORS, NOTHING},
};
/* clang-format on */

const struct event_shape *event_shape_find(int64_t code)
{
    size_t low = 0, high = sizeof shapes / sizeof *shapes;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (shapes[middle].code == code)
            return &shapes[middle];
        if (shapes[middle].code < code)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const char *skip_reason_name(enum skip_reason reason)
{
    static const char *const names[SKIP_REASON_COUNT] = {
        [SKIP_BROKEN_RECORD] = "record unreadable",
        [SKIP_BROKEN_DETAIL] = "detail unreadable",
        [SKIP_TIME] = "time out of bounds",
        [SKIP_BASAL_RATE] = "basal rate out of bounds",
        [SKIP_BOLUS_SIZE] = "bolus size out of bounds",
        [SKIP_GLUCOSE] = "glucose out of bounds",
        [SKIP_OTHER_DEVICE] = "reading already there from another device",
    };
    return names[reason];
}

/* ---- names ---- */

static const char *look_up(const char *const *names, int64_t count, int64_t number)
{
    return number >= 0 && number < count ? names[number] : NULL;
}
#define LOOK_UP(names, number) look_up(names, (int64_t)(sizeof(names) / sizeof *(names)), number)

const char *basal_source_name(int64_t source)
{
    static const char *const names[] = {"Suspended", "Profile", "TempRate", "Algorithm",
                                        "TempRateAndAlgorithm"};
    return LOOK_UP(names, source);
}

const char *bolus_option_name(int64_t option)
{
    static const char *const names[] = {
        "Standard Bolus",
        "Extended Bolus",
        "Quick Bolus",
        "Automatic Bolus",
        "BLE Standard Bolus",
        "BLE Extended Bolus",
        "Eating Soon Automatic Bolus",
        "Late Bolus",
    };
    return LOOK_UP(names, option);
}

const char *suspend_reason_name(int64_t reason)
{
    static const char *const names[] = {
        [0] = "UserAborted",
        [1] = "TerminatedByAlarm",
        [2] = "TerminatedByMalfunction",
        [6] = "AutoSuspendByPlgs",
    };
    return LOOK_UP(names, reason);
}

const char *alarm_name(int64_t id)
{
    static const char *const names[] = {
        [0] = "CartridgeAlarm",
        [1] = "CartridgeAlarm2",
        [2] = "OcclusionAlarm",
        [3] = "PumpResetAlarm",
        [5] = "CartridgeAlarm3",
        [6] = "CartridgeAlarm4",
        [7] = "AutoOffAlarm",
        [8] = "EmptyCartridgeAlarm",
        [9] = "CartridgeAlarm5",
        [10] = "TemperatureAlarm",
        [11] = "TemperatureAlarm2",
        [12] = "BatteryShutdownAlarm",
        [14] = "InvalidDateAlarm",
        [15] = "TemperatureAlarm3",
        [16] = "CartridgeAlarm6",
        [18] = "ResumePumpAlarm",
        [20] = "CartridgeAlarm7",
        [21] = "AltitudeAlarm",
        [22] = "StuckButtonAlarm",
        [23] = "ResumePumpAlarm2",
        [24] = "AtmosphericPressureOutOfRangeAlarm",
        [25] = "CartridgeRemovedAlarm",
        [26] = "OcclusionAlarm2",
        [29] = "CartridgeAlarm10",
        [30] = "CartridgeAlarm11",
        [31] = "CartridgeAlarm12",
    };
    return LOOK_UP(names, id);
}

const char *cgm_alert_name(int64_t id)
{
    static const char *const names[] = {
        [1] = "CgmFixedLow",
        [2] = "CgmHigh",
        [3] = "CgmLow",
        [8] = "CgmRapidFall",
        [11] = "CgmSensorFail",
        [12] = "CgmSensorExpiringSoon",
        [13] = "CgmSensorExpired",
        [14] = "CgmOutOfRange",
        [20] = "CgmTransmitterError",
        [22] = "CgmSensorExpiring2",
        [25] = "CgmReplaceSensor",
        [26] = "CgmTemperature",
        [27] = "CgmFailedConnection",
        [39] = "CgmTransmitterExpired",
        [40] = "PumpBluetoothError",
        [45] = "CgmTransmitterExpiringSoon",
        [46] = "CgmTransmitterExpiring2",
        [48] = "CgmUnavailable",
    };
    return LOOK_UP(names, id);
}
