/* Places for networks: one each, and one that all share for whom no place is left. */
#include "rate_limit.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tconnectsync/base/memory.h"

enum { NETWORK_SIZE = 8 };

/* A window begins with the first wrong secret. */
struct place {
    uint8_t network[NETWORK_SIZE]; /* of IPv6 the first half; of IPv4 the address behind
                                      four zeros, which no IPv6 host has */
    int64_t began;                 /* the first wrong one of the window */
    unsigned wrong;                /* in the window; 0 and no owner's: the place is free */
    bool is_owners;                /* the right secret came from there */
    int64_t right;                 /* when it did last */
};

struct rate_limit {
    struct place places[RATE_LIMIT_PLACES], others;
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
static void network_of(const char *address, uint8_t network[NETWORK_SIZE])
{
    struct in6_addr v6;
    struct in_addr v4;
    memset(network, 0, NETWORK_SIZE);
    if (strchr(address, ':') && inet_pton(AF_INET6, address, &v6) == 1) {
        if (IN6_IS_ADDR_V4MAPPED(&v6))
            memcpy(network + 4, v6.s6_addr + 12, 4);
        else
            memcpy(network, v6.s6_addr, NETWORK_SIZE);
    } else if (inet_pton(AF_INET, address, &v4) == 1) {
        memcpy(network + 4, &v4, 4);
    }
}

static bool is_over(const struct place *place, int64_t now)
{
    return !place->wrong || now - place->began >= RATE_LIMIT_SECONDS;
}

/* The network's own place. Without one: a place to take; the one that all others share when none is free. */
static struct place *find_place(struct rate_limit *limit, const uint8_t network[NETWORK_SIZE], int64_t now)
{
    struct place *free_one = NULL;
    for (struct place *place = limit->places; place < limit->places + RATE_LIMIT_PLACES; place++) {
        bool is_used = place->wrong || place->is_owners;
        if (is_used && memcmp(place->network, network, sizeof place->network) == 0)
            return place;
        if (!free_one && !place->is_owners && is_over(place, now))
            free_one = place;
    }
    return free_one ? free_one : &limit->others;
}

/* Its network is the caller's from now on, unless it is the one for all others. */
static void take(struct rate_limit *limit, struct place *place, const uint8_t network[NETWORK_SIZE])
{
    if (place == &limit->others || memcmp(place->network, network, sizeof place->network) == 0)
        return;
    *place = (struct place){0};
    memcpy(place->network, network, sizeof place->network);
}

unsigned rate_limit_wait(struct rate_limit *limit, const char *address, int64_t now)
{
    uint8_t network[NETWORK_SIZE];
    network_of(address, network);
    const struct place *place = find_place(limit, network, now);
    if (place->wrong < RATE_LIMIT_ATTEMPTS || is_over(place, now))
        return 0;
    return (unsigned)(place->began + RATE_LIMIT_SECONDS - now);
}

void rate_limit_wrong(struct rate_limit *limit, const char *address, int64_t now)
{
    uint8_t network[NETWORK_SIZE];
    network_of(address, network);
    struct place *place = find_place(limit, network, now);
    take(limit, place, network);
    if (is_over(place, now)) {
        place->began = now;
        place->wrong = 0;
    }
    place->wrong++;
}

static struct place *oldest_owner(struct rate_limit *limit)
{
    struct place *oldest = NULL;
    unsigned count = 0;
    for (struct place *place = limit->places; place < limit->places + RATE_LIMIT_PLACES; place++) {
        count += place->is_owners;
        if (place->is_owners && (!oldest || place->right < oldest->right))
            oldest = place;
    }
    return count >= RATE_LIMIT_OWNERS ? oldest : NULL;
}

void rate_limit_right(struct rate_limit *limit, const char *address, int64_t now)
{
    uint8_t network[NETWORK_SIZE];
    network_of(address, network);
    struct place *place = find_place(limit, network, now);
    if (!place->is_owners || memcmp(place->network, network, sizeof place->network) != 0) {
        struct place *oldest = oldest_owner(limit);
        if (oldest)
            place = oldest;
        else if (place == &limit->others)
            place = limit->places; /* never an owner's: there would be RATE_LIMIT_OWNERS */
        take(limit, place, network);
    }
    place->is_owners = true;
    place->right = now;
}
