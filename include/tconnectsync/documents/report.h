/* report.h - what one sync did. Plain data; filled while it runs. */
#ifndef TCONNECTSYNC_REPORT_H
#define TCONNECTSYNC_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tconnectsync/base/error.h"
#include "tconnectsync/documents/document.h"
#include "tconnectsync/pump/pump_event.h"

struct buffer;
struct time_zone;

struct report_counts {
    uint64_t created, amended, unchanged, withheld;
};

#define REPORT_WARNINGS_MAXIMUM 8

struct report {
    unsigned person; /* whose it is, of several people; 0: there is just one */
    bool ok;
    bool pretend;            /* the counts are what would have been done */
    bool nothing_new;        /* the account told of no upload since a run that left nothing to do */
    bool nightscout_skipped; /* NS_IGNORE_CONN_ERRORS: an unreachable Nightscout is no failure */
    struct error error;      /* when not ok */
    int64_t started;         /* seconds since 1970 */
    double seconds;
    uint64_t events_read;
    struct report_counts kinds[DOCUMENT_KIND_COUNT];
    uint64_t skipped[SKIP_REASON_COUNT];
    uint64_t refused; /* documents that Nightscout does not take */
    uint64_t deleted; /* exact twins */
    uint64_t requests, connections;
    int64_t last_sequence;  /* of the newest event read; -1 when none was */
    int64_t newest_event;   /* instant of the newest record of the pump; NO_TIME when it was not read up to now */
    int64_t newest_upload;  /* instant of the account's newest upload; NO_TIME when none is known */
    int64_t newest_reading; /* instant of its newest CGM reading; NO_TIME when none is known */
    char clock[400];        /* what is wrong with the pump's clock; "" when nothing is */
    int64_t clock_since;    /* instant; NO_TIME: not known */
    char *warnings[REPORT_WARNINGS_MAXIMUM];
    size_t warning_count;
};

/* Where a running sync stands, for people who watch. */
struct sync_progress {
    const char *step; /* its name in the table */
    unsigned step_number, step_count;
    uint64_t done, total; /* requests of this step */
};

void report_init(struct report *report, int64_t now);
void report_free(struct report *report);
/* A pump's clock that does not show the zone's time, in words; since: instant, or NO_TIME. */
void report_set_clock(struct report *report, const char *text, int64_t since);
void report_warn(struct report *report, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct report_counts report_totals(const struct report *report);
/* kinds: DOCUMENT_KIND_COUNT of them. */
struct report_counts report_kinds_total(const struct report_counts *kinds);

/* One JSON object, without a newline. */
void report_write_json(const struct report *report, const struct time_zone *zone, struct buffer *out);
/* The table by kind that a person reads, a line each. */
void report_write_table(const struct report *report, struct buffer *out);

#endif
