/* What happened besides insulin: the events that deserve a document, kind by kind. */
#include "truth_events.h"

#define DO_NOT_SHOW     6
#define CALIBRATION_BIT 8
#define OUT_OF_RANGE    14
#define COMPLETED       3
#define SLEEPING        1

typedef bool chooser(const struct truth *truth, size_t index);
typedef void detailer(const struct truth *truth, size_t index, struct json_writer *writer);

static const struct told *at(const struct truth *truth, size_t index)
{
    return &truth->told[index];
}

static const struct sensor *sensor_of(const struct truth *truth)
{
    return truth->history->sensor;
}

/* ---- which ---- */

static bool is_alarm(const struct truth *truth, size_t index)
{
    const struct record *record = &at(truth, index)->record;
    return record->code == CODE_ALARM && record->value[0] != 18 && record->value[0] != 23;
}

static bool is_alert(const struct truth *truth, size_t index)
{
    const struct record *record = &at(truth, index)->record;
    bool dexcom = record->code == 369;
    return record->code == CODE_GENERIC_ALERT ||
           (record->code == sensor_of(truth)->alert && !(dexcom && record->value[0] == OUT_OF_RANGE));
}

static bool begins_session(const struct truth *truth, size_t index)
{
    const struct sensor *sensor = sensor_of(truth);
    uint16_t code = at(truth, index)->record.code;
    return code && (code == sensor->start || code == sensor->join);
}

static bool is_sensor_start(const struct truth *truth, size_t index)
{
    const struct told *told = at(truth, index);
    if (!begins_session(truth, index))
        return false;
    if (told->record.code == sensor_of(truth)->start)
        return true;
    for (size_t i = index; i-- > 0 && told->at - at(truth, i)->at < 86400;)
        if (begins_session(truth, i) && at(truth, i)->pump == told->pump)
            return false;
    return true;
}

static bool is_sensor_stop(const struct truth *truth, size_t index)
{
    return at(truth, index)->record.code == sensor_of(truth)->stop;
}

static bool is_status(const struct truth *truth, size_t index)
{
    uint16_t code = at(truth, index)->record.code;
    return code == CODE_STATUS || code == CODE_DAILY;
}

#define CHOOSES(name, wanted)                                                                                \
    static bool name(const struct truth *truth, size_t index)                                                \
    {                                                                                                        \
        return at(truth, index)->record.code == (wanted);                                                    \
    }
CHOOSES(is_suspend, CODE_SUSPENDED)
CHOOSES(is_resume, CODE_RESUMED)
CHOOSES(is_malfunction, CODE_MALFUNCTION)
CHOOSES(is_cartridge, CODE_CARTRIDGE)

static bool is_cannula(const struct truth *truth, size_t index)
{
    const struct record *record = &at(truth, index)->record;
    return record->code == CODE_CANNULA && (record->value[1] == COMPLETED || record->value[0] > 0);
}

CHOOSES(is_tubing, CODE_TUBING)

/* ---- what more ---- */

static void tell_id(const struct truth *truth, size_t index, struct json_writer *writer)
{
    truth_number(writer, "id", at(truth, index)->record.value[0]);
}

static void tell_volume(const struct truth *truth, size_t index, struct json_writer *writer)
{
    const int32_t *value = at(truth, index)->record.value;
    truth_number(writer, "units", value[0] ? value[0] : value[1]);
}

static void tell_code(const struct truth *truth, size_t index, struct json_writer *writer)
{
    const struct record *record = &at(truth, index)->record;
    truth_number(writer, "code", record->code);
    truth_number(writer, "id", record->value[0]);
}

static const struct {
    const char *name;
    chooser *chooses;
    detailer *tells;
} kinds[] = {
    {"suspends", is_suspend, tell_id},
    {"resumes", is_resume, NULL},
    {"alarms", is_alarm, tell_id},
    {"malfunctions", is_malfunction, tell_id},
    {"cartridges", is_cartridge, tell_volume},
    {"cannulas", is_cannula, tell_id},
    {"tubings", is_tubing, tell_id},
    {"sensorStarts", is_sensor_start, tell_code},
    {"sensorStops", is_sensor_stop, tell_code},
    {"alerts", is_alert, tell_code},
    {"status", is_status, tell_code},
};

/* ---- sleep, exercise ---- */

enum action { START_SLEEP = 1, STOP_SLEEP, START_EXERCISE, STOP_EXERCISE, STOP_ALL };

/* An exercise may end straight into sleep: then its end is the sleep's start. */
static bool starts(const struct told *told, int32_t action)
{
    const int32_t *value = told->record.value;
    return value[2] == action || (action == START_SLEEP && value[2] == STOP_EXERCISE && value[0] == SLEEPING);
}

/* The record that ended what began at index: a stop, or the next start (which cuts it). NULL: it goes on. */
static const struct told *find_end(const struct truth *truth, size_t index, int32_t action)
{
    const struct told *start = at(truth, index);
    for (size_t i = index + 1; i < truth->count; i++) {
        const struct told *told = at(truth, i);
        int32_t other = told->record.value[2];
        if (told->record.code == CODE_MODE && told->pump == start->pump &&
            (other == action || other == action + 1 || other == STOP_ALL))
            return told;
    }
    return NULL;
}

static void write_modes(const struct truth *truth, struct json_writer *writer, int32_t action)
{
    json_open_array(writer);
    for (size_t i = 0; i < truth->count; i++) {
        const struct told *told = at(truth, i);
        if (told->record.code != CODE_MODE || !starts(told, action) || !truth_in_range(truth, told->at))
            continue;
        const struct told *end = find_end(truth, i, action);
        bool stopped = end && end->record.value[2] != action;
        truth_open(writer, told);
        json_write_key(writer, "stop");
        if (stopped)
            json_write_integer(writer, end->record.sequence);
        else
            json_write_null(writer);
        truth_number(writer, "end", end ? end->at : truth->newest);
        truth_flag(writer, "byHand", told->record.value[3]);
        truth_flag(writer, "scheduled", told->record.value[4]);
        truth_flag(writer, "timed", told->record.value[6]);
        truth_flag(writer, "byTimer", stopped && end->record.value[5]);
        json_close_object(writer);
    }
    json_close_array(writer);
}

/* ---- readings ---- */

/* at is the reading's own time in milliseconds; a reading that was logged late is told where it was taken. */
static void write_readings(const struct truth *truth, struct json_writer *writer)
{
    json_open_array(writer);
    for (size_t i = 0; i < truth->count; i++) {
        const struct told *told = at(truth, i);
        const int32_t *value = told->record.value;
        int64_t taken = told->at - value[6];
        if (told->record.code != sensor_of(truth)->reading || value[1] == DO_NOT_SHOW ||
            (value[2] & CALIBRATION_BIT) || !truth_in_range(truth, taken))
            continue;
        bool high = value[1] == 1 || value[0] > 400, low = value[1] == 2 || value[0] < 40;
        json_open_object(writer);
        truth_number(writer, "pump", told->pump);
        truth_number(writer, "group", told->group);
        truth_number(writer, "sequence", told->record.sequence);
        truth_number(writer, "at", taken * 1000);
        truth_number(writer, "sgv", high ? 401 : low ? 39 : value[0]);
        json_close_object(writer);
    }
    json_close_array(writer);
}

void truth_write_events(const struct truth *truth, struct json_writer *writer)
{
    for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++) {
        json_write_key(writer, kinds[kind].name);
        json_open_array(writer);
        for (size_t i = 0; i < truth->count; i++) {
            if (!truth_in_range(truth, at(truth, i)->at) || !kinds[kind].chooses(truth, i))
                continue;
            truth_open(writer, at(truth, i));
            if (kinds[kind].tells)
                kinds[kind].tells(truth, i, writer);
            json_close_object(writer);
        }
        json_close_array(writer);
    }
    json_write_key(writer, "sleeps");
    write_modes(truth, writer, START_SLEEP);
    json_write_key(writer, "exercises");
    write_modes(truth, writer, START_EXERCISE);
    json_write_key(writer, "readings");
    write_readings(truth, writer);
}
