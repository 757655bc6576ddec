/* The secret on the first line, a text behind it: the secret must not be found in what comes out. */
#include "fuzz.h"

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/redact.h"

/* How long the label is that stands here; 0: none does. */
static size_t label_at(const char *text, size_t length)
{
    static const char *const labels[] = {"[hidden]", "[token]", "[userinfo]", "[email]"};
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        if (length >= strlen(labels[i]) && memcmp(text, labels[i], strlen(labels[i])) == 0)
            return strlen(labels[i]);
    return 0;
}

/* The secret stands in what is left of the text: a label's own letters, and what would arise anew from them
   and what stands around, tell nothing. */
static bool leaks(const struct buffer *out, const char *secret)
{
    size_t from = 0;
    for (size_t at = 0; at <= out->length;) {
        size_t label = label_at(out->data + at, out->length - at);
        if ((label || at == out->length) && memmem(out->data + from, at - from, secret, strlen(secret)))
            return true;
        at += label ? label : 1;
        from = label ? at : from;
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *secret = take_line(&data, &size);
    struct redactor *redactor = redactor_new();
    struct buffer out;
    buffer_init(&out, 1 << 23);
    redactor_add(redactor, secret, "hidden");
    redact(redactor, (const char *)data, size, &out);
    must(strlen(secret) < 4 || !leaks(&out, secret));
    buffer_free(&out);
    redactor_free(redactor);
    free(secret);
    return 0;
}
