/* Which language the reader has, and how their clocks count. */
#include "page_internal.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static const char *const names[LANGUAGE_COUNT] = {
    [LANGUAGE_ENGLISH] = "en", [LANGUAGE_SPANISH] = "es", [LANGUAGE_GERMAN] = "de", [LANGUAGE_FRENCH] = "fr"};

const char *page_language_name(enum page_language language)
{
    return names[language];
}

/* Whether a tag of that length is the name, or begins with it and a hyphen. */
static bool is_tag(const char *tag, size_t length, const char *name)
{
    const size_t size = strlen(name);
    return length >= size && strncasecmp(tag, name, size) == 0 && (length == size || tag[size] == '-');
}

/* As the Unicode locale data have it. */
static bool counts_to_twelve(const char *tag, size_t length)
{
    static const char *const yes[] = {"en-US", "en-CA", "en-AU", "en-NZ", "en-IN", "en-PH",
                                      "es-US", "es-CO", "es-DO", "es-PA", "es-PR", "es-VE"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        if (is_tag(tag, length, yes[i]))
            return true;
    return length == 2 && strncasecmp(tag, "en", 2) == 0;
}

struct page_reader page_reader_find(const char *tags)
{
    while (tags && *tags) {
        tags += strspn(tags, ", \t");
        const size_t length = strcspn(tags, ",; \t");
        for (enum page_language language = 0; language < LANGUAGE_COUNT; language++)
            if (is_tag(tags, length, names[language]))
                return (struct page_reader){language, counts_to_twelve(tags, length)};
        tags += strcspn(tags, ",");
    }
    return (struct page_reader){LANGUAGE_ENGLISH, false};
}

/* ---- words ---- */

/* Of the page that is being rendered: rendering is one call from begin to end. */
static enum page_language speaking;

void page_language_speak(enum page_language language)
{
    speaking = language;
}

/* The table is in the order of its English. */
static const char *find(const char *english, size_t length)
{
    size_t low = 0, high = page_word_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const char *word = page_words[middle].english;
        int order = strncmp(english, word, length);
        if (order == 0 && word[length])
            order = -1;
        if (order == 0)
            return page_words[middle].others[speaking - 1];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const char *page_say(const char *english)
{
    const char *found = speaking == LANGUAGE_ENGLISH ? NULL : find(english, strlen(english));
    return found ? found : english;
}

/* One stretch of text, without the blanks around it. */
static void translate_text(const char *text, size_t length, struct buffer *out)
{
    size_t begin = 0;
    while (begin < length && isspace((unsigned char)text[begin]))
        begin++;
    size_t end = length;
    while (end > begin && isspace((unsigned char)text[end - 1]))
        end--;
    const char *found = end > begin ? find(text + begin, end - begin) : NULL;
    buffer_add(out, text, begin);
    if (found)
        buffer_add_text(out, found);
    else
        buffer_add(out, text + begin, end - begin);
    buffer_add(out, text + end, length - end);
}

void page_translate(const char *markup, size_t length, struct buffer *out)
{
    const char *end = markup + length;
    if (speaking == LANGUAGE_ENGLISH) {
        buffer_add(out, markup, length);
        return;
    }
    bool within_tag = length > 0 && *markup == '"'; /* behind a place in an attribute */
    while (markup < end) {
        const char closing = *markup == '<' || within_tag ? '>' : '<';
        const char *next = memchr(markup, closing, (size_t)(end - markup));
        next = !next ? end : next + (closing == '>');
        if (closing == '>')
            buffer_add(out, markup, (size_t)(next - markup));
        else
            translate_text(markup, (size_t)(next - markup), out);
        within_tag = false;
        markup = next;
    }
}
