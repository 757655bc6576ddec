/* The timer that asks for a sync by itself. */
#include "daemon_timer.h"

#include <event2/event.h>
#include <event2/util.h>

#include "tconnectsync/base/log.h"
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

void daemon_timer_follow(struct daemon *daemon)
{
    page_events_changed(daemon->page);
    if (daemon->schedule.next == SCHEDULE_NEVER || daemon->draining || !daemon->runner) {
        evtimer_del(daemon->timer);
        return;
    }
    int64_t wait = daemon->schedule.next - daemon_monotonic_milliseconds();
    wait = wait > 0 ? wait : 0;
    const struct timeval delay = {wait / 1000, wait % 1000 * 1000};
    evtimer_add(daemon->timer, &delay);
}

void daemon_timer_pause(struct daemon *daemon)
{
    schedule_pause(&daemon->schedule);
    daemon_timer_follow(daemon);
}

void daemon_timer_resume(struct daemon *daemon)
{
    schedule_resume(&daemon->schedule, daemon_monotonic_milliseconds());
    daemon_timer_follow(daemon);
}

static void on_timer(evutil_socket_t socket, short what, void *context)
{
    (void)socket, (void)what;
    struct daemon *daemon = context;
    const struct wish wish = {.features = daemon->application->configuration->features};
    switch (
        schedule_turn(&daemon->schedule, daemon_monotonic_milliseconds(), runner_is_busy(daemon->runner))) {
    case SCHEDULE_RUN:
        runner_ask(daemon->runner, &wish, TRIGGER_TIMER, false, NULL);
        break;
    case SCHEDULE_SKIP:
        log_info(daemon->application->account.log, "timer",
                 "note=\"a run is still going: this one is left out\"");
        break;
    case SCHEDULE_WAIT:
        break;
    }
    daemon_timer_follow(daemon);
}

void daemon_timer_new(struct daemon *daemon)
{
    daemon->timer = evtimer_new(daemon->application->account.base, on_timer, daemon);
    if (daemon->runner)
        schedule_start(&daemon->schedule, daemon->application->configuration->interval_minutes,
                       daemon_monotonic_milliseconds(), random_bits());
    daemon_timer_follow(daemon);
}

void daemon_timer_run_ended(struct daemon *daemon, bool ok)
{
    schedule_ended(&daemon->schedule, ok, daemon_monotonic_milliseconds(), random_bits());
}
