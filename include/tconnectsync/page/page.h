/* page.h - the status page: plain data in, HTML out. Every value is escaped here; who fills the view has
   hidden what must not be seen (redact.h). */
#ifndef TCONNECTSYNC_PAGE_H
#define TCONNECTSYNC_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tconnectsync/documents/history.h"

struct buffer;
struct day_picture;
struct sync_progress;
struct time_zone;

/* Rendered pages stay below this, whatever is in the view. */
/* Squares of the calendar. */
#define CALENDAR_DAYS 28

#define PAGE_MAXIMUM (256u << 10)

enum page_verdict {
    VERDICT_STARTING, /* no sync has ended yet, one is about to */
    VERDICT_IDLE,     /* the timer is off and nothing was asked yet */
    VERDICT_FLOWING,
    VERDICT_WAITING,  /* syncs go well, but the pump's data has not moved on for long */
    VERDICT_PAUSED,   /* somebody has stopped the timer */
    VERDICT_RETRYING, /* the last sync failed, but not so many that it is VERDICT_FAILING */
    VERDICT_FAILING,
    VERDICT_REFUSED,        /* Tandem refused the password: nothing is tried by itself */
    VERDICT_SECRET_REFUSED, /* Nightscout refused the secret */
    VERDICT_UNCONFIGURED,
    VERDICT_COUNT,
};

/* What became of what a person asked for; shown once on top of the page. */
enum page_notice {
    NOTICE_NONE,
    NOTICE_STARTED,
    NOTICE_CHECKING,
    NOTICE_JOINED, /* the same was running already */
    NOTICE_QUEUED, /* something else is running: comes after it */
    NOTICE_BUSY,   /* something else waits already */
    NOTICE_SIGNED_IN,
    NOTICE_SIGNED_OUT,
    NOTICE_WRONG_SECRET,
    NOTICE_TOO_MANY, /* wrong secrets */
    NOTICE_EXPIRED,  /* the form's token was none of this session */
    NOTICE_SESSION_OVER,
    NOTICE_BAD_DAYS,
    NOTICE_BAD_REQUEST,
    NOTICE_PAUSED,
    NOTICE_RESUMED,
    NOTICE_STOPPING,
    NOTICE_COUNT,
};
/* The word that stands for it in an address, and back; NULL or an unknown word is NOTICE_NONE. */
const char *page_notice_word(enum page_notice notice);
enum page_notice page_notice_find(const char *word);

enum page_language { LANGUAGE_ENGLISH, LANGUAGE_SPANISH, LANGUAGE_GERMAN, LANGUAGE_FRENCH, LANGUAGE_COUNT };
struct page_reader {
    enum page_language language;
    bool twelve_hours;  /* clocks count to 12 */
    bool decimal_comma; /* 1,25 */
};
/* By an Accept-Language header, or one tag ("es-MX"): its first language that there are words for. NULL, or
   none of them: English, 24 hours, decimal points. */
struct page_reader page_reader_find(const char *tags);

#define PAGE_LANG_SIZE 12
/* One of several people, as a link. */
struct page_tab {
    unsigned person;
    const char *name; /* NULL: none, or not for the reader's eyes */
    enum page_verdict verdict;
};

struct page_view {
    struct page_reader reader;
    unsigned person; /* whose page it is, of several people; 0: there is just one */
    const struct page_tab
        *tabs;        /* who else there is, the worst verdict first; the page's own person among them */
    size_t tab_count; /* 0: there is just one */
    char lang[PAGE_LANG_SIZE]; /* the tag that was asked for in the address; "": none */
    /* ---- for everybody ---- */
    enum page_verdict verdict;
    enum page_notice notice;
    const char *version;          /* of the program */
    const char *libraries;        /* "libcurl 8.5.0, OpenSSL 3.0.13, ..." */
    const struct time_zone *zone; /* NULL: times are shown in UTC */
    int64_t now, up_since;        /* instants, as all times here; NO_TIME: not known, or never */
    int64_t last_good_run, next_run;
    unsigned interval_minutes; /* 0: the timer is off */
    bool paused, running;
    bool checking;         /* what runs is a check of the login */
    int64_t failing_since; /* the first failure since the last good run; NO_TIME: none */
    bool has_secret;       /* one is set: signing in is possible */
    bool signed_in;        /* the rest is filled, and shown */
    bool still;            /* without scripts: do not refresh the page */
    /* What is wrong in the settings, each sentence beginning with the variable's name. */
    char *const *problems, *const *warnings;
    size_t problem_count, warning_count;

    /* ---- with the secret ---- */
    const char *form_token;
    unsigned features;                    /* by default */
    unsigned no_data_minutes;             /* without newer pump data for that long: VERDICT_WAITING */
    int64_t newest_event;                 /* of the pump */
    int64_t newest_reading;               /* glucose */
    const struct sync_progress *progress; /* of the running sync; NULL when none runs */
    const struct run *const *runs;        /* newest first */
    size_t run_count;
    const struct day_picture *picture;
    char day[11];                /* "2026-05-14", of which day; "": the last 24 hours */
    const char *day_error;       /* why it could not be read; NULL: it could, or is being read */
    int64_t day_from, day_until; /* instants that it shows; both 0: the last 24 hours */
    const struct day_picture
        *latest;         /* of the last 24 hours, with what the pump told last; may be the same */
    const char *clock;   /* what is wrong with the pump's clock; NULL or "": nothing */
    int64_t clock_since; /* instant; NO_TIME: not known */
    /* How much of each of the last days is in Nightscout, today first: enum coverage_day. */
    uint8_t calendar[CALENDAR_DAYS];
    bool has_calendar;
    bool mmol;                /* glucose in mmol/L, as the Nightscout site shows it */
    unsigned long news;       /* what live events have told so far, for who listens from now on */
    const char *check_report; /* of the last check; NULL: none was asked for */
    int64_t check_time;
};

void page_render(const struct page_view *view, struct buffer *out);
/* The inside of the page's progress section alone, in one line: what listeners are sent while a sync runs. */
void page_render_progress(const struct page_view *view, struct buffer *out);

#endif
