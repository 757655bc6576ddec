/* document_row.h - tables of pump events and the documents that they give; each row is a test of its own. */
#ifndef TCONNECTSYNC_DOCUMENT_ROW_H
#define TCONNECTSYNC_DOCUMENT_ROW_H

#include <stdbool.h>
#include <stddef.h>

#include "fixture.h"

#pragma GCC diagnostic ignored "-Wmissing-field-initializers" /* a row names what it needs */

#define ALL (FEATURES_ALL & ~FEATURE_PROFILES)

struct row {
    const char *name;
    const char *events;
    const char *documents;
    unsigned features; /* 0: all */
    const char *now;   /* NULL: noon */
    bool ignore_zero_unit_basal;
};

#define ROW(...)                                                                                             \
    {                                                                                                        \
        __VA_ARGS__                                                                                          \
    }

struct rows {
    const struct row *row;
    size_t count;
};
#define ROWS(table)                                                                                          \
    {                                                                                                        \
        table, sizeof(table) / sizeof *(table)                                                               \
    }

struct CMUnitTest;
/* Runs the tests and then each row of each table; the exit status. */
int run_rows(const char *group, const struct CMUnitTest *tests, size_t test_count, const struct rows *tables,
             size_t table_count);

/* A document's beginning and end. */
#define MADE_AT(type, time, id)                                                                              \
    "{'eventType':'" type "','created_at':'" time "','enteredBy':'Pump (tconnectsync)','pump_event_id':'" id \
    "'"
#define MADE(type, time, id) MADE_AT(type, "2026-05-14T" time "-04:00", id)
#define WORDS(text)          SAYS(text, text)
#define SAYS(word, plain)    ",'reason':'" word "','notes':'" plain "'}\n"
#define BASAL_AT(time, id, rate, minutes, source)                                                            \
    MADE_AT("Temp Basal", time, id)                                                                          \
    ",'rate':" rate ",'absolute':" rate ",'duration':" minutes ",'reason':'" source "'}\n"
#define BASAL(time, id, rate, minutes, source)                                                               \
    BASAL_AT("2026-05-14T" time "-04:00", id, rate, minutes, source)
#define ALGORITHM "'commandedRateSource':3}\n"

#endif
