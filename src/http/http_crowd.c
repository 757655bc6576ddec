/* Places of networks in a table of counts. */
#include "http_crowd.h"

#include <string.h>

#include <arpa/inet.h>

unsigned http_crowd_place(const struct http_crowd *crowd, const char *address)
{
    struct in6_addr v6 = {0};
    uint64_t network = 0;
    if (inet_pton(AF_INET6, address, &v6) != 1)
        inet_pton(AF_INET, address, &v6);
    memcpy(&network, &v6, sizeof network);
    /* The last steps of MurmurHash3: every bit of network and seed moves every bit of the place. */
    network ^= crowd->seed;
    network = (network ^ network >> 33) * 0xff51afd7ed558ccdU;
    network = (network ^ network >> 33) * 0xc4ceb9fe1a85ec53U;
    return (unsigned)((network ^ network >> 33) % HTTP_CROWD_PLACES);
}
