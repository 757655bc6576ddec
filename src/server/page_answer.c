/* The page over HTTP: who sees how much of it, what its buttons do, and its files. */
#include "page_answer.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/http/http_server.h"
#include "tconnectsync/page/page.h"
#include "tconnectsync/page/web_file.h"
#include "tconnectsync/pump/feature.h"
#include "tconnectsync/settings/configuration.h"
#include "tconnectsync/sync/request.h"
#include "authorization.h"
#include "daemon.h"
#include "daemon_answer.h"
#include "page_view.h"
#include "runner.h"
#include "service_timer.h"
#include "session.h"
#include "status_page.h"
#include "wish.h"

#define COOKIE_MAXIMUM 512
#define PAGE_POLICY                                                                                          \
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "          \
    "manifest-src 'self'; "                                                                                  \
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

/* A session that begins in the second of a sign-out begins after it. */
static int64_t session_begin(const struct service *service, int64_t now)
{
    return now > service->signed_out ? now : service->signed_out;
}

static void add_cookie(const struct service *service, struct http_exchange *exchange, bool begins,
                       int64_t now)
{
    struct buffer cookie;
    buffer_init(&cookie, COOKIE_MAXIMUM);
    if (begins)
        session_write_cookie(&cookie, service->person->configuration->secret, session_begin(service, now),
                             http_exchange_is_https(exchange));
    else
        session_write_end_cookie(&cookie, http_exchange_is_https(exchange));
    http_exchange_add_header(exchange, "Set-Cookie", cookie.data);
    buffer_wipe(&cookie);
}

/* ---- the page itself ---- */

/* The forms' token belongs to the cookie that will come back with them. */
static void write_token(const struct service *service, struct http_exchange *exchange,
                        enum credential credential, bool begins, int64_t now, struct buffer *token)
{
    const char *secret = service->person->configuration->secret;
    struct buffer session;
    buffer_init(&session, COOKIE_MAXIMUM);
    if (begins)
        session_write(&session, secret, session_begin(service, now));
    else if (credential == CREDENTIAL_COOKIE)
        buffer_add_text(&session, http_exchange_cookie(exchange, SESSION_COOKIE));
    form_token_write(token, secret, session.data);
    buffer_wipe(&session);
}

/* The page that strangers and monitors ask for is made once a second, however many they are. */
static const struct buffer *public_page(struct status_page *page)
{
    int64_t now = (int64_t)time(NULL);
    if (page->public_second == now && page->public_news == page->news)
        return &page->public_html;
    struct filled_view filled;
    page_view_fill(page, false, &(struct page_wish){0}, &filled);
    buffer_clear(&page->public_html);
    page_render(&filled.view, &page->public_html);
    page->public_second = now;
    page->public_news = page->news;
    return &page->public_html;
}

static void reply_page(struct http_exchange *exchange, int status, const struct buffer *html)
{
    http_exchange_add_header(exchange, "Content-Security-Policy", PAGE_POLICY);
    http_reply(exchange, status, "text/html; charset=utf-8", html->data, html->length);
}

static struct page_wish wish_of(const struct http_exchange *exchange)
{
    return (struct page_wish){.day = http_exchange_parameter(exchange, "day"),
                              .lang = http_exchange_parameter(exchange, "lang"),
                              .languages = http_exchange_header(exchange, "Accept-Language")};
}

/* As monitors ask, without a word of a language. */
static bool is_plain(const struct http_exchange *exchange)
{
    const struct page_wish wish = wish_of(exchange);
    return !wish.lang && !wish.languages;
}

/* Whoever comes with the secret in an address or a form gets the cookie, so that the page's links and buttons
   work without it; a cookie that is used does not end. */
static void show(struct service *service, struct http_exchange *exchange, enum credential credential,
                 int status, enum page_notice notice)
{
    const bool still = http_exchange_parameter(exchange, "still") != NULL;
    if (credential == CREDENTIAL_NONE && notice == NOTICE_NONE && !still && is_plain(exchange)) {
        reply_page(exchange, status, public_page(service->page));
        return;
    }
    struct filled_view filled;
    struct buffer html, token;
    buffer_init(&html, PAGE_MAXIMUM);
    buffer_init(&token, COOKIE_MAXIMUM);
    const struct page_wish wish = wish_of(exchange);
    page_view_fill(service->page, credential != CREDENTIAL_NONE, &wish, &filled);
    if (filled.view.day_until) {
        status_page_look(service->page, filled.view.day_from, filled.view.day_until - 1);
        page_view_fill(service->page, true, &wish, &filled);
    }
    filled.view.notice = notice;
    filled.view.still = still;
    const bool begins =
        credential == CREDENTIAL_PARAMETER ||
        (credential == CREDENTIAL_COOKIE &&
         session_is_to_be_renewed(http_exchange_cookie(exchange, SESSION_COOKIE), filled.view.now));
    if (credential != CREDENTIAL_NONE)
        write_token(service, exchange, credential, begins, filled.view.now, &token);
    if (begins)
        add_cookie(service, exchange, true, filled.view.now);
    filled.view.form_token = token.data;
    page_render(&filled.view, &html);
    reply_page(exchange, status, &html);
    buffer_wipe(&token);
    buffer_free(&html);
}

/* To the page anew, so that loading it again does nothing twice. */
static void go_to_page(struct http_exchange *exchange, enum page_notice notice)
{
    char location[112], day[CIVIL_TEXT_SIZE] = "";
    const char *asked = http_exchange_parameter(exchange, "day"),
               *lang = http_exchange_parameter(exchange, "lang"),
               *person = http_exchange_parameter(exchange, "person");
    const bool has_person = person && *person >= '1' && *person <= '9' && !person[1];
    const bool has_lang =
        lang && strlen(lang) < PAGE_LANG_SIZE &&
        strspn(lang, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-") == strlen(lang);
    const int64_t wall = asked ? civil_parse_wall(asked) : NO_TIME;
    if (wall != NO_TIME)
        civil_format_date(day, wall);
    snprintf(location, sizeof location, "./?notice=%s%s%.10s%s%s%s%s%s", page_notice_word(notice),
             *day ? "&day=" : "", day, has_lang ? "&lang=" : "", has_lang ? lang : "",
             has_person ? "&person=" : "", has_person ? person : "",
             notice == NOTICE_CHECKING ? "#check" : "");
    http_exchange_add_header(exchange, "Location", location);
    http_reply_text(exchange, 303, "");
}

/* ---- buttons ---- */

/* The kinds of data that are ticked; those of the settings when none is. */
static unsigned chosen_features(const struct service *service, const struct http_exchange *exchange)
{
    unsigned chosen = 0;
    for (unsigned feature = 1; feature & FEATURES_ALL; feature <<= 1) {
        struct buffer name;
        buffer_init(&name, COOKIE_MAXIMUM);
        features_write(feature, &name);
        if (http_exchange_parameter(exchange, name.data))
            chosen |= feature;
        buffer_free(&name);
    }
    return chosen ? chosen : service->person->configuration->features;
}

static enum page_notice start(struct service *service, struct http_exchange *exchange, bool pretend,
                              bool check)
{
    const char *action = http_exchange_parameter(exchange, "action");
    const char *day = action && strcmp(action, "fill") == 0 ? http_exchange_parameter(exchange, "day") : NULL;
    static const enum page_notice notices[] = {
        [RUNNER_STARTED] = NOTICE_STARTED, [RUNNER_JOINED] = NOTICE_JOINED, [RUNNER_WAITS] = NOTICE_QUEUED,
        [RUNNER_RECENT] = NOTICE_STARTED,  [RUNNER_FULL] = NOTICE_BUSY,
    };
    static const enum page_notice refusals[] = {[WISH_STOPPING] = NOTICE_STOPPING,
                                                [WISH_UNUSABLE] = NOTICE_BAD_REQUEST,
                                                [WISH_WRONG] = NOTICE_BAD_DAYS};
    const struct request_words words = {.days =
                                            check || day ? NULL : http_exchange_parameter(exchange, "days"),
                                        .from = day,
                                        .to = day,
                                        .pretend = pretend};
    struct wish wish;
    struct error error = {0};
    const enum wish_answer answer = service_read_wish(service, &words, &wish, &error);
    if (answer != WISH_READ)
        return refusals[answer];
    wish.check = check;
    if (!check)
        wish.features = chosen_features(service, exchange);
    const enum page_notice notice = notices[runner_ask(service->runner, &wish, TRIGGER_PAGE, false, NULL)];
    return check && notice == NOTICE_STARTED ? NOTICE_CHECKING : notice;
}

static enum page_notice act_sync(struct service *service, struct http_exchange *exchange)
{
    return start(service, exchange, false, false);
}

/* What Nightscout lacks of the day that is looked at. */
static enum page_notice act_fill(struct service *service, struct http_exchange *exchange)
{
    return http_exchange_parameter(exchange, "day") ? start(service, exchange, false, false)
                                                    : NOTICE_BAD_REQUEST;
}

static enum page_notice act_pretend(struct service *service, struct http_exchange *exchange)
{
    return start(service, exchange, true, false);
}

static enum page_notice act_check(struct service *service, struct http_exchange *exchange)
{
    return start(service, exchange, false, true);
}

static enum page_notice act_pause(struct service *service, struct http_exchange *exchange)
{
    (void)exchange;
    service_timer_pause(service);
    return NOTICE_PAUSED;
}

static enum page_notice act_resume(struct service *service, struct http_exchange *exchange)
{
    (void)exchange;
    service_timer_resume(service);
    return NOTICE_RESUMED;
}

static enum page_notice act_sign_in(struct service *service, struct http_exchange *exchange)
{
    add_cookie(service, exchange, true, (int64_t)time(NULL));
    return NOTICE_SIGNED_IN;
}

static enum page_notice act_sign_out(struct service *service, struct http_exchange *exchange)
{
    const int64_t from = session_begin(service, (int64_t)time(NULL)) + 1;
    const char *secret = service->person->configuration->secret;
    struct daemon *daemon = service->daemon;
    for (size_t i = 0; i < daemon->count; i++) { /* the session ends for all whom it opened */
        const char *other = daemon->services[i].person->configuration->secret;
        if (other && strcmp(secret, other) == 0)
            daemon->services[i].signed_out = from;
    }
    add_cookie(service, exchange, false, 0);
    return NOTICE_SIGNED_OUT;
}

static const struct {
    const char *name;
    enum page_notice (*act)(struct service *service, struct http_exchange *exchange);
} actions[] = {
    {"sync", act_sync},   {"fill", act_fill},     {"pretend", act_pretend}, {"check", act_check},
    {"pause", act_pause}, {"resume", act_resume}, {"sign-in", act_sign_in}, {"sign-out", act_sign_out},
};

static void carry_out(struct service *service, struct http_exchange *exchange, const char *action)
{
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        if (strcmp(actions[i].name, action) == 0) {
            go_to_page(exchange, actions[i].act(service, exchange));
            return;
        }
    }
    go_to_page(exchange, NOTICE_BAD_REQUEST);
}

/* ---- who ---- */

/* What is wrong with who asks; NOTICE_NONE when nothing is, or nothing was asked for. */
static enum page_notice objection(const struct authorization *who, const char *action)
{
    const bool signs_in = action && strcmp(action, "sign-in") == 0;
    if (who->status == 429)
        return NOTICE_TOO_MANY;
    if (who->status && who->credential != CREDENTIAL_NONE)
        return NOTICE_EXPIRED;
    if (who->given && (who->status || (signs_in && who->credential != CREDENTIAL_PARAMETER)))
        return NOTICE_WRONG_SECRET;
    return action && who->status ? NOTICE_SESSION_OVER : NOTICE_NONE;
}

/* The person that word means, of those who may be looked at; else the one whom the
   page has most to tell about. */
static struct service *choose(struct daemon *daemon, const char *word, people_set opened)
{
    const people_set choice = opened ? opened : daemon_everybody(daemon);
    const struct person *person = *word ? application_find(daemon->application, word, opened) : NULL;
    struct service *worst = NULL;
    for (struct service *service = NULL; (service = daemon_next(daemon, choice, service));) {
        if (service->person == person)
            return service;
        if (!worst || service_health(service) > service_health(worst))
            worst = service;
    }
    return worst;
}

void page_answer(struct daemon *daemon, struct http_exchange *exchange)
{
    const bool posted = http_exchange_method(exchange) == HTTP_POST;
    const char *action = posted ? http_exchange_parameter(exchange, "action") : NULL;
    struct authorization who;
    daemon_authorize(daemon, exchange, action ? AUTHORIZATION_CHANGES_STATE : 0, &who);
    const char *word = http_exchange_parameter(exchange, "person");
    struct service *service = choose(daemon, word ? word : "", who.opens);
    const enum page_notice notice = objection(&who, action);
    if (notice == NOTICE_TOO_MANY)
        daemon_add_retry_after(exchange, who.retry_after);
    if (notice != NOTICE_NONE)
        show(service, exchange, who.credential, who.status ? who.status : 403, notice);
    else if (action && strncmp(action, "sign-", 5) != 0 && word && *word &&
             application_find(daemon->application, word, who.opens) != service->person)
        go_to_page(exchange, NOTICE_BAD_REQUEST); /* never for another than the one that was meant */
    else if (action)
        carry_out(service, exchange, action);
    else
        show(service, exchange, who.credential, 200,
             page_notice_find(http_exchange_parameter(exchange, "notice")));
}

/* ---- files ---- */

/* By whole words; one with q=0 is refused. */
static bool accepts_gzip(const struct http_exchange *exchange)
{
    const char *accepted = http_exchange_header(exchange, "Accept-Encoding");
    while (accepted && *accepted) {
        accepted += strspn(accepted, ", \t");
        const size_t length = strcspn(accepted, ",");
        if (strncasecmp(accepted, "gzip", 4) == 0 && strcspn(accepted, ",; \t") == 4) {
            const char *quality = strstr(accepted, "q=0");
            return !quality || quality > accepted + length ||
                   strspn(quality, "q=0.") < strcspn(quality, ",; \t");
        }
        accepted += length;
    }
    return false;
}

void page_answer_file(struct http_exchange *exchange)
{
    const struct web_file *file = web_file_find(http_exchange_path(exchange) + 1);
    const bool packed = accepts_gzip(exchange);
    const char *known = http_exchange_header(exchange, "If-None-Match");
    char tag[64];
    snprintf(tag, sizeof tag, "\"%s%s\"", file->tag, packed ? "-gzip" : "");
    http_exchange_add_header(exchange, "ETag", tag);
    http_exchange_add_header(exchange, "Vary", "Accept-Encoding");
    http_exchange_add_header(
        exchange, "Cache-Control",
        http_exchange_parameter(exchange, file->tag) ? "public, max-age=31536000, immutable" : "no-cache");
    if (known && (strcmp(known, "*") == 0 || strstr(known, tag))) {
        http_reply(exchange, 304, NULL, "", 0);
        return;
    }
    if (packed)
        http_exchange_add_header(exchange, "Content-Encoding", "gzip");
    http_reply(exchange, 200, file->type, packed ? file->gzip : file->data,
               packed ? file->gzip_length : file->length);
}
