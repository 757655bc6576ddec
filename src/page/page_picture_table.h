/* page_picture_table.h - the day's numbers, which the picture tells too. */
#ifndef TCONNECTSYNC_PAGE_PICTURE_TABLE_H
#define TCONNECTSYNC_PAGE_PICTURE_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct day_picture;
struct page_view;

struct day_totals {
    int64_t basal, insulin, carbs; /* milliunits, milliunits (boluses), thousandths of a gram */
    int64_t automatic;             /* milliunits of both that the pump chose by itself */
    int64_t seconds;               /* of which the basal is known */
    size_t boluses, readings, in_range;
    int glucose_low, glucose_high; /* mg/dL, of the readings */
};

/* All of it between two instants. */
struct day_totals day_totals(const struct day_picture *picture, int64_t from, int64_t until);
/* "118" mg/dL, or "6.5" mmol/L. */
char *page_glucose(char *words, const struct page_view *view, int mg_per_dl);
const char *page_glucose_unit(const struct page_view *view);

#endif
