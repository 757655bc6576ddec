/* The log's lines on a stream of this process, each in one piece and at once. */
#include "tconnectsync/server/log_output.h"

#include <stdlib.h>

#include "tconnectsync/base/memory.h"

struct log_output {
    FILE *stream;
};

struct log_output *log_output_new(FILE *stream)
{
    struct log_output *output = xcalloc(1, sizeof *output);
    output->stream = stream;
    return output;
}

void log_output_free(struct log_output *output)
{
    free(output);
}

void log_output_take(void *context, enum log_level level, const char *line, size_t length)
{
    struct log_output *output = context;
    (void)level;
    fwrite(line, 1, length, output->stream);
    fflush(output->stream);
}
