/* log.h - one line per event, logfmt. Handed down, never a global: people who share a
   process have a log each. */
#ifndef TCONNECTSYNC_LOG_H
#define TCONNECTSYNC_LOG_H

#include <stddef.h>

struct buffer;
struct redactor;

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* Wherever a log is asked for, NULL takes and drops everything. */
struct log;

/* Takes a finished line: redacted, NUL-terminated, with its newline, which length counts. */
typedef void log_sink(void *context, enum log_level level, const char *line, size_t length);
/* Hears a finished line without its newline. What it logs to the same log meanwhile is
   written, but not told to it. */
typedef void log_listener(void *context, enum log_level level, const char *line);

/* least: the first level that is not dropped. redactor (may be NULL: patterns alone) hides what must not
   appear and has to outlive the log. */
struct log *log_new(log_sink *sink, void *context, enum log_level least, const struct redactor *redactor);
/* One person's log. Its lines pass its own redactor, then its parent's, and go to the parent's sink from the
   parent's level. tag ("person=2", copied, may be NULL) stands behind module=. The parent outlives it. */
struct log *log_child(struct log *parent, const char *tag, const struct redactor *redactor);
void log_free(struct log *log); /* NULL: nothing */

/* Hands the lines of this log, and of no child or parent of it, to its one listener; NULL ends that. */
void log_listen(struct log *log, log_listener *listener, void *context);

/* log_info(log, "sync", "step=%s requests=%d", name, count) gives
   time=2026-05-14T04:01:00Z level=info module=sync step=logs requests=3
   Values that may hold blanks or come from outside are passed through log_quote. No line is over 4 kB. */
void log_line(struct log *log, enum log_level level, const char *module, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
#define log_debug(log, ...) log_line(log, LOG_DEBUG, __VA_ARGS__)
#define log_info(log, ...)  log_line(log, LOG_INFO, __VA_ARGS__)
#define log_warn(log, ...)  log_line(log, LOG_WARN, __VA_ARGS__)
#define log_error(log, ...) log_line(log, LOG_ERROR, __VA_ARGS__)

/* A value quoted for logfmt ("..." with \" \\ \n escaped, control characters as \u00XX) in one of a few
   rotating places of this log: use it only as an argument of the log functions. */
const char *log_quote(struct log *log, const char *value);

/* Appends a finished line, without its newline, as one JSON object: its keys, its numbers as numbers, all else as
   strings. */
void log_write_json(const char *line, struct buffer *out);

#endif
