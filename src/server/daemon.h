/* daemon.h - the long-running server: its parts, what it does for each person, and
   what is known of it at any time. */
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

/* What the server does for one person, apart from what it does for others. */
struct service {
    struct daemon *daemon;
    const struct person *person;
    struct history *history;
    struct runner *runner; /* NULL while the settings are unusable */
    struct schedule schedule;
    struct event *timer;
    struct status_page *page;
    int64_t signed_out; /* seconds since 1970: sessions have to have begun since; 0: nobody has signed out */
};

/* Some of the people served: bit 0 is the first of daemon->services. */
typedef unsigned people_set;

struct daemon {
    struct application *application;
    struct http_server *server;
    struct service services[PEOPLE_MAXIMUM];
    size_t count; /* of services; more than one: answers and log lines name the person */
    struct rate_limit *rate_limit;
    struct event *signals[3], *deadline;
    int64_t started; /* seconds since 1970 */
    bool draining;
};

enum health service_health(const struct service *service);
people_set daemon_everybody(const struct daemon *daemon);
/* The next service of people after the given one; NULL: the first, and behind the last. */
struct service *daemon_next(struct daemon *daemon, people_set people, const struct service *service);
/* The worst of them. */
enum health daemon_health(struct daemon *daemon, people_set people);
/* A sync runs for somebody. */
bool daemon_is_busy(const struct daemon *daemon);
/* Names and versions of what the program stands on; text is returned. */
#define LIBRARIES_SIZE 200
const char *daemon_libraries(char *text, size_t size);

#endif
