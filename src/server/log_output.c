/* The log's lines on a stream of this process, each in one piece and at once. */
#include "tconnectsync/server/log_output.h"

#include <stdbool.h>
#include <stdlib.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/memory.h"

#define JSON_MAXIMUM (1u << 16)

struct log_output {
    FILE *stream;
    bool json;
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

void log_output_use_json(struct log_output *output)
{
    output->json = true;
}

static void put(struct log_output *output, const char *line, size_t length)
{
    fwrite(line, 1, length, output->stream);
    fflush(output->stream);
}

static void put_json(struct log_output *output, const char *line, size_t length)
{
    struct buffer json;
    buffer_init(&json, JSON_MAXIMUM);
    char *without_newline = xstrndup(line, length - 1);
    log_write_json(without_newline, &json);
    buffer_add_text(&json, "\n");
    put(output, json.data, json.length);
    free(without_newline);
    buffer_free(&json);
}

void log_output_take(void *context, enum log_level level, const char *line, size_t length)
{
    struct log_output *output = context;
    (void)level;
    if (output->json)
        put_json(output, line, length);
    else
        put(output, line, length);
}
