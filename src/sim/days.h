/* days.h - the days of a history, rendered and kept. */
#ifndef SIM_DAYS_H
#define SIM_DAYS_H

#include "history.h"

/* A day, rendered. */
struct day {
    int64_t number;
    const struct era *era;
    struct record records[RECORDS_PER_DAY];
    int64_t wall[RECORDS_PER_DAY];
    size_t count;
    size_t
        offset[RECORDS_PER_DAY + 1]; /* of each record's text, which begins with a comma but for the first */
    char *text;
    size_t length;
    uint64_t used;      /* when it was last asked for */
    unsigned borrowers; /* answers on their way out that still point into text */
};

/* The day, from the cache or made; valid until the next call unless borrowed (day_borrow). */
struct day *history_day(struct history *history, int64_t number);
void day_return(struct day *day);
void days_free(struct history *history);

#endif
