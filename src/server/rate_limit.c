#include "rate_limit.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "tconnectsync/base/memory.h"

/* A window begins with the first wrong secret. */
struct place {
    uint8_t network[8]; /* of IPv6 the first half; of IPv4 the address behind four zeros, which no IPv6 host
                           has */
    int64_t began, seen;
    unsigned wrong; /* 0: the place is free */
};

struct rate_limit {
    struct place places[RATE_LIMIT_PLACES];
};

struct rate_limit *rate_limit_new(void)
{
    return xcalloc(1, sizeof(struct rate_limit));
}

void rate_limit_free(struct rate_limit *limit)
{
    free(limit);
}

/* What is no address counts as one and the same. */
static void network_of(const char *address, uint8_t network[8])
{
    struct in6_addr v6;
    memset(network, 0, 8);
    if (strchr(address, ':') && inet_pton(AF_INET6, address, &v6) == 1) {
        if (IN6_IS_ADDR_V4MAPPED(&v6))
            memcpy(network + 4, v6.s6_addr + 12, 4);
        else
            memcpy(network, v6.s6_addr, 8);
    } else if (inet_pton(AF_INET, address, network + 4) != 1) {
        memset(network, 0, 8);
    }
}

static struct place *find_place(struct rate_limit *limit, const uint8_t network[8])
{
    struct place *oldest = limit->places;
    for (struct place *place = limit->places; place < limit->places + RATE_LIMIT_PLACES; place++) {
        if (place->wrong && memcmp(place->network, network, sizeof place->network) == 0)
            return place;
        if (oldest->wrong && (!place->wrong || place->seen < oldest->seen))
            oldest = place;
    }
    *oldest = (struct place){0};
    memcpy(oldest->network, network, sizeof oldest->network);
    return oldest;
}

unsigned rate_limit_wrong(struct rate_limit *limit, const char *address, int64_t now)
{
    uint8_t network[8];
    network_of(address, network);
    struct place *place = find_place(limit, network);
    if (!place->wrong || now - place->began >= RATE_LIMIT_SECONDS) {
        place->began = now;
        place->wrong = 0;
    }
    place->seen = now;
    if (place->wrong < RATE_LIMIT_ATTEMPTS) {
        place->wrong++;
        return 0;
    }
    return (unsigned)(place->began + RATE_LIMIT_SECONDS - now);
}
