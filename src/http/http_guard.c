/* Which bytes are one whole, unambiguous request, and which are refused. */
#include "http_guard.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

enum {
    HEADERS_MAXIMUM = 100,
    CHUNK_DIGITS_MAXIMUM = 8,
};

/* A part of the head. */
struct span {
    const char *text;
    size_t length;
};

/* What is gathered from the header lines before they are judged together. */
struct fields {
    struct span host, content_length, transfer_encoding, expect;
    unsigned hosts, content_lengths, transfer_encodings, expects;
    bool close, keep_alive;
};

static const char *const known_methods[] = {"GET",    "HEAD",    "POST",  "PUT",
                                            "DELETE", "OPTIONS", "PATCH", "TRACE"};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alphanumeric(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int hexadecimal(char c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The length of the token (RFC 9110, 5.6.2) that text begins with. */
static size_t token_length(struct span text)
{
    size_t i = 0;
    while (i < text.length && text.text[i] &&
           (is_alphanumeric(text.text[i]) || strchr("!#$%&'*+-.^_`|~", text.text[i])))
        i++;
    return i;
}

static bool same_text(struct span text, const char *word)
{
    return text.length == strlen(word) && strncasecmp(text.text, word, text.length) == 0;
}

/* Nothing but characters that a host and port may have (RFC 3986, 3.2.2; no userinfo). Empty is allowed. */
static bool plausible_host(struct span host)
{
    for (size_t i = 0; i < host.length; i++)
        if (!host.text[i] || (!is_alphanumeric(host.text[i]) && !strchr("-._~%!$&'()*+,;=:[]", host.text[i])))
            return false;
    return true;
}

/* Printable ASCII without '#', each '%' before two hexadecimal digits that are not a NUL's. */
static bool plausible_target(struct span target)
{
    for (size_t i = 0; i < target.length; i++) {
        char c = target.text[i];
        if (c <= 0x20 || c >= 0x7f || c == '#')
            return false;
        if (c != '%')
            continue;
        if (target.length - i < 3 || hexadecimal(target.text[i + 1]) < 0 ||
            hexadecimal(target.text[i + 2]) < 0 || (target.text[i + 1] == '0' && target.text[i + 2] == '0'))
            return false;
    }
    return true;
}

/* Leaves scheme, host (told through authority) and doubled leading slashes out of the target. */
static bool find_path(const char *data, struct span target, struct http_head *head, struct span *authority)
{
    static const char *const schemes[] = {"http://", "https://"};
    const char *at = target.text, *end = target.text + target.length;
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes && !authority->text; i++) {
        size_t length = strlen(schemes[i]);
        if (target.length > length && strncasecmp(at, schemes[i], length) == 0) {
            authority->text = at += length;
            while (at < end && *at != '/' && *at != '?')
                at++;
            authority->length = (size_t)(at - authority->text);
        }
    }
    while (end - at > 1 && at[0] == '/' && at[1] == '/')
        at++;
    head->has_path = at < end && *at == '/';
    head->path = (size_t)(at - data);
    return authority->text ? authority->length > 0 && plausible_host(*authority) : head->has_path;
}

static int parse_request_line(const char *data, struct span line, struct http_head *head,
                              struct span *authority)
{
    struct span method = {line.text, token_length(line)};
    const char *end = line.text + line.length;
    const char *blank = method.length < line.length
                            ? memchr(line.text + method.length + 1, ' ', line.length - method.length - 1)
                            : NULL;
    if (method.length == 0 || !blank || line.text[method.length] != ' ')
        return 400;
    struct span target = {line.text + method.length + 1, (size_t)(blank - line.text) - method.length - 1};
    struct span version = {blank + 1, (size_t)(end - blank) - 1};
    if (version.length != 8 || memcmp(version.text, "HTTP/", 5) != 0 || !is_digit(version.text[5]) ||
        version.text[6] != '.' || !is_digit(version.text[7]) || !plausible_target(target))
        return 400;
    if (version.text[5] != '1' || version.text[7] > '1')
        return 505;
    head->minor = (unsigned)(version.text[7] - '0');
    head->method_length = method.length;
    head->is_head = method.length == 4 && memcmp(method.text, "HEAD", 4) == 0;
    if (!find_path(data, target, head, authority))
        return 400;
    for (size_t i = 0; i < sizeof known_methods / sizeof *known_methods; i++)
        if (strlen(known_methods[i]) == method.length &&
            memcmp(method.text, known_methods[i], method.length) == 0)
            return 0;
    return 501;
}

static bool list_contains(struct span list, const char *word)
{
    while (list.length) {
        const char *comma = memchr(list.text, ',', list.length);
        struct span item = {list.text, comma ? (size_t)(comma - list.text) : list.length};
        list.text += item.length + (comma != NULL);
        list.length -= item.length + (comma != NULL);
        while (item.length && (*item.text == ' ' || *item.text == '\t'))
            item.text++, item.length--;
        while (item.length && strchr(" \t", item.text[item.length - 1]))
            item.length--;
        if (same_text(item, word))
            return true;
    }
    return false;
}

/* One "Name: value" line, without its CRLF. A blank before the colon and a folded line
   both fail the token. */
static bool parse_header(struct span line, struct fields *fields)
{
    struct span name = {line.text, token_length(line)};
    if (name.length == 0 || name.length == line.length || line.text[name.length] != ':')
        return false;
    struct span value = {line.text + name.length + 1, line.length - name.length - 1};
    for (size_t i = 0; i < value.length; i++)
        if (((unsigned char)value.text[i] < 0x20 && value.text[i] != '\t') || value.text[i] == 0x7f)
            return false;
    while (value.length && (*value.text == ' ' || *value.text == '\t'))
        value.text++, value.length--;
    while (value.length && (value.text[value.length - 1] == ' ' || value.text[value.length - 1] == '\t'))
        value.length--;

    struct {
        const char *name;
        struct span *value;
        unsigned *count;
    } single[] = {
        {"Host", &fields->host, &fields->hosts},
        {"Content-Length", &fields->content_length, &fields->content_lengths},
        {"Transfer-Encoding", &fields->transfer_encoding, &fields->transfer_encodings},
        {"Expect", &fields->expect, &fields->expects},
    };
    for (size_t i = 0; i < sizeof single / sizeof *single; i++)
        if (same_text(name, single[i].name)) {
            *single[i].value = value;
            return ++*single[i].count == 1;
        }
    if (same_text(name, "Connection")) {
        fields->close |= list_contains(value, "close");
        fields->keep_alive |= list_contains(value, "keep-alive");
    }
    return true;
}

static bool parse_content_length(struct span digits, size_t *length)
{
    *length = 0;
    for (size_t i = 0; i < digits.length; i++) {
        if (!is_digit(digits.text[i]))
            return false;
        size_t digit = (size_t)(digits.text[i] - '0');
        *length = *length > (SIZE_MAX - digit) / 10 ? SIZE_MAX : *length * 10 + digit;
    }
    return digits.length > 0;
}

/* Whom the request is for: HTTP/1.1 has to say so, and not in two ways. */
static bool names_host(const struct fields *fields, struct span authority, const struct http_head *head)
{
    if ((head->minor == 1 && fields->hosts == 0) || !plausible_host(fields->host))
        return false;
    return !authority.text || !fields->hosts ||
           (authority.length == fields->host.length &&
            strncasecmp(authority.text, fields->host.text, authority.length) == 0);
}

/* Where the body ends; two ways to tell are one too many. */
static bool frames_body(const struct fields *fields, struct span method, struct http_head *head)
{
    if (fields->transfer_encodings) {
        if (fields->content_lengths || head->minor == 0 || !same_text(fields->transfer_encoding, "chunked"))
            return false;
        head->chunked = true;
    }
    if (fields->content_lengths && !parse_content_length(fields->content_length, &head->content_length))
        return false;
    bool bodiless = same_text(method, "GET") || same_text(method, "HEAD") || same_text(method, "TRACE");
    return !bodiless || (!head->chunked && head->content_length == 0);
}

/* What the header lines say together. */
static int judge_fields(const struct fields *fields, struct span method, struct span authority,
                        struct http_head *head)
{
    if (!names_host(fields, authority, head) || !frames_body(fields, method, head))
        return 400;
    if (fields->expects && head->minor == 1) {
        if (!same_text(fields->expect, "100-continue"))
            return 417;
        head->expects_continue = true;
    }
    head->wants_close = fields->close;
    head->keeps_alive = fields->keep_alive;
    return 0;
}

int http_head_parse(const char *data, size_t length, struct http_head *head)
{
    *head = (struct http_head){.length = length};
    struct fields fields = {0};
    struct span method = {0}, authority = {0};
    const char *at = data, *end = data + length;
    for (unsigned lines = 0;; lines++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        if (!newline || newline == at || newline[-1] != '\r')
            return 400;
        struct span line = {at, (size_t)(newline - at) - 1};
        at = newline + 1;
        if (lines == 0) {
            int status = parse_request_line(data, line, head, &authority);
            if (status)
                return status;
            method = (struct span){data, head->method_length};
        } else if (line.length == 0) {
            return at == end ? judge_fields(&fields, method, authority, head) : 400;
        } else if (lines > HEADERS_MAXIMUM) {
            return 431;
        } else if (!parse_header(line, &fields)) {
            return 400;
        }
    }
}

static enum http_chunks_state scan_size(struct http_chunks *chunks, char c)
{
    int digit = hexadecimal(c);
    if (digit < 0)
        return c == '\r' && chunks->digits ? CHUNK_SIZE_LF : CHUNKS_BAD;
    chunks->left = chunks->left * 16 + (size_t)digit;
    return ++chunks->digits > CHUNK_DIGITS_MAXIMUM ? CHUNKS_BAD : CHUNK_SIZE;
}

size_t http_chunks_scan(struct http_chunks *chunks, const char *data, size_t length)
{
    /* What must stand in the states that allow one byte only, and what comes after it. */
    static const struct {
        char byte;
        enum http_chunks_state next;
    } fixed[] = {
        [CHUNK_DATA_CR] = {'\r', CHUNK_DATA_LF},
        [CHUNK_DATA_LF] = {'\n', CHUNK_SIZE},
        [CHUNK_LAST_CR] = {'\r', CHUNK_LAST_LF},
        [CHUNK_LAST_LF] = {'\n', CHUNKS_END},
    };
    size_t at = 0;
    while (at < length && chunks->state < CHUNKS_END) {
        char c = data[at];
        switch (chunks->state) {
        case CHUNK_SIZE:
            chunks->state = scan_size(chunks, c);
            break;
        case CHUNK_SIZE_LF:
            chunks->total += chunks->left;
            chunks->digits = 0;
            chunks->state = c != '\n'                         ? CHUNKS_BAD
                            : chunks->total > chunks->maximum ? CHUNKS_TOO_LARGE
                            : chunks->left                    ? CHUNK_DATA
                                                              : CHUNK_LAST_CR;
            break;
        case CHUNK_DATA: {
            size_t step = length - at < chunks->left ? length - at : chunks->left;
            at += step;
            chunks->left -= step;
            if (chunks->left == 0)
                chunks->state = CHUNK_DATA_CR;
            continue;
        }
        default:
            chunks->state = c == fixed[chunks->state].byte ? fixed[chunks->state].next : CHUNKS_BAD;
        }
        at++;
    }
    return at;
}

void http_guard_start(struct http_guard *guard, const struct http_limits *limits)
{
    *guard = (struct http_guard){.limits = *limits, .chunks.maximum = limits->body};
}

static enum http_verdict refuse(struct http_guard *guard, int status)
{
    guard->status = status;
    return guard->verdict = HTTP_REFUSED;
}

/* Looks for the empty line. A line that does not end in CRLF is refused at once, not
   only when the head is complete. */
static enum http_verdict look_at_head(struct http_guard *guard, const char *data, size_t length)
{
    size_t within = length < guard->limits.head ? length : guard->limits.head;
    while (guard->seen < within) {
        const char *newline = memchr(data + guard->seen, '\n', within - guard->seen);
        if (!newline) {
            guard->seen = within;
            break;
        }
        size_t at = (size_t)(newline - data);
        guard->seen = at + 1;
        if (at == 0 || data[at - 1] != '\r')
            return refuse(guard, 400);
        if (at >= 3 && data[at - 2] == '\n') {
            int status = http_head_parse(data, at + 1, &guard->head);
            guard->head_known = true;
            return status ? refuse(guard, status) : HTTP_WHOLE;
        }
    }
    return length >= guard->limits.head ? refuse(guard, 431) : HTTP_INCOMPLETE;
}

enum http_verdict http_guard_look(struct http_guard *guard, const char *data, size_t length)
{
    if (guard->verdict != HTTP_INCOMPLETE)
        return guard->verdict;
    if (!guard->head_known && look_at_head(guard, data, length) != HTTP_WHOLE)
        return guard->verdict;
    const struct http_head *head = &guard->head;
    if (!head->chunked) {
        if (head->content_length > guard->limits.body)
            return refuse(guard, 413);
        guard->length = head->length + head->content_length;
        return guard->verdict = length >= guard->length ? HTTP_WHOLE : HTTP_INCOMPLETE;
    }
    /* Tiny chunks make a large request of a small body: that is bounded as well. */
    size_t most = head->length + 2 * guard->limits.body + 16;
    size_t within = length < most ? length : most;
    guard->seen += http_chunks_scan(&guard->chunks, data + guard->seen, within - guard->seen);
    if (guard->chunks.state == CHUNKS_BAD)
        return refuse(guard, 400);
    if (guard->chunks.state == CHUNKS_TOO_LARGE || (within == most && guard->chunks.state != CHUNKS_END))
        return refuse(guard, 413);
    guard->length = guard->seen;
    return guard->verdict = guard->chunks.state == CHUNKS_END ? HTTP_WHOLE : HTTP_INCOMPLETE;
}

const char *http_refusal_text(int status)
{
    static const struct {
        int status;
        const char *text;
    } texts[] = {
        {400, "The request is not well-formed HTTP.\n"},
        {408, "The request took too long to arrive.\n"},
        {413, "The request's body is too large.\n"},
        {417, "Only the expectation 100-continue is known here.\n"},
        {431, "The request's headers are too large.\n"},
        {501, "This method is not known here.\n"},
        {505, "Only HTTP/1.0 and HTTP/1.1 are spoken here.\n"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].status == status)
            return texts[i].text;
    return "The request was refused.\n";
}
