/* feature.h - what a sync is asked to carry over (sync-rules: Features). */
#ifndef TCONNECTSYNC_FEATURE_H
#define TCONNECTSYNC_FEATURE_H

#include <stdbool.h>

struct buffer;
struct error;

enum {
    FEATURE_BASAL = 1 << 0,
    FEATURE_BOLUS = 1 << 1,
    FEATURE_PUMP_EVENTS = 1 << 2,
    FEATURE_PROFILES = 1 << 3,
    FEATURE_CGM = 1 << 4,
    FEATURE_CGM_ALERTS = 1 << 5,
    FEATURE_DEVICE_STATUS = 1 << 6,
    FEATURE_PUMP_EVENTS_BASAL_SUSPENSION = 1 << 7,
    FEATURE_IOB = 1 << 8,                             /* device status with the insulin on board */
    FEATURES_DEFAULT = FEATURE_BASAL | FEATURE_BOLUS, /* as the original's guide promises */
    FEATURE_COUNT = 9,
    FEATURES_NO_RECORD =
        FEATURE_PROFILES | FEATURE_DEVICE_STATUS | FEATURE_IOB, /* no document for each record */
    FEATURES_ALL = (1 << FEATURE_COUNT) - 1,
};

/* "BASAL, BOLUS" to bits; an unknown name is an error that quotes it and lists the known ones; an empty list
 * is FEATURES_DEFAULT. */
bool features_parse(const char *list, unsigned *features, struct error *error);
/* Appends "BASAL,BOLUS" in the order above. */
void features_write(unsigned features, struct buffer *out);
/* What a person may miss, since these leave it out: no name that others bring as well,
   nor IOB, which most do not want. */
unsigned features_missing(unsigned features);

#endif
