/* The page: src/page/web/page.html with its named places filled. {{name}} is a value, {{?name}}...{{/name}}
   stands only when that is so. */
#include "tconnectsync/page/page.h"

#include <string.h>

#include "page_internal.h"
#include "tconnectsync/page/day_picture.h"
#include "tconnectsync/page/web_file.h"

#define REFRESH_RUNNING   5
#define REFRESH_SIGNED_IN 60
#define REFRESH_PUBLIC    300

/* ---- small values ---- */

static void add_title(const struct page_view *view, struct buffer *out)
{
    page_verdict_words(view, out);
    page_add(out, " - TConnectSync");
}

static void add_tag(const char *file, struct buffer *out)
{
    page_text(out, web_file_find(file)->tag);
}

static void add_tag_css(const struct page_view *view, struct buffer *out)
{
    (void)view;
    add_tag("page.css", out);
}

static void add_tag_js(const struct page_view *view, struct buffer *out)
{
    (void)view;
    add_tag("page.js", out);
}

static void add_tag_icon(const struct page_view *view, struct buffer *out)
{
    (void)view;
    add_tag("icon.svg", out);
}

static void add_view(const struct page_view *view, struct buffer *out)
{
    page_text(out, view->signed_in ? "full" : "public");
}

static void add_now(const struct page_view *view, struct buffer *out)
{
    page_add(out, "%ld", (long)view->now);
}

static void add_news(const struct page_view *view, struct buffer *out)
{
    page_add(out, "%lu", view->news);
}

static void add_token(const struct page_view *view, struct buffer *out)
{
    page_text(out, view->form_token);
}

static void add_version(const struct page_view *view, struct buffer *out)
{
    page_text(out, view->version);
}

static void add_up_since(const struct page_view *view, struct buffer *out)
{
    page_time(out, view, view->up_since);
}

static void add_refresh_seconds(const struct page_view *view, struct buffer *out)
{
    page_add(out, "%d",
             !view->signed_in ? REFRESH_PUBLIC
             : view->running  ? REFRESH_RUNNING
                              : REFRESH_SIGNED_IN);
}

static void add_zone(const struct page_view *view, struct buffer *out)
{
    if (!view->zone)
        page_add(out, "Times are in UTC.");
    else if (view->signed_in)
        page_add(out, "Times are those of %s.", view->zone->name);
    else
        page_add(out, "Times are those of the pump.");
}

static void add_day(const struct page_view *view, struct buffer *out)
{
    page_text(out, view->day);
}

/* With its date, though it is today. */
static void add_printed(const struct page_view *view, struct buffer *out)
{
    char clock[PAGE_WORDS_SIZE];
    struct page_view later = *view;
    later.now += 2 * SECONDS_PER_DAY;
    page_text(out, page_clock(clock, &later, view->now));
}

static void add_hours(const struct page_view *view, struct buffer *out)
{
    page_text(out, view->reader.twelve_hours ? "12" : "24");
}

static void add_lang(const struct page_view *view, struct buffer *out)
{
    page_text(out, page_language_name(view->reader.language));
}

/* What the page's own requests go on asking for. */
static void add_kept(const struct page_view *view, struct buffer *out)
{
    const char *separator = "?";
    if (*view->day) {
        page_add(out, "?day=%s", view->day);
        separator = "&";
    }
    if (*view->lang) {
        page_add(out, "%slang=%s", separator, view->lang);
        separator = "&";
    }
    if (view->person)
        page_add(out, "%sperson=%u", separator, view->person);
}

static void add_person_query(const struct page_view *view, struct buffer *out)
{
    if (view->person)
        page_add(out, "&person=%u", view->person);
}

/* The others by their state: who looks sees at once for whom something is to be done. */
static void add_tabs(const struct page_view *view, struct buffer *out)
{
    for (size_t i = 0; i < view->tab_count; i++) {
        const struct page_tab *tab = &view->tabs[i];
        const struct page_view its = {.verdict = tab->verdict, .now = view->now};
        page_add(out, "<a href=\"./?person=%u%s%s\"", tab->person, *view->lang ? "&lang=" : "", view->lang);
        if (tab->person == view->person)
            page_add(out, " aria-current=\"page\"");
        page_add(out, " class=\"");
        page_verdict_class(&its, out);
        if (tab->name)
            page_add(out, "\">%s", tab->name);
        else
            page_add(out, "\">%s %u", page_say("Person"), tab->person);
        page_add(out, "<small>");
        page_verdict_words(&its, out);
        page_add(out, "</small></a>");
    }
}

/* For page.js. */
static void add_words(const struct page_view *view, struct buffer *out)
{
    (void)view;
    page_text(out,
              page_say("just now|in a moment|1 minute|# minutes|1 hour|# hours|# h # min|# days|# ago|in #|"
                       "The server does not answer, so what you see is from #. This says nothing about the "
                       "pump.|Checking...|Copy|Copied|Press Ctrl+C|This device is in #.|The setting says #; "
                       "the pump's clock decides."));
}

/* ---- the template ---- */

static const struct {
    const char *name;
    page_part *write;
} places[] = {
    {"answers", page_answers},
    {"calendar", page_calendar},
    {"check", page_check},
    {"clock-advice", page_clock_advice},
    {"day", add_day},
    {"day-links", page_day_links},
    {"day-title", page_day_title},
    {"diagnostics", page_diagnostics},
    {"facts", page_facts},
    {"feature-boxes", page_feature_boxes},
    {"not-carried", page_not_carried},
    {"notice", page_notice},
    {"hours", add_hours},
    {"lang", add_lang},
    {"kept", add_kept},
    {"person-query", add_person_query},
    {"tabs", add_tabs},
    {"words", add_words},
    {"news", add_news},
    {"now", add_now},
    {"picture", page_picture},
    {"picture-table", page_picture_table},
    {"printed", add_printed},
    {"progress", page_render_progress},
    {"refresh-seconds", add_refresh_seconds},
    {"runs", page_runs},
    {"schedule", page_schedule},
    {"setup", page_setup},
    {"strip", page_strip},
    {"tag-css", add_tag_css},
    {"tag-icon", add_tag_icon},
    {"tag-js", add_tag_js},
    {"title", add_title},
    {"token", add_token},
    {"up-since", add_up_since},
    {"verdict-advice", page_verdict_advice},
    {"verdict-class", page_verdict_class},
    {"verdict-icon", page_verdict_icon},
    {"verdict-lead", page_verdict_lead},
    {"verdict-words", page_verdict_words},
    {"version", add_version},
    {"view", add_view},
    {"zone", add_zone},
};

static bool is_unconfigured(const struct page_view *view)
{
    return view->verdict == VERDICT_UNCONFIGURED;
}

static bool is_signed_in(const struct page_view *view)
{
    return view->signed_in;
}

static bool can_sign_in(const struct page_view *view)
{
    return !view->signed_in && view->has_secret;
}

static bool can_sync(const struct page_view *view)
{
    return view->verdict != VERDICT_UNCONFIGURED;
}

static bool can_pause(const struct page_view *view)
{
    return view->interval_minutes > 0 && !view->paused;
}

static bool can_resume(const struct page_view *view)
{
    return view->interval_minutes > 0 && view->paused;
}

static bool has_picture(const struct page_view *view)
{
    return view->picture && view->picture->known;
}

static bool is_one_of_several(const struct page_view *view)
{
    return view->tab_count > 0;
}

static bool refreshes(const struct page_view *view)
{
    return !view->still;
}

static bool is_still(const struct page_view *view)
{
    return view->still;
}

static const struct {
    const char *name;
    bool (*holds)(const struct page_view *view);
} conditions[] = {
    {"several", is_one_of_several},    {"can-pause", can_pause},    {"can-resume", can_resume},
    {"can-sign-in", can_sign_in},      {"can-sync", can_sync},      {"has-picture", has_picture},
    {"refreshes", refreshes},          {"signed-in", is_signed_in}, {"still", is_still},
    {"unconfigured", is_unconfigured},
};

static bool is_name(const char *name, const char *text, size_t length)
{
    return strlen(name) == length && memcmp(name, text, length) == 0;
}

static bool holds(const struct page_view *view, const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++)
        if (is_name(conditions[i].name, name, length))
            return conditions[i].holds(view);
    return false;
}

static void fill_place(const struct page_view *view, const char *name, size_t length, struct buffer *out)
{
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (is_name(places[i].name, name, length))
            places[i].write(view, out);
}

/* Behind the {{/name}} that belongs to the name at hand. */
static const char *skip_part(const char *text, const char *name, size_t length)
{
    while ((text = strstr(text, "{{/"))) {
        text += 3;
        if (strncmp(text, name, length) == 0 && text[length] == '}')
            return text + length + 2;
    }
    return "";
}

void page_render(const struct page_view *view, struct buffer *out)
{
    page_language_speak(&view->reader);
    const char *text = web_file_find("page.html")->data, *mark;
    while ((mark = strstr(text, "{{"))) {
        page_translate(text, (size_t)(mark - text), out);
        const char kind = mark[2];
        const bool is_part = kind == '?' || kind == '/';
        const char *name = mark + 2 + is_part;
        const size_t length = strcspn(name, "}");
        text = name + length + 2;
        if (kind == '?' && !holds(view, name, length))
            text = skip_part(text, name, length);
        else if (!is_part)
            fill_place(view, name, length, out);
    }
    page_translate(text, strlen(text), out);
}
