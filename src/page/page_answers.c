/* The answers: what the pump told last, each with its age, and what the day came to. */
#include <stdio.h>

#include "page_internal.h"
#include "page_picture_table.h"
#include "tconnectsync/page/day_picture.h"

#define WHOLE_DAY (23 * SECONDS_PER_HOUR + SECONDS_PER_HOUR / 2)

/* name of what it is; value: in words, "" for those that are but a time. */
static void add_answer(const struct page_view *view, const char *name, const char *value, int64_t time,
                       bool old, struct buffer *out)
{
    page_add(out, old ? "<div class=\"old\"><dt>%s</dt><dd>" : "<div><dt>%s</dt><dd>", page_say(name));
    if (*value)
        page_add(out, "<b>%s</b> <span class=\"at\">", value);
    else
        page_add(out, "<b>");
    page_time(out, view, time);
    page_add(out, *value ? "</span>" : "</b>");
    if (old)
        page_add(out, " <span class=\"age\">old</span>");
    page_add(out, "</dd></div>");
}

/* ---- glucose ---- */

/* As Nightscout names them, by tenths of mg/dL a minute. */
static const char *trend_arrow(int64_t rate)
{
    static const struct {
        int above;
        const char *arrow;
    } arrows[] = {{30, "\u21c8"},  {20, "\u2191"},  {10, "\u2197"},
                  {-11, "\u2192"}, {-21, "\u2198"}, {-31, "\u2193"}};
    for (size_t i = 0; i < sizeof arrows / sizeof *arrows; i++)
        if (rate > arrows[i].above)
            return arrows[i].arrow;
    return "\u21ca";
}

static void glucose_value(const struct page_view *view, const struct day_fact *fact, char *value)
{
    char words[PAGE_WORDS_SIZE];
    const struct day_fact *trend = &view->latest->facts[FACT_TREND];
    snprintf(value, PAGE_WORDS_SIZE, "%.20s %s%s%s", page_glucose(words, view, (int)fact->value),
             page_glucose_unit(view), trend->time == fact->time ? " " : "",
             trend->time == fact->time ? trend_arrow(trend->value) : "");
}

/* ---- the others ---- */

static const struct {
    const char *name, *unit; /* unit NULL: but a time */
    int decimals;
    int64_t per_unit; /* thousandths of what is shown, for each of the fact's own */
    int64_t old;      /* seconds after which it says little about now; 0: never */
} answers[FACT_COUNT] = {
    [FACT_GLUCOSE] = {"Glucose", "", .old = SECONDS_PER_HOUR}, /* its value is told above */
    [FACT_BOLUS] = {"Last bolus", "U", 2, 1, 0},
    [FACT_CARBS] = {"Last carbs", "g", 0, 1, 0},
    [FACT_IOB] = {"Insulin on board", "U", 2, 1, SECONDS_PER_HOUR / 2},
    [FACT_RESERVOIR] = {"Units left", "U", 0, 1, 6 * SECONDS_PER_HOUR},
    [FACT_BATTERY] = {"Battery", "%", 0, 1000, 6 * SECONDS_PER_HOUR},
    [FACT_SITE] = {.name = "Site changed"},
    [FACT_CARTRIDGE] = {.name = "Cartridge changed"},
    [FACT_SENSOR] = {.name = "Sensor started"},
};

static void add_known(const struct page_view *view, enum day_fact_kind kind, struct buffer *out)
{
    char value[PAGE_WORDS_SIZE] = "", number[PAGE_WORDS_SIZE];
    const struct day_fact *fact = &view->latest->facts[kind];
    if (kind == FACT_GLUCOSE)
        glucose_value(view, fact, value);
    else if (answers[kind].unit)
        snprintf(value, sizeof value, "%.30s %s",
                 page_decimal(number, fact->value * answers[kind].per_unit, answers[kind].decimals),
                 answers[kind].unit);
    add_answer(view, answers[kind].name, value, fact->time,
               answers[kind].old && view->now - fact->time > answers[kind].old, out);
}

/* A change that lies further back than anything that was read is older than that. */
static void add_unknown(const struct page_view *view, enum day_fact_kind kind, struct buffer *out)
{
    const int64_t hours = (view->now - view->latest->read_from) / SECONDS_PER_HOUR;
    if (answers[kind].unit || view->latest->read_from == NO_TIME || hours < 1)
        return;
    page_add(out, "<div><dt>%s</dt><dd><b>over %ld h ago</b></dd></div>", page_say(answers[kind].name),
             (long)hours);
}

/* ---- the day's sums ---- */

static void add_hours(int64_t seconds, struct buffer *out)
{
    if (seconds < WHOLE_DAY)
        page_add(out, " of %ld h", (long)((seconds + SECONDS_PER_HOUR / 2) / SECONDS_PER_HOUR));
}

static void add_sums(const struct page_view *view, struct buffer *out)
{
    char words[PAGE_WORDS_SIZE];
    const struct day_totals totals = day_totals(view->latest, view->now - SECONDS_PER_DAY, view->now + 1);
    const int64_t insulin = totals.basal + totals.insulin;
    if (totals.readings) {
        page_add(out, "<div><dt>Time in range</dt><dd><b>%zu %%</b> <span class=\"at\">",
                 (totals.in_range * 100 + totals.readings / 2) / totals.readings);
        page_add(out, "%s to ", page_glucose(words, view, 70));
        page_add(out, "%s", page_glucose(words, view, 180));
        add_hours((int64_t)totals.readings * 5 * SECONDS_PER_MINUTE, out);
        page_add(out, "</span></dd></div>");
    }
    if (insulin > 0) {
        page_add(out, "<div><dt>Insulin in 24 hours</dt><dd><b>%s U</b> <span class=\"at\">",
                 page_decimal(words, insulin, 1));
        page_add(out, "%ld %% automatic", (long)((totals.automatic * 100 + insulin / 2) / insulin));
        add_hours(totals.seconds, out);
        page_add(out, "</span></dd></div>");
    }
}

void page_answers(const struct page_view *view, struct buffer *out)
{
    static const enum day_fact_kind order[] = {FACT_GLUCOSE, FACT_IOB,       FACT_BOLUS,
                                               FACT_CARBS,   FACT_RESERVOIR, FACT_BATTERY,
                                               FACT_SITE,    FACT_CARTRIDGE, FACT_SENSOR};
    if (!view->signed_in || !view->latest || !view->latest->known)
        return;
    page_add(out, "<dl class=\"answers\">");
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        if (view->latest->facts[order[i]].time != NO_TIME)
            add_known(view, order[i], out);
        else
            add_unknown(view, order[i], out);
    add_sums(view, out);
    page_add(out, "</dl>");
}

/* ---- the pump's clock ---- */

void page_clock_advice(const struct page_view *view, struct buffer *out)
{
    char clock[PAGE_WORDS_SIZE];
    if (!view->signed_in || !view->clock || !*view->clock)
        return;
    page_add(out, "<div class=\"advice\" id=\"clock\"><p>");
    page_message(view->clock, out);
    if (view->clock_since != NO_TIME)
        page_add(out, " It has been so since %s.", page_clock(clock, view, view->clock_since));
    page_add(out,
             "</p><details id=\"set-clock\"><summary>How to set it</summary><p>On the pump: Options, Device "
             "Settings, Time and Date, Edit Time. A Mobi is set in its app: Settings, Time and Date. "
             "Nightscout needs nothing: past and future times are right.</p></details></div>");
}
