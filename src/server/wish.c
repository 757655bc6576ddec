/* What somebody wants run: out of a request's words, compared with another, as a sync takes it. */
#include "wish.h"

#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/sync/request.h"
#include "tconnectsync/sync/sync.h"

bool wish_read(const struct request_words *words, const struct configuration *configuration,
               const struct time_zone *zone, int64_t now, struct wish *wish, struct error *error)
{
    struct sync_request request;
    if (!request_read(words, configuration, zone, now, &request, error))
        return false;
    *wish = (struct wish){.features = request.features, .pretend = request.pretend};
    if (words->days && *words->days) {
        wish->days = request_days(&request);
    } else if (request.has_range) {
        wish->has_range = true;
        wish->from = request.from;
        wish->to =
            request.to < now ? request.to : WISH_OPEN_END; /* equal, whenever on that day it was said */
    }
    return true;
}

bool wish_equals(const struct wish *a, const struct wish *b)
{
    return a->days == b->days && a->has_range == b->has_range && a->from == b->from && a->to == b->to &&
           a->features == b->features && a->pretend == b->pretend && a->check == b->check &&
           a->look == b->look;
}

struct sync_request wish_request(const struct wish *wish, int64_t now)
{
    const bool ends = wish->has_range && wish->to < now;
    return (struct sync_request){
        .features = wish->look ? 0 : wish->features,
        .has_range = wish->has_range || wish->days > 0,
        .from = wish->has_range ? wish->from : now - (int64_t)wish->days * SECONDS_PER_DAY,
        .to = ends ? wish->to : now,
        .pretend = wish->pretend || wish->look,
        .check_only = wish->check,
    };
}
