/* The daemon's state as the page shows it. */
#include "page_view.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/monotonic.h"
#include "tconnectsync/documents/coverage.h"
#include "tconnectsync/settings/configuration.h"
#include "tconnectsync/sync/sync_memory.h"
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

/* The first failure since the last run that went well, as far as the history goes back. */
static int64_t failing_since(const struct history *history)
{
    int64_t since = NO_TIME;
    const struct run *run;
    for (size_t back = 0; (run = history_run(history, back)); back++) {
        if (run->result == RUN_OK && !run->pretend)
            break;
        if (run->result == RUN_FAILED && !run->pretend)
            since = run->started;
    }
    return since;
}

static void fill_public(const struct service *service, struct page_view *view)
{
    const struct configuration *configuration = service->person->configuration;
    const struct run *success = history_last_success(service->history);
    const int64_t next = schedule_next_time(&service->schedule, monotonic_milliseconds(), view->now);
    view->verdict = verdict_of(service);
    view->version = VERSION;
    view->zone = service->person->zone;
    view->up_since = service->daemon->started;
    view->last_good_run = success ? success->started : NO_TIME;
    view->next_run = next && service->runner ? next : NO_TIME;
    view->interval_minutes = configuration->interval_minutes;
    view->paused = service->schedule.paused;
    view->running = runner_is_busy(service->runner);
    view->checking = runner_is_checking(service->runner);
    view->failing_since = failing_since(service->history);
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
    view->latest = &page->picture;
    view->clock = page->clock;
    view->clock_since = page->clock_since;
    view->mmol = page->mmol;
    view->news = page->news;
    view->check_report = page->check_report;
    view->check_time = page->check_time;
}

static void fill_reader(const struct page_wish *wish, struct page_view *view)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-";
    const char *lang = wish->lang;
    if (lang && strlen(lang) < sizeof view->lang && lang[strspn(lang, letters)] == '\0')
        snprintf(view->lang, sizeof view->lang, "%s", lang);
    view->reader = page_reader_find(*view->lang ? view->lang : wish->languages);
}

/* A day that the page can show; false: none. */
static bool read_day(const struct service *service, const char *text, int64_t now, struct page_view *view)
{
    const struct time_zone *zone = service->person->zone;
    const int64_t wall = text && strlen(text) == strlen("2026-05-14") ? civil_parse_wall(text) : NO_TIME;
    int64_t second;
    if (wall == NO_TIME || !zone || !service->runner)
        return false;
    time_zone_instants(zone, wall, &view->day_from, &second);
    time_zone_instants(zone, wall + SECONDS_PER_DAY, &view->day_until, &second);
    if (view->day_from > now || now - view->day_from > 366 * (int64_t)SECONDS_PER_DAY) {
        view->day_from = view->day_until = 0;
        return false;
    }
    snprintf(view->day, sizeof view->day, "%s", text);
    return true;
}

static void fill_day(const struct status_page *page, struct page_view *view)
{
    const bool is_it = page->other.from == view->day_from;
    view->picture = is_it ? &page->other.picture : NULL;
    view->day_error = is_it ? page->other.error : NULL;
}

/* Whole in one pump's log is whole, a hole in one's is a hole: pumps follow each other. */
static void fill_calendar(const struct service *service, struct page_view *view)
{
    const struct person *person = service->person;
    const struct coverage *coverage;
    if (!person->zone || !service->runner)
        return;
    const int64_t today = time_zone_wall(person->zone, view->now) / SECONDS_PER_DAY;
    view->has_calendar = true;
    for (size_t pump = 0; (coverage = sync_memory_coverage(person->account.memory, pump)); pump++)
        for (int i = 0; i < CALENDAR_DAYS; i++) {
            const enum coverage_day its =
                coverage_of_day(coverage, person->configuration->features, today - i);
            if (its != DAY_NOT_READ && view->calendar[i] != DAY_WITH_HOLES)
                view->calendar[i] = (uint8_t)its;
        }
}

/* With the secret those whom it opens, by name; without it all, by number. */
static void fill_tabs(const struct service *service, bool full, struct filled_view *filled)
{
    const struct daemon *daemon = service->daemon;
    const char *secret = service->person->configuration->secret;
    enum health healths[PEOPLE_MAXIMUM];
    size_t count = 0;
    for (size_t i = 0; daemon->count > 1 && i < daemon->count; i++) {
        const struct service *other = &daemon->services[i];
        const struct configuration *its = other->person->configuration;
        if (full && (!its->secret || strcmp(its->secret, secret) != 0))
            continue;
        const enum health health = service_health(other);
        size_t at = count++;
        for (; at > 0 && healths[at - 1] < health; at--) {
            healths[at] = healths[at - 1];
            filled->tabs[at] = filled->tabs[at - 1];
        }
        healths[at] = health;
        filled->tabs[at] = (struct page_tab){its->person, full ? its->person_name : NULL, verdict_of(other)};
    }
    filled->view.tabs = filled->tabs;
    filled->view.tab_count = count;
    filled->view.person = count ? service->person->configuration->person : 0;
}

void page_view_fill(const struct status_page *page, bool full, const struct page_wish *wish,
                    struct filled_view *filled)
{
    *filled = (struct filled_view){.view = {.now = (int64_t)time(NULL),
                                            .newest_event = NO_TIME,
                                            .newest_reading = NO_TIME,
                                            .form_token = ""}};
    fill_public(page->service, &filled->view);
    fill_tabs(page->service, full, filled);
    fill_reader(wish, &filled->view);
    if (!full)
        return;
    fill_full(page, filled);
    fill_calendar(page->service, &filled->view);
    if (read_day(page->service, wish->day, filled->view.now, &filled->view))
        fill_day(page, &filled->view);
}
