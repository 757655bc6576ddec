/* The features' names, in lists of them. */
#include "tconnectsync/pump/feature.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/error.h"

static const char *const names[] = {
    "BASAL", "BOLUS",      "PUMP_EVENTS",   "PROFILES",
    "CGM",   "CGM_ALERTS", "DEVICE_STATUS", "PUMP_EVENTS_BASAL_SUSPENSION",
    "IOB",
};
enum { NAME_COUNT = sizeof names / sizeof *names, QUOTED_SIZE = 33 };
_Static_assert((1 << NAME_COUNT) - 1 == FEATURES_ALL, "a name for each feature");

static unsigned feature_of(const char *name, size_t length)
{
    for (unsigned i = 0; i < NAME_COUNT; i++)
        if (strlen(names[i]) == length && strncasecmp(names[i], name, length) == 0)
            return 1U << i;
    return 0;
}

/* The text may come from a stranger's request, or be a secret that stands in the wrong setting, and the
 * message goes onto pages: a short piece of it, of the characters that a misspelled name may have. */
static void quote(const char *name, size_t length, char quoted[QUOTED_SIZE])
{
    size_t i;
    for (i = 0; i < length && i + 1 < QUOTED_SIZE; i++)
        quoted[i] = isalpha((unsigned char)name[i]) || strchr(" ;:._-", name[i]) ? name[i] : '?';
    quoted[i] = '\0';
}

static bool refuse(const char *name, size_t length, struct error *error)
{
    char quoted[QUOTED_SIZE];
    struct buffer known;
    buffer_init(&known, 400);
    features_write(FEATURES_ALL, &known);
    quote(name, length, quoted);
    error_set(error, ERROR_USAGE, "there is no feature \"%s%s\". The known ones are %s, separated by commas.",
              quoted, length < QUOTED_SIZE ? "" : "...", known.data);
    buffer_free(&known);
    return false;
}

bool features_parse(const char *list, unsigned *features, struct error *error)
{
    static const char blanks[] = " \t\r\n";
    unsigned found = 0;
    while (*list) {
        size_t field = strcspn(list, ",");
        size_t skip = strspn(list, blanks);
        size_t length = field > skip ? field - skip : 0;
        while (length && strchr(blanks, list[skip + length - 1]))
            length--;
        unsigned feature = length ? feature_of(list + skip, length) : 0;
        if (length && !feature)
            return refuse(list + skip, length, error);
        found |= feature;
        list += field + (list[field] == ',');
    }
    *features = found ? found : FEATURES_DEFAULT;
    return true;
}

void features_write(unsigned features, struct buffer *out)
{
    const char *separator = "";
    for (unsigned i = 0; i < NAME_COUNT; i++)
        if (features & 1U << i) {
            buffer_addf(out, "%s%s", separator, names[i]);
            separator = ",";
        }
}

unsigned features_missing(unsigned features)
{
    const unsigned doubled = FEATURE_PUMP_EVENTS_BASAL_SUSPENSION | FEATURE_IOB;
    if (features & FEATURE_IOB)
        features |= FEATURE_DEVICE_STATUS;
    return FEATURES_ALL & ~(features | doubled);
}
