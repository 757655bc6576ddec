/* For containers: is the server on this machine alive? Blocking, since it does nothing else. */
#include "command.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "tconnectsync/base/error.h"
#include "tconnectsync/server/application.h"
#include "tconnectsync/settings/configuration.h"
#include "tconnectsync/settings/environment.h"

#define PATIENCE_SECONDS 5

static bool ask(const struct addrinfo *address)
{
    static const char request[] = "GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    char answer[64] = "";
    const struct timeval patience = {PATIENCE_SECONDS, 0};
    int connection = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection < 0)
        return false;
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    bool alive = connect(connection, address->ai_addr, address->ai_addrlen) == 0 &&
                 write(connection, request, strlen(request)) == (ssize_t)strlen(request) &&
                 read(connection, answer, sizeof answer - 1) > 0 && strncmp(answer, "HTTP/1.1 200", 12) == 0;
    close(connection);
    return alive;
}

/* host NULL: the loopback addresses. A server on all addresses ("::", "0.0.0.0") is found on them as well. */
static bool ask_any(const char *host, uint16_t port)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    char service[8];
    bool alive = false;
    snprintf(service, sizeof service, "%u", port);
    if (getaddrinfo(host, service, &hints, &list) != 0)
        return false;
    for (const struct addrinfo *at = list; at && !alive; at = at->ai_next)
        alive = ask(at);
    freeaddrinfo(list);
    return alive;
}

int command_healthcheck(const struct arguments *arguments)
{
    struct error error;
    struct environment *environment = environment_new(arguments->env_file, &error);
    if (!environment) {
        fprintf(stderr, PROGRAM_NAME ": %s\n", error.text);
        return EXIT_USAGE;
    }
    struct configuration *configuration = configuration_read(environment_lookup, environment, 1);
    bool alive = ask_any(configuration->listen_host, configuration->port);
    if (!alive)
        fprintf(stderr, PROGRAM_NAME ": no server answers on port %u\n", configuration->port);
    configuration_free(configuration);
    environment_free(environment);
    return alive ? EXIT_DONE : EXIT_FAILED;
}
