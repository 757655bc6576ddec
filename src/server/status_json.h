/* status_json.h - the server's state as JSON. */
#ifndef TCONNECTSYNC_STATUS_JSON_H
#define TCONNECTSYNC_STATUS_JSON_H

#include <stdbool.h>

struct buffer;
struct daemon;

void status_json_write(const struct daemon *daemon, struct buffer *out);
/* The shapes that the scheduler of the Python version had. */
void scheduler_write(const struct daemon *daemon, struct buffer *out);
void scheduler_job_write(const struct daemon *daemon, bool as_list, struct buffer *out);

#endif
