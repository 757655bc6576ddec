/* All of a server's connections, and room for others: which go when there are too many. */
#include "http_connection.h"

/* The latest one has not had its time: its request may still be on its way. */
static bool may_be_closed(const struct connection *connection)
{
    return connection->socket >= 0 && !connection->exchange &&
           connection != TAILQ_LAST(&connection->all->list, connection_list);
}

static struct connection *without_progress(struct connections *all)
{
    struct connection *connection;
    TAILQ_FOREACH(connection, &all->list, link)
    if (may_be_closed(connection))
        return connection;
    return NULL;
}

static void thin_out_crowds(struct connections *all)
{
    struct connection *next;
    for (struct connection *connection = TAILQ_FIRST(&all->list); connection; connection = next) {
        next = TAILQ_NEXT(connection, link);
        if (connection->is_counted && may_be_closed(connection) &&
            all->crowd.counts[connection->place] > all->limits.one_network)
            connection_close(connection);
    }
    all->is_crowded = false;
}

static void make_room(evutil_socket_t none, short what, void *context)
{
    struct connections *all = context;
    struct connection *connection;
    (void)none, (void)what;
    if (all->is_crowded)
        thin_out_crowds(all);
    while (all->count > all->limits.maximum && (connection = without_progress(all)))
        connection_close(connection);
}

bool connections_are_full(const struct connections *all)
{
    return all->count > all->limits.maximum + all->limits.maximum / 4;
}

bool connections_shed(struct connections *all)
{
    struct connection *connection;
    size_t left = 1 + all->count / 8, before = all->count;
    while (left-- > 0 && (connection = without_progress(all)))
        connection_close(connection);
    return all->count < before;
}

void connections_close_idle(struct connections *all)
{
    struct connection *next;
    for (struct connection *connection = TAILQ_FIRST(&all->list); connection; connection = next) {
        next = TAILQ_NEXT(connection, link);
        if (connection->socket >= 0 && !connection_is_answering(connection))
            connection_close_gently(connection);
    }
}

void connections_begin(struct connections *all, struct event_base *base, struct log *log)
{
    all->base = base;
    all->log = log;
    TAILQ_INIT(&all->list);
    evutil_secure_rng_get_bytes(&all->crowd.seed, sizeof all->crowd.seed);
    all->make_room = evtimer_new(base, make_room, all);
}

void connections_end(struct connections *all)
{
    while (!TAILQ_EMPTY(&all->list))
        connection_close(TAILQ_FIRST(&all->list));
    event_free(all->make_room);
}
