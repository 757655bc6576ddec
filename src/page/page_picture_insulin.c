/* The lanes of the day's picture that tell of insulin: carbs and boluses as marks, basal as steps. */
#include "page_picture_insulin.h"

#include <stdio.h>
#include <stdlib.h>

#include "page_canvas.h"

#define BOLUS_TALLEST 28

/* ---- boluses and carbs ---- */

enum label { LABEL_NONE, LABEL_WIDE, LABEL_ALWAYS };

/* The largest amount that is not yet done; count when none is left. */
static size_t largest_left(const int32_t *amounts, const bool *done, size_t count)
{
    size_t best = count;
    for (size_t i = 0; i < count; i++)
        if (!done[i] && amounts[i] > 0 && (best == count || amounts[i] > amounts[best]))
            best = i;
    return best;
}

static bool has_room(const struct day_picture *picture, const uint8_t *labels, size_t index, int64_t spacing)
{
    for (size_t i = 0; i < picture->bolus_count; i++)
        if (labels[i] != LABEL_NONE &&
            llabs(picture->boluses[i].time - picture->boluses[index].time) < spacing)
            return false;
    return true;
}

/* Which amounts have room to be written: the largest first, on a phone (ALWAYS) and where it is wider. */
static void place_labels(const struct canvas *canvas, const int32_t *amounts, uint8_t *labels)
{
    static const int64_t spacings[] = {
        [LABEL_WIDE] = 60 * SECONDS_PER_MINUTE, [LABEL_ALWAYS] = 130 * SECONDS_PER_MINUTE};
    const size_t count = canvas->picture->bolus_count;
    for (enum label label = LABEL_ALWAYS; label > LABEL_NONE; label--) {
        bool done[DAY_BOLUSES] = {false};
        for (size_t i; (i = largest_left(amounts, done, count)) < count; done[i] = true)
            if (canvas_shows(canvas, canvas->picture->boluses[i].time) &&
                has_room(canvas->picture, labels, i, spacings[label]))
                labels[i] = (uint8_t)label;
    }
}

static void add_label(struct canvas *canvas, enum label label, int hundredths, int y, const char *text)
{
    char x[PAGE_WORDS_SIZE];
    if (label != LABEL_NONE)
        page_add(canvas->out, "<text class=\"%s%s\" x=\"%s\" y=\"%d\">%s</text>", canvas_anchor(hundredths),
                 label == LABEL_WIDE ? " wide" : "", canvas_percent(x, hundredths), y, text);
}

void canvas_add_carbs(struct canvas *canvas)
{
    const struct day_picture *picture = canvas->picture;
    int32_t amounts[DAY_BOLUSES];
    uint8_t labels[DAY_BOLUSES] = {LABEL_NONE};
    char x[PAGE_WORDS_SIZE], grams[PAGE_WORDS_SIZE], text[PAGE_WORDS_SIZE + 4];
    for (size_t i = 0; i < picture->bolus_count; i++)
        amounts[i] = picture->boluses[i].carbs;
    place_labels(canvas, amounts, labels);
    for (size_t i = 0; i < picture->bolus_count; i++) {
        const struct day_bolus *bolus = &picture->boluses[i];
        if (!bolus->carbs || !canvas_shows(canvas, bolus->time))
            continue;
        const int place = canvas_across(canvas, bolus->time);
        snprintf(text, sizeof text, "%s g", page_decimal(grams, bolus->carbs, 0));
        page_add(canvas->out,
                 "<circle class=\"carbs\" cx=\"%s\" cy=\"%d\" r=\"4\"><title>%s carbs</title></circle>",
                 canvas_percent(x, place), canvas->y + CARBS_HEIGHT - 4, text);
        add_label(canvas, labels[i], place, canvas->y + CARBS_HEIGHT - 11, text);
    }
    canvas->y += CARBS_HEIGHT;
}

static void add_bolus(struct canvas *canvas, const struct day_bolus *bolus, int32_t largest, enum label label)
{
    char x[PAGE_WORDS_SIZE], units[PAGE_WORDS_SIZE], clock[PAGE_WORDS_SIZE];
    const int place = canvas_across(canvas, bolus->time), bottom = canvas->y + BOLUS_HEIGHT;
    const int height = 3 + (int)((int64_t)bolus->insulin * (BOLUS_TALLEST - 3) / largest);
    canvas_percent(x, place);
    page_decimal(units, bolus->insulin, 2);
    page_add(
        canvas->out,
        "<line class=\"bolus%s\" x1=\"%s\" x2=\"%s\" y1=\"%d\" y2=\"%d\"><title>%s: %s U%s</title></line>",
        bolus->automatic ? " auto" : "", x, x, bottom, bottom - height,
        page_clock(clock, canvas->view, bolus->time), units, bolus->automatic ? ", given by the pump" : "");
    add_label(canvas, label, place, bottom - height - 5, page_decimal(units, bolus->insulin, 1));
}

void canvas_add_boluses(struct canvas *canvas)
{
    const struct day_picture *picture = canvas->picture;
    int32_t amounts[DAY_BOLUSES], largest = 2000;
    uint8_t labels[DAY_BOLUSES] = {LABEL_NONE};
    for (size_t i = 0; i < picture->bolus_count; i++) {
        amounts[i] = picture->boluses[i].insulin;
        if (amounts[i] > largest)
            largest = amounts[i];
    }
    place_labels(canvas, amounts, labels);
    for (size_t i = 0; i < picture->bolus_count; i++)
        if (canvas_shows(canvas, picture->boluses[i].time))
            add_bolus(canvas, &picture->boluses[i], largest, (enum label)labels[i]);
    page_add(canvas->out, "<line class=\"base\" x1=\"0\" x2=\"100%%\" y1=\"%d\" y2=\"%d\"/>",
             canvas->y + BOLUS_HEIGHT, canvas->y + BOLUS_HEIGHT);
    canvas->y += BOLUS_HEIGHT + RATE_HEIGHT;
}

/* ---- basal ---- */

static int32_t highest_rate(const struct canvas *canvas)
{
    int32_t highest = 500;
    for (size_t i = 0; i < canvas->picture->step_count; i++)
        if (canvas->picture->steps[i].until > canvas->since && canvas->picture->steps[i].rate > highest)
            highest = canvas->picture->steps[i].rate;
    for (size_t i = 0; i < canvas->picture->segment_count; i++)
        if (canvas->picture->segments[i].rate > highest)
            highest = canvas->picture->segments[i].rate;
    return highest;
}

/* An area under steps; where nothing is known there is none. */
static void add_steps(struct canvas *canvas, int32_t highest)
{
    const struct day_picture *picture = canvas->picture;
    int64_t reached = NO_TIME;
    page_add(canvas->out, "<path class=\"basal\" d=\"");
    for (size_t i = 0; i < picture->step_count; i++) {
        const struct day_step *step = &picture->steps[i];
        if (step->until <= canvas->since || step->from >= canvas->until)
            continue;
        if (reached == NO_TIME || step->from - reached > 2 * SECONDS_PER_MINUTE) {
            if (reached != NO_TIME)
                page_add(canvas->out, "V%d", BASAL_HEIGHT);
            page_add(canvas->out, "M%d %d", canvas_minute(canvas, step->from), BASAL_HEIGHT);
        }
        page_add(canvas->out, "V%dH%d",
                 BASAL_HEIGHT - (int)((int64_t)step->rate * (BASAL_HEIGHT - 2) / highest),
                 canvas_minute(canvas, step->until));
        reached = step->until;
    }
    page_add(canvas->out, reached == NO_TIME ? "\"/>" : "V%d\"/>", BASAL_HEIGHT);
}

/* What the profile would have given, as a line over what was. */
static void add_profile(struct canvas *canvas, int32_t highest)
{
    int32_t before = -1;
    if (canvas->picture->segment_count == 0)
        return;
    page_add(canvas->out, "<path class=\"profile\" d=\"");
    for (int64_t time = canvas->since; time < canvas->until; time += 15 * SECONDS_PER_MINUTE) {
        const int32_t rate = day_picture_profile_rate(canvas->picture, page_wall(canvas->view, time));
        const int y = BASAL_HEIGHT - (int)((int64_t)rate * (BASAL_HEIGHT - 2) / highest);
        if (before < 0)
            page_add(canvas->out, "M0 %d", y);
        else if (rate != before)
            page_add(canvas->out, "H%dV%d", canvas_minute(canvas, time), y);
        before = rate;
    }
    page_add(canvas->out, "H%d\"/>", canvas_minutes(canvas));
}

static void add_suspensions(struct canvas *canvas)
{
    char from[PAGE_WORDS_SIZE], until[PAGE_WORDS_SIZE], title[4 * PAGE_WORDS_SIZE];
    for (size_t i = 0; i < canvas->picture->bar_count; i++) {
        const struct day_bar *bar = &canvas->picture->bars[i];
        if (bar->kind != DAY_SUSPENDED)
            continue;
        snprintf(title, sizeof title, "%.60s, %.60s - %.60s%.60s", page_say("Insulin suspended"),
                 page_clock(from, canvas->view, bar->from), page_clock(until, canvas->view, bar->until),
                 bar->open ? page_say(", no end known yet") : "");
        canvas_add_block(canvas, "suspended", bar->from, bar->until, canvas->y, BASAL_HEIGHT, title);
    }
}

void canvas_add_basal(struct canvas *canvas)
{
    char words[PAGE_WORDS_SIZE];
    const int32_t highest = highest_rate(canvas);
    canvas_open_curves(canvas, BASAL_HEIGHT);
    add_steps(canvas, highest);
    add_profile(canvas, highest);
    page_add(canvas->out, "</svg>");
    add_suspensions(canvas);
    page_add(canvas->out,
             "<line class=\"base\" x1=\"0\" x2=\"100%%\" y1=\"%d\" y2=\"%d\"/><text class=\"axis\" x=\"2\" "
             "y=\"%d\">%s U/h</text>",
             canvas->y + BASAL_HEIGHT, canvas->y + BASAL_HEIGHT, canvas->y - 2,
             page_decimal(words, highest, 1));
}
