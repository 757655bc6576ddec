/* The secret on the first line, a text behind it: the secret must not be found in what comes out. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/redact.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data, *line = size ? memchr(text, '\n', size) : NULL;
    size_t first = line ? (size_t)(line - text) : size, rest = line ? size - first - 1 : 0;
    char *secret = strndup(text, first);
    struct redactor *redactor = redactor_new();
    struct buffer out;
    buffer_init(&out, 1 << 20);
    redactor_add(redactor, secret, "hidden");
    redact(redactor, rest ? line + 1 : "", rest, &out);
    /* With brackets in it the secret might arise anew from a label and what stands around that. */
    if (strlen(secret) >= 4 && !strpbrk(secret, "[]") && memmem(out.data, out.length, secret, strlen(secret)))
        abort();
    buffer_free(&out);
    redactor_free(redactor);
    free(secret);
    return 0;
}
