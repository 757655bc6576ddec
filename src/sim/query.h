/* query.h - find[...] and count of a request. */
#ifndef SIM_QUERY_H
#define SIM_QUERY_H

#include "store.h"

struct exchange;
struct condition;
struct query {
    struct condition *conditions;
    size_t count;
    int64_t limit;
};
/* false: a date in it cannot be read. default_limit counts without find. */
bool query_read(struct query *query, const struct exchange *exchange, const struct collection *collection,
                int64_t default_limit, int64_t now);
bool query_matches(const struct query *query, const struct json *json);
void query_free(struct query *query);

#endif
