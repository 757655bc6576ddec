/* The last 24 hours as inline SVG: its lanes of glucose and of what the pump was told, its hours, its key. */
#include <stdio.h>
#include <string.h>

#include "page_canvas.h"
#include "page_picture_insulin.h"
#include "page_picture_marks.h"
#include "page_picture_table.h"

#define LOWEST_SHOWN 40

/* ---- glucose ---- */

static int highest_shown(const struct canvas *canvas)
{
    for (size_t i = 0; i < canvas->picture->reading_count; i++)
        if (canvas->picture->readings[i].glucose > 300)
            return 400;
    return 300;
}

static int glucose_y(int glucose, int highest)
{
    if (glucose < LOWEST_SHOWN)
        glucose = LOWEST_SHOWN;
    if (glucose > highest)
        glucose = highest;
    return GLUCOSE_HEIGHT - (glucose - LOWEST_SHOWN) * GLUCOSE_HEIGHT / (highest - LOWEST_SHOWN);
}

enum { LEVELS_MAXIMUM = 3 };

/* The heights of the band, which get a line and a number; how many. */
static size_t choose_levels(const struct canvas *canvas, int levels[LEVELS_MAXIMUM])
{
    levels[0] = canvas->picture->target_low;
    levels[1] = canvas->picture->target_high;
    return canvas->picture->target_low ? 2 : 0;
}

static void add_levels(struct canvas *canvas, int highest, const int *levels, size_t count)
{
    const struct day_picture *picture = canvas->picture;
    if (picture->target_low) {
        const int top = canvas->y + glucose_y(picture->target_high, highest);
        page_add(canvas->out, "<rect class=\"band\" x=\"0\" width=\"100%%\" y=\"%d\" height=\"%d\"/>", top,
                 canvas->y + glucose_y(picture->target_low, highest) - top);
    }
    for (size_t i = 0; i < count; i++) {
        const int y = canvas->y + glucose_y(levels[i], highest);
        page_add(canvas->out, "<line class=\"level\" x1=\"0\" x2=\"100%%\" y1=\"%d\" y2=\"%d\"/>", y, y);
    }
}

/* Above the dots, so that these do not hide them. */
static void add_level_numbers(struct canvas *canvas, int highest, const int *levels, size_t count)
{
    char words[PAGE_WORDS_SIZE];
    for (size_t i = 0; i < count; i++)
        page_add(canvas->out, "<text class=\"axis\" x=\"2\" y=\"%d\">%s</text>",
                 canvas->y + glucose_y(levels[i], highest) - 3, page_glucose(words, canvas->view, levels[i]));
}

/* One path for those below, within and above the band. */
static void add_dots(struct canvas *canvas, int which, const char *class, int highest)
{
    const struct day_picture *picture = canvas->picture;
    bool any = false;
    for (size_t i = 0; i < picture->reading_count; i++) {
        const struct day_reading *reading = &picture->readings[i];
        const int side = !picture->target_low                      ? 0
                         : reading->glucose < picture->target_low  ? -1
                         : reading->glucose > picture->target_high ? 1
                                                                   : 0;
        if (side != which || !canvas_shows(canvas, reading->time))
            continue;
        if (!any)
            page_add(canvas->out, "<path class=\"%s\" d=\"", class);
        page_add(canvas->out, "M%d %dh0", canvas_minute(canvas, reading->time),
                 glucose_y(reading->glucose, highest));
        any = true;
    }
    if (any)
        page_add(canvas->out, "\"/>");
}

/* Round numbers at the right edge, besides the band's own at the left. */
static void add_scale(struct canvas *canvas, int highest)
{
    static const int round[] = {100, 200, 300}, round_mmol[] = {90, 180, 270}; /* 5, 10, 15 mmol/L */
    char words[PAGE_WORDS_SIZE];
    for (int i = 0; i < LEVELS_MAXIMUM; i++) {
        const int level = canvas->view->mmol ? round_mmol[i] : round[i];
        const int y = canvas->y + glucose_y(level, highest);
        page_add(canvas->out, "<line class=\"tick\" x1=\"98.5%%\" x2=\"100%%\" y1=\"%d\" y2=\"%d\"/>", y, y);
        page_add(canvas->out, "<text class=\"axis upto\" x=\"98%%\" y=\"%d\">%s</text>", y + 4,
                 page_glucose(words, canvas->view, level));
    }
}

static void add_glucose(struct canvas *canvas)
{
    const int highest = highest_shown(canvas);
    int levels[LEVELS_MAXIMUM];
    const size_t count = choose_levels(canvas, levels);
    add_levels(canvas, highest, levels, count);
    canvas_open_curves(canvas, GLUCOSE_HEIGHT);
    add_dots(canvas, 0, "dots", highest);
    add_dots(canvas, 1, "dots high", highest);
    add_dots(canvas, -1, "dots low", highest);
    page_add(canvas->out, "</svg>");
    add_level_numbers(canvas, highest, levels, count);
    add_scale(canvas, highest);
    canvas->y += GLUCOSE_HEIGHT + LANE_GAP;
}

/* ---- sleep and exercise ---- */

static void add_activity(struct canvas *canvas, const struct day_bar *bar)
{
    char x[PAGE_WORDS_SIZE], from[PAGE_WORDS_SIZE], until[PAGE_WORDS_SIZE], title[4 * PAGE_WORDS_SIZE];
    const bool sleep = bar->kind == DAY_SLEEP;
    const int begin = canvas_across(canvas, bar->from), end = canvas_across(canvas, bar->until);
    snprintf(title, sizeof title, "%.60s, %.60s - %.60s", page_say(sleep ? "Sleep" : "Exercise"),
             page_clock(from, canvas->view, bar->from), page_clock(until, canvas->view, bar->until));
    canvas_add_block(canvas, sleep ? "sleep" : "exercise", bar->from, bar->until, canvas->y, BARS_HEIGHT,
                     title);
    if (end - begin > (sleep ? 1200 : 1700))
        page_add(canvas->out, "<text class=\"mid\" x=\"%s\" y=\"%d\">%s</text>",
                 canvas_percent(x, (begin + end) / 2), canvas->y + 13,
                 page_say(sleep ? "Sleep" : "Exercise"));
}

static void add_activities(struct canvas *canvas)
{
    bool any = false;
    for (size_t i = 0; i < canvas->picture->bar_count; i++) {
        const struct day_bar *bar = &canvas->picture->bars[i];
        if (bar->kind == DAY_SUSPENDED || bar->until <= canvas->since || bar->from >= canvas->until)
            continue;
        add_activity(canvas, bar);
        any = true;
    }
    canvas->y += any ? BARS_HEIGHT + LANE_GAP : 0;
}

/* ---- hours, and what is not there yet ---- */

static void add_hours(struct canvas *canvas, int bottom)
{
    char x[PAGE_WORDS_SIZE], words[PAGE_WORDS_SIZE];
    const int64_t first =
        canvas->since - page_wall(canvas->view, canvas->since) % SECONDS_PER_HOUR + SECONDS_PER_HOUR;
    for (int64_t hour = first; hour <= canvas->until; hour += SECONDS_PER_HOUR) {
        const int64_t wall = page_wall(canvas->view, hour);
        const int of_day = (int)(civil_second_of_day(wall) / SECONDS_PER_HOUR);
        const int place = canvas_across(canvas, hour);
        if (of_day % 3 != 0)
            continue;
        canvas_percent(x, place);
        page_add(canvas->out, "<line class=\"hour%s\" x1=\"%s\" x2=\"%s\" y1=\"0\" y2=\"%d\"/>",
                 of_day ? "" : " midnight", x, x, bottom);
        page_add(canvas->out, "<text class=\"axis %s%s\" x=\"%s\" y=\"%d\">%s</text>", canvas_anchor(place),
                 of_day % 6 ? " wide" : "", x, bottom + 14, page_hour(words, canvas->view, wall));
    }
}

static void add_unknown(struct canvas *canvas, int bottom)
{
    const int64_t newest = canvas->picture->newest_event;
    if (newest != NO_TIME && newest < canvas->until)
        canvas_add_block(canvas, "unknown", newest, canvas->until, 0, bottom, page_say("not uploaded yet"));
}

/* ---- around it ---- */

static void add_key(struct canvas *canvas, bool present, const char *class, const char *words)
{
    if (present)
        page_add(canvas->out,
                 "<li><svg class=\"key\" viewBox=\"0 0 14 14\" aria-hidden=\"true\"><rect class=\"%s\" "
                 "x=\"1\" y=\"1\" "
                 "width=\"12\" height=\"12\" rx=\"2\"/></svg>%s</li>",
                 class, page_say(words));
}

static void add_keys(struct canvas *canvas)
{
    const struct day_picture *picture = canvas->picture;
    bool carbs = false, automatic = false, by_hand = false, bars[3] = {false};
    for (size_t i = 0; i < picture->bolus_count; i++) {
        const struct day_bolus *bolus = &picture->boluses[i];
        carbs |= bolus->carbs > 0;
        automatic |= bolus->automatic;
        by_hand |= !bolus->automatic;
    }
    for (size_t i = 0; i < picture->bar_count; i++)
        bars[picture->bars[i].kind] = true;
    page_add(canvas->out, "<ul class=\"keys\">");
    add_key(canvas, picture->reading_count > 0, "k-dots",
            canvas->view->mmol ? "glucose, mmol/L" : "glucose, mg/dL");
    add_key(canvas, picture->reading_count > 0 && picture->target_low, "band", "between the pump's alerts");
    add_key(canvas, carbs, "carbs", "carbs");
    add_key(canvas, by_hand, "k-bolus", "bolus, U");
    add_key(canvas, automatic, "k-auto", "bolus given by the pump");
    add_key(canvas, picture->step_count > 0, "basal", "basal");
    add_key(canvas, picture->segment_count > 0, "k-profile", "basal of the profile");
    add_key(canvas, bars[DAY_SUSPENDED], "suspended", "insulin suspended");
    add_key(canvas, bars[DAY_SLEEP], "sleep", "sleep");
    add_key(canvas, bars[DAY_EXERCISE], "exercise", "exercise");
    add_key(canvas, picture->newest_event != NO_TIME, "unknown", "not uploaded yet");
    canvas_add_mark_keys(canvas);
    page_add(canvas->out, "</ul>");
}

static void add_summary(struct canvas *canvas, const struct day_totals *totals, bool as_list)
{
    char low[PAGE_WORDS_SIZE], high[PAGE_WORDS_SIZE], basal[PAGE_WORDS_SIZE], insulin[PAGE_WORDS_SIZE],
        carbs[PAGE_WORDS_SIZE];
    page_glucose(low, canvas->view, totals->glucose_low);
    page_glucose(high, canvas->view, totals->glucose_high);
    page_decimal(basal, totals->basal, 1);
    page_decimal(insulin, totals->insulin, 1);
    page_decimal(carbs, totals->carbs, 0);
    if (as_list) {
        page_add(canvas->out,
                 "<dl class=\"totals\"><div><dt>Basal</dt><dd>%s U</dd></div><div><dt>Boluses</dt><dd>%s "
                 "U</dd></div>"
                 "<div><dt>Carbs</dt><dd>%s g</dd></div>",
                 basal, insulin, carbs);
        if (totals->readings)
            page_add(canvas->out, "<div><dt>Glucose</dt><dd>%s to %s</dd></div>", low, high);
        page_add(canvas->out, "</dl>");
        return;
    }
    page_add(canvas->out, "Basal %s U, %zu boluses of %s U in all, carbs %s g", basal, totals->boluses,
             insulin, carbs);
    if (totals->readings)
        page_add(canvas->out, ", glucose from %s to %s %s", low, high, page_glucose_unit(canvas->view));
    page_add(canvas->out, ". The numbers by hour are below.");
}

static int height_of(const struct canvas *canvas)
{
    int height = LANE_GAP + canvas_marks_height(canvas) + CARBS_HEIGHT + BOLUS_HEIGHT + RATE_HEIGHT +
                 BASAL_HEIGHT + HOURS_HEIGHT;
    if (canvas->picture->reading_count)
        height += GLUCOSE_HEIGHT + LANE_GAP;
    for (size_t i = 0; i < canvas->picture->bar_count; i++) {
        const struct day_bar *bar = &canvas->picture->bars[i];
        if (bar->kind != DAY_SUSPENDED && bar->until > canvas->since && bar->from < canvas->until)
            return height + BARS_HEIGHT + LANE_GAP;
    }
    return height;
}

void page_picture(const struct page_view *view, struct buffer *out)
{
    struct canvas canvas = {.view = view, .picture = view->picture, .out = out, .y = LANE_GAP};
    page_window(view, &canvas.since, &canvas.until);
    if (*view->day && (!view->picture || !view->picture->known)) {
        if (view->day_error)
            page_said(view->day_error, out);
        else
            page_add(out, "<p class=\"empty\">This day is being read from the pump's log. It appears here in "
                          "a moment.</p>");
        return;
    }
    if (!view->picture || !view->picture->known) {
        page_add(out, "<p class=\"empty\">The picture of the day appears after the first good sync.</p>");
        return;
    }
    const struct day_totals totals = day_totals(canvas.picture, canvas.since, canvas.until + 1);
    const int height = height_of(&canvas);
    if (!totals.readings && !totals.boluses && !totals.basal) {
        if (*view->day)
            page_add(out, "<p class=\"empty\">The pump's log has nothing of this day.</p>");
        else
            page_add(
                out,
                "<p class=\"empty\">The phone has not uploaded anything from the last 24 hours yet.</p>");
        return;
    }
    page_add(out,
             "<svg class=\"day\" id=\"day-drawing\" data-said=\"day-said\" width=\"100%%\" height=\"%d\" "
             "role=\"img\" aria-label=\"",
             height);
    add_summary(&canvas, &totals, false);
    page_add(out, "\"");
    canvas_add_data(&canvas);
    page_add(out, "><defs><pattern id=\"stripes\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">"
                  "<path d=\"M-1.5 1.5l3-3M0 6l6-6M4.5 7.5l3-3\"/></pattern>");
    canvas_add_shapes(&canvas);
    page_add(out, "</defs>");
    add_unknown(&canvas, height - HOURS_HEIGHT);
    add_hours(&canvas, height - HOURS_HEIGHT);
    canvas_add_marks(&canvas);
    if (canvas.picture->reading_count)
        add_glucose(&canvas);
    add_activities(&canvas);
    canvas_add_carbs(&canvas);
    canvas_add_boluses(&canvas);
    canvas_add_basal(&canvas);
    page_add(out, "</svg><p class=\"reading\" id=\"day-said\" hidden>");
    page_add(out, "Tap, drag or use the arrow keys to read the day.");
    page_add(out, "</p>");
    add_keys(&canvas);
    add_summary(&canvas, &totals, true);
}
