/* The server's state as JSON. */
#include "status_json.h"

#include <time.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/base/monotonic.h"
#include "tconnectsync/settings/configuration.h"
#include "daemon.h"
#include "runner.h"

#define JOB_NAME        "update"
#define MISFIRE_SECONDS 1

/* An instant in the pump's zone, in UTC where none is set; null for NO_TIME and 0. */
static void write_time(const struct service *service, struct json_writer *writer, const char *key,
                       int64_t time)
{
    char text[CIVIL_TEXT_SIZE];
    json_write_key(writer, key);
    if (time == NO_TIME || time == 0)
        json_write_null(writer);
    else if (service->person->zone)
        json_write_text(writer, time_zone_format(service->person->zone, text, time, 0));
    else
        json_write_text(writer, civil_format(text, time, 0, 0));
}

static void write_text(struct json_writer *writer, const char *key, const char *text)
{
    json_write_key(writer, key);
    json_write_text(writer, text);
}

static void write_number(struct json_writer *writer, const char *key, int64_t number)
{
    json_write_key(writer, key);
    json_write_integer(writer, number);
}

static void write_left_out(const struct run *run, struct json_writer *writer)
{
    uint64_t skipped = 0;
    for (enum skip_reason reason = 0; reason < SKIP_REASON_COUNT; reason++)
        skipped += run->skipped[reason];
    write_number(writer, "skipped", (int64_t)skipped);
    json_write_key(writer, "skipped_by_reason");
    json_open_object(writer);
    for (enum skip_reason reason = 0; reason < SKIP_REASON_COUNT; reason++)
        if (run->skipped[reason])
            write_number(writer, skip_reason_name(reason), (int64_t)run->skipped[reason]);
    json_close_object(writer);
    write_number(writer, "refused", (int64_t)run->refused);
    json_write_key(writer, "warnings");
    json_open_array(writer);
    for (size_t i = 0; i < run->warning_count; i++)
        json_write_text(writer, run->warnings[i]);
    json_close_array(writer);
}

static void write_kinds(const struct run *run, struct json_writer *writer)
{
    json_write_key(writer, "by_type");
    json_open_object(writer);
    for (enum document_kind kind = 0; kind < DOCUMENT_KIND_COUNT; kind++) {
        const struct report_counts *counts = &run->kinds[kind];
        if (counts->created + counts->amended + counts->unchanged + counts->withheld == 0)
            continue;
        json_write_key(writer, document_kind_name(kind));
        json_open_object(writer);
        write_number(writer, "created", (int64_t)counts->created);
        write_number(writer, "amended", (int64_t)counts->amended);
        write_number(writer, "unchanged", (int64_t)counts->unchanged);
        write_number(writer, "withheld", (int64_t)counts->withheld);
        json_close_object(writer);
    }
    json_close_object(writer);
}

static void write_run(const struct service *service, const struct run *run, struct json_writer *writer)
{
    json_open_object(writer);
    write_number(writer, "number", (int64_t)run->number);
    write_time(service, writer, "started", run->started);
    write_text(writer, "trigger", run_trigger_name(run->trigger));
    write_text(writer, "result", run_result_name(run->result));
    json_write_key(writer, "pretend");
    json_write_boolean(writer, run->pretend);
    json_write_key(writer, "seconds");
    json_write_thousandths(writer, (int64_t)(run->seconds * 1000));
    write_text(writer, "error", *run->error ? run->error : NULL);
    write_number(writer, "events_read", (int64_t)run->events_read);
    write_left_out(run, writer);
    write_time(service, writer, "newest_event", run->newest_event);
    write_kinds(run, writer);
    json_close_object(writer);
}

static int64_t next_run(const struct service *service)
{
    return schedule_next_time(&service->schedule, monotonic_milliseconds(), (int64_t)time(NULL));
}

static void write_progress(const struct service *service, struct json_writer *writer)
{
    struct sync_progress progress;
    json_write_key(writer, "running");
    if (!runner_progress(service->runner, &progress) || !progress.step) {
        json_write_null(writer);
        return;
    }
    json_open_object(writer);
    write_text(writer, "step", progress.step);
    write_number(writer, "step_number", progress.step_number);
    write_number(writer, "step_count", progress.step_count);
    write_number(writer, "done", (int64_t)progress.done);
    write_number(writer, "total", (int64_t)progress.total);
    json_close_object(writer);
}

static void write_problems(const struct service *service, struct json_writer *writer)
{
    const struct configuration *configuration = service->person->configuration;
    json_write_key(writer, "problems");
    json_open_array(writer);
    for (size_t i = 0; i < configuration->problem_count; i++)
        json_write_text(writer, configuration->problems[i]);
    json_close_array(writer);
}

static void write_runs(const struct service *service, struct json_writer *writer)
{
    json_write_key(writer, "runs");
    json_open_array(writer);
    for (size_t i = 0; i < history_count(service->history); i++)
        write_run(service, history_run(service->history, i), writer);
    json_close_array(writer);
}

/* All but what is the server's. */
static void write_service(const struct service *service, struct json_writer *writer)
{
    write_number(writer, "interval_minutes", service->person->configuration->interval_minutes);
    json_write_key(writer, "paused");
    json_write_boolean(writer, service->schedule.paused);
    write_time(service, writer, "next_run", next_run(service));
    write_time(service, writer, "newest_event", history_newest_event(service->history));
    write_time(service, writer, "newest_reading", history_newest_reading(service->history));
    write_progress(service, writer);
    write_problems(service, writer);
    write_runs(service, writer);
}

static void write_person(const struct service *service, struct json_writer *writer)
{
    const struct configuration *configuration = service->person->configuration;
    json_open_object(writer);
    write_number(writer, "person", configuration->person);
    write_text(writer, "name", configuration->person_name);
    write_text(writer, "health", health_word(service_health(service)));
    write_service(service, writer);
    json_close_object(writer);
}

void status_json_write(struct daemon *daemon, people_set people, struct buffer *out)
{
    struct service *first = daemon_next(daemon, people, NULL);
    struct json_writer *writer = json_writer_new(out);
    json_open_object(writer);
    write_text(writer, "version", VERSION);
    write_text(writer, "health", health_word(daemon_health(daemon, people)));
    write_time(first, writer, "now", (int64_t)time(NULL));
    write_time(first, writer, "started", daemon->started);
    if (daemon->count == 1) {
        write_service(first, writer);
    } else {
        json_write_key(writer, "people");
        json_open_array(writer);
        for (struct service *service = NULL; (service = daemon_next(daemon, people, service));)
            write_person(service, writer);
        json_close_array(writer);
    }
    json_close_object(writer);
    json_writer_free(writer);
}

/* ---- the shapes that the scheduler of the Python version had ---- */

void scheduler_write(struct daemon *daemon, people_set people, struct buffer *out)
{
    bool running = false;
    for (struct service *service = NULL; (service = daemon_next(daemon, people, service));)
        running |= service->schedule.interval > 0 && !daemon->draining;
    struct json_writer *writer = json_writer_new(out);
    json_open_object(writer);
    write_text(writer, "current_host", "localhost"); /* the machine's name is nobody's business */
    json_write_key(writer, "allowed_hosts");
    json_open_array(writer);
    json_write_text(writer, "*");
    json_close_array(writer);
    json_write_key(writer, "running");
    json_write_boolean(writer, running);
    json_close_object(writer);
    json_writer_free(writer);
}

/* Of several people each has a job of the one name, told apart by its argument. */
static void write_job(const struct service *service, struct json_writer *writer)
{
    json_open_object(writer);
    write_text(writer, "id", JOB_NAME);
    write_text(writer, "name", JOB_NAME);
    write_text(writer, "func", JOB_NAME);
    json_write_key(writer, "args");
    json_open_array(writer);
    json_close_array(writer);
    json_write_key(writer, "kwargs");
    json_open_object(writer);
    if (service->daemon->count > 1)
        write_number(writer, "person", service->person->configuration->person);
    json_close_object(writer);
    write_text(writer, "trigger", "interval");
    write_number(writer, "minutes", service->person->configuration->interval_minutes);
    write_time(service, writer, "next_run_time", next_run(service));
    write_time(service, writer, "start_date", service->daemon->started);
    write_number(writer, "misfire_grace_time", MISFIRE_SECONDS);
    write_number(writer, "max_instances", 1);
    json_close_object(writer);
}

void scheduler_job_write(struct daemon *daemon, people_set people, bool as_list, struct buffer *out)
{
    struct json_writer *writer = json_writer_new(out);
    if (as_list)
        json_open_array(writer);
    for (struct service *service = NULL; (service = daemon_next(daemon, people, service));) {
        if (service->schedule.interval > 0 || !as_list)
            write_job(service, writer);
        if (!as_list)
            break;
    }
    if (as_list)
        json_close_array(writer);
    json_writer_free(writer);
}
