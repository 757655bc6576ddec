/* compare.h - what functions for qsort and bsearch are built from. */
#ifndef TCONNECTSYNC_COMPARE_H
#define TCONNECTSYNC_COMPARE_H

#include <stdint.h>

/* Less than, equal to or greater than 0, as a is to b. */
static inline int compare_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

#endif
