/* The day as page.js reads it out: lists in the drawing's attributes, times as minutes from its left
   edge, numbers as the reader writes them. */
#include "page_canvas.h"
#include "page_picture_marks.h"
#include "page_picture_table.h"

/* The clock at the left edge, and where it jumps: "1020" or "1020,180,-60". */
static void add_clock(struct canvas *canvas)
{
    const int64_t first = page_wall(canvas->view, canvas->since) - canvas->since;
    const int64_t wall = canvas->since + first;
    page_add(canvas->out, " data-clock=\"%ld", (long)(civil_second_of_day(wall) / SECONDS_PER_MINUTE));
    for (int64_t time = canvas->since; time < canvas->until; time += SECONDS_PER_MINUTE) {
        const int64_t offset = page_wall(canvas->view, time) - time;
        if (offset == first)
            continue;
        page_add(canvas->out, ",%d,%ld", canvas_minute(canvas, time),
                 (long)((offset - first) / SECONDS_PER_MINUTE));
        break;
    }
    page_add(canvas->out, "\"");
}

static void add_readings(struct canvas *canvas)
{
    char words[PAGE_WORDS_SIZE];
    page_add(canvas->out, " data-readings=\"");
    for (size_t i = 0; i < canvas->picture->reading_count; i++)
        if (canvas_shows(canvas, canvas->picture->readings[i].time))
            page_add(canvas->out, "%d %s;", canvas_minute(canvas, canvas->picture->readings[i].time),
                     page_glucose(words, canvas->view, canvas->picture->readings[i].glucose));
    page_add(canvas->out, "\"");
}

static void add_boluses(struct canvas *canvas)
{
    char units[PAGE_WORDS_SIZE], grams[PAGE_WORDS_SIZE];
    page_add(canvas->out, " data-boluses=\"");
    for (size_t i = 0; i < canvas->picture->bolus_count; i++) {
        const struct day_bolus *bolus = &canvas->picture->boluses[i];
        if (canvas_shows(canvas, bolus->time))
            page_add(canvas->out, "%d %s %s %d;", canvas_minute(canvas, bolus->time),
                     page_decimal(units, bolus->insulin, 2), page_decimal(grams, bolus->carbs, 0),
                     bolus->automatic);
    }
    page_add(canvas->out, "\"");
}

/* From when, at which rate; none from where it is not known. The profile's by the minute of the day. */
static void add_steps(struct canvas *canvas)
{
    char rate[PAGE_WORDS_SIZE];
    const struct day_step *before = NULL;
    page_add(canvas->out, " data-steps=\"");
    for (size_t i = 0; i < canvas->picture->step_count; i++) {
        const struct day_step *step = &canvas->picture->steps[i];
        if (step->until <= canvas->since || step->from >= canvas->until)
            continue;
        if (before && before->until != step->from)
            page_add(canvas->out, "%d;", canvas_minute(canvas, before->until));
        if (!before || before->until != step->from || before->rate != step->rate)
            page_add(canvas->out, "%d %s;", canvas_minute(canvas, step->from),
                     page_decimal(rate, step->rate, 2));
        before = step;
    }
    if (before)
        page_add(canvas->out, "%d;", canvas_minute(canvas, before->until));
    page_add(canvas->out, "\" data-profile=\"");
    for (size_t i = 0; i < canvas->picture->segment_count; i++)
        page_add(canvas->out, "%d %s;", canvas->picture->segments[i].minute,
                 page_decimal(rate, canvas->picture->segments[i].rate, 2));
    page_add(canvas->out, "\"");
}

/* From, until, words; of the marks the minute and words. */
static void add_events(struct canvas *canvas)
{
    static const char *const names[] = {
        [DAY_SLEEP] = "Sleep", [DAY_EXERCISE] = "Exercise", [DAY_SUSPENDED] = "Insulin suspended"};
    char words[PAGE_WORDS_SIZE * 2];
    page_add(canvas->out, " data-bars=\"");
    for (size_t i = 0; i < canvas->picture->bar_count; i++) {
        const struct day_bar *bar = &canvas->picture->bars[i];
        if (bar->until > canvas->since && bar->from < canvas->until)
            page_add(canvas->out, "%d %d %s;", canvas_minute(canvas, bar->from),
                     canvas_minute(canvas, bar->until), page_say(names[bar->kind]));
    }
    page_add(canvas->out, "\" data-marks=\"");
    for (size_t i = 0; i < canvas->picture->mark_count; i++) {
        const struct day_mark *mark = &canvas->picture->marks[i];
        if (canvas_shows(canvas, mark->time))
            page_add(canvas->out, "%d %s;", canvas_minute(canvas, mark->time), page_mark_words(words, mark));
    }
    page_add(canvas->out, "\"");
}

void canvas_add_data(struct canvas *canvas)
{
    page_add(canvas->out, " data-minutes=\"%d\" data-unit=\"%s\"", canvas_minutes(canvas),
             page_glucose_unit(canvas->view));
    add_clock(canvas);
    add_readings(canvas);
    add_boluses(canvas);
    add_steps(canvas);
    add_events(canvas);
    page_add(canvas->out, " data-words=\"%s\"",
             page_say("glucose|bolus|given by the pump|carbs|basal|profile|nothing known"));
}
