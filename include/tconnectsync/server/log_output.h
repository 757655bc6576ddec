/* log_output.h - where a process's log goes: standard output or standard error. */
#ifndef TCONNECTSYNC_LOG_OUTPUT_H
#define TCONNECTSYNC_LOG_OUTPUT_H

#include <stdio.h>

#include "tconnectsync/base/log.h"

struct log_output;

/* stream stays the caller's, and outlives the output. */
struct log_output *log_output_new(FILE *stream);
/* Not before the logs that write to it. */
void log_output_free(struct log_output *output);
/* From now on a line is a JSON object (LOG_FORMAT=json). */
void log_output_use_json(struct log_output *output);
/* The log_sink; its context is the output. */
void log_output_take(void *output, enum log_level level, const char *line, size_t length);

#endif
