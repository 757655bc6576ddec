/* An answer that waits for a run, or for one of each of several people: whole with a true status within 20 s,
   streamed after that. */
#include "held_answer.h"

#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/documents/report.h"
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

/* One person's run. */
struct part {
    struct held_answer *held;
    struct service *service;
    struct run_log *log;  /* NULL: nothing yet */
    size_t sent;          /* of the log */
    struct buffer ending; /* what comes after all logs, in the order of the people */
    bool over;
};

struct held_answer {
    struct http_exchange *exchange;
    struct event *timer;
    struct part parts[PEOPLE_MAXIMUM];
    size_t count;
    bool check, streaming;
    bool begun, failed; /* all parts are there; one of them was no success */
};

static void end(struct held_answer *held)
{
    event_free(held->timer);
    for (size_t i = 0; i < held->count; i++) {
        run_log_release(held->parts[i].log);
        buffer_free(&held->parts[i].ending);
    }
    free(held);
}

static void set_timer(struct held_answer *held, int seconds)
{
    const struct timeval delay = {seconds, 0};
    evtimer_add(held->timer, &delay);
}

static void leave(struct held_answer *held)
{
    for (size_t i = 0; i < held->count; i++)
        if (!held->parts[i].over)
            runner_leave(held->parts[i].service->runner, &held->parts[i]);
    end(held);
}

static void on_gone(void *context)
{
    leave(context);
}

static size_t waiting_of(const struct part *part)
{
    return part->log ? part->log->text.length - part->sent : 0;
}

static size_t waiting(const struct held_answer *held)
{
    size_t sum = 0;
    for (size_t i = 0; i < held->count; i++)
        sum += waiting_of(&held->parts[i]);
    return sum;
}

static bool is_over(const struct held_answer *held)
{
    for (size_t i = 0; i < held->count; i++)
        if (!held->parts[i].over)
            return false;
    return held->begun;
}

/* Up to a piece of what waits, in whole lines: another person's may come behind it. */
static void send_piece(struct part *part)
{
    const char *text = part->log->text.data + part->sent;
    size_t length = waiting_of(part);
    if (length > PIECE) {
        const char *end_of_line = memrchr(text, '\n', PIECE);
        length = end_of_line ? (size_t)(end_of_line + 1 - text) : PIECE;
    }
    http_stream_send(part->held->exchange, text, length);
    part->sent += length;
}

/* Sends as much as the client takes, which lets the logs grow meanwhile; one that takes nothing for the
 * server's patience is dropped by it. Frees held with the last of it. */
static void send_on(struct held_answer *held)
{
    for (size_t i = 0; i < held->count; i++) {
        struct part *part = &held->parts[i];
        while (waiting_of(part) > 0 && http_stream_unread(held->exchange) < PIECE) {
            send_piece(part);
            set_timer(held, HEARTBEAT_SECONDS);
        }
    }
    if (!is_over(held) || waiting(held) > 0)
        return;
    for (size_t i = 0; i < held->count; i++)
        http_stream_send(held->exchange, held->parts[i].ending.data, held->parts[i].ending.length);
    http_stream_end(held->exchange);
    end(held);
}

static void on_drained(void *context)
{
    send_on(context);
}

static void on_grown(void *context, struct run_log *log)
{
    struct part *part = context;
    struct held_answer *held = part->held;
    if (!part->log)
        part->log = run_log_hold(log);
    if (held->check && !held->streaming)
        part->sent = log->text.length; /* a check's answer is its report */
    if (held->streaming)
        send_on(held);
}

/* False: that was all of the answer, as it is on HEAD, and held is freed. */
static bool begin_stream(struct held_answer *held, int status)
{
    if (!http_stream_begin(held->exchange, status, HTTP_PLAIN_TEXT)) {
        leave(held);
        return false;
    }
    http_stream_on_drained(held->exchange, on_drained, held);
    held->streaming = true;
    return true;
}

/* What comes after the log of a run: a check's report; of several people also whose it is. */
static void write_ending(struct part *part, bool ok, const char *error, const char *text)
{
    struct buffer *ending = &part->ending;
    const unsigned person = part->service->person->configuration->person;
    if (part->log && part->log->left_out > 0)
        buffer_addf(ending, "%zu more lines are in the server's log.\n", part->log->left_out);
    if (part->held->count > 1 && *text)
        buffer_addf(ending, "Person %u:\n%s", person, text);
    else if (part->held->count > 1)
        buffer_addf(ending, "Person %u: %s\n", person, ok ? "Done." : error);
    else
        buffer_add_text(ending, text);
    if (part->held->count == 1 && !part->held->streaming && waiting_of(part) + ending->length == 0)
        buffer_add_text(ending, ok ? "Done.\n" : error);
}

static void reply_whole(struct held_answer *held, int status)
{
    struct buffer body;
    buffer_init(&body, WHOLE_MAXIMUM + held->count * ENDING_MAXIMUM);
    for (size_t i = 0; i < held->count; i++) {
        const struct part *part = &held->parts[i];
        if (part->log)
            buffer_add(&body, part->log->text.data + part->sent, waiting_of(part));
    }
    for (size_t i = 0; i < held->count; i++)
        buffer_add(&body, held->parts[i].ending.data, held->parts[i].ending.length);
    http_reply(held->exchange, status, HTTP_PLAIN_TEXT, body.data, body.length);
    buffer_free(&body);
    end(held);
}

/* Frees held where that was the last of it. */
static void part_ended(struct part *part, bool ok, const char *error, const char *text)
{
    struct held_answer *held = part->held;
    write_ending(part, ok, error, text);
    part->over = true;
    held->failed |= !ok;
    if (!is_over(held))
        return;
    const int status = held->failed ? 500 : 200;
    if (held->streaming)
        buffer_add_text(&held->parts[held->count - 1].ending,
                        held->failed ? "Result: failed\n" : "Result: ok\n");
    if (!held->streaming && waiting(held) <= WHOLE_MAXIMUM)
        reply_whole(held, status);
    else if (held->streaming || begin_stream(held, status))
        send_on(held);
}

static void on_done(void *context, const struct report *report, const char *text)
{
    part_ended(context, report->ok, report->error.text, text);
}

static void on_timer(evutil_socket_t socket, short what, void *context)
{
    (void)socket, (void)what;
    struct held_answer *held = context;
    if (is_over(held))
        return;
    if (!held->streaming && !begin_stream(held, 200))
        return;
    if (waiting(held) == 0)
        http_stream_send(held->exchange, still, strlen(still));
    set_timer(held, HEARTBEAT_SECONDS);
    send_on(held);
}

/* Unusable settings are what a check is for: they are its result. */
static void end_unusable(struct part *part)
{
    const struct configuration *configuration = part->service->person->configuration;
    struct buffer problems;
    buffer_init(&problems, ENDING_MAXIMUM);
    for (size_t i = 0; part->held->check && i < configuration->problem_count; i++)
        buffer_addf(&problems, "%s\n", configuration->problems[i]);
    if (part->held->check)
        buffer_add_text(&problems, "FAILED: the settings cannot be used yet.\n");
    part_ended(part, false, "The settings cannot be used yet; the page at / lists what to fix.",
               problems.data);
    buffer_free(&problems);
}

/* Nothing runs within runner_ask, so nobody is told before all have been asked. */
static size_t ask_all(struct held_answer *held, const struct wish *wishes, enum runner_answer answers[])
{
    size_t full = 0;
    for (size_t i = 0; i < held->count; i++) {
        struct part *part = &held->parts[i];
        const struct listener listener = {on_grown, on_done, part};
        if (!part->service->runner)
            continue;
        answers[i] = runner_ask(part->service->runner, &wishes[i], TRIGGER_UPDATE, false, &listener);
        full += answers[i] == RUNNER_FULL;
    }
    return full;
}

void held_answer_begin(struct daemon *daemon, struct http_exchange *exchange, people_set people, bool check,
                       const struct wish *wishes)
{
    enum runner_answer answers[PEOPLE_MAXIMUM] = {0};
    struct held_answer *held = xcalloc(1, sizeof *held);
    held->exchange = exchange;
    held->check = check;
    held->timer = evtimer_new(daemon->application->base, on_timer, held);
    set_timer(held, HOLD_SECONDS);
    for (struct service *service = NULL; (service = daemon_next(daemon, people, service));) {
        struct part *part = &held->parts[held->count++];
        *part = (struct part){.held = held, .service = service};
        buffer_init(&part->ending, ENDING_MAXIMUM);
    }
    if (ask_all(held, wishes, answers) == held->count) {
        daemon_reply_full(exchange);
        end(held);
        return;
    }
    http_exchange_on_gone(exchange, on_gone, held);
    const size_t count = held->count;
    for (size_t i = 0; i < count; i++) {
        held->begun = i + 1 == count;
        if (!held->parts[i].service->runner)
            end_unusable(&held->parts[i]);
        else if (answers[i] == RUNNER_FULL)
            part_ended(&held->parts[i], false, daemon_full_text, "");
    }
}
