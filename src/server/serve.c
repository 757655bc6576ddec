/* The long-running server: HTTP, timer and sync on one loop. */
#include "tconnectsync/server/serve.h"

#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "tconnectsync/base/error.h"
#include "tconnectsync/base/log.h"
#include "tconnectsync/http/http_client.h"
#include "tconnectsync/http/http_server.h"
#include "tconnectsync/settings/configuration.h"
#include "daemon.h"
#include "page_events.h"
#include "ping.h"
#include "rate_limit.h"
#include "routes.h"
#include "runner.h"
#include "service_timer.h"
#include "status_page.h"
#include "wish.h"

#define DRAIN_SECONDS 20 /* for writes that are under way */
#define CLOSE_SECONDS 3  /* for answers that are on their way */

static void on_moved(void *context)
{
    const struct service *service = context;
    page_events_moved(service->page);
}

static void on_ended(void *context, const struct sync *sync, const struct report *report,
                     const struct wish *wish, const char *text)
{
    struct service *service = context;
    status_page_learn(service->page, sync, report, wish, text);
    if (!wish->check && !wish->look && (report->error.kind != ERROR_CANCELLED || report->ok)) {
        service_timer_run_ended(service, report->ok);
        if (!report->pretend)
            ping_send(service->person, report->ok);
    }
    service_timer_follow(service);
}

/* ---- the end ---- */

static void leave_loop(struct daemon *daemon)
{
    event_base_loopexit(daemon->application->base, NULL);
}

/* Whatever is still under way has had its time. */
static void on_deadline(evutil_socket_t socket, short what, void *context)
{
    (void)socket, (void)what;
    leave_loop(context);
}

/* Looks every moment whether all is said and done. */
static void on_drain(evutil_socket_t socket, short what, void *context)
{
    (void)socket, (void)what;
    struct daemon *daemon = context;
    if (!daemon_is_busy(daemon) && !http_server_is_answering(daemon->server)) {
        leave_loop(daemon);
        return;
    }
    const struct timeval moment = {0, 50000};
    event_base_once(daemon->application->base, -1, EV_TIMEOUT, on_drain, daemon, &moment);
}

static void on_signal(evutil_socket_t number, short what, void *context)
{
    (void)what;
    struct daemon *daemon = context;
    if (daemon->draining && number == SIGHUP)
        return;
    if (daemon->draining)
        _exit(128 + (int)number);
    log_info(daemon->application->log, "serve", "signal=%d note=stopping", (int)number);
    daemon->draining = true;
    http_server_stop_accepting(daemon->server);
    for (size_t i = 0; i < daemon->count; i++) {
        service_timer_follow(&daemon->services[i]);
        page_events_end_listeners(daemon->services[i].page);
    }
    const struct timeval limit = {DRAIN_SECONDS + CLOSE_SECONDS, 0};
    evtimer_add(daemon->deadline, &limit);
    for (size_t i = 0; i < daemon->count; i++)
        if (daemon->services[i].runner)
            runner_stop(daemon->services[i].runner);
    on_drain(-1, 0, daemon);
}

/* ---- the beginning ---- */

/* What a browser on this machine opens. */
static void write_address(const struct daemon *daemon, char *out, size_t size)
{
    const char *host = daemon->application->people[0].configuration->listen_host;
    const bool is_any = !host || strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
    const bool is_version_6 = !is_any && strchr(host, ':');
    snprintf(out, size, "http://%s%s%s:%u/", is_version_6 ? "[" : "", is_any ? "localhost" : host,
             is_version_6 ? "]" : "", http_server_port(daemon->server));
}

/* A person's own, and what keeps data from flowing. */
static void log_person(const struct daemon *daemon, const struct person *person)
{
    const struct configuration *configuration = person->configuration;
    if (daemon->count > 1)
        log_info(person->account.log, "serve", "interval_minutes=%u secret=%s",
                 configuration->interval_minutes, configuration->secret ? "set" : "unset");
    person_log_problems(person);
    if (configuration->interval_minutes == 0 && person_is_usable(person))
        log_warn(person->account.log, "serve",
                 "note=\"No timer runs, so a sync starts only when somebody asks for one. Set "
                 "TCONNECTSYNC_HEROKU_INTERVAL_MINS%s to 15 for one every 15 minutes.\"",
                 configuration->person > 1 ? (char[]){'_', (char)('0' + configuration->person), '\0'} : "");
}

static void log_start(const struct daemon *daemon)
{
    char address[300], libraries[LIBRARIES_SIZE];
    struct log *log = daemon->application->log;
    const char *quoted = log_quote(log, daemon_libraries(libraries, sizeof libraries));
    const struct configuration *first = daemon->services[0].person->configuration;
    write_address(daemon, address, sizeof address);
    if (daemon->count == 1)
        log_info(log, "serve", "version=%s libraries=%s address=%s port=%u interval_minutes=%u secret=%s",
                 VERSION, quoted, address, http_server_port(daemon->server), first->interval_minutes,
                 first->secret ? "set" : "unset");
    else
        log_info(log, "serve", "version=%s libraries=%s address=%s port=%u people=%zu", VERSION, quoted,
                 address, http_server_port(daemon->server), daemon->count);
    for (size_t i = 0; i < daemon->count; i++)
        log_person(daemon, daemon->services[i].person);
}

static bool open_server(struct daemon *daemon, struct error *error)
{
    const struct configuration *configuration = daemon->application->people[0].configuration;
    const struct http_server_options options = {
        .host = configuration->listen_host,
        .port = configuration->port,
        .trust_proxy = configuration->trust_proxy,
        .handler = routes_handle,
        .context = daemon,
        .log = daemon->application->log,
    };
    daemon->server = http_server_new(daemon->application->base, &options, error);
    return daemon->server != NULL;
}

/* A terminal that closes ends the server in order, unless whoever started it (nohup) wanted it to stay. */
static bool hangup_is_ignored(void)
{
    struct sigaction now;
    return sigaction(SIGHUP, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

static void add_signals(struct daemon *daemon)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        daemon->signals[i] = evsignal_new(daemon->application->base, numbers[i], on_signal, daemon);
        if (numbers[i] != SIGHUP || !hangup_is_ignored())
            evsignal_add(daemon->signals[i], NULL);
    }
}

/* Once it listens: what takes a moment must not keep the first caller waiting. */
static void on_first_turn(evutil_socket_t socket, short what, void *context)
{
    (void)socket, (void)what;
    const struct service *service = context;
    const struct configuration *configuration = service->person->configuration;
    if (strncmp(configuration->nightscout_url, "https:", 6) == 0 ||
        strncmp(configuration->source_url, "https:", 6) == 0)
        http_client_load_certificates(service->person->account.client);
}

static void run_loop(struct daemon *daemon)
{
    struct event_base *base = daemon->application->base;
    const struct timeval soon = {0, 200000};
    daemon->deadline = evtimer_new(base, on_deadline, daemon);
    add_signals(daemon);
    for (size_t i = 0; i < daemon->count; i++) {
        if (daemon->services[i].runner)
            event_base_once(base, -1, EV_TIMEOUT, on_first_turn, &daemon->services[i], &soon);
        service_timer_new(&daemon->services[i]);
    }
    log_start(daemon);
    event_base_dispatch(base);
}

static void begin_service(struct daemon *daemon, const struct person *person, struct service *service)
{
    *service = (struct service){.daemon = daemon, .person = person, .schedule = {.next = SCHEDULE_NEVER}};
    service->history = history_new(person->configuration->interval_minutes > 0, moment_now());
    if (person_is_usable(person))
        service->runner = runner_new(&person->account, service->history, person->redactor,
                                     &(struct runner_watcher){on_moved, on_ended, service});
    if (person->account.base) {
        service->page = status_page_new(service);
        page_events_begin(service->page);
    }
}

static void end_service(struct service *service)
{
    runner_free(service->runner);
    page_events_end(service->page);
    status_page_free(service->page);
    history_free(service->history);
    if (service->timer)
        event_free(service->timer);
}

bool serve(struct application *application)
{
    struct error error = {0};
    bool served = false;
    struct daemon daemon = {
        .application = application, .count = application->count, .started = (int64_t)time(NULL)};
    daemon.rate_limit = rate_limit_new();
    for (size_t i = 0; i < daemon.count; i++)
        begin_service(&daemon, &application->people[i], &daemon.services[i]);
    if (!application->base || !open_server(&daemon, &error)) {
        log_error(application->log, "serve", "error=%s", log_quote(application->log, error.text));
    } else {
        run_loop(&daemon);
        log_info(application->log, "serve", "note=stopped");
        served = true;
        http_server_free(daemon.server);
        event_free(daemon.deadline);
        for (size_t i = 0; i < sizeof daemon.signals / sizeof *daemon.signals; i++)
            event_free(daemon.signals[i]);
    }
    for (size_t i = 0; i < daemon.count; i++)
        end_service(&daemon.services[i]);
    rate_limit_free(daemon.rate_limit);
    return served;
}
