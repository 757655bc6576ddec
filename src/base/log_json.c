/* A line of the log as JSON, for collectors that read nothing else. Pure. */
#include <stdbool.h>
#include <string.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/log.h"

/* A number as JSON allows it: no sign but a minus, no leading zero, digits around the point. */
static bool is_number(const char *text, size_t length)
{
    const char *end = text + length;
    if (text < end && *text == '-')
        text++;
    size_t whole = strspn(text, "0123456789");
    if (whole == 0 || (whole > 1 && *text == '0'))
        return false;
    text += whole;
    if (text < end && *text == '.') {
        size_t rest = strspn(text + 1, "0123456789");
        if (rest == 0)
            return false;
        text += 1 + rest;
    }
    return text == end;
}

static void add_string(struct buffer *out, const char *text, size_t length)
{
    buffer_add_text(out, "\"");
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '"' || text[i] == '\\')
            buffer_add_text(out, "\\");
        buffer_add(out, text + i, 1);
    }
    buffer_add_text(out, "\"");
}

/* The length of a quoted value with its quotes, or of what is left where the line was cut within it. */
static size_t quoted_length(const char *text, bool *whole)
{
    size_t length = 1;
    while (text[length] && text[length] != '"')
        length += text[length] == '\\' && text[length + 1] ? 2 : 1;
    *whole = text[length] == '"';
    return length + *whole;
}

/* The value at text; its length is returned. What log_quote escapes, JSON escapes alike. */
static size_t add_value(struct buffer *out, const char *text)
{
    if (*text == '"') {
        bool whole;
        size_t length = quoted_length(text, &whole);
        if (whole)
            buffer_add(out, text, length);
        else
            add_string(out, text + 1, length - 1); /* an escape may be cut, too */
        return length;
    }
    size_t length = strcspn(text, " ");
    if (is_number(text, length))
        buffer_add(out, text, length);
    else
        add_string(out, text, length);
    return length;
}

void log_write_json(const char *line, struct buffer *out)
{
    const char *separator = "{";
    for (line += strspn(line, " "); *line; line += strspn(line, " ")) {
        size_t key = strcspn(line, "= ");
        buffer_add_text(out, separator);
        separator = ",";
        add_string(out, line, key);
        buffer_add_text(out, ":");
        line += key;
        if (*line == '=')
            line += 1 + add_value(out, line + 1);
        else
            buffer_add_text(out, "true"); /* a word of its own, as logfmt has it */
    }
    buffer_add_text(out, *separator == '{' ? "{}" : "}");
}
