/* Which language the reader has, how their clocks count and their decimals look; and what is said in it. */
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

static bool is_one_of(const char *tag, size_t length, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_tag(tag, length, list[i]))
            return true;
    return false;
}

/* As the Unicode locale data have it. */
static bool counts_to_twelve(const char *tag, size_t length)
{
    static const char *const yes[] = {"en-US", "en-CA", "en-AU", "en-NZ", "en-IN", "en-PH",
                                      "es-US", "es-CO", "es-DO", "es-PA", "es-PR", "es-VE"};
    return is_one_of(tag, length, yes, sizeof yes / sizeof *yes) ||
           (length == 2 && strncasecmp(tag, "en", 2) == 0);
}

/* As the Unicode locale data have it: English, and these. */
static bool writes_points(const char *tag, size_t length)
{
    static const char *const yes[] = {"en",    "es-419", "es-DO", "es-GT", "es-HN", "es-MX", "es-NI",
                                      "es-PA", "es-PE",  "es-PR", "es-SV", "es-US", "de-CH", "de-LI"};
    return is_one_of(tag, length, yes, sizeof yes / sizeof *yes);
}

struct page_reader page_reader_find(const char *tags)
{
    while (tags && *tags) {
        tags += strspn(tags, ", \t");
        const size_t length = strcspn(tags, ",; \t");
        for (enum page_language language = 0; language < LANGUAGE_COUNT; language++)
            if (is_tag(tags, length, names[language]))
                return (struct page_reader){language, counts_to_twelve(tags, length),
                                            !writes_points(tags, length)};
        tags += strcspn(tags, ",");
    }
    return (struct page_reader){LANGUAGE_ENGLISH, false, false};
}

/* ---- words ---- */

/* Of the page that is being rendered: rendering is one call from begin to end. */
static enum page_language speaking;
static bool commas;

void page_language_speak(const struct page_reader *reader)
{
    speaking = reader ? reader->language : LANGUAGE_ENGLISH;
    commas = reader && reader->decimal_comma;
}

char page_decimal_mark(void)
{
    return commas ? ',' : '.';
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

/* A tag, with those of its attributes translated that are read out or shown. */
static void translate_tag(const char *tag, size_t length, struct buffer *out)
{
    static const char *const attributes[] = {" aria-label=\"", " placeholder=\""};
    const char *end = tag + length;
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++) {
        const char *value = memmem(tag, (size_t)(end - tag), attributes[i], strlen(attributes[i]));
        if (!value)
            continue;
        value += strlen(attributes[i]);
        buffer_add(out, tag, (size_t)(value - tag));
        const char *close = memchr(value, '"', (size_t)(end - value));
        tag = close ? close : end;
        translate_text(value, (size_t)(tag - value), out);
    }
    buffer_add(out, tag, (size_t)(end - tag));
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
            translate_tag(markup, (size_t)(next - markup), out);
        else
            translate_text(markup, (size_t)(next - markup), out);
        within_tag = false;
        markup = next;
    }
}

/* ---- messages ---- */

enum { PLACES = 4 };

/* What stands where a message has a %s. */
struct place {
    const char *text;
    size_t length;
};

/* A sentence ends at a full stop, a question mark or a line's end. */
static bool ends(const char *at)
{
    if (*at == ' ')
        return at[-1] == '?';
    at += *at == '.';
    return *at == '\0' || *at == '\n' || (*at == ' ' && at[-1] == '.');
}

/* Where the sentence ends if the pattern fits all of it; NULL: it does not. A place
   reaches as far as it must. */
static const char *match(const char *pattern, const char *text, struct place places[PLACES])
{
    for (;; places++) {
        size_t plain = strcspn(pattern, "%");
        if (strncmp(text, pattern, plain) != 0)
            return NULL;
        text += plain;
        pattern += plain;
        if (!*pattern)
            return ends(text) ? text : NULL;
        pattern += strlen("%s");
        plain = strcspn(pattern, "%");
        places->text = text;
        if (!*text++)
            return NULL;
        while (strncmp(text, pattern, plain) != 0 || (!pattern[plain] && !ends(text + plain)))
            if (ends(text++))
                return NULL;
        places->length = (size_t)(text - places->text);
    }
}

static void add_message(const char *text, struct buffer *out);

static void add_translated(const char *translated, const struct place *places, struct buffer *out)
{
    for (; *translated; places++) {
        const size_t plain = strcspn(translated, "%");
        buffer_add(out, translated, plain);
        translated += plain;
        if (!*translated)
            return;
        translated += strlen("%s");
        struct buffer place;
        buffer_init(&place, PAGE_MAXIMUM);
        buffer_add(&place, places->text, places->length);
        add_message(place.data, out);
        buffer_free(&place);
    }
}

/* One sentence; where it ends. */
static const char *add_sentence(const char *text, struct buffer *out)
{
    struct place places[PLACES];
    for (size_t i = 0; i < page_message_count; i++) {
        const char *end = match(page_messages[i].english, text, places);
        if (!end)
            continue;
        add_translated(page_messages[i].others[speaking - 1], places, out);
        return end;
    }
    const char *end = text + 1;
    while (!ends(end))
        end++;
    buffer_add(out, text, (size_t)(end - text));
    return end;
}

static void add_message(const char *text, struct buffer *out)
{
    for (;;) {
        const size_t between = strspn(text, " .\n-");
        buffer_add(out, text, between);
        text += between;
        if (!*text)
            return;
        text = add_sentence(text, out);
    }
}

void page_message(const char *text, struct buffer *out)
{
    struct buffer said;
    if (speaking == LANGUAGE_ENGLISH) {
        page_text(out, text);
        return;
    }
    buffer_init(&said, PAGE_MAXIMUM);
    add_message(text, &said);
    page_text(out, said.data);
    buffer_free(&said);
}

void page_said(const char *text, struct buffer *out)
{
    buffer_add_text(out, "<p class=\"said\">");
    page_message(text, out);
    buffer_add_text(out, "</p>");
}
