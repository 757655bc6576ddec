/* Nightscout's answers, one after another, to all that is ever asked: every call answers once, with a usable
   result or an error in words; the secret goes to the site's own host alone. */
#include "fuzz.h"

#include <curl/curl.h>

#include "nightscout_internal.h"
#include "scripted_client.h"
#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/documents/coverage.h"
#include "tconnectsync/documents/profile.h"
#include "tconnectsync/settings/configuration.h"

#define NOW INT64_C(1780000000)
#define SETTINGS                                                                                             \
    "{\"profiles\":{\"activeIdp\":2,\"profile\":[{\"idp\":2,\"name\":\"School\",\"insulinDuration\":270,"    \
    "\"timeDependentSegments\":[{\"startTime\":0,\"basalRate\":785,\"carbRatio\":8000,\"isf\":45,"           \
    "\"targetBg\":120}]}]}}"

static char url[] = "http://ns.example.test/", secret[] = "a secret of twelve", login[] = "kim:pass";
static const struct configuration configuration = {
    .nightscout_url = url, .nightscout_secret = secret, .nightscout_login = login};

static unsigned done_count;
static struct error last;

/* Where a secret goes, as libcurl understands it. */
static void judge(const struct http_request *request)
{
    char *host = NULL, *scheme = NULL, *port = NULL;
    bool secret_goes = false;
    CURLU *parts = curl_url();
    for (size_t i = 0; i < request->header_count; i++)
        secret_goes = secret_goes || strcmp(request->headers[i].name, "api-secret") == 0 ||
                      strcmp(request->headers[i].name, "Authorization") == 0;
    must(curl_url_set(parts, CURLUPART_URL, request->url, 0) == CURLUE_OK);
    must(curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK);
    must(curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK);
    must(curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK);
    must(!secret_goes ||
         (strcasecmp(host, "ns.example.test") == 0 && strcmp(port, scheme[4] ? "443" : "80") == 0));
    curl_free(host);
    curl_free(scheme);
    curl_free(port);
    curl_url_cleanup(parts);
}

static void on_done(void *context, const struct error *error)
{
    (void)context;
    done_count++;
    last = error ? *error : (struct error){0};
    must(!error || (error->kind != ERROR_NONE && *error->text));
}

static bool is_done(void)
{
    while (script_answer())
        ;
    must(done_count == 1);
    done_count = 0;
    return last.kind == ERROR_NONE;
}

static void read_profile(struct nightscout *nightscout)
{
    char carbs[] = "20", zone[] = "Europe/Oslo";
    const struct profile_rules rules = {carbs, carbs, zone, false};
    struct json *profile, *profiles, *settings = json_parse(SETTINGS, strlen(SETTINGS), NULL);
    struct buffer body;
    struct error error;
    nightscout_fetch_profile(nightscout, &profile, on_done, NULL);
    bool good = is_done();
    must(!good || json_is(profile, JSON_ARRAY));
    buffer_init(&body, 1 << 20);
    if (good)
        profile_plan(settings, profile->first, NULL, &rules, NOW, &body, &error);
    must(!body.full);
    nightscout_fetch_profiles(nightscout, &profiles, on_done, NULL);
    must(!is_done() || json_is(profiles, JSON_ARRAY));
    buffer_free(&body);
    json_free(profile);
    json_free(profiles);
    json_free(settings);
}

/* What is read of the coverage can be written and read again. */
static void read_activities(struct nightscout *nightscout)
{
    struct json *activities;
    struct coverage coverage, again;
    char *id = NULL, *id_again = NULL, key[COVERAGE_KEY_SIZE];
    struct buffer text;
    nightscout_fetch_activities(nightscout, &activities, on_done, NULL);
    bool good = is_done();
    coverage_init(&coverage);
    coverage_init(&again);
    buffer_init(&text, 1 << 24);
    coverage_key("1000001", key);
    if (good) {
        coverage_read(&coverage, activities, key, NOW, &id);
        buffer_add_text(&text, "[");
        coverage_write(&coverage, key, id, NOW, &text);
        buffer_add_text(&text, "]");
        struct json *written = json_parse(text.data, text.length, NULL);
        must(written != NULL);
        coverage_read(&again, written, key, NOW, &id_again);
        must(again.count == coverage.count && again.through == coverage.through);
        json_free(written);
    }
    free(id);
    free(id_again);
    buffer_free(&text);
    coverage_free(&coverage);
    coverage_free(&again);
    json_free(activities);
}

static void read_collections(struct nightscout *nightscout)
{
    struct held held = {0};
    int64_t newest;
    for (enum collection collection = 0; collection < COLLECTION_COUNT; collection++) {
        nightscout_fetch_newest(nightscout, collection, NOW, &newest, on_done, NULL);
        is_done();
    }
    for (enum collection collection = COLLECTION_TREATMENTS; collection <= COLLECTION_ENTRIES; collection++) {
        struct held_reader *reader = held_reader_new(&held, collection);
        size_t before = held.count;
        nightscout_read(nightscout, collection, 0, NOW * 1000, reader, on_done, NULL);
        must(is_done() || held.count == before);
        held_reader_free(reader);
    }
    held_free(&held);
}

static void write_all(struct nightscout *nightscout)
{
    struct buffer body;
    buffer_init(&body, 100);
    buffer_add_text(&body, "[{}]");
    nightscout_create(nightscout, COLLECTION_TREATMENTS, &body, 1, on_done, NULL);
    is_done();
    nightscout_replace_treatment(nightscout, &body, on_done, NULL);
    is_done();
    nightscout_delete(nightscout, COLLECTION_ENTRIES, "6a0c9b6f5d0f2e0012345678", on_done, NULL);
    is_done();
    buffer_free(&body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct nightscout *nightscout = nightscout_new(NULL, &configuration, NULL);
    struct json *status;
    script_begin(data, size, judge);
    nightscout_verify(nightscout, on_done, NULL);
    is_done();
    nightscout_fetch_status(nightscout, &status, on_done, NULL);
    must(!is_done() || status);
    json_free(status);
    read_activities(nightscout);
    read_profile(nightscout);
    read_collections(nightscout);
    write_all(nightscout);
    nightscout_free(nightscout);
    must(script_is_over());
    return 0;
}
