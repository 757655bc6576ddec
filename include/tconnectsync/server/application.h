/* application.h - what every command sets up first: settings, log, zone, loop, clients. */
#ifndef TCONNECTSYNC_APPLICATION_H
#define TCONNECTSYNC_APPLICATION_H

#include <stdbool.h>
#include <stdio.h>

#include "tconnectsync/base/log.h"
#include "tconnectsync/sync/sync.h"

#define PROGRAM_NAME "tconnectsync-heroku"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct environment;
struct log_output;
struct redactor;

struct application {
    struct environment *environment;
    struct configuration *configuration; /* with the zone's problem among its problems */
    struct redactor *redactor;
    struct log_output *output;      /* where account.log writes */
    struct time_zone *zone;         /* NULL when its setting is unusable */
    struct account_context account; /* client and tandem only while the settings are usable */
};

/* Reads the settings and opens the log on stream, for lines of that level and worse. Unusable settings are in configuration->problems;
   everything that does not depend on them is there all the same. */
struct application *application_new(FILE *stream, enum log_level level);
void application_free(struct application *application);
/* Settings are good enough for a sync. */
bool application_is_usable(const struct application *application);
/* Logs every problem, a line each. */
void application_log_problems(const struct application *application);

#endif
