/* For containers: is the server on this machine alive? Blocking, since it does nothing else. */
#include "command.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "tconnectsync/application.h"
#include "tconnectsync/configuration.h"
#include "tconnectsync/environment.h"

#define PATIENCE_SECONDS 5

static bool ask(uint16_t port)
{
    static const char request[] = "GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    char answer[64] = "";
    const struct timeval patience = {PATIENCE_SECONDS, 0};
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection < 0)
        return false;
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    bool alive = connect(connection, (const struct sockaddr *)&address, sizeof address) == 0 &&
                 write(connection, request, strlen(request)) == (ssize_t)strlen(request) &&
                 read(connection, answer, sizeof answer - 1) > 0 && strncmp(answer, "HTTP/1.1 200", 12) == 0;
    close(connection);
    return alive;
}

int command_healthcheck(const struct arguments *arguments)
{
    (void)arguments;
    struct environment *environment = environment_new();
    struct configuration *configuration = configuration_read(environment_lookup, environment);
    bool alive = ask(configuration->port);
    if (!alive)
        fprintf(stderr, PROGRAM_NAME ": no server answers on port %u\n", configuration->port);
    configuration_free(configuration);
    environment_free(environment);
    return alive ? EXIT_DONE : EXIT_FAILED;
}
