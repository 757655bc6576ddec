/* How addresses are read: what carries a password or a secret has to be encrypted, or
   stay on this machine. */
#include "setting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tconnectsync/base/memory.h"
#include "tconnectsync/base/url.h"
#include "tconnectsync/base/url_parts.h"

static bool is_web(const struct url_parts *url)
{
    return strcmp(url->scheme, "https") == 0 || strcmp(url->scheme, "http") == 0;
}

static bool is_safe(const struct url_parts *url)
{
    return strcmp(url->scheme, "https") == 0 || url_is_loopback(url);
}

/* Takes the text over. */
static bool store(struct reading *reading, const struct setting *setting, char *text)
{
    char **field = setting_text_field(reading->configuration, setting);
    free_secret(*field);
    *field = text;
    return true;
}

/* text with exactly one slash at its end, or with none. */
static char *with_slash(const char *text, size_t length, const char *slash)
{
    while (length > 0 && text[length - 1] == '/')
        length--;
    return xasprintf("%.*s%s", (int)length, text, slash);
}

static bool check_tandem_url(struct reading *reading, const struct setting *setting, const char *name,
                             const char *value)
{
    struct url_parts url;
    if (!url_parse(value, &url) || !is_web(&url))
        return setting_problem(reading, "%s must be a whole address such as %s. Remove it to take that.",
                               name, setting->standard);
    if (url.has_userinfo || url.has_query || url.has_fragment)
        return setting_problem(reading, "%s must carry no name, password, question mark or hash sign.", name);
    if (!is_safe(&url))
        return setting_problem(
            reading, "%s must begin with https://, since the Tandem password or token goes there.", name);
    return true;
}

/* Ends in a slash where the standard does. */
bool setting_tandem_url(struct reading *reading, const struct setting *setting, const char *name,
                        const char *value)
{
    bool slash = setting->standard[strlen(setting->standard) - 1] == '/';
    return check_tandem_url(reading, setting, name, value) &&
           store(reading, setting, with_slash(value, strlen(value), slash ? "/" : ""));
}

/* To the letter, since the service compares it. */
bool setting_redirect_uri(struct reading *reading, const struct setting *setting, const char *name,
                          const char *value)
{
    return check_tandem_url(reading, setting, name, value) && store(reading, setting, xstrdup(value));
}

static bool is_proxy(const char *text)
{
    static const char *const schemes[] = {"http", "https", "socks4", "socks4a", "socks5", "socks5h"};
    struct url_parts url;
    if (!url_parse(text, &url) || url.has_query || url.has_fragment || url.path_length > 1)
        return false;
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (strcmp(url.scheme, schemes[i]) == 0)
            return true;
    return false;
}

bool setting_proxy(struct reading *reading, const struct setting *setting, const char *name,
                   const char *value)
{
    char *text = xasprintf("%s%s", strstr(value, "://") ? "" : "http://", value);
    if (is_proxy(text))
        return store(reading, setting, text);
    free_secret(text);
    return setting_problem(
        reading,
        "%s must be a proxy's address such as http://proxy.example:3128. Special characters in "
        "its password have to be percent-encoded.",
        name);
}

/* Everybody's first try is to paste the API's own address. */
static size_t without_api(const char *value)
{
    static const char api[] = "/api/v1";
    size_t length = strlen(value);
    while (length > 0 && value[length - 1] == '/')
        length--;
    size_t shorter = length - (sizeof api - 1);
    return length > sizeof api && strncasecmp(value + shorter, api, sizeof api - 1) == 0 ? shorter : length;
}

/* The name and password for a proxy in front of the site go from the address into a field of their own. */
static void take_login(struct configuration *configuration, const struct url_parts *url, const char *value,
                       char *whole)
{
    const char *end = url->userinfo + url->userinfo_length + 1;
    size_t begin = (size_t)(url->userinfo - value);
    char *login = xstrndup(url->userinfo, url->userinfo_length);
    if (!percent_decode(url->userinfo, url->userinfo_length, false, login))
        memcpy(login, url->userinfo, url->userinfo_length); /* a percent sign that is meant as it stands */
    free_secret(configuration->nightscout_login);
    configuration->nightscout_login = login;
    memmove(whole + begin, whole + (end - value), strlen(whole + (end - value)) + 1);
}

bool setting_nightscout_url(struct reading *reading, const struct setting *setting, const char *name,
                            const char *value)
{
    static const char *const placeholders[] = {
        "yournightscouturl", "your-nightscout-url",  "yoursite",      "yourapp",
        "your-nightscout",   "your-nightscout-site", "yournightscout"};
    struct url_parts url;
    if (!url_parse(value, &url) || !is_web(&url))
        return setting_problem(
            reading,
            "%s must be the whole address of the Nightscout site, such as https://nightscout.example/. %s",
            name, setting->remedy);
    size_t label = strcspn(url.host, ".");
    for (size_t i = 0; i < sizeof placeholders / sizeof *placeholders; i++)
        if (strlen(placeholders[i]) == label && strncmp(url.host, placeholders[i], label) == 0)
            return setting_problem(reading, "%s still holds the example of a guide. %s", name,
                                   setting->remedy);
    if (url.has_query || url.has_fragment)
        return setting_problem(
            reading, "%s must end before its question mark or hash sign. Put an access token into NS_SECRET.",
            name);
    size_t length = without_api(value);
    if (strlen(value) - length > 6)
        setting_warning(reading,
                        "%s ends in /api/v1, which is left out: the address of the site itself is enough.",
                        name);
    if (url.has_userinfo && !is_safe(&url))
        return setting_problem(reading, "%s must begin with https://, since it carries a password.", name);
    if (!is_safe(&url))
        setting_warning(reading,
                        "%s begins with http://: the API secret travels readable for all. Use https:// if "
                        "the site has it.",
                        name);
    char *whole = with_slash(value, length, "/");
    if (url.has_userinfo)
        take_login(reading->configuration, &url, value, whole);
    return store(reading, setting, whole);
}

bool setting_ping_url(struct reading *reading, const struct setting *setting, const char *name,
                      const char *value)
{
    struct url_parts url;
    if (!url_parse(value, &url) || !is_web(&url) || url.has_fragment)
        return setting_problem(
            reading, "%s must be the whole address to ask after a success, such as https://hc-ping.com/...",
            name);
    if (url.has_userinfo && !is_safe(&url))
        return setting_problem(reading, "%s must begin with https://, since it carries a password.", name);
    return store(reading, setting, xstrdup(value));
}
