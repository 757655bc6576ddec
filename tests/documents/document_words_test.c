/* What the pump's numbers are called in Nightscout, in a parent's words and the pump's own, and the line for
   each document in the log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"

typedef void telling(const struct fixture *fixture, const struct document *document, struct buffer *out);

/* A line of text for each document that these records become. */
static void assert_told(const char *records, telling *tell, const char *wanted)
{
    struct fixture fixture;
    struct buffer told;
    buffer_init(&told, 100000);
    fixture_open(&fixture);
    fixture_read(&fixture, 0, records);
    fixture_build(&fixture);
    for (size_t i = 0; i < fixture.documents.count; i++) {
        tell(&fixture, &fixture.documents.items[i], &told);
    }
    assert_string_equal(told.data, wanted);
    fixture_close(&fixture);
    buffer_free(&told);
}

static void tell_words(const struct fixture *fixture, const struct document *document, struct buffer *out)
{
    document_notes(document, &fixture->log, out);
    buffer_add_text(out, " = ");
    document_words(document, &fixture->log, out);
    buffer_add_text(out, "\n");
}

static void tell_line(const struct fixture *fixture, const struct document *document, struct buffer *out)
{
    document_write_line(document, &fixture->log, &new_york, out);
}

/* Records of one code, a minute apart, with each number of a property. */
static void assert_numbers(int code, const char *property, int most, const char *wanted)
{
    struct buffer records;
    buffer_init(&records, 100000);
    for (int number = 0; number <= most; number++)
        buffer_addf(&records, "%d %d %02d:%02d:00 {'%s':%d}\n", code, number + 1, number / 60, number % 60,
                    property, number);
    assert_told(records.data, tell_words, wanted);
    buffer_free(&records);
}

static void alarms(void **state)
{
    (void)state;
    assert_numbers(5, "alarmId", 34,
                   "Problem with the cartridge = CartridgeAlarm\n"
                   "Problem with the cartridge = CartridgeAlarm2\n"
                   "Insulin flow is blocked = OcclusionAlarm\n"
                   "The pump restarted = PumpResetAlarm\n"
                   "DefaultAlarm4 = DefaultAlarm4\n"
                   "Problem with the cartridge = CartridgeAlarm3\n"
                   "Problem with the cartridge = CartridgeAlarm4\n"
                   "Insulin stopped: no button was pressed for too long = AutoOffAlarm\n"
                   "The cartridge is empty = EmptyCartridgeAlarm\n"
                   "Problem with the cartridge = CartridgeAlarm5\n"
                   "The pump is too hot or too cold = TemperatureAlarm\n"
                   "The pump is too hot or too cold = TemperatureAlarm2\n"
                   "The battery is empty: the pump shuts down = BatteryShutdownAlarm\n"
                   "DefaultAlarm13 = DefaultAlarm13\n"
                   "The pump lost its date = InvalidDateAlarm\n"
                   "The pump is too hot or too cold = TemperatureAlarm3\n"
                   "Problem with the cartridge = CartridgeAlarm6\n"
                   "DefaultAlarm17 = DefaultAlarm17\n"
                   "DefaultAlarm19 = DefaultAlarm19\n"
                   "Problem with the cartridge = CartridgeAlarm7\n"
                   "Air pressure out of range = AltitudeAlarm\n"
                   "A button is stuck = StuckButtonAlarm\n"
                   "Air pressure out of range = AtmosphericPressureOutOfRangeAlarm\n"
                   "The cartridge was removed = CartridgeRemovedAlarm\n"
                   "Insulin flow is blocked = OcclusionAlarm2\n"
                   "DefaultAlarm27 = DefaultAlarm27\n"
                   "DefaultAlarm28 = DefaultAlarm28\n"
                   "Problem with the cartridge = CartridgeAlarm10\n"
                   "Problem with the cartridge = CartridgeAlarm11\n"
                   "Problem with the cartridge = CartridgeAlarm12\n"
                   "DefaultAlarm32 = DefaultAlarm32\n"
                   "DefaultAlarm33 = DefaultAlarm33\n"
                   "DefaultAlarm34 = DefaultAlarm34\n");
}

static void alerts(void **state)
{
    (void)state;
    assert_numbers(171, "dalertId", 49,
                   "CGM Alert (0) = CGM Alert (0)\n"
                   "Urgent low glucose = CGM Alert (CgmFixedLow)\n"
                   "High glucose = CGM Alert (CgmHigh)\n"
                   "Low glucose = CGM Alert (CgmLow)\n"
                   "CGM Alert (4) = CGM Alert (4)\n"
                   "CGM Alert (5) = CGM Alert (5)\n"
                   "CGM Alert (6) = CGM Alert (6)\n"
                   "CGM Alert (7) = CGM Alert (7)\n"
                   "Glucose is falling fast = CGM Alert (CgmRapidFall)\n"
                   "CGM Alert (9) = CGM Alert (9)\n"
                   "CGM Alert (10) = CGM Alert (10)\n"
                   "The sensor failed = CGM Alert (CgmSensorFail)\n"
                   "The sensor expires soon = CGM Alert (CgmSensorExpiringSoon)\n"
                   "The sensor expired = CGM Alert (CgmSensorExpired)\n"
                   "No signal from the sensor = CGM Alert (CgmOutOfRange)\n"
                   "CGM Alert (15) = CGM Alert (15)\n"
                   "CGM Alert (16) = CGM Alert (16)\n"
                   "CGM Alert (17) = CGM Alert (17)\n"
                   "CGM Alert (18) = CGM Alert (18)\n"
                   "CGM Alert (19) = CGM Alert (19)\n"
                   "Transmitter error = CGM Alert (CgmTransmitterError)\n"
                   "CGM Alert (21) = CGM Alert (21)\n"
                   "The sensor expires soon = CGM Alert (CgmSensorExpiring2)\n"
                   "CGM Alert (23) = CGM Alert (23)\n"
                   "CGM Alert (24) = CGM Alert (24)\n"
                   "Replace the sensor = CGM Alert (CgmReplaceSensor)\n"
                   "The sensor is too hot or too cold = CGM Alert (CgmTemperature)\n"
                   "No connection to the sensor = CGM Alert (CgmFailedConnection)\n"
                   "CGM Alert (28) = CGM Alert (28)\n"
                   "CGM Alert (29) = CGM Alert (29)\n"
                   "CGM Alert (30) = CGM Alert (30)\n"
                   "CGM Alert (31) = CGM Alert (31)\n"
                   "CGM Alert (32) = CGM Alert (32)\n"
                   "CGM Alert (33) = CGM Alert (33)\n"
                   "CGM Alert (34) = CGM Alert (34)\n"
                   "CGM Alert (35) = CGM Alert (35)\n"
                   "CGM Alert (36) = CGM Alert (36)\n"
                   "CGM Alert (37) = CGM Alert (37)\n"
                   "CGM Alert (38) = CGM Alert (38)\n"
                   "The transmitter expired = CGM Alert (CgmTransmitterExpired)\n"
                   "The pump's Bluetooth has an error = CGM Alert (PumpBluetoothError)\n"
                   "CGM Alert (41) = CGM Alert (41)\n"
                   "CGM Alert (42) = CGM Alert (42)\n"
                   "CGM Alert (43) = CGM Alert (43)\n"
                   "CGM Alert (44) = CGM Alert (44)\n"
                   "The transmitter expires soon = CGM Alert (CgmTransmitterExpiringSoon)\n"
                   "The transmitter expires soon = CGM Alert (CgmTransmitterExpiring2)\n"
                   "CGM Alert (47) = CGM Alert (47)\n"
                   "No glucose readings = CGM Alert (CgmUnavailable)\n"
                   "CGM Alert (49) = CGM Alert (49)\n");
}

static void reasons(void **state)
{
    (void)state;
    assert_numbers(11, "suspendReason", 7,
                   "Suspended by the user = UserAborted\n"
                   "Suspended = Suspended\n"
                   "Stopped by an alarm = TerminatedByAlarm\n"
                   "Suspended = Suspended\n"
                   "Stopped by a malfunction = TerminatedByMalfunction\n"
                   "Suspended = Suspended\n"
                   "3 = 3\n"
                   "Suspended = Suspended\n"
                   "4 = 4\n"
                   "Suspended = Suspended\n"
                   "5 = 5\n"
                   "Suspended = Suspended\n"
                   "Suspended automatically: glucose was going low = AutoSuspendByPlgs\n"
                   "Suspended = Suspended\n"
                   "7 = 7\n"
                   "Suspended = Suspended\n");
}

static void lines(void **state)
{
    (void)state;
    assert_told(
        "279 1 00:00:00 {'commandedRate':850,'commandedRateSource':3}\n"
        "279 2 00:00:30 {'commandedRate':0,'commandedRateSource':0}\n"
        "279 3 00:05:00 {'commandedRate':1234}\n"
        "64 4 01:00:00 {'bolusId':5,'carbAmount':30,'bg':120}\n65 5 01:00:00 {'bolusId':5,'options':0}\n"
        "20 6 01:02:00 {'bolusId':5,'completionStatus':3,'insulinDelivered':3.25}\n"
        "229 7 02:00:00 {'requestedAction':1}\n229 8 06:30:00 {'requestedAction':2}\n"
        "229 9 07:00:00 {'requestedAction':3}\n229 10 07:00:00 {'requestedAction':4}\n"
        "11 11 08:00:00 {'suspendReason':0}\n12 12 08:10:00\n33 13 09:00:00 {'insulinVolume':180}\n"
        "61 14 09:05:00 {'primeSize':0.3,'completionStatus':3}\n"
        "63 15 09:06:00 {'primeSize':12.5,'completionStatus':3}\n212 16 10:00:00\n213 17 10:01:00\n"
        "214 18 10:02:00\n6 19 10:30:00\n399 20 11:00:00 "
        "{'currentGlucoseDisplayValue':167,'egvTimeStamp':579610800}\n",
        tell_line,
        "2026-05-14 00:00:00 -04:00  Temp Basal        0.85 U/h, 0.5 min, Algorithm\n"
        "2026-05-14 00:00:30 -04:00  Temp Basal        0 U/h, 4.5 min, Suspended\n"
        "2026-05-14 00:05:00 -04:00  Temp Basal        1.234 U/h\n"
        "2026-05-14 01:02:00 -04:00  Combo Bolus       3.25 U, 30 g carbs, 120 mg/dL, Standard Bolus\n"
        "2026-05-14 02:00:00 -04:00  Sleep             270 min, Sleep\n"
        "2026-05-14 07:00:00 -04:00  Exercise          Exercise\n"
        "2026-05-14 08:00:00 -04:00  Basal Suspension  UserAborted\n"
        "2026-05-14 08:00:00 -04:00  Temp Basal        0 U/h, 10 min, Suspended\n"
        "2026-05-14 08:10:00 -04:00  Basal Resume      Basal resumed\n"
        "2026-05-14 09:00:00 -04:00  Insulin Change    Cartridge Filled (180u filled)\n"
        "2026-05-14 09:05:00 -04:00  Site Change       Cannula Filled (0.3u primed)\n"
        "2026-05-14 09:06:00 -04:00  Note              Tubing Filled (13u primed)\n"
        "2026-05-14 10:00:00 -04:00  Sensor Start      CGM Session Started\n"
        "2026-05-14 10:02:00 -04:00  Sensor Stop       CGM Session Stopped\n"
        "2026-05-14 10:30:00 -04:00  Alarm             Malfunction\n"
        "2026-05-14 11:00:00 -04:00  sgv               167 mg/dL\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alarms),
        cmocka_unit_test(alerts),
        cmocka_unit_test(reasons),
        cmocka_unit_test(lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
