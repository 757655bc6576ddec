/* The libraries' allocations, which passwords and tokens go through. What they do when one fails was tried:
 * some crash, some stop working without a word. */
#include "tconnectsync/http/http_client.h"

#include <stdlib.h>

#include <curl/curl.h>
#include <event2/event.h>
#include <openssl/crypto.h>

#include "tconnectsync/base/memory.h"

static void *crypto_allocate(size_t size, const char *file, int line)
{
    (void)file, (void)line;
    return xmalloc(size);
}

static void *crypto_reallocate(void *memory, size_t size, const char *file, int line)
{
    (void)file, (void)line;
    return xrealloc_wiped(memory, size);
}

static void crypto_release(void *memory, const char *file, int line)
{
    (void)file, (void)line;
    free_wiped(memory);
}

void http_own_memory(void)
{
    CRYPTO_set_mem_functions(crypto_allocate, crypto_reallocate, crypto_release);
    event_set_mem_functions(xmalloc, xrealloc, free);
    if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, xmalloc, free_wiped, xrealloc_wiped, xstrdup, xcalloc) !=
        CURLE_OK)
        end_process("libcurl or libevent cannot start");
}
