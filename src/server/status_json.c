/* The server's state as JSON. */
#include "status_json.h"

#include <time.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/settings/configuration.h"
#include "daemon.h"
#include "runner.h"

#define JOB_NAME        "update"
#define MISFIRE_SECONDS 1

/* An instant in the pump's zone, in UTC where none is set; null for NO_TIME and 0. */
static void write_time(const struct daemon *daemon, struct json_writer *writer, const char *key, int64_t time)
{
    char text[CIVIL_TEXT_SIZE];
    json_write_key(writer, key);
    if (time == NO_TIME || time == 0)
        json_write_null(writer);
    else if (daemon->application->zone)
        json_write_text(writer, time_zone_format(daemon->application->zone, text, time, 0));
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

static void write_run(const struct daemon *daemon, const struct run *run, struct json_writer *writer)
{
    json_open_object(writer);
    write_number(writer, "number", (int64_t)run->number);
    write_time(daemon, writer, "started", run->started);
    write_text(writer, "trigger", run_trigger_name(run->trigger));
    write_text(writer, "result", run_result_name(run->result));
    json_write_key(writer, "pretend");
    json_write_boolean(writer, run->pretend);
    json_write_key(writer, "seconds");
    json_write_thousandths(writer, (int64_t)(run->seconds * 1000));
    write_text(writer, "error", *run->error ? run->error : NULL);
    write_number(writer, "events_read", (int64_t)run->events_read);
    write_left_out(run, writer);
    write_time(daemon, writer, "newest_event", run->newest_event);
    write_kinds(run, writer);
    json_close_object(writer);
}

static int64_t next_run(const struct daemon *daemon)
{
    return schedule_next_time(&daemon->schedule, daemon_monotonic_milliseconds(), (int64_t)time(NULL));
}

static void write_progress(const struct daemon *daemon, struct json_writer *writer)
{
    struct sync_progress progress;
    json_write_key(writer, "running");
    if (!runner_progress(daemon->runner, &progress) || !progress.step) {
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

void status_json_write(const struct daemon *daemon, struct buffer *out)
{
    const struct configuration *configuration = daemon->application->configuration;
    struct json_writer *writer = json_writer_new(out);
    json_open_object(writer);
    write_text(writer, "version", VERSION);
    write_text(writer, "health", health_word(daemon_health(daemon)));
    write_time(daemon, writer, "now", (int64_t)time(NULL));
    write_time(daemon, writer, "started", daemon->started);
    write_number(writer, "interval_minutes", configuration->interval_minutes);
    json_write_key(writer, "paused");
    json_write_boolean(writer, daemon->schedule.paused);
    write_time(daemon, writer, "next_run", next_run(daemon));
    write_time(daemon, writer, "newest_event", history_newest_event(daemon->history));
    write_time(daemon, writer, "newest_reading", history_newest_reading(daemon->history));
    write_progress(daemon, writer);
    json_write_key(writer, "problems");
    json_open_array(writer);
    for (size_t i = 0; i < configuration->problem_count; i++)
        json_write_text(writer, configuration->problems[i]);
    json_close_array(writer);
    json_write_key(writer, "runs");
    json_open_array(writer);
    for (size_t i = 0; i < history_count(daemon->history); i++)
        write_run(daemon, history_run(daemon->history, i), writer);
    json_close_array(writer);
    json_close_object(writer);
    json_writer_free(writer);
}

/* ---- the shapes that the scheduler of the Python version had ---- */

void scheduler_write(const struct daemon *daemon, struct buffer *out)
{
    struct json_writer *writer = json_writer_new(out);
    json_open_object(writer);
    write_text(writer, "current_host", "localhost"); /* the machine's name is nobody's business */
    json_write_key(writer, "allowed_hosts");
    json_open_array(writer);
    json_write_text(writer, "*");
    json_close_array(writer);
    json_write_key(writer, "running");
    json_write_boolean(writer, daemon->schedule.interval > 0 && !daemon->draining);
    json_close_object(writer);
    json_writer_free(writer);
}

void scheduler_job_write(const struct daemon *daemon, bool as_list, struct buffer *out)
{
    struct json_writer *writer = json_writer_new(out);
    if (as_list)
        json_open_array(writer);
    if (daemon->schedule.interval > 0 || !as_list) {
        json_open_object(writer);
        write_text(writer, "id", JOB_NAME);
        write_text(writer, "name", JOB_NAME);
        write_text(writer, "func", JOB_NAME);
        json_write_key(writer, "args");
        json_open_array(writer);
        json_close_array(writer);
        json_write_key(writer, "kwargs");
        json_open_object(writer);
        json_close_object(writer);
        write_text(writer, "trigger", "interval");
        write_number(writer, "minutes", daemon->application->configuration->interval_minutes);
        write_time(daemon, writer, "next_run_time", next_run(daemon));
        write_time(daemon, writer, "start_date", daemon->started);
        write_number(writer, "misfire_grace_time", MISFIRE_SECONDS);
        write_number(writer, "max_instances", 1);
        json_close_object(writer);
    }
    if (as_list)
        json_close_array(writer);
    json_writer_free(writer);
}
