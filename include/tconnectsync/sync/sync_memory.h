/* sync_memory.h - what a process remembers of one person from sync to sync: what is settled (also where
   Nightscout cannot keep it), what uploads told of the pumps' clocks, and how the account was when all was
   well. */
#ifndef TCONNECTSYNC_SYNC_MEMORY_H
#define TCONNECTSYNC_SYNC_MEMORY_H

#include <stddef.h>

struct coverage;
struct sync_memory;

struct sync_memory *sync_memory_new(void);
void sync_memory_free(struct sync_memory *memory);

/* The coverage of each pump that is known, for who shows it; NULL from the last one on. */
const struct coverage *sync_memory_coverage(const struct sync_memory *memory, size_t pump);

#endif
