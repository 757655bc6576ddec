/* What listeners of the page are told while they look: server-sent events. */
#include "page_events.h"

#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/http/http_server.h"
#include "daemon.h"
#include "daemon_answer.h"
#include "page_view.h"
#include "runner.h"
#include "status_page.h"

#define LISTENERS_MAXIMUM 16
#define BEAT_SECONDS      20     /* a router in front may end what is silent for longer */
#define SOON_MICROSECONDS 100000 /* what happens within it is told together */
#define EVENT_MAXIMUM     4096

struct listening {
    LIST_ENTRY(listening) link;
    struct status_page *page;
    struct http_exchange *exchange;
    struct page_reader reader;
};

static void send_one(struct listening *listening, const char *name, const char *data)
{
    struct buffer event;
    buffer_init(&event, EVENT_MAXIMUM);
    buffer_addf(&event, "event: %s\ndata: %s\n\n", name, data);
    http_stream_send(listening->exchange, event.data, event.length);
    buffer_free(&event);
}

static void send_all(struct status_page *page, const char *name)
{
    struct listening *listening;
    LIST_FOREACH(listening, &page->listeners, link)
    send_one(listening, name, "1");
}

/* To each in their language. */
static void send_progress(struct status_page *page)
{
    struct filled_view filled;
    struct listening *listening;
    page_view_fill(page, true, &(struct page_wish){0}, &filled);
    LIST_FOREACH(listening, &page->listeners, link)
    {
        struct buffer html;
        buffer_init(&html, EVENT_MAXIMUM / 2);
        filled.view.reader = listening->reader;
        page_render_progress(&filled.view, &html);
        send_one(listening, "progress", html.data);
        buffer_free(&html);
    }
}

static void on_beat(evutil_socket_t socket, short what, void *context)
{
    (void)socket, (void)what;
    send_all(context, "beat");
}

static void on_soon(evutil_socket_t socket, short what, void *context)
{
    (void)socket, (void)what;
    struct status_page *page = context;
    send_progress(page);
    if (page->has_news)
        send_all(page, "change");
    page->has_news = false;
}

static void tell_soon(struct status_page *page)
{
    const struct timeval soon = {0, SOON_MICROSECONDS};
    if (page->listener_count > 0 && !evtimer_pending(page->soon, NULL))
        evtimer_add(page->soon, &soon);
}

void page_events_changed(struct status_page *page)
{
    page->running = runner_is_busy(page->service->runner);
    page->has_news = true;
    page->news++;
    tell_soon(page);
}

void page_events_moved(struct status_page *page)
{
    if (page->running != runner_is_busy(page->service->runner))
        page_events_changed(page);
    tell_soon(page);
}

/* ---- who listens ---- */

static void forget(struct listening *listening)
{
    struct status_page *page = listening->page;
    LIST_REMOVE(listening, link);
    free(listening);
    if (--page->listener_count == 0) {
        evtimer_del(page->beat);
        evtimer_del(page->soon);
    }
}

static void on_gone(void *context)
{
    forget(context);
}

static void listen_in(struct status_page *page, struct http_exchange *exchange)
{
    static const char hello[] = "retry: 5000\n\n";
    const struct timeval beat = {BEAT_SECONDS, 0};
    const char *seen = http_exchange_parameter(exchange, "seen");
    http_exchange_add_header(exchange, "X-Accel-Buffering", "no"); /* nginx would gather the events */
    if (!http_stream_begin(exchange, 200, "text/event-stream"))
        return;
    struct listening *listening = xcalloc(1, sizeof *listening);
    listening->page = page;
    listening->exchange = exchange;
    const char *lang = http_exchange_parameter(exchange, "lang");
    listening->reader = page_reader_find(lang ? lang : http_exchange_header(exchange, "Accept-Language"));
    LIST_INSERT_HEAD(&page->listeners, listening, link);
    http_exchange_on_gone(exchange, on_gone, listening);
    http_stream_send(exchange, hello, strlen(hello));
    if (page->listener_count++ == 0) {
        evtimer_add(page->beat, &beat);
        page->has_news = false;
    }
    /* What has changed since the page was made, the listener does not know. */
    page->has_news |= !seen || strtoul(seen, NULL, 10) != page->news;
    tell_soon(page);
}

void page_events_answer(struct service *service, struct http_exchange *exchange)
{
    struct status_page *page = service->page;
    if (page->listener_count < LISTENERS_MAXIMUM && !service->daemon->draining) {
        listen_in(page, exchange);
        return;
    }
    daemon_add_retry_after(exchange, 60);
    http_reply_text(exchange, 503,
                    "Too many pages are open already. This one asks from time to time instead.\n");
}

void page_events_end_listeners(struct status_page *page)
{
    struct listening *listening;
    while ((listening = LIST_FIRST(&page->listeners))) {
        http_stream_end(listening->exchange);
        forget(listening);
    }
}

void page_events_begin(struct status_page *page)
{
    struct event_base *base = page->service->person->account.base;
    page->soon = evtimer_new(base, on_soon, page);
    page->beat = event_new(base, -1, EV_PERSIST, on_beat, page);
}

void page_events_end(struct status_page *page)
{
    if (!page)
        return;
    event_free(page->soon);
    event_free(page->beat);
}
