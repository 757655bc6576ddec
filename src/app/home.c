/* The small status page: what everybody may know. */
#include "daemon.h"

#include <time.h>

#include "tconnectsync/buffer.h"
#include "tconnectsync/civil_time.h"
#include "tconnectsync/configuration.h"

/* Settings' problems name variables and remedies, never values; still nothing is trusted to be free of markup. */
static void add_escaped(struct buffer *out, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '<':
            buffer_add_text(out, "&lt;");
            break;
        case '&':
            buffer_add_text(out, "&amp;");
            break;
        case '"':
            buffer_add_text(out, "&quot;");
            break;
        default:
            buffer_add(out, text, 1);
        }
    }
}

static void add_time(const struct daemon *daemon, struct buffer *out, int64_t time)
{
    char text[CIVIL_TEXT_SIZE];
    const struct time_zone *zone = daemon->application->zone;
    buffer_add_text(out, zone ? time_zone_format(zone, text, time, 0) : civil_format(text, time, 0, 0));
}

static void add_problems(const struct configuration *configuration, struct buffer *out)
{
    buffer_add_text(out, "<p>The settings cannot be used yet. Mend these, then restart:</p><ul>");
    for (size_t i = 0; i < configuration->problem_count; i++) {
        buffer_add_text(out, "<li>");
        add_escaped(out, configuration->problems[i]);
        buffer_add_text(out, "</li>");
    }
    buffer_add_text(out, "</ul>");
}

static void add_last_runs(const struct daemon *daemon, struct buffer *out)
{
    const struct run *last = history_run(daemon->history, 0), *success = history_last_success(daemon->history);
    if (!last)
        buffer_add_text(out, "<p>No sync has ended yet.</p>");
    else
        buffer_add_text(out, last->result == RUN_OK ? "<p>The last sync went well.</p>"
                                                    : "<p>The last sync failed. Nothing is lost: the next one writes "
                                                      "what is missing.</p>");
    if (success) {
        buffer_add_text(out, "<p>Last good sync: ");
        add_time(daemon, out, success->started);
        buffer_add_text(out, "</p>");
    }
}

static void add_schedule(const struct daemon *daemon, struct buffer *out)
{
    unsigned minutes = daemon->application->configuration->interval_minutes;
    int64_t next = schedule_next_time(&daemon->schedule, daemon_monotonic_milliseconds(), (int64_t)time(NULL));
    if (minutes == 0) {
        buffer_add_text(out, "<p>No timer is set (TCONNECTSYNC_HEROKU_INTERVAL_MINS): it syncs when asked.</p>");
        return;
    }
    buffer_addf(out, "<p>It syncs every %u minutes%s", minutes, daemon->schedule.paused ? "; paused now" : "");
    if (next) {
        buffer_add_text(out, "; next at ");
        add_time(daemon, out, next);
    }
    buffer_add_text(out, "</p>");
}

void home_write(const struct daemon *daemon, struct buffer *out)
{
    buffer_add_text(out, "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">"
                         "<meta name=\"viewport\" content=\"width=device-width\">"
                         "<title>TConnectSync</title></head><body><main><h1>TConnectSync is running</h1>");
    if (!application_is_usable(daemon->application))
        add_problems(daemon->application->configuration, out);
    else
        add_last_runs(daemon, out);
    add_schedule(daemon, out);
    buffer_add_text(out, "<p>Version " VERSION "</p></main></body></html>\n");
}
