#include "tconnectsync/server/application.h"

#include <stdlib.h>

#include <event2/event.h>

#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/base/log.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/base/redact.h"
#include "tconnectsync/sync/sync_memory.h"
#include "tconnectsync/http/http_client.h"
#include "tconnectsync/server/log_output.h"
#include "tconnectsync/settings/configuration.h"
#include "tconnectsync/settings/environment.h"
#include "tconnectsync/settings/zone_database.h"
#include "tconnectsync/tandem/tandem.h"

static void add_problem(struct configuration *configuration, const char *text)
{
    if (configuration->problem_count < CONFIGURATION_PROBLEMS_MAXIMUM)
        configuration->problems[configuration->problem_count++] = xstrdup(text);
}

static void open_zone(struct application *application)
{
    struct configuration *configuration = application->configuration;
    struct error error = {0};
    if (!configuration->time_zone || !*configuration->time_zone)
        return; /* said among the problems already */
    application->zone = zone_database_open(configuration->time_zone, &error);
    if (!application->zone)
        add_problem(configuration, error.text);
}

struct application *application_new(FILE *stream, enum log_level level)
{
    struct application *application = xcalloc(1, sizeof *application);
    struct error error = {0};
    application->redactor = redactor_new();
    application->output = log_output_new(stream);
    struct account_context *account = &application->account;
    account->log =
        log_new(log_output_take, application->output, level, application->redactor);
    application->environment = environment_new(account->log);
    application->configuration = configuration_read(environment_lookup, application->environment);
    configuration_hide(application->configuration, application->redactor);
    open_zone(application);
    account->base = event_base_new();
    account->configuration = application->configuration;
    account->zone = application->zone;
    account->memory = sync_memory_new();
    if (!account->base) {
        add_problem(application->configuration,
                    "The event loop could not be started: this machine is out of memory "
                    "or of file descriptors.");
        return application;
    }
    account->client = http_client_new(account->base, account->log, &error);
    if (!account->client)
        add_problem(application->configuration, error.text);
    else if (application_is_usable(application))
        account->tandem = tandem_new(account->client, application->configuration, application->redactor,
                                     account->log, (int64_t)time(NULL));
    return application;
}

void application_free(struct application *application)
{
    struct account_context *account = &application->account;
    tandem_free(account->tandem);
    if (account->client)
        http_client_free(account->client);
    sync_memory_free(account->memory);
    if (account->base)
        event_base_free(account->base);
    time_zone_free(application->zone);
    configuration_free(application->configuration);
    environment_free(application->environment);
    log_free(account->log);
    log_output_free(application->output);
    redactor_free(application->redactor);
    free(application);
}

bool application_is_usable(const struct application *application)
{
    return application->configuration->problem_count == 0 && application->zone && application->account.client;
}

void application_log_problems(const struct application *application)
{
    const struct configuration *configuration = application->configuration;
    for (size_t i = 0; i < configuration->problem_count; i++)
        log_error(application->account.log, "settings", "problem=%s",
                  log_quote(application->account.log, configuration->problems[i]));
    for (size_t i = 0; i < configuration->warning_count; i++)
        log_warn(application->account.log, "settings", "note=%s",
                 log_quote(application->account.log, configuration->warnings[i]));
}
