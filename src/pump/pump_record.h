/* pump_record.h - one record of a pump's log while its tokens come in. */
#ifndef TCONNECTSYNC_PUMP_RECORD_H
#define TCONNECTSYNC_PUMP_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "tconnectsync/pump/pump_event.h"

struct json_token;

/* Where tokens stand: {"events":[{field: {property: [bit]}}]} */
enum { DEPTH_ANSWER = 1, DEPTH_RECORDS = 2, DEPTH_RECORD = 3, DEPTH_PROPERTIES = 4, DEPTH_BITS = 5 };

struct pump_record {
    unsigned features; /* events that none of these wants have no shape */
    int64_t code, group, sequence, wall;
    bool has_code, has_sequence, has_wall, wrong_group, wrong_properties;
    const struct event_shape *shape; /* NULL as long as no code is known that somebody wants */
    uint64_t present, wrong;         /* bit per property: read, or there but unreadable */
    int field;                       /* whose value comes next */
    int property;                    /* likewise; NO_PROPERTY when nobody wants it */
    int64_t value[PROPERTY_COUNT];   /* those that are present */
};

void pump_record_begin(struct pump_record *record, unsigned features);
/* Takes a token from within the record. */
void pump_record_take(struct pump_record *record, const struct json_token *token);

#endif
