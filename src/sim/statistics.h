/* statistics.h - who asked for what, and how many requests had to wait for one another. */
#ifndef SIM_STATISTICS_H
#define SIM_STATISTICS_H

#include <stddef.h>
#include <stdint.h>

struct json_writer;

struct note {
    const char *site, *method;
    char *uri;
    int status; /* 0: not answered */
    unsigned connection;
    int64_t round;
    double arrived, answered; /* ms of a monotonic clock */
};

struct connection {
    const void *identity;
    unsigned number;
    size_t id; /* of its latest request */
};

/* Round trips one after another: a request opens a new round when some request of the current round has been
   answered in full before it arrived, since it may have waited for that answer. Requests that go out together
   share a round. */
struct statistics {
    struct note *notes;
    size_t count, capacity;
    size_t first_id; /* of notes[0]: ids go on after a reset */
    int64_t rounds, answered_round;
    struct connection *connections; /* open ones that have sent a request */
    size_t open, open_capacity;
    unsigned opened, most_open;
    unsigned logins, refused_logins;
    double since;
};

/* The request's id. connection: anything that tells connections apart. */
size_t statistics_arrival(struct statistics *statistics, const char *site, const char *method,
                          const char *uri, const void *connection);
void statistics_status(struct statistics *statistics, size_t id, int status);
/* The connection's latest request has been answered in full, or will never be. */
void statistics_answered(struct statistics *statistics, const void *connection);
void statistics_closed(struct statistics *statistics, const void *connection);
void statistics_reset(struct statistics *statistics);
void statistics_free(struct statistics *statistics);
void statistics_write(const struct statistics *statistics, struct json_writer *writer);
void statistics_write_requests(const struct statistics *statistics, struct json_writer *writer);

#endif
