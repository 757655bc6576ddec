/* How each kind of value is read. */
#include "setting.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tconnectsync/base/error.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/pump/feature.h"

/* ---- telling ---- */

__attribute__((format(printf, 3, 0))) static void add(char **list, size_t *count, const char *format,
                                                      va_list arguments)
{
    char text[512];
    if (*count == CONFIGURATION_PROBLEMS_MAXIMUM)
        return;
    vsnprintf(text, sizeof text, format, arguments);
    for (size_t i = 0; i < *count; i++)
        if (strcmp(list[i], text) == 0)
            return; /* one message for one problem */
    list[(*count)++] = xstrdup(text);
}

void configuration_add_problem(struct configuration *configuration, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add(configuration->problems, &configuration->problem_count, format, arguments);
    va_end(arguments);
}

void configuration_add_warning(struct configuration *configuration, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add(configuration->warnings, &configuration->warning_count, format, arguments);
    va_end(arguments);
}

bool setting_problem(struct reading *reading, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add(reading->configuration->problems, &reading->configuration->problem_count, format, arguments);
    va_end(arguments);
    return false;
}

void setting_warning(struct reading *reading, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add(reading->configuration->warnings, &reading->configuration->warning_count, format, arguments);
    va_end(arguments);
}

void setting_write_name(char text[SETTING_NAME_SIZE], const char *name, unsigned person)
{
    if (person > 1)
        snprintf(text, SETTING_NAME_SIZE, "%s_%u", name, person);
    else
        snprintf(text, SETTING_NAME_SIZE, "%s", name);
}

/* ---- storing ---- */

static void *field_of(struct configuration *configuration, const struct setting *setting)
{
    return (char *)configuration + setting->field;
}

char **setting_text_field(struct configuration *configuration, const struct setting *setting)
{
    return field_of(configuration, setting);
}

static bool store_text(struct reading *reading, const struct setting *setting, const char *value)
{
    char **field = setting_text_field(reading->configuration, setting);
    free_secret(*field);
    *field = xstrdup(value);
    return true;
}

/* ---- one function per kind of value ---- */

static bool has_control_character(const char *value)
{
    for (; *value; value++)
        if (iscntrl((unsigned char)*value))
            return true;
    return false;
}

bool setting_text(struct reading *reading, const struct setting *setting, const char *name, const char *value)
{
    if (has_control_character(value))
        return setting_problem(
            reading, "%s holds a line break or another control character. Set it again, on one line.", name);
    return store_text(reading, setting, value);
}

/* Kept to the letter, but a pasted blank or quote is worth a word. */
bool setting_secret(struct reading *reading, const struct setting *setting, const char *name,
                    const char *value)
{
    size_t length = strlen(value);
    if (length < (size_t)setting->least)
        return setting_problem(
            reading,
            "%s is too short: a right one has at least %ld characters. Copy it again from where it was set.",
            name, setting->least);
    if (isspace((unsigned char)value[0]) || isspace((unsigned char)value[length - 1]))
        setting_warning(reading,
                        "%s begins or ends with a space. If that is not part of it, set it again without it.",
                        name);
    else if (length > 2 && strchr("\"'", value[0]) && value[0] == value[length - 1])
        setting_warning(reading, "%s is in quotes. If they are not part of it, set it again without them.",
                        name);
    return setting_text(reading, setting, name, value);
}

/* The one that the person makes up. */
bool setting_own_secret(struct reading *reading, const struct setting *setting, const char *name,
                        const char *value)
{
    if (strlen(value) < 8)
        setting_warning(reading, "%s is so short that it can be guessed. Take 16 characters or more.", name);
    return setting_secret(reading, setting, name, value);
}

bool setting_email(struct reading *reading, const struct setting *setting, const char *name,
                   const char *value)
{
    if (!strchr(value, '@'))
        setting_warning(reading, "%s does not look like an email address. Tandem Source signs in with one.",
                        name);
    return setting_text(reading, setting, name, value);
}

bool setting_region(struct reading *reading, const struct setting *setting, const char *name,
                    const char *value)
{
    bool eu = strcasecmp(value, "EU") == 0;
    if (!eu && strcasecmp(value, "US") != 0)
        return setting_problem(reading,
                               "%s must be US or EU: the region in which the Tandem account was made.", name);
    *(enum tandem_region *)field_of(reading->configuration, setting) = eu ? REGION_EU : REGION_US;
    return true;
}

bool setting_pump_clock(struct reading *reading, const struct setting *setting, const char *name,
                        const char *value)
{
    char zone_setting[SETTING_NAME_SIZE];
    setting_write_name(zone_setting, "TIMEZONE_NAME", reading->configuration->person);
    bool zone = strcasecmp(value, "zone") == 0;
    if (!zone && strcasecmp(value, "pump") != 0)
        return setting_problem(
            reading,
            "%s must be pump (follow how the pump's clock was set) or zone (read every pump time in "
            "%s as it is).",
            name, zone_setting);
    *(bool *)field_of(reading->configuration, setting) = zone;
    return true;
}

bool setting_log_format(struct reading *reading, const struct setting *setting, const char *name,
                        const char *value)
{
    bool json = strcasecmp(value, "json") == 0;
    if (!json && strcasecmp(value, "logfmt") != 0)
        return setting_problem(reading, "%s must be logfmt or json.", name);
    *(bool *)field_of(reading->configuration, setting) = json;
    return true;
}

bool setting_boolean(struct reading *reading, const struct setting *setting, const char *name,
                     const char *value)
{
    static const char *const words[] = {"false", "true", "0", "1", "no", "yes", "off", "on"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(value, words[i]) == 0) {
            *(bool *)field_of(reading->configuration, setting) = i % 2;
            return true;
        }
    return setting_problem(reading, "%s must be true or false.", name);
}

bool setting_skip_tls_verify(struct reading *reading, const struct setting *setting, const char *name,
                             const char *value)
{
    if (!setting_boolean(reading, setting, name, value))
        return false;
    if (reading->configuration->nightscout_skip_tls_verify)
        setting_warning(reading,
                        "%s is on: anyone between this program and the site can read the API secret. Turn it "
                        "off once the site has a valid certificate.",
                        name);
    return true;
}

static bool parse_whole(const char *value, long *number)
{
    char *end;
    if (!isdigit((unsigned char)value[*value == '-' || *value == '+']))
        return false;
    errno = 0;
    *number = strtol(value, &end, 10);
    return *end == '\0' && errno == 0;
}

bool setting_whole(struct reading *reading, const struct setting *setting, const char *name,
                   const char *value)
{
    long number;
    if (!parse_whole(value, &number) || number < setting->least || number > setting->most)
        return setting_problem(reading, "%s must be a whole number from %ld to %ld.", name, setting->least,
                               setting->most);
    *(unsigned *)field_of(reading->configuration, setting) = (unsigned)number;
    return true;
}

/* Below zero is off, as zero is. */
bool setting_interval(struct reading *reading, const struct setting *setting, const char *name,
                      const char *value)
{
    long number;
    if (!parse_whole(value, &number) || number > setting->most)
        return setting_problem(
            reading,
            "%s must be a whole number of minutes, at most %ld. Leave it empty to switch the timer off.",
            name, setting->most);
    *(unsigned *)field_of(reading->configuration, setting) = number > 0 ? (unsigned)number : 0;
    return true;
}

bool setting_port(struct reading *reading, const struct setting *setting, const char *name, const char *value)
{
    long number;
    if (!parse_whole(value, &number) || number < setting->least || number > setting->most)
        return setting_problem(reading, "%s must be a port: a whole number from %ld to %ld.", name,
                               setting->least, setting->most);
    *(uint16_t *)field_of(reading->configuration, setting) = (uint16_t)number;
    return true;
}

/* Goes into a document as the text that it is. */
bool setting_decimal(struct reading *reading, const struct setting *setting, const char *name,
                     const char *value)
{
    size_t whole = strspn(value, "0123456789"), fraction = 0;
    if (value[whole] == '.')
        fraction = 1 + strspn(value + whole + 1, "0123456789");
    bool plain =
        whole >= 1 && whole <= 6 && fraction != 1 && fraction <= 4 && value[whole + fraction] == '\0';
    if (!plain || strtod(value, NULL) < (double)setting->least || strtod(value, NULL) > (double)setting->most)
        return setting_problem(reading, "%s must be a number from %ld to %ld.", name, setting->least,
                               setting->most);
    return store_text(reading, setting, value);
}

bool setting_serial_number(struct reading *reading, const struct setting *setting, const char *name,
                           const char *value)
{
    if (strspn(value, "0123456789") != strlen(value) || strlen(value) > 20)
        return setting_problem(
            reading,
            "%s must be the pump's serial number, digits only. Leave it empty to take every pump of "
            "the account that has data.",
            name);
    return store_text(reading, setting, value);
}

bool setting_features(struct reading *reading, const struct setting *setting, const char *name,
                      const char *value)
{
    struct error error;
    if (!features_parse(value, field_of(reading->configuration, setting), &error))
        return setting_problem(reading, "%s is not understood: %s", name, error.text);
    return true;
}

bool setting_upload_mode(struct reading *reading, const struct setting *setting, const char *name,
                         const char *value)
{
    bool replace = strcasecmp(value, "replace") == 0;
    if (!replace && strcasecmp(value, "add") != 0)
        return setting_problem(reading, "%s must be add or replace.", name);
    *(bool *)field_of(reading->configuration, setting) = replace;
    return true;
}

/* Only its shape: whether there is such a zone is found out where zones are known. */
bool setting_time_zone(struct reading *reading, const struct setting *setting, const char *name,
                       const char *value)
{
    char better[SETTING_NAME_SIZE];
    setting_write_name(better, "TIMEZONE_NAME", reading->configuration->person);
    snprintf(reading->configuration->time_zone_setting, SETTING_NAME_SIZE, "%s", name);
    value += *value == ':'; /* a way to write TZ */
    bool sane = isalpha((unsigned char)*value) && strlen(value) <= 64 && !strstr(value, "..");
    for (const char *c = value; *c; c++)
        sane = sane && (isalnum((unsigned char)*c) || strchr("_+-/", *c));
    if (!sane)
        return setting_problem(
            reading,
            "%s is not the name of a time zone. Set %s to that of the pump's clock, such as "
            "America/New_York or Europe/Berlin.",
            name, better);
    if (!strchr(value, '/') || strncmp(value, "Etc/", 4) == 0)
        setting_warning(reading,
                        "%s names no place, so it may ignore daylight saving time: for half of the year all "
                        "times would be one "
                        "hour wrong. Set %s to a place such as America/New_York or Europe/Berlin.",
                        name, better);
    return store_text(reading, setting, value);
}

bool setting_listen_host(struct reading *reading, const struct setting *setting, const char *name,
                         const char *value)
{
    if (strcmp(value, "*") == 0)
        return true;
    for (const char *c = value; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr(".:-_%", *c))
            return setting_problem(
                reading,
                "%s must be an address to listen on, such as 127.0.0.1 or ::1. Leave it empty for all.",
                name);
    return store_text(reading, setting, value);
}
