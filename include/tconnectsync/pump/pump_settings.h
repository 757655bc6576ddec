/* pump_settings.h - the part of a pump's settings that a profile needs, judged and in order. */
#ifndef TCONNECTSYNC_PUMP_SETTINGS_H
#define TCONNECTSYNC_PUMP_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tconnectsync/base/buffer.h"

struct error;
struct json;

/* The pump itself has 6 profiles of 16 segments. */
enum { PUMP_PROFILES_MAXIMUM = 16, PUMP_SEGMENTS_MAXIMUM = 48 };

struct pump_segment {
    int64_t start_minute;
    int64_t basal;       /* milliunits an hour */
    int64_t carb_ratio;  /* thousandths of a gram per unit */
    int64_t sensitivity; /* mg/dL per unit */
    int64_t target;      /* mg/dL, 0 when absent */
};

struct pump_profile {
    int64_t idp;
    char *name; /* as Nightscout can store it; no two are alike */
    int64_t insulin_minutes;
    struct pump_segment segments[PUMP_SEGMENTS_MAXIMUM]; /* by start; the first starts at midnight */
    size_t segment_count;
};

struct pump_settings {
    struct pump_profile profiles[PUMP_PROFILES_MAXIMUM]; /* by idp */
    size_t profile_count;
    const struct pump_profile *active;
    int64_t low_alert, high_alert; /* mg/dL; both 0 unless both are usable */
    struct buffer left_out; /* spare profiles that make no sense, with the reason, as text; "" when none */
};

/* From settings.details. NULL with the reason when the active profile is missing, out of range or ambiguous.
   A spare one that is, is left out. */
struct pump_settings *pump_settings_read(const struct json *details, struct error *error);
void pump_settings_free(struct pump_settings *settings);

#endif
