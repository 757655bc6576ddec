/* status_json.h - the server's state as JSON. */
#ifndef TCONNECTSYNC_STATUS_JSON_H
#define TCONNECTSYNC_STATUS_JSON_H

#include <stdbool.h>

#include "daemon.h"

struct buffer;

/* Several people are listed, be it only one of them; who is alone in the process is not. */
void status_json_write(struct daemon *daemon, people_set people, struct buffer *out);
/* The shapes that the scheduler of the Python version had. */
void scheduler_write(struct daemon *daemon, people_set people, struct buffer *out);
/* as_list: everybody's; else that of the first alone. */
void scheduler_job_write(struct daemon *daemon, people_set people, bool as_list, struct buffer *out);

#endif
