#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "page_state.h"
#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/documents/coverage.h"
#include "tconnectsync/page/web_file.h"
#include "page_internal.h"
#include "page_picture_table.h"

static struct page_state view_state;

/* The page in that state; to be freed with buffer_free. */
static struct buffer render(const char *name)
{
    struct buffer page;
    buffer_init(&page, PAGE_MAXIMUM);
    page_state_set(&view_state, name);
    page_render(&view_state.view, &page);
    assert_false(page.full);
    return page;
}

static bool holds(const struct buffer *page, const char *text)
{
    return strstr(page->data, text) != NULL;
}

/* ---- escaping ---- */

static void markup_characters_become_references(void **state)
{
    (void)state;
    struct buffer out;
    buffer_init(&out, 1000);
    page_text(&out, "a<b>&\"'\n\tc\x01\x1b\x7f"
                    "d\xff");
    assert_string_equal(out.data, "a&lt;b&gt;&amp;&quot;&#39;\n\tc   d\xff");
    page_text(&out, NULL);
    buffer_clear(&out);
    page_add(&out, "<i>%s</i> %d %u %ld %lu %zu 100%%", "<%s&", -1, 2U, -3L, ~0UL, (size_t)5);
    assert_string_equal(out.data, "<i>&lt;%s&amp;</i> -1 2 -3 18446744073709551615 5 100%");
    buffer_free(&out);
}

/* Every tag that stands in the page is one that the template or the parts wrote. */
static void hostile_strings_stay_text(void **state)
{
    (void)state;
    static const char *const names[] = {"public-hostile", "full-hostile"};
    for (size_t i = 0; i < 2; i++) {
        struct buffer page = render(names[i]);
        size_t scripts = 0, titles = 0, ends = 0;
        for (const char *at = page.data; (at = strstr(at, "<script")); at++)
            scripts++;
        for (const char *at = page.data; (at = strstr(at, "<title")); at++)
            titles++;
        for (const char *at = page.data; (at = strstr(at, "</title>")); at++)
            ends++;
        assert_int_equal(scripts, 1);
        assert_int_equal(ends, titles);
        assert_false(holds(&page, "<img"));
        assert_false(holds(&page, "<scr\x01"));
        assert_null(strchr(page.data, 0x1b));
        assert_null(strchr(page.data, 0x01));
        assert_true(holds(&page, "&lt;script src=//evil.invalid&gt;"));
        buffer_free(&page);
    }
}

/* ---- what the page shows ---- */

static void every_state_is_complete(void **state)
{
    (void)state;
    for (size_t i = 0; i < page_state_count; i++) {
        struct buffer page = render(page_state_names[i]);
        assert_true(holds(&page, "<!doctype html>"));
        assert_true(page.length > 7 && strcmp(page.data + page.length - 8, "</html>\n") == 0);
        if (!strstr(page_state_names[i], "hostile")) {
            assert_false(holds(&page, "{{")); /* a place that nobody fills */
            assert_false(holds(&page, "(null)"));
            assert_false(holds(&page, "&lt;")); /* markup of ours that was taken for a value */
        }
        buffer_free(&page);
    }
}

static void each_verdict_has_words_and_a_shape_of_its_own(void **state)
{
    (void)state;
    struct buffer words[VERDICT_COUNT], shapes[VERDICT_COUNT];
    for (enum page_verdict verdict = 0; verdict < VERDICT_COUNT; verdict++) {
        page_state_set(&view_state, "full-flowing");
        view_state.view.verdict = verdict;
        buffer_init(&words[verdict], 1000);
        buffer_init(&shapes[verdict], 1000);
        page_verdict_words(&view_state.view, &words[verdict]);
        page_verdict_icon(&view_state.view, &shapes[verdict]);
        assert_true(words[verdict].length > 5);
        for (enum page_verdict other = 0; other < verdict; other++) {
            assert_string_not_equal(words[verdict].data, words[other].data);
            assert_string_not_equal(shapes[verdict].data, shapes[other].data);
        }
    }
    for (enum page_verdict verdict = 0; verdict < VERDICT_COUNT; verdict++) {
        buffer_free(&words[verdict]);
        buffer_free(&shapes[verdict]);
    }
}

static void the_public_view_tells_nothing_of_the_person(void **state)
{
    (void)state;
    for (size_t i = 0; i < page_state_count; i++) {
        if (strncmp(page_state_names[i], "public-", 7) != 0)
            continue;
        struct buffer page = render(page_state_names[i]);
        static const char *const private_words[] = {
            "Pump data",      "<dt>Glucose", "class=\"day\"",       "It wrote",
            "bolus",          "U/h",         "name=\"form_token\"", "dG9rZW4",
            "Nowhere/Middle", "Diagnostics", "did not answer",      "value=\"sync\"",
            "Last syncs"};
        for (size_t word = 0; word < sizeof private_words / sizeof *private_words; word++)
            if (holds(&page, private_words[word]))
                fail_msg("%s shows %s", page_state_names[i], private_words[word]);
        buffer_free(&page);
    }
}

static void a_public_page_is_the_same_whatever_the_pump_did(void **state)
{
    (void)state;
    struct buffer with = render("public-flowing");
    struct buffer without;
    buffer_init(&without, PAGE_MAXIMUM);
    view_state.view.newest_event = view_state.view.newest_reading = NO_TIME;
    view_state.view.picture = view_state.view.latest = NULL;
    view_state.view.runs = NULL;
    view_state.view.run_count = 0;
    view_state.view.check_report = NULL;
    page_render(&view_state.view, &without);
    assert_string_equal(with.data, without.data);
    buffer_free(&with);
    buffer_free(&without);
}

static void a_failure_says_what_and_what_to_do(void **state)
{
    (void)state;
    struct buffer page = render("full-failing");
    assert_true(holds(&page, "Data is not getting through"));
    assert_true(holds(&page, "Nothing is lost"));
    assert_true(holds(&page, "Nightscout did not answer in time"));
    assert_true(holds(&page, "tries again by itself"));
    buffer_free(&page);
    page = render("full-failing");
    assert_true(holds(&page, "<dt>Failing since</dt>"));
    assert_true(holds(&page, "<span class=\"at\">06:14</span>"));
    buffer_free(&page);
    page = render("full-checking");
    assert_true(holds(&page, "<div id=\"check\" role=\"status\" data-live><p>Checking...</p></div>"));
    buffer_free(&page);
    page = render("full-once");
    assert_true(holds(&page, "<h1 id=\"verdict-words\">The last sync failed</h1>"));
    buffer_free(&page);
    page = render("full-refused");
    assert_true(holds(&page, "does not try again by itself"));
    const char *runs = strstr(page.data, "<ol class=\"runs\">"), *said = strstr(page.data, "class=\"said\"");
    assert_true(runs && said && said > runs); /* the verdict says what happens next, and nothing else */
    buffer_free(&page);
}

static void the_first_run_walks_through_what_is_missing(void **state)
{
    (void)state;
    struct buffer page = render("public-setup");
    assert_true(holds(&page, "<li class=\"missing\"><h3>Tandem Source"));
    assert_true(holds(&page, "<li class=\"missing\"><h3>A secret for this page"));
    assert_false(holds(&page, "<li class=\"done\"><h3>Nightscout"));
    assert_true(holds(&page, "<code id=\"TCONNECT_EMAIL\">TCONNECT_EMAIL=you@example.com</code>"));
    assert_true(holds(&page, "TCONNECTSYNC_HEROKU_INTERVAL_MINS=15</code>"));
    buffer_free(&page);
    page = render("public-setup-half");
    assert_true(holds(&page, "<li class=\"done\"><h3>Tandem Source"));
    assert_true(holds(&page, "<li class=\"missing\"><h3>Nightscout"));
    assert_true(holds(&page, "NS_SECRET is not set."));
    assert_true(holds(&page, "<li class=\"done\"><h3>A secret for this page"));
    assert_true(holds(&page, "name=\"secret\""));
    buffer_free(&page);
}

static void what_is_not_carried_over_is_named(void **state)
{
    (void)state;
    struct buffer page = render("full-flowing"), setup = render("public-setup");
    assert_true(holds(&page, "Not carried over: "));
    assert_true(holds(&page, "Not carried over: Glucose alerts (CGM_ALERTS), Battery"));
    assert_false(holds(&page, "Glucose readings (CGM)"));
    assert_true(holds(&setup, "Not carried over: "));
    buffer_free(&page);
    buffer_free(&setup);
}

static void runs_tell_what_was_written_and_what_was_left_out(void **state)
{
    (void)state;
    struct buffer page = render("full-flowing");
    assert_true(holds(&page, "It wrote 12 basals, 1 bolus and 12 readings."));
    assert_true(holds(&page, "It completed 1 basal."));
    assert_true(holds(&page, "It left out 1: bolus size out of bounds."));
    assert_true(holds(&page, "29 of the last 30 syncs went well"));
    assert_true(holds(&page, "was a preview: nothing was written"));
    assert_true(holds(&page, "<title>06:59: The timer&#39;s sync went well</title>"));
    buffer_free(&page);
}

static void the_answers_stand_first_each_with_its_age(void **state)
{
    (void)state;
    struct buffer page = render("full-flowing");
    const char *answers = strstr(page.data, "<dl class=\"answers\">");
    assert_non_null(answers);
    assert_true(answers < strstr(page.data, "class=\"day\""));
    assert_true(holds(&page, "<dt>Glucose</dt><dd><b>124 mg/dL \u2197</b>"));
    assert_true(holds(&page, "<div class=\"old\"><dt>Insulin on board</dt><dd><b>2.31 U</b>"));
    assert_true(holds(&page, "<dt>Battery</dt><dd><b>70 %</b>"));
    assert_true(holds(&page, "<dt>Units left</dt><dd><b>96 U</b>"));
    assert_true(holds(&page, "<dt>Cartridge changed</dt><dd><b>over 60 h ago</b>"));
    assert_true(holds(&page, "70 to 180 of 23 h"));
    assert_true(holds(&page, "% automatic"));
    buffer_free(&page);
    page = render("public-flowing");
    assert_false(holds(&page, "class=\"answers\""));
    buffer_free(&page);
}

static void the_pumps_clock_is_told_with_since_when_and_what_to_do(void **state)
{
    (void)state;
    struct buffer page = render("full-clock");
    assert_true(holds(&page, "The pump&#39;s clock is 60 minutes ahead"));
    assert_true(holds(&page, "since Fri 8 May"));
    assert_true(holds(&page, "Edit Time"));
    buffer_free(&page);
    page = render("full-flowing");
    assert_false(holds(&page, "How to set it"));
    buffer_free(&page);
}

static void other_days_can_be_looked_at_and_filled(void **state)
{
    (void)state;
    struct buffer page = render("full-flowing");
    assert_true(holds(&page, "<a id=\"earlier\" href=\"./?day=2026-05-13\">Earlier day</a>"));
    assert_false(holds(&page, "id=\"later\""));
    assert_true(
        holds(&page, "<a class=\"holes\" href=\"./?day=2026-05-13\" title=\"Wed 13 May: with holes\">13"));
    assert_true(holds(&page, "<a class=\"unread\" href=\"./?day=2026-05-10\""));
    assert_true(holds(&page, "<a class=\"whole\" href=\"./?day=2026-05-14\""));
    assert_false(holds(&page, "Fill this day"));
    buffer_free(&page);
    page = render("full-day");
    assert_true(holds(&page, "<h2 id=\"day-words\">Wed 13 May</h2>"));
    assert_true(holds(&page, "<a id=\"later\" href=\"./?day=2026-05-14\">Later day</a>"));
    assert_true(holds(&page, "aria-current=\"date\">13"));
    assert_true(holds(&page, "value=\"fill\">Fill this day</button>"));
    assert_true(holds(&page, " data-clock=\"0\""));
    view_state.view.calendar[1] = DAY_WHOLE;
    buffer_clear(&page);
    page_render(&view_state.view, &page);
    assert_true(holds(&page, "<h2 id=\"day-words\">Wed 13 May</h2>"));
    assert_false(holds(&page, "Fill this day"));
    buffer_free(&page);
    page = render("full-day-reading");
    assert_true(holds(&page, "being read from the pump"));
    buffer_free(&page);
}

static void glucose_shows_in_the_units_of_the_site(void **state)
{
    (void)state;
    struct buffer page = render("full-flowing");
    assert_true(holds(&page, "mg/dL"));
    assert_false(holds(&page, "mmol/L"));
    assert_true(holds(&page, ">180</text>"));
    assert_true(holds(&page, ">200</text>")); /* a scale, besides the band */
    assert_true(holds(&page, "Alarm: OcclusionAlarm"));
    assert_true(holds(&page, " data-profile=\"0 0.80;360 1.10;"));
    buffer_free(&page);
    page = render("full-mmol");
    assert_true(holds(&page, "mmol/L"));
    assert_false(holds(&page, "mg/dL"));
    assert_true(holds(&page, ">10.0</text>"));
    assert_true(holds(&page, ">3.9</text>"));
    buffer_free(&page);
}

/* ---- languages ---- */

/* What stands behind the piece is another's. */
static void a_piece_is_translated_to_its_end(void **state)
{
    (void)state;
    static const struct {
        const char *markup;
        size_t length;
        const char *german;
    } cases[] = {
        {"   ", 2, "  "},
        {" Sleep ", 7, " Schlaf "},
        {"Sleepy", 5, "Schlaf"},
        {"Sleep", 4, "Slee"},
        {"<b>Sleep</b>Sleep", 17, "<b>Schlaf</b>Schlaf"},
        {"<i title=\"Sleep\" aria-label=\"Sleep\">", 36, "<i title=\"Sleep\" aria-label=\"Schlaf\">"},
        {"<i placeholder=\"Sleep", 21, "<i placeholder=\"Schlaf"},
        {"\">Sleep", 7, "\">Schlaf"},
        {"\" aria-label=\"Sleep\">Sleep", 26, "\" aria-label=\"Schlaf\">Schlaf"},
        {"", 0, ""},
    };
    page_language_speak(&(struct page_reader){.language = LANGUAGE_GERMAN});
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer out;
        buffer_init(&out, 100);
        page_translate(cases[i].markup, cases[i].length, &out);
        assert_int_equal(out.length, strlen(cases[i].german));
        assert_memory_equal(out.data, cases[i].german, out.length);
        buffer_free(&out);
    }
    page_language_speak(NULL);
}

/* The %-conversions of a text, in their order. */
static void conversions(const char *text, char *out, size_t size)
{
    size_t length = 0;
    for (; (text = strchr(text, '%')); text += 2)
        length += (size_t)snprintf(out + length, size - length, "%.2s", text);
    out[length] = '\0';
}

static void fits_in_every_language(const struct page_word *word)
{
    char wanted[200], found[200];
    conversions(word->english, wanted, sizeof wanted);
    for (int other = 0; other < LANGUAGE_COUNT - 1; other++) {
        assert_non_null(word->others[other]);
        conversions(word->others[other], found, sizeof found);
        if (strcmp(wanted, found) != 0 || !*word->others[other])
            fail_msg("%s does not fit %s", word->others[other], word->english);
    }
}

static void every_word_is_in_every_language_in_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < page_word_count; i++) {
        if (i && strcmp(page_words[i - 1].english, page_words[i].english) >= 0)
            fail_msg("%s is out of order", page_words[i].english);
        fits_in_every_language(&page_words[i]);
    }
    for (size_t i = 0; i < page_message_count; i++)
        fits_in_every_language(&page_messages[i]);
}

static void the_reader_is_known_by_the_browsers_tags(void **state)
{
    (void)state;
    static const struct {
        const char *tags;
        enum page_language language;
        bool twelve, comma;
    } cases[] = {
        {NULL, LANGUAGE_ENGLISH, false, false},
        {"", LANGUAGE_ENGLISH, false, false},
        {"en-US,en;q=0.9", LANGUAGE_ENGLISH, true, false},
        {"en-GB", LANGUAGE_ENGLISH, false, false},
        {"en", LANGUAGE_ENGLISH, true, false},
        {"en;q=0.5", LANGUAGE_ENGLISH, true, false},
        {"en,de", LANGUAGE_ENGLISH, true, false},
        {"it,fr-CA;q=0.8", LANGUAGE_FRENCH, false, true},
        {"ES-us", LANGUAGE_SPANISH, true, false},
        {"es", LANGUAGE_SPANISH, false, true},
        {"des,zh", LANGUAGE_ENGLISH, false, false},
        {" , ;;,de", LANGUAGE_GERMAN, false, true},
        {"de-CH", LANGUAGE_GERMAN, false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct page_reader reader = page_reader_find(cases[i].tags);
        assert_int_equal(reader.language, cases[i].language);
        assert_int_equal(reader.twelve_hours, cases[i].twelve);
        assert_int_equal(reader.decimal_comma, cases[i].comma);
    }
    char words[PAGE_WORDS_SIZE];
    page_state_set(&view_state, "full-flowing");
    view_state.view.reader.twelve_hours = true;
    assert_string_equal(page_clock(words, &view_state.view, 1778749380), "7:03 AM");
    assert_string_equal(page_clock(words, &view_state.view, 1778749380 - 7 * 3600), "12:03 AM");
    assert_string_equal(page_clock(words, &view_state.view, 1778749380 - 19 * 3600), "Wed 13 May, 12:03 PM");
}

/* ---- words ---- */

static void times_are_told_in_words(void **state)
{
    (void)state;
    static const struct {
        int64_t ago;
        const char *words;
    } cases[] = {
        {0, "just now"},         {59, "just now"},
        {60, "1 minute ago"},    {119, "1 minute ago"},
        {120, "2 minutes ago"},  {3599, "59 minutes ago"},
        {3600, "1 hour ago"},    {3660, "1 h 1 min ago"},
        {7200, "2 hours ago"},   {172799, "47 h 59 min ago"},
        {172800, "2 days ago"},  {864000, "10 days ago"},
        {176460, "2 days ago"},  {-59, "in a moment"},
        {-5, "in a moment"},     {-60, "in 1 minute"},
        {-3660, "in 1 h 1 min"}, {-604800, "in 7 days"},
    };
    char words[PAGE_WORDS_SIZE];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(page_relative(words, 1778749380, 1778749380 - cases[i].ago), cases[i].words);
}

static void clocks_show_the_pumps_zone_and_the_day_where_it_is_another(void **state)
{
    (void)state;
    char words[PAGE_WORDS_SIZE];
    page_state_set(&view_state, "full-flowing"); /* 2026-05-14T09:03:00Z, a Thursday; two hours behind UTC */
    assert_string_equal(page_clock(words, &view_state.view, 1778749380), "07:03");
    assert_string_equal(page_clock(words, &view_state.view, 1778749380 - 8 * 3600), "Wed 13 May, 23:03");
    view_state.view.zone = NULL;
    assert_string_equal(page_clock(words, &view_state.view, 1778749380), "09:03");
    assert_string_equal(page_clock(words, &view_state.view, -1), "Wed 31 Dec, 23:59");
}

static void decimals_are_rounded(void **state)
{
    (void)state;
    char words[PAGE_WORDS_SIZE];
    assert_string_equal(page_decimal(words, 1279, 3), "1.279");
    assert_string_equal(page_decimal(words, 1279, 2), "1.28");
    assert_string_equal(page_decimal(words, 1279, 1), "1.3");
    assert_string_equal(page_decimal(words, 1500, 0), "2");
    assert_string_equal(page_decimal(words, 9996, 2), "10.00");
    assert_string_equal(page_decimal(words, 50, 1), "0.1");
    assert_string_equal(page_decimal(words, -1250, 1), "-1.3");
    assert_string_equal(page_decimal(words, -4, 1), "0.0");
}

static void durations_are_told_in_words(void **state)
{
    (void)state;
    static const struct {
        double seconds;
        const char *words;
    } cases[] = {{0, "under 0.1 s"}, {0.09, "under 0.1 s"}, {0.1, "0.1 s"},      {59.94, "59.9 s"},
                 {60, "1 min 0 s"},  {61.9, "1 min 1 s"},   {3725, "62 min 5 s"}};
    char words[PAGE_WORDS_SIZE];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(page_duration(words, cases[i].seconds), cases[i].words);
}

static void glucose_is_told_in_both_units(void **state)
{
    (void)state;
    static const struct {
        int glucose;
        const char *words, *mmol;
    } cases[] = {{0, "LOW", "LOW"},    {39, "LOW", "LOW"},   {40, "40", "2.2"},     {180, "180", "10.0"},
                 {345, "345", "19.2"}, {400, "400", "22.2"}, {401, "HIGH", "HIGH"}, {402, "HIGH", "HIGH"}};
    char words[PAGE_WORDS_SIZE];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        view_state.view.mmol = false;
        assert_string_equal(page_glucose(words, &view_state.view, cases[i].glucose), cases[i].words);
        view_state.view.mmol = true;
        assert_string_equal(page_glucose(words, &view_state.view, cases[i].glucose), cases[i].mmol);
    }
}

static void the_timer_is_told(void **state)
{
    (void)state;
    static const struct {
        unsigned minutes;
        bool paused;
        const char *words;
        bool can_pause, can_resume;
    } cases[] = {{0, false, "The timer is off", false, false},
                 {0, true, "The timer is off", false, false},
                 {1, false, "A sync runs every minute.", true, false},
                 {2, false, "A sync runs every 2 minutes.", true, false},
                 {1, true, "The timer is paused", false, true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer page = render("full-flowing");
        buffer_clear(&page);
        view_state.view.interval_minutes = cases[i].minutes;
        view_state.view.paused = cases[i].paused;
        page_render(&view_state.view, &page);
        assert_true(holds(&page, cases[i].words));
        assert_int_equal(holds(&page, "value=\"pause\""), cases[i].can_pause);
        assert_int_equal(holds(&page, "value=\"resume\""), cases[i].can_resume);
        buffer_free(&page);
    }
}

static void notices_go_through_an_address_and_back(void **state)
{
    (void)state;
    for (enum page_notice notice = NOTICE_NONE + 1; notice < NOTICE_COUNT; notice++)
        assert_int_equal(page_notice_find(page_notice_word(notice)), notice);
    assert_int_equal(page_notice_find("<b>"), NOTICE_NONE);
    assert_int_equal(page_notice_find(NULL), NOTICE_NONE);
}

/* ---- size ---- */

static void all_of_it_stays_small(void **state)
{
    (void)state;
    struct buffer page;
    size_t files = 0;
    for (size_t i = 0; i < web_file_count; i++)
        if (strcmp(web_files[i].name, "page.html") != 0)
            files += web_files[i].length;
    buffer_init(&page, PAGE_MAXIMUM);
    for (enum page_language language = 0; language < LANGUAGE_COUNT; language++) {
        page_state_set(&view_state, "full-flowing");
        view_state.view.reader.language = language;
        buffer_clear(&page);
        page_render(&view_state.view, &page);
        if (page.length + files >= 80000)
            fail_msg("%zu bytes in %s", page.length + files, page_language_name(language));
    }
    const struct web_file *style = web_file_find("page.css");
    assert_true(style->gzip_length < style->length / 2);
    assert_null(web_file_find("page.c"));
    buffer_free(&page);
}

static void the_fullest_view_fits(void **state)
{
    (void)state;
    struct buffer page = render("full-crowded");
    buffer_free(&page);
    page = render("full-hostile");
    buffer_free(&page);
}

static void progress_is_one_line(void **state)
{
    (void)state;
    struct buffer out;
    buffer_init(&out, 2000);
    page_state_set(&view_state, "full-running");
    page_render_progress(&view_state.view, &out);
    assert_null(strchr(out.data, '\n'));
    assert_true(strstr(out.data, "step 6 of 13, 37% done") != NULL);
    assert_true(strstr(out.data, "value=\"489\"") != NULL);
    buffer_clear(&out);
    page_state_set(&view_state, "full-flowing");
    page_render_progress(&view_state.view, &out);
    assert_int_equal(out.length, 0);
    buffer_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(markup_characters_become_references),
        cmocka_unit_test(hostile_strings_stay_text),
        cmocka_unit_test(every_state_is_complete),
        cmocka_unit_test(each_verdict_has_words_and_a_shape_of_its_own),
        cmocka_unit_test(the_public_view_tells_nothing_of_the_person),
        cmocka_unit_test(a_public_page_is_the_same_whatever_the_pump_did),
        cmocka_unit_test(a_failure_says_what_and_what_to_do),
        cmocka_unit_test(the_first_run_walks_through_what_is_missing),
        cmocka_unit_test(what_is_not_carried_over_is_named),
        cmocka_unit_test(runs_tell_what_was_written_and_what_was_left_out),
        cmocka_unit_test(the_answers_stand_first_each_with_its_age),
        cmocka_unit_test(the_pumps_clock_is_told_with_since_when_and_what_to_do),
        cmocka_unit_test(other_days_can_be_looked_at_and_filled),
        cmocka_unit_test(glucose_shows_in_the_units_of_the_site),
        cmocka_unit_test(a_piece_is_translated_to_its_end),
        cmocka_unit_test(every_word_is_in_every_language_in_order),
        cmocka_unit_test(the_reader_is_known_by_the_browsers_tags),
        cmocka_unit_test(times_are_told_in_words),
        cmocka_unit_test(clocks_show_the_pumps_zone_and_the_day_where_it_is_another),
        cmocka_unit_test(decimals_are_rounded),
        cmocka_unit_test(durations_are_told_in_words),
        cmocka_unit_test(glucose_is_told_in_both_units),
        cmocka_unit_test(the_timer_is_told),
        cmocka_unit_test(notices_go_through_an_address_and_back),
        cmocka_unit_test(all_of_it_stays_small),
        cmocka_unit_test(the_fullest_view_fits),
        cmocka_unit_test(progress_is_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
