/* twins.h - documents of ours that Nightscout holds twice: two syncs stored one event at the same moment. */
#ifndef TCONNECTSYNC_TWINS_H
#define TCONNECTSYNC_TWINS_H

#include <stddef.h>
#include <stdint.h>

struct documents;
struct held;
struct pump_log;

/* Which to delete: of twins, alike in kind, second, whole pump_event_id and amounts, one stays: the one with a
   person's words, else the one with the least _id, so that two runs at the same moment agree on it. It
   becomes its event's. The result's number; twins is to be freed. Those to delete are claimed: they are no
   event any more. */
size_t twins_find(struct documents *documents, const struct pump_log *log, struct held *held,
                  uint32_t **twins);

#endif
