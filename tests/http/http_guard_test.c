#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http_guard.h"
#include "tconnectsync/base/memory.h"

static const struct http_limits limits = {.head = 400, .body = 100};

/* What the guard thinks of text: 1 whole, 0 incomplete, else the status. Piece by piece it has to think the
   same, and of a whole request the same length. */
static int judge(const char *text, size_t length, size_t piece, struct http_guard *guard)
{
    http_guard_start(guard, &limits);
    enum http_verdict verdict = HTTP_INCOMPLETE;
    for (size_t seen = 0; seen < length && verdict == HTTP_INCOMPLETE;) {
        seen = seen + piece < length ? seen + piece : length;
        /* A copy of its own: reading past the end is noticed. */
        char *copy = xmalloc(seen);
        memcpy(copy, text, seen);
        verdict = http_guard_look(guard, copy, seen);
        free(copy);
    }
    return verdict == HTTP_WHOLE ? 1 : verdict == HTTP_REFUSED ? guard->status : 0;
}

static void expect(const char *text, size_t length, int verdict)
{
    struct http_guard whole, bytes;
    int at_once = judge(text, length, length, &whole), slowly = judge(text, length, 1, &bytes);
    if (at_once != verdict || slowly != verdict)
        fail_msg("%d at once, %d byte by byte, not %d: %.*s", at_once, slowly, verdict, (int)length, text);
    if (verdict == 1)
        assert_int_equal(whole.length, bytes.length);
}

#define EXPECT(text, verdict) expect(text, sizeof(text) - 1, verdict)
#define GET(headers)          "GET / HTTP/1.1\r\nHost: x\r\n" headers "\r\n"
#define POST(headers, body)   "POST / HTTP/1.1\r\nHost: x\r\n" headers "\r\n" body

static void request_lines(void **state)
{
    (void)state;
    EXPECT("GET / HTTP/1.1\r\nHost: x\r\n\r\n", 1);
    EXPECT("GET / HTTP/1.0\r\n\r\n", 1);
    EXPECT("TRACE /a/b?c=d HTTP/1.0\r\n\r\n", 1);
    EXPECT("GET /%e2%82%AC?q=%20&r HTTP/1.0\r\n\r\n", 1);
    EXPECT("GET http://x/ HTTP/1.1\r\nHost: X\r\n\r\n", 1);
    EXPECT("GET / HTTP/1.1\r\nHost: x\r\n", 0);
    EXPECT("GET / HTTP/1.1", 0);
    EXPECT("\r\nGET / HTTP/1.0\r\n\r\n", 400);
    EXPECT("GET /\r\n\r\n", 400);
    EXPECT("GET  / HTTP/1.0\r\n\r\n", 400);
    EXPECT("GET /  HTTP/1.0\r\n\r\n", 400);
    EXPECT("GET / HTTP/1.0 \r\n\r\n", 400);
    EXPECT(" GET / HTTP/1.0\r\n\r\n", 400);
    EXPECT("GET\t/ HTTP/1.0\r\n\r\n", 400);
    EXPECT("GET / http/1.0\r\n\r\n", 400);
    EXPECT("GET / HTTP/1.00\r\n\r\n", 400);
    EXPECT("GET / HTTP/+1.0\r\n\r\n", 400);
    EXPECT("GET / HTTP/1.2\r\n\r\n", 505);
    EXPECT("GET / HTTP/2.0\r\n\r\n", 505);
    EXPECT("PRI * HTTP/2.0\r\n\r\n", 505);
    EXPECT("BREW / HTTP/1.0\r\n\r\n", 501);
    EXPECT("get / HTTP/1.0\r\n\r\n", 501);
    EXPECT("G(T / HTTP/1.0\r\n\r\n", 400);
    EXPECT("CONNECT x:80 HTTP/1.0\r\n\r\n", 400);
    EXPECT("OPTIONS * HTTP/1.0\r\n\r\n", 400);
    EXPECT("\r\n\r\n", 400);
    EXPECT("\n", 400);
    EXPECT("GET / HTTP/1.0\n\n", 400);
    EXPECT("GET / HTTP/1.0\r\nA: b\n\r\n", 400);
    EXPECT("\x16\x03\x01\x02\n", 400);
}

static void targets(void **state)
{
    (void)state;
    EXPECT("GET x HTTP/1.0\r\n\r\n", 400);
    EXPECT("GET /%00 HTTP/1.0\r\n\r\n", 400);
    EXPECT("GET /a%0 HTTP/1.0\r\n\r\n", 400);
    EXPECT("GET /%zz HTTP/1.0\r\n\r\n", 400);
    EXPECT("GET /%4", 0);
    EXPECT("GET /?a=%g1 HTTP/1.0\r\n\r\n", 400);
    EXPECT("GET /#a HTTP/1.0\r\n\r\n", 400);
    EXPECT("GET /\x7f HTTP/1.0\r\n\r\n", 400);
    EXPECT("GET /\xc3\xa4 HTTP/1.0\r\n\r\n", 400);
    EXPECT("GET /\0 HTTP/1.0\r\n\r\n", 400);
    EXPECT("GET ftp://x/ HTTP/1.0\r\n\r\n", 400);
    EXPECT("GET http:///a HTTP/1.0\r\n\r\n", 400);
    EXPECT("GET http:// HTTP/1.0\r\n\r\n", 400);
    EXPECT("GET http://u@x/ HTTP/1.0\r\n\r\n", 400);
    EXPECT("GET http://y/ HTTP/1.1\r\nHost: x\r\n\r\n", 400);

    static const struct {
        const char *request, *path;
        bool has_path;
    } cases[] = {
        {"GET /a?b HTTP/1.0\r\n\r\n", "/a?b HTTP", true},
        {"GET //a HTTP/1.0\r\n\r\n", "/a HTTP", true},
        {"GET /// HTTP/1.0\r\n\r\n", "/ HTTP", true},
        {"GET http://x/a HTTP/1.0\r\n\r\n", "/a HTTP", true},
        {"GET HTTP://x//a HTTP/1.0\r\n\r\n", "/a HTTP", true},
        {"GET https://x:1?a HTTP/1.0\r\n\r\n", "?a HTTP", false},
        {"GET http://x HTTP/1.0\r\n\r\n", " HTTP", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct http_head head;
        assert_int_equal(http_head_parse(cases[i].request, strlen(cases[i].request), &head), 0);
        assert_int_equal(head.has_path, cases[i].has_path);
        assert_int_equal(strncmp(cases[i].request + head.path, cases[i].path, strlen(cases[i].path)), 0);
    }
}

static void header_lines(void **state)
{
    (void)state;
    EXPECT(GET("A:b\r\nB: \t c \t\r\nC:\r\n"), 1);
    EXPECT(GET("A: \xe4\xf6\r\n"), 1);
    EXPECT(GET("A : b\r\n"), 400);
    EXPECT(GET(" A: b\r\n"), 400);
    EXPECT(GET("A: b\r\n c\r\n"), 400);
    EXPECT(GET("A: b\r\n\tc\r\n"), 400);
    EXPECT(GET("A\r\n"), 400);
    EXPECT(GET(": b\r\n"), 400);
    EXPECT(GET("A(: b\r\n"), 400);
    EXPECT(GET("A: b\0c\r\n"), 400);
    EXPECT(GET("A: b\x01\r\n"), 400);
    EXPECT(GET("A: b\x7f\r\n"), 400);
    EXPECT(GET("A: b\rc\r\n"), 400);
    EXPECT("GET / HTTP/1.1\r\n\r\n", 400);
    EXPECT("GET / HTTP/1.1\r\nHost:\r\n\r\n", 1);
    EXPECT(GET("host: x\r\n"), 400);
    EXPECT("GET / HTTP/1.1\r\nHost: x y\r\n\r\n", 400);
    EXPECT("GET / HTTP/1.1\r\nHost: x/y\r\n\r\n", 400);
    EXPECT(GET("Expect: 100-Continue\r\n"), 1);
    EXPECT(GET("Expect: tea\r\n"), 417);
    EXPECT("GET / HTTP/1.0\r\nExpect: tea\r\n\r\n", 1);

    char many[400 + 64] = "GET / HTTP/1.0\r\n";
    for (int i = 0; i < 101; i++)
        memcpy(many + strlen(many), "A:\r\n", 5);
    memcpy(many + strlen(many), "\r\n", 3);
    struct http_head head;
    assert_int_equal(http_head_parse(many, strlen(many), &head), 431);

    char large[500];
    memset(large, 'a', sizeof large);
    memcpy(large, "GET /", 5);
    expect(large, 399, 0);
    expect(large, 400, 431);
    expect(large, sizeof large, 431);
}

static void bodies(void **state)
{
    (void)state;
    EXPECT(POST("", ""), 1);
    EXPECT(POST("Content-Length: 3\r\n", "abc"), 1);
    EXPECT(POST("Content-Length: 003\r\n", "abc"), 1);
    EXPECT(POST("Content-Length:\t 3 \t\r\n", "abc"), 1);
    EXPECT(POST("Content-Length: \t3\t\t\r\n", "abc"), 1);
    EXPECT(POST("Content-Length: 3\r\n", "ab"), 0);
    EXPECT(POST("Content-Length: 101\r\n", ""), 413);
    EXPECT(POST("Content-Length: 99999999999999999999999999\r\n", ""), 413);
    EXPECT(POST("Content-Length: 18446744073709551617\r\n", "a"), 413);
    EXPECT(POST("Content-Length: +3\r\n", "abc"), 400);
    EXPECT(POST("Content-Length: -3\r\n", "abc"), 400);
    EXPECT(POST("Content-Length: 3a\r\n", "abc"), 400);
    EXPECT(POST("Content-Length: 0x3\r\n", "abc"), 400);
    EXPECT(POST("Content-Length: 3, 3\r\n", "abc"), 400);
    EXPECT(POST("Content-Length: \r\n", "abc"), 400);
    EXPECT(POST("Content-Length: 3\r\ncontent-length: 3\r\n", "abc"), 400);
    EXPECT(POST("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400);
    EXPECT(POST("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 400);
    EXPECT(POST("Transfer-Encoding: identity\r\n", ""), 400);
    EXPECT(POST("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), 400);
    EXPECT(POST("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n"), 400);
    EXPECT(POST("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400);
    EXPECT("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400);
    EXPECT(GET("Content-Length: 0\r\n"), 1);
    EXPECT(GET("Content-Length: 1\r\n"), 400);
    EXPECT(GET("Transfer-Encoding: chunked\r\n"), 400);
    EXPECT("HEAD / HTTP/1.0\r\nContent-Length: 2\r\n\r\n", 400);
}

#define CHUNKED(body) POST("Transfer-Encoding: Chunked\r\n", body)

static void chunks(void **state)
{
    (void)state;
    EXPECT(CHUNKED("0\r\n\r\n"), 1);
    EXPECT(CHUNKED("3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n"), 1);
    EXPECT(CHUNKED("03\r\nabc\r\n0\r\n\r"), 0);
    EXPECT(CHUNKED("3\r\nab"), 0);
    EXPECT(CHUNKED("\r\n"), 400);
    EXPECT(CHUNKED("g\r\n"), 400);
    EXPECT(CHUNKED("+3\r\nabc\r\n0\r\n\r\n"), 400);
    EXPECT(CHUNKED("-1\r\n"), 400);
    EXPECT(CHUNKED("0x3\r\nabc\r\n0\r\n\r\n"), 400);
    EXPECT(CHUNKED(" 3\r\nabc\r\n0\r\n\r\n"), 400);
    EXPECT(CHUNKED("3 \r\nabc\r\n0\r\n\r\n"), 400);
    EXPECT(CHUNKED("3;a=b\r\nabc\r\n0\r\n\r\n"), 400);
    EXPECT(CHUNKED("3\nabc\r\n0\r\n\r\n"), 400);
    EXPECT(CHUNKED("3\r\nabc0\r\n\r\n"), 400);
    EXPECT(CHUNKED("3\r\nabc\n0\r\n\r\n"), 400);
    EXPECT(CHUNKED("0\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n"), 400);
    EXPECT(CHUNKED("000000003\r\nabc"), 400);
    EXPECT(CHUNKED("64\r\n"), 0);
    EXPECT(CHUNKED("65\r\n"), 413);
    EXPECT(CHUNKED("ffffffff\r\n"), 413);
    EXPECT(CHUNKED("65\r\nnot so long, and the next is bad\r\nx\r\n"), 413);
    char tiny[1000] = CHUNKED("");
    size_t length = strlen(tiny);
    for (int i = 0; i < 60; i++, length += 6)
        memcpy(tiny + length, "1\r\nx\r\n", 6);
    memcpy(tiny + length, "bad", 3);
    expect(tiny, length + 3, 413); /* sixty bytes, but in too many wrappings */
}

static void what_a_head_says(void **state)
{
    (void)state;
    struct http_guard guard;
    static const char post[] =
        POST("Connection: foo , CLOSE\r\nExpect: 100-continue\r\nContent-Length: 4\r\n", "ab");
    assert_int_equal(judge(post, sizeof post - 1, 7, &guard), 0);
    assert_true(guard.head_known && guard.head.wants_close && guard.head.expects_continue &&
                !guard.head.keeps_alive);
    assert_int_equal(guard.head.content_length, 4);
    assert_int_equal(guard.head.length, sizeof post - 3);
    static const char head[] = "HEAD / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\nGET";
    assert_int_equal(judge(head, sizeof head - 1, sizeof head, &guard), 1);
    assert_true(guard.head.is_head && guard.head.keeps_alive && guard.head.minor == 0);
    assert_int_equal(guard.length, sizeof head - 4); /* what follows is not this request's */
}

static void each_refusal_says_why(void **state)
{
    (void)state;
    static const int statuses[] = {400, 408, 413, 417, 431, 501, 505};
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        assert_string_not_equal(http_refusal_text(statuses[i]), http_refusal_text(0));
    assert_string_equal(http_refusal_text(0), "The request was refused.\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_refusal_says_why), cmocka_unit_test(request_lines), cmocka_unit_test(targets),
        cmocka_unit_test(header_lines),          cmocka_unit_test(bodies),        cmocka_unit_test(chunks),
        cmocka_unit_test(what_a_head_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
