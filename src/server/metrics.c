/* The server's state in Prometheus's text format 0.0.4. */
#include "metrics.h"

#include <inttypes.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/civil_time.h"
#include "daemon.h"

static void add_head(struct buffer *out, const char *name, const char *type, const char *help)
{
    buffer_addf(out, "# HELP tconnectsync_%s %s\n# TYPE tconnectsync_%s %s\n", name, help, name, type);
}

static void add_gauge(struct buffer *out, const char *name, const char *help, double value)
{
    add_head(out, name, "gauge", help);
    buffer_addf(out, "tconnectsync_%s %.15g\n", name, value);
}

/* No kind holds a quote or a backslash, all that a label would have to escape. */
static void add_documents(struct buffer *out, const struct history_totals *totals)
{
    add_head(out, "documents_total", "counter", "Documents written to Nightscout.");
    for (enum document_kind kind = 0; kind < DOCUMENT_KIND_COUNT; kind++) {
        buffer_addf(out, "tconnectsync_documents_total{type=\"%s\",action=\"created\"} %" PRIu64 "\n",
                    document_kind_name(kind), totals->kinds[kind].created);
        buffer_addf(out, "tconnectsync_documents_total{type=\"%s\",action=\"amended\"} %" PRIu64 "\n",
                    document_kind_name(kind), totals->kinds[kind].amended);
    }
}

void metrics_write(const struct daemon *daemon, struct buffer *out)
{
    const struct history_totals *totals = history_totals(daemon->history);
    const struct run *success = history_last_success(daemon->history);
    int64_t event = history_newest_event(daemon->history);
    add_head(out, "info", "gauge", "The program's version.");
    buffer_addf(out, "tconnectsync_info{version=\"%s\"} 1\n", VERSION);
    add_head(out, "runs_total", "counter", "Syncs that ended.");
    for (enum run_result result = 0; result < RUN_RESULT_COUNT; result++)
        buffer_addf(out, "tconnectsync_runs_total{result=\"%s\"} %" PRIu64 "\n", run_result_name(result),
                    totals->runs[result]);
    add_head(out, "run_duration_seconds_total", "counter", "Time that syncs took.");
    buffer_addf(out, "tconnectsync_run_duration_seconds_total %.3f\n", totals->seconds);
    add_documents(out, totals);
    add_head(out, "events_read_total", "counter", "Pump records read.");
    buffer_addf(out, "tconnectsync_events_read_total %" PRIu64 "\n", totals->events_read);
    add_head(out, "requests_total", "counter", "Requests sent to Tandem and Nightscout.");
    buffer_addf(out, "tconnectsync_requests_total %" PRIu64 "\n", totals->requests);
    add_gauge(out, "healthy", "1 when /healthz answers 200.", health_is_good(daemon_health(daemon)));
    add_gauge(out, "failures", "Failed syncs in a row.", history_failures(daemon->history));
    add_gauge(out, "start_time_seconds", "When the server started.", (double)daemon->started);
    if (success)
        add_gauge(out, "last_success_timestamp_seconds", "Start of the last sync that went well.",
                  (double)success->started);
    if (event != NO_TIME)
        add_gauge(out, "newest_event_timestamp_seconds", "The pump's newest event.", (double)event);
}
