/* log.h - one line per event, logfmt. The only global state of the program. */
#ifndef TCONNECTSYNC_LOG_H
#define TCONNECTSYNC_LOG_H

#include <stdbool.h>
#include <stdio.h>

struct redactor;

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* Where lines go from now on and from which level; redactor (may be NULL) hides what must not appear and has to
   outlive the log. Until the first call: standard error, from LOG_INFO. */
void log_open(FILE *stream, enum log_level least, const struct redactor *redactor);

/* Also hands every finished line (redacted, without its newline) to the listener; NULL ends that. */
void log_listen(void (*listener)(void *context, enum log_level level, const char *line), void *context);

/* log_info("sync", "step=%s requests=%d", name, count) gives
   time=2026-05-14T04:01:00Z level=info module=sync step=logs requests=3
   Values that may hold blanks or come from outside are passed through log_quote. No line is over 4 kB. */
void log_line(enum log_level level, const char *module, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)
#define log_info(...)  log_line(LOG_INFO, __VA_ARGS__)
#define log_warn(...)  log_line(LOG_WARN, __VA_ARGS__)
#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)

/* A value quoted for logfmt ("..." with \" \\ \n escaped, control characters as \u00XX) in one of a few rotating
   static buffers: use it only as an argument of the log functions. */
const char *log_quote(const char *value);

#endif
