/* The server's state in Prometheus's text format 0.0.4. */
#include "metrics.h"

#include <inttypes.h>
#include <stdio.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/civil_time.h"
#include "daemon.h"

/* Where metrics go, and of whom they are. */
struct target {
    struct buffer *out;
    struct daemon *daemon;
    people_set people;
};

static void add_head(struct buffer *out, const char *name, const char *type, const char *help)
{
    buffer_addf(out, "# HELP tconnectsync_%s %s\n# TYPE tconnectsync_%s %s\n", name, help, name, type);
}

/* A sample's name and labels, and a space. others: the labels but for the person's, "" for none. No kind or
   result holds a quote or a backslash, all that a label would have to escape. */
static void add_name(const struct target *target, const struct service *service, const char *name,
                     const char *others)
{
    char person[24] = "";
    if (target->daemon->count > 1)
        snprintf(person, sizeof person, "person=\"%u\"", service->person->configuration->person);
    const bool labels = *person || *others;
    buffer_addf(target->out, "tconnectsync_%s%s%s%s%s%s ", name, labels ? "{" : "", person,
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

/* In this order behind the metrics that have labels of their own. */
static const struct {
    const char *name, *type, *help;
    metric_value *write;
} metrics[] = {
    {"events_read_total", "counter", "Pump records read.", write_events},
    {"requests_total", "counter", "Requests sent to Tandem and Nightscout.", write_requests},
    {"healthy", "gauge", "1 when /healthz answers 200.", write_healthy},
    {"failures", "gauge", "Failed syncs in a row.", write_failures},
    {"start_time_seconds", "gauge", "When the server started.", write_start},
    {"last_success_timestamp_seconds", "gauge", "Start of the last sync that went well.", write_success},
    {"newest_event_timestamp_seconds", "gauge", "The pump's newest event.", write_newest},
};

static void add_metric(const struct target *target, const char *name, const char *type, const char *help,
                       metric_value *write)
{
    bool has_head = false;
    char text[32];
    for (struct service *service = NULL; (service = daemon_next(target->daemon, target->people, service));) {
        if (!write(service, text))
            continue;
        if (!has_head)
            add_head(target->out, name, type, help);
        has_head = true;
        add_name(target, service, name, "");
        buffer_addf(target->out, "%s\n", text);
    }
}

static void add_runs(const struct target *target)
{
    char label[64];
    add_head(target->out, "runs_total", "counter", "Syncs that ended.");
    for (struct service *service = NULL; (service = daemon_next(target->daemon, target->people, service));)
        for (enum run_result result = 0; result < RUN_RESULT_COUNT; result++) {
            snprintf(label, sizeof label, "result=\"%s\"", run_result_name(result));
            add_name(target, service, "runs_total", label);
            buffer_addf(target->out, "%" PRIu64 "\n", history_totals(service->history)->runs[result]);
        }
}

static void add_documents_of(const struct target *target, const struct service *service)
{
    static const char *const actions[] = {"created", "amended"};
    const struct history_totals *totals = history_totals(service->history);
    char label[128];
    for (enum document_kind kind = 0; kind < DOCUMENT_KIND_COUNT; kind++)
        for (size_t i = 0; i < 2; i++) {
            snprintf(label, sizeof label, "type=\"%s\",action=\"%s\"", document_kind_name(kind), actions[i]);
            add_name(target, service, "documents_total", label);
            buffer_addf(target->out, "%" PRIu64 "\n",
                        i == 0 ? totals->kinds[kind].created : totals->kinds[kind].amended);
        }
}

void metrics_write(struct daemon *daemon, people_set people, struct buffer *out)
{
    const struct target target = {out, daemon, people};
    add_head(out, "info", "gauge", "The program's version.");
    buffer_addf(out, "tconnectsync_info{version=\"%s\"} 1\n", VERSION);
    add_runs(&target);
    add_metric(&target, "run_duration_seconds_total", "counter", "Time that syncs took.", write_seconds);
    add_head(out, "documents_total", "counter", "Documents written to Nightscout.");
    for (struct service *service = NULL; (service = daemon_next(daemon, people, service));)
        add_documents_of(&target, service);
    for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++)
        add_metric(&target, metrics[i].name, metrics[i].type, metrics[i].help, metrics[i].write);
}
