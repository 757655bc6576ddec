#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/base/log.h"
#include "tconnectsync/page/day_picture.h"

static struct day_picture picture;

/* What a sync at noon makes of these lines, with these features. */
static void look(const char *lines, unsigned features)
{
    struct fixture fixture;
    fixture_open(&fixture);
    fixture_set_features(&fixture, features);
    fixture_read(&fixture, 0, lines);
    fixture_build(&fixture);
    day_picture_update(&picture, &fixture.log, &new_york, at("12:00:00") - SECONDS_PER_DAY, at("12:00:00"),
                       at("12:00:00"));
    fixture_close(&fixture);
}

#define ALL_FEATURES (FEATURES_ALL & ~FEATURE_PROFILES)

static int start(void **state)
{
    (void)state;
    day_picture_init(&picture);
    return 0;
}

static void equal_basals_are_one_step(void **state)
{
    (void)state;
    look("279 1 11:00:00 {'commandedRate':800}\n279 2 11:05:00 {'commandedRate':800}\n"
         "279 3 11:10:00 {'commandedRate':0}\n279 4 11:15:00 {'commandedRate':950}\n",
         ALL_FEATURES);
    assert_int_equal(picture.step_count, 3);
    assert_int_equal(picture.steps[0].from, at("11:00:00"));
    assert_int_equal(picture.steps[0].until, at("11:10:00"));
    assert_int_equal(picture.steps[0].rate, 800);
    assert_int_equal(picture.steps[1].rate, 0);
    assert_int_equal(picture.steps[2].rate, 950);
    assert_int_equal(picture.newest_event, at("11:15:00"));
}

static void a_basal_from_before_reaches_in_and_older_ones_do_not(void **state)
{
    (void)state;
    look("279 1 2026-05-13T11:30:00 {'commandedRate':700}\n279 2 2026-05-13T11:45:00 {'commandedRate':800}\n"
         "279 3 2026-05-13T12:00:00 {'commandedRate':900}\n279 4 2026-05-13T12:15:00 {'commandedRate':100}\n",
         ALL_FEATURES);
    assert_int_equal(picture.step_count, 2);
    assert_int_equal(picture.steps[0].rate, 900);
}

static void boluses_carry_carbs_and_who_gave_them(void **state)
{
    (void)state;
    look("64 1 08:00:00 {'bolusId':5,'carbAmount':30,'bg':0}\n65 2 08:00:00 {'bolusId':5,'options':4}\n"
         "20 3 08:02:00 {'bolusId':5,'completionStatus':3,'insulinDelivered':3.25}\n"
         "65 4 09:00:00 {'bolusId':6,'options':3}\n"
         "20 5 09:01:00 {'bolusId':6,'completionStatus':3,'insulinDelivered':0.4}\n",
         ALL_FEATURES);
    assert_int_equal(picture.bolus_count, 2);
    assert_int_equal(picture.boluses[0].time, at("08:02:00"));
    assert_int_equal(picture.boluses[0].insulin, 3250);
    assert_int_equal(picture.boluses[0].carbs, 30000);
    assert_false(picture.boluses[0].automatic);
    assert_int_equal(picture.boluses[1].insulin, 400);
    assert_true(picture.boluses[1].automatic);
}

static void suspensions_end_at_the_resume_or_stay_open(void **state)
{
    (void)state;
    look(
        "11 1 08:00:00 {'suspendReason':0}\n12 2 08:20:00\n11 3 11:00:00 {'suspendReason':0}\n279 4 11:05:00 "
        "{'commandedRate':0}\n",
        ALL_FEATURES);
    assert_int_equal(picture.bar_count, 2);
    assert_int_equal(picture.bars[0].until - picture.bars[0].from, 20 * 60);
    assert_false(picture.bars[0].open);
    assert_int_equal(picture.bars[1].until, at("11:05:00"));
    assert_true(picture.bars[1].open);
}

static void sleep_and_exercise_are_bars(void **state)
{
    (void)state;
    look("229 1 00:00:00 {'requestedAction':1}\n229 2 06:30:00 {'requestedAction':2}\n"
         "229 3 10:00:00 {'requestedAction':3}\n279 4 10:15:00 {'commandedRate':0}\n",
         ALL_FEATURES);
    assert_int_equal(picture.bar_count, 2);
    assert_int_equal(picture.bars[0].kind, DAY_SLEEP);
    assert_int_equal(picture.bars[0].until, at("06:30:00"));
    assert_int_equal(picture.bars[1].kind, DAY_EXERCISE);
    assert_true(picture.bars[1].open);
}

/* 2026-05-14T11:00:00 is 579610800 s after 2008 on the pump's clock. */
#define READING(number, minutes, rest)                                                                       \
    "399 " #number " 11:59:00 {'egvTimeStamp':" #minutes ",'currentGlucoseDisplayValue':" rest "}\n"

static void readings_are_at_their_own_time_and_within_bounds(void **state)
{
    (void)state;
    look(READING(1, 579610800, "120") READING(2, 579611100, "390,'glucoseValueStatus':1")
             READING(3, 579611400, "30,'glucoseValueStatus':2")
                 READING(4, 579611700, "150,'glucoseValueStatus':6")
                     READING(5, 579612000, "150,'cgmDataType':[3]") READING(6, 579612300, "700")
                         READING(7, 579612600, "88") READING(8, 579612660, "89"),
         ALL_FEATURES);
    assert_int_equal(picture.reading_count, 4);
    assert_int_equal(picture.readings[0].time, at("11:00:00"));
    assert_int_equal(picture.readings[0].glucose, 120);
    assert_int_equal(picture.readings[1].glucose, 401);
    assert_int_equal(picture.readings[2].glucose, 39);
    assert_int_equal(picture.readings[3].glucose, 88); /* one a minute later is the same one */
    assert_int_equal(day_picture_newest_reading(&picture), at("11:31:00"));
}

static void what_the_pump_told_last_stays_known(void **state)
{
    (void)state;
    look("61 1 01:00:00 {'primeSize':0.3,'completionStatus':3}\n33 2 01:02:00 {'insulinVolume':180}\n"
         "64 3 11:00:00 {'bolusId':5,'carbAmount':30,'bg':0,'iob':1.5}\n"
         "20 4 11:02:00 {'bolusId':5,'completionStatus':3,'insulinDelivered':3.25,'iob':4.5}\n"
         "81 5 11:30:00 {'batteryChargePercent':64,'iob':2.25}\n5 6 11:40:00 {'alarmId':2}\n",
         ALL_FEATURES);
    assert_int_equal(picture.facts[FACT_SITE].time, at("01:00:00"));
    assert_int_equal(picture.facts[FACT_CARTRIDGE].time, at("01:02:00"));
    assert_int_equal(picture.facts[FACT_SENSOR].time, NO_TIME);
    assert_int_equal(picture.facts[FACT_CARBS].value, 30000);
    assert_int_equal(picture.facts[FACT_BOLUS].value, 3250);
    assert_int_equal(picture.facts[FACT_IOB].value, 2250);
    assert_int_equal(picture.facts[FACT_BATTERY].value, 64);
    assert_int_equal(picture.read_from, at("01:00:00"));
    assert_int_equal(picture.mark_count, 3);
    assert_int_equal(picture.marks[2].kind, DAY_ALARM);
    assert_string_equal(picture.marks[2].words, "OcclusionAlarm");
    look("279 7 11:45:00 {'commandedRate':800,'commandedRateSource':3}\n279 8 11:50:00 "
         "{'commandedRate':800}\n",
         ALL_FEATURES);
    assert_int_equal(picture.facts[FACT_BOLUS].value, 3250);
    assert_int_equal(picture.bolus_count, 0);
    assert_int_equal(picture.step_count, 2); /* the pump's own choice is told apart */
    assert_true(picture.steps[0].automatic);
}

/* ---- at the edges of a day ---- */

static void tell(struct buffer *out, const char *what, int64_t time, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static void tell(struct buffer *out, const char *what, int64_t time, const char *format, ...)
{
    char instant[CIVIL_TEXT_SIZE], rest[200];
    va_list values;
    va_start(values, format);
    vsnprintf(rest, sizeof rest, format, values);
    va_end(values);
    civil_format(instant, time + time_zone_offset(&new_york, time), 0, NO_OFFSET);
    buffer_addf(out, "%s %s%s\n", what, instant + strlen("2026-05-"), rest);
}

/* The whole picture, a line each. */
static void tell_all(struct buffer *out)
{
    for (size_t i = 0; i < picture.step_count; i++)
        tell(out, "basal", picture.steps[i].from, " %d min %d%s",
             (int)(picture.steps[i].until - picture.steps[i].from) / 60, (int)picture.steps[i].rate,
             picture.steps[i].automatic ? " automatic" : "");
    for (size_t i = 0; i < picture.bolus_count; i++)
        tell(out, "bolus", picture.boluses[i].time, " %d %d%s", (int)picture.boluses[i].insulin,
             (int)picture.boluses[i].carbs, picture.boluses[i].automatic ? " automatic" : "");
    for (size_t i = 0; i < picture.reading_count; i++)
        tell(out, "glucose", picture.readings[i].time, " %d", picture.readings[i].glucose);
    for (size_t i = 0; i < picture.bar_count; i++)
        tell(out, "bar", picture.bars[i].from, " %d s kind %d%s",
             (int)(picture.bars[i].until - picture.bars[i].from), picture.bars[i].kind,
             picture.bars[i].open ? " open" : "");
    for (size_t i = 0; i < picture.mark_count; i++)
        tell(out, "mark", picture.marks[i].time, " kind %d %s", picture.marks[i].kind,
             picture.marks[i].words);
    for (int i = 0; i < FACT_COUNT; i++)
        if (picture.facts[i].time != NO_TIME)
            tell(out, "fact", picture.facts[i].time, " kind %d: %d", i, (int)picture.facts[i].value);
    tell(out, "from", picture.read_from, "%s", "");
    tell(out, "to", picture.newest_event, "%s", picture.known ? "" : ", unknown");
}

static void assert_picture(const char *lines, const char *wanted)
{
    struct buffer told;
    buffer_init(&told, 20000);
    day_picture_init(&picture);
    look(lines, ALL_FEATURES);
    tell_all(&told);
    assert_string_equal(told.data, wanted);
    buffer_free(&told);
}

static void basals_at_the_edges(void **state)
{
    (void)state;
    assert_picture("279 1 2026-05-13T11:50:00 {'commandedRate':100}\n"
                   "279 2 2026-05-13T11:55:00 {'commandedRate':200,'commandedRateSource':3}\n"
                   "279 3 2026-05-13T12:00:01 {'commandedRate':300,'commandedRateSource':4}\n"
                   "279 4 2026-05-13T12:05:00 {'commandedRate':300,'commandedRateSource':2}\n"
                   "279 5 2026-05-13T12:10:00 {'commandedRate':300,'commandedRateSource':5}\n"
                   "279 6 2026-05-13T12:15:00 {'commandedRate':300,'commandedRateSource':3}\n"
                   "279 7 11:55:00 {'commandedRate':0,'commandedRateSource':0}\n"
                   "279 8 12:00:00 {'commandedRate':400}\n279 9 12:05:00 {'commandedRate':500}\n",
                   "basal 13T11:55:00 5 min 200 automatic\n"
                   "basal 13T12:00:01 4 min 300 automatic\n"
                   "basal 13T12:05:00 10 min 300\n"
                   "basal 14T11:55:00 5 min 0\n"
                   "from 13T11:50:00\n"
                   "to 14T12:05:00\n");
}

static void the_least_basal_and_bolus_are_told(void **state)
{
    (void)state;
    assert_picture("279 1 11:00:00 {'commandedRate':100}\n279 2 11:00:01 {'commandedRate':0}\n"
                   "20 3 11:30:00 {'bolusId':1,'completionStatus':3,'insulinDelivered':0.001}\n",
                   "basal 14T11:00:00 0 min 100\n"
                   "bolus 14T11:30:00 1 0\n"
                   "fact 14T11:30:00 kind 2: 1\n"
                   "from 14T11:00:00\n"
                   "to 14T11:30:00\n");
}

static void boluses_at_the_edges(void **state)
{
    (void)state;
    assert_picture("64 1 2026-05-13T11:59:00 {'bolusId':1,'carbAmount':10}\n"
                   "20 2 2026-05-13T12:00:00 {'bolusId':1,'completionStatus':3,'insulinDelivered':1}\n"
                   "20 3 2026-05-13T12:00:01 {'bolusId':2,'completionStatus':3,'insulinDelivered':0.001}\n"
                   "64 4 2026-05-13T13:00:00 {'bolusId':3,'carbAmount':20}\n"
                   "65 5 2026-05-13T13:00:00 {'bolusId':3,'options':6}\n"
                   "20 6 2026-05-13T13:00:10 {'bolusId':3,'completionStatus':3,'insulinDelivered':2}\n"
                   "65 7 2026-05-13T14:00:00 {'bolusId':4,'options':5}\n"
                   "20 8 2026-05-13T14:00:10 {'bolusId':4,'completionStatus':3,'insulinDelivered':3}\n"
                   "64 9 2026-05-13T15:00:00 {'bolusId':5,'carbAmount':0}\n"
                   "20 10 2026-05-13T15:00:10 {'bolusId':5,'completionStatus':0,'insulinDelivered':0}\n"
                   "20 11 12:00:00 {'bolusId':6,'completionStatus':3,'insulinDelivered':4,'iob':4.5}\n",
                   "bolus 13T12:00:01 1 0\n"
                   "bolus 13T13:00:10 2000 20000 automatic\n"
                   "bolus 13T14:00:10 3000 0\n"
                   "bolus 14T12:00:00 4000 0\n"
                   "fact 14T12:00:00 kind 2: 4000\n"
                   "fact 13T13:00:10 kind 3: 20000\n"
                   "fact 14T12:00:00 kind 4: 4500\n"
                   "from 13T11:59:00\n"
                   "to 14T12:00:00\n");
}

/* 2026-05-13T12:00:00 is 579528000 s after 2008. */
static void readings_at_the_edges(void **state)
{
    (void)state;
    assert_picture(
        READING(1, 579528000, "100") READING(2, 579528001, "101,'rate':5") READING(3, 579528240, "102")
            READING(4, 579528241, "103,'rate':-7") READING(5, 579530000, "38") READING(6, 579531000, "39")
                READING(7, 579532000, "40") READING(8, 579533000, "400") READING(9, 579534000, "401")
                    READING(10, 579535000, "402") READING(11, 579536000, "402,'glucoseValueStatus':2")
                        READING(12, 579537000, "20,'glucoseValueStatus':1") READING(13, 579538000, "0")
                            READING(14, 579614400, "110,'rate':12"),
        "glucose 13T12:00:01 101\n"
        "glucose 13T12:04:01 103\n"
        "glucose 13T12:33:20 39\n"
        "glucose 13T12:50:00 39\n"
        "glucose 13T13:06:40 40\n"
        "glucose 13T13:23:20 400\n"
        "glucose 13T13:40:00 401\n"
        "glucose 13T13:56:40 401\n"
        "glucose 13T14:13:20 39\n"
        "glucose 13T14:30:00 401\n"
        "glucose 14T12:00:00 110\n"
        "fact 14T12:00:00 kind 0: 110\n"
        "fact 14T12:00:00 kind 1: 12\n"
        "from 14T11:59:00\n"
        "to 14T11:59:00\n");
}

/* Whoever changes pumps in the middle of the day sees both pumps' lists as one, in the order of time. */
static void two_pumps_are_one_day(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "279 1 10:00:00 {'commandedRate':800}\n279 2 10:05:00 {'commandedRate':0}\n"
        "20 3 10:10:00 {'bolusId':1,'completionStatus':3,'insulinDelivered':1}\n"
        "229 4 10:15:00 {'requestedAction':1}\n229 5 10:20:00 {'requestedAction':2}\n"
        "5 6 10:25:00 {'alarmId':2}\n" READING(7, 579607200, "120") READING(8, 579606600, "110"),
        "279 1 09:00:00 {'commandedRate':700}\n279 2 09:05:00 {'commandedRate':0}\n"
        "20 3 09:10:00 {'bolusId':1,'completionStatus':3,'insulinDelivered':2}\n"
        "229 4 09:15:00 {'requestedAction':1}\n229 5 09:20:00 {'requestedAction':2}\n"
        "5 6 09:25:00 {'alarmId':2}\n" READING(7, 579603600, "100")};
    struct fixture fixture;
    day_picture_init(&picture);
    fixture_open(&fixture);
    for (unsigned pump = 0; pump < 2; pump++)
        fixture_read(&fixture, pump, lines[pump]);
    fixture_build(&fixture);
    day_picture_update(&picture, &fixture.log, &new_york, at("12:00:00") - SECONDS_PER_DAY, at("12:00:00"),
                       at("12:00:00"));
    fixture_close(&fixture);
    struct buffer told;
    buffer_init(&told, 20000);
    tell_all(&told);
    assert_string_equal(told.data, "basal 14T09:00:00 5 min 700\n"
                                   "basal 14T09:05:00 20 min 0\n"
                                   "basal 14T10:00:00 5 min 800\n"
                                   "basal 14T10:05:00 20 min 0\n"
                                   "bolus 14T09:10:00 2000 0\n"
                                   "bolus 14T10:10:00 1000 0\n"
                                   "glucose 14T09:00:00 100\n"
                                   "glucose 14T09:50:00 110\n"
                                   "glucose 14T10:00:00 120\n"
                                   "bar 14T09:15:00 300 s kind 0\n"
                                   "bar 14T10:15:00 300 s kind 0\n"
                                   "mark 14T09:25:00 kind 0 OcclusionAlarm\n"
                                   "mark 14T10:25:00 kind 0 OcclusionAlarm\n"
                                   "fact 14T10:00:00 kind 0: 120\n"
                                   "fact 14T10:10:00 kind 2: 1000\n"
                                   "from 14T09:00:00\n"
                                   "to 14T11:59:00\n");
    buffer_free(&told);
}

static void what_lasts_at_the_edges(void **state)
{
    (void)state;
    assert_picture(
        "229 1 2026-05-13T08:00:00 {'requestedAction':1}\n"
        "229 2 2026-05-13T12:00:00 {'requestedAction':2}\n"
        "229 3 2026-05-13T12:00:00 {'requestedAction':3}\n"
        "229 4 2026-05-13T12:00:01 {'requestedAction':4}\n"
        "11 5 2026-05-13T13:00:00 {'suspendReason':0}\n11 6 2026-05-13T13:30:00 {'suspendReason':0}\n"
        "12 7 2026-05-13T13:30:00\n11 8 2026-05-13T14:00:00 {'suspendReason':0}\n"
        "12 9 2026-05-13T14:00:00\n"
        "229 10 11:59:59 {'requestedAction':1}\n229 11 12:00:00 {'requestedAction':2}\n"
        "229 12 12:00:00 {'requestedAction':3}\n229 13 12:01:00 {'requestedAction':4}\n",
        "bar 13T12:00:00 1 s kind 1\n"
        "bar 13T13:00:00 1800 s kind 2\n"
        "bar 14T11:59:59 1 s kind 0\n"
        "from 13T08:00:00\n"
        "to 14T12:01:00\n");
    assert_picture("229 1 11:00:00 {'requestedAction':1}\n", "from 14T11:00:00\n"
                                                             "to 14T11:00:00\n"); /* it has only just begun */
}

static void moments_at_the_edges(void **state)
{
    (void)state;
    assert_picture("5 1 2026-05-13T12:00:00 {'alarmId':2}\n5 2 2026-05-13T12:00:01 {'alarmId':10}\n"
                   "171 3 2026-05-13T13:00:00 {'dalertId':3}\n"
                   "61 4 2026-05-13T14:00:00 {'primeSize':0.3,'completionStatus':3}\n"
                   "33 5 2026-05-13T15:00:00 {'insulinVolume':180}\n212 6 2026-05-13T16:00:00\n"
                   "5 7 12:00:00 {'alarmId':21}\n5 8 12:00:01 {'alarmId':22}\n",
                   "mark 13T12:00:01 kind 0 TemperatureAlarm\n"
                   "mark 13T13:00:00 kind 1 CGM Alert (CgmLow)\n"
                   "mark 13T14:00:00 kind 2 \n"
                   "mark 13T15:00:00 kind 3 \n"
                   "mark 13T16:00:00 kind 4 \n"
                   "mark 14T12:00:00 kind 0 AltitudeAlarm\n"
                   "fact 13T14:00:00 kind 7: 0\n"
                   "fact 13T15:00:00 kind 8: 0\n"
                   "fact 13T16:00:00 kind 9: 0\n"
                   "from 13T12:00:00\n"
                   "to 14T12:00:01\n");
}

static void the_status_of_the_last_record_until_now(void **state)
{
    (void)state;
    assert_picture("81 1 2026-05-13T09:00:00 {'batteryChargePercent':80,'iob':1.5}\n"
                   "9 2 2026-05-13T10:00:00 {'abc':70,'insulin':143}\n"
                   "55 3 11:00:00 {'bolusId':1,'iob':2.5}\n9 4 12:00:00 {'abc':61}\n9 5 12:00:00 {'abc':60}\n"
                   "9 6 12:00:01 {'abc':50,'insulin':99}\n",
                   "fact 14T11:00:00 kind 4: 2500\n"
                   "fact 14T12:00:00 kind 5: 60\n"
                   "fact 13T10:00:00 kind 6: 143000\n"
                   "from 13T09:00:00\n"
                   "to 14T12:00:01\n");
}

/* A pump's clock that is some minutes fast dates what it did just now ahead. */
static void what_lies_ahead_is_not_the_last_of_its_kind(void **state)
{
    (void)state;
    static const char lines[] =
        "64 1 08:00:00 {'bolusId':5,'carbAmount':30,'bg':0}\n"
        "20 2 08:02:00 {'bolusId':5,'completionStatus':3,'insulinDelivered':3.25}\n"
        "61 3 09:00:00 {'primeSize':0.3}\n" READING(
            4, 579614280, "110") "64 5 12:04:00 {'bolusId':6,'carbAmount':45,'bg':0}\n"
                                 "20 6 12:05:00 {'bolusId':6,'completionStatus':3,'insulinDelivered':4}\n"
                                 "61 7 12:06:00 {'primeSize':0.3}\n" READING(8, 579614580, "120");
    look(lines, ALL_FEATURES);
    assert_int_equal(picture.facts[FACT_BOLUS].time, at("08:02:00"));
    assert_int_equal(picture.facts[FACT_BOLUS].value, 3250);
    assert_int_equal(picture.facts[FACT_CARBS].value, 30000);
    assert_int_equal(picture.facts[FACT_SITE].time, at("09:00:00"));
    assert_int_equal(picture.facts[FACT_GLUCOSE].value, 110);
    /* Learned while this machine's clock was ahead. */
    picture.facts[FACT_BOLUS] = (struct day_fact){at("13:00:00"), 9000};
    look(lines, ALL_FEATURES);
    assert_int_equal(picture.facts[FACT_BOLUS].value, 3250);
}

static void hear(void *context, enum log_level level, const char *line, size_t length)
{
    (void)level, (void)line, (void)length;
    ++*(int *)context;
}

/* What is left out of Nightscout was logged by the sync, and not again by the page. */
static void a_picture_logs_nothing(void **state)
{
    (void)state;
    struct fixture fixture;
    int lines = 0;
    fixture_open(&fixture);
    fixture_read(&fixture, 0, READING(1, 579610800, "5000") READING(2, 99, "100"));
    fixture.log.journal = log_new(hear, &lines, LOG_DEBUG, NULL);
    fixture_build(&fixture);
    assert_int_not_equal(lines, 0);
    lines = 0;
    day_picture_update(&picture, &fixture.log, &new_york, at("12:00:00") - SECONDS_PER_DAY, at("12:00:00"),
                       at("12:00:00"));
    assert_int_equal(lines, 0);
    log_free(fixture.log.journal);
    fixture.log.journal = NULL;
    fixture_close(&fixture);
}

static void a_hostile_log_fills_no_list_beyond_its_end(void **state)
{
    (void)state;
    struct fixture fixture;
    struct buffer lines;
    buffer_init(&lines, 1 << 20);
    for (int i = 0; i < 1400; i++)
        buffer_addf(&lines,
                    "279 %d %02d:%02d:%02d {'commandedRate':%d}\n20 %d %02d:%02d:%02d "
                    "{'completionStatus':3,'insulinDelivered':1}\n11 %d %02d:%02d:%02d\n",
                    3 * i, i / 120, i / 2 % 60, i % 2 * 30, i % 15000, 3 * i + 1, i / 120, i / 2 % 60,
                    i % 2 * 30, 3 * i + 2, i / 120, i / 2 % 60, i % 2 * 30 + 15);
    fixture_open(&fixture);
    fixture_read(&fixture, 0, lines.data);
    fixture_build(&fixture);
    day_picture_update(&picture, &fixture.log, &new_york, at("12:00:00") - SECONDS_PER_DAY, at("12:00:00"),
                       at("12:00:00"));
    assert_int_equal(picture.step_count, DAY_STEPS);
    assert_int_equal(picture.bolus_count, DAY_BOLUSES);
    assert_int_equal(picture.bar_count, DAY_BARS);
    fixture_close(&fixture);
    buffer_free(&lines);
}

static void the_target_is_between_the_pumps_alerts(void **state)
{
    (void)state;
    static const struct {
        const char *settings;
        int low, high;
    } cases[] = {
        {"{\"cgmSettings\":{\"lowGlucoseAlertMgPerDl\":70,\"highGlucoseAlertMgPerDl\":200}}", 70, 200},
        {"{\"cgmSettings\":{\"lowGlucoseAlertMgPerDl\":200,\"highGlucoseAlertMgPerDl\":70}}", 0, 0},
        {"{\"cgmSettings\":{\"lowGlucoseAlertMgPerDl\":-70000,\"highGlucoseAlertMgPerDl\":70}}", 0, 0},
        {"{\"cgmSettings\":{\"lowGlucoseAlertMgPerDl\":40,\"highGlucoseAlertMgPerDl\":400}}", 40, 400},
        {"{\"cgmSettings\":{\"lowGlucoseAlertMgPerDl\":39,\"highGlucoseAlertMgPerDl\":400}}", 0, 0},
        {"{\"cgmSettings\":{\"lowGlucoseAlertMgPerDl\":40,\"highGlucoseAlertMgPerDl\":401}}", 0, 0},
        {"{\"cgmSettings\":{\"lowGlucoseAlertMgPerDl\":80,\"highGlucoseAlertMgPerDl\":80}}", 0, 0},
        {"{\"cgmSettings\":{\"lowGlucoseAlertMgPerDl\":80,\"highGlucoseAlertMgPerDl\":81}}", 80, 81},
        {"{\"cgmSettings\":{\"lowGlucoseAlertMgPerDl\":80}}", 0, 0},
        {"{\"cgmSettings\":{\"highGlucoseAlertMgPerDl\":80}}", 0, 0},
        {"{\"cgmSettings\":null}", 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json *settings = json_parse(cases[i].settings, strlen(cases[i].settings), NULL);
        day_picture_init(&picture);
        day_picture_set_settings(&picture, settings);
        assert_int_equal(picture.target_low, cases[i].low);
        assert_int_equal(picture.target_high, cases[i].high);
        json_free(settings);
    }
    day_picture_set_settings(&picture, NULL);
}

static void the_profiles_basal_goes_by_the_minute_of_the_day(void **state)
{
    (void)state;
    static const char text[] =
        "{\"profiles\":{\"activeIdp\":0,\"profile\":[{\"name\":\"A\",\"idp\":0,\"insulinDuration\":300,"
        "\"timeDependentSegments\":["
        "{\"startTime\":0,\"basalRate\":800,\"carbRatio\":10000,\"isf\":40,\"targetBg\":110},"
        "{\"startTime\":360,\"basalRate\":950,\"carbRatio\":10000,\"isf\":40,\"targetBg\":110}]}]}}";
    struct json *settings = json_parse(text, strlen(text), NULL);
    day_picture_init(&picture);
    assert_int_equal(day_picture_profile_rate(&picture, 0), -1);
    day_picture_set_settings(&picture, settings);
    assert_int_equal(picture.segment_count, 2);
    assert_int_equal(day_picture_profile_rate(&picture, 359 * 60 + 59), 800);
    assert_int_equal(day_picture_profile_rate(&picture, 360 * 60 + SECONDS_PER_DAY), 950);
    json_free(settings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(equal_basals_are_one_step, start),
        cmocka_unit_test_setup(a_basal_from_before_reaches_in_and_older_ones_do_not, start),
        cmocka_unit_test_setup(boluses_carry_carbs_and_who_gave_them, start),
        cmocka_unit_test_setup(suspensions_end_at_the_resume_or_stay_open, start),
        cmocka_unit_test_setup(sleep_and_exercise_are_bars, start),
        cmocka_unit_test_setup(readings_are_at_their_own_time_and_within_bounds, start),
        cmocka_unit_test_setup(what_the_pump_told_last_stays_known, start),
        cmocka_unit_test(basals_at_the_edges),
        cmocka_unit_test(the_least_basal_and_bolus_are_told),
        cmocka_unit_test(boluses_at_the_edges),
        cmocka_unit_test(readings_at_the_edges),
        cmocka_unit_test(two_pumps_are_one_day),
        cmocka_unit_test(what_lasts_at_the_edges),
        cmocka_unit_test(moments_at_the_edges),
        cmocka_unit_test(the_status_of_the_last_record_until_now),
        cmocka_unit_test_setup(what_lies_ahead_is_not_the_last_of_its_kind, start),
        cmocka_unit_test_setup(a_picture_logs_nothing, start),
        cmocka_unit_test_setup(a_hostile_log_fills_no_list_beyond_its_end, start),
        cmocka_unit_test(the_profiles_basal_goes_by_the_minute_of_the_day),
        cmocka_unit_test(the_target_is_between_the_pumps_alerts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
