/* Formats a line, hides in it what must not be seen, and hands it on: nothing here writes anywhere. */
#include "tconnectsync/base/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/base/redact.h"

enum {
    LINE_MAXIMUM = 4096, /* with its newline: what a pipe takes in one piece */
    QUOTED_MAXIMUM = 1024,
    QUOTED_SLOTS = 8,
    GATHERED_MAXIMUM = 1 << 20, /* of a line before redaction and cutting */
};

static const char ellipsis[] = "\xe2\x80\xa6";
static const char *const level_names[] = {"debug", "info", "warn", "error"};

struct log {
    struct log *parent; /* NULL: it has the sink and the level */
    log_sink *sink;
    void *sink_context;
    enum log_level least;
    const struct redactor *redactor;
    char *tag;
    log_listener *listener;
    void *listener_context;
    bool listening; /* the listener is at work: what it logs is not told to it */
    char quoted[QUOTED_SLOTS][QUOTED_MAXIMUM];
    unsigned next_quoted;
};

struct log *log_new(log_sink *sink, void *context, enum log_level least, const struct redactor *redactor)
{
    struct log *log = xcalloc(1, sizeof *log);
    log->sink = sink;
    log->sink_context = context;
    log->least = least;
    log->redactor = redactor;
    return log;
}

struct log *log_child(struct log *parent, const char *tag, const struct redactor *redactor)
{
    if (!parent)
        return NULL;
    struct log *log = log_new(NULL, NULL, parent->least, redactor);
    log->parent = parent;
    log->tag = tag ? xstrdup(tag) : NULL;
    return log;
}

void log_free(struct log *log)
{
    if (log)
        free(log->tag);
    free(log);
}

void log_listen(struct log *log, log_listener *listener, void *context)
{
    if (!log)
        return;
    log->listener = listener;
    log->listener_context = context;
}

/* Hides what this log and those above it hide; out is empty and takes it. */
static void hide(const struct log *log, const char *text, size_t length, struct buffer *out)
{
    redact(log->redactor, text, length, out);
    for (log = log->parent; log; log = log->parent) {
        struct buffer less = *out;
        buffer_init(out, GATHERED_MAXIMUM);
        redact(log->redactor, less.data, less.length, out);
        buffer_free(&less);
    }
}

/* The UTF-8 sequences of what is no control character, by their first byte: how long they are, and between what their
   second byte lies (RFC 3629, section 4: no overlong forms, no surrogates, nothing past U+10FFFF). */
static const struct sequence {
    unsigned char first, last, length, second_least, second_most;
} sequences[] = {
    {0x20, 0x7e, 1, 0, 0},       {0xc2, 0xc2, 2, 0xa0, 0xbf}, {0xc3, 0xdf, 2, 0x80, 0xbf},
    {0xe0, 0xe0, 3, 0xa0, 0xbf}, {0xe1, 0xec, 3, 0x80, 0xbf}, {0xed, 0xed, 3, 0x80, 0x9f},
    {0xee, 0xef, 3, 0x80, 0xbf}, {0xf0, 0xf0, 4, 0x90, 0xbf}, {0xf1, 0xf3, 4, 0x80, 0xbf},
    {0xf4, 0xf4, 4, 0x80, 0x8f},
};

/* The length of the UTF-8 sequence that text begins with; 0: it begins with none, or with a control character. */
static size_t printable(const char *text, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)text;
    const struct sequence *sequence = sequences, *end = sequences + sizeof sequences / sizeof *sequences;
    while (sequence < end && (bytes[0] < sequence->first || bytes[0] > sequence->last))
        sequence++;
    if (sequence == end || sequence->length > length)
        return 0;
    if (sequence->length > 1 && (bytes[1] < sequence->second_least || bytes[1] > sequence->second_most))
        return 0;
    for (size_t i = 2; i < sequence->length; i++)
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
    return sequence->length;
}

static size_t escape(char form[8], char c, bool printable_one, bool quoted)
{
    if (printable_one)
        return (size_t)snprintf(form, 8, "\\%c", c);
    if (quoted && c == '\n')
        return (size_t)snprintf(form, 8, "\\n");
    return (size_t)snprintf(form, 8, "\\u%04x", (unsigned char)c);
}

/* Adds text up to maximum bytes in all, cut with an ellipsis. Quoted: escapes what logfmt wants escaped. */
static void add_clean(struct buffer *out, const char *text, size_t length, size_t maximum, bool quoted)
{
    size_t cut = out->length; /* how far it may go and leave room for the ellipsis */
    for (size_t at = 0; at < length;) {
        char form[8];
        const char *piece = text + at;
        size_t count = printable(piece, length - at), size = count;
        if (!count || (quoted && (*piece == '"' || *piece == '\\'))) {
            size = escape(form, *piece, count != 0, quoted);
            piece = form;
            count = 1;
        }
        if (out->length + size > maximum) {
            out->length = cut;
            buffer_add_text(out, ellipsis);
            return;
        }
        buffer_add(out, piece, size);
        at += count;
        if (out->length + sizeof ellipsis - 1 <= maximum)
            cut = out->length;
    }
}

const char *log_quote(struct log *log, const char *value)
{
    if (!log)
        return "\"\"";
    if (!value)
        value = "";
    struct buffer hidden, quoted;
    buffer_init(&hidden, GATHERED_MAXIMUM);
    buffer_init(&quoted, QUOTED_MAXIMUM - 1);
    /* Before quoting, since what was escaped twice would not be known again. */
    hide(log, value, strlen(value), &hidden);
    buffer_add_text(&quoted, "\"");
    add_clean(&quoted, hidden.data, hidden.length, QUOTED_MAXIMUM - 2, true);
    buffer_add_text(&quoted, "\"");
    char *slot = log->quoted[log->next_quoted++ % QUOTED_SLOTS];
    memcpy(slot, quoted.data, quoted.length + 1);
    buffer_free(&hidden);
    buffer_free(&quoted);
    return slot;
}

static void tell_listener(struct log *log, enum log_level level, const char *line)
{
    if (!log->listener || log->listening)
        return;
    log->listening = true;
    log->listener(log->listener_context, level, line);
    log->listening = false;
}

void log_line(struct log *log, enum log_level level, const char *module, const char *format, ...)
{
    if (!log || level < log->least)
        return;
    struct buffer hidden, line;
    buffer_init(&hidden, GATHERED_MAXIMUM);
    buffer_init(&line, LINE_MAXIMUM);

    char *message = NULL;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&message, format, arguments);
    va_end(arguments);
    if (length >= 0)
        hide(log, message, (size_t)length, &hidden);
    free(length >= 0 ? message : NULL);

    char stamp[sizeof "2026-05-14T04:01:00Z"] = "?";
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    if (gmtime_r(&now.tv_sec, &utc))
        strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", &utc);
    buffer_addf(&line, "time=%s level=%s module=%s %s%s", stamp, level_names[level], module,
                log->tag ? log->tag : "", log->tag ? " " : "");
    add_clean(&line, hidden.data, hidden.length, LINE_MAXIMUM - 1, false);
    tell_listener(log, level, line.data);
    buffer_add_text(&line, "\n");
    const struct log *root = log;
    while (root->parent)
        root = root->parent;
    root->sink(root->sink_context, level, line.data, line.length);
    buffer_free(&hidden);
    buffer_free(&line);
}
