/* A .env file, and the settings that are made of it. */
#include "fuzz.h"

#include "tconnectsync/base/redact.h"
#include "tconnectsync/settings/configuration.h"

enum { PAIRS_MAXIMUM = 64 };

struct pairs {
    char *names[PAIRS_MAXIMUM], *values[PAIRS_MAXIMUM];
    size_t count;
};

static void keep(void *context, const char *name, const char *value)
{
    struct pairs *pairs = context;
    if (!*name || pairs->count == PAIRS_MAXIMUM)
        return;
    pairs->names[pairs->count] = strdup(name);
    pairs->values[pairs->count++] = strdup(value);
}

static void ignore_line(void *context, unsigned line)
{
    (void)context, (void)line;
}

static const char *look_up(void *context, const char *name)
{
    const struct pairs *pairs = context;
    for (size_t i = pairs->count; i-- > 0;)
        if (strcmp(pairs->names[i], name) == 0)
            return pairs->values[i];
    return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pairs pairs = {.count = 0};
    dotenv_parse((const char *)data, size, &(struct dotenv_listener){keep, ignore_line, &pairs});
    struct configuration *configuration = configuration_read(look_up, &pairs, 1);
    struct redactor *redactor = redactor_new();
    configuration_hide(configuration, redactor);
    redactor_free(redactor);

    must(configuration->tandem_email && configuration->tandem_password && configuration->client_id);
    must(configuration->nightscout_url && configuration->nightscout_secret && configuration->time_zone);
    must(configuration->sso_url[strlen(configuration->sso_url) - 1] == '/');
    must(configuration->source_url[strlen(configuration->source_url) - 1] == '/');
    must(configuration->accounts_url[strlen(configuration->accounts_url) - 1] != '/');
    must(configuration->problem_count > 0 ||
         configuration->nightscout_url[strlen(configuration->nightscout_url) - 1] == '/');
    must(configuration->features != 0 && *configuration->profile_carbs_hr && *configuration->profile_delay);
    must(configuration->no_data_failure_minutes >= 2 * configuration->interval_minutes);
    configuration_free(configuration);
    for (size_t i = 0; i < pairs.count; i++) {
        free(pairs.names[i]);
        free(pairs.values[i]);
    }
    return 0;
}
