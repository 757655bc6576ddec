/* pump_log.h - a pump's history log, read as it streams in (tandem-source.md: pump-logs; pump-events.md). */
#ifndef TCONNECTSYNC_PUMP_LOG_H
#define TCONNECTSYNC_PUMP_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tconnectsync/pump/pump_clock.h"
#include "tconnectsync/pump/pump_event.h"

struct error;
struct log;
struct time_zone;

/* Records with adjoining sequence numbers, each 0 to 15 minutes after the one before it, wanted or not, all
   within one hour of the clock: a zone changes its offset between two runs, never in one. What is not kept of
   the log still tells here how far it reaches and when the pump was off or its clock was set. */
struct log_run {
    int64_t first_sequence, last_sequence;
    int64_t first_wall, last_wall; /* NO_TIME when all of it was out of bounds */
    int64_t first_time, last_time; /* instants; NO_TIME before pump_log_resolve */
    int32_t group;
    uint8_t pump;
};

/* A complete answer that is not joined with the others yet. */
struct log_answer;

struct pump_log {
    struct log *journal;      /* where pump_log_skip says what is left out; NULL: nowhere */
    unsigned features;        /* events that none of these wants are not kept */
    int64_t earliest, latest; /* wall times outside of this are out of bounds */
    struct pump_event *events;
    size_t event_count, event_capacity;
    struct log_run *runs;
    size_t run_count, run_capacity;
    struct log_answer *answers;
    size_t answer_count;
    struct clock_change *changes; /* when the pumps' clocks were set: of their whole life */
    size_t change_count, change_capacity;
    struct pump_clock *clocks; /* by pump_event.pump; NULL, or one without stretches: the zone's rule holds */
    char **serials;            /* of the pumps, by pump_event.pump; personal: never in a log */
    size_t pump_count;
    uint64_t records; /* all that were seen */
    uint64_t skipped[SKIP_REASON_COUNT];
};

/* now_wall: the clock in the pump's zone. The caller sets journal behind it. */
void pump_log_init(struct pump_log *log, unsigned features, int64_t now_wall);
/* The bounds are judged on instants, once the clocks are known: whatever a clock showed is taken. */
void pump_log_take_all_times(struct pump_log *log);
void pump_log_free(struct pump_log *log);

/* The pump's place (pump_event.pump), the same one whenever the serial number is. */
unsigned pump_log_add_pump(struct pump_log *log, const char *serial_number);
/* pump_event_source of the event's documents. */
uint32_t pump_log_source(const struct pump_log *log, const struct pump_event *event);

/* Counts one that is left out, and logs the first few. */
void pump_log_skip(struct pump_log *log, enum skip_reason reason, int64_t code, int64_t sequence);

/* Once all is read: moves some of what the answers brought to events and runs, where nothing of it stands before.
   True while there is more. */
bool pump_log_join(struct pump_log *log);
/* Joins what is left, brings everything into the pump's order (pump, group, sequence), drops what came twice,
   and turns wall times into instants: by the pump's clock where that was found, else by the zone, the first
   of a repeated hour, unless a lower sequence number already lies later. What has no instant is left out. */
void pump_log_sort(struct pump_log *log);
/* What is known of a pump's clock besides its log. */
struct clock_facts {
    int64_t now;
    int64_t first_available; /* wall; NO_TIME: unknown */
    int64_t newest_wall;     /* of the newest record anybody knows of; NO_TIME: the log's */
    const struct clock_witness *witnesses;
    size_t witness_count;
};
/* Between sorting and resolving. The clock lives as long as the log. */
const struct pump_clock *pump_log_find_clock(struct pump_log *log, unsigned pump,
                                             const struct time_zone *zone, const struct clock_facts *facts);
/* The newest wall time of that pump's log, in the pump's order; NO_TIME when there is none. */
int64_t pump_log_newest_wall(const struct pump_log *log, unsigned pump);
void pump_log_resolve(struct pump_log *log, const struct time_zone *zone);

/* The newest record of any kind of that pump, after resolving; NO_TIME when there is none. */
int64_t pump_log_newest(const struct pump_log *log, unsigned pump, int64_t *sequence);

/* The record behind the run's last one belongs to it. wall: NO_TIME when that record has none (the pump lost
   its clock): it still takes its place in the sequence. */
bool log_run_goes_on(const struct log_run *run, int64_t wall);

/* Over 15 minutes without a record lie between two runs that both have times. */
bool log_run_is_silent_before(const struct log_run *run, const struct log_run *next);
/* No number is missing between two runs of a pump, one behind the other; where the
   group changes, nobody can tell. */
bool log_run_adjoins(const struct log_run *run, const struct log_run *next);

/* ---- reading ---- */
/* Reads one answer of pump-logs. pump: which of the account's pumps it belongs to. log gets what was read
   only when the answer was complete (finish), so that a repeated request leaves nothing twice. */
struct pump_log_reader *pump_log_reader_new(struct pump_log *log, unsigned pump);
bool pump_log_reader_feed(struct pump_log_reader *reader, const char *data, size_t length,
                          struct error *error);
/* false when the answer was cut short, or held no "events" list. */
bool pump_log_reader_finish(struct pump_log_reader *reader, struct error *error);
/* Forgets what this reader read, for a repeated request. */
void pump_log_reader_restart(struct pump_log_reader *reader);
void pump_log_reader_free(struct pump_log_reader *reader);

/* The eventIds list that goes into the request. */
extern const char pump_log_event_ids[];

#endif
