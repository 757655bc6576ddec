/* fixture.h - pump logs, Nightscout's answers and what comes of them as short text, for the tests of core. In
   all of that text ' stands for ". */
#ifndef TCONNECTSYNC_FIXTURE_H
#define TCONNECTSYNC_FIXTURE_H

#include <stdint.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/documents/difference.h"
#include "tconnectsync/documents/document.h"
#include "tconnectsync/documents/held.h"
#include "tconnectsync/pump/feature.h"
#include "tconnectsync/pump/pump_log.h"

/* America/New_York from 2025 to 2027. */
extern const struct time_zone new_york;

/* The instant of "2026-05-14T00:01:00" in New York (the first in a repeated hour), or of a text with a zone.
   A time of day alone is one of 2026-05-14. */
int64_t at(const char *text);

/* Appends text with each ' as a ". */
void add_quoted(struct buffer *out, const char *text);
/* Every " becomes a '. */
void unquote(struct buffer *buffer);

/* Appends a pump-logs answer made of lines "CODE NUMBER[/GROUP] TIME [{PROPERTIES}]"; TIME as in at(), or
 * null. */
void add_answer(struct buffer *out, const char *lines);

/* An answer with two events: a basal, 10, and a reading, 11. */
extern const char two_events[];

struct error;
/* Reads an answer, in pieces of that size at most; false with error when it was refused. */
bool log_read_pieces(struct pump_log *log, const char *data, size_t length, size_t piece,
                     struct error *error);
bool log_read_text(struct pump_log *log, const char *text, struct error *error);
/* Events that were skipped, for whatever reason. */
uint64_t log_skipped(const struct pump_log *log);

struct fixture {
    struct pump_log log;
    struct documents documents;
    struct held held;
    struct difference difference;
    struct document_rules rules;
    struct difference_rules difference_rules;
    const struct time_zone *zone; /* New York unless set */
    int64_t upload; /* instant of the upload that brought the newest record, whose clock is found by it;
                       NO_TIME: the zone reads the log */
};

/* All features but the profiles', the clock at noon of 2026-05-14 in New York, a range that holds every
 * event. */
void fixture_open(struct fixture *fixture);
void fixture_set_now(struct fixture *fixture, const char *now);
void fixture_set_features(struct fixture *fixture, unsigned features);
/* One answer of that pump. */
void fixture_read(struct fixture *fixture, unsigned pump, const char *lines);
/* One answer of Nightscout; NULL is none. */
void fixture_hold(struct fixture *fixture, enum collection collection, const char *answer);
/* Sorts, resolves, builds. */
void fixture_build(struct fixture *fixture);
void fixture_compare(struct fixture *fixture);
/* Appends every document's JSON, a line each, without pump_event_source (which has a test of its own). */
void fixture_write_documents(struct fixture *fixture, struct buffer *out);
/* Appends what the difference says, a line for each document ("create Temp Basal 2026-05-14T00:01:00-04:00
   100", "amend {...}", "unchanged ..."), then "delete ID" for each twin. */
void fixture_write_plan(struct fixture *fixture, struct buffer *out);
void fixture_close(struct fixture *fixture);

#endif
