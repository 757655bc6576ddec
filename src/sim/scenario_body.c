/* What else the made-up pump logged: the sensor's readings and sessions, sleep and exercise, alarms, battery.
 */
#include "scenario.h"

#include <math.h>

#include "clock.h"

/* ---- readings ---- */

#define SENSOR_DAYS     10
#define SENSOR_STOP     32400
#define SENSOR_START    34200
#define OUTAGE_FROM     50400
#define OUTAGE_TO       55000
#define STATUS_HIGH     1
#define STATUS_LOW      2
#define DO_NOT_SHOW     6
#define FIVE_MINUTE_BIT 1
#define BACKFILL_BIT    2
#define CALIBRATION_BIT 8

int32_t glucose_at(const struct history *history, int64_t line)
{
    double day = (double)line / DAY, phase = (double)(history->seed % 1000) / 100;
    double wave = 150 + 38 * sin(day * 2 * M_PI * 3.02 + phase) + 27 * sin(day * 2 * M_PI * 7.1 + phase * 2) +
                  14 * sin(day * 2 * M_PI * 0.21 + phase * 3) + 9 * sin(day * 2 * M_PI * 19.7);
    return (int32_t)wave;
}

struct reading {
    int32_t value, status, rate;
};

static struct reading read_sensor(const struct builder *builder, unsigned slot, int64_t line)
{
    struct reading reading = {.value = glucose_at(builder->history, line)};
    reading.rate = (reading.value - glucose_at(builder->history, line - 300)) * 2;
    if (cycle(builder->history, builder->day) % 5 == 4 && slot >= 40 && slot < 48) {
        /* A sensor tells of a high in several ways. */
        reading = (struct reading){slot % 2 ? 400 : 403, slot == 44 ? 0 : STATUS_HIGH, 127};
    } else if (cycle(builder->history, builder->day) % 6 == 1 && slot >= 30 && slot < 34) {
        reading = (struct reading){slot == 31 ? 39 : 38, slot == 32 ? 0 : STATUS_LOW, -12};
    } else if (pick(builder->history, builder->day, 7000 + slot, 150) == 0) {
        reading = (struct reading){0, DO_NOT_SHOW, 127};
    }
    return reading;
}

void build_readings(struct builder *builder)
{
    unsigned late = 0;
    for (unsigned slot = 0; slot < 288; slot++) {
        int64_t taken = builder->from + slot * 300 + 85 + pick(builder->history, builder->day, 8000, 40),
                logged = taken + 3;
        int64_t second = taken - builder->from;
        bool out_of_reach =
            cycle(builder->history, builder->day) % 3 == 2 && second >= OUTAGE_FROM && second < OUTAGE_TO;
        if (cycle(builder->history, builder->day) % SENSOR_DAYS == 0 && second >= SENSOR_STOP &&
            second < SENSOR_START)
            continue;
        if (out_of_reach)
            logged = builder->from + OUTAGE_TO + 60 + late++ / 3;
        struct reading reading = read_sensor(builder, slot, taken);
        int64_t egv = history_wall(builder->history, taken) - 1199145600; /* 2008-01-01 */
        int32_t rssi = -50 - pick(builder->history, builder->day, 9000 + slot, 40);
        BUILD(builder, logged, builder->history->sensor->reading, reading.value, reading.status,
              out_of_reach ? BACKFILL_BIT : FIVE_MINUTE_BIT, reading.rate, rssi, (int32_t)egv,
              (int32_t)(logged - taken));
        if (slot == 100 && cycle(builder->history, builder->day) % 3 == 0)
            BUILD(builder, logged + 20, builder->history->sensor->reading, reading.value + 12, 0,
                  CALIBRATION_BIT, 0, rssi, (int32_t)egv + 20);
    }
}

void build_sensor(struct builder *builder)
{
    const struct sensor *sensor = builder->history->sensor;
    int64_t of_session = cycle(builder->history, builder->day) % SENSOR_DAYS;
    if (of_session == 0) {
        BUILD(builder, builder->from + SENSOR_STOP, sensor->stop, 1);
        if (sensor->start)
            BUILD(builder, builder->from + SENSOR_START, sensor->start, 0);
        BUILD(builder, builder->from + SENSOR_START + 40, sensor->join, 0);
        BUILD(builder, builder->from + SENSOR_START + 20000, sensor->join, 0);
    } else if (of_session == 1 || of_session == 5) {
        /* Out of reach for long; on the first day still the same sensor. */
        BUILD(builder, builder->from + 26000, sensor->join, 0);
    }
}

/* ---- modes ---- */

enum mode { NORMAL, SLEEPING, EXERCISING, EATING_SOON };
enum action {
    NONE,
    START_SLEEP,
    STOP_SLEEP,
    START_EXERCISE,
    STOP_EXERCISE,
    STOP_ALL,
    START_EATING_SOON,
    STOP_EATING_SOON
};
#define TIMED 1

/* current, previous, action, by hand, schedule bits, exercise stopped by timer, choice, minutes */
static void start_sleep(struct builder *builder, int64_t line, bool by_hand, bool scheduled)
{
    BUILD(builder, line, CODE_MODE, SLEEPING, NORMAL, START_SLEEP, by_hand, scheduled ? 1 : 0, 0, 0, 0);
}

static void stop_sleep(struct builder *builder, int64_t line, bool all)
{
    BUILD(builder, line, CODE_MODE, NORMAL, SLEEPING, all ? STOP_ALL : STOP_SLEEP, 0, 0, 0, 0, 0);
}

static bool goes_to_bed_after_exercise(const struct history *history, int64_t origin)
{
    return history->rare && cycle(history, origin) % 4 == 3;
}

static void build_sleep(struct builder *builder, int64_t origin)
{
    const struct history *history = builder->history;
    int64_t start = origin * DAY + 79200 + pick(history, origin, 500, 5400);
    int64_t stop = (origin + 1) * DAY + 21600 + pick(history, origin, 501, 5000);
    int32_t kind = pick(history, origin, 502, 20);
    if (!goes_to_bed_after_exercise(history, origin))
        start_sleep(builder, start, kind >= 12 && kind < 17, kind < 12 || kind == 13);
    if (cycle(builder->history, origin) % 9 == 5) /* switched on again: the first one has no end of its own */
        start_sleep(builder, start + 3700, true, false);
    stop_sleep(builder, stop, kind % 10 == 3);
    if (cycle(builder->history, origin) % 6 == 4) {
        start_sleep(builder, origin * DAY + 47000, true, false);
        stop_sleep(builder, origin * DAY + 51000 + pick(history, origin, 503, 900), false);
    }
}

static void build_exercise(struct builder *builder, int64_t origin)
{
    int64_t start = origin * DAY + 57600 + pick(builder->history, origin, 510, 1200),
            morning = origin * DAY + 39600;
    if (cycle(builder->history, origin) % 2 == 1) {
        BUILD(builder, start, CODE_MODE, EXERCISING, NORMAL, START_EXERCISE, 0, 0, 0, TIMED, 60);
        if (cycle(builder->history, origin) % 13 != 6)
            BUILD(builder, start + 3600, CODE_MODE, NORMAL, EXERCISING, STOP_EXERCISE, 0, 0, 1, TIMED, 60);
    }
    if (goes_to_bed_after_exercise(builder->history, origin)) {
        /* The schedule takes over in the record that ends the exercise: no start of the sleep is logged. */
        int64_t evening = origin * DAY + 77400;
        BUILD(builder, evening, CODE_MODE, EXERCISING, NORMAL, START_EXERCISE, 0, 0, 0, 0, 0);
        BUILD(builder, evening + 6300, CODE_MODE, SLEEPING, EXERCISING, STOP_EXERCISE, 0, 1, 0, 0, 0);
    }
    if (cycle(builder->history, origin) % 5 == 2) {
        BUILD(builder, morning, CODE_MODE, EXERCISING, NORMAL, START_EXERCISE, 0, 0, 0, 0, 0);
        BUILD(builder, morning + 2750, CODE_MODE, NORMAL, EXERCISING,
              cycle(builder->history, origin) % 2 ? STOP_ALL : STOP_EXERCISE, 0, 0, 0, 0, 0);
    }
}

void build_modes(struct builder *builder, int64_t origin)
{
    build_sleep(builder, origin);
    build_exercise(builder, origin);
    if (cycle(builder->history, origin) % 4 == 2) {
        BUILD(builder, origin * DAY + 41000, CODE_MODE, EATING_SOON, NORMAL, START_EATING_SOON, 0, 0, 0, 0,
              0);
        BUILD(builder, origin * DAY + 43000, CODE_MODE, NORMAL, EATING_SOON, STOP_EATING_SOON, 0, 0, 0, 0, 0);
        BUILD(builder, origin * DAY + 43001, CODE_MODE, NORMAL, NORMAL, NONE, 0, 0, 0, 0, 0);
    }
}

/* ---- alarms and alerts ---- */

static const struct alarm_plan {
    int32_t every, on, second, id;
} alarm_plans[] = {
    {4, 0, 62000, 8},  {4, 0, 62000, 0}, /* two in one second */
    {6, 3, 20500, 51},                   /* newer firmware */
    {8, 1, 30500, 70}, {9, 2, 68000, 12}, {14, 5, 15000, 3},
};

static const struct alarm_plan alert_plans[] = {
    {2, 0, 12000, 3},  {2, 1, 33000, 2},  {3, 2, 50900, 14}, {3, 1, 70500, 8},
    {5, 0, 70500, 25}, {5, 0, 70500, 11}, {7, 4, 81000, 77}, {9, 1, 25000, 13},
};

static bool is_due(const struct alarm_plan *plan, const struct builder *builder)
{
    return cycle(builder->history, builder->day) % plan->every == plan->on;
}

void build_alarms(struct builder *builder)
{
    for (size_t i = 0; i < sizeof alarm_plans / sizeof *alarm_plans; i++)
        if (is_due(&alarm_plans[i], builder))
            BUILD(builder, builder->from + alarm_plans[i].second, CODE_ALARM, alarm_plans[i].id, 4711);
    for (size_t i = 0; i < sizeof alert_plans / sizeof *alert_plans; i++)
        if (is_due(&alert_plans[i], builder))
            BUILD(builder, builder->from + alert_plans[i].second,
                  i % 4 == 1 ? CODE_GENERIC_ALERT : builder->history->sensor->alert, alert_plans[i].id);
}

/* ---- battery ---- */

void build_pump_status(struct builder *builder)
{
    for (int hour = 0; hour < 24; hour++) {
        int32_t percent = 98 - (int32_t)((builder->day * 24 + hour) % 72);
        int32_t iob = pick(builder->history, builder->day, 600 + (unsigned)hour, 4000);
        int64_t line = builder->from + hour * 3600 + 1700;
        BUILD(builder, line, CODE_STATUS, percent, hour % 5, hour * 7 % 60,
              200 - (int32_t)((builder->day * 24 + hour) % 72) * 2);
        if (hour % 6 == 5)
            BUILD(builder, line + 1800, CODE_DAILY, percent, 3500 + percent * 7, iob,
                  profile_rate(builder->history, line) * hour, profile_rate(builder->history, line),
                  hour == 23);
    }
}
