/* twins.h - documents of ours that Nightscout holds twice: two syncs stored one event at the same moment. */
#ifndef TCONNECTSYNC_TWINS_H
#define TCONNECTSYNC_TWINS_H

#include <stddef.h>
#include <stdint.h>

struct held;

/* Which to delete: of twins, alike in kind, time and whole pump_event_id, the one with the least _id stays,
   so that two runs at the same moment agree on it. by_event: all of held by kind, event, time and whose they
   are. The result's number; twins is to be freed. Those to delete are claimed: they are no event any more. */
size_t twins_find(struct held *held, const uint32_t *by_event, uint32_t **twins);

#endif
