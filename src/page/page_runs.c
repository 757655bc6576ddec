/* The last syncs: as a strip at one glance, as a list in words, and as lines to post where help is asked for.
 */
#include "page_internal.h"

#include <stdio.h>
#include <string.h>

#include "tconnectsync/pump/feature.h"

#define LISTED_RUNS   24 /* the strip shows more */
#define OPEN_RUNS     6  /* the rest is folded away */
#define STRIP_RUNS    48
#define REPORTED_RUNS 10

static const char *const trigger_words[TRIGGER_COUNT] = {
    [TRIGGER_TIMER] = "by the timer",     [TRIGGER_RUN] = "by a request",
    [TRIGGER_UPDATE] = "by a request",    [TRIGGER_PAGE] = "from this page",
    [TRIGGER_SCHEDULER] = "by a request",
};

/* What a kind of document is called, one and several. */
static const char *const kind_words[DOCUMENT_KIND_COUNT][2] = {
    [DOCUMENT_TEMP_BASAL] = {"basal", "basals"},
    [DOCUMENT_COMBO_BOLUS] = {"bolus", "boluses"},
    [DOCUMENT_BASAL_SUSPENSION] = {"suspend", "suspends"},
    [DOCUMENT_BASAL_RESUME] = {"resume", "resumes"},
    [DOCUMENT_ALARM] = {"alarm", "alarms"},
    [DOCUMENT_INSULIN_CHANGE] = {"cartridge", "cartridges"},
    [DOCUMENT_SITE_CHANGE] = {"site change", "site changes"},
    [DOCUMENT_NOTE] = {"note", "notes"},
    [DOCUMENT_SLEEP] = {"sleep", "sleeps"},
    [DOCUMENT_EXERCISE] = {"exercise", "exercises"},
    [DOCUMENT_SENSOR_START] = {"sensor start", "sensor starts"},
    [DOCUMENT_SENSOR_STOP] = {"sensor stop", "sensor stops"},
    [DOCUMENT_CGM_ALERT] = {"glucose alert", "glucose alerts"},
    [DOCUMENT_READING] = {"reading", "readings"},
    [DOCUMENT_DEVICE_STATUS] = {"pump status", "pump statuses"},
    [DOCUMENT_PROFILE] = {"profile", "profiles"},
};

static bool is_good(const struct run *run)
{
    return run->result == RUN_OK;
}

/* ---- the strip ---- */

void page_strip(const struct page_view *view, struct buffer *out)
{
    const size_t count = view->run_count < STRIP_RUNS ? view->run_count : STRIP_RUNS;
    unsigned good = 0;
    for (size_t i = 0; i < count; i++)
        good += is_good(view->runs[i]);
    if (count < 2)
        return;
    page_add(out,
             "<svg class=\"strip\" viewBox=\"0 0 %d 28\" preserveAspectRatio=\"none\" role=\"img\" "
             "aria-label=\"%u of the last %zu syncs went well\">",
             STRIP_RUNS * 6, good, count);
    for (size_t i = 0; i < STRIP_RUNS; i++) {
        /* A failed one is low as well as red. */
        const bool there = i < count, good_one = there && is_good(view->runs[i]);
        page_add(out, "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"4\" height=\"%d\" rx=\"1\"/>",
                 good_one ? "ok"
                 : there  ? "bad"
                          : "none",
                 (STRIP_RUNS - 1 - (int)i) * 6 + 1,
                 good_one ? 0
                 : there  ? 16
                          : 24,
                 good_one ? 28
                 : there  ? 12
                          : 4);
    }
    page_add(out, "</svg><p class=\"hint\">%u of the last %zu went well; the newest is on the right.</p>",
             good, count);
}

/* ---- the list ---- */

/* "12 basals, 2 boluses"; false when there are none. */
static bool add_counts(const struct run *run, bool amended, struct buffer *out)
{
    const char *separator = "";
    for (int kind = 0; kind < DOCUMENT_KIND_COUNT; kind++) {
        const uint64_t count = amended ? run->kinds[kind].amended : run->kinds[kind].created;
        if (count == 0)
            continue;
        page_add(out, "%s%lu %s", separator, (unsigned long)count, kind_words[kind][count != 1]);
        separator = ", ";
    }
    return *separator;
}

static void add_written(const struct run *run, struct buffer *out)
{
    struct buffer created, amended;
    buffer_init(&created, 1024);
    buffer_init(&amended, 1024);
    bool has_created = add_counts(run, false, &created), has_amended = add_counts(run, true, &amended);
    if (has_created)
        page_add(out, "<p>%s %s</p>", run->pretend ? "Would write" : "Wrote", created.data);
    if (has_amended)
        page_add(out, "<p>%s %s</p>", run->pretend ? "Would complete" : "Completed", amended.data);
    if (run->nightscout_skipped)
        page_add(out, "<p>Nightscout could not be reached; the next sync catches up</p>");
    else if (run->pretend && !has_created && !has_amended)
        page_add(out, "<p>Would write nothing new</p>");
    const uint64_t withheld = report_kinds_total(run->kinds).withheld;
    if (withheld)
        page_add(out,
                 "<p class=\"hint\">%lu very recent entr%s for the next sync: writing %s now would silence "
                 "Nightscout's alarms</p>",
                 (unsigned long)withheld, withheld == 1 ? "y waits" : "ies wait",
                 withheld == 1 ? "it" : "them");
    buffer_free(&created);
    buffer_free(&amended);
}

/* What was left out may matter more than what came over. */
static void add_left_out(const struct run *run, struct buffer *out)
{
    for (int reason = 0; reason < SKIP_REASON_COUNT; reason++)
        if (run->skipped[reason])
            page_add(out, "<p class=\"%s\">Left out: %lu (%s)</p>",
                     reason == SKIP_OTHER_DEVICE ? "hint" : "remark", (unsigned long)run->skipped[reason],
                     skip_reason_name((enum skip_reason)reason));
    if (run->refused)
        page_add(out, "<p class=\"remark\">Left out: %lu (refused by Nightscout)</p>",
                 (unsigned long)run->refused);
    for (size_t i = 0; i < run->warning_count; i++)
        page_add(out, "<p class=\"remark\">%s</p>", run->warnings[i]);
}

static const char *result_words(const struct run *run)
{
    const struct report_counts written = report_kinds_total(run->kinds);
    if (!is_good(run))
        return run->result == RUN_CANCELLED ? "Stopped" : "Failed";
    if (run->pretend)
        return "Pretended";
    return run->nightscout_skipped                 ? "Skipped"
           : written.created + written.amended > 0 ? "Went well"
                                                   : "Nothing new";
}

/* Said once for failures in a row that have the same reason. */
static void add_error(const struct run *run, const struct run *newer, struct buffer *out)
{
    if (newer && *run->error && strcmp(newer->error, run->error) == 0)
        page_add(out, "<p class=\"hint\">For the same reason as the one above</p>");
    else
        page_error(run, out);
}

/* newer: the one above it in the list, NULL for the first. */
static void add_run(const struct page_view *view, const struct run *run, const struct run *newer,
                    struct buffer *out)
{
    char clock[PAGE_WORDS_SIZE], duration[PAGE_WORDS_SIZE];
    page_add(out, "<li class=\"%s\"><p><b>%s</b> ", is_good(run) ? "ok" : "bad", result_words(run));
    page_time(out, view, run->started);
    page_add(out, " <span class=\"hint\">%s, %s, %s</span></p>", page_clock(clock, view, run->started),
             trigger_words[run->trigger], page_duration(duration, run->seconds));
    add_error(run, newer, out);
    add_written(run, out);
    add_left_out(run, out);
    page_add(out, "</li>");
}

void page_runs(const struct page_view *view, struct buffer *out)
{
    const size_t count = view->run_count < LISTED_RUNS ? view->run_count : LISTED_RUNS;
    if (count == 0) {
        page_add(out, "<p class=\"empty\">None since the server started. The first one will show here.</p>");
        return;
    }
    page_add(out, "<ol class=\"runs\">");
    for (size_t i = 0; i < count; i++) {
        if (i == OPEN_RUNS)
            page_add(out, "</ol><details id=\"older\"><summary>%zu older ones</summary><ol class=\"runs\">",
                     count - OPEN_RUNS);
        add_run(view, view->runs[i], i ? view->runs[i - 1] : NULL, out);
    }
    page_add(out, count > OPEN_RUNS ? "</ol></details>" : "</ol>");
}

/* ---- diagnostics ---- */

static void add_moment(struct buffer *out, const char *name, const struct page_view *view, int64_t instant)
{
    char relative[PAGE_WORDS_SIZE];
    page_add(out, "%s: %s\n", name,
             instant == NO_TIME ? "none" : page_relative(relative, view->now, instant));
}

static void add_run_line(const struct page_view *view, const struct run *run, struct buffer *out)
{
    char relative[PAGE_WORDS_SIZE], duration[PAGE_WORDS_SIZE];
    page_add(out, "- %s: %s %s, %s", page_relative(relative, view->now, run->started), result_words(run),
             trigger_words[run->trigger], page_duration(duration, run->seconds));
    for (int reason = 0; reason < SKIP_REASON_COUNT; reason++)
        if (run->skipped[reason])
            page_add(out, ", left out %lu (%s)", (unsigned long)run->skipped[reason],
                     skip_reason_name((enum skip_reason)reason));
    page_add(out, "%s%s\n", *run->error ? ": " : "", run->error);
}

/* Nothing here identifies a person: no insulin, no glucose, no names; ages in place of dates. */
void page_diagnostics(const struct page_view *view, struct buffer *out)
{
    struct buffer features;
    buffer_init(&features, 200);
    features_write(view->features, &features);
    page_add(out, "TConnectSync for Heroku %s (%s)\n", view->version, view->libraries);
    page_add(out, "Verdict: ");
    page_verdict_words(view, out);
    page_add(out, "\nTimer: every %u minutes%s\nFeatures: %s\n", view->interval_minutes,
             view->interval_minutes == 0 ? " (off)"
             : view->paused              ? " (paused)"
                                         : "",
             features.data);
    add_moment(out, "Started", view, view->up_since);
    add_moment(out, "Last good sync", view, view->last_good_run);
    add_moment(out, "Next sync", view, view->next_run);
    add_moment(out, "Pump data", view, view->newest_event);
    add_moment(out, "Glucose", view, view->newest_reading);
    for (size_t i = 0; i < view->problem_count; i++)
        page_add(out, "Problem: %s\n", view->problems[i]);
    for (size_t i = 0; i < view->warning_count; i++)
        page_add(out, "Warning: %s\n", view->warnings[i]);
    page_add(out, "Last syncs:%s\n", view->run_count ? "" : " none");
    for (size_t i = 0; i < view->run_count && i < REPORTED_RUNS; i++)
        add_run_line(view, view->runs[i], out);
    buffer_free(&features);
}
