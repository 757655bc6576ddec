/* daemon.h - the long-running server: what its files share. */
#ifndef TCONNECTSYNC_DAEMON_H
#define TCONNECTSYNC_DAEMON_H

#include <event2/event.h>

#include "tconnectsync/application.h"
#include "tconnectsync/authorization.h"
#include "tconnectsync/http_server.h"
#include "tconnectsync/runner.h"
#include "tconnectsync/schedule.h"

struct buffer;
struct rate_limit;

struct daemon {
    struct application *application;
    struct http_server *server;
    struct history *history;
    struct runner *runner; /* NULL while the settings are unusable */
    struct schedule schedule;
    struct rate_limit *rate_limit;
    struct event *timer, *signals[2], *deadline;
    int64_t started; /* seconds since 1970 */
    bool draining;
};

/* ---- routes.c ---- */
void routes_handle(void *daemon, struct http_exchange *exchange);

/* ---- held_answer.c: /update and /check_login ---- */
/* Answers when the run ends; after 20 s it begins to stream, since routers in front cut a silent request. */
void held_answer_begin(struct daemon *daemon, struct http_exchange *exchange, const struct wish *wish);

/* ---- serve.c ---- */
int64_t daemon_monotonic_milliseconds(void);
/* The schedule has changed: the timer follows. */
void daemon_set_timer(struct daemon *daemon);
enum health daemon_health(const struct daemon *daemon);

/* ---- status_json.c, metrics.c, home.c: texts ---- */
void status_json_write(const struct daemon *daemon, struct buffer *out);
void scheduler_write(const struct daemon *daemon, struct buffer *out);
void scheduler_job_write(const struct daemon *daemon, bool as_list, struct buffer *out);
void metrics_write(const struct daemon *daemon, struct buffer *out);
void home_write(const struct daemon *daemon, struct buffer *out);

/* ---- ping.c ---- */
/* Tells PING_URL how a run ended, where one is set. */
void ping_send(const struct application *application, bool ok);

#endif
