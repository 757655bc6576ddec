/* The allocator that yajl gets: ours, which ends the process in words where there is no memory. */
#include "json_allocation.h"

#include <stdlib.h>

#include "tconnectsync/base/memory.h"

static void *allocate(void *none, size_t size)
{
    (void)none;
    return xmalloc(size);
}

static void *reallocate(void *none, void *memory, size_t size)
{
    (void)none;
    return xrealloc_wiped(memory, size);
}

static void release(void *none, void *memory)
{
    (void)none;
    free_wiped(memory);
}

yajl_alloc_funcs json_allocation = {allocate, reallocate, release, NULL};
