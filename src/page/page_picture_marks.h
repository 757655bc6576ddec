/* page_picture_marks.h - what happened at a moment: alarms, alerts, changes of site, cartridge and sensor;
   and the day as a script reads it out. */
#ifndef TCONNECTSYNC_PAGE_PICTURE_MARKS_H
#define TCONNECTSYNC_PAGE_PICTURE_MARKS_H

struct buffer;
struct canvas;
struct day_mark;
struct page_view;

int canvas_marks_height(const struct canvas *canvas); /* 0: there are none */
void canvas_add_shapes(struct canvas *canvas);        /* that the marks use */
void canvas_add_marks(struct canvas *canvas);
void canvas_add_mark_keys(struct canvas *canvas);
void page_marks_list(const struct page_view *view, struct buffer *out);
/* "Alarm: OcclusionAlarm"; words has twice PAGE_WORDS_SIZE and is returned. */
char *page_mark_words(char *words, const struct day_mark *mark);

/* page_picture_data.c: the drawing's attributes for page.js. */
void canvas_add_data(struct canvas *canvas);

#endif
