/* What one sync did, as JSON and as a table. */
#include "tconnectsync/documents/report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/base/memory.h"

void report_init(struct report *report, int64_t now)
{
    *report = (struct report){.started = now,
                              .last_sequence = -1,
                              .newest_event = NO_TIME,
                              .newest_reading = NO_TIME,
                              .newest_upload = NO_TIME};
}

void report_free(struct report *report)
{
    for (size_t i = 0; i < report->warning_count; i++)
        free(report->warnings[i]);
    report->warning_count = 0;
}

void report_set_clock(struct report *report, const char *text, int64_t since)
{
    snprintf(report->clock, sizeof report->clock, "%s", text);
    report->clock_since = since;
}

void report_warn(struct report *report, const char *format, ...)
{
    char text[600];
    va_list arguments;
    if (report->warning_count == REPORT_WARNINGS_MAXIMUM)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    report->warnings[report->warning_count++] = xstrdup(text);
}

struct report_counts report_kinds_total(const struct report_counts *kinds)
{
    struct report_counts totals = {0};
    for (int kind = 0; kind < DOCUMENT_KIND_COUNT; kind++) {
        totals.created += kinds[kind].created;
        totals.amended += kinds[kind].amended;
        totals.unchanged += kinds[kind].unchanged;
        totals.withheld += kinds[kind].withheld;
    }
    return totals;
}

struct report_counts report_totals(const struct report *report)
{
    return report_kinds_total(report->kinds);
}

static bool is_empty(const struct report_counts *counts)
{
    return counts->created + counts->amended + counts->unchanged + counts->withheld == 0;
}

static void write_number(struct json_writer *writer, const char *key, uint64_t number)
{
    json_write_key(writer, key);
    json_write_integer(writer, (int64_t)number);
}

static void write_counts(struct json_writer *writer, const struct report_counts *counts)
{
    write_number(writer, "created", counts->created);
    write_number(writer, "amended", counts->amended);
    write_number(writer, "unchanged", counts->unchanged);
    write_number(writer, "withheld", counts->withheld);
}

static void write_skipped(const struct report *report, struct json_writer *writer)
{
    json_write_key(writer, "skipped");
    json_open_object(writer);
    for (enum skip_reason reason = 0; reason < SKIP_REASON_COUNT; reason++)
        if (report->skipped[reason])
            write_number(writer, skip_reason_name(reason), report->skipped[reason]);
    if (report->refused)
        write_number(writer, "refused by Nightscout", report->refused);
    json_close_object(writer);
}

static void write_kinds(const struct report *report, struct json_writer *writer)
{
    json_write_key(writer, "by_type");
    json_open_object(writer);
    for (enum document_kind kind = 0; kind < DOCUMENT_KIND_COUNT; kind++) {
        if (is_empty(&report->kinds[kind]))
            continue;
        json_write_key(writer, document_kind_name(kind));
        json_open_object(writer);
        write_counts(writer, &report->kinds[kind]);
        json_close_object(writer);
    }
    json_close_object(writer);
}

static void write_time(struct json_writer *writer, const char *key, int64_t time,
                       const struct time_zone *zone)
{
    char text[CIVIL_TEXT_SIZE];
    json_write_key(writer, key);
    json_write_text(writer, time == NO_TIME || !zone ? NULL : time_zone_format(zone, text, time, 0));
}

void report_write_json(const struct report *report, const struct time_zone *zone, struct buffer *out)
{
    struct json_writer *writer = json_writer_new(out);
    struct report_counts totals = report_totals(report);
    json_open_object(writer);
    if (report->person)
        write_number(writer, "person", report->person);
    json_write_key(writer, "result");
    json_write_text(writer, report->ok ? "ok" : "failed");
    json_write_key(writer, "error");
    json_write_text(writer, report->ok ? NULL : report->error.text);
    write_number(writer, "events_read", report->events_read);
    write_counts(writer, &totals);
    write_skipped(report, writer);
    write_kinds(report, writer);
    write_number(writer, "deleted", report->deleted);
    json_write_key(writer, "pretend");
    json_write_boolean(writer, report->pretend);
    json_write_key(writer, "warnings");
    json_open_array(writer);
    for (size_t i = 0; i < report->warning_count; i++)
        json_write_text(writer, report->warnings[i]);
    json_close_array(writer);
    write_number(writer, "requests", report->requests);
    write_number(writer, "connections", report->connections);
    json_write_key(writer, "seconds");
    json_write_thousandths(writer, (int64_t)(report->seconds * 1000 + 0.5));
    json_write_key(writer, "last_sequence");
    if (report->last_sequence >= 0)
        json_write_integer(writer, report->last_sequence);
    else
        json_write_null(writer);
    write_time(writer, "newest_event", report->newest_event, zone);
    json_close_object(writer);
    json_writer_free(writer);
}

static void add_row(struct buffer *out, const char *name, const struct report_counts *counts)
{
    buffer_addf(out, "%-18s %8" PRIu64 " %8" PRIu64 " %9" PRIu64 " %8" PRIu64 "\n", name, counts->created,
                counts->amended, counts->unchanged, counts->withheld);
}

void report_write_table(const struct report *report, struct buffer *out)
{
    struct report_counts totals = report_totals(report);
    buffer_addf(out, "%-18s %8s %8s %9s %8s\n", report->pretend ? "(pretended)" : "", "created", "amended",
                "unchanged", "withheld");
    for (enum document_kind kind = 0; kind < DOCUMENT_KIND_COUNT; kind++)
        if (!is_empty(&report->kinds[kind]))
            add_row(out, document_kind_name(kind), &report->kinds[kind]);
    add_row(out, "total", &totals);
    for (enum skip_reason reason = 0; reason < SKIP_REASON_COUNT; reason++)
        if (report->skipped[reason])
            buffer_addf(out, "left out: %" PRIu64 " (%s)\n", report->skipped[reason],
                        skip_reason_name(reason));
    if (report->refused)
        buffer_addf(out, "left out: %" PRIu64 " (refused by Nightscout)\n", report->refused);
    for (size_t i = 0; i < report->warning_count; i++)
        buffer_addf(out, "warning: %s\n", report->warnings[i]);
}
