/* http_guard.h - tells whole, unambiguous HTTP/1 requests from everything else. Pure: bytes in, verdict out.
   Stricter than RFC 9112 where two readers could disagree: CRLF only, no folded lines, one Host, one Content-Length of
   digits alone, Transfer-Encoding exactly "chunked", no chunk extensions or trailers, no body on GET and HEAD. */
#ifndef TCONNECTSYNC_HTTP_GUARD_H
#define TCONNECTSYNC_HTTP_GUARD_H

#include <stdbool.h>
#include <stddef.h>

struct http_limits {
    size_t head; /* bytes of request line and headers: more is 431 */
    size_t body; /* bytes of the body, unpacked: more is 413 */
};

struct http_head {
    size_t length;       /* with the empty line at its end */
    size_t method_length;
    size_t path;         /* where the target's path begins: past scheme, host and all but one leading slash; where an
                            absolute target has no path, at its '?' or at the blank behind it */
    bool has_path;
    unsigned minor;      /* HTTP/1.minor: 0 or 1 */
    bool is_head;
    bool chunked;
    size_t content_length; /* SIZE_MAX when too large to count */
    bool expects_continue;
    bool wants_close, keeps_alive; /* what Connection says */
};

/* The head that data begins with, length bytes up to and with its empty line. 0, or the status to refuse with. */
int http_head_parse(const char *data, size_t length, struct http_head *head);

/* The framing of a chunked body, fed in pieces of any size. */
struct http_chunks {
    enum http_chunks_state {
        CHUNK_SIZE,
        CHUNK_SIZE_LF,
        CHUNK_DATA,
        CHUNK_DATA_CR,
        CHUNK_DATA_LF,
        CHUNK_LAST_CR,
        CHUNK_LAST_LF,
        CHUNKS_END,
        CHUNKS_BAD,
        CHUNKS_TOO_LARGE,
    } state;
    size_t maximum; /* bytes of the body */
    unsigned digits;
    size_t left;  /* of the present chunk */
    size_t total; /* bytes of the body announced so far */
};
/* How many of the bytes were used: all of them unless the body has ended, is bad or too large. */
size_t http_chunks_scan(struct http_chunks *chunks, const char *data, size_t length);

enum http_verdict {
    HTTP_INCOMPLETE,
    HTTP_WHOLE,   /* guard.length bytes are one request */
    HTTP_REFUSED, /* guard.status tells why; nothing that follows can be trusted */
};

/* One request on its way in. Zeroed but for limits before its first byte. */
struct http_guard {
    struct http_limits limits;
    enum http_verdict verdict;
    bool head_known;
    size_t seen;   /* bytes already looked at */
    size_t length; /* of the whole request, once known */
    int status;
    struct http_head head;
    struct http_chunks chunks;
};

void http_guard_start(struct http_guard *guard, const struct http_limits *limits);
/* data: everything that has come of this request so far (and maybe of the next), from its first byte. */
enum http_verdict http_guard_look(struct http_guard *guard, const char *data, size_t length);

/* A sentence for a status that a request is refused with. */
const char *http_refusal_text(int status);

#endif
