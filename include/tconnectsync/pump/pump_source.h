/* pump_source.h - which pump's numbers a document's pump_event_id counts (sync-rules: Documents,
 * pump_event_source). */
#ifndef TCONNECTSYNC_PUMP_SOURCE_H
#define TCONNECTSYNC_PUMP_SOURCE_H

#include <stdint.h>

/* The first 32 bits of SHA-256 over "SERIAL/GROUP": tells two pumps' numbers apart
   without naming the pump. */
uint32_t pump_source(const char *serial_number, int32_t group);

#endif
