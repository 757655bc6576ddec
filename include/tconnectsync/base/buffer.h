/* buffer.h - bytes that grow up to a maximum set at birth. data always ends in a NUL that length does not count. */
#ifndef TCONNECTSYNC_BUFFER_H
#define TCONNECTSYNC_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer {
    char *data; /* never NULL after buffer_init */
    size_t length, capacity, maximum;
    bool full; /* something did not fit: the content is cut short */
};

void buffer_init(struct buffer *buffer, size_t maximum);
/* All return false, and set full, when the maximum would be passed; nothing is added then. */
bool buffer_add(struct buffer *buffer, const void *data, size_t length);
bool buffer_add_text(struct buffer *buffer, const char *text);
bool buffer_addf(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* 1279 as "1.279", 1000 as "1". */
bool buffer_add_thousandths(struct buffer *buffer, int64_t value);
void buffer_clear(struct buffer *buffer);
void buffer_free(struct buffer *buffer);
/* As buffer_free, but overwrites the bytes first. */
void buffer_wipe(struct buffer *buffer);

#endif
