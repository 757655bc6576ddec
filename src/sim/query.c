/* find[field][$operator]=value and count, as Nightscout reads them. */
#include "query.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "site.h"
#include "tconnectsync/base/memory.h"

#define DEFAULT_DAYS       4
#define DEFAULT_FIND_LIMIT 1000

enum operation { EQUAL, NOT_EQUAL, LESS, AT_MOST, MORE, AT_LEAST, AMONG, NOT_AMONG, EXISTS };

static const struct {
    const char *name;
    enum operation operation;
} operations[] = {
    {"", EQUAL},   {"$eq", EQUAL},     {"$ne", NOT_EQUAL}, {"$lt", LESS},       {"$lte", AT_MOST},
    {"$gt", MORE}, {"$gte", AT_LEAST}, {"$in", AMONG},     {"$nin", NOT_AMONG}, {"$exists", EXISTS},
};

struct condition {
    char *field, *value;
    enum operation operation;
};

/* The text up to the closing bracket; *at goes behind it. NULL: no bracket. */
static char *bracketed(const char **at)
{
    if (**at != '[')
        return NULL;
    size_t length = strcspn(*at + 1, "]");
    char *text = xstrndup(*at + 1, length);
    *at += length + 1 + ((*at)[length + 1] == ']');
    return text;
}

static bool find_operation(const char *name, enum operation *operation)
{
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        if (strcmp(operations[i].name, name) == 0) {
            *operation = operations[i].operation;
            return true;
        }
    return false;
}

static void add(struct query *query, const char *field, enum operation operation, const char *value)
{
    query->conditions = xreallocarray(query->conditions, query->count + 1, sizeof *query->conditions);
    query->conditions[query->count++] = (struct condition){xstrdup(field), xstrdup(value), operation};
}

/* Dates are compared as UTC texts; false when this is no date. */
static bool normalise_date(struct condition *condition)
{
    int64_t wall_ms;
    int offset;
    bool has_zone;
    char text[CLOCK_TEXT], *end;
    if (condition->operation == EXISTS)
        return true;
    (void)strtod(condition->value, &end);
    if (*end == '\0' && end != condition->value)
        return true; /* a number stays as it is, and matches no text */
    if (!clock_parse(condition->value, &wall_ms, &offset, &has_zone))
        return false;
    free(condition->value);
    condition->value = xstrdup(clock_print_utc(text, wall_ms - offset * 60000));
    return true;
}

static bool read_condition(struct query *query, const struct evkeyval *parameter,
                           const struct collection *collection)
{
    const char *at = parameter->key + 4;
    char *field = bracketed(&at), *name = field ? bracketed(&at) : NULL;
    enum operation operation;
    bool good = true;
    if (field && find_operation(name ? name : "", &operation)) {
        add(query, field, operation, parameter->value);
        if (strcmp(field, "created_at") == 0 && strcmp(collection->time_field, "created_at") == 0)
            good = normalise_date(&query->conditions[query->count - 1]);
    }
    free(field);
    free(name);
    return good;
}

static bool tells_time(const struct query *query, const char *field)
{
    for (size_t i = 0; i < query->count; i++)
        if (strcmp(query->conditions[i].field, field) == 0 ||
            strcmp(query->conditions[i].field, "dateString") == 0)
            return true;
    return false;
}

bool query_read(struct query *query, const struct exchange *exchange, const struct collection *collection,
                int64_t default_limit, int64_t now)
{
    struct evkeyval *parameter;
    bool good = true, by_date = strcmp(collection->time_field, "date") == 0;
    *query = (struct query){.limit = default_limit};
    TAILQ_FOREACH(parameter, &exchange->query, next)
    if (strncmp(parameter->key, "find[", 5) == 0)
        good = read_condition(query, parameter, collection) && good;
    if (query->count && query->limit < DEFAULT_FIND_LIMIT)
        query->limit = DEFAULT_FIND_LIMIT;
    const char *count = exchange_parameter(exchange, "count");
    if (count && atoll(count) > 0)
        query->limit = atoll(count);
    if (!tells_time(query, collection->time_field) && strcmp(collection->time_field, "startDate") != 0) {
        char text[CLOCK_TEXT];
        int64_t from_ms = (now - DEFAULT_DAYS * DAY) * 1000;
        if (by_date)
            snprintf(text, sizeof text, "%lld", (long long)from_ms);
        add(query, collection->time_field, AT_LEAST, by_date ? text : clock_print_utc(text, from_ms));
    }
    return good;
}

void query_free(struct query *query)
{
    for (size_t i = 0; i < query->count; i++) {
        free(query->conditions[i].field);
        free(query->conditions[i].value);
    }
    free(query->conditions);
}

/* ---- matching ---- */

/* "a.b" is b in a. */
static const struct json *field_of(const struct json *json, const char *path)
{
    while (json) {
        size_t length = strcspn(path, ".");
        char *name = xstrndup(path, length);
        json = json_get(json, name);
        free(name);
        if (!path[length])
            return json;
        path += length + 1;
    }
    return NULL;
}

static bool matches_expression(const char *text, const char *expression)
{
    const char *end = strrchr(expression, '/');
    regex_t compiled;
    char *pattern = xstrndup(expression + 1, (size_t)(end - expression) - 1);
    bool found =
        regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB | (strchr(end, 'i') ? REG_ICASE : 0)) == 0;
    if (found) {
        found = regexec(&compiled, text, 0, NULL, 0) == 0;
        regfree(&compiled);
    }
    free(pattern);
    return found;
}

/* false: they cannot be compared, as a text and a number. */
static bool compare(const struct json *field, const char *value, int *order)
{
    if (field->type == JSON_NUMBER) {
        char *end;
        double left = strtod(field->text, NULL), right = strtod(value, &end);
        *order = (left > right) - (left < right);
        return end != value && *end == '\0';
    }
    if (field->type == JSON_TRUE || field->type == JSON_FALSE) {
        *order = strcmp(field->type == JSON_TRUE ? "true" : "false", value);
        return true;
    }
    if (field->type != JSON_STRING)
        return false;
    *order = value[0] == '/' && strrchr(value, '/') > value ? !matches_expression(field->text, value)
                                                            : strcmp(field->text, value);
    return true;
}

/* value: one text or several with commas between. */
static bool is_among(const struct json *field, const char *value)
{
    bool found = false;
    int order;
    for (size_t length; !found; value += length + 1) {
        length = strcspn(value, ",|");
        char *one = xstrndup(value, length);
        found = compare(field, one, &order) && order == 0;
        free(one);
        if (!value[length])
            break;
    }
    return found;
}

static bool holds(const struct condition *condition, const struct json *field)
{
    int order;
    switch (condition->operation) {
    case EXISTS:
        return (field != NULL) == (strcmp(condition->value, "false") != 0);
    case NOT_EQUAL:
        return !field || !compare(field, condition->value, &order) || order != 0;
    case NOT_AMONG:
        return !field || !is_among(field, condition->value);
    case AMONG:
        return field && is_among(field, condition->value);
    default:
        break;
    }
    if (!field || !compare(field, condition->value, &order))
        return false;
    switch (condition->operation) {
    case LESS:
        return order < 0;
    case AT_MOST:
        return order <= 0;
    case MORE:
        return order > 0;
    case AT_LEAST:
        return order >= 0;
    default:
        return order == 0;
    }
}

bool query_matches(const struct query *query, const struct json *json)
{
    for (size_t i = 0; i < query->count; i++)
        if (!holds(&query->conditions[i], field_of(json, query->conditions[i].field)))
            return false;
    return true;
}
