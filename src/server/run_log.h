/* run_log.h - the lines of one run, held once for all who listen to it, also when they read slower than it
   grows. */
#ifndef TCONNECTSYNC_RUN_LOG_H
#define TCONNECTSYNC_RUN_LOG_H

#include <stddef.h>

#include "tconnectsync/base/buffer.h"

struct run_log {
    unsigned holders;
    struct buffer text; /* each line with its end */
    size_t left_out;    /* lines that found no room */
};

/* Held by the caller. */
struct run_log *run_log_new(void);
struct run_log *run_log_hold(struct run_log *log); /* gives log */
void run_log_release(struct run_log *log);         /* the last one frees it; NULL is allowed */
void run_log_add(struct run_log *log, const char *line);

#endif
