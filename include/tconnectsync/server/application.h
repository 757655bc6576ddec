/* application.h - what every command sets up first: settings, log, loop, and for each
   person zone and clients. */
#ifndef TCONNECTSYNC_APPLICATION_H
#define TCONNECTSYNC_APPLICATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "tconnectsync/base/log.h"
#include "tconnectsync/settings/configuration.h"
#include "tconnectsync/sync/sync.h"

#define PROGRAM_NAME "tconnectsync-heroku"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct error;
struct log_output;
struct redactor;

/* One of those served, apart from all others: nothing in here is shared but the loop. */
struct person {
    struct configuration *configuration; /* with the zone's problem among its problems */
    struct redactor *redactor;           /* hides what is this person's */
    struct time_zone *zone;              /* NULL when its setting is unusable */
    struct account_context account;      /* client and tandem only while the settings are usable */
};

struct application {
    struct event_base *base;   /* NULL: out of memory or descriptors, said among the first one's problems */
    struct redactor *redactor; /* hides what is anybody's */
    struct log_output *output; /* where all logs write */
    struct log *log;           /* the process's; a person who is alone logs to it too */
    struct person people[PEOPLE_MAXIMUM]; /* in the order of their numbers */
    size_t count;                         /* at least 1 */
};

/* Reads the settings and opens the log on stream, for lines of that level and worse. Unusable settings are in a person's
   configuration->problems; everything that does not depend on them is there all the same. NULL: env_file, which is not
   NULL, cannot be read. */
struct application *application_new(FILE *stream, enum log_level level, const char *env_file, struct error *error);
void application_free(struct application *application);
/* The person of that number or, among those whom the bit mask opens names, of that
   name; NULL: there is none. */
const struct person *application_find(const struct application *application, const char *word,
                                      unsigned opened);

/* Settings are good enough for a sync. */
bool person_is_usable(const struct person *person);
/* Logs every problem and warning, a line each. */
void person_log_problems(const struct person *person);

#endif
