/* The day in numbers: hour by hour, for who cannot see the picture or wants to know exactly. */
#include "page_picture_table.h"

#include <stdio.h>
#include <string.h>

#include "page_canvas.h"
#include "page_picture_marks.h"
#include "tconnectsync/page/day_picture.h"

/* What everybody counts as in range, whatever the alerts are set to. */
enum { RANGE_LOW = 70, RANGE_HIGH = 180 };

static int64_t overlap(int64_t from, int64_t until, int64_t low, int64_t high)
{
    const int64_t begin = from > low ? from : low, end = until < high ? until : high;
    return end > begin ? end - begin : 0;
}

struct day_totals day_totals(const struct day_picture *picture, int64_t from, int64_t until)
{
    struct day_totals totals = {0};
    int64_t basal = 0, automatic = 0; /* milliunits an hour, times seconds */
    for (size_t i = 0; i < picture->step_count; i++) {
        const struct day_step *step = &picture->steps[i];
        const int64_t seconds = overlap(from, until, step->from, step->until);
        basal += step->rate * seconds;
        automatic += step->automatic ? step->rate * seconds : 0;
        totals.seconds += seconds;
    }
    totals.basal = (basal + SECONDS_PER_HOUR / 2) / SECONDS_PER_HOUR;
    totals.automatic = (automatic + SECONDS_PER_HOUR / 2) / SECONDS_PER_HOUR;
    for (size_t i = 0; i < picture->bolus_count; i++) {
        const struct day_bolus *bolus = &picture->boluses[i];
        if (bolus->time < from || bolus->time >= until)
            continue;
        totals.insulin += bolus->insulin;
        totals.automatic += bolus->automatic ? bolus->insulin : 0;
        totals.carbs += bolus->carbs;
        totals.boluses++;
    }
    for (size_t i = 0; i < picture->reading_count; i++) {
        const struct day_reading *reading = &picture->readings[i];
        if (reading->time < from || reading->time >= until)
            continue;
        if (!totals.readings || reading->glucose < totals.glucose_low)
            totals.glucose_low = reading->glucose;
        if (!totals.readings || reading->glucose > totals.glucose_high)
            totals.glucose_high = reading->glucose;
        totals.in_range += reading->glucose >= RANGE_LOW && reading->glucose <= RANGE_HIGH;
        totals.readings++;
    }
    return totals;
}

/* 39 and 401 stand for what lies beyond the sensor's range. */
char *page_glucose(char *words, const struct page_view *view, int mg_per_dl)
{
    if (mg_per_dl <= 39 || mg_per_dl >= 401) {
        snprintf(words, PAGE_WORDS_SIZE, mg_per_dl <= 39 ? "LOW" : "HIGH");
        return words;
    }
    if (view->mmol)
        return page_decimal(words, (int64_t)mg_per_dl * 10000000 / 180156, 1);
    return page_decimal(words, (int64_t)mg_per_dl * 1000, 0);
}

const char *page_glucose_unit(const struct page_view *view)
{
    return view->mmol ? "mmol/L" : "mg/dL";
}

static void add_cell(struct buffer *out, int64_t thousandths, int decimals)
{
    char words[PAGE_WORDS_SIZE];
    page_add(out, "<td>%s</td>", thousandths ? page_decimal(words, thousandths, decimals) : "");
}

/* The day stands where it begins. */
static const char *hour_words(char *words, const struct page_view *view, int64_t from, bool first)
{
    const int64_t wall = page_wall(view, from);
    return first || wall % SECONDS_PER_DAY == 0 ? page_clock(words, view, from)
                                                : page_hour(words, view, wall);
}

static void add_hour(const struct page_view *view, int64_t from, bool first, struct buffer *out)
{
    char clock[PAGE_WORDS_SIZE], low[PAGE_WORDS_SIZE], high[PAGE_WORDS_SIZE];
    struct day_totals totals = day_totals(view->picture, from, from + SECONDS_PER_HOUR);
    page_add(out, "<tr><th scope=\"row\">%s</th>", hour_words(clock, view, from, first));
    add_cell(out, totals.basal, 2);
    add_cell(out, totals.insulin, 2);
    add_cell(out, totals.carbs, 0);
    if (totals.readings == 0)
        page_add(out, "<td></td></tr>");
    else if (totals.glucose_low == totals.glucose_high)
        page_add(out, "<td>%s</td></tr>", page_glucose(low, view, totals.glucose_low));
    else
        page_add(out, "<td>%s to %s</td></tr>", page_glucose(low, view, totals.glucose_low),
                 page_glucose(high, view, totals.glucose_high));
}

static const char *bar_words(enum day_bar_kind kind)
{
    return kind == DAY_SLEEP ? "Sleep" : kind == DAY_EXERCISE ? "Exercise" : "Insulin suspended";
}

static void add_bars(const struct page_view *view, int64_t since, struct buffer *out)
{
    char from[PAGE_WORDS_SIZE], until[PAGE_WORDS_SIZE];
    const struct day_picture *picture = view->picture;
    bool any = false;
    for (size_t i = 0; i < picture->bar_count; i++) {
        const struct day_bar *bar = &picture->bars[i];
        if (bar->until <= since)
            continue;
        if (!any)
            page_add(out, "<ul>");
        page_add(out, "<li>%s from %s to %s%s</li>", page_say(bar_words((enum day_bar_kind)bar->kind)),
                 page_clock(from, view, bar->from), page_clock(until, view, bar->until),
                 bar->open ? page_say(", no end known yet") : "");
        any = true;
    }
    if (any)
        page_add(out, "</ul>");
}

void page_picture_table(const struct page_view *view, struct buffer *out)
{
    int64_t since, until;
    page_window(view, &since, &until);
    const int64_t begin = since - page_wall(view, since) % SECONDS_PER_HOUR;
    page_add(out,
             "<table><thead><tr><th scope=\"col\">From</th><th scope=\"col\">Basal <span>U</span></th>"
             "<th scope=\"col\">Boluses <span>U</span></th><th scope=\"col\">Carbs <span>g</span></th>"
             "<th scope=\"col\">Glucose <span>%s</span></th></tr></thead><tbody>",
             page_glucose_unit(view));
    for (int64_t hour = begin; hour < until; hour += SECONDS_PER_HOUR)
        add_hour(view, hour, hour == begin, out);
    page_add(out, "</tbody></table>");
    add_bars(view, since, out);
    page_marks_list(view, out);
}
