/* Which day is looked at: its name, the ways to others, and the calendar of what is in Nightscout. */
#include "page_internal.h"

#include <stdio.h>
#include <string.h>

#include "tconnectsync/documents/coverage.h"
#include "tconnectsync/page/day_picture.h"

/* "Thu 14 May" of a day since 1970. */
static char *date_words(char *words, const struct page_view *view, int64_t day)
{
    struct page_view at_midnight = *view;
    at_midnight.zone = NULL;
    at_midnight.now = (day + 2) * SECONDS_PER_DAY; /* another day: it is named */
    page_clock(words, &at_midnight, day * SECONDS_PER_DAY);
    *strrchr(words, ',') = '\0';
    return words;
}

static int64_t today(const struct page_view *view)
{
    return page_wall(view, view->now) / SECONDS_PER_DAY;
}

static int64_t shown_day(const struct page_view *view)
{
    return *view->day ? civil_parse_wall(view->day) / SECONDS_PER_DAY : today(view);
}

void page_day_title(const struct page_view *view, struct buffer *out)
{
    char words[PAGE_WORDS_SIZE];
    page_add(out, "%s",
             *view->day ? date_words(words, view, shown_day(view)) : page_say("The last 24 hours"));
}

/* Goes behind what asks for the page, so that the language that was asked for stays. */
static const char *kept_query(const struct page_view *view)
{
    static char query[PAGE_LANG_SIZE + 32];
    int length = snprintf(query, sizeof query, *view->lang ? "&lang=%s" : "%s", view->lang);
    if (view->person)
        snprintf(query + length, sizeof query - (size_t)length, "&person=%u", view->person);
    return query;
}

static void add_link(const struct page_view *view, int64_t day, const char *id, const char *words,
                     struct buffer *out)
{
    char date[CIVIL_TEXT_SIZE];
    page_add(out, "<a id=\"%s\" href=\"./?day=%s%s\">%s</a> ", id,
             civil_format_date(date, day * SECONDS_PER_DAY), kept_query(view), page_say(words));
}

void page_day_links(const struct page_view *view, struct buffer *out)
{
    page_add(out, "<p class=\"days\">");
    add_link(view, shown_day(view) - 1, "earlier", "Earlier day", out);
    if (*view->day && shown_day(view) < today(view))
        add_link(view, shown_day(view) + 1, "later", "Later day", out);
    if (*view->day)
        page_add(out, "<a href=\"./?%s\">%s</a>", kept_query(view), page_say("The last 24 hours"));
    page_add(out, "</p>");
}

/* ---- the calendar ---- */

static const struct {
    const char *class, *words;
} states[] = {
    [DAY_NOT_READ] = {"unread", "not read"},
    [DAY_WITH_HOLES] = {"holes", "with holes"},
    [DAY_WHOLE] = {"whole", "whole"},
};

static void add_square(const struct page_view *view, int back, struct buffer *out)
{
    char words[PAGE_WORDS_SIZE], date[CIVIL_TEXT_SIZE];
    const int64_t day = today(view) - back;
    const int state = view->calendar[back];
    civil_format_date(date, day * SECONDS_PER_DAY);
    page_add(out, "<li><a class=\"%s\" href=\"./?day=%s%s\" title=\"%s: ", states[state].class, date,
             kept_query(view), date_words(words, view, day));
    page_add(out, "%s\"", page_say(states[state].words));
    if (strcmp(date, view->day) == 0)
        page_add(out, " aria-current=\"date\"");
    page_add(out, ">%s</a></li>", date + 8);
}

static void add_fill(const struct page_view *view, struct buffer *out)
{
    const int64_t back = today(view) - shown_day(view);
    if (!*view->day || (back < CALENDAR_DAYS && view->calendar[back] == DAY_WHOLE))
        return;
    page_add(out,
             "<form method=\"post\" action=\"./?%s\" data-act><input type=\"hidden\" name=\"form_token\" "
             "value=\"%s\">"
             "<input type=\"hidden\" name=\"day\" value=\"%s\"><button name=\"action\" "
             "value=\"fill\">%s</button></form>",
             kept_query(view), view->form_token, view->day, page_say("Fill this day"));
}

void page_calendar(const struct page_view *view, struct buffer *out)
{
    if (!view->has_calendar)
        return;
    add_fill(view, out);
    page_add(out, "<details id=\"calendar-box\"><summary>");
    page_add(out, "What of the last 28 days is in Nightscout");
    page_add(out, "</summary><ol class=\"calendar\">");
    for (int back = CALENDAR_DAYS; back-- > 0;)
        add_square(view, back, out);
    page_add(out, "</ol><p class=\"hint\">");
    page_add(out, "Full: whole. Half: with holes. Empty: not read. Choose a day to see and fill it.");
    page_add(out, "</p></details>");
}
