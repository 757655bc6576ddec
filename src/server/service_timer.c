/* The timer that asks for a sync by itself. */
#include "service_timer.h"

#include <event2/event.h>
#include <event2/util.h>

#include "tconnectsync/base/log.h"
#include "tconnectsync/base/monotonic.h"
#include "tconnectsync/settings/configuration.h"
#include "daemon.h"
#include "page_events.h"
#include "runner.h"
#include "wish.h"

static uint32_t random_bits(void)
{
    uint32_t bits;
    evutil_secure_rng_get_bytes(&bits, sizeof bits);
    return bits;
}

void service_timer_follow(struct service *service)
{
    page_events_changed(service->page);
    if (service->schedule.next == SCHEDULE_NEVER || service->daemon->draining || !service->runner) {
        evtimer_del(service->timer);
        return;
    }
    int64_t wait = service->schedule.next - monotonic_milliseconds();
    wait = wait > 0 ? wait : 0;
    const struct timeval delay = {wait / 1000, wait % 1000 * 1000};
    evtimer_add(service->timer, &delay);
}

void service_timer_pause(struct service *service)
{
    schedule_pause(&service->schedule);
    service_timer_follow(service);
}

void service_timer_resume(struct service *service)
{
    schedule_resume(&service->schedule, monotonic_milliseconds());
    service_timer_follow(service);
}

static void on_timer(evutil_socket_t socket, short what, void *context)
{
    (void)socket, (void)what;
    struct service *service = context;
    const struct wish wish = {.features = service->person->configuration->features};
    switch (schedule_turn(&service->schedule, monotonic_milliseconds(), runner_is_busy(service->runner))) {
    case SCHEDULE_RUN:
        runner_ask(service->runner, &wish, TRIGGER_TIMER, false, NULL);
        break;
    case SCHEDULE_SKIP:
        log_info(service->person->account.log, "timer",
                 "note=\"a run is still going: this one is left out\"");
        break;
    case SCHEDULE_WAIT:
        break;
    }
    service_timer_follow(service);
}

void service_timer_new(struct service *service)
{
    service->timer = evtimer_new(service->person->account.base, on_timer, service);
    if (service->runner) {
        const struct daemon *daemon = service->daemon;
        schedule_start(&service->schedule, service->person->configuration->interval_minutes,
                       monotonic_milliseconds(), random_bits());
        schedule_spread(&service->schedule, (unsigned)(service - daemon->services), (unsigned)daemon->count);
    }
    service_timer_follow(service);
}

void service_timer_run_ended(struct service *service, bool ok)
{
    schedule_ended(&service->schedule, ok, monotonic_milliseconds(), random_bits());
}
