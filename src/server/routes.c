/* Which path answers what, to whom. */
#include "routes.h"

#include <stdio.h>
#include <string.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/http/http_server.h"
#include "tconnectsync/sync/request.h"
#include "authorization.h"
#include "daemon.h"
#include "daemon_answer.h"
#include "held_answer.h"
#include "metrics.h"
#include "page_answer.h"
#include "page_events.h"
#include "runner.h"
#include "service_timer.h"
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
    /* people: those that the request means, of all that its secret opens; with a path that
       takes none, of all. */
    void (*answer)(struct daemon *daemon, struct http_exchange *exchange, people_set people);
};

static void reply_written(struct daemon *daemon, struct http_exchange *exchange, people_set people,
                          const char *type,
                          void (*write)(struct daemon *daemon, people_set people, struct buffer *out))
{
    struct buffer out;
    buffer_init(&out, TEXT_MAXIMUM);
    write(daemon, people, &out);
    http_reply(exchange, 200, type, out.data, out.length);
    buffer_free(&out);
}

/* ---- public ---- */

static void answer_livez(struct daemon *daemon, struct http_exchange *exchange, people_set people)
{
    (void)daemon, (void)people;
    http_reply_text(exchange, 200, "ok\n");
}

/* Those whose settings are usable. */
static people_set usable(struct daemon *daemon, people_set people)
{
    for (size_t i = 0; i < daemon->count; i++)
        if (!daemon->services[i].runner)
            people &= ~(1u << i);
    return people;
}

/* One person's bad settings keep no other's from being served. */
static void answer_readyz(struct daemon *daemon, struct http_exchange *exchange, people_set people)
{
    if (daemon->draining)
        http_reply_text(exchange, 503, "stopping\n");
    else if (!usable(daemon, people))
        http_reply_text(exchange, 503,
                        "The settings cannot be used yet; the page at / and the log list what to fix.\n");
    else
        http_reply_text(exchange, 200, "ok\n");
}

static void answer_healthz(struct daemon *daemon, struct http_exchange *exchange, people_set people)
{
    enum health health = daemon_health(daemon, people);
    char text[32];
    snprintf(text, sizeof text, "%s\n", health_word(health));
    http_reply_text(exchange, health_is_good(health) ? 200 : 503, text);
}

/* ---- with the secret ---- */

/* The wish of one person in a request's words; false when it was answered with what is wrong. */
static bool read_wish(const struct service *service, struct http_exchange *exchange, bool check,
                      struct wish *wish)
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
    switch (service_read_wish(service, &words, wish, &error)) {
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

/* A wish for each of these people, in their order, but for those whose settings are
   unusable while others' are not. */
static bool read_wishes(struct daemon *daemon, struct http_exchange *exchange, people_set people, bool check,
                        struct wish wishes[PEOPLE_MAXIMUM])
{
    const people_set able = usable(daemon, people);
    size_t count = 0;
    for (struct service *service = NULL; (service = daemon_next(daemon, people, service)); count++)
        if ((service->runner || !able) && !read_wish(service, exchange, check, &wishes[count]))
            return false;
    return true;
}

static void start_run(struct daemon *daemon, struct http_exchange *exchange, people_set people,
                      enum run_trigger trigger)
{
    struct wish wishes[PEOPLE_MAXIMUM];
    size_t count = 0;
    bool taken = false;
    if (!read_wishes(daemon, exchange, people, false, wishes))
        return;
    for (struct service *service = NULL; (service = daemon_next(daemon, people, service)); count++)
        if (service->runner)
            taken |= runner_ask(service->runner, &wishes[count], trigger, true, NULL) != RUNNER_FULL;
    if (taken)
        http_reply_text(exchange, 200, "Triggered job");
    else
        daemon_reply_full(exchange);
}

static void answer_run(struct daemon *daemon, struct http_exchange *exchange, people_set people)
{
    start_run(daemon, exchange, people, TRIGGER_RUN);
}

static void answer_update(struct daemon *daemon, struct http_exchange *exchange, people_set people)
{
    struct wish wishes[PEOPLE_MAXIMUM];
    if (read_wishes(daemon, exchange, people, false, wishes))
        held_answer_begin(daemon, exchange, people, false, wishes);
}

/* Unusable settings are what a check is for: they are its result. */
static void answer_check_login(struct daemon *daemon, struct http_exchange *exchange, people_set people)
{
    struct wish wishes[PEOPLE_MAXIMUM];
    const bool reads = daemon->draining || usable(daemon, people);
    if (!reads || read_wishes(daemon, exchange, people, true, wishes))
        held_answer_begin(daemon, exchange, people, true, wishes);
}

static void answer_status_json(struct daemon *daemon, struct http_exchange *exchange, people_set people)
{
    reply_written(daemon, exchange, people, JSON_TYPE, status_json_write);
}

static void answer_scheduler(struct daemon *daemon, struct http_exchange *exchange, people_set people)
{
    reply_written(daemon, exchange, people, JSON_TYPE, scheduler_write);
}

static void write_job(struct daemon *daemon, people_set people, struct buffer *out)
{
    scheduler_job_write(daemon, people, false, out);
}

static void write_jobs(struct daemon *daemon, people_set people, struct buffer *out)
{
    scheduler_job_write(daemon, people, true, out);
}

static void answer_jobs(struct daemon *daemon, struct http_exchange *exchange, people_set people)
{
    reply_written(daemon, exchange, people, JSON_TYPE, write_jobs);
}

static void answer_job(struct daemon *daemon, struct http_exchange *exchange, people_set people)
{
    reply_written(daemon, exchange, people, JSON_TYPE, write_job);
}

static void answer_pause(struct daemon *daemon, struct http_exchange *exchange, people_set people)
{
    for (struct service *service = NULL; (service = daemon_next(daemon, people, service));)
        service_timer_pause(service);
    answer_job(daemon, exchange, people);
}

static void answer_resume(struct daemon *daemon, struct http_exchange *exchange, people_set people)
{
    for (struct service *service = NULL; (service = daemon_next(daemon, people, service));)
        service_timer_resume(service);
    answer_job(daemon, exchange, people);
}

static void answer_job_run(struct daemon *daemon, struct http_exchange *exchange, people_set people)
{
    start_run(daemon, exchange, people, TRIGGER_SCHEDULER);
}

/* One person's: the first that is meant. */
static void answer_events(struct daemon *daemon, struct http_exchange *exchange, people_set people)
{
    page_events_answer(daemon_next(daemon, people, NULL), exchange);
}

static void answer_page(struct daemon *daemon, struct http_exchange *exchange, people_set people)
{
    (void)people;
    page_answer(daemon, exchange);
}

static void answer_file(struct daemon *daemon, struct http_exchange *exchange, people_set people)
{
    (void)daemon, (void)people;
    page_answer_file(exchange);
}

#define STARTS AUTHORIZATION_CHANGES_STATE
#define BASIC  AUTHORIZATION_CHALLENGE

static const struct route routes[] = {
    {"/", METHODS_ALL, false, 0, answer_page},
    {"/page.css", METHODS_READ, false, 0, answer_file},
    {"/page.js", METHODS_READ, false, 0, answer_file},
    {"/icon.svg", METHODS_READ, false, 0, answer_file},
    {"/icon.png", METHODS_READ, false, 0, answer_file},
    {"/site.webmanifest", METHODS_READ, false, 0, answer_file},
    {"/favicon.ico", METHODS_READ, false, 0, answer_file},
    {"/events", METHODS_READ, true, 0, answer_events},
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

/* Whom the secret opens; nobody, when the request was answered with why not. */
static people_set authorize(struct daemon *daemon, const struct route *route, struct http_exchange *exchange)
{
    struct authorization result;
    daemon_authorize(daemon, exchange, route->flags, &result);
    if (result.status == 0)
        return result.opens;
    if (result.allow)
        http_exchange_add_header(exchange, "Allow", result.allow);
    if (result.challenge)
        http_exchange_add_header(exchange, "WWW-Authenticate", result.challenge);
    if (result.status == 429)
        daemon_add_retry_after(exchange, result.retry_after);
    http_reply_text(exchange, result.status, result.text);
    return 0;
}

/* A number is no secret; whose name it is, is. The page chooses for itself. */
static void answer(struct daemon *daemon, const struct route *route, struct http_exchange *exchange)
{
    people_set people = daemon_everybody(daemon);
    if (route->secret && !(people = authorize(daemon, route, exchange)))
        return;
    if (route->answer != answer_page &&
        !(people = daemon_choose(daemon, exchange, people, route->secret ? people : 0)))
        return;
    route->answer(daemon, exchange, people);
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
    } else {
        answer(daemon, route, exchange);
    }
}
