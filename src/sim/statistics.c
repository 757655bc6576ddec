/* What the simulators counted: requests, round trips, connections, writes. */
#include "statistics.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/base/memory.h"

static struct connection *find_connection(struct statistics *statistics, const void *identity)
{
    for (size_t i = 0; i < statistics->open; i++)
        if (statistics->connections[i].identity == identity)
            return &statistics->connections[i];
    return NULL;
}

static struct connection *open_connection(struct statistics *statistics, const void *identity)
{
    if (statistics->open == statistics->open_capacity) {
        statistics->open_capacity = statistics->open_capacity * 2 + 16;
        statistics->connections = xreallocarray(statistics->connections, statistics->open_capacity,
                                                sizeof *statistics->connections);
    }
    struct connection *connection = &statistics->connections[statistics->open++];
    *connection = (struct connection){.identity = identity, .number = ++statistics->opened};
    if (statistics->open > statistics->most_open)
        statistics->most_open = (unsigned)statistics->open;
    return connection;
}

size_t statistics_arrival(struct statistics *statistics, const char *site, const char *method,
                          const char *uri, const void *identity)
{
    struct connection *connection = find_connection(statistics, identity);
    if (!connection)
        connection = open_connection(statistics, identity);
    if (statistics->count == statistics->capacity) {
        statistics->capacity = statistics->capacity * 2 + 64;
        statistics->notes = xreallocarray(statistics->notes, statistics->capacity, sizeof *statistics->notes);
    }
    if (statistics->answered_round == statistics->rounds)
        statistics->rounds++;
    struct note *note = &statistics->notes[statistics->count];
    *note =
        (struct note){.site = site, .method = method, .uri = xstrdup(uri), .connection = connection->number};
    note->round = statistics->rounds;
    note->arrived = clock_monotonic();
    connection->id = statistics->first_id + statistics->count++;
    return connection->id;
}

/* NULL for a request that came before the last reset. */
static struct note *find(struct statistics *statistics, size_t id)
{
    return id < statistics->first_id || id >= statistics->first_id + statistics->count
               ? NULL
               : &statistics->notes[id - statistics->first_id];
}

void statistics_status(struct statistics *statistics, size_t id, int status)
{
    struct note *note = find(statistics, id);
    if (note)
        note->status = status;
}

void statistics_answered(struct statistics *statistics, const void *identity)
{
    struct connection *connection = find_connection(statistics, identity);
    struct note *note = connection ? find(statistics, connection->id) : NULL;
    if (!note || note->answered > 0)
        return;
    note->answered = clock_monotonic();
    if (note->round > statistics->answered_round)
        statistics->answered_round = note->round;
}

void statistics_closed(struct statistics *statistics, const void *identity)
{
    struct connection *connection = find_connection(statistics, identity);
    statistics_answered(statistics, identity);
    if (connection)
        *connection = statistics->connections[--statistics->open];
}

void statistics_reset(struct statistics *statistics)
{
    for (size_t i = 0; i < statistics->count; i++)
        free(statistics->notes[i].uri);
    statistics->first_id += statistics->count;
    statistics->count = 0;
    statistics->rounds = statistics->answered_round = 0;
    statistics->opened = statistics->most_open = (unsigned)statistics->open;
    statistics->logins = statistics->refused_logins = 0;
    statistics->since = clock_monotonic();
}

void statistics_free(struct statistics *statistics)
{
    statistics_reset(statistics);
    free(statistics->notes);
    free(statistics->connections);
}

static size_t path_length(const struct note *note)
{
    return strcspn(note->uri, "?");
}

static int by_path(const void *left, const void *right)
{
    const struct note *a = *(struct note *const *)left, *b = *(struct note *const *)right;
    int order = strcmp(a->site, b->site);
    if (order == 0) {
        size_t shorter = path_length(a) < path_length(b) ? path_length(a) : path_length(b);
        order = strncmp(a->uri, b->uri, shorter);
    }
    if (order == 0)
        order = (path_length(a) > path_length(b)) - (path_length(a) < path_length(b));
    return order ? order : strcmp(a->method, b->method);
}

/* "requests": [{site, method, path, count}], sorted. */
static void write_tally(const struct statistics *statistics, struct json_writer *writer)
{
    const struct note **sorted = xcalloc(statistics->count, sizeof *sorted);
    for (size_t i = 0; i < statistics->count; i++)
        sorted[i] = &statistics->notes[i];
    qsort(sorted, statistics->count, sizeof *sorted, by_path);
    json_open_array(writer);
    for (size_t i = 0, same; i < statistics->count; i += same) {
        for (same = 1; i + same < statistics->count && by_path(&sorted[i], &sorted[i + same]) == 0;)
            same++;
        json_open_object(writer);
        json_write_key(writer, "site");
        json_write_text(writer, sorted[i]->site);
        json_write_key(writer, "method");
        json_write_text(writer, sorted[i]->method);
        json_write_key(writer, "path");
        json_write_bytes(writer, sorted[i]->uri, path_length(sorted[i]));
        json_write_key(writer, "count");
        json_write_integer(writer, (int64_t)same);
        json_close_object(writer);
    }
    json_close_array(writer);
    free(sorted);
}

static void write_count(struct json_writer *writer, const char *name, int64_t value)
{
    json_write_key(writer, name);
    json_write_integer(writer, value);
}

void statistics_write(const struct statistics *statistics, struct json_writer *writer)
{
    int64_t writes = 0;
    for (size_t i = 0; i < statistics->count; i++)
        writes += strcmp(statistics->notes[i].site, "nightscout") == 0 &&
                  strcmp(statistics->notes[i].method, "GET") != 0;
    json_open_object(writer);
    write_count(writer, "requestCount", (int64_t)statistics->count);
    write_count(writer, "nightscoutWrites", writes);
    write_count(writer, "rounds", statistics->rounds);
    write_count(writer, "connections", statistics->opened);
    write_count(writer, "openConnections", (int64_t)statistics->open);
    write_count(writer, "mostOpenConnections", statistics->most_open);
    write_count(writer, "logins", statistics->logins);
    write_count(writer, "refusedLogins", statistics->refused_logins);
    json_write_key(writer, "requests");
    write_tally(statistics, writer);
    json_close_object(writer);
}

void statistics_write_requests(const struct statistics *statistics, struct json_writer *writer)
{
    json_open_array(writer);
    for (size_t i = 0; i < statistics->count; i++) {
        const struct note *note = &statistics->notes[i];
        json_open_object(writer);
        json_write_key(writer, "site");
        json_write_text(writer, note->site);
        json_write_key(writer, "method");
        json_write_text(writer, note->method);
        json_write_key(writer, "uri");
        json_write_text(writer, note->uri);
        write_count(writer, "status", note->status);
        write_count(writer, "connection", note->connection);
        write_count(writer, "round", note->round);
        json_write_key(writer, "arrived");
        json_write_thousandths(writer, (int64_t)((note->arrived - statistics->since) * 1000));
        json_write_key(writer, "answered");
        if (note->answered > 0)
            json_write_thousandths(writer, (int64_t)((note->answered - statistics->since) * 1000));
        else
            json_write_null(writer);
        json_close_object(writer);
    }
    json_close_array(writer);
}
