/* page_internal.h - what the page's parts share: page.c (template), page_progress.c, page_text.c (values and times
   in words), page_verdict.c, page_runs.c, page_answers.c, page_picture.c, page_picture_table.c, page_setup.c. */
#ifndef TCONNECTSYNC_PAGE_INTERNAL_H
#define TCONNECTSYNC_PAGE_INTERNAL_H

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/page/page.h"

/* ---- page_escape.c ---- */
/* The one way for a value into the page: markup characters as references, control characters as blanks. NULL
   adds nothing. */
void page_text(struct buffer *out, const char *text);

/* ---- page_text.c ---- */
/* Markup with values in it: of printf's conversions %s, %d, %u, %ld, %lu, %zu and %%; each %s is escaped. */
void page_add(struct buffer *out, const char *markup, ...) __attribute__((format(printf, 2, 3)));

/* ---- page_language.c, page_words.c, page_messages.c ---- */
/* How page_say, page_add, page_translate and page_message speak from now on; NULL: in English. */
void page_language_speak(const struct page_reader *reader);
char page_decimal_mark(void);                                /* '.' or ',' */
const char *page_language_name(enum page_language language); /* "en" */
/* The sentence or words in that language; itself where there are none. */
const char *page_say(const char *english);
/* Each stretch of text between tags alike, and what tags hold for screen readers. */
void page_translate(const char *markup, size_t length, struct buffer *out);
struct page_word {
    const char *english, *others[LANGUAGE_COUNT - 1];
};
extern const struct page_word page_words[]; /* by english, as strcmp orders */
extern const size_t page_word_count;
/* A message of the program (an error, a warning, a report), sentence by sentence; one that has no translation
   stays English. Escaped. */
void page_message(const char *text, struct buffer *out);
void page_said(const char *text, struct buffer *out); /* as a paragraph of its own */
extern const struct page_word
    page_messages[]; /* sentences, %s for what differs; the first that fits counts */
extern const size_t page_message_count;

#define PAGE_WORDS_SIZE 64
/* "4 minutes ago", "in 11 minutes", "2 h 5 min ago". page.js says it alike. */
char *page_relative(char *words, int64_t now, int64_t instant);
/* "03:12", or "3:12 AM", of a wall time. */
char *page_hour(char *words, const struct page_view *view, int64_t wall);
/* "03:12" in the pump's zone, with the day before it ("Mon 23 Nov, 21:40") where that is not today. */
char *page_clock(char *words, const struct page_view *view, int64_t instant);
/* "2.1 s", "3 min 20 s" */
char *page_duration(char *words, double seconds);
/* "1.25", "0.4", "12": thousandths rounded to that many decimals, "1,25" where the reader writes so. */
char *page_decimal(char *words, int64_t thousandths, int decimals);
/* What stands behind a setting's name: "_2" on the page of person 2, "" on the first one's. */
const char *page_suffix(const struct page_view *view);
/* <time> with the age in words; a script keeps it true. */
void page_time(struct buffer *out, const struct page_view *view, int64_t instant);
int64_t page_wall(const struct page_view *view, int64_t instant);

/* ---- the parts, each for a place in page.html ---- */
typedef void page_part(const struct page_view *view, struct buffer *out);

/* page_progress.c; page.h has page_render_progress besides. */
page_part page_notice, page_check, page_schedule;

/* page_verdict.c */
page_part page_verdict_class, page_verdict_icon, page_verdict_words, page_verdict_lead, page_verdict_advice,
    page_facts;
/* Why a run failed, and what helps; nothing where it went well. */
void page_error(const struct run *run, struct buffer *out);

/* page_answers.c: what the pump told last, each with its age; the pump's clock. */
page_part page_answers, page_clock_advice;

/* page_runs.c */
page_part page_runs, page_strip, page_diagnostics;

/* page_days.c */
page_part page_day_title, page_day_links, page_calendar;

/* page_picture.c */
page_part page_picture;
/* page_picture_table.c: the same in numbers, hour by hour. */
page_part page_picture_table;

/* page_setup.c */
page_part page_setup, page_feature_boxes, page_not_carried;

#endif
