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
#include "run_log.h"
#include "runner.h"
#include "wish.h"

#define HOLD_SECONDS      20
#define HEARTBEAT_SECONDS 14
#define PIECE             (32u << 10) /* of the log: what a client that does not read costs */
#define WHOLE_MAXIMUM     (64u << 10) /* of an answer in one piece */
#define ENDING_MAXIMUM    (80u << 10) /* a check's report, the result */

static const char still[] = "still running\n";

struct held_answer {
    struct daemon *daemon;
    struct http_exchange *exchange;
    struct event *timer;
    struct run_log *log;  /* NULL: nothing yet */
    size_t sent;          /* of the log */
    struct buffer ending; /* what comes after it */
    bool check, streaming, over;
};

static void end(struct held_answer *held)
{
    event_free(held->timer);
    run_log_release(held->log);
    buffer_free(&held->ending);
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

static size_t waiting(const struct held_answer *held)
{
    return held->log ? held->log->text.length - held->sent : 0;
}

/* Sends as much as the client takes, which lets the log grow meanwhile; one that takes nothing for the
 * server's patience is dropped by it. Frees held with the last of it. */
static void send_on(struct held_answer *held)
{
    while (waiting(held) > 0 && http_stream_unread(held->exchange) < PIECE) {
        const size_t length = waiting(held) < PIECE ? waiting(held) : PIECE;
        http_stream_send(held->exchange, held->log->text.data + held->sent, length);
        held->sent += length;
        set_timer(held, HEARTBEAT_SECONDS);
    }
    if (!held->over || waiting(held) > 0)
        return;
    http_stream_send(held->exchange, held->ending.data, held->ending.length);
    http_stream_end(held->exchange);
    end(held);
}

static void on_drained(void *context)
{
    send_on(context);
}

static void on_grown(void *context, struct run_log *log)
{
    struct held_answer *held = context;
    if (!held->log)
        held->log = run_log_hold(log);
    if (held->check && !held->streaming)
        held->sent = log->text.length; /* a check's answer is its report */
    if (held->streaming)
        send_on(held);
}

/* False: that was all of the answer, as it is on HEAD, and held is freed. */
static bool begin_stream(struct held_answer *held, int status)
{
    if (!http_stream_begin(held->exchange, status, HTTP_PLAIN_TEXT)) {
        runner_leave(held->daemon->runner, held);
        end(held);
        return false;
    }
    http_stream_on_drained(held->exchange, on_drained, held);
    held->streaming = true;
    return true;
}

static void write_ending(struct held_answer *held, const struct report *report, const char *text)
{
    if (held->log && held->log->left_out > 0)
        buffer_addf(&held->ending, "%zu more lines are in the server's log.\n", held->log->left_out);
    buffer_add_text(&held->ending, text);
    if (held->streaming)
        buffer_add_text(&held->ending, report->ok ? "Result: ok\n" : "Result: failed\n");
    else if (waiting(held) + held->ending.length == 0)
        buffer_add_text(&held->ending, report->ok ? "Done.\n" : report->error.text);
}

static void reply_whole(struct held_answer *held, int status)
{
    struct buffer body;
    buffer_init(&body, WHOLE_MAXIMUM + ENDING_MAXIMUM);
    if (held->log)
        buffer_add(&body, held->log->text.data + held->sent, waiting(held));
    buffer_add(&body, held->ending.data, held->ending.length);
    http_reply(held->exchange, status, HTTP_PLAIN_TEXT, body.data, body.length);
    buffer_free(&body);
    end(held);
}

static void on_done(void *context, const struct report *report, const char *text)
{
    struct held_answer *held = context;
    const int status = report->ok ? 200 : 500;
    write_ending(held, report, text);
    held->over = true;
    if (!held->streaming && waiting(held) <= WHOLE_MAXIMUM)
        reply_whole(held, status);
    else if (held->streaming || begin_stream(held, status))
        send_on(held);
}

static void on_timer(evutil_socket_t socket, short what, void *context)
{
    (void)socket, (void)what;
    struct held_answer *held = context;
    if (held->over)
        return;
    if (!held->streaming && !begin_stream(held, 200))
        return;
    if (waiting(held) == 0)
        http_stream_send(held->exchange, still, strlen(still));
    set_timer(held, HEARTBEAT_SECONDS);
    send_on(held);
}

void held_answer_begin(struct daemon *daemon, struct http_exchange *exchange, const struct wish *wish)
{
    struct held_answer *held = xcalloc(1, sizeof *held);
    held->daemon = daemon;
    held->exchange = exchange;
    held->check = wish->check;
    held->timer = evtimer_new(daemon->application->account.base, on_timer, held);
    buffer_init(&held->ending, ENDING_MAXIMUM);
    set_timer(held, HOLD_SECONDS);
    const struct listener listener = {on_grown, on_done, held};
    if (runner_ask(daemon->runner, wish, TRIGGER_UPDATE, false, &listener) != RUNNER_FULL) {
        http_exchange_on_gone(exchange, on_gone, held);
        return;
    }
    daemon_reply_full(exchange);
    end(held);
}
