/* Values into markup, and times into words. */
#include "page_internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* One conversion, behind its '%'; the place behind it. */
static const char *add_value(struct buffer *out, const char *conversion, va_list *values)
{
    if (strncmp(conversion, "ld", 2) == 0) {
        buffer_addf(out, "%ld", va_arg(*values, long));
        return conversion + 2;
    }
    if (strncmp(conversion, "lu", 2) == 0 || strncmp(conversion, "zu", 2) == 0) {
        buffer_addf(out, "%lu",
                    *conversion == 'l' ? va_arg(*values, unsigned long) : va_arg(*values, size_t));
        return conversion + 2;
    }
    switch (*conversion) {
    case 's':
        page_text(out, va_arg(*values, const char *));
        break;
    case 'd':
        buffer_addf(out, "%d", va_arg(*values, int));
        break;
    case 'u':
        buffer_addf(out, "%u", va_arg(*values, unsigned));
        break;
    default:
        buffer_add_text(out, "%");
    }
    return conversion + 1;
}

static void add_values(struct buffer *out, const char *markup, va_list *values)
{
    for (;;) {
        size_t plain = strcspn(markup, "%");
        buffer_add(out, markup, plain);
        markup += plain;
        if (!*markup)
            return;
        markup = add_value(out, markup + 1, values);
    }
}

void page_add(struct buffer *out, const char *markup, ...)
{
    va_list values;
    struct buffer translated;
    buffer_init(&translated, 8192);
    page_translate(markup, strlen(markup), &translated);
    va_start(values, markup);
    add_values(out, translated.data, &values);
    va_end(values);
    buffer_free(&translated);
}

/* Words with values in them, in the reader's language. */
__attribute__((format(printf, 2, 3))) static char *say(char *words, const char *english, ...)
{
    va_list values;
    struct buffer said;
    buffer_init(&said, 1024);
    va_start(values, english);
    add_values(&said, page_say(english), &values);
    va_end(values);
    snprintf(words, PAGE_WORDS_SIZE, "%s", said.data);
    buffer_free(&said);
    return words;
}

const char *page_suffix(const struct page_view *view)
{
    static const char suffixes[][3] = {"", "", "_2", "_3", "_4", "_5", "_6", "_7", "_8", "_9"};
    return suffixes[view->person];
}

/* ---- times ---- */

int64_t page_wall(const struct page_view *view, int64_t instant)
{
    return view->zone ? time_zone_wall(view->zone, instant) : instant;
}

static void amount(char *words, int64_t seconds)
{
    const long minutes = (long)(seconds / SECONDS_PER_MINUTE), hours = minutes / 60, days = hours / 24;
    if (minutes <= 1)
        say(words, "1 minute");
    else if (minutes < 60)
        say(words, "%ld minutes", minutes);
    else if (days < 2 && minutes % 60)
        say(words, "%ld h %ld min", hours, minutes % 60);
    else if (hours == 1)
        say(words, "1 hour");
    else if (days < 2)
        say(words, "%ld hours", hours);
    else
        say(words, "%ld days", days);
}

char *page_relative(char *words, int64_t now, int64_t instant)
{
    char size[PAGE_WORDS_SIZE];
    const int64_t ago = now - instant;
    amount(size, ago < 0 ? -ago : ago);
    if (ago > -SECONDS_PER_MINUTE && ago < SECONDS_PER_MINUTE)
        return ago < 0 ? say(words, "in a moment") : say(words, "just now");
    return ago < 0 ? say(words, "in %s", size) : say(words, "%s ago", size);
}

char *page_hour(char *words, const struct page_view *view, int64_t wall)
{
    const int64_t second = civil_second_of_day(wall);
    const int hour = (int)(second / SECONDS_PER_HOUR), minute = (int)(second / SECONDS_PER_MINUTE % 60);
    if (view->reader.twelve_hours)
        snprintf(words, PAGE_WORDS_SIZE, "%d:%02d %s", hour % 12 ? hour % 12 : 12, minute,
                 hour < 12 ? "AM" : "PM");
    else
        snprintf(words, PAGE_WORDS_SIZE, "%02d:%02d", hour, minute);
    return words;
}

char *page_clock(char *words, const struct page_view *view, int64_t instant)
{
    static const char days[][4] = {"Thu", "Fri", "Sat", "Sun",
                                   "Mon", "Tue", "Wed"}; /* 1970 began on a Thursday */
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    char now[CIVIL_TEXT_SIZE], text[CIVIL_TEXT_SIZE], hour[PAGE_WORDS_SIZE];
    const int64_t wall = page_wall(view, instant);
    civil_format(now, page_wall(view, view->now), 0, NO_OFFSET);
    civil_format(text, wall, 0, NO_OFFSET);
    page_hour(hour, view, wall);
    if (strncmp(now, text, strlen("2026-05-14")) == 0) {
        snprintf(words, PAGE_WORDS_SIZE, "%s", hour);
        return words;
    }
    const int64_t day = civil_day_number(wall);
    const int month = (text[5] - '0') * 10 + text[6] - '1';
    snprintf(words, PAGE_WORDS_SIZE, "%s %d %s, %.12s", page_say(days[(day % 7 + 7) % 7]),
             (text[8] - '0') * 10 + text[9] - '0', page_say(months[(unsigned)month % 12]), hour);
    return words;
}

char *page_decimal(char *words, int64_t thousandths, int decimals)
{
    static const int64_t units[] = {1000, 100, 10, 1};
    const bool negative = thousandths < 0;
    const int64_t unit = units[decimals], size = (negative ? -thousandths : thousandths) + unit / 2;
    const int64_t rounded = size / unit, whole = rounded * unit / 1000;
    int length = snprintf(words, PAGE_WORDS_SIZE, "%s%" PRId64, negative && rounded ? "-" : "", whole);
    if (decimals > 0)
        snprintf(words + length, PAGE_WORDS_SIZE - (size_t)length, "%c%0*" PRId64, page_decimal_mark(),
                 decimals, rounded - whole * (1000 / unit));
    return words;
}

char *page_duration(char *words, double seconds)
{
    char number[PAGE_WORDS_SIZE];
    if (seconds < 0.1)
        say(words, "under 0.1 s");
    else if (seconds < 60)
        snprintf(words, PAGE_WORDS_SIZE, "%.20s s", page_decimal(number, (int64_t)(seconds * 1000), 1));
    else
        snprintf(words, PAGE_WORDS_SIZE, "%ld min %ld s", (long)seconds / 60, (long)seconds % 60);
    return words;
}

void page_time(struct buffer *out, const struct page_view *view, int64_t instant)
{
    char relative[PAGE_WORDS_SIZE], clock[PAGE_WORDS_SIZE], machine[CIVIL_TEXT_SIZE];
    const int32_t offset = view->zone ? time_zone_offset(view->zone, instant) : 0;
    civil_format(machine, instant + offset, 0, offset);
    page_clock(clock, view, instant);
    page_add(out, "<time datetime=\"%s\" title=\"%s%s\">%s</time>", machine, clock, view->zone ? "" : " UTC",
             page_relative(relative, view->now, instant));
}
