/* The first-run view: step by step through the settings that are still missing. And
   the kinds of data to choose. */
#include "page_internal.h"

#include <string.h>

#include "tconnectsync/pump/feature.h"

enum {
    STEP_TANDEM,
    STEP_NIGHTSCOUT,
    STEP_ZONE,
    STEP_SECRET,
    STEP_INTERVAL,
    STEP_OTHER,
    STEP_COUNT,
    SETTINGS_EACH = 4
};
enum step_state { STEP_MISSING, STEP_OPTIONAL, STEP_DONE };

/* What belongs to a step, with a place for the number in a further person's settings; the last one takes what
 * no other has. */
static const struct {
    const char *title, *why;
    const char *settings[SETTINGS_EACH];
} steps[STEP_COUNT] = {
    [STEP_TANDEM] = {"Tandem Source",
                     "What you sign in with at source.tandemdiabetes.com. An account of the European site "
                     "needs TCONNECT_REGION%s=EU.",
                     {"TCONNECT_EMAIL", "TCONNECT_PASSWORD", "TCONNECT_REGION", "PUMP_SERIAL_NUMBER"}},
    [STEP_NIGHTSCOUT] = {"Nightscout",
                         "The site's address as the browser shows it, and its API_SECRET.",
                         {"NS_URL", "NS_SECRET", "API_SECRET"}},
    [STEP_ZONE] = {"Time zone",
                   "The pump does not store a time zone. Set the one its clock is set to, as region and "
                   "city, such as America/New_York.",
                   {"TIMEZONE_NAME", "TZ"}},
    [STEP_SECRET] = {"A secret for this page",
                     "TCONNECTSYNC_HEROKU_SECRET%s: make up a long one. Whoever knows it sees the "
                     "details here and may start "
                     "syncs; without one nobody can.",
                     {"TCONNECTSYNC_HEROKU_SECRET"}},
    [STEP_INTERVAL] = {"How often",
                       "TCONNECTSYNC_HEROKU_INTERVAL_MINS%s: minutes between two syncs, such as 15. If it "
                       "is empty, a sync runs only when you start one.",
                       {"TCONNECTSYNC_HEROKU_INTERVAL_MINS"}},
    [STEP_OTHER] = {"Everything else", "", {NULL}},
};

/* Whether the sentence begins with that variable's name, and with no longer one; a further person's name for
   it has the number behind. */
static bool begins_with(const char *sentence, const char *name)
{
    if (strncmp(sentence, name, strlen(name)) != 0)
        return false;
    sentence += strlen(name);
    if (sentence[0] == '_' && sentence[1] >= '2' && sentence[1] <= '9')
        sentence += strlen("_2");
    const char next = *sentence;
    return !((next >= 'A' && next <= 'Z') || (next >= '0' && next <= '9') || next == '_') ||
           strncmp(sentence, "_FILE", strlen("_FILE")) == 0;
}

static int step_of(const char *problem)
{
    for (int step = 0; step < STEP_COUNT; step++)
        for (int i = 0; i < SETTINGS_EACH && steps[step].settings[i]; i++)
            if (begins_with(problem, steps[step].settings[i]))
                return step;
    return STEP_OTHER;
}

/* A line to copy, with something in place of what only the person knows. A script puts in the browser's zone
   and a secret of its own making. */
static void add_line(const struct page_view *view, const char *sentence, struct buffer *out)
{
    static const struct {
        const char *name, *value, *id;
    } lines[] = {
        {"TCONNECT_EMAIL", "you@example.com", ""},
        {"TCONNECT_PASSWORD", "your-password", ""},
        {"TCONNECT_REGION", "EU", ""},
        {"NS_URL", "https://your-site.example.com", ""},
        {"NS_SECRET", "its-API_SECRET", ""},
        {"TIMEZONE_NAME", "America/New_York", "zone-line"},
        {"TCONNECTSYNC_HEROKU_SECRET", "a-long-one-of-your-own", "secret-line"},
        {"TCONNECTSYNC_HEROKU_INTERVAL_MINS", "15", ""},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (begins_with(sentence, lines[i].name))
            page_add(out, "<p class=\"line\"><code id=\"%s\">%s%s=%s</code></p>",
                     *lines[i].id ? lines[i].id : lines[i].name, lines[i].name, page_suffix(view),
                     lines[i].value);
}

static void add_sentences(const struct page_view *view, char *const *sentences, size_t count, int step,
                          struct buffer *out)
{
    for (size_t i = 0; i < count; i++)
        if (step_of(sentences[i]) == step) {
            page_said(sentences[i], out);
            add_line(view, sentences[i], out);
        }
}

static bool concerns(char *const *sentences, size_t count, int step)
{
    for (size_t i = 0; i < count; i++)
        if (step_of(sentences[i]) == step)
            return true;
    return false;
}

static enum step_state state_of(const struct page_view *view, int step)
{
    if (concerns(view->problems, view->problem_count, step) || (step == STEP_SECRET && !view->has_secret))
        return STEP_MISSING;
    return step == STEP_INTERVAL && view->interval_minutes == 0 ? STEP_OPTIONAL : STEP_DONE;
}

static void add_why(const struct page_view *view, const char *why, struct buffer *out)
{
    struct buffer words;
    const char *said = page_say(why), *place = strstr(said, "%s");
    buffer_init(&words, PAGE_MAXIMUM);
    if (place) {
        buffer_add(&words, said, (size_t)(place - said));
        buffer_add_text(&words, page_suffix(view));
    }
    buffer_add_text(&words, place ? place + strlen("%s") : said);
    page_add(out, "<p>%s</p>", words.data);
    buffer_free(&words);
}

static void add_step(const struct page_view *view, int step, struct buffer *out)
{
    static const char *const states[][2] = {{"missing", "to do"}, {"optional", "off"}, {"done", "done"}};
    const enum step_state state = state_of(view, step);
    if (step == STEP_OTHER && state == STEP_DONE && !concerns(view->warnings, view->warning_count, step))
        return;
    page_add(out, "<li class=\"%s\"><h3>%s <span class=\"state\">%s</span></h3>", states[state][0],
             page_say(steps[step].title), page_say(states[state][1]));
    if (state != STEP_DONE)
        add_why(view, steps[step].why, out);
    if (step == STEP_ZONE)
        page_add(out, "<p id=\"zone-guess\" data-zone=\"%s\" hidden></p>",
                 view->signed_in && view->zone ? view->zone->name : "");
    add_sentences(view, view->problems, view->problem_count, step, out);
    add_sentences(view, view->warnings, view->warning_count, step, out);
    if (state != STEP_DONE && (step == STEP_SECRET || step == STEP_INTERVAL) &&
        !concerns(view->problems, view->problem_count, step))
        add_line(view, steps[step].settings[0], out);
    page_add(out, "</li>");
}

void page_setup(const struct page_view *view, struct buffer *out)
{
    page_add(out, "<ol class=\"steps\">");
    for (int step = 0; step < STEP_COUNT; step++)
        add_step(view, step, out);
    buffer_add_text(out, "</ol>");
    page_not_carried(view, out);
    page_add(out,
             "<h3>Where to set these</h3>"
             "<p><b>Heroku:</b> your app, Settings, Reveal Config Vars. The app restarts after each change. "
             "<b>Elsewhere:</b> the environment, or a file named <code>.env</code>, a line "
             "<code>NAME=value</code> each; then start the program again.</p>"
             "<p>This page then says what is still missing.</p>");
}

/* ---- kinds of data ---- */

static const struct {
    unsigned feature;
    const char *name, *words;
} boxes[] = {
    {FEATURE_BASAL, "BASAL", "Basal"},
    {FEATURE_BOLUS, "BOLUS", "Boluses and carbs"},
    {FEATURE_PUMP_EVENTS, "PUMP_EVENTS", "Sites, cartridges, sleep, exercise, alarms"},
    {FEATURE_PROFILES, "PROFILES", "Profiles"},
    {FEATURE_CGM, "CGM", "Glucose readings"},
    {FEATURE_CGM_ALERTS, "CGM_ALERTS", "Glucose alerts"},
    {FEATURE_DEVICE_STATUS | FEATURE_IOB, "DEVICE_STATUS", "Battery, insulin on board"},
    {FEATURE_PUMP_EVENTS_BASAL_SUSPENSION, "PUMP_EVENTS_BASAL_SUSPENSION", "Suspends and resumes alone"},
};
enum { BOX_COUNT = sizeof boxes / sizeof *boxes };

void page_feature_boxes(const struct page_view *view, struct buffer *out)
{
    for (size_t i = 0; i < BOX_COUNT; i++) {
        page_add(out, "<label><input type=\"checkbox\" name=\"%s\" value=\"1\"", boxes[i].name);
        buffer_add_text(out, view->features & boxes[i].feature ? " checked" : "");
        page_add(out, "> %s</label>", page_say(boxes[i].words));
    }
}

/* What the timer leaves out, where the person may look for it. */
void page_not_carried(const struct page_view *view, struct buffer *out)
{
    const unsigned missing = features_missing(view->features);
    const char *separator = " ";
    if (!missing)
        return;
    page_add(out, "<p class=\"hint\">Not carried over:");
    for (size_t i = 0; i < BOX_COUNT; i++)
        if (boxes[i].feature & missing) {
            page_add(out, "%s%s (%s)", separator, page_say(boxes[i].words), boxes[i].name);
            separator = ", ";
        }
    page_add(out, ". TCONNECTSYNC_HEROKU_FEATURES%s chooses.</p>", page_suffix(view));
}
