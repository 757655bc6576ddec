/* The pump's settings on the first line, Nightscout's current profile behind it. What would be written is
   JSON, and is not written a second time. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/documents/profile.h"

static const int64_t now = 1780000000;

static void plan(const struct json *settings, const struct json *current, bool replace)
{
    char twenty[] = "20", zone[] = "Europe/Oslo";
    const struct profile_rules rules = {
        .carbs_hr = twenty, .delay = twenty, .time_zone = zone, .replace = replace};
    struct buffer body, again;
    struct error error;
    buffer_init(&body, 1 << 20);
    buffer_init(&again, 1 << 20);
    enum profile_action action = profile_plan(settings, current, NULL, &rules, now, &body, &error);
    if (action == PROFILE_CREATE || action == PROFILE_REPLACE) {
        struct json *written = json_parse(body.data, body.length, NULL);
        if (!written ||
            profile_plan(settings, written, NULL, &rules, now, &again, &error) != PROFILE_UNCHANGED)
            abort();
        json_free(written);
    } else if ((action == PROFILE_NONE) != (*error.text != '\0')) {
        abort();
    }
    buffer_free(&body);
    buffer_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data, *line = size ? memchr(text, '\n', size) : NULL;
    size_t first = line ? (size_t)(line - text) : size, rest = line ? size - first - 1 : 0;
    struct json *settings = json_parse(text, first, NULL),
                *current = rest ? json_parse(line + 1, rest, NULL) : NULL;
    plan(settings, current, false);
    plan(settings, current, true);
    json_free(settings);
    json_free(current);
    return 0;
}
