/* daemon.h - the long-running server: its parts, and what is known of it at any time. */
#ifndef TCONNECTSYNC_DAEMON_H
#define TCONNECTSYNC_DAEMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tconnectsync/documents/history.h"
#include "tconnectsync/server/application.h"
#include "schedule.h"

struct event;
struct http_server;
struct rate_limit;
struct runner;
struct status_page;

struct daemon {
    struct application *application;
    struct http_server *server;
    struct history *history;
    struct runner *runner; /* NULL while the settings are unusable */
    struct schedule schedule;
    struct status_page *page;
    struct rate_limit *rate_limit;
    struct event *timer, *signals[3], *deadline;
    int64_t started; /* seconds since 1970, as the next */
    int64_t signed_out; /* sessions have to have begun since; 0: nobody has signed out */
    bool draining;
};

int64_t daemon_monotonic_milliseconds(void);
enum health daemon_health(const struct daemon *daemon);
/* Names and versions of what the program stands on; text is returned. */
#define LIBRARIES_SIZE 200
const char *daemon_libraries(char *text, size_t size);

#endif
