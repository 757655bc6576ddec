/* The rules are python-dotenv's, which the program's users know, but "${NAME}" is left as it stands. */
#include "tconnectsync/settings/configuration.h"

#include <string.h>

#include "tconnectsync/base/buffer.h"

struct scanner {
    const char *at, *end;
};

static bool more(const struct scanner *scanner)
{
    return scanner->at < scanner->end;
}

static bool is_any(char c, const char *set)
{
    return c && strchr(set, c);
}

static bool at_any(const struct scanner *scanner, const char *set)
{
    return more(scanner) && is_any(*scanner->at, set);
}

static void skip(struct scanner *scanner, const char *set)
{
    while (at_any(scanner, set))
        scanner->at++;
}

static void skip_line(struct scanner *scanner)
{
    while (more(scanner) && *scanner->at != '\n')
        scanner->at++;
}

static bool is_name(char c, bool first)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (!first && ((c >= '0' && c <= '9') || c == '.' || c == '-'));
}

static bool read_name(struct scanner *scanner, struct buffer *name)
{
    buffer_clear(name);
    while (more(scanner) && is_name(*scanner->at, name->length == 0))
        if (!buffer_add(name, scanner->at++, 1))
            return false;
    return name->length > 0;
}

/* In single quotes a backslash escapes itself and the quote, in double ones the letters of C besides. */
static bool read_quoted(struct scanner *scanner, struct buffer *value)
{
    char quote = *scanner->at++;
    const char *letters = quote == '"' ? "\\\"'abfnrtv" : "\\'";
    const char *meanings = quote == '"' ? "\\\"'\a\b\f\n\r\t\v" : "\\'";
    for (; more(scanner) && *scanner->at != quote; scanner->at++) {
        const char *letter = NULL;
        if (*scanner->at == '\\' && scanner->end - scanner->at > 1)
            letter = strchr(letters, scanner->at[1]);
        scanner->at += letter != NULL;
        if (!buffer_add(value, letter ? &meanings[letter - letters] : scanner->at, 1))
            return false;
    }
    if (!more(scanner))
        return false;
    scanner->at++;
    skip(scanner, " \t\r");
    return !more(scanner) || at_any(scanner, "\n#");
}

/* Up to the line's end or a '#' behind a blank. One at the start belongs to the value: passwords begin so. */
static bool read_plain(struct scanner *scanner, struct buffer *value)
{
    const char *start = scanner->at;
    while (more(scanner) && *scanner->at != '\n' &&
           !(*scanner->at == '#' && scanner->at > start && is_any(scanner->at[-1], " \t")))
        scanner->at++;
    const char *end = scanner->at;
    while (end > start && is_any(end[-1], " \t\r"))
        end--;
    return buffer_add(value, start, (size_t)(end - start));
}

static bool read_pair(struct scanner *scanner, struct buffer *name, struct buffer *value)
{
    buffer_clear(value);
    if (!read_name(scanner, name))
        return false;
    if (strcmp(name->data, "export") == 0 && at_any(scanner, " \t")) {
        skip(scanner, " \t");
        if (!at_any(scanner, "=") && !read_name(scanner, name))
            return false;
    }
    skip(scanner, " \t");
    if (!at_any(scanner, "="))
        return false;
    scanner->at++;
    skip(scanner, " \t");
    bool read = at_any(scanner, "'\"") ? read_quoted(scanner, value) : read_plain(scanner, value);
    return read && !memchr(value->data, '\0', value->length);
}

/* The number of the line that begins at to, when the one at from has that number. */
static unsigned count_lines(unsigned number, const char *from, const char *to)
{
    for (; from < to; from++)
        number += *from == '\n';
    return number;
}

void dotenv_parse(const char *text, size_t length, const struct dotenv_listener *listener)
{
    struct scanner scanner = {text, text + length};
    struct buffer name, value;
    const char *counted = text;
    unsigned number = 1;
    buffer_init(&name, 256);
    buffer_init(&value, 64 * 1024);
    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        scanner.at += 3;
    for (skip(&scanner, " \t\r\n"); more(&scanner); skip(&scanner, " \t\r\n")) {
        const char *line = scanner.at;
        if (*line != '#') {
            if (read_pair(&scanner, &name, &value)) {
                listener->set(listener->context, name.data, value.data);
            } else {
                /* An open quote may have run over lines that are good. */
                scanner.at = line;
                number = count_lines(number, counted, line);
                counted = line;
                listener->skipped(listener->context, number);
            }
        }
        skip_line(&scanner);
    }
    buffer_free(&name);
    buffer_wipe(&value);
}
