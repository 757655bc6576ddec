/* command.h - the commands. Each returns the process's exit status. */
#ifndef TCONNECTSYNC_COMMAND_H
#define TCONNECTSYNC_COMMAND_H

#include <stdbool.h>

#include "tconnectsync/base/log.h"

struct arguments {
    const char *days, *from, *to, *features;
    const char *person;   /* number or name; NULL: all */
    const char *env_file; /* NULL: the usual .env files */
    bool pretend, json;
    enum log_level level;
    const char *word; /* behind the command; NULL: none */
};

int command_sync(const struct arguments *arguments);
int command_check(const struct arguments *arguments);
int command_serve(const struct arguments *arguments);
/* Asks the server on this machine whether its loop runs. */
int command_healthcheck(const struct arguments *arguments);

#endif
