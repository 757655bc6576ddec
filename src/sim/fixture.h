/* fixture.h - two answers of Tandem Source out of files, in place of a made-up history. */
#ifndef SIM_FIXTURE_H
#define SIM_FIXTURE_H

struct exchange;
struct fixture;

struct fixture *fixture_read(const char *pumper_file, const char *log_file); /* NULL: unusable, and said so */
void fixture_free(struct fixture *fixture);
void fixture_reply_pumper(const struct fixture *fixture, struct exchange *exchange);
/* Days first to last, as "2026-05-14...", both inclusive. */
void fixture_reply_log(const struct fixture *fixture, struct exchange *exchange, const char *assignment,
                       const char *first, const char *last);

#endif
