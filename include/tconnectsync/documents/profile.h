/* profile.h - the pump's profiles as a Nightscout profile document (sync-rules: PROFILES). */
#ifndef TCONNECTSYNC_PROFILE_H
#define TCONNECTSYNC_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

struct buffer;
struct error;
struct json;

enum profile_action {
    PROFILE_UNCHANGED, /* the pump's settings are those of our newest document */
    PROFILE_NONE, /* nothing can be written; error tells why in a sentence for people (no settings, an active
                     profile that is missing or makes no sense, a current profile dated in the future) */
    PROFILE_CREATE,  /* body: a new document for POST profile */
    PROFILE_REPLACE, /* body: a document with _id for PUT profile */
};

/* What the person has chosen; strings are never NULL. */
struct profile_rules {
    const char *carbs_hr, *delay; /* numbers as text */
    const char *time_zone;        /* an IANA name */
    bool replace;                 /* the current document instead of adding one */
};

/* What to write. settings: pump.settings (may be NULL). current: Nightscout's current profile document, or
   NULL where there is none. Our newest document is known by its pump_settings_hash: that of current, if it
   has one; else newest_hash, that of the newest document of ours further back (NULL: none known). now:
   seconds since 1970, UTC. Appends the JSON to body (have it empty) for CREATE and REPLACE; error->text is
   then "" or a remark for people (kind ERROR_NONE; it names the spare profiles that are left out). error is
   not NULL. */
enum profile_action profile_plan(const struct json *settings, const struct json *current,
                                 const char *newest_hash, const struct profile_rules *rules, int64_t now,
                                 struct buffer *body, struct error *error);

#endif
