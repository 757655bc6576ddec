/* What every command sets up first. */
#include "tconnectsync/server/application.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <event2/event.h>

#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/base/log.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/base/redact.h"
#include "tconnectsync/sync/sync_memory.h"
#include "tconnectsync/http/http_client.h"
#include "tconnectsync/server/log_output.h"
#include "tconnectsync/settings/environment.h"
#include "tconnectsync/settings/zone_database.h"
#include "tconnectsync/tandem/tandem.h"

static void open_zone(struct person *person)
{
    struct configuration *configuration = person->configuration;
    struct error error = {0};
    if (!configuration->time_zone || !*configuration->time_zone)
        return; /* said among the problems already */
    person->zone = zone_database_open(configuration->time_zone, configuration->time_zone_setting, &error);
    if (!person->zone)
        configuration_add_problem(configuration, "%s", error.text);
}

/* Who is alone has the process's log and redactor. Of several each has a log that names the person, behind a
   redactor of its own, whose secrets the process's hides too. */
static void open_log(struct application *application, struct person *person)
{
    char tag[16];
    person->redactor = application->count == 1 ? application->redactor : redactor_new();
    person->account.log = application->log;
    configuration_hide(person->configuration, person->redactor);
    if (application->count == 1)
        return;
    redactor_join(application->redactor, person->redactor);
    snprintf(tag, sizeof tag, "person=%u", person->configuration->person);
    person->account.log = log_child(application->log, tag, person->redactor);
}

static void open_account(struct application *application, struct person *person)
{
    struct account_context *account = &person->account;
    struct error error = {0};
    account->base = application->base;
    account->configuration = person->configuration;
    account->zone = person->zone;
    account->memory = sync_memory_new();
    if (!account->base) {
        configuration_add_problem(person->configuration,
                                  "The event loop could not be started: this machine is out "
                                  "of memory or of file descriptors.");
        return;
    }
    account->client = http_client_new(account->base, account->log, &error);
    if (!account->client)
        configuration_add_problem(person->configuration, "%s", error.text);
    else if (person_is_usable(person))
        account->tandem = tandem_new(account->client, person->configuration, person->redactor, account->log,
                                     (int64_t)time(NULL));
}

struct application *application_new(FILE *stream, enum log_level level, const char *env_file,
                                    struct error *error)
{
    struct environment *environment = environment_new(env_file, error);
    if (!environment)
        return NULL;
    struct application *application = xcalloc(1, sizeof *application);
    struct configuration *configurations[PEOPLE_MAXIMUM];
    application->redactor = redactor_new();
    application->output = log_output_new(stream);
    application->log = log_new(log_output_take, application->output, level, application->redactor);
    application->count = people_read(environment_lookup, environment, configurations);
    environment_review(environment, configurations, application->count);
    environment_free(environment);
    if (configurations[0]->log_json)
        log_output_use_json(application->output);
    application->base = event_base_new();
    if (application->base)
        log_output_watch(application->output, application->base);
    for (size_t i = 0; i < application->count; i++) {
        struct person *person = &application->people[i];
        person->configuration = configurations[i];
        open_log(application, person);
        open_zone(person);
        open_account(application, person);
    }
    return application;
}

static void close_person(const struct application *application, struct person *person)
{
    tandem_free(person->account.tandem);
    http_client_free(person->account.client);
    sync_memory_free(person->account.memory);
    time_zone_free(person->zone);
    configuration_free(person->configuration);
    if (person->account.log != application->log)
        log_free(person->account.log);
}

void application_free(struct application *application)
{
    for (size_t i = 0; i < application->count; i++)
        close_person(application, &application->people[i]);
    log_output_forget_loop(application->output);
    if (application->base)
        event_base_free(application->base);
    log_free(application->log);
    log_output_free(application->output);
    for (size_t i = 0; i < application->count; i++) /* each hid something in the lines of all */
        if (application->people[i].redactor != application->redactor)
            redactor_free(application->people[i].redactor);
    redactor_free(application->redactor);
    free(application);
}

const struct person *application_find(const struct application *application, const char *word,
                                      unsigned opened)
{
    for (size_t i = 0; i < application->count; i++) {
        const struct person *person = &application->people[i];
        const char number[] = {(char)('0' + person->configuration->person), '\0'};
        if (strcmp(word, number) == 0)
            return person;
    }
    for (size_t i = 0; i < application->count; i++) {
        const struct person *person = &application->people[i];
        const char *name = person->configuration->person_name;
        if (opened >> i & 1 && name && strcasecmp(word, name) == 0)
            return person;
    }
    return NULL;
}

bool person_is_usable(const struct person *person)
{
    return person->configuration->problem_count == 0 && person->zone && person->account.client;
}

void person_log_problems(const struct person *person)
{
    const struct configuration *configuration = person->configuration;
    struct log *log = person->account.log;
    for (size_t i = 0; i < configuration->problem_count; i++)
        log_error(log, "settings", "problem=%s", log_quote(log, configuration->problems[i]));
    for (size_t i = 0; i < configuration->warning_count; i++)
        log_warn(log, "settings", "note=%s", log_quote(log, configuration->warnings[i]));
}
