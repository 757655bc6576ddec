/* What became of what was asked for, what runs now, and what the timer will start. */
#include "page_internal.h"

#include <string.h>

/* ---- notices ---- */

static const struct {
    const char *word, *text;
} notices[NOTICE_COUNT] = {
    [NOTICE_NONE] = {NULL, ""},
    [NOTICE_STARTED] = {"started", "Sync started."},
    [NOTICE_CHECKING] = {"checking", "Checking the login..."},
    [NOTICE_JOINED] = {"joined", "This sync was already running."},
    [NOTICE_QUEUED] = {"queued", "Another sync is running. Yours starts right after it."},
    [NOTICE_BUSY] = {"busy", "One sync is running and another waits. Try again in a minute."},
    [NOTICE_SIGNED_IN] = {"signed-in", "You are signed in on this device."},
    [NOTICE_SIGNED_OUT] = {"signed-out", "You are signed out."},
    [NOTICE_WRONG_SECRET] = {"wrong-secret", "That is not the secret. It is the value of the setting "
                                             "TCONNECTSYNC_HEROKU_SECRET, including capital letters."},
    [NOTICE_TOO_MANY] = {"too-many",
                         "Too many wrong secrets came from your address. Wait a minute, then try again."},
    [NOTICE_EXPIRED] = {"expired", "The page was out of date, so nothing was done. Press the button again."},
    [NOTICE_SESSION_OVER] = {"session-over",
                             "Nothing was done: your sign-in has ended. Type the secret again."},
    [NOTICE_BAD_DAYS] = {"bad-days", "Nothing was done: days must be a whole number from 1 to 366."},
    [NOTICE_BAD_REQUEST] = {"bad-request",
                            "Nothing was done: the form was not complete. Press the button again."},
    [NOTICE_PAUSED] = {"paused", "The timer is paused."},
    [NOTICE_RESUMED] = {"resumed", "The timer is running again."},
    [NOTICE_STOPPING] = {"stopping",
                         "Nothing was started: the server is about to stop. Try again in a minute."},
};

const char *page_notice_word(enum page_notice notice)
{
    return notices[notice].word;
}

enum page_notice page_notice_find(const char *word)
{
    for (enum page_notice notice = NOTICE_NONE + 1; word && notice < NOTICE_COUNT; notice++)
        if (strcmp(notices[notice].word, word) == 0)
            return notice;
    return NOTICE_NONE;
}

void page_notice(const struct page_view *view, struct buffer *out)
{
    page_text(out, page_say(notices[view->notice].text));
}

/* ---- progress ---- */

/* The sync's steps (sync.c) as a parent would say them. */
static const char *step_words(const char *step)
{
    static const char *const words[][2] = {
        {"start", "Starting"},
        {"greet", "Calling Tandem and Nightscout"},
        {"sign-in", "Signing in to Tandem Source"},
        {"authorize", "Signing in to Tandem Source"},
        {"token", "Signing in to Tandem Source"},
        {"account", "Looking up the pump"},
        {"read", "Reading the pump's log and what Nightscout has"},
        {"order", "Putting the pump's events in order"},
        {"build", "Working out what belongs in Nightscout"},
        {"compare", "Comparing with Nightscout"},
        {"write", "Writing to Nightscout"},
        {"wait", "Nightscout did not answer: trying again soon"},
        {"read-back", "Checking what Nightscout has stored"},
        {"done", "Done"},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i][0], step) == 0)
            return words[i][1];
    return step;
}

void page_render_progress(const struct page_view *view, struct buffer *out)
{
    page_language_speak(&view->reader);
    const struct sync_progress *progress = view->progress;
    if (!progress || !progress->step) {
        if (view->running)
            page_add(out, "<p>A sync is running.</p>");
        return;
    }
    const unsigned count = progress->step_count ? progress->step_count : 1;
    page_add(out, "<p id=\"step\"><b>%s</b> <span class=\"hint\">step %u of %u",
             page_say(step_words(progress->step)), progress->step_number, count);
    if (progress->total > 1)
        page_add(out, ", %lu%% done", (unsigned long)(progress->done * 100 / progress->total));
    unsigned long thousandths = progress->step_number * 1000UL / count;
    if (progress->total > 0)
        thousandths += (unsigned long)(progress->done * 1000 / progress->total / count);
    page_add(out, "</span></p><progress max=\"1000\" value=\"%lu\" aria-labelledby=\"step\"></progress>",
             thousandths < 1000 ? thousandths : 1000UL);
}

/* ---- the last check, the timer ---- */

void page_check(const struct page_view *view, struct buffer *out)
{
    if (view->checking) {
        page_add(out, "<p>Checking...</p>");
        return;
    }
    if (!view->check_report)
        return;
    page_add(out, "<h3>The last check, ");
    page_time(out, view, view->check_time);
    page_add(out, "</h3><pre tabindex=\"0\" role=\"region\" aria-label=\"What the check found\">");
    page_message(view->check_report, out);
    page_add(out, "</pre>");
}

void page_schedule(const struct page_view *view, struct buffer *out)
{
    if (view->interval_minutes == 0)
        page_add(out, "The timer is off: a sync runs only when you start one.");
    else if (view->paused)
        page_add(out, "The timer is paused: a sync runs only when you start one.");
    else if (view->interval_minutes == 1)
        page_add(out, "A sync runs every minute.");
    else
        page_add(out, "A sync runs every %u minutes.", view->interval_minutes);
}
