/* fuzz.h - what libFuzzer, and in the normal test run driver.c, calls with hostile bytes. */
#ifndef TCONNECTSYNC_FUZZ_H
#define TCONNECTSYNC_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What has to hold for every input. */
static inline void must(bool condition)
{
    if (!condition)
        abort();
}

/* Takes the next line off the input, as a string to be freed; it ends at a NUL as well. "" where no more is
 * left. */
static inline char *take_line(const uint8_t **data, size_t *size)
{
    const char *text = (const char *)*data, *line = *size ? memchr(text, '\n', *size) : NULL;
    size_t length = line ? (size_t)(line - text) : *size;
    char *copy = strndup(length ? text : "", length);
    must(copy != NULL);
    *data += line ? length + 1 : length;
    *size -= line ? length + 1 : length;
    return copy;
}

#endif
