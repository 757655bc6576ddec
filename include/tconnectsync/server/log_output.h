/* log_output.h - where a process's log goes: standard output or standard error. */
#ifndef TCONNECTSYNC_LOG_OUTPUT_H
#define TCONNECTSYNC_LOG_OUTPUT_H

#include <stdio.h>

#include "tconnectsync/base/log.h"

struct event_base;
struct log_output;

/* stream stays the caller's, and outlives the output. */
struct log_output *log_output_new(FILE *stream);
/* Lines that wait go out as soon as they can, not only with the next line; until
   forget_loop, or the output's end. */
void log_output_watch(struct log_output *output, struct event_base *base);
void log_output_forget_loop(struct log_output *output);
/* On a terminal one line below the log, which each line of the log pushes down and each flush erases; elsewhere nothing.
   text has neither newline nor wide characters. */
void log_output_progress(struct log_output *output, const char *text);
/* Waits for who reads, for two seconds at most. */
void log_output_flush(struct log_output *output);
/* Not before the logs that write to it. Flushes. */
void log_output_free(struct log_output *output);
/* From now on a line is a JSON object (LOG_FORMAT=json). */
void log_output_use_json(struct log_output *output);
/* The log_sink; its context is the output. Never waits: what has no room in the queue is dropped, counted,
   and reported once there is room. */
void log_output_take(void *output, enum log_level level, const char *line, size_t length);

#endif
