/* The server's state in Prometheus's text format 0.0.4, or as OpenMetrics for who asks for that. */
#include "metrics.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/documents/coverage.h"
#include "tconnectsync/http/http_server.h"
#include "tconnectsync/settings/configuration.h"
#include "tconnectsync/sync/sync_memory.h"
#include "tconnectsync/tandem/tandem.h"
#include "daemon.h"

#define OPENMETRICS "application/openmetrics-text"
#define MAXIMUM     (1u << 16)

/* ---- which of the two ---- */

static bool names_range(const char *range, size_t length, const char *type)
{
    return length == strlen(type) && strncasecmp(range, type, length) == 0;
}

/* How much an Accept header's element wants what it names, 0 to 1. */
static double quality(const char *element, size_t length)
{
    for (const char *at = element; (at = memchr(at, ';', length - (size_t)(at - element)));) {
        at += 1 + strspn(at + 1, " \t");
        if (strncasecmp(at, "q=", 2) == 0)
            return strtod(at + 2, NULL);
    }
    return 1;
}

bool metrics_wants_openmetrics(const char *accept)
{
    double open = 0, text = 0;
    while (accept && *accept) {
        accept += strspn(accept, ", \t");
        size_t length = strcspn(accept, ","), range = strcspn(accept, ";, \t");
        double *wish = names_range(accept, range, OPENMETRICS)    ? &open
                       : names_range(accept, range, "text/plain") ? &text
                                                                  : NULL;
        double wanted = quality(accept, length);
        if (wish && wanted > *wish)
            *wish = wanted;
        accept += length;
    }
    return open > 0 && open >= text;
}

/* ---- the metrics ---- */

struct exposition {
    struct buffer text;
    bool openmetrics;
};

/* OpenMetrics names a counter's family without the _total that its samples end in. */
static void add_head(struct exposition *out, const char *name, const char *type, const char *help)
{
    int family = (int)strlen(name);
    if (out->openmetrics && strcmp(type, "counter") == 0)
        family -= (int)strlen("_total");
    buffer_addf(&out->text, "# HELP tconnectsync_%.*s %s\n# TYPE tconnectsync_%.*s %s\n", family, name, help,
                family, name, type);
}

static void add_gauge(struct exposition *out, const char *name, const char *help, double value)
{
    add_head(out, name, "gauge", help);
    buffer_addf(&out->text, "tconnectsync_%s %.15g\n", name, value);
}

/* A gauge that is left out where there is no such moment: no time at all, or never. */
static void add_moment(struct exposition *out, const char *name, const char *help, int64_t moment)
{
    if (moment != NO_TIME && moment != 0)
        add_gauge(out, name, help, (double)moment);
}

static void add_counter(struct exposition *out, const char *name, const char *help, uint64_t value)
{
    add_head(out, name, "counter", help);
    buffer_addf(&out->text, "tconnectsync_%s %" PRIu64 "\n", name, value);
}

/* No kind holds a quote or a backslash, all that a label would have to escape. */
static void add_documents(struct exposition *out, const struct history_totals *totals)
{
    add_head(out, "documents_total", "counter", "Documents written to Nightscout.");
    for (enum document_kind kind = 0; kind < DOCUMENT_KIND_COUNT; kind++) {
        const char *name = document_kind_name(kind);
        buffer_addf(&out->text,
                    "tconnectsync_documents_total{type=\"%s\",action=\"created\"} %" PRIu64 "\n"
                    "tconnectsync_documents_total{type=\"%s\",action=\"amended\"} %" PRIu64 "\n",
                    name, totals->kinds[kind].created, name, totals->kinds[kind].amended);
    }
}

static void add_totals(struct exposition *out, const struct daemon *daemon)
{
    const struct history_totals *totals = history_totals(daemon->history);
    const struct tandem *tandem = daemon->application->account.tandem;
    add_head(out, "runs_total", "counter", "Syncs that ended.");
    for (enum run_result result = 0; result < RUN_RESULT_COUNT; result++)
        buffer_addf(&out->text, "tconnectsync_runs_total{result=\"%s\"} %" PRIu64 "\n",
                    run_result_name(result), totals->runs[result]);
    add_head(out, "run_duration_seconds_total", "counter", "Time that syncs took.");
    buffer_addf(&out->text, "tconnectsync_run_duration_seconds_total %.3f\n", totals->seconds);
    add_documents(out, totals);
    add_counter(out, "events_read_total", "Pump records read.", totals->events_read);
    add_counter(out, "requests_total", "Requests sent to Tandem and Nightscout.", totals->requests);
    add_counter(out, "sign_ins_total", "Times that the password was sent to Tandem.",
                tandem ? tandem_sign_ins(tandem) : 0);
}

static void add_health(struct exposition *out, enum health health)
{
    add_gauge(out, "healthy", "1 when /healthz answers 200.", health_is_good(health));
    add_head(out, "health", "gauge", "1 for the word that /healthz says.");
    for (enum health one = 0; one < HEALTH_COUNT; one++)
        buffer_addf(&out->text, "tconnectsync_health{state=\"%s\"} %d\n", health_word(one), one == health);
}

/* Pump-local days begin up to half a day from those of UTC; which of the two the oldest is does not matter.
 */
static void add_coverage(struct exposition *out, const struct daemon *daemon)
{
    const struct account_context *account = &daemon->application->account;
    const int64_t today = (int64_t)time(NULL) / SECONDS_PER_DAY;
    const struct coverage *coverage;
    unsigned holes = 0;
    for (size_t pump = 0; (coverage = sync_memory_coverage(account->memory, pump)); pump++)
        for (int64_t day = today + 1; day > today - COVERAGE_DAYS; day--)
            holes += coverage_of_day(coverage, account->configuration->features, day) == DAY_WITH_HOLES;
    add_gauge(out, "coverage_holes", "Days of the last 62 of which something chosen is missing or waits.",
              holes);
}

static void add_state(struct exposition *out, const struct daemon *daemon)
{
    const struct run *success = history_last_success(daemon->history);
    add_health(out, daemon_health(daemon));
    add_coverage(out, daemon);
    add_gauge(out, "failures", "Failed syncs in a row.", history_failures(daemon->history));
    add_gauge(out, "paused", "1 while the timer is paused.", daemon->schedule.paused);
    add_gauge(out, "start_time_seconds", "When the server started.", (double)daemon->started);
    add_moment(out, "next_run_timestamp_seconds", "When the timer starts the next sync.",
               schedule_next_time(&daemon->schedule, daemon_monotonic_milliseconds(), (int64_t)time(NULL)));
    add_moment(out, "last_success_timestamp_seconds", "Start of the last sync that went well.",
               success ? success->started : NO_TIME);
    add_moment(out, "newest_event_timestamp_seconds", "The pump's newest event.",
               history_newest_event(daemon->history));
    add_moment(out, "newest_reading_timestamp_seconds", "The pump's newest glucose reading.",
               history_newest_reading(daemon->history));
}

void metrics_answer(struct daemon *daemon, struct http_exchange *exchange)
{
    struct exposition out = {.openmetrics =
                                 metrics_wants_openmetrics(http_exchange_header(exchange, "Accept"))};
    buffer_init(&out.text, MAXIMUM);
    add_head(&out, "info", "gauge", "The program's version.");
    buffer_addf(&out.text, "tconnectsync_info{version=\"%s\"} 1\n", VERSION);
    add_totals(&out, daemon);
    add_state(&out, daemon);
    if (out.openmetrics)
        buffer_add_text(&out.text, "# EOF\n");
    http_exchange_add_header(exchange, "Vary", "Accept");
    http_reply(exchange, 200,
               out.openmetrics ? OPENMETRICS "; version=1.0.0; charset=utf-8"
                               : "text/plain; version=0.0.4; charset=utf-8",
               out.text.data, out.text.length);
    buffer_free(&out.text);
}
