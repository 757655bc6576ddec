/* Any request: the same verdict at once and in pieces, and what is accepted has one reading. */
#include "fuzz.h"

#include <strings.h>

#include "http_guard.h"

static const struct http_limits limits = {.head = 2000, .body = 1000};

/* A lax reader of its own: what a careless server would take from the accepted head. */
static size_t count_header(const char *head, size_t length, const char *name)
{
    size_t count = 0, name_length = strlen(name);
    for (size_t i = 0; i + name_length < length; i++)
        if ((head[i] == '\n' || head[i] == '\r') && strncasecmp(head + i + 1, name, name_length) == 0)
            count++;
    return count;
}

static void check_accepted(const struct http_guard *guard, const char *data)
{
    const struct http_head *head = &guard->head;
    must(head->length <= limits.head && head->length <= guard->length);
    must(memcmp(data + head->length - 4, "\r\n\r\n", 4) == 0);
    for (size_t i = 0; i < head->length; i++) {
        must(data[i] != '\0' && (data[i] != '\r' || data[i + 1] == '\n') &&
             (data[i] != '\n' || data[i - 1] == '\r'));
        must(data[i] != '\n' || i + 1 == head->length || (data[i + 1] != ' ' && data[i + 1] != '\t'));
    }
    must(count_header(data, head->length, "host:") <= 1);
    size_t lengths = count_header(data, head->length, "content-length:"),
           codings = count_header(data, head->length, "transfer-encoding:");
    must(lengths + codings <= 1 && head->chunked == (codings == 1));
    must(guard->length == head->length || memcmp(data, "GET ", 4) != 0);
    must(head->path > head->method_length && head->path < head->length);
    must(head->has_path == (data[head->path] == '/'));
    must(head->chunked || guard->length == head->length + head->content_length);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const char *data = (const char *)bytes;
    struct http_guard whole, pieces;
    http_guard_start(&whole, &limits);
    enum http_verdict verdict = http_guard_look(&whole, data, size);
    http_guard_start(&pieces, &limits);
    size_t step = size ? 1 + bytes[0] % 7 : 1;
    for (size_t seen = 0; seen < size && pieces.verdict == HTTP_INCOMPLETE;) {
        seen = seen + step < size ? seen + step : size;
        http_guard_look(&pieces, data, seen);
    }
    must(verdict == pieces.verdict);
    if (verdict == HTTP_REFUSED)
        must(whole.status == pieces.status && whole.status >= 400);
    if (verdict == HTTP_WHOLE) {
        must(whole.length == pieces.length && whole.length <= size);
        check_accepted(&whole, data);
    }
    return 0;
}
