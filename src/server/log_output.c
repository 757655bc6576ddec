/* The log's lines on a stream of this process. Whoever reads it may stop to: a write that waited for him
   would stop everything else, so lines wait in a bounded queue instead, and what does not fit is counted. */
#include "tconnectsync/server/log_output.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/memory.h"

enum {
    QUEUE_MAXIMUM = 256 << 10,
    REPORT_MAXIMUM = 160,
    PROGRESS_SIZE = 160,
    JSON_MAXIMUM = 64 << 10,
    END_MILLISECONDS = 2000, /* that who reads has at the end */
};

struct log_output {
    int descriptor;
    struct buffer queue;
    size_t written; /* of the queue */
    uint64_t dropped;
    bool json;
    struct event *writable; /* NULL until the loop is known */
    bool is_terminal;
    char progress[PROGRESS_SIZE]; /* what stands below the log on a terminal; "": nothing */
    bool drawn;                   /* it is there, or in the queue's last place */
};

static const char erase_line[] = "\r\x1b[K";

struct log_output *log_output_new(FILE *stream)
{
    struct log_output *output = xcalloc(1, sizeof *output);
    output->descriptor = fileno(stream);
    const char *terminal = getenv("TERM");
    output->is_terminal = isatty(output->descriptor) && terminal && strcmp(terminal, "dumb") != 0;
    buffer_init(&output->queue, QUEUE_MAXIMUM);
    return output;
}

static size_t waiting(const struct log_output *output)
{
    return output->queue.length - output->written;
}

/* A pipe that is writable takes PIPE_BUF bytes at once, a socket far more: this does not wait. The descriptor
   itself is not made non-blocking, since others share it. */
static void write_what_fits(struct log_output *output, int milliseconds)
{
    struct pollfd ready = {.fd = output->descriptor, .events = POLLOUT};
    while (waiting(output) > 0 && poll(&ready, 1, milliseconds) > 0) {
        const char *lines = output->queue.data + output->written;
        size_t length = waiting(output) < PIPE_BUF ? waiting(output) : PIPE_BUF;
        const char *end = memrchr(lines, '\n', length); /* whole ones: others may write here too */
        ssize_t written = write(output->descriptor, lines, end ? (size_t)(end - lines) + 1 : length);
        if (written < 0 && (errno == EINTR || errno == EAGAIN))
            return;
        output->written += written < 0 ? waiting(output) : (size_t)written; /* nobody will ever read it */
    }
    if (waiting(output) == 0) {
        buffer_clear(&output->queue);
        output->written = 0;
    }
}

/* ---- progress ---- */

static void erase_progress(struct log_output *output)
{
    if (output->drawn)
        buffer_add_text(&output->queue, erase_line);
    output->drawn = false;
}

/* Not behind lines that wait: then it would be old before it is seen. */
static void draw_progress(struct log_output *output)
{
    if (!*output->progress || output->drawn || waiting(output) > 0)
        return;
    output->drawn = buffer_add_text(&output->queue, output->progress);
    write_what_fits(output, 0);
}

void log_output_progress(struct log_output *output, const char *text)
{
    struct winsize size;
    if (!output->is_terminal)
        return;
    /* A line that wraps could not be erased. */
    int columns = ioctl(output->descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
    erase_progress(output);
    snprintf(output->progress, sizeof output->progress, "%.*s", columns - 1, text);
    write_what_fits(output, 0);
    draw_progress(output);
}

/* ---- lines ---- */

static void make_room(struct log_output *output)
{
    memmove(output->queue.data, output->queue.data + output->written, waiting(output));
    output->queue.length = waiting(output);
    output->written = 0;
}

/* False when there is no room. */
static bool queue_line(struct log_output *output, const char *line, size_t length)
{
    if (!output->json)
        return buffer_add(&output->queue, line, length);
    struct buffer json;
    buffer_init(&json, JSON_MAXIMUM);
    char *without_newline = xstrndup(line, length - 1);
    log_write_json(without_newline, &json);
    buffer_add_text(&json, "\n");
    bool queued = !json.full && buffer_add(&output->queue, json.data, json.length);
    free(without_newline);
    buffer_free(&json);
    return queued;
}

static void report_dropped(struct log_output *output)
{
    char stamp[sizeof "2026-05-14T04:01:00Z"] = "?";
    time_t now = time(NULL);
    struct tm utc;
    if (output->dropped == 0 || output->queue.length + REPORT_MAXIMUM > QUEUE_MAXIMUM / 2)
        return;
    if (gmtime_r(&now, &utc))
        strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", &utc);
    char line[REPORT_MAXIMUM];
    int length = snprintf(line, sizeof line,
                          "time=%s level=warn module=log dropped=%" PRIu64
                          " note=\"nobody read the log for a while\"\n",
                          stamp, output->dropped);
    queue_line(output, line, (size_t)length);
    output->dropped = 0;
}

static void on_writable(evutil_socket_t descriptor, short what, void *context)
{
    (void)descriptor, (void)what;
    struct log_output *output = context;
    write_what_fits(output, 0);
    make_room(output);
    report_dropped(output);
    if (waiting(output) > 0)
        event_add(output->writable, NULL);
}

void log_output_watch(struct log_output *output, struct event_base *base)
{
    output->writable = event_new(base, output->descriptor, EV_WRITE, on_writable, output);
}

void log_output_use_json(struct log_output *output)
{
    output->json = true;
}

void log_output_take(void *context, enum log_level level, const char *line, size_t length)
{
    struct log_output *output = context;
    (void)level;
    write_what_fits(output, 0);
    if (output->queue.length + length > QUEUE_MAXIMUM)
        make_room(output);
    erase_progress(output);
    report_dropped(output);
    if (output->dropped > 0 || !queue_line(output, line, length))
        output->dropped++;
    write_what_fits(output, 0);
    draw_progress(output);
    if (waiting(output) > 0 && output->writable)
        event_add(output->writable, NULL); /* a file, which cannot be watched, takes everything at once */
}

void log_output_flush(struct log_output *output)
{
    erase_progress(output);
    *output->progress = '\0';
    write_what_fits(output, END_MILLISECONDS);
    make_room(output);
    report_dropped(output);
    write_what_fits(output, 0);
}

void log_output_forget_loop(struct log_output *output)
{
    if (output->writable)
        event_free(output->writable);
    output->writable = NULL;
}

void log_output_free(struct log_output *output)
{
    log_output_flush(output);
    log_output_forget_loop(output);
    buffer_free(&output->queue);
    free(output);
}
