/* What is known of the server at any time. */
#include "daemon.h"

#include <stdio.h>
#include <time.h>

#include <event2/event.h>
#include <openssl/crypto.h>
#include <yajl/yajl_version.h>

#include "tconnectsync/http/http_client.h"
#include "tconnectsync/settings/configuration.h"
#include "runner.h"

int64_t daemon_monotonic_milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

enum health daemon_health(const struct daemon *daemon)
{
    return history_health(daemon->history, daemon->runner != NULL,
                          daemon->application->configuration->no_data_failure_minutes, moment_now());
}

const char *daemon_libraries(char *text, size_t size)
{
    char curl[80];
    const int yajl = yajl_version();
    snprintf(text, size, "libevent %s, %s, OpenSSL %s, yajl %d.%d.%d", event_get_version(),
             http_client_library(curl, sizeof curl), OpenSSL_version(OPENSSL_VERSION_STRING), yajl / 10000,
             yajl / 100 % 100, yajl % 100);
    return text;
}
