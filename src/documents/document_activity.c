/* Sleep and exercise, by the pump's modes; where a record has none, by what was asked of it. */
#include "document_build.h"

enum mode_action { START_SLEEP = 1, STOP_SLEEP, START_EXERCISE, STOP_EXERCISE, STOP_ALL };
enum user_mode { SLEEPING = 1, EXERCISING = 2 };

/* Ends the open one at the event; stop: NO_EVENT when a second start cuts it, which is no stop of its own. */
static void end_activity(struct builder *builder, size_t *open, const struct pump_event *event, uint32_t stop)
{
    if (*open == NO_DOCUMENT)
        return;
    struct document *document = &builder->out->items[*open];
    document->duration = event->time > document->time ? event->time - document->time : 0;
    document->related[0] = stop;
    document->ended = stop != NO_EVENT;
    *open = NO_DOCUMENT;
}

static void start_activity(struct builder *builder, size_t *open, enum document_kind kind, size_t index)
{
    const struct pump_event *event = &builder->log->events[index];
    end_activity(builder, open, event, NO_EVENT);
    builder_add(builder, kind, index, event->time);
    *open = builder->out->count - 1;
}

static bool starts(const struct pump_event *event, bool by_mode, int64_t mode, int64_t action, size_t open)
{
    if (by_mode)
        return event->mode.current == mode && event->mode.previous != mode;
    return event->mode.action == action && open == NO_DOCUMENT; /* a second start changes nothing */
}

static bool stops(const struct pump_event *event, bool by_mode, int64_t mode, int64_t action)
{
    bool asked = event->mode.action == action || event->mode.action == STOP_ALL;
    if (by_mode)
        return event->mode.current != mode && (event->mode.previous == mode || asked);
    return asked;
}

void builder_on_user_mode(struct builder *builder, size_t index)
{
    const struct pump_event *event = &builder->log->events[index];
    bool by_mode = event_knows(event, mode.current) && event_knows(event, mode.previous);
    if (stops(event, by_mode, SLEEPING, STOP_SLEEP))
        end_activity(builder, &builder->open_sleep, event, (uint32_t)index);
    if (stops(event, by_mode, EXERCISING, STOP_EXERCISE))
        end_activity(builder, &builder->open_exercise, event, (uint32_t)index);
    if (starts(event, by_mode, SLEEPING, START_SLEEP, builder->open_sleep))
        start_activity(builder, &builder->open_sleep, DOCUMENT_SLEEP, index);
    if (starts(event, by_mode, EXERCISING, START_EXERCISE, builder->open_exercise))
        start_activity(builder, &builder->open_exercise, DOCUMENT_EXERCISE, index);
}

static void leave_open(struct builder *builder, size_t open)
{
    if (open == NO_DOCUMENT)
        return;
    struct document *document = &builder->out->items[open];
    int64_t end = builder->newest < builder->rules->now ? builder->newest : builder->rules->now;
    document->duration = end > document->time ? end - document->time : 0;
    document->open = true;
}

/* Until the newest record, as far as the log tells. */
void builder_leave_activities_open(struct builder *builder)
{
    leave_open(builder, builder->open_sleep);
    leave_open(builder, builder->open_exercise);
}
