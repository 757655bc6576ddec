/* profile.h - the pump's profiles as a Nightscout profile document (sync-rules: PROFILES). */
#ifndef TCONNECTSYNC_PROFILE_H
#define TCONNECTSYNC_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

struct buffer;
struct configuration;
struct error;
struct json;

enum profile_action {
    PROFILE_UNCHANGED, /* the pump's settings are those of our newest document */
    PROFILE_NONE,      /* nothing can be written; error tells why in a sentence to be logged (no settings, no active
                          profile, a current profile dated in the future) */
    PROFILE_CREATE,    /* body: a new document for POST profile */
    PROFILE_REPLACE,   /* body: a document with _id for PUT profile */
};

/* What to write. settings: pump.settings (may be NULL). current: Nightscout's current profile document or NULL.
   held_hashes...: whether our newest document is in "current" is decided by pump_settings_hash in it; newest_hash is
   the hash in the newest document of ours when that is not the current one (NULL: none known).
   now: seconds since 1970, UTC. Appends the JSON to body for CREATE and REPLACE. */
enum profile_action profile_plan(const struct json *settings, const struct json *current, const char *newest_hash,
                                 const struct configuration *configuration, int64_t now, struct buffer *body,
                                 struct error *error);

#endif
