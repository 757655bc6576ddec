/* Memory that is there or ends the process, and secrets that are overwritten before they go. */
#include "tconnectsync/base/memory.h"

#include <malloc.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>

void end_process(const char *why)
{
    struct pollfd standard_error = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (poll(&standard_error, 1, 0) > 0) /* nobody may read it */
        dprintf(STDERR_FILENO, "tconnectsync-heroku: %s\n", why);
    _exit(EXIT_FAILURE);
}

static void *checked(void *memory)
{
    if (!memory)
        end_process("out of memory");
    return memory;
}

void *xmalloc(size_t size)
{
    return checked(malloc(size ? size : 1));
}

void *xcalloc(size_t count, size_t size)
{
    return checked(calloc(count ? count : 1, size ? size : 1));
}

void *xrealloc(void *memory, size_t size)
{
    return checked(realloc(memory, size ? size : 1));
}

void *xreallocarray(void *memory, size_t count, size_t size)
{
    return checked(reallocarray(memory, count ? count : 1, size ? size : 1));
}

char *xstrdup(const char *text)
{
    return text ? checked(strdup(text)) : NULL;
}

char *xstrndup(const char *text, size_t length)
{
    return checked(strndup(text, length));
}

char *xasprintf(const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    return checked(length < 0 ? NULL : text);
}

void free_wiped(void *memory)
{
    if (memory)
        OPENSSL_cleanse(memory, malloc_usable_size(memory));
    free(memory);
}

void *xrealloc_wiped(void *memory, size_t size)
{
    size_t held = memory ? malloc_usable_size(memory) : 0;
    if (held >= size && memory)
        return memory;
    void *moved = xmalloc(size);
    if (held)
        memcpy(moved, memory, held);
    free_wiped(memory);
    return moved;
}

void free_secret(char *text)
{
    if (text)
        OPENSSL_cleanse(text, strlen(text));
    free(text);
}
