/* page_canvas.h - what the lanes of the day's picture are drawn with. */
#ifndef TCONNECTSYNC_PAGE_CANVAS_H
#define TCONNECTSYNC_PAGE_CANVAS_H

#include "page_internal.h"
#include "tconnectsync/page/day_picture.h"

enum {
    MARKS_HEIGHT = 18,
    GLUCOSE_HEIGHT = 150,
    BARS_HEIGHT = 18,
    CARBS_HEIGHT = 20,
    BOLUS_HEIGHT = 46,
    RATE_HEIGHT = 14, /* for the scale of the basal */
    BASAL_HEIGHT = 60,
    HOURS_HEIGHT = 20,
    LANE_GAP = 10,
};

struct canvas {
    const struct page_view *view;
    const struct day_picture *picture;
    struct buffer *out;
    int64_t since, until;
    int y; /* where the next lane begins */
};

/* Of the day that the view shows. */
void page_window(const struct page_view *view, int64_t *since, int64_t *until);
/* How far from since to until, in hundredths of a percent, and in minutes. */
int canvas_across(const struct canvas *canvas, int64_t instant);
int canvas_minute(const struct canvas *canvas, int64_t instant);
char *canvas_percent(char *words, int hundredths);
int canvas_minutes(const struct canvas *canvas); /* in all */
bool canvas_shows(const struct canvas *canvas, int64_t time);
/* The class of a text there: near an edge it stays inside. */
const char *canvas_anchor(int hundredths);
/* An inner drawing on the present lane; to be closed with </svg>. */
void canvas_open_curves(struct canvas *canvas, int height);
void canvas_add_block(struct canvas *canvas, const char *class, int64_t from, int64_t until, int y,
                      int height, const char *title);

#endif
