/* What a Nightscout holds, by collection, and what a test sees of it and puts in. */
#include "nightscout_site.h"

#include <stdlib.h>
#include <string.h>

#include "settings.h"
#include "tconnectsync/base/memory.h"

#define MEGABYTE (1 << 20)

const struct place_facts places[PLACES] = {
    [TREATMENTS] = {"treatments", "created_at", 100, 50 * MEGABYTE, .takes_put = true, .of_careportal = true},
    [ENTRIES] = {"entries", "date", 10, 50 * MEGABYTE, .takes_put = false},
    [DEVICESTATUS] = {"devicestatus", "created_at", 10, MEGABYTE, .takes_put = false},
    [PROFILE] = {"profile", "startDate", 10, MEGABYTE, .takes_put = true},
    [ACTIVITY] = {"activity", "created_at", INT64_MAX, 50 * MEGABYTE, .takes_put = true,
                  .of_careportal = true},
};

struct nightscout *nightscout_new(void)
{
    struct nightscout *nightscout = xcalloc(1, sizeof *nightscout);
    for (size_t i = 0; i < PLACES; i++) {
        nightscout->collections[i].name = places[i].name;
        nightscout->collections[i].time_field = places[i].time_field;
    }
    return nightscout;
}

void nightscout_clear(struct nightscout *nightscout)
{
    for (size_t i = 0; i < PLACES; i++)
        collection_clear(&nightscout->collections[i]);
    nightscout->penalty_until = 0;
}

void nightscout_free(struct nightscout *nightscout)
{
    if (nightscout)
        nightscout_clear(nightscout);
    free(nightscout);
}

void nightscout_dump(struct nightscout *nightscout, struct json_writer *writer)
{
    json_open_object(writer);
    for (size_t i = 0; i < PLACES; i++) {
        struct document **sorted = collection_sorted(&nightscout->collections[i]);
        json_write_key(writer, places[i].name);
        json_open_array(writer);
        for (size_t d = nightscout->collections[i].count; d-- > 0;)
            json_write_tree(writer, sorted[d]->json);
        json_close_array(writer);
        free(sorted);
    }
    json_close_object(writer);
}

bool nightscout_put_raw(struct nightscout *nightscout, const char *name, const struct json *documents)
{
    size_t place = 0;
    while (place < PLACES && strcmp(places[place].name, name) != 0)
        place++;
    if (place == PLACES || !json_is(documents, JSON_ARRAY))
        return false;
    for (const struct json *document = documents->first; document; document = document->next) {
        const char *created = json_text(json_get(document, "created_at")),
                   *type = json_text(json_get(document, "eventType"));
        char *key = place == TREATMENTS ? xasprintf("%s|%s", created ? created : "", type ? type : "") : NULL;
        if (json_is(document, JSON_OBJECT))
            collection_put(&nightscout->collections[place], tree_copy(document), key, NULL);
        free(key);
    }
    return true;
}

bool nightscout_is_old(const struct settings *settings)
{
    return strcmp(settings->nightscout_version, "old") == 0;
}
