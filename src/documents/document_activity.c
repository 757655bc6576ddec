/* Sleep and exercise, by the pump's modes; where a record has none, by what was asked of it. */
#include "document_build.h"

enum mode_action { START_SLEEP = 1, STOP_SLEEP, START_EXERCISE, STOP_EXERCISE, STOP_ALL };
enum user_mode { SLEEPING = 1, EXERCISING = 2 };

/* Ends the open one at the event; stop: NO_EVENT when a second start cuts it, which is no stop of its own. */
static void end_activity(struct builder *builder, struct activity *activity, const struct pump_event *event,
                         uint32_t stop)
{
    if (activity->open == NO_DOCUMENT)
        return;
    struct document *document = &builder->out->items[activity->open];
    document->duration = event->time > document->time ? event->time - document->time : 0;
    document->related[0] = stop;
    document->ended = stop != NO_EVENT;
    *activity = (struct activity){NO_DOCUMENT, stop};
}

/* Without modes a start counts only behind a stop: when that comes late, it is what makes the document. */
static void start_activity(struct builder *builder, struct activity *activity, enum document_kind kind,
                           size_t index, bool by_mode)
{
    const struct pump_event *event = &builder->log->events[index];
    end_activity(builder, activity, event, NO_EVENT);
    struct document *document = builder_add(builder, kind, index, event->time);
    if (!by_mode && activity->stop != NO_EVENT)
        document->told_by = activity->stop;
    activity->open = builder->out->count - 1;
}

static bool starts(const struct pump_event *event, bool by_mode, int64_t mode, int64_t action,
                   const struct activity *activity)
{
    if (by_mode)
        return event->mode.current == mode && event->mode.previous != mode;
    return event->mode.action == action && activity->open == NO_DOCUMENT; /* a second start changes nothing */
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
        end_activity(builder, &builder->sleep, event, (uint32_t)index);
    if (stops(event, by_mode, EXERCISING, STOP_EXERCISE))
        end_activity(builder, &builder->exercise, event, (uint32_t)index);
    if (starts(event, by_mode, SLEEPING, START_SLEEP, &builder->sleep))
        start_activity(builder, &builder->sleep, DOCUMENT_SLEEP, index, by_mode);
    if (starts(event, by_mode, EXERCISING, START_EXERCISE, &builder->exercise))
        start_activity(builder, &builder->exercise, DOCUMENT_EXERCISE, index, by_mode);
}

static void leave_open(struct builder *builder, size_t open)
{
    if (open == NO_DOCUMENT)
        return;
    struct document *document = &builder->out->items[open];
    int64_t end = builder->newest < builder->rules.now ? builder->newest : builder->rules.now;
    document->duration = end > document->time ? end - document->time : 0;
    document->open = true;
}

/* Until the newest record, as far as the log tells. */
void builder_leave_activities_open(struct builder *builder)
{
    leave_open(builder, builder->sleep.open);
    leave_open(builder, builder->exercise.open);
}
