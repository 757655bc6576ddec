/* Several people in one process: who there is, and what must not be the same for two of them. */
#include "tconnectsync/settings/configuration.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/base/url_parts.h"
#include "setting.h"

/* The port that is meant where none is written; http and https lead to one site. */
static unsigned port_of(const struct url_parts *url)
{
    return url->port == (strcmp(url->scheme, "https") == 0 ? 443 : 80) ? 0 : url->port;
}

static bool is_same_site(const char *one, const char *other)
{
    struct url_parts a, b;
    return url_parse(one, &a) && url_parse(other, &b) && strcmp(a.host, b.host) == 0 &&
           port_of(&a) == port_of(&b) && a.path_length == b.path_length &&
           memcmp(a.path, b.path, a.path_length) == 0;
}

static bool is_same_account(const struct configuration *one, const struct configuration *other)
{
    return *one->tandem_email && strcasecmp(one->tandem_email, other->tandem_email) == 0 &&
           strcmp(one->accounts_url, other->accounts_url) == 0;
}

/* Two people's tokens never share a file: the later one's has the number in its name. */
static void separate_cache(const struct configuration *earlier, struct configuration *later)
{
    char *path = later->credential_cache_path;
    if (!path || !earlier->credential_cache_path || strcmp(path, earlier->credential_cache_path) != 0)
        return;
    const char *slash = strrchr(path, '/'), *end = strrchr(slash ? slash : path, '.');
    if (!end)
        end = path + strlen(path);
    later->credential_cache_path = xasprintf("%.*s_%u%s", (int)(end - path), path, later->person, end);
    free_secret(path);
}

static void compare(const struct configuration *earlier, struct configuration *later)
{
    char site[SETTING_NAME_SIZE], pump[SETTING_NAME_SIZE], earlier_pump[SETTING_NAME_SIZE];
    setting_write_name(site, "NS_URL", earlier->person);
    setting_write_name(pump, "PUMP_SERIAL_NUMBER", later->person);
    setting_write_name(earlier_pump, "PUMP_SERIAL_NUMBER", earlier->person);
    if (is_same_site(earlier->nightscout_url, later->nightscout_url))
        configuration_add_problem(
            later,
            "NS_URL_%u is the same site as %s, and two people's data must not mix. Set it "
            "to a site of that person's own.",
            later->person, site);
    if (is_same_account(earlier, later) && (!earlier->pump_serial_number || !later->pump_serial_number))
        configuration_add_warning(later,
                                  "Person %u and person %u sign in to the same Tandem account. If it has two "
                                  "pumps, set %s and %s, or each person gets the data of both.",
                                  earlier->person, later->person, earlier_pump, pump);
    if (earlier->ping_url && later->ping_url && strcmp(earlier->ping_url, later->ping_url) == 0)
        configuration_add_warning(
            later,
            "Person %u and person %u ping the same PING_URL, where a success of one hides "
            "a failure of the other. Set PING_URL_%u to another.",
            earlier->person, later->person, later->person);
    separate_cache(earlier, later);
}

/* People are numbered without a gap, and NS_URL_2 is what makes a second one. */
static void check_number(configuration_lookup *lookup, void *context, struct configuration *configuration,
                         unsigned expected)
{
    const unsigned person = configuration->person;
    char name[SETTING_NAME_SIZE], site[SETTING_NAME_SIZE];
    setting_write_name(site, "NS_URL", person);
    const char *found = lookup(context, site);
    const bool has_site = found == configuration_unreadable || (found && *found);
    if (person != expected)
        configuration_add_problem(
            configuration,
            "NS_URL_%u is not set, though there are settings that end in _%u. People are "
            "numbered without a gap: rename them to end in _%u.",
            expected, person, expected);
    if (!has_site && configuration_mentions(lookup, context, person, name))
        configuration_add_problem(
            configuration,
            "%s alone makes no further person. Set NS_URL_%u too, or remove every setting "
            "that ends in _%u.",
            name, person, person);
}

/* Not of the server's settings, of which there is one, and not API_SECRET, which in a text is the site's. */
static bool is_of_person(const char *word, size_t length)
{
    const struct setting *setting;
    for (size_t i = 0; (setting = setting_at(i)); i++)
        if (setting->scope != OF_ALL && strlen(setting->name) == length &&
            memcmp(setting->name, word, length) == 0)
            return true;
    return false;
}

void configuration_add_named(const struct configuration *configuration, const char *text, struct buffer *out)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    while (*text) {
        const size_t word = strspn(text, letters), between = strcspn(text + word, letters);
        buffer_add(out, text, word);
        if (configuration->person > 1 && is_of_person(text, word))
            buffer_addf(out, "_%u", configuration->person);
        buffer_add(out, text + word, between);
        text += word + between;
    }
}

size_t people_read(configuration_lookup *lookup, void *context, struct configuration *people[PEOPLE_MAXIMUM])
{
    char name[SETTING_NAME_SIZE];
    size_t count = 0;
    for (unsigned person = 1; person <= PEOPLE_MAXIMUM; person++) {
        if (person > 1 && !configuration_mentions(lookup, context, person, name))
            continue;
        struct configuration *configuration = configuration_read(lookup, context, person);
        for (size_t i = 0; i < count; i++)
            compare(people[i], configuration);
        if (person > 1)
            check_number(lookup, context, configuration, (unsigned)count + 1);
        people[count++] = configuration;
    }
    return count;
}
