/* Approved texts: the cases of a file one after another, each told by what is not as in the file's base. */
#include "approved.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What is shorter than a reference to it is written. */
enum { FILE_MAXIMUM = 1 << 20, LINES_MAXIMUM = 4096, NAME_IS_LONGER = 24 };

const char *approved_folder;

void approved_begin(struct approved *approved, const char *file, const struct buffer *base)
{
    *approved = (struct approved){.base = base};
    snprintf(approved->path, sizeof approved->path, "%s/%s", approved_folder, file);
    buffer_init(&approved->said, FILE_MAXIMUM);
}

struct line {
    const char *text;
    size_t length;
};
struct lines {
    struct line items[LINES_MAXIMUM];
    size_t count;
};

/* A line for each line, each element in it, and each list that an element holds. */
static void split(const struct buffer *text, struct lines *lines)
{
    lines->count = 0;
    for (const char *at = text->data; *at && lines->count < LINES_MAXIMUM;) {
        size_t length = strcspn(at, "\n");
        for (size_t i = 1; i < length; i++)
            if ((at[i] == '<' && at[i - 1] == '>') || strncmp(at + i, " data-", 6) == 0)
                length = i;
        lines->items[lines->count++] = (struct line){at, length};
        at += length + (at[length] == '\n');
    }
    assert_true(lines->count < LINES_MAXIMUM);
}

static bool same(const struct line *one, const struct line *other)
{
    return one->length == other->length && memcmp(one->text, other->text, one->length + 1) == 0;
}

/* How many lines the base, from there on, has in common with what is left of the text; *size: in bytes. */
static size_t common(const struct lines *text, size_t from, const struct lines *base, size_t there,
                     size_t *size)
{
    size_t count = 0;
    for (*size = 0; from + count < text->count && there + count < base->count; count++) {
        if (!same(&text->items[from + count], &base->items[there + count]))
            break;
        *size += text->items[from + count].length;
    }
    return count;
}

void approved_add(struct approved *approved, const char *name, const struct buffer *text)
{
    static struct lines lines, base;
    split(text, &lines);
    base.count = 0;
    if (approved->base)
        split(approved->base, &base);
    buffer_addf(&approved->said, "\n#### %s\n", name);
    for (size_t i = 0; i < lines.count;) {
        size_t longest = 0, most = 0, begin = 0, size;
        for (size_t there = 0; there < base.count; there++) {
            const size_t count = common(&lines, i, &base, there, &size);
            if (size > most) {
                longest = count;
                most = size;
                begin = there;
            }
        }
        if (most > NAME_IS_LONGER)
            buffer_addf(&approved->said, "= %zu-%zu\n", begin + 1, begin + longest);
        else
            buffer_addf(&approved->said, "%.*s\n", (int)lines.items[i].length, lines.items[i].text);
        i += most > NAME_IS_LONGER ? longest : 1;
    }
}

void approved_add_part(struct approved *approved, const struct page_view *view, const char *name,
                       page_part *part)
{
    struct buffer text;
    buffer_init(&text, PAGE_MAXIMUM);
    page_language_speak(&view->reader);
    part(view, &text);
    approved_add(approved, name, &text);
    buffer_free(&text);
}

static void write_anew(const struct approved *approved)
{
    FILE *file = fopen(approved->path, "wb");
    if (!file || fwrite(approved->said.data, 1, approved->said.length, file) != approved->said.length ||
        fclose(file) != 0)
        fail_msg("%s cannot be written", approved->path);
}

static char *read_text(const char *path)
{
    static char text[FILE_MAXIMUM + 1];
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("%s cannot be read", path);
    text[fread(text, 1, FILE_MAXIMUM, file)] = '\0';
    fclose(file);
    return text;
}

static void compare(const struct approved *approved)
{
    const char *wanted = read_text(approved->path), *said = approved->said.data;
    char name[80] = "";
    size_t i = 0, begin = 0;
    for (; wanted[i] && wanted[i] == said[i]; i++)
        if (wanted[i] == '\n') {
            begin = i + 1;
            if (strncmp(wanted + begin, "#### ", 5) == 0)
                snprintf(name, sizeof name, "%.*s", (int)strcspn(wanted + begin + 5, "\n"),
                         wanted + begin + 5);
        }
    if (wanted[i] != said[i])
        fail_msg("%s, %s, byte %zu:\napproved: %.*s\nnow:      %.*s\nIf now is right: APPROVE=1 and this "
                 "test again.",
                 approved->path, name, i, (int)strcspn(wanted + begin, "\n"), wanted + begin,
                 (int)strcspn(said + begin, "\n"), said + begin);
}

void approved_end(struct approved *approved)
{
    assert_false(approved->said.full);
    if (getenv("APPROVE"))
        write_anew(approved);
    else
        compare(approved);
    buffer_free(&approved->said);
}
