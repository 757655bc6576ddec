/* The pump's numbers a second time, as they were seen in the logs of pumps: a row that a change of the tables
   touches by accident would rename an alarm, or take what cannot be for a dose. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/pump/feature.h"
#include "tconnectsync/pump/pump_event.h"

typedef const char *naming(int64_t number);

static void assert_names(naming *name, const char *wanted)
{
    struct buffer named;
    buffer_init(&named, 10000);
    for (int64_t number = -2; number < 300; number++)
        if (name(number))
            buffer_addf(&named, "%d %s\n", (int)number, name(number));
    assert_string_equal(named.data, wanted);
    buffer_free(&named);
}

static void numbers_have_names(void **state)
{
    (void)state;
    assert_names(basal_source_name, "0 Suspended\n"
                                    "1 Profile\n"
                                    "2 TempRate\n"
                                    "3 Algorithm\n"
                                    "4 TempRateAndAlgorithm\n");
    assert_names(bolus_option_name, "0 Standard Bolus\n"
                                    "1 Extended Bolus\n"
                                    "2 Quick Bolus\n"
                                    "3 Automatic Bolus\n"
                                    "4 BLE Standard Bolus\n"
                                    "5 BLE Extended Bolus\n"
                                    "6 Eating Soon Automatic Bolus\n"
                                    "7 Late Bolus\n");
    assert_names(suspend_reason_name, "0 UserAborted\n"
                                      "1 TerminatedByAlarm\n"
                                      "2 TerminatedByMalfunction\n"
                                      "6 AutoSuspendByPlgs\n");
    assert_names(alarm_name, "0 CartridgeAlarm\n"
                             "1 CartridgeAlarm2\n"
                             "2 OcclusionAlarm\n"
                             "3 PumpResetAlarm\n"
                             "5 CartridgeAlarm3\n"
                             "6 CartridgeAlarm4\n"
                             "7 AutoOffAlarm\n"
                             "8 EmptyCartridgeAlarm\n"
                             "9 CartridgeAlarm5\n"
                             "10 TemperatureAlarm\n"
                             "11 TemperatureAlarm2\n"
                             "12 BatteryShutdownAlarm\n"
                             "14 InvalidDateAlarm\n"
                             "15 TemperatureAlarm3\n"
                             "16 CartridgeAlarm6\n"
                             "18 ResumePumpAlarm\n"
                             "20 CartridgeAlarm7\n"
                             "21 AltitudeAlarm\n"
                             "22 StuckButtonAlarm\n"
                             "23 ResumePumpAlarm2\n"
                             "24 AtmosphericPressureOutOfRangeAlarm\n"
                             "25 CartridgeRemovedAlarm\n"
                             "26 OcclusionAlarm2\n"
                             "29 CartridgeAlarm10\n"
                             "30 CartridgeAlarm11\n"
                             "31 CartridgeAlarm12\n");
    assert_names(cgm_alert_name, "1 CgmFixedLow\n"
                                 "2 CgmHigh\n"
                                 "3 CgmLow\n"
                                 "8 CgmRapidFall\n"
                                 "11 CgmSensorFail\n"
                                 "12 CgmSensorExpiringSoon\n"
                                 "13 CgmSensorExpired\n"
                                 "14 CgmOutOfRange\n"
                                 "20 CgmTransmitterError\n"
                                 "22 CgmSensorExpiring2\n"
                                 "25 CgmReplaceSensor\n"
                                 "26 CgmTemperature\n"
                                 "27 CgmFailedConnection\n"
                                 "39 CgmTransmitterExpired\n"
                                 "40 PumpBluetoothError\n"
                                 "45 CgmTransmitterExpiringSoon\n"
                                 "46 CgmTransmitterExpiring2\n"
                                 "48 CgmUnavailable\n");
}

static void values_have_bounds(void **state)
{
    (void)state;
    static const char *const types[] = {"whole", "thousandths", "bits"};
    struct buffer said;
    buffer_init(&said, 10000);
    for (size_t i = NO_PROPERTY + 1; i < PROPERTY_COUNT; i++) {
        const struct property *property = &pump_properties[i];
        buffer_addf(&said, "%s %s", property->name, types[property->type]);
        if (property->least == INT32_MIN && property->most == UINT32_MAX)
            buffer_addf(&said, ", any: %s\n", skip_reason_name(property->out_of_bounds));
        else
            buffer_addf(&said, " %lld to %lld: %s\n", (long long)property->least, (long long)property->most,
                        skip_reason_name(property->out_of_bounds));
    }
    assert_string_equal(said.data, "alarmId whole, any: record unreadable\n"
                                   "abc whole 0 to 100: record unreadable\n"
                                   "activeSleepSchedule bits, any: detail unreadable\n"
                                   "batteryChargePercent whole 0 to 100: detail unreadable\n"
                                   "batteryLipoMilliVolts whole 1 to 10000: detail unreadable\n"
                                   "bg whole 0 to 600: glucose out of bounds\n"
                                   "bgEntryType whole, any: detail unreadable\n"
                                   "bolusId whole, any: record unreadable\n"
                                   "carbAmount thousandths 0 to 999000: detail unreadable\n"
                                   "cgmDataType bits, any: detail unreadable\n"
                                   "changeType bits, any: detail unreadable\n"
                                   "commandedRate whole 0 to 15000: basal rate out of bounds\n"
                                   "commandedRateSource whole, any: detail unreadable\n"
                                   "completionStatus whole, any: detail unreadable\n"
                                   "currentGlucoseDisplayValue whole, any: glucose out of bounds\n"
                                   "currentUserMode whole, any: detail unreadable\n"
                                   "dalertId whole, any: record unreadable\n"
                                   "dateAfter whole 0 to 100000: record unreadable\n"
                                   "datePrior whole 0 to 100000: record unreadable\n"
                                   "declinedCorrection whole, any: detail unreadable\n"
                                   "egvTimeStamp whole, any: time out of bounds\n"
                                   "exerciseChoice whole, any: detail unreadable\n"
                                   "exerciseStoppedByTimer whole, any: detail unreadable\n"
                                   "glucoseValueStatus whole, any: detail unreadable\n"
                                   "insulin thousandths 0 to 1000000: detail unreadable\n"
                                   "insulinDelivered thousandths 0 to 60000: bolus size out of bounds\n"
                                   "insulinVolume thousandths -1000 to 1000000: detail unreadable\n"
                                   "iob thousandths 0 to 500000: detail unreadable\n"
                                   "options whole, any: detail unreadable\n"
                                   "previousUserMode whole, any: detail unreadable\n"
                                   "primeSize thousandths -1000 to 1000000: detail unreadable\n"
                                   "rate whole, any: detail unreadable\n"
                                   "requestedAction whole, any: detail unreadable\n"
                                   "sleepStartedByGui whole, any: detail unreadable\n"
                                   "suspendReason whole, any: detail unreadable\n"
                                   "timeAfter whole 0 to 86400000: record unreadable\n"
                                   "timePrior whole 0 to 86400000: record unreadable\n"
                                   "userOverride whole, any: detail unreadable\n"
                                   "v2Volume thousandths -1000 to 1000000: detail unreadable\n");
    buffer_free(&said);
}

/* The number of a record, what wants it, and where its fields are filled from: ! where
   the record is broken without. */
static void records_have_shapes(void **state)
{
    (void)state;
    struct buffer said;
    buffer_init(&said, 10000);
    for (int64_t code = -1; code < 700; code++) {
        const struct event_shape *shape = event_shape_find(code);
        if (!shape)
            continue;
        buffer_addf(&said, "%d for ", (int)code);
        features_write(shape->features, &said);
        buffer_add_text(&said, ":");
        for (unsigned i = 0; i < EVENT_FIELDS; i++)
            if (shape->property[i] != NO_PROPERTY)
                buffer_addf(&said, " %u=%s%s", i, pump_properties[shape->property[i]].name,
                            shape->required >> i & 1 ? "!" : "");
        buffer_add_text(&said, "\n");
    }
    assert_string_equal(
        said.data,
        "3 for BASAL: 0=changeType\n"
        "5 for BASAL,PUMP_EVENTS: 0=alarmId!\n"
        "6 for PUMP_EVENTS:\n"
        "9 for DEVICE_STATUS,IOB: 0=abc 3=insulin\n"
        "11 for BASAL,PUMP_EVENTS,DEVICE_STATUS,PUMP_EVENTS_BASAL_SUSPENSION,IOB: 0=suspendReason\n"
        "12 for BASAL,PUMP_EVENTS,DEVICE_STATUS,PUMP_EVENTS_BASAL_SUSPENSION,IOB:\n"
        "13 for "
        "BASAL,BOLUS,PUMP_EVENTS,PROFILES,CGM,CGM_ALERTS,DEVICE_STATUS,PUMP_EVENTS_BASAL_SUSPENSION,IOB: "
        "0=timePrior! 1=timeAfter!\n"
        "14 for "
        "BASAL,BOLUS,PUMP_EVENTS,PROFILES,CGM,CGM_ALERTS,DEVICE_STATUS,PUMP_EVENTS_BASAL_SUSPENSION,IOB: "
        "0=datePrior! 1=dateAfter!\n"
        "16 for BOLUS: 0=bg 1=bgEntryType\n"
        "20 for BOLUS,DEVICE_STATUS,IOB: 0=bolusId 1=iob 2=completionStatus 3=insulinDelivered!\n"
        "21 for BOLUS,DEVICE_STATUS,IOB: 0=bolusId 1=iob 2=completionStatus 3=insulinDelivered!\n"
        "33 for PUMP_EVENTS: 0=insulinVolume 1=v2Volume\n"
        "55 for DEVICE_STATUS,IOB: 0=bolusId 1=iob\n"
        "59 for BOLUS: 0=bolusId\n"
        "61 for PUMP_EVENTS: 0=primeSize 1=completionStatus\n"
        "63 for PUMP_EVENTS: 0=primeSize 1=completionStatus\n"
        "64 for BOLUS,DEVICE_STATUS,IOB: 0=bolusId! 1=iob 2=carbAmount 3=bg\n"
        "65 for BOLUS: 0=bolusId! 2=options 3=userOverride 4=declinedCorrection\n"
        "66 for BOLUS: 0=bolusId!\n"
        "81 for DEVICE_STATUS,IOB: 0=batteryChargePercent 1=batteryLipoMilliVolts 2=iob\n"
        "171 for CGM_ALERTS: 0=dalertId!\n"
        "212 for PUMP_EVENTS,CGM_ALERTS:\n"
        "213 for PUMP_EVENTS,CGM_ALERTS:\n"
        "214 for PUMP_EVENTS,CGM_ALERTS:\n"
        "229 for PUMP_EVENTS: 0=requestedAction 1=currentUserMode 2=previousUserMode 3=sleepStartedByGui "
        "4=activeSleepSchedule 5=exerciseChoice 6=exerciseStoppedByTimer\n"
        "256 for CGM: 0=currentGlucoseDisplayValue! 1=glucoseValueStatus 2=cgmDataType 3=egvTimeStamp! "
        "4=rate\n"
        "279 for BASAL: 0=commandedRate! 1=commandedRateSource\n"
        "369 for CGM_ALERTS: 0=dalertId!\n"
        "372 for CGM: 0=currentGlucoseDisplayValue! 1=glucoseValueStatus 2=cgmDataType 3=egvTimeStamp! "
        "4=rate\n"
        "394 for PUMP_EVENTS,CGM_ALERTS:\n"
        "399 for CGM: 0=currentGlucoseDisplayValue! 1=glucoseValueStatus 2=cgmDataType 3=egvTimeStamp! "
        "4=rate\n"
        "404 for PUMP_EVENTS,CGM_ALERTS:\n"
        "405 for PUMP_EVENTS,CGM_ALERTS:\n"
        "406 for PUMP_EVENTS,CGM_ALERTS:\n"
        "447 for PUMP_EVENTS,CGM_ALERTS:\n"
        "460 for CGM_ALERTS: 0=dalertId!\n"
        "477 for PUMP_EVENTS,CGM_ALERTS:\n"
        "480 for CGM: 0=currentGlucoseDisplayValue! 1=glucoseValueStatus 2=cgmDataType 3=egvTimeStamp! "
        "4=rate\n"
        "486 for PUMP_EVENTS,CGM_ALERTS:\n");
    buffer_free(&said);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_have_names),
        cmocka_unit_test(values_have_bounds),
        cmocka_unit_test(records_have_shapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
