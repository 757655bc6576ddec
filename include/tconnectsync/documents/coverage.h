/* coverage.h - what is settled: which records of a pump were read and their documents confirmed, or known to
   be none (sync-rules: Coverage). Documents alone cannot tell one that a person deleted from one that was
   never written, nor a hole from a quiet hour. Stands in Nightscout's activity collection, one document for
   each pump. Pure. */
#ifndef TCONNECTSYNC_COVERAGE_H
#define TCONNECTSYNC_COVERAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tconnectsync/pump/feature.h"

struct buffer;
struct document;
struct documents;
struct json;
struct pump_log;
struct time_zone;

#define COVERAGE_DAYS 62 /* are kept */

/* Adjoining record numbers of one day that are settled for the same features. */
struct coverage_run {
    int64_t day; /* since 1970, in the person's zone */
    int64_t first, last;
    int32_t group;
    unsigned features;
};

/* Numbers between two runs of a group, or behind the last one that is followed by another group: records that
   never came, or not yet. */
struct coverage_gap {
    int64_t first, last;
    int32_t group;
};

struct coverage {
    struct coverage_run *runs; /* by group, then number; no number twice */
    size_t count;
    unsigned features; /* that automatic runs of this program carry over; all until the first one is about to
                          begin */
    int64_t since[FEATURE_COUNT]; /* instant from which automatic runs carry a feature over, those of any
                                     program that writes to the site; NO_TIME: none has */
    int64_t through;              /* instant up to which the newest records are settled; NO_TIME: none is */
    struct coverage_gap *known_gaps; /* that this process has looked into */
    size_t known_gap_count;
};

void coverage_init(struct coverage *coverage);
void coverage_free(struct coverage *coverage);

/* ---- in Nightscout ---- */
#define COVERAGE_KEY_SIZE 9
/* The pump's name in there: tells pumps apart without naming them. key is returned. */
char *coverage_key(const char *serial_number, char key[COVERAGE_KEY_SIZE]);
/* Joins what the activity list holds of this pump to what is known. Garbage is passed over: its days are read
   anew. id: of the document to replace, to be freed; NULL when there is none. now: an instant. */
void coverage_read(struct coverage *coverage, const struct json *activities, const char *key, int64_t now,
                   char **id);
/* Appends the document. id: NULL for a new one. now: an instant. */
void coverage_write(const struct coverage *coverage, const char *key, const char *id, int64_t now,
                    struct buffer *out);

/* ---- what a run settles ---- */
/* An automatic run is about to begin. Its features count from now on, those of the first such run from its
   range's beginning, and one that counted before goes on from then: another program with other features may
   write to the site as well, so what it does is kept, though it does not count here. Until something is settled, they
   count from the earliest beginning of any run. True when what is settled has got a new beginning that is
   worth writing. */
bool coverage_count_features(struct coverage *coverage, unsigned features, int64_t from);

struct coverage_rules {
    unsigned pump;     /* of the log */
    unsigned features; /* that were carried over */
    const struct time_zone *zone;
    int64_t from, to; /* instants, both inclusive: records of that time count */
    int64_t today;    /* as a day: runs older than COVERAGE_DAYS are dropped */
    bool automatic;   /* a feature that was added later settles nothing of before */
    bool first;       /* nothing of any pump is settled yet: a person's run may begin as well */
};
/* Adds what was read and confirmed. waiting: the instant of the oldest record that was read and is not
   settled, NO_TIME when there is none. True when something has changed that is worth writing. */
bool coverage_settle(struct coverage *coverage, const struct pump_log *log, const struct documents *documents,
                     const struct coverage_rules *rules, int64_t *waiting);
/* An automatic run has looked into all gaps that there are. */
void coverage_remember_gaps(struct coverage *coverage);

/* ---- what follows from it ---- */
/* An automatic run is not to create this document: its record is settled, or none of its features counts yet.
 */
bool coverage_has(const struct coverage *coverage, const struct pump_log *log,
                  const struct document *document);
/* Its record is settled for its kind, whatever counts: who asks for some kinds alone brings back nothing
 * deleted. */
bool coverage_is_settled(const struct coverage *coverage, const struct pump_log *log,
                         const struct document *document);
/* The first day from earliest on where a feature that counts is missing; NO_TIME when there is none. */
int64_t coverage_first_lack(const struct coverage *coverage, const struct time_zone *zone, int64_t earliest);
/* The first day from earliest on behind which numbers are missing, or begin anew. known: also gaps that this
 * process has looked into. */
int64_t coverage_first_gap(const struct coverage *coverage, int64_t earliest, bool known);

/* The features whose records of before they were added are not settled; first and last: the days of those,
   which only who asks for them gets. */
unsigned coverage_features_added(const struct coverage *coverage, unsigned features, int64_t *first,
                                 int64_t *last);

enum coverage_day { DAY_NOT_READ, DAY_WITH_HOLES, DAY_WHOLE };
enum coverage_day coverage_of_day(const struct coverage *coverage, unsigned features, int64_t day);

#endif
