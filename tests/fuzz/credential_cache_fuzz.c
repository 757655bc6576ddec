/* The credential cache's file, whatever stands in it: what is taken from it is usable, and comes back when it
   is written again. */
#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "credential_cache.h"
#include "tconnectsync/base/error.h"

#define NOW INT64_C(1780000000)

static const struct credential_owner owner = {"kim@example.test", "Seven-Lazy-Otters", "EU",
                                              "https://accounts.example.test/api"};
static char folder[] = "/dev/shm/tconnectsync-fuzz-XXXXXX"; /* a disk takes long to be sure of every file */
static char path[sizeof folder + sizeof "/cache"];

static void remove_folder(void)
{
    unlink(path);
    rmdir(folder);
}

static void put(const uint8_t *data, size_t size)
{
    if (!*path) {
        must(mkdtemp(folder) != NULL);
        snprintf(path, sizeof path, "%s/cache", folder);
        atexit(remove_folder);
    }
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    must(descriptor >= 0 && write(descriptor, data, size) == (ssize_t)size);
    close(descriptor);
}

/* It becomes part of a header. */
static void check_token(const struct credentials *credentials)
{
    must(credentials->expires > NOW && credentials->expires <= NOW + 30 * INT64_C(86400));
    must(*credentials->token && credentials->pumper_id && credentials->account_id);
    for (const char *c = credentials->token; *c; c++)
        must(*c > ' ' && *c <= '~');
}

static void check_comes_back(const struct credentials *credentials)
{
    struct credentials again;
    struct error error;
    must(credential_cache_write(path, &owner, credentials, &error));
    credential_cache_read(path, &owner, NOW, NULL, &again);
    must(!credentials->token == !again.token && credentials->refused == again.refused);
    must(!credentials->refused || credentials->lifted == again.lifted);
    must(credentials->limit.not_before == again.limit.not_before);
    must(!credentials->limit.not_before || (credentials->limit.attempts == again.limit.attempts &&
                                            credentials->limit.since == again.limit.since));
    must(!again.token || (strcmp(credentials->token, again.token) == 0 &&
                          strcmp(credentials->pumper_id, again.pumper_id) == 0 &&
                          strcmp(credentials->account_id, again.account_id) == 0));
    credentials_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct credentials credentials;
    put(data, size);
    credential_cache_read(path, &owner, NOW, NULL, &credentials);
    if (credentials.token)
        check_token(&credentials);
    if ((credentials.token || credentials.refused || credentials.limit.not_before) && size < (32 << 10))
        check_comes_back(&credentials);
    credentials_clear(&credentials);
    return 0;
}
