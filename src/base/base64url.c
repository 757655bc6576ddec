/* Base64 in the alphabet for URLs, written and read strictly. */
#include "tconnectsync/base/base64url.h"

#include <stdint.h>
#include <string.h>

#include "tconnectsync/base/buffer.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void base64url_encode(struct buffer *out, const void *data, size_t length)
{
    const unsigned char *bytes = data;
    uint32_t bits = 0;
    unsigned count = 0;
    for (size_t i = 0; i < length; i++) {
        bits = bits << 8 | bytes[i];
        for (count += 8; count >= 6; count -= 6)
            buffer_add(out, &alphabet[bits >> (count - 6) & 63], 1);
    }
    if (count)
        buffer_add(out, &alphabet[bits << (6 - count) & 63], 1);
}

bool base64url_decode(struct buffer *out, const char *text, size_t length)
{
    uint32_t bits = 0;
    unsigned count = 0;
    for (size_t i = 0; i < length; i++) {
        const char *place = text[i] ? strchr(alphabet, text[i]) : NULL;
        if (!place)
            return false;
        bits = bits << 6 | (uint32_t)(place - alphabet);
        count += 6;
        if (count >= 8) {
            count -= 8;
            unsigned char byte = (unsigned char)(bits >> count);
            if (!buffer_add(out, &byte, 1))
                return false;
        }
    }
    return length % 4 != 1 && (bits & ((1U << count) - 1)) == 0;
}
