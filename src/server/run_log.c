/* Counted, so that who reads slowly keeps the text and not a copy. */
#include "run_log.h"

#include <malloc.h>
#include <stdlib.h>

#include "tconnectsync/base/memory.h"

#define LOG_MAXIMUM (512u << 10)

struct run_log *run_log_new(void)
{
    struct run_log *log = xcalloc(1, sizeof *log);
    buffer_init(&log->text, LOG_MAXIMUM);
    log->holders = 1;
    return log;
}

struct run_log *run_log_hold(struct run_log *log)
{
    log->holders++;
    return log;
}

void run_log_release(struct run_log *log)
{
    if (!log || --log->holders > 0)
        return;
    buffer_free(&log->text);
    free(log);
    malloc_trim(0);
}

void run_log_add(struct run_log *log, const char *line)
{
    if (!buffer_addf(&log->text, "%s\n", line))
        log->left_out++;
}
