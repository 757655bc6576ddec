/* The last syncs: as a strip at one glance, as a list in words, and as lines to post
   where help is asked for. */
#include "page_internal.h"

#include <stdio.h>
#include <string.h>

#include "tconnectsync/pump/feature.h"

#define LISTED_RUNS   24 /* the strip shows more */
#define OPEN_RUNS     6  /* the rest is folded away */
#define STRIP_RUNS    48
#define REPORTED_RUNS 10

/* How a sentence about a run begins. */
static const char *const trigger_words[TRIGGER_COUNT] = {
    [TRIGGER_TIMER] = "The timer's sync",     [TRIGGER_RUN] = "A requested sync",
    [TRIGGER_UPDATE] = "A requested sync",    [TRIGGER_PAGE] = "The sync from this page",
    [TRIGGER_SCHEDULER] = "A requested sync",
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

/* How it goes on. */
static const char *result_words(const struct run *run)
{
    const struct report_counts written = report_kinds_total(run->kinds);
    if (!is_good(run))
        return run->result == RUN_CANCELLED ? "was stopped" : "failed";
    if (run->pretend)
        return "was a preview: nothing was written";
    if (run->nightscout_skipped)
        return "was skipped: Nightscout could not be reached";
    return written.created + written.amended > 0 ? "went well" : "found nothing new";
}

/* ---- the strip ---- */

/* A failed one is low as well as red. */
static const struct {
    const char *class;
    int y, height;
} bars[] = {{"none", 24, 4}, {"bad", 16, 12}, {"ok", 0, 28}};

static void add_strip_bar(const struct page_view *view, size_t back, const struct run *run,
                          struct buffer *out)
{
    char clock[PAGE_WORDS_SIZE];
    const int shape = run ? 1 + is_good(run) : 0;
    page_add(out, "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"4\" height=\"%d\" rx=\"1\">",
             bars[shape].class, (STRIP_RUNS - 1 - (int)back) * 6 + 1, bars[shape].y, bars[shape].height);
    if (run)
        page_add(out, "<title>%s: %s %s</title>", page_clock(clock, view, run->started),
                 page_say(trigger_words[run->trigger]), page_say(result_words(run)));
    page_add(out, "</rect>");
}

void page_strip(const struct page_view *view, struct buffer *out)
{
    const size_t count = view->run_count < STRIP_RUNS ? view->run_count : STRIP_RUNS;
    unsigned good = 0;
    for (size_t i = 0; i < count; i++)
        good += is_good(view->runs[i]);
    if (count < 2)
        return;
    page_add(out,
             "<svg class=\"strip\" id=\"strip\" data-said=\"strip-said\" viewBox=\"0 0 %d 28\" "
             "preserveAspectRatio=\"none\" role=\"img\" "
             "aria-label=\"%u of the last %zu syncs went well\">",
             STRIP_RUNS * 6, good, count);
    for (size_t i = STRIP_RUNS; i-- > 0;)
        add_strip_bar(view, i, i < count ? view->runs[i] : NULL, out);
    page_add(out, "</svg><p class=\"hint\" id=\"strip-said\">");
    page_add(out, "%u of the last %zu went well; the newest is on the right.", good, count);
    page_add(out, "</p>");
}

/* ---- the list ---- */

/* "12 basals, 2 boluses and 1 reading"; false when there are none. */
static bool add_counts(const struct run *run, bool amended, struct buffer *out)
{
    size_t left = 0;
    bool any = false;
    for (int kind = 0; kind < DOCUMENT_KIND_COUNT; kind++)
        left += (amended ? run->kinds[kind].amended : run->kinds[kind].created) > 0;
    for (int kind = 0; kind < DOCUMENT_KIND_COUNT; kind++) {
        const uint64_t count = amended ? run->kinds[kind].amended : run->kinds[kind].created;
        if (count == 0)
            continue;
        page_add(out, "%s%lu %s",
                 !any         ? ""
                 : --left > 1 ? ", "
                              : page_say(" and "),
                 (unsigned long)count, page_say(kind_words[kind][count != 1]));
        any = true;
    }
    return any;
}

static void add_written(const struct run *run, bool newest, struct buffer *out)
{
    struct buffer created, amended;
    buffer_init(&created, 1024);
    buffer_init(&amended, 1024);
    const bool has_created = add_counts(run, false, &created), has_amended = add_counts(run, true, &amended);
    if (has_created)
        page_add(out, run->pretend ? "<p>It would write %s.</p>" : "<p>It wrote %s.</p>", created.data);
    if (has_amended)
        page_add(out, run->pretend ? "<p>It would complete %s.</p>" : "<p>It completed %s.</p>",
                 amended.data);
    if (run->nightscout_skipped)
        page_add(out, "<p>The next one catches up.</p>");
    else if (run->pretend && !has_created && !has_amended)
        page_add(out, "<p>It would write nothing new.</p>");
    const uint64_t withheld = report_kinds_total(run->kinds).withheld;
    if (withheld && newest)
        page_add(out,
                 "<p class=\"hint\">%lu very recent left for the next sync: written now, they would silence "
                 "Nightscout's alarms.</p>",
                 (unsigned long)withheld);
    buffer_free(&created);
    buffer_free(&amended);
}

/* What was left out may matter more than what came over. */
static void add_left_out(const struct run *run, struct buffer *out)
{
    for (int reason = 0; reason < SKIP_REASON_COUNT; reason++)
        if (run->skipped[reason]) {
            buffer_add_text(out, reason == SKIP_OTHER_DEVICE ? "<p class=\"hint\">" : "<p class=\"remark\">");
            page_add(out, "It left out %lu: %s.", (unsigned long)run->skipped[reason],
                     page_say(skip_reason_name((enum skip_reason)reason)));
            page_add(out, "</p>");
        }
    if (run->refused)
        page_add(out, "<p class=\"remark\">It left out %lu: refused by Nightscout.</p>",
                 (unsigned long)run->refused);
    for (size_t i = 0; i < run->warning_count; i++) {
        page_add(out, "<p class=\"remark\">");
        page_message(run->warnings[i], out);
        page_add(out, "</p>");
    }
}

/* Said once for failures in a row that have the same reason. */
static void add_error(const struct run *run, const struct run *newer, struct buffer *out)
{
    if (newer && *run->error && strcmp(newer->error, run->error) == 0)
        page_add(out, "<p class=\"hint\">For the same reason as the one above.</p>");
    else
        page_error(run, out);
}

/* newer: the one above it in the list, NULL for the first. */
static void add_run(const struct page_view *view, const struct run *run, const struct run *newer,
                    struct buffer *out)
{
    char clock[PAGE_WORDS_SIZE], duration[PAGE_WORDS_SIZE];
    page_add(out, "<li class=\"%s\"><p><b>%s %s</b> ", is_good(run) ? "ok" : "bad",
             page_say(trigger_words[run->trigger]), page_say(result_words(run)));
    page_time(out, view, run->started);
    page_add(out, " <span class=\"hint\">%s, %s</span></p>", page_clock(clock, view, run->started),
             page_duration(duration, run->seconds));
    add_error(run, newer, out);
    add_written(run, !newer, out);
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
    page_add(out, "- %s: %s %s, %s", page_relative(relative, view->now, run->started),
             trigger_words[run->trigger], result_words(run), page_duration(duration, run->seconds));
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
    page_language_speak(NULL); /* for those who help */
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
    page_language_speak(&view->reader);
    buffer_free(&features);
}
