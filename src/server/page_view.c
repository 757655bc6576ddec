/* The daemon's state as the page shows it. */
#include "page_view.h"

#include <time.h>

#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/settings/configuration.h"
#include "tconnectsync/tandem/tandem.h"
#include "runner.h"
#include "status_page.h"

static enum page_verdict verdict_of(const struct service *service)
{
    int64_t since;
    const bool failed_last = history_failures(service->history) > 0, paused = service->schedule.paused;
    switch (service_health(service)) {
    case HEALTH_UNCONFIGURED:
        return VERDICT_UNCONFIGURED;
    case HEALTH_REFUSED:
        return tandem_refused(service->person->account.tandem, &since) ? VERDICT_REFUSED
                                                                       : VERDICT_SECRET_REFUSED;
    case HEALTH_FAILING:
        return VERDICT_FAILING;
    case HEALTH_IDLE:
        return VERDICT_IDLE;
    case HEALTH_STARTING:
        return paused ? VERDICT_PAUSED : VERDICT_STARTING;
    case HEALTH_STALE:
        if (paused)
            return VERDICT_PAUSED;
        if (history_count(service->history) == 0)
            return VERDICT_FAILING;
        return failed_last ? VERDICT_RETRYING : VERDICT_WAITING;
    case HEALTH_OK:
        break;
    }
    return failed_last ? VERDICT_RETRYING : paused ? VERDICT_PAUSED : VERDICT_FLOWING;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b; /* NO_TIME is less than every time */
}

static void fill_public(const struct service *service, struct page_view *view)
{
    const struct configuration *configuration = service->person->configuration;
    const struct run *success = history_last_success(service->history);
    const int64_t next = schedule_next_time(&service->schedule, daemon_monotonic_milliseconds(), view->now);
    view->verdict = verdict_of(service);
    view->version = VERSION;
    view->zone = service->person->zone;
    view->up_since = service->daemon->started;
    view->last_good_run = success ? success->started : NO_TIME;
    view->next_run = next && service->runner ? next : NO_TIME;
    view->interval_minutes = configuration->interval_minutes;
    view->paused = service->schedule.paused;
    view->running = runner_is_busy(service->runner);
    view->has_secret = configuration->secret != NULL;
    view->problems = configuration->problems;
    view->problem_count = configuration->problem_count;
    view->warnings = configuration->warnings;
    view->warning_count = configuration->warning_count;
}

static void fill_full(const struct status_page *page, struct filled_view *filled)
{
    const struct service *service = page->service;
    struct page_view *view = &filled->view;
    for (const struct run *run; (run = history_run(service->history, view->run_count)); view->run_count++)
        filled->runs[view->run_count] = run;
    if (runner_progress(service->runner, &filled->progress))
        view->progress = &filled->progress;
    view->signed_in = true;
    view->runs = filled->runs;
    view->libraries = daemon_libraries(filled->libraries, sizeof filled->libraries);
    view->features = service->person->configuration->features;
    view->no_data_minutes = service->person->configuration->no_data_failure_minutes;
    view->newest_event = history_newest_event(service->history);
    view->newest_reading =
        later(history_newest_reading(service->history), day_picture_newest_reading(&page->picture));
    view->picture = &page->picture;
    view->mmol = page->mmol;
    view->news = page->news;
    view->check_report = page->check_report;
    view->check_time = page->check_time;
}

void page_view_fill(const struct status_page *page, bool full, struct filled_view *filled)
{
    *filled = (struct filled_view){.view = {.now = (int64_t)time(NULL),
                                            .newest_event = NO_TIME,
                                            .newest_reading = NO_TIME,
                                            .form_token = ""}};
    fill_public(page->service, &filled->view);
    if (full)
        fill_full(page, filled);
}
