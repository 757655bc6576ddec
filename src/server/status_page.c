/* What the page remembers of each run. */
#include "status_page.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/documents/document.h"
#include "tconnectsync/documents/report.h"
#include "tconnectsync/page/page.h"
#include "tconnectsync/sync/sync.h"
#include "daemon.h"
#include "runner.h"
#include "wish.h"

struct status_page *status_page_new(struct service *service)
{
    struct status_page *page = xcalloc(1, sizeof *page);
    page->service = service;
    day_picture_init(&page->picture);
    buffer_init(&page->public_html, PAGE_MAXIMUM);
    LIST_INIT(&page->listeners);
    return page;
}

void status_page_free(struct status_page *page)
{
    if (!page)
        return;
    buffer_free(&page->public_html);
    free(page->check_report);
    free(page->clock);
    free(page->other.error);
    free(page);
}

static void learn_units(struct status_page *page, const struct json *status)
{
    const char *units = json_text(json_get(json_get(status, "settings"), "units"));
    if (units)
        page->mmol = strncmp(units, "mmol", strlen("mmol")) == 0;
}

static void learn_clock(struct status_page *page, const struct report *report)
{
    free(page->clock);
    page->clock = *report->clock ? xstrdup(report->clock) : NULL;
    page->clock_since = report->clock_since;
}

/* ---- another day ---- */

#define LOOK_AGAIN SECONDS_PER_MINUTE /* after one that failed */

static void learn_other_day(struct status_page *page, const struct sync *sync, const struct report *report,
                            const struct wish *wish)
{
    struct day_picture *picture = &page->other.picture;
    if (wish->from != page->other.from)
        return; /* somebody looks at yet another one by now */
    page->other.read_at = (int64_t)time(NULL);
    free(page->other.error);
    page->other.error = report->ok ? NULL : xstrdup(report->error.text);
    if (!report->ok)
        return;
    day_picture_set_settings(picture, sync_pump_settings(sync));
    day_picture_update(picture, sync_pump_log(sync), page->service->person->zone, page->other.from - 1,
                       page->other.until, page->other.read_at);
}

void status_page_look(struct status_page *page, int64_t from, int64_t until)
{
    const int64_t now = (int64_t)time(NULL);
    const struct wish wish = {.has_range = true, .from = from, .to = until, .look = true};
    const bool known = page->other.from == from && page->other.read_at != NO_TIME;
    const bool goes_on = until > now && now - page->other.read_at >= LOOK_AGAIN;
    if (!page->service->runner ||
        (known && !goes_on && (!page->other.error || now - page->other.read_at < LOOK_AGAIN)))
        return;
    if (page->other.from != from) {
        free(page->other.error);
        page->other.error = NULL;
        page->other.from = from;
        page->other.until = until;
        page->other.read_at = NO_TIME;
        day_picture_init(&page->other.picture);
    }
    runner_ask(page->service->runner, &wish, TRIGGER_PAGE, false, NULL);
}

void status_page_learn(struct status_page *page, const struct sync *sync, const struct report *report,
                       const struct wish *wish, const char *text)
{
    const int64_t now = (int64_t)time(NULL), since = now - SECONDS_PER_DAY;
    learn_units(page, sync_nightscout_status(sync));
    if (wish->look) {
        learn_other_day(page, sync, report, wish);
        return;
    }
    if (wish->check) {
        free(page->check_report);
        page->check_report = xstrdup(text);
        page->check_time = now;
        return;
    }
    day_picture_set_settings(&page->picture, sync_pump_settings(sync));
    /* One that did not come to the documents, or was about other days, knows nothing of the day. */
    if (report->nothing_new || (!report->ok && sync_documents(sync)->count == 0))
        return;
    learn_clock(page, report);
    if (sync_has_read(sync, since, report->started))
        day_picture_update(&page->picture, sync_pump_log(sync), page->service->person->zone, since, now,
                           now);
}
