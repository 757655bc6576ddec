/* What the page remembers of each run. */
#include "status_page.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tconnectsync/base/json.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/documents/document.h"
#include "tconnectsync/documents/report.h"
#include "tconnectsync/page/page.h"
#include "tconnectsync/sync/sync.h"
#include "daemon.h"

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
    free(page);
}

static void learn_units(struct status_page *page, const struct json *status)
{
    const char *units = json_text(json_get(json_get(status, "settings"), "units"));
    if (units)
        page->mmol = strncmp(units, "mmol", strlen("mmol")) == 0;
}

void status_page_learn(struct status_page *page, const struct sync *sync, const struct report *report,
                       bool check, const char *text)
{
    learn_units(page, sync_nightscout_status(sync));
    if (check) {
        free(page->check_report);
        page->check_report = xstrdup(text);
        page->check_time = (int64_t)time(NULL);
        return;
    }
    day_picture_set_target(&page->picture, sync_pump_settings(sync));
    /* A sync that did not come to the documents knows nothing of the day. */
    if (report->ok || sync_documents(sync)->count > 0)
        day_picture_update(&page->picture, sync_documents(sync), sync_pump_log(sync),
                           page->service->person->zone, (int64_t)time(NULL));
}
