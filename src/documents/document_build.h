/* document_build.h - the walk from events to documents: what its subjects share. */
#ifndef TCONNECTSYNC_DOCUMENT_BUILD_H
#define TCONNECTSYNC_DOCUMENT_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tconnectsync/documents/document.h"
#include "tconnectsync/pump/pump_log.h"

#define NO_DOCUMENT SIZE_MAX
#define COMPLETED   3 /* completionStatus */

/* A sleep or exercise on the way. */
struct activity {
    size_t open;   /* its document; NO_DOCUMENT: none lasts */
    uint32_t stop; /* the event that ended the one before; NO_EVENT: none did */
};

struct builder {
    struct pump_log *log;
    const struct time_zone *zone;
    struct document_rules rules;
    struct documents *out;
    size_t next_event;

    /* of the pump at hand */
    int64_t newest;                   /* its newest record */
    size_t run;                       /* the run that the event at hand lies in */
    size_t basal_run;                 /* the one of the latest basal */
    size_t last_basal_document;       /* what to end when the next basal comes */
    struct activity sleep, exercise;
    int64_t last_sensor;              /* start or join */
    int64_t latest_backfill;          /* reading time, to tell the passes of a repeated hour apart */
    uint32_t *bolus_events;           /* its 64, 65, 66, 20, 59, oldest first */
    size_t bolus_event_count, bolus_event_capacity;
};

/* document_builder.c */
struct document *builder_add(struct builder *builder, enum document_kind kind, size_t event, int64_t time);
bool builder_wants(const struct builder *builder, unsigned features);

/* document_basal.c. index: the event's; end_basal gives the pump's last one its end. */
void builder_on_basal(struct builder *builder, size_t index);
void builder_end_basal(struct builder *builder, const struct pump_event *next);
/* document_bolus.c */
void builder_remember_bolus_event(struct builder *builder, size_t index);
void builder_on_bolus_completed(struct builder *builder, size_t index);
void builder_on_extended_completed(struct builder *builder, size_t index);
/* document_activity.c */
void builder_on_user_mode(struct builder *builder, size_t index);
void builder_leave_activities_open(struct builder *builder);
/* document_glucose.c */
void builder_on_reading(struct builder *builder, size_t index);
void builder_on_sensor(struct builder *builder, size_t index);
/* document_status.c: the newest one over all pumps. */
void builder_add_device_status(struct builder *builder);

#endif
