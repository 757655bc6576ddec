/* The server's state in Prometheus's text format 0.0.4, or as OpenMetrics for who asks for that. */
#include "metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/monotonic.h"
#include "tconnectsync/documents/coverage.h"
#include "tconnectsync/http/http_server.h"
#include "tconnectsync/settings/configuration.h"
#include "tconnectsync/sync/sync_memory.h"
#include "tconnectsync/tandem/tandem.h"
#include "daemon.h"

#define OPENMETRICS "application/openmetrics-text"
#define MAXIMUM     (1u << 18) /* of nine people */

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

/* What is written, and of whom it is. */
struct exposition {
    struct buffer text;
    bool openmetrics;
    struct daemon *daemon;
    people_set people;
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

/* A sample's name and labels, and a space. others: the labels but for the person's, "" for none. No kind or
   result holds a quote or a backslash, all that a label would have to escape. */
static void add_name(struct exposition *target, const struct service *service, const char *name,
                     const char *others)
{
    char person[24] = "";
    if (target->daemon->count > 1)
        snprintf(person, sizeof person, "person=\"%u\"", service->person->configuration->person);
    const bool labels = *person || *others;
    buffer_addf(&target->text, "tconnectsync_%s%s%s%s%s%s ", name, labels ? "{" : "", person,
                *person && *others ? "," : "", others, labels ? "}" : "");
}

/* One person's value of a metric; false: there is none. */
typedef bool metric_value(const struct service *service, char text[32]);

static bool write_seconds(const struct service *service, char text[32])
{
    snprintf(text, 32, "%.3f", history_totals(service->history)->seconds);
    return true;
}

static bool write_events(const struct service *service, char text[32])
{
    snprintf(text, 32, "%" PRIu64, history_totals(service->history)->events_read);
    return true;
}

static bool write_requests(const struct service *service, char text[32])
{
    snprintf(text, 32, "%" PRIu64, history_totals(service->history)->requests);
    return true;
}

static bool write_healthy(const struct service *service, char text[32])
{
    snprintf(text, 32, "%d", health_is_good(service_health(service)));
    return true;
}

static bool write_failures(const struct service *service, char text[32])
{
    snprintf(text, 32, "%u", history_failures(service->history));
    return true;
}

static bool write_start(const struct service *service, char text[32])
{
    snprintf(text, 32, "%" PRId64, service->daemon->started);
    return true;
}

static bool write_success(const struct service *service, char text[32])
{
    const struct run *success = history_last_success(service->history);
    snprintf(text, 32, "%" PRId64, success ? success->started : 0);
    return success != NULL;
}

static bool write_newest(const struct service *service, char text[32])
{
    const int64_t event = history_newest_event(service->history);
    snprintf(text, 32, "%" PRId64, event);
    return event != NO_TIME;
}

static bool write_sign_ins(const struct service *service, char text[32])
{
    const struct tandem *tandem = service->person->account.tandem;
    snprintf(text, 32, "%" PRIu64, tandem ? (uint64_t)tandem_sign_ins(tandem) : 0);
    return true;
}

/* A person's days begin up to half a day from those of UTC; which of the two the
   oldest is does not matter. */
static bool write_holes(const struct service *service, char text[32])
{
    const struct account_context *account = &service->person->account;
    const int64_t today = (int64_t)time(NULL) / SECONDS_PER_DAY;
    const struct coverage *coverage;
    unsigned holes = 0;
    for (size_t pump = 0; (coverage = sync_memory_coverage(account->memory, pump)); pump++)
        for (int64_t day = today + 1; day > today - COVERAGE_DAYS; day--)
            holes += coverage_of_day(coverage, account->configuration->features, day) == DAY_WITH_HOLES;
    snprintf(text, 32, "%u", holes);
    return true;
}

static bool write_paused(const struct service *service, char text[32])
{
    snprintf(text, 32, "%d", service->schedule.paused);
    return true;
}

static bool write_next(const struct service *service, char text[32])
{
    const int64_t next =
        schedule_next_time(&service->schedule, monotonic_milliseconds(), (int64_t)time(NULL));
    snprintf(text, 32, "%" PRId64, next);
    return next != 0;
}

static bool write_reading(const struct service *service, char text[32])
{
    const int64_t reading = history_newest_reading(service->history);
    snprintf(text, 32, "%" PRId64, reading);
    return reading != NO_TIME;
}

struct metric {
    const char *name, *type, *help;
    metric_value *write;
};

static const struct metric totals_metrics[] = {
    {"run_duration_seconds_total", "counter", "Time that syncs took.", write_seconds},
    {"events_read_total", "counter", "Pump records read.", write_events},
    {"requests_total", "counter", "Requests sent to Tandem and Nightscout.", write_requests},
    {"sign_ins_total", "counter", "Times that the password was sent to Tandem.", write_sign_ins},
    {"healthy", "gauge", "1 when /healthz answers 200.", write_healthy},
};

static const struct metric state_metrics[] = {
    {"coverage_holes", "gauge", "Days of the last 62 of which something chosen is missing or waits.",
     write_holes},
    {"failures", "gauge", "Failed syncs in a row.", write_failures},
    {"paused", "gauge", "1 while the timer is paused.", write_paused},
    {"start_time_seconds", "gauge", "When the server started.", write_start},
    {"next_run_timestamp_seconds", "gauge", "When the timer starts the next sync.", write_next},
    {"last_success_timestamp_seconds", "gauge", "Start of the last sync that went well.", write_success},
    {"newest_event_timestamp_seconds", "gauge", "The pump's newest event.", write_newest},
    {"newest_reading_timestamp_seconds", "gauge", "The pump's newest glucose reading.", write_reading},
};

static void add_metric(struct exposition *target, const struct metric *metric)
{
    bool has_head = false;
    char text[32];
    for (struct service *service = NULL; (service = daemon_next(target->daemon, target->people, service));) {
        if (!metric->write(service, text))
            continue;
        if (!has_head)
            add_head(target, metric->name, metric->type, metric->help);
        has_head = true;
        add_name(target, service, metric->name, "");
        buffer_addf(&target->text, "%s\n", text);
    }
}

static void add_runs(struct exposition *target)
{
    char label[64];
    add_head(target, "runs_total", "counter", "Syncs that ended.");
    for (struct service *service = NULL; (service = daemon_next(target->daemon, target->people, service));)
        for (enum run_result result = 0; result < RUN_RESULT_COUNT; result++) {
            snprintf(label, sizeof label, "result=\"%s\"", run_result_name(result));
            add_name(target, service, "runs_total", label);
            buffer_addf(&target->text, "%" PRIu64 "\n", history_totals(service->history)->runs[result]);
        }
}

static void add_documents_of(struct exposition *target, const struct service *service)
{
    static const char *const actions[] = {"created", "amended"};
    const struct history_totals *totals = history_totals(service->history);
    char label[128];
    for (enum document_kind kind = 0; kind < DOCUMENT_KIND_COUNT; kind++)
        for (size_t i = 0; i < 2; i++) {
            snprintf(label, sizeof label, "type=\"%s\",action=\"%s\"", document_kind_name(kind), actions[i]);
            add_name(target, service, "documents_total", label);
            buffer_addf(&target->text, "%" PRIu64 "\n",
                        i == 0 ? totals->kinds[kind].created : totals->kinds[kind].amended);
        }
}

static void add_health(struct exposition *target)
{
    char label[64];
    add_head(target, "health", "gauge", "1 for the word that /healthz says.");
    for (struct service *service = NULL; (service = daemon_next(target->daemon, target->people, service));)
        for (enum health one = 0; one < HEALTH_COUNT; one++) {
            snprintf(label, sizeof label, "state=\"%s\"", health_word(one));
            add_name(target, service, "health", label);
            buffer_addf(&target->text, "%d\n", one == service_health(service));
        }
}

static void add_metrics(struct exposition *out, const struct metric *metrics, size_t count)
{
    for (size_t i = 0; i < count; i++)
        add_metric(out, &metrics[i]);
}

void metrics_answer(struct daemon *daemon, struct http_exchange *exchange, people_set people)
{
    struct exposition out = {.openmetrics =
                                 metrics_wants_openmetrics(http_exchange_header(exchange, "Accept")),
                             .daemon = daemon,
                             .people = people};
    buffer_init(&out.text, MAXIMUM);
    add_head(&out, "info", "gauge", "The program's version.");
    buffer_addf(&out.text, "tconnectsync_info{version=\"%s\"} 1\n", VERSION);
    add_runs(&out);
    add_head(&out, "documents_total", "counter", "Documents written to Nightscout.");
    for (struct service *service = NULL; (service = daemon_next(daemon, people, service));)
        add_documents_of(&out, service);
    add_metrics(&out, totals_metrics, sizeof totals_metrics / sizeof *totals_metrics);
    add_health(&out);
    add_metrics(&out, state_metrics, sizeof state_metrics / sizeof *state_metrics);
    if (out.openmetrics)
        buffer_add_text(&out.text, "# EOF\n");
    http_exchange_add_header(exchange, "Vary", "Accept");
    http_reply(exchange, 200,
               out.openmetrics ? OPENMETRICS "; version=1.0.0; charset=utf-8"
                               : "text/plain; version=0.0.4; charset=utf-8",
               out.text.data, out.text.length);
    buffer_free(&out.text);
}
