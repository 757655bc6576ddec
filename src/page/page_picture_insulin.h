/* page_picture_insulin.h - the lanes of carbs, boluses and basal, top to bottom. */
#ifndef TCONNECTSYNC_PAGE_PICTURE_INSULIN_H
#define TCONNECTSYNC_PAGE_PICTURE_INSULIN_H

struct canvas;

void canvas_add_carbs(struct canvas *canvas);
void canvas_add_boluses(struct canvas *canvas);
void canvas_add_basal(struct canvas *canvas);

#endif
