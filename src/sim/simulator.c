/* The simulator's clocks: what the services take for now, and how much of the pump's history has reached
 * Tandem. */
#include "simulator.h"

#include <time.h>

#include "clock.h"
#include "tconnectsync/base/memory.h"

int64_t pump_now(const struct simulator *simulator)
{
    return simulator->settings.now ? simulator->settings.now : time(NULL);
}

int64_t service_now(const struct simulator *simulator)
{
    int64_t now = simulator->settings.date_follows_now ? pump_now(simulator) : time(NULL);
    return now + simulator->settings.clock_skew;
}

int64_t upload_time(const struct simulator *simulator)
{
    int64_t now = pump_now(simulator), period = simulator->settings.upload_every * 60;
    if (simulator->settings.uploaded_until)
        return simulator->settings.uploaded_until < now ? simulator->settings.uploaded_until : now;
    return period > 0 ? now - now % period : now;
}

int64_t known_until(const struct simulator *simulator)
{
    return upload_time(simulator) - simulator->settings.upload_lag * 60;
}

bool record_visible(const struct simulator *simulator, const struct record *record)
{
    int64_t instant = history_instant(&simulator->history, record->line), uploaded = known_until(simulator);
    if (instant > uploaded)
        return false;
    for (size_t i = 0; i < simulator->hold_count; i++) {
        const struct hold *hold = &simulator->holds[i];
        if (instant >= hold->from && instant < hold->to && uploaded < hold->until &&
            (!hold->code || hold->code == record->code))
            return false;
    }
    return true;
}

int64_t last_line_day(const struct simulator *simulator)
{
    return clock_day(history_line(&simulator->history, known_until(simulator)));
}

bool simulator_hold(struct simulator *simulator, int64_t from, int64_t to, int64_t until, int64_t code)
{
    if (from >= to || until <= from)
        return false;
    simulator->holds = xreallocarray(simulator->holds, simulator->hold_count + 1, sizeof *simulator->holds);
    simulator->holds[simulator->hold_count++] = (struct hold){from, to, until, code};
    return true;
}
