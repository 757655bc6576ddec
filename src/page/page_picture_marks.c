/* The lane of what happened at a moment; told apart by shape as well as by color. */
#include "page_picture_marks.h"

#include <stdio.h>

#include "page_canvas.h"

static const struct {
    const char *name, *id, *shape;
} kinds[DAY_MARK_KINDS] = {
    [DAY_ALARM] = {"Alarm", "m-alarm", "M0-6L6 5H-6z"},
    [DAY_ALERT] = {"Glucose alert", "m-alert", "M0-6L5 0L0 6L-5 0z"},
    [DAY_SITE] = {"Site change", "m-site", "M-5-5H5V5H-5z"},
    [DAY_CARTRIDGE] = {"Cartridge change", "m-cartridge", "M-3-6H3V6H-3z"},
    [DAY_SENSOR] = {"Sensor start", "m-sensor", "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0z"},
};

char *page_mark_words(char *words, const struct day_mark *mark)
{
    snprintf(words, PAGE_WORDS_SIZE * 2, "%.60s%s%s", page_say(kinds[mark->kind].name),
             *mark->words ? ": " : "", mark->words);
    return words;
}

static bool has_kind(const struct canvas *canvas, enum day_mark_kind kind)
{
    for (size_t i = 0; i < canvas->picture->mark_count; i++)
        if (canvas->picture->marks[i].kind == kind && canvas_shows(canvas, canvas->picture->marks[i].time))
            return true;
    return false;
}

int canvas_marks_height(const struct canvas *canvas)
{
    for (int kind = 0; kind < DAY_MARK_KINDS; kind++)
        if (has_kind(canvas, kind))
            return MARKS_HEIGHT;
    return 0;
}

void canvas_add_shapes(struct canvas *canvas)
{
    for (int kind = 0; kind < DAY_MARK_KINDS; kind++)
        page_add(canvas->out, "<path id=\"%s\" d=\"%s\"/>", kinds[kind].id, kinds[kind].shape);
}

void canvas_add_marks(struct canvas *canvas)
{
    char x[PAGE_WORDS_SIZE], clock[PAGE_WORDS_SIZE], words[PAGE_WORDS_SIZE * 2];
    for (size_t i = 0; i < canvas->picture->mark_count; i++) {
        const struct day_mark *mark = &canvas->picture->marks[i];
        if (canvas_shows(canvas, mark->time))
            page_add(canvas->out,
                     "<use class=\"%s\" href=\"#%s\" x=\"%s\" y=\"%d\"><title>%s: %s</title></use>",
                     kinds[mark->kind].id, kinds[mark->kind].id,
                     canvas_percent(x, canvas_across(canvas, mark->time)), canvas->y + 2,
                     page_clock(clock, canvas->view, mark->time), page_mark_words(words, mark));
    }
    canvas->y += canvas_marks_height(canvas);
}

void canvas_add_mark_keys(struct canvas *canvas)
{
    for (int kind = 0; kind < DAY_MARK_KINDS; kind++)
        if (has_kind(canvas, kind))
            page_add(canvas->out,
                     "<li><svg class=\"key\" viewBox=\"-7 -7 14 14\" aria-hidden=\"true\"><path class=\"%s\" "
                     "d=\"%s\"/></svg>%s</li>",
                     kinds[kind].id, kinds[kind].shape, page_say(kinds[kind].name));
}

void page_marks_list(const struct page_view *view, struct buffer *out)
{
    char clock[PAGE_WORDS_SIZE], words[PAGE_WORDS_SIZE * 2];
    if (view->picture->mark_count == 0)
        return;
    page_add(out, "<ul>");
    for (size_t i = 0; i < view->picture->mark_count; i++)
        page_add(out, "<li>%s: %s</li>", page_clock(clock, view, view->picture->marks[i].time),
                 page_mark_words(words, &view->picture->marks[i]));
    page_add(out, "</ul>");
}
