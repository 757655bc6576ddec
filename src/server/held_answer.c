/* An answer that waits for a run: whole with a true status within 20 s, streamed after that. */
#include "held_answer.h"

#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/http/http_server.h"
#include "daemon.h"
#include "daemon_answer.h"
#include "runner.h"
#include "wish.h"

#define HOLD_SECONDS      20
#define HEARTBEAT_SECONDS 14
#define LOG_MAXIMUM       (512u << 10)
#define UNREAD_MAXIMUM    (512u << 10) /* of a stream: what comes beyond it is left out */
#define LAST_WORDS        (80u << 10)  /* beyond it: a check's report, the result */

struct held_answer {
    struct daemon *daemon;
    struct http_exchange *exchange;
    struct event *timer;
    struct buffer log;
    size_t left_out; /* lines */
    bool check, streaming;
};

static void end(struct held_answer *held)
{
    event_free(held->timer);
    buffer_free(&held->log);
    free(held);
}

static void set_timer(struct held_answer *held, int seconds)
{
    const struct timeval delay = {seconds, 0};
    evtimer_add(held->timer, &delay);
}

static void on_gone(void *context)
{
    struct held_answer *held = context;
    runner_leave(held->daemon->runner, held);
    end(held);
}

static void on_line(void *context, const char *line)
{
    struct held_answer *held = context;
    if (!held->streaming) {
        if (!held->check && !buffer_addf(&held->log, "%s\n", line))
            held->left_out++;
        return;
    }
    if (http_stream_unread(held->exchange) > UNREAD_MAXIMUM) {
        held->left_out++;
        return;
    }
    http_stream_send(held->exchange, line, strlen(line));
    http_stream_send(held->exchange, "\n", 1);
    set_timer(held, HEARTBEAT_SECONDS);
}

static void on_done(void *context, const struct report *report, const char *text)
{
    struct held_answer *held = context;
    if (held->streaming)
        buffer_clear(&held->log);
    held->log.maximum += LAST_WORDS;
    if (held->left_out > 0)
        buffer_addf(&held->log, "%zu more lines are in the server's log.\n", held->left_out);
    buffer_add_text(&held->log, text);
    if (held->log.length == 0 && !held->streaming)
        buffer_add_text(&held->log, report->ok ? "Done.\n" : report->error.text);
    if (held->streaming) {
        buffer_add_text(&held->log, report->ok ? "Result: ok\n" : "Result: failed\n");
        http_stream_send(held->exchange, held->log.data, held->log.length);
        http_stream_end(held->exchange);
    } else {
        http_reply(held->exchange, report->ok ? 200 : 500, HTTP_PLAIN_TEXT, held->log.data, held->log.length);
    }
    end(held);
}

static void on_timer(evutil_socket_t socket, short what, void *context)
{
    (void)socket, (void)what;
    static const char still[] = "still running\n";
    struct held_answer *held = context;
    if (held->streaming) {
        http_stream_send(held->exchange, still, strlen(still));
        set_timer(held, HEARTBEAT_SECONDS);
        return;
    }
    if (!http_stream_begin(held->exchange, 200, HTTP_PLAIN_TEXT)) { /* HEAD: that was all of it */
        runner_leave(held->daemon->runner, held);
        end(held);
        return;
    }
    held->streaming = true;
    http_stream_send(held->exchange, held->log.length ? held->log.data : still,
                     held->log.length ? held->log.length : strlen(still));
    set_timer(held, HEARTBEAT_SECONDS);
}

void held_answer_begin(struct daemon *daemon, struct http_exchange *exchange, const struct wish *wish)
{
    struct held_answer *held = xcalloc(1, sizeof *held);
    held->daemon = daemon;
    held->exchange = exchange;
    held->check = wish->check;
    held->timer = evtimer_new(daemon->application->account.base, on_timer, held);
    buffer_init(&held->log, LOG_MAXIMUM);
    set_timer(held, HOLD_SECONDS);
    const struct listener listener = {on_line, on_done, held};
    if (runner_ask(daemon->runner, wish, TRIGGER_UPDATE, false, &listener) != RUNNER_FULL) {
        http_exchange_on_gone(exchange, on_gone, held);
        return;
    }
    daemon_reply_full(exchange);
    end(held);
}
