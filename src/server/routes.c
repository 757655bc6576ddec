/* Which path answers what, to whom. */
#include "routes.h"

#include <stdio.h>
#include <string.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/http/http_server.h"
#include "tconnectsync/settings/configuration.h"
#include "tconnectsync/sync/request.h"
#include "authorization.h"
#include "daemon.h"
#include "daemon_answer.h"
#include "daemon_timer.h"
#include "held_answer.h"
#include "metrics.h"
#include "page_answer.h"
#include "page_events.h"
#include "runner.h"
#include "status_json.h"
#include "wish.h"

#define JSON_TYPE    "application/json"
#define TEXT_MAXIMUM (1u << 20)

enum method_set { METHODS_READ = 1, METHODS_POST = 2, METHODS_ALL = 3 };

struct route {
    const char *path;
    unsigned methods;
    bool secret;
    unsigned flags; /* of authorization.h */
    void (*answer)(struct daemon *daemon, struct http_exchange *exchange);
};

static void reply_written(struct daemon *daemon, struct http_exchange *exchange, const char *type,
                          void (*write)(const struct daemon *daemon, struct buffer *out))
{
    struct buffer out;
    buffer_init(&out, TEXT_MAXIMUM);
    write(daemon, &out);
    http_reply(exchange, 200, type, out.data, out.length);
    buffer_free(&out);
}

/* ---- public ---- */

static void answer_livez(struct daemon *daemon, struct http_exchange *exchange)
{
    (void)daemon;
    http_reply_text(exchange, 200, "ok\n");
}

static void answer_readyz(struct daemon *daemon, struct http_exchange *exchange)
{
    if (daemon->draining)
        http_reply_text(exchange, 503, "stopping\n");
    else if (!daemon->runner)
        http_reply_text(exchange, 503,
                        "The settings cannot be used yet; the page at / and the log list what to fix.\n");
    else
        http_reply_text(exchange, 200, "ok\n");
}

static void answer_healthz(struct daemon *daemon, struct http_exchange *exchange)
{
    enum health health = daemon_health(daemon);
    char text[32];
    snprintf(text, sizeof text, "%s\n", health_word(health));
    http_reply_text(exchange, health_is_good(health) ? 200 : 503, text);
}

/* ---- with the secret ---- */

/* The wish in a request's words; false when it was answered with what is wrong. */
static bool read_wish(struct daemon *daemon, struct http_exchange *exchange, bool check, struct wish *wish)
{
    const char *pretend = http_exchange_parameter(exchange, "pretend");
    const struct request_words words = {
        .days = http_exchange_parameter(exchange, "days"),
        .from = http_exchange_parameter(exchange, "from"),
        .to = http_exchange_parameter(exchange, "to"),
        .features = http_exchange_parameter(exchange, "features"),
        .pretend = pretend && *pretend,
    };
    struct error error = {0};
    char text[sizeof error.text + 1];
    switch (daemon_read_wish(daemon, &words, wish, &error)) {
    case WISH_READ:
        wish->check = check;
        return true;
    case WISH_STOPPING:
        http_reply_text(exchange, 503, "The server is stopping.\n");
        return false;
    case WISH_UNUSABLE:
        http_reply_text(exchange, 503, "The settings cannot be used yet; the page at / lists what to fix.\n");
        return false;
    case WISH_WRONG:
        break;
    }
    snprintf(text, sizeof text, "%s\n", error.text);
    http_reply_text(exchange, 400, text);
    return false;
}

static void start_run(struct daemon *daemon, struct http_exchange *exchange, enum run_trigger trigger)
{
    struct wish wish;
    if (!read_wish(daemon, exchange, false, &wish))
        return;
    if (runner_ask(daemon->runner, &wish, trigger, true, NULL) == RUNNER_FULL)
        daemon_reply_full(exchange);
    else
        http_reply_text(exchange, 200, "Triggered job");
}

static void answer_run(struct daemon *daemon, struct http_exchange *exchange)
{
    start_run(daemon, exchange, TRIGGER_RUN);
}

static void answer_update(struct daemon *daemon, struct http_exchange *exchange)
{
    struct wish wish;
    if (read_wish(daemon, exchange, false, &wish))
        held_answer_begin(daemon, exchange, &wish);
}

/* Unusable settings are what a check is for: they are its result. */
static void answer_check_login(struct daemon *daemon, struct http_exchange *exchange)
{
    const struct configuration *configuration = daemon->application->configuration;
    struct wish wish;
    struct buffer out;
    if (daemon->runner || daemon->draining) {
        if (read_wish(daemon, exchange, true, &wish))
            held_answer_begin(daemon, exchange, &wish);
        return;
    }
    buffer_init(&out, TEXT_MAXIMUM);
    for (size_t i = 0; i < configuration->problem_count; i++)
        buffer_addf(&out, "%s\n", configuration->problems[i]);
    buffer_add_text(&out, "FAILED: the settings cannot be used yet.\n");
    http_reply(exchange, 500, HTTP_PLAIN_TEXT, out.data, out.length);
    buffer_free(&out);
}

static void answer_status_json(struct daemon *daemon, struct http_exchange *exchange)
{
    reply_written(daemon, exchange, JSON_TYPE, status_json_write);
}

static void answer_scheduler(struct daemon *daemon, struct http_exchange *exchange)
{
    reply_written(daemon, exchange, JSON_TYPE, scheduler_write);
}

static void write_job(const struct daemon *daemon, struct buffer *out)
{
    scheduler_job_write(daemon, false, out);
}

static void write_jobs(const struct daemon *daemon, struct buffer *out)
{
    scheduler_job_write(daemon, true, out);
}

static void answer_jobs(struct daemon *daemon, struct http_exchange *exchange)
{
    reply_written(daemon, exchange, JSON_TYPE, write_jobs);
}

static void answer_job(struct daemon *daemon, struct http_exchange *exchange)
{
    reply_written(daemon, exchange, JSON_TYPE, write_job);
}

static void answer_pause(struct daemon *daemon, struct http_exchange *exchange)
{
    daemon_timer_pause(daemon);
    answer_job(daemon, exchange);
}

static void answer_resume(struct daemon *daemon, struct http_exchange *exchange)
{
    daemon_timer_resume(daemon);
    answer_job(daemon, exchange);
}

static void answer_job_run(struct daemon *daemon, struct http_exchange *exchange)
{
    start_run(daemon, exchange, TRIGGER_SCHEDULER);
}

#define STARTS AUTHORIZATION_CHANGES_STATE
#define BASIC  AUTHORIZATION_CHALLENGE

static const struct route routes[] = {
    {"/", METHODS_ALL, false, 0, page_answer},
    {"/page.css", METHODS_READ, false, 0, page_answer_file},
    {"/page.js", METHODS_READ, false, 0, page_answer_file},
    {"/icon.svg", METHODS_READ, false, 0, page_answer_file},
    {"/site.webmanifest", METHODS_READ, false, 0, page_answer_file},
    {"/favicon.ico", METHODS_READ, false, 0, page_answer_file},
    {"/events", METHODS_READ, true, 0, page_events_answer},
    {"/livez", METHODS_READ, false, 0, answer_livez},
    {"/readyz", METHODS_READ, false, 0, answer_readyz},
    {"/healthz", METHODS_READ, false, 0, answer_healthz},
    {"/run", METHODS_ALL, true, STARTS, answer_run},
    {"/update", METHODS_ALL, true, STARTS, answer_update},
    {"/check_login", METHODS_ALL, true, STARTS, answer_check_login},
    {"/status.json", METHODS_READ, true, 0, answer_status_json},
    {"/metrics", METHODS_READ, true, 0, metrics_answer},
    {"/scheduler", METHODS_READ, true, BASIC, answer_scheduler},
    {"/scheduler/jobs", METHODS_READ, true, BASIC, answer_jobs},
    {"/scheduler/jobs/update", METHODS_READ, true, BASIC, answer_job},
    {"/scheduler/jobs/update/pause", METHODS_POST, true, BASIC | STARTS, answer_pause},
    {"/scheduler/jobs/update/resume", METHODS_POST, true, BASIC | STARTS, answer_resume},
    {"/scheduler/jobs/update/run", METHODS_POST, true, BASIC | STARTS, answer_job_run},
};

/* ---- the way there ---- */

static const struct route *find_route(const char *path)
{
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
        if (strcmp(routes[i].path, path) == 0)
            return &routes[i];
    return NULL;
}

static bool allows(const struct route *route, enum http_method method)
{
    return method == HTTP_POST ? route->methods & METHODS_POST
                               : method != HTTP_OTHER && route->methods & METHODS_READ;
}

/* False when the request was answered with why not. */
static bool authorize(struct daemon *daemon, const struct route *route, struct http_exchange *exchange)
{
    struct authorization result;
    daemon_authorize(daemon, exchange, route->flags, &result);
    if (result.status == 0)
        return true;
    if (result.allow)
        http_exchange_add_header(exchange, "Allow", result.allow);
    if (result.challenge)
        http_exchange_add_header(exchange, "WWW-Authenticate", result.challenge);
    if (result.status == 429)
        daemon_add_retry_after(exchange, result.retry_after);
    http_reply_text(exchange, result.status, result.text);
    return false;
}

void routes_handle(void *context, struct http_exchange *exchange)
{
    static const char *const allowed[] = {
        [METHODS_READ] = "GET, HEAD", [METHODS_POST] = "POST", [METHODS_ALL] = "GET, HEAD, POST"};
    struct daemon *daemon = context;
    const struct route *route = find_route(http_exchange_path(exchange));
    if (!route) {
        http_reply_text(exchange, 404, "There is nothing here. The status page is at /\n");
    } else if (!allows(route, http_exchange_method(exchange))) {
        http_exchange_add_header(exchange, "Allow", allowed[route->methods]);
        http_reply_text(exchange, 405, "This page does not take that method.\n");
    } else if (!route->secret || authorize(daemon, route, exchange)) {
        route->answer(daemon, exchange);
    }
}
