/* log_answer.h - what one answer of pump-logs brought, until it is joined with the others. */
#ifndef TCONNECTSYNC_LOG_ANSWER_H
#define TCONNECTSYNC_LOG_ANSWER_H

#include <stddef.h>

struct log_answer {
    struct pump_event *events;
    struct log_run *runs;
    size_t event_count, run_count;
    size_t events_joined, runs_joined; /* so many of them are in the log's lists already */
};

#endif
