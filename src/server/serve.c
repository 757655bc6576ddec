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
#include "daemon_timer.h"
#include "page_events.h"
#include "ping.h"
#include "rate_limit.h"
#include "routes.h"
#include "runner.h"
#include "status_page.h"
#include "wish.h"

#define DRAIN_SECONDS 20 /* for writes that are under way */
#define CLOSE_SECONDS 3  /* for answers that are on their way */

static void on_moved(void *context)
{
    struct daemon *daemon = context;
    page_events_moved(daemon->page);
}

static void on_ended(void *context, const struct sync *sync, const struct report *report,
                     const struct wish *wish, const char *text)
{
    struct daemon *daemon = context;
    status_page_learn(daemon->page, sync, report, wish, text);
    if (!wish->check && !wish->look && (report->error.kind != ERROR_CANCELLED || report->ok)) {
        daemon_timer_run_ended(daemon, report->ok);
        if (!report->pretend)
            ping_send(daemon->application, report->ok);
    }
    daemon_timer_follow(daemon);
}

/* ---- the end ---- */

static void leave_loop(struct daemon *daemon)
{
    event_base_loopexit(daemon->application->account.base, NULL);
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
    if (!runner_is_busy(daemon->runner) && !http_server_is_answering(daemon->server)) {
        leave_loop(daemon);
        return;
    }
    const struct timeval moment = {0, 50000};
    event_base_once(daemon->application->account.base, -1, EV_TIMEOUT, on_drain, daemon, &moment);
}

static void on_signal(evutil_socket_t number, short what, void *context)
{
    (void)what;
    struct daemon *daemon = context;
    if (daemon->draining && number == SIGHUP)
        return;
    if (daemon->draining)
        _exit(128 + (int)number);
    log_info(daemon->application->account.log, "serve", "signal=%d note=stopping", (int)number);
    daemon->draining = true;
    daemon_timer_follow(daemon);
    http_server_stop_accepting(daemon->server);
    page_events_end_listeners(daemon->page);
    const struct timeval limit = {DRAIN_SECONDS + CLOSE_SECONDS, 0};
    evtimer_add(daemon->deadline, &limit);
    if (daemon->runner)
        runner_stop(daemon->runner);
    on_drain(-1, 0, daemon);
}

/* ---- the beginning ---- */

static void log_start(const struct daemon *daemon)
{
    char libraries[LIBRARIES_SIZE];
    log_info(daemon->application->account.log, "serve",
             "version=%s libraries=%s port=%u interval_minutes=%u secret=%s", VERSION,
             log_quote(daemon->application->account.log, daemon_libraries(libraries, sizeof libraries)),
             http_server_port(daemon->server), daemon->application->configuration->interval_minutes,
             daemon->application->configuration->secret ? "set" : "unset");
    application_log_problems(daemon->application);
}

static bool open_server(struct daemon *daemon, struct error *error)
{
    const struct configuration *configuration = daemon->application->configuration;
    const struct http_server_options options = {
        .host = configuration->listen_host,
        .port = configuration->port,
        .trust_proxy = configuration->trust_proxy,
        .handler = routes_handle,
        .context = daemon,
        .log = daemon->application->account.log,
    };
    daemon->server = http_server_new(daemon->application->account.base, &options, error);
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
        daemon->signals[i] = evsignal_new(daemon->application->account.base, numbers[i], on_signal, daemon);
        if (numbers[i] != SIGHUP || !hangup_is_ignored())
            evsignal_add(daemon->signals[i], NULL);
    }
}

/* Once it listens: what takes a moment must not keep the first caller waiting. */
static void on_first_turn(evutil_socket_t socket, short what, void *context)
{
    (void)socket, (void)what;
    struct daemon *daemon = context;
    const struct configuration *configuration = daemon->application->configuration;
    if (strncmp(configuration->nightscout_url, "https:", 6) == 0 ||
        strncmp(configuration->source_url, "https:", 6) == 0)
        http_client_load_certificates(daemon->application->account.client);
}

static void run_loop(struct daemon *daemon)
{
    struct event_base *base = daemon->application->account.base;
    const struct timeval soon = {0, 200000};
    daemon->deadline = evtimer_new(base, on_deadline, daemon);
    add_signals(daemon);
    if (daemon->runner)
        event_base_once(base, -1, EV_TIMEOUT, on_first_turn, daemon, &soon);
    daemon_timer_new(daemon);
    log_start(daemon);
    event_base_dispatch(base);
}

bool serve(struct application *application)
{
    struct error error = {0};
    bool served = false;
    struct daemon daemon = {
        .application = application, .started = (int64_t)time(NULL), .schedule = {.next = SCHEDULE_NEVER}};
    daemon.history = history_new(application->configuration->interval_minutes > 0, moment_now());
    daemon.rate_limit = rate_limit_new();
    if (application_is_usable(application))
        daemon.runner = runner_new(&application->account, daemon.history, application->redactor,
                                   &(struct runner_watcher){on_moved, on_ended, &daemon});
    if (application->account.base) {
        daemon.page = status_page_new(&daemon);
        page_events_begin(daemon.page);
    }
    if (!application->account.base || !open_server(&daemon, &error)) {
        log_error(application->account.log, "serve", "error=%s",
                  log_quote(application->account.log, error.text));
    } else {
        run_loop(&daemon);
        log_info(application->account.log, "serve", "note=stopped");
        served = true;
        http_server_free(daemon.server);
        event_free(daemon.timer);
        event_free(daemon.deadline);
        for (size_t i = 0; i < sizeof daemon.signals / sizeof *daemon.signals; i++)
            event_free(daemon.signals[i]);
    }
    runner_free(daemon.runner);
    page_events_end(daemon.page);
    status_page_free(daemon.page);
    history_free(daemon.history);
    rate_limit_free(daemon.rate_limit);
    return served;
}
