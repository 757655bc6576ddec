/* The verdict: what a parent sees at one glance, and what to do when it is not good. */
#include "page_internal.h"

#include "tconnectsync/page/day_picture.h"

/* Shapes on a field of 24 by 24, drawn as lines: they tell the verdicts apart without color. */
#define ICON_CHECK "<circle cx=\"12\" cy=\"12\" r=\"9.5\"/><path d=\"M7.5 12.4l3.2 3.2 6-6.6\"/>"
#define ICON_PHONE                                                                                           \
    "<rect x=\"4\" y=\"2.5\" width=\"10\" height=\"19\" rx=\"2.5\"/><path d=\"M8 18.5h2M17 9.5h4.5L17 "      \
    "15h4.5\"/>"
#define ICON_ALERT "<path d=\"M12 3.2L22 20.5H2z\"/><path d=\"M12 9.8v4.7M12 17.4v.1\"/>"
#define ICON_LOCK                                                                                            \
    "<rect x=\"4.5\" y=\"10.5\" width=\"15\" height=\"10.5\" rx=\"2\"/>"                                     \
    "<path d=\"M8 10.5V7.5a4 4 0 0 1 8 0v3M12 14.5v2.5\"/>"
#define ICON_LIST                                                                                            \
    "<path d=\"M3.5 6l1.5 1.5 2.5-3M3.5 12.5L5 14l2.5-3M11 6h9.5M11 12.5h9.5M11 19h9.5M5 19h.1\"/>"
#define ICON_PAUSE "<circle cx=\"12\" cy=\"12\" r=\"9.5\"/><path d=\"M9.8 8.5v7M14.2 8.5v7\"/>"
#define ICON_HAND  "<circle cx=\"12\" cy=\"12\" r=\"9.5\"/><path d=\"M10 8.3l5.5 3.7-5.5 3.7z\"/>"
#define ICON_AGAIN "<path d=\"M20.5 12a8.5 8.5 0 1 1-2.6-6.1l2.6 2.6M20.5 3.5v5h-5\"/>"
#define ICON_KEY   "<circle cx=\"8\" cy=\"12\" r=\"4.5\"/><path d=\"M12.5 12h9M18 12v4M21.5 12v3\"/>"
#define ICON_BEGIN "<circle cx=\"12\" cy=\"12\" r=\"9.5\"/><path d=\"M12 6.5V12l3.5 2.5\"/>"

static const struct {
    const char *class, *icon, *words, *lead, *public_lead;
} verdicts[VERDICT_COUNT] = {
    [VERDICT_STARTING] = {"starting", ICON_BEGIN, "Just started",
                          "The first sync has not ended yet. Give it a minute.", NULL},
    [VERDICT_IDLE] = {"idle", ICON_HAND, "Ready, and idle",
                      "The timer is off, and nobody has asked for a sync yet.", NULL},
    [VERDICT_FLOWING] = {"flowing", ICON_CHECK, "Data is flowing",
                         "What the phone has uploaded is in Nightscout.", NULL},
    [VERDICT_WAITING] = {"waiting", ICON_PHONE, "Waiting for the phone",
                         "Syncs work, but nothing new comes from the pump.",
                         "Syncs work, but the phone has not uploaded anything new for a long time."},
    [VERDICT_PAUSED] = {"waiting", ICON_PAUSE, "Paused",
                        "Somebody has paused the timer. Nothing new arrives until it is resumed.", NULL},
    [VERDICT_RETRYING] = {"waiting", ICON_AGAIN, "The last sync failed",
                          "Nothing is lost: the next good sync catches up.", NULL},
    [VERDICT_FAILING] =
        {"failing", ICON_ALERT, "Data is not getting through",
         "Nothing is lost: the pump and Tandem keep the data, and the next good sync catches up.",
         "The last syncs failed. Nothing is lost: the next good one catches up."},
    [VERDICT_REFUSED] = {"failing", ICON_LOCK, "Tandem refused the password",
                         "Nothing is lost, but nothing new arrives until the settings are corrected.", NULL},
    [VERDICT_SECRET_REFUSED] = {"failing", ICON_KEY, "Nightscout refused the secret",
                                "Nothing is lost, but nothing new arrives until the settings are corrected.",
                                NULL},
    [VERDICT_UNCONFIGURED] = {"setup", ICON_LIST, "Not set up yet",
                              "The server is running. It needs a few settings before it can carry data.",
                              NULL},
};

void page_verdict_class(const struct page_view *view, struct buffer *out)
{
    page_text(out, verdicts[view->verdict].class);
}

void page_verdict_icon(const struct page_view *view, struct buffer *out)
{
    buffer_add_text(out, "<svg class=\"icon\" viewBox=\"0 0 24 24\" aria-hidden=\"true\">");
    buffer_add_text(out, verdicts[view->verdict].icon);
    buffer_add_text(out, "</svg>");
}

void page_verdict_words(const struct page_view *view, struct buffer *out)
{
    page_text(out, page_say(verdicts[view->verdict].words));
}

void page_verdict_lead(const struct page_view *view, struct buffer *out)
{
    const char *lead = view->signed_in ? NULL : verdicts[view->verdict].public_lead;
    page_text(out, page_say(lead ? lead : verdicts[view->verdict].lead));
    if (view->signed_in && view->verdict == VERDICT_WAITING && view->newest_event != NO_TIME) {
        char clock[PAGE_WORDS_SIZE];
        page_add(out, " What happened until %s is in Nightscout.",
                 page_clock(clock, view, view->newest_event));
    }
}

/* ---- what to do ---- */

/* What helps beyond what the error's text says; NULL when there is nothing to add. */
static const char *remedy_of(enum error_kind kind)
{
    static const char *const remedies[] = {
        [ERROR_CONFIGURATION] = "Correct that setting; the server reads its settings when it starts.",
        [ERROR_UNREACHABLE] =
            "This usually passes by itself. If it lasts for hours, open the site that did not answer "
            "in a browser.",
        [ERROR_SERVICE] = "If it lasts for a day, look for a newer version of this program.",
        [ERROR_DATA] = "If it lasts for a day, look for a newer version of this program.",
        [ERROR_LIMIT] = "Try fewer days at a time.",
    };
    return kind >= 0 && (size_t)kind < sizeof remedies / sizeof *remedies ? remedies[kind] : NULL;
}

void page_error(const struct run *run, struct buffer *out)
{
    const char *remedy = remedy_of(run->error_kind);
    if (*run->error)
        page_said(run->error, out);
    if (remedy)
        page_add(out, "<p>%s</p>", page_say(remedy));
}

static void add_next_try(const struct page_view *view, struct buffer *out)
{
    if (view->verdict == VERDICT_REFUSED) {
        const char *suffix = page_suffix(view);
        page_add(
            out,
            "<p>The program does not try again by itself, so that Tandem does not lock the account. Correct "
            "<code>TCONNECT_EMAIL%s</code>, <code>TCONNECT_PASSWORD%s</code> or "
            "<code>TCONNECT_REGION%s</code>, "
            "then press Check login.</p>",
            suffix, suffix, suffix);
    } else if (view->running) {
        page_add(out, "<p>The program is trying again right now.</p>");
    } else if (view->next_run != NO_TIME) {
        page_add(out, "<p>The program tries again by itself ");
        page_time(out, view, view->next_run);
        page_add(out, ".</p>");
    } else {
        page_add(out, "<p>The program does not try again by itself, because the timer is off.</p>");
    }
}

static void add_failure(const struct page_view *view, struct buffer *out)
{
    if (view->run_count > 0 && view->verdict != VERDICT_REFUSED)
        page_error(view->runs[0], out);
    add_next_try(view, out);
}

static void add_phone_advice(const struct page_view *view, struct buffer *out)
{
    page_add(out, "<p>Look at these, in this order:</p><ol>"
                  "<li><b>The pump.</b> Is it on, and delivering? Always trust the pump first.</li>"
                  "<li><b>The phone.</b> Is it charged, near the pump, with Bluetooth on and online?</li>"
                  "<li><b>The pump's app on the phone.</b> Open it: is it signed in, and does it show the "
                  "pump's data?</li>"
                  "</ol>");
    if (view->newest_reading != NO_TIME && view->newest_event != NO_TIME &&
        view->newest_event - view->newest_reading > SECONDS_PER_HOUR)
        page_add(out, "<p>The sensor stopped sending before the pump did: check the sensor as well.</p>");
}

void page_verdict_advice(const struct page_view *view, struct buffer *out)
{
    if (view->verdict == VERDICT_IDLE && !view->signed_in) {
        page_add(
            out,
            "<div class=\"advice\"><p>Set <code>TCONNECTSYNC_HEROKU_INTERVAL_MINS%s</code> to a number of "
            "minutes, such as 15, and syncs run by themselves.</p></div>",
            page_suffix(view));
        return;
    }
    if (!view->signed_in || view->verdict == VERDICT_STARTING || view->verdict == VERDICT_UNCONFIGURED ||
        view->verdict == VERDICT_FLOWING)
        return;
    page_add(out, "<div class=\"advice\">");
    if (view->verdict == VERDICT_WAITING)
        add_phone_advice(view, out);
    else if (view->verdict == VERDICT_PAUSED)
        page_add(out, "<p>Press Resume the timer below, and syncs run by themselves again.</p>");
    else if (view->verdict == VERDICT_IDLE)
        page_add(out,
                 "<p>Press Sync now, or set <code>TCONNECTSYNC_HEROKU_INTERVAL_MINS%s</code> to a number of "
                 "minutes, such as 15, and syncs run by themselves.</p>",
                 page_suffix(view));
    else
        add_failure(view, out);
    page_add(out, "</div>");
}

/* ---- facts ---- */

static void add_fact(const struct page_view *view, const char *name, int64_t instant, const char *otherwise,
                     const char *remark, struct buffer *out)
{
    char clock[PAGE_WORDS_SIZE];
    page_add(out, "<div><dt>%s</dt><dd>", page_say(name));
    if (instant == NO_TIME) {
        page_add(out, "%s", page_say(otherwise));
    } else {
        page_time(out, view, instant);
        page_add(out, " <span class=\"at\">%s</span>", page_clock(clock, view, instant));
    }
    if (remark)
        page_add(out, "<span class=\"remark\">%s</span>", page_say(remark));
    page_add(out, "</dd></div>");
}

/* What the age of the pump's data means. */
static const char *event_remark(const struct page_view *view)
{
    if (view->newest_event == NO_TIME)
        return NULL;
    if (view->no_data_minutes &&
        view->now - view->newest_event > (int64_t)view->no_data_minutes * SECONDS_PER_MINUTE)
        return "too old: phone out of reach, app signed out, or pump off";
    return "the phone uploads about once an hour";
}

static const char *reading_remark(const struct page_view *view)
{
    if (view->newest_reading == NO_TIME || view->newest_event == NO_TIME)
        return NULL;
    return view->newest_event - view->newest_reading > SECONDS_PER_HOUR / 2
               ? "older than the pump's data: the sensor sent nothing"
               : NULL;
}

void page_facts(const struct page_view *view, struct buffer *out)
{
    const char *no_next = view->running                 ? "running now"
                          : view->interval_minutes == 0 ? "only by hand"
                          : view->paused                ? "paused"
                                                        : "not planned";
    const bool knows_day = view->picture && view->picture->known;
    if (view->verdict == VERDICT_UNCONFIGURED)
        return;
    if (view->signed_in) {
        add_fact(view, "Pump data", view->newest_event, "none received yet", event_remark(view), out);
        if (!knows_day || view->newest_reading == NO_TIME ||
            reading_remark(view)) /* else the answers tell it */
            add_fact(view, "Glucose", view->newest_reading,
                     knows_day ? "none in 24 hours" : "none received yet", reading_remark(view), out);
    }
    if (view->failing_since != NO_TIME)
        add_fact(view, "Failing since", view->failing_since, "", NULL, out);
    add_fact(view, "Last good sync", view->last_good_run, "none since the start", NULL, out);
    add_fact(view, "Next sync", view->running ? NO_TIME : view->next_run, no_next, NULL, out);
}
