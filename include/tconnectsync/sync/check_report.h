/* check_report.h - what `check` and /check_login say: a text that is safe to paste in public. */
#ifndef TCONNECTSYNC_CHECK_REPORT_H
#define TCONNECTSYNC_CHECK_REPORT_H

#include <stdint.h>

struct buffer;
struct configuration;
struct report;
struct sync;
struct time_zone;

/* Unusable settings: every problem. */
void check_report_problems(const struct configuration *configuration, struct buffer *out);
/* What a check_only sync found. Ends in "No API errors returned!" or in what failed and what to do. */
void check_report_write(const struct configuration *configuration, const struct time_zone *zone,
                        const struct sync *sync, const struct report *report, int64_t now,
                        struct buffer *out);
/* The same as a JSON object, with a newline. */
void check_report_write_json(const struct configuration *configuration, const struct time_zone *zone,
                             const struct sync *sync, const struct report *report, int64_t now,
                             struct buffer *out);

#endif
