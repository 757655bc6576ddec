/* daemon.h - the long-running server: what its files share. */
#ifndef TCONNECTSYNC_DAEMON_H
#define TCONNECTSYNC_DAEMON_H

#include <event2/event.h>

#include "tconnectsync/server/application.h"
#include "authorization.h"
#include "tconnectsync/http/http_server.h"
#include "runner.h"
#include "schedule.h"

struct buffer;
struct rate_limit;
struct status_page;
struct sync;

struct daemon {
    struct application *application;
    struct http_server *server;
    struct history *history;
    struct runner *runner; /* NULL while the settings are unusable */
    struct schedule schedule;
    struct status_page *page;
    struct rate_limit *rate_limit;
    struct event *timer, *signals[2], *deadline;
    int64_t started; /* seconds since 1970, as the next */
    int64_t signed_out; /* sessions have to have begun since; 0: nobody has signed out */
    bool draining;
};

/* ---- routes.c ---- */
void routes_handle(void *daemon, struct http_exchange *exchange);
/* Who asks, and whether that is enough for it; flags are those of authorization.h. Once for a request. */
void daemon_authorize(struct daemon *daemon, struct http_exchange *exchange, unsigned flags,
                      struct authorization *result);
void daemon_add_retry_after(struct http_exchange *exchange, unsigned seconds);
/* The answer to RUNNER_FULL. */
void daemon_reply_full(struct http_exchange *exchange);

/* ---- held_answer.c: /update and /check_login ---- */
/* Answers when the run ends; after 20 s it begins to stream, since routers in front cut a silent request. */
void held_answer_begin(struct daemon *daemon, struct http_exchange *exchange, const struct wish *wish);

/* ---- serve.c ---- */
int64_t daemon_monotonic_milliseconds(void);
/* The timer alone: runs that are asked for go on. */
void daemon_pause(struct daemon *daemon);
void daemon_resume(struct daemon *daemon);
/* Names and versions of what the program stands on; text is returned. */
#define LIBRARIES_SIZE 200
const char *daemon_libraries(char *text, size_t size);
enum health daemon_health(const struct daemon *daemon);

/* ---- status_json.c, metrics.c: texts ---- */
void status_json_write(const struct daemon *daemon, struct buffer *out);
void scheduler_write(const struct daemon *daemon, struct buffer *out);
void scheduler_job_write(const struct daemon *daemon, bool as_list, struct buffer *out);
void metrics_write(const struct daemon *daemon, struct buffer *out);

/* ---- the status page ---- */
/* page_view.c */
struct status_page *status_page_new(struct daemon *daemon);
void status_page_free(struct status_page *page);
/* A sync or check has ended. text: what a check reports. */
void status_page_learn(struct status_page *page, const struct sync *sync, const struct report *report,
                       bool check, const char *text);
/* page_answer.c */
void page_answer(struct daemon *daemon, struct http_exchange *exchange);
void page_answer_file(struct daemon *daemon, struct http_exchange *exchange);
/* page_events.c */
void page_answer_events(struct daemon *daemon, struct http_exchange *exchange);
/* The running sync has gone on; something else that the page shows is not as it was. */
void status_page_moved(struct status_page *page);
void status_page_changed(struct status_page *page);
void status_page_end_listeners(struct status_page *page);

/* ---- ping.c ---- */
/* Tells PING_URL how a run ended, where one is set. */
void ping_send(const struct application *application, bool ok);

#endif
