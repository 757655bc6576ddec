/* scenario.h - what happens on a day, each in a file of its kind: scenario_insulin.c, scenario_bolus.c,
 * scenario_body.c. */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include "builder.h"

void build_suspends(struct builder *builder, int64_t origin);
void build_basal(struct builder *builder);
void build_boluses(struct builder *builder, int64_t origin);
void build_modes(struct builder *builder, int64_t origin);
void build_alarms(struct builder *builder);
void build_readings(struct builder *builder);
void build_sensor(struct builder *builder);
void build_pump_status(struct builder *builder);
/* The profile's rate, milliunits an hour. */
int32_t profile_rate(const struct history *history, int64_t line);
/* mg/dL; a smooth curve. */
int32_t glucose_at(const struct history *history, int64_t line);

#endif
