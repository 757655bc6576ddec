/* sensor.h - the kinds of CGM sensors. */
#ifndef SIM_SENSOR_H
#define SIM_SENSOR_H

#include <stdint.h>

/* A kind of CGM sensor and the codes that the pump logs for it. */
struct sensor {
    const char *name;
    uint16_t reading, start, join, stop, alert;
};

const struct sensor *sensor_find(const char *name); /* NULL: unknown */

#endif
