/* Bytes that grow, up to the maximum set at their birth. */
#include "tconnectsync/base/buffer.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "tconnectsync/base/memory.h"

static char empty[1];

void buffer_init(struct buffer *buffer, size_t maximum)
{
    *buffer = (struct buffer){.data = empty, .maximum = maximum};
}

/* realloc would leave what the smaller one held, maybe a password, in memory that is free. */
static void grow(struct buffer *buffer, size_t capacity)
{
    char *data = xmalloc(capacity);
    memcpy(data, buffer->data, buffer->length + 1);
    if (buffer->capacity) {
        OPENSSL_cleanse(buffer->data, buffer->length);
        free(buffer->data);
    }
    buffer->data = data;
    buffer->capacity = capacity;
}

/* Makes room for length more bytes and the NUL behind them. */
static bool make_room(struct buffer *buffer, size_t length)
{
    if (length > buffer->maximum - buffer->length) {
        buffer->full = true;
        return false;
    }
    size_t needed = buffer->length + length + 1;
    if (needed <= buffer->capacity)
        return true;
    size_t capacity = buffer->capacity ? buffer->capacity : 64;
    while (capacity < needed)
        capacity *= 2;
    grow(buffer, capacity);
    return true;
}

bool buffer_add(struct buffer *buffer, const void *data, size_t length)
{
    if (!make_room(buffer, length))
        return false;
    if (length)
        memcpy(buffer->data + buffer->length, data, length);
    buffer->length += length;
    buffer->data[buffer->length] = '\0';
    return true;
}

bool buffer_add_text(struct buffer *buffer, const char *text)
{
    return buffer_add(buffer, text, strlen(text));
}

bool buffer_addf(struct buffer *buffer, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    bool added = length >= 0 && make_room(buffer, (size_t)length);
    if (added) {
        vsnprintf(buffer->data + buffer->length, (size_t)length + 1, format, again);
        buffer->length += (size_t)length;
    }
    va_end(again);
    return added;
}

void buffer_clear(struct buffer *buffer)
{
    buffer->length = 0;
    buffer->full = false;
    if (buffer->capacity)
        buffer->data[0] = '\0';
}

bool buffer_add_thousandths(struct buffer *buffer, int64_t value)
{
    char text[32];
    uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value;
    int length = snprintf(text, sizeof text, "%s%" PRIu64 ".%03u", value < 0 ? "-" : "", size / 1000,
                          (unsigned)(size % 1000));
    while (text[length - 1] == '0')
        length--;
    if (text[length - 1] == '.')
        length--;
    return buffer_add(buffer, text, (size_t)length);
}

void buffer_free(struct buffer *buffer)
{
    if (buffer->capacity)
        free(buffer->data);
    buffer_init(buffer, buffer->maximum);
}

void buffer_wipe(struct buffer *buffer)
{
    if (buffer->capacity)
        OPENSSL_cleanse(buffer->data, buffer->capacity);
    buffer_free(buffer);
}
