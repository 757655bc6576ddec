/* log_to_stream.h - a log_sink for tests; its context is a FILE. */
#ifndef TCONNECTSYNC_LOG_TO_STREAM_H
#define TCONNECTSYNC_LOG_TO_STREAM_H

#include <stdio.h>

#include "tconnectsync/base/log.h"

static inline void log_to_stream(void *stream, enum log_level level, const char *line, size_t length)
{
    (void)level;
    fwrite(line, 1, length, stream);
    fflush(stream);
}

#endif
