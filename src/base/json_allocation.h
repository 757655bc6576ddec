/* json_allocation.h - where yajl gets its memory. It uses what it gets without a look:
   ours never comes back without. */
#ifndef TCONNECTSYNC_JSON_ALLOCATION_H
#define TCONNECTSYNC_JSON_ALLOCATION_H

#include <yajl/yajl_common.h>

extern yajl_alloc_funcs json_allocation;

#endif
