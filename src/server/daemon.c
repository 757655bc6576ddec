/* What is known of the server at any time. */
#include "daemon.h"

#include <stdio.h>

#include <event2/event.h>
#include <openssl/crypto.h>
#include <yajl/yajl_version.h>

#include "tconnectsync/http/http_client.h"
#include "tconnectsync/settings/configuration.h"
#include "runner.h"

enum health service_health(const struct service *service)
{
    return history_health(service->history, service->runner != NULL,
                          service->person->configuration->no_data_failure_minutes, moment_now());
}

people_set daemon_everybody(const struct daemon *daemon)
{
    return (1u << daemon->count) - 1;
}

struct service *daemon_next(struct daemon *daemon, people_set people, const struct service *service)
{
    for (size_t i = service ? (size_t)(service - daemon->services) + 1 : 0; i < daemon->count; i++)
        if (people >> i & 1)
            return &daemon->services[i];
    return NULL;
}

/* The enum goes from good to bad. */
enum health daemon_health(struct daemon *daemon, people_set people)
{
    enum health worst = HEALTH_OK;
    for (struct service *service = NULL; (service = daemon_next(daemon, people, service));) {
        const enum health health = service_health(service);
        worst = health > worst ? health : worst;
    }
    return worst;
}

bool daemon_is_busy(const struct daemon *daemon)
{
    for (size_t i = 0; i < daemon->count; i++)
        if (runner_is_busy(daemon->services[i].runner))
            return true;
    return false;
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
