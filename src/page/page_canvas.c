/* The outer drawing is not scaled: across it counts percent, down it pixels, so that text keeps its size from
   phone to desktop. Curves sit in inner drawings that stretch, a unit across per minute. */
#include "page_canvas.h"

#include <stdio.h>

void page_window(const struct page_view *view, int64_t *since, int64_t *until)
{
    *since = view->day_until ? view->day_from : view->now - SECONDS_PER_DAY;
    *until = view->day_until ? view->day_until : view->now;
}

int canvas_across(const struct canvas *canvas, int64_t instant)
{
    const int64_t seconds = instant - canvas->since, all = canvas->until - canvas->since;
    return seconds <= 0 ? 0 : seconds >= all ? 10000 : (int)(seconds * 10000 / all);
}

int canvas_minutes(const struct canvas *canvas)
{
    return (int)((canvas->until - canvas->since) / SECONDS_PER_MINUTE);
}

int canvas_minute(const struct canvas *canvas, int64_t instant)
{
    const int64_t seconds = instant - canvas->since;
    return seconds <= 0               ? 0
           : instant >= canvas->until ? canvas_minutes(canvas)
                                      : (int)(seconds / SECONDS_PER_MINUTE);
}

char *canvas_percent(char *words, int hundredths)
{
    snprintf(words, PAGE_WORDS_SIZE, "%d.%02d%%", hundredths / 100, hundredths % 100);
    return words;
}

bool canvas_shows(const struct canvas *canvas, int64_t time)
{
    return time > canvas->since && time <= canvas->until;
}

const char *canvas_anchor(int hundredths)
{
    return hundredths < 600 ? "from" : hundredths > 9400 ? "upto" : "mid";
}

void canvas_open_curves(struct canvas *canvas, int height)
{
    page_add(
        canvas->out,
        "<svg y=\"%d\" width=\"100%%\" height=\"%d\" viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\">",
        canvas->y, height, canvas_minutes(canvas), height);
}

void canvas_add_block(struct canvas *canvas, const char *class, int64_t from, int64_t until, int y,
                      int height, const char *title)
{
    char x[PAGE_WORDS_SIZE], width[PAGE_WORDS_SIZE];
    const int begin = canvas_across(canvas, from), end = canvas_across(canvas, until);
    if (end > begin)
        page_add(canvas->out,
                 "<rect class=\"%s\" x=\"%s\" y=\"%d\" width=\"%s\" height=\"%d\"><title>%s</title></rect>",
                 class, canvas_percent(x, begin), y, canvas_percent(width, end - begin), height, title);
}
