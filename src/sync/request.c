/* What to sync, read from the words of a command line or a request. */
#include "tconnectsync/sync/request.h"

#include <stdlib.h>
#include <string.h>

#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/pump/feature.h"
#include "tconnectsync/settings/configuration.h"
#include "tconnectsync/sync/sync.h"

#define DAYS_MAXIMUM 366

static bool said(const char *word)
{
    return word && *word;
}

static bool read_days(const char *word, int64_t now, struct sync_request *request, struct error *error)
{
    char *end;
    long days = strtol(word, &end, 10);
    if (strspn(word, "0123456789") != strlen(word) || *end != '\0' || days < 1 || days > DAYS_MAXIMUM)
        return error_set(error, ERROR_USAGE, "days must be a whole number from 1 to %d", DAYS_MAXIMUM);
    request->has_range = true;
    request->from = now - days * SECONDS_PER_DAY;
    request->to = now;
    return true;
}

/* The instant at which a civil day begins in the zone. */
static bool read_date(const char *name, const char *word, int64_t days_later, const struct time_zone *zone,
                      int64_t *instant, struct error *error)
{
    int64_t wall = strlen(word) == strlen("2026-05-14") ? civil_parse_wall(word) : NO_TIME, second;
    if (wall == NO_TIME)
        return error_set(error, ERROR_USAGE, "--%s needs a date such as 2026-05-14", name);
    time_zone_instants(zone, wall + days_later * SECONDS_PER_DAY, instant, &second);
    return true;
}

static bool read_dates(const struct request_words *words, const struct time_zone *zone, int64_t now,
                       struct sync_request *request, struct error *error)
{
    if (!said(words->from))
        return error_set(error, ERROR_USAGE, "--to needs --from, the first day of the range");
    request->to = now;
    if (!read_date("from", words->from, 0, zone, &request->from, error) ||
        (said(words->to) && !read_date("to", words->to, 1, zone, &request->to, error)))
        return false;
    request->to -= said(words->to); /* the last second of that day */
    if (request->to > now)
        request->to = now;
    if (request->from > request->to)
        return error_set(error, ERROR_USAGE,
                         "the range is empty: it ends before it begins, or is in the future");
    if (request->to - request->from > (DAYS_MAXIMUM + 1) * (int64_t)SECONDS_PER_DAY)
        return error_set(error, ERROR_USAGE, "at most %d days at once", DAYS_MAXIMUM);
    request->has_range = true;
    return true;
}

bool request_read(const struct request_words *words, const struct configuration *configuration,
                  const struct time_zone *zone, int64_t now, struct sync_request *request,
                  struct error *error)
{
    *request = (struct sync_request){.features = configuration->features, .pretend = words->pretend};
    if (said(words->features) && !features_parse(words->features, &request->features, error))
        return false;
    bool dates = said(words->from) || said(words->to);
    if (said(words->days) && dates)
        return error_set(error, ERROR_USAGE, "give --days, or --from and --to, but not both");
    if (said(words->days))
        return read_days(words->days, now, request, error);
    return !dates || read_dates(words, zone, now, request, error);
}

unsigned request_days(const struct sync_request *request)
{
    return request->has_range ? (unsigned)((request->to - request->from) / SECONDS_PER_DAY) : 0;
}
