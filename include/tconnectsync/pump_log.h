/* pump_log.h - a pump's history log, read as it streams in (tandem-source.md: pump-logs; pump-events.md). */
#ifndef TCONNECTSYNC_PUMP_LOG_H
#define TCONNECTSYNC_PUMP_LOG_H

#include <stdbool.h>
#include <stddef.h>

struct error;
struct pump_log;

/* Reads one answer of pump-logs into log. pump: which of the account's pumps it belongs to. */
struct pump_log_reader *pump_log_reader_new(struct pump_log *log, unsigned pump);
bool pump_log_reader_feed(struct pump_log_reader *reader, const char *data, size_t length, struct error *error);
/* false when the answer was cut short, or held no "events" list. */
bool pump_log_reader_finish(struct pump_log_reader *reader, struct error *error);
/* Forgets what this reader read, for a repeated request. */
void pump_log_reader_restart(struct pump_log_reader *reader);
void pump_log_reader_free(struct pump_log_reader *reader);

/* The eventIds list that goes into the request. */
extern const char pump_log_event_ids[];

#endif
