/* zone_database.h - time zones by their IANA names, from the machine's zone files. */
#ifndef TCONNECTSYNC_ZONE_DATABASE_H
#define TCONNECTSYNC_ZONE_DATABASE_H

struct error;
struct time_zone;

/* The zone, to be freed with time_zone_free, or NULL with an error that names the setting it stood in and the remedy:
   an unknown name, or no zone files at all. Old names (US/Eastern) are known even where the machine has dropped them.
   The only function that touches the process's TZ; it puts it back. */
struct time_zone *zone_database_open(const char *name, const char *setting, struct error *error);

#endif
