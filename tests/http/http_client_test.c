#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>
#include <netdb.h>
#include <netinet/in.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/base/monotonic.h"
#include "tconnectsync/http/http_client.h"

#include "fake_server.h"

#define OK(body_length, body) "HTTP/1.1 200 OK\r\nContent-Length: " body_length "\r\n\r\n" body
#define COUNT(array)          (sizeof(array) / sizeof *(array))

/* A resolver that takes its time over one name, as the system's may; curl finds it before the C library's. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
    (void)service, (void)hints;
    if (name && strcmp(name, "slow.test") == 0)
        sleep(2);
    *found = NULL;
    return EAI_NONAME;
}

static struct event_base *base;
static struct http_client *client;
static struct fake_server *server;
static const struct http_route direct;

/* What came of a request. */
struct outcome {
    unsigned calls, restarts;
    struct http_response response; /* its strings are our own copies */
    char body[4096], location[512], content_type[128];
    size_t streamed;
    struct http_transfer **cancel; /* on the first data, or once done */
};

static void on_done(void *context, const struct http_response *response)
{
    struct outcome *outcome = context;
    outcome->calls++;
    outcome->response = *response;
    snprintf(outcome->body, sizeof outcome->body, "%s", response->body);
    snprintf(outcome->location, sizeof outcome->location, "%s", response->location ? response->location : "");
    snprintf(outcome->content_type, sizeof outcome->content_type, "%s", response->content_type);
    if (outcome->cancel)
        http_client_cancel(*outcome->cancel);
}

static bool on_data(void *context, const char *data, size_t length, struct error *error)
{
    (void)error;
    struct outcome *outcome = context;
    if (outcome->streamed + length < sizeof outcome->body)
        memcpy(outcome->body + outcome->streamed, data, length);
    outcome->streamed += length;
    if (outcome->cancel)
        http_client_cancel(*outcome->cancel);
    return true;
}

static bool refuse_data(void *context, const char *data, size_t length, struct error *error)
{
    (void)context, (void)data, (void)length;
    return error_set(error, ERROR_DATA, "no such fruit");
}

static void on_restart(void *context)
{
    struct outcome *outcome = context;
    outcome->restarts++;
    outcome->streamed = 0;
}

static int set_up(void **state)
{
    (void)state;
    struct error error;
    base = event_base_new();
    client = http_client_new(base, NULL, &error);
    return client ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    http_client_free(client);
    if (server)
        fake_server_free(server);
    server = NULL;
    event_base_free(base);
    return 0;
}

static void serve(const struct fake_answer *answers, size_t count)
{
    server = fake_server_new(base, answers, count);
}

static struct http_request get(struct outcome *outcome, const char *path)
{
    return (struct http_request){.route = &direct,
                                 .method = "GET",
                                 .url = server ? fake_server_url(server, path) : path,
                                 .on_done = on_done,
                                 .context = outcome};
}

/* Runs the loop until the outcome is there, ten seconds at most. */
static void wait_for(const struct outcome *outcome)
{
    time_t end = time(NULL) + 10;
    while (!outcome->calls && time(NULL) < end)
        event_base_loop(base, EVLOOP_ONCE);
    assert_int_equal(outcome->calls, 1);
}

static void run_for(unsigned milliseconds)
{
    struct timeval time = {milliseconds / 1000, milliseconds % 1000 * 1000};
    event_base_loopexit(base, &time);
    event_base_dispatch(base);
}

static void send_and_wait(const struct http_request *request, struct outcome *outcome)
{
    http_client_send(client, request);
    assert_int_equal(outcome->calls, 0);
    wait_for(outcome);
}

static void an_answer_comes_whole(void **state)
{
    (void)state;
    static const struct fake_answer answers[] = {
        {.text = "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nDate: Thu, 14 May 2026 04:00:00 "
                 "GMT\r\n"
                 "Transfer-Encoding: chunked\r\n\r\n3\r\n[1,\r\n2\r\n2]\r\n0\r\n\r\n"}};
    serve(answers, 1);
    struct outcome outcome = {0};
    struct http_request request = get(&outcome, "/fruit?a=1");
    static const struct http_route route = {.user_agent = "Tester/1"};
    static const struct http_header headers[] = {{"X-Kind", "apple"}, {"X-Evil", "a\r\nX-Smuggled: b"}};
    request.route = &route;
    request.headers = headers;
    request.header_count = COUNT(headers);
    send_and_wait(&request, &outcome);
    assert_int_equal(outcome.response.error.kind, ERROR_NONE);
    assert_int_equal(outcome.response.status, 201);
    assert_string_equal(outcome.body, "[1,2]");
    assert_int_equal(outcome.response.length, 5);
    assert_string_equal(outcome.content_type, "application/json");
    assert_int_equal(outcome.response.date, 1778731200);
    int64_t expected = 1778731200 - time(NULL);
    assert_in_range(outcome.response.clock_difference - expected + 2, 0, 4);
    assert_int_equal(outcome.response.retry_after, -1);
    const char *asked = fake_server_request(server, 0);
    assert_ptr_equal(strstr(asked, "GET /fruit?a=1 HTTP/1.1\r\n"), asked);
    assert_non_null(strstr(asked, "User-Agent: Tester/1\r\n"));
    assert_non_null(strstr(asked, "X-Kind: apple\r\n"));
    assert_non_null(strstr(asked, "Accept-Encoding: gzip\r\n"));
    assert_null(strstr(asked, "Smuggled"));
    assert_null(strstr(asked, "Upgrade"));
}

static void a_cached_date_is_no_clock(void **state)
{
    (void)state;
    static const struct fake_answer answers[] = {
        {.text = "HTTP/1.1 200 OK\r\nDate: Thu, 14 May 2026 04:00:00 GMT\r\nAge: 900\r\nContent-Length: "
                 "0\r\n\r\n"}};
    serve(answers, 1);
    struct outcome outcome = {0};
    struct http_request request = get(&outcome, "/");
    send_and_wait(&request, &outcome);
    assert_int_equal(outcome.response.date, 0);
}

static void a_body_goes_out_as_it_is(void **state)
{
    (void)state;
    static const struct fake_answer answers[] = {{.text = OK("0", "")}};
    serve(answers, 1);
    static const char *const methods[] = {"POST", "PUT"};
    for (size_t i = 0; i < COUNT(methods); i++) {
        struct outcome outcome = {0};
        struct http_request request = get(&outcome, "/");
        request.method = methods[i];
        request.body = "a\0b";
        request.body_length = 3;
        send_and_wait(&request, &outcome);
        const char *asked = fake_server_request(server, i);
        assert_memory_equal(asked, methods[i], strlen(methods[i]));
        assert_non_null(strstr(asked, "Content-Length: 3\r\n"));
        assert_null(strstr(asked, "Expect"));
        assert_memory_equal(strstr(asked, "\r\n\r\n") + 4, "a\0b", 3);
    }
}

static void a_connection_is_kept(void **state)
{
    (void)state;
    static const struct fake_answer answers[] = {{.text = OK("2", "ok")}};
    serve(answers, 1);
    for (int i = 0; i < 3; i++) {
        struct outcome outcome = {0};
        struct http_request request = get(&outcome, "/");
        send_and_wait(&request, &outcome);
    }
    struct http_client_statistics statistics;
    http_client_count(client, &statistics);
    assert_int_equal(fake_server_connections(server), 1);
    assert_int_equal(statistics.connections, 1);
    assert_int_equal(statistics.requests, 3);
    assert_int_equal(statistics.bytes_received, 6);
}

static void four_connections_at_most(void **state)
{
    (void)state;
    static const struct fake_answer answers[] = {{.text = OK("2", "ok"), .delay_ms = 700}};
    serve(answers, 1);
    struct outcome outcomes[12] = {0};
    for (size_t i = 0; i < COUNT(outcomes); i++) {
        struct http_request request = get(&outcomes[i], "/");
        request.timeout_seconds = 1; /* time in the queue does not count */
        http_client_send(client, &request);
    }
    for (size_t i = 0; i < COUNT(outcomes); i++) {
        wait_for(&outcomes[i]);
        assert_int_equal(outcomes[i].response.status, 200);
    }
    assert_int_equal(fake_server_most_connections(server), 4);
    assert_int_equal(fake_server_connections(server), 4);
}

static void a_redirect_is_told_not_followed(void **state)
{
    (void)state;
    static const struct fake_answer answers[] = {
        {.text = "HTTP/1.1 302 Found\r\nLocation: /next?code=5\r\nContent-Length: 0\r\n\r\n"}};
    serve(answers, 1);
    struct outcome outcome = {0};
    struct http_request request = get(&outcome, "/a/b");
    send_and_wait(&request, &outcome);
    assert_int_equal(outcome.response.status, 302);
    assert_string_equal(outcome.location, fake_server_url(server, "/next?code=5"));
    assert_int_equal(fake_server_requests(server), 1);
}

static void what_can_recover_is_repeated(void **state)
{
    (void)state;
    static const struct fake_answer answers[] = {
        {.text = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhal", .close = true},
        {.text = "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy"},
        {.text = OK("5", "whole")}};
    serve(answers, COUNT(answers));
    struct outcome outcome = {0};
    struct http_request request = get(&outcome, "/");
    request.retry = true;
    request.on_data = on_data;
    request.on_restart = on_restart;
    int64_t begun = monotonic_milliseconds();
    send_and_wait(&request, &outcome);
    assert_int_equal(outcome.response.error.kind, ERROR_NONE);
    assert_int_equal(outcome.response.status, 200);
    assert_int_equal(outcome.response.attempts, 3);
    assert_int_equal(outcome.restarts, 2);
    assert_int_equal(outcome.streamed, 5);
    assert_true(monotonic_milliseconds() - begun >= 1500);
}

static void nothing_is_repeated_unasked(void **state)
{
    (void)state;
    static const struct fake_answer answers[] = {
        {.text = "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy"}};
    serve(answers, 1);
    struct outcome outcome = {0};
    struct http_request request = get(&outcome, "/");
    send_and_wait(&request, &outcome);
    assert_int_equal(outcome.response.status, 503);
    assert_string_equal(outcome.body, "busy");
    assert_int_equal(fake_server_requests(server), 1);
}

static void a_refusal_is_not_repeated(void **state)
{
    (void)state;
    static const struct fake_answer answers[] = {{.text = "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"}};
    serve(answers, 1);
    struct outcome outcome = {0};
    struct http_request request = get(&outcome, "/");
    request.retry = true;
    send_and_wait(&request, &outcome);
    assert_int_equal(outcome.response.attempts, 1);
}

static void retry_after_is_honoured(void **state)
{
    (void)state;
    static const struct fake_answer answers[] = {
        {.text = "HTTP/1.1 429 Slow\r\nRetry-After: 2\r\nContent-Length: 0\r\n\r\n"},
        {.text = OK("2", "ok")}};
    serve(answers, COUNT(answers));
    struct outcome outcome = {0};
    struct http_request request = get(&outcome, "/");
    request.retry = true;
    int64_t begun = monotonic_milliseconds();
    send_and_wait(&request, &outcome);
    assert_int_equal(outcome.response.status, 200);
    assert_true(monotonic_milliseconds() - begun >= 1900);
}

static void a_long_retry_after_is_left_to_the_caller(void **state)
{
    (void)state;
    static const struct fake_answer answers[] = {
        {.text = "HTTP/1.1 429 Slow\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n"}};
    serve(answers, 1);
    struct outcome outcome = {0};
    struct http_request request = get(&outcome, "/");
    request.retry = true;
    send_and_wait(&request, &outcome);
    assert_int_equal(outcome.response.status, 429);
    assert_int_equal(outcome.response.retry_after, 3600);
    assert_int_equal(outcome.response.attempts, 1);
}

/* A kept connection that dies under a POST: the service may have acted on it, so it must not go out again. */
static void a_post_is_sent_once(void **state)
{
    (void)state;
    static const struct fake_answer answers[] = {
        {.text = OK("2", "ok")}, {.close = true}, {.text = OK("2", "ok")}};
    serve(answers, COUNT(answers));
    struct outcome first = {0}, second = {0};
    struct http_request request = get(&first, "/");
    send_and_wait(&request, &first);
    request = get(&second, "/");
    request.method = "POST";
    request.body = "insulin";
    request.body_length = 7;
    send_and_wait(&request, &second);
    assert_int_equal(second.response.error.kind, ERROR_UNREACHABLE);
    assert_string_equal(second.response.error.text, "closed the connection before it answered");
    run_for(100);
    assert_int_equal(fake_server_requests(server), 2);
}

static void broken_answers_are_told_apart(void **state)
{
    (void)state;
    static const struct {
        struct fake_answer answer;
        enum error_kind kind;
        const char *text;
    } cases[] = {
        {{.text = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhal", .close = true},
         ERROR_DATA,
         "cut its answer short"},
        {{.text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhal", .close = true},
         ERROR_DATA,
         "cut its answer short"},
        {{.text = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nhalf"},
         ERROR_DATA,
         "sent an answer that cannot be unpacked"},
        {{.text = "220 mail.example ESMTP\r\n\r\n", .close = true},
         ERROR_DATA,
         "sent an answer that is not valid HTTP"},
        {{.close = true}, ERROR_UNREACHABLE, "closed the connection before it answered"},
        {{.text = OK("2", "ok"), .delay_ms = 3000}, ERROR_UNREACHABLE, "did not answer in time"},
        {{.text = OK("101", "12345678901234567890123456789012345678901234567890"
                            "123456789012345678901234567890123456789012345678901")},
         ERROR_LIMIT,
         "sent more than the 100 bytes that are expected at most"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        serve(&cases[i].answer, 1);
        struct outcome outcome = {0};
        struct http_request request = get(&outcome, "/");
        request.timeout_seconds = 1;
        request.maximum_length = 100;
        send_and_wait(&request, &outcome);
        assert_string_equal(outcome.response.error.text, cases[i].text);
        assert_int_equal(outcome.response.error.kind, cases[i].kind);
        fake_server_free(server);
        server = NULL;
    }
}

/* 100,000 zeros packed into 133 bytes. */
static const char packed[] =
    "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 133\r\n\r\n"
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xed\xc1\x31\x01\x00\x00\x00\xc2\xa0\x4a\xeb\x9f\xce\x1a"
    "\x1e\x40\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
    "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
    "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
    "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
    "\x00\x00\x00\xaf\x06\x85\xc2\x4d\xc5\xa0\x86\x01\x00";

static void the_limit_counts_unpacked_bytes(void **state)
{
    (void)state;
    static const struct fake_answer answers[] = {{.text = packed, .length = sizeof packed - 1}};
    serve(answers, 1);
    struct outcome outcome = {0};
    struct http_request request = get(&outcome, "/");
    request.maximum_length = 99999;
    send_and_wait(&request, &outcome);
    assert_int_equal(outcome.response.error.kind, ERROR_LIMIT);
    struct outcome whole = {0};
    request = get(&whole, "/");
    request.maximum_length = 100000;
    send_and_wait(&request, &whole);
    assert_int_equal(whole.response.error.kind, ERROR_NONE);
    assert_int_equal(whole.response.length, 100000);
}

/* A process that answers one request after delay_ms with length bytes, as fast as they are taken, and then
   keeps the connection without a word; its URL in url. */
static pid_t start_server(size_t length, size_t announced, unsigned delay_ms, char *url, size_t size)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t address_length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &address_length), 0);
    snprintf(url, size, "http://127.0.0.1:%u/", ntohs(address.sin_port));
    pid_t child = fork();
    if (child == 0) {
        static char piece[1 << 16];
        int connection = accept(listener, NULL, NULL);
        bool sound = read(connection, piece, sizeof piece) > 0 && usleep(delay_ms * 1000) == 0 &&
                     dprintf(connection, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", announced) > 0;
        for (size_t sent = 0, more; sound && sent < length; sent += more) {
            more = length - sent < sizeof piece ? length - sent : sizeof piece;
            sound = write(connection, piece, more) == (ssize_t)more;
        }
        while (sound)
            pause();
        _exit(1);
    }
    close(listener);
    return child;
}

static void end_server(pid_t child)
{
    int status;
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
}

static void a_flood_leaves_turns_to_others(void **state)
{
    (void)state;
    enum { FLOOD = 32 << 20, TURN = 512 << 10 };
    char url[64];
    struct outcome outcome = {0};
    pid_t child = start_server(FLOOD, FLOOD, 0, url, sizeof url);
    struct http_request request = get(&outcome, url);
    request.on_data = on_data;
    request.maximum_length = FLOOD;
    http_client_send(client, &request);
    size_t before = 0, most = 0;
    while (!outcome.calls) {
        event_base_loop(base, EVLOOP_ONCE);
        most = outcome.streamed - before > most ? outcome.streamed - before : most;
        before = outcome.streamed;
    }
    assert_int_equal(outcome.response.error.kind, ERROR_NONE);
    assert_int_equal(outcome.streamed, FLOOD);
    assert_in_range(most, 1, TURN);
    end_server(child);
}

static bool refuse_late_data(void *context, const char *data, size_t length, struct error *error)
{
    struct outcome *outcome = context;
    on_data(context, data, length, error);
    return outcome->streamed <= 256 << 10 || error_set(error, ERROR_DATA, "no such fruit");
}

/* Whether the refused piece waits for its turn depends on how the bytes came in: many lengths are tried. */
static void what_waited_for_its_turn_may_be_refused_too(void **state)
{
    (void)state;
    for (size_t length = 257 << 10; length < 320 << 10; length += 1 << 10) {
        char url[64];
        struct outcome outcome = {0};
        pid_t child = start_server(length, length + 1, 0, url, sizeof url);
        struct http_request request = get(&outcome, url);
        request.on_data = refuse_late_data;
        request.maximum_length = 1 << 20;
        http_client_send(client, &request);
        for (int moments = 0; !outcome.calls && moments < 100; moments++)
            run_for(20);
        end_server(child);
        assert_int_equal(outcome.calls, 1);
        assert_int_equal(outcome.response.error.kind, ERROR_DATA);
        assert_string_equal(outcome.response.error.text, "no such fruit");
    }
}

static void cancel_what_waited_for_its_turn(void **state)
{
    (void)state;
    char url[64];
    struct outcome outcome = {0};
    struct http_transfer *transfer;
    pid_t child = start_server(1 << 20, 1 << 20, 0, url, sizeof url);
    struct http_request request = get(&outcome, url);
    request.on_data = on_data;
    request.maximum_length = 1 << 20;
    transfer = http_client_send(client, &request);
    while (outcome.streamed < 256 << 10)
        event_base_loop(base, EVLOOP_ONCE);
    outcome.cancel = &transfer;
    run_for(100);
    end_server(child);
    assert_int_equal(outcome.calls, 0);
}

/* The answer comes in while curl is busy with the certificates alone. */
static void loading_certificates_loses_no_answer(void **state)
{
    (void)state;
    char url[64];
    struct outcome outcome = {0};
    pid_t child = start_server(2, 2, 100, url, sizeof url);
    struct http_request request = get(&outcome, url);
    http_client_send(client, &request);
    run_for(50);
    assert_int_equal(outcome.calls, 0);
    usleep(200 * 1000);
    http_client_load_certificates(client);
    run_for(100);
    end_server(child);
    assert_int_equal(outcome.calls, 1);
}

static void an_endless_error_page_is_an_error_page(void **state)
{
    (void)state;
    size_t length = 300000;
    char *text = xmalloc(length + 1);
    memset(text, 'x', length);
    int head = snprintf(text, length, "HTTP/1.1 404 No\r\nContent-Length: 9000000\r\n\r\n");
    text[head] = 'x';
    const struct fake_answer answers[] = {{.text = text, .length = length}};
    serve(answers, 1);
    struct outcome outcome = {0};
    struct http_request request = get(&outcome, "/");
    request.on_data = on_data;
    send_and_wait(&request, &outcome);
    assert_int_equal(outcome.response.error.kind, ERROR_NONE);
    assert_int_equal(outcome.response.status, 404);
    assert_int_equal(outcome.streamed, 0);
    assert_in_range(outcome.response.length, 1, 65536);
    free(text);
}

static void who_reads_the_data_may_refuse_it(void **state)
{
    (void)state;
    static const struct fake_answer answers[] = {{.text = OK("4", "plum")}};
    serve(answers, 1);
    struct outcome outcome = {0};
    struct http_request request = get(&outcome, "/");
    request.on_data = refuse_data;
    request.retry = true;
    send_and_wait(&request, &outcome);
    assert_string_equal(outcome.response.error.text, "no such fruit");
    assert_int_equal(outcome.response.attempts, 1);
}

static void unreachable_places_have_their_words(void **state)
{
    (void)state;
    static const struct fake_answer none[] = {{0}};
    serve(none, 1);
    char closed_port[64];
    snprintf(closed_port, sizeof closed_port, "%s", fake_server_url(server, "/"));
    fake_server_free(server);
    server = NULL;
    const struct {
        const char *url;
        enum error_kind kind;
        const char *text;
    } cases[] = {
        {closed_port, ERROR_UNREACHABLE, "cannot be reached: the connection was refused"},
        {"http://no.such.host.test/", ERROR_UNREACHABLE,
         "cannot be found: its host name is not known. Check the address and the internet connection"},
        {"file:///etc/passwd", ERROR_CONFIGURATION,
         "has an unusable address: it must begin with https:// or http://"},
        {"http://", ERROR_CONFIGURATION, "has an unusable address: it is not a URL"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct outcome outcome = {0};
        struct http_request request = get(&outcome, cases[i].url);
        send_and_wait(&request, &outcome);
        assert_string_equal(outcome.response.error.text, cases[i].text);
        assert_int_equal(outcome.response.error.kind, cases[i].kind);
        assert_int_equal(outcome.response.status, 0);
    }
}

/* A body that drips took four times its time before, twenty minutes for a log. */
static void the_time_is_for_all_attempts(void **state)
{
    (void)state;
    static const struct fake_answer answers[] = {{.text = OK("2", "ok"), .delay_ms = 9000}};
    serve(answers, 1);
    struct outcome outcome = {0};
    struct http_request request = get(&outcome, "/");
    request.timeout_seconds = 1;
    request.retry = true;
    send_and_wait(&request, &outcome);
    assert_string_equal(outcome.response.error.text, "did not answer in time");
    assert_int_equal(outcome.response.attempts, 1);
}

static void without_descriptors_nobody_else_is_blamed(void **state)
{
    (void)state;
    static const struct fake_answer answers[] = {{.text = OK("2", "ok")}};
    struct rlimit limit, none;
    serve(answers, 1);
    int next = dup(STDERR_FILENO);
    close(next);
    getrlimit(RLIMIT_NOFILE, &limit);
    none = (struct rlimit){(rlim_t)next, limit.rlim_max};
    setrlimit(RLIMIT_NOFILE, &none);
    static const char *const urls[] = {"http://127.0.0.1:9/", "https://127.0.0.1:9/",
                                       "http://no.such.host.test/"};
    struct outcome outcomes[COUNT(urls)] = {0};
    for (size_t i = 0; i < COUNT(urls); i++) {
        struct http_request request = get(&outcomes[i], urls[i]);
        request.url = urls[i];
        send_and_wait(&request, &outcomes[i]);
    }
    setrlimit(RLIMIT_NOFILE, &limit);
    for (size_t i = 0; i < COUNT(urls); i++)
        assert_non_null(strstr(outcomes[i].response.error.text, "no file descriptor left"));
}

static void a_declined_request_is_never_sent(void **state)
{
    (void)state;
    static const struct fake_answer answers[] = {{.text = OK("2", "ok")}};
    serve(answers, 1);
    struct outcome outcome = {0};
    struct http_request request = get(&outcome, "/");
    request.retry = true;
    http_client_decline(client, &request, &(struct error){ERROR_CREDENTIALS, 0, "is not asked"});
    assert_int_equal(outcome.calls, 0);
    wait_for(&outcome);
    assert_int_equal(outcome.response.error.kind, ERROR_CREDENTIALS);
    assert_string_equal(outcome.response.error.text, "is not asked");
    run_for(50);
    assert_int_equal(fake_server_connections(server), 0);
}

static void the_environments_proxy_is_ignored_ours_is_used(void **state)
{
    (void)state;
    static const struct fake_answer answers[] = {{.text = OK("2", "ok")}};
    serve(answers, 1);
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("no_proxy", "*", 1);
    struct outcome first = {0}, second = {0};
    struct http_request request = get(&first, "/");
    send_and_wait(&request, &first);
    assert_int_equal(first.response.status, 200);
    const struct http_route route = {.proxy = xstrdup(fake_server_url(server, ""))};
    request = get(&second, "/");
    request.url = "http://elsewhere.test/fruit";
    request.route = &route;
    send_and_wait(&request, &second);
    assert_int_equal(second.response.status, 200);
    assert_non_null(strstr(fake_server_request(server, 1), "GET http://elsewhere.test/fruit HTTP/1.1"));
    free((char *)(uintptr_t)route.proxy);
    unsetenv("http_proxy");
    unsetenv("no_proxy");
}

static void cookies_stay_in_their_jar(void **state)
{
    (void)state;
    static const struct fake_answer answers[] = {
        {.text = "HTTP/1.1 200 OK\r\nSet-Cookie: session=s1; HttpOnly; Path=/\r\nContent-Length: 0\r\n\r\n"},
        {.text = OK("0", "")}};
    serve(answers, COUNT(answers));
    struct http_cookies *cookies = http_cookies_new();
    const struct http_route route = {.cookies = cookies};
    for (int i = 0; i < 4; i++) {
        struct outcome outcome = {0};
        struct http_request request = get(&outcome, "/");
        if (i != 2)
            request.route = &route;
        if (i == 3)
            http_cookies_clear(cookies);
        send_and_wait(&request, &outcome);
    }
    assert_non_null(strstr(fake_server_request(server, 1), "Cookie: session=s1\r\n"));
    assert_null(strstr(fake_server_request(server, 2), "Cookie"));
    assert_null(strstr(fake_server_request(server, 3), "Cookie"));
    http_client_free(client);
    client = NULL;
    http_cookies_free(cookies);
}

/* ---- cancelling: no call any more, and the next request is served as if nothing had been ---- */

static void the_client_still_works(void)
{
    struct outcome outcome = {0};
    struct http_request request = get(&outcome, "/");
    send_and_wait(&request, &outcome);
    assert_int_equal(outcome.response.status, 200);
}

static void cancel_at_every_moment(void **state)
{
    (void)state;
    static const struct fake_answer answers[] = {{.text = OK("2", "ok"), .delay_ms = 20}};
    serve(answers, 1);
    for (unsigned wait = 0; wait < 24; wait += 2) {
        struct outcome outcome = {0};
        struct http_request request = get(&outcome, "/");
        struct http_transfer *transfer = http_client_send(client, &request);
        if (wait)
            run_for(wait);
        if (outcome.calls)
            break;
        http_client_cancel(transfer);
        run_for(30);
        assert_int_equal(outcome.calls, 0);
    }
    the_client_still_works();
}

static void cancel_between_attempts(void **state)
{
    (void)state;
    static const struct fake_answer answers[] = {{.text = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"},
                                                 {.text = OK("2", "ok")}};
    serve(answers, COUNT(answers));
    struct outcome outcome = {0};
    struct http_request request = get(&outcome, "/");
    request.retry = true;
    struct http_transfer *transfer = http_client_send(client, &request);
    run_for(200);
    assert_int_equal(fake_server_requests(server), 1);
    http_client_cancel(transfer);
    run_for(1000);
    assert_int_equal(outcome.calls, 0);
    assert_int_equal(fake_server_requests(server), 1);
    the_client_still_works();
}

static void cancel_from_within_the_data(void **state)
{
    (void)state;
    static const struct fake_answer answers[] = {{.text = OK("2", "ok")}};
    serve(answers, 1);
    struct outcome outcome = {0};
    struct http_transfer *transfer;
    struct http_request request = get(&outcome, "/");
    request.on_data = on_data;
    outcome.cancel = &transfer;
    transfer = http_client_send(client, &request);
    run_for(100);
    assert_int_equal(outcome.streamed, 2);
    assert_int_equal(outcome.calls, 0);
    the_client_still_works();
}

static void cancel_another_that_is_done_as_well(void **state)
{
    (void)state;
    static const struct fake_answer answers[] = {{.text = OK("2", "ok"), .delay_ms = 10}};
    serve(answers, 1);
    struct outcome outcomes[2] = {0};
    struct http_transfer *transfers[2];
    for (int i = 0; i < 2; i++) {
        struct http_request request = get(&outcomes[i], "/");
        outcomes[i].cancel = &transfers[1 - i];
        transfers[i] = http_client_send(client, &request);
    }
    run_for(100);
    assert_int_equal(outcomes[0].calls + outcomes[1].calls, 1);
    the_client_still_works();
}

/* Those who wait for a connection are served although the ones before them in the queue went away. */
static void cancel_in_the_queue(void **state)
{
    (void)state;
    static const struct fake_answer answers[] = {{.text = OK("2", "ok"), .delay_ms = 50}};
    serve(answers, 1);
    struct outcome outcomes[10] = {0};
    struct http_transfer *transfers[10];
    for (size_t i = 0; i < COUNT(outcomes); i++) {
        struct http_request request = get(&outcomes[i], "/");
        transfers[i] = http_client_send(client, &request);
    }
    outcomes[0].cancel = &transfers[0]; /* its own, which is over: nothing happens */
    outcomes[3].cancel = &transfers[4];
    run_for(20);
    http_client_cancel(transfers[5]);
    http_client_cancel(transfers[1]);
    wait_for(&outcomes[9]);
    run_for(200);
    static const unsigned calls[] = {1, 0, 1, 1, 0, 0, 1, 1, 1, 1};
    for (size_t i = 0; i < COUNT(outcomes); i++)
        if (i != 4) /* perhaps it was quicker */
            assert_int_equal(outcomes[i].calls, calls[i]);
}

static void cancel_while_a_name_is_looked_up(void **state)
{
    (void)state;
    struct outcome outcome = {0};
    struct http_request request = get(&outcome, "http://slow.test/");
    struct http_transfer *transfer = http_client_send(client, &request);
    run_for(50);
    int64_t begun = monotonic_milliseconds();
    http_client_cancel(transfer);
    assert_true(monotonic_milliseconds() - begun < 100);
    run_for(20);
    assert_int_equal(outcome.calls, 0);
    sleep(3); /* the resolver's thread ends and gives back what it holds */
}

static void freeing_the_client_cancels(void **state)
{
    (void)state;
    static const struct fake_answer answers[] = {{.text = OK("2", "ok"), .delay_ms = 50}};
    serve(answers, 1);
    struct outcome outcomes[6] = {0};
    for (size_t i = 0; i < COUNT(outcomes); i++) {
        struct http_request request = get(&outcomes[i], "/");
        http_client_send(client, &request);
    }
    run_for(20);
    http_client_free(client);
    client = NULL;
    run_for(100);
    for (size_t i = 0; i < COUNT(outcomes); i++)
        assert_int_equal(outcomes[i].calls, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        CASE(an_answer_comes_whole),
        CASE(a_cached_date_is_no_clock),
        CASE(a_body_goes_out_as_it_is),
        CASE(a_connection_is_kept),
        CASE(four_connections_at_most),
        CASE(a_redirect_is_told_not_followed),
        CASE(what_can_recover_is_repeated),
        CASE(nothing_is_repeated_unasked),
        CASE(a_refusal_is_not_repeated),
        CASE(retry_after_is_honoured),
        CASE(a_long_retry_after_is_left_to_the_caller),
        CASE(a_post_is_sent_once),
        CASE(broken_answers_are_told_apart),
        CASE(the_time_is_for_all_attempts),
        CASE(without_descriptors_nobody_else_is_blamed),
        CASE(the_limit_counts_unpacked_bytes),
        CASE(a_flood_leaves_turns_to_others),
        CASE(what_waited_for_its_turn_may_be_refused_too),
        CASE(cancel_what_waited_for_its_turn),
        CASE(loading_certificates_loses_no_answer),
        CASE(an_endless_error_page_is_an_error_page),
        CASE(who_reads_the_data_may_refuse_it),
        CASE(unreachable_places_have_their_words),
        CASE(a_declined_request_is_never_sent),
        CASE(the_environments_proxy_is_ignored_ours_is_used),
        CASE(cookies_stay_in_their_jar),
        CASE(cancel_at_every_moment),
        CASE(cancel_between_attempts),
        CASE(cancel_from_within_the_data),
        CASE(cancel_another_that_is_done_as_well),
        CASE(cancel_in_the_queue),
        CASE(cancel_while_a_name_is_looked_up),
        CASE(freeing_the_client_cancels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
