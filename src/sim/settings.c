/* What can be dialled, by name: one table for the command line and for /control/settings. */
#include "settings.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "tconnectsync/base/memory.h"
#include "token.h"

enum kind { NUMBER, INSTANT, TEXT, SWITCH };

struct setting {
    const char *name;
    enum kind kind;
    size_t place;
    const char *initial;
    const char *choices; /* of a TEXT, between blanks; NULL: any */
};

#define PLACE(member) offsetof(struct settings, member)

static const struct setting table[] = {
    {"latency", NUMBER, PLACE(latency), "0", NULL},
    {"clock-skew", NUMBER, PLACE(clock_skew), "0", NULL},
    {"date-follows-now", SWITCH, PLACE(date_follows_now), "false", NULL},
    {"now", INSTANT, PLACE(now), "", NULL},
    {"uploaded-until", INSTANT, PLACE(uploaded_until), "", NULL},
    {"upload-every", NUMBER, PLACE(upload_every), "0", NULL},
    {"upload-lag", NUMBER, PLACE(upload_lag), "0", NULL},
    {"clock-changes", TEXT, PLACE(clock_changes), "all", " all none contradicted "},
    {"claimed-date", TEXT, PLACE(claimed_date), "", NULL},
    {"ghost-date", TEXT, PLACE(ghost_date), "2098-12-31T00:00:00", NULL},
    {"ghost-settings", SWITCH, PLACE(ghost_settings), "false", NULL},
    {"twin-assignment", SWITCH, PLACE(twin_assignment), "false", NULL},
    {"email", TEXT, PLACE(email), "parent@example.com", NULL},
    {"password", TEXT, PLACE(password), "correct horse battery", NULL},
    {"login", TEXT, PLACE(login), "ok", " ok refused locked status "},
    {"id-token", TEXT, PLACE(id_token), "good", NULL},
    {"expires-in", NUMBER, PLACE(expires_in), "28800", NULL},
    {"firewall", SWITCH, PLACE(firewall), "true", NULL},
    {"window-days", NUMBER, PLACE(window_days), "28", NULL},
    {"secret", TEXT, PLACE(secret), "nightscout-secret-of-the-simulator", NULL},
    {"nightscout-version", TEXT, PLACE(nightscout_version), "new", " new old "},
    {"default-role", TEXT, PLACE(default_role), "readable", " readable denied "},
    {"access-token", TEXT, PLACE(access_token), "", NULL},
    {"access-role", TEXT, PLACE(access_role), "admin",
     " admin careportal readable uploader uploader-without-activity "},
    {"database", TEXT, PLACE(database), "ok", " ok full down "},
    {"careportal", SWITCH, PLACE(careportal), "true", NULL},
    {"units", TEXT, PLACE(units), "mg/dl", " mg/dl mmol "},
    {"refuse-text", TEXT, PLACE(refuse_text), "", NULL},
    {"body-limit", NUMBER, PLACE(body_limit), "0", NULL},
    {"refuse-delay", NUMBER, PLACE(refuse_delay), "0", NULL},
};

#define SETTINGS (sizeof table / sizeof *table)

void settings_init(struct settings *settings)
{
    memset(settings, 0, sizeof *settings);
    for (size_t i = 0; i < SETTINGS; i++)
        settings_set(settings, table[i].name, table[i].initial);
}

void settings_free(struct settings *settings)
{
    for (size_t i = 0; i < SETTINGS; i++)
        if (table[i].kind == TEXT)
            free(*(char **)((char *)settings + table[i].place));
}

/* "uploadEvery" and "upload-every" are one name. */
static bool same_name(const char *left, const char *right)
{
    for (; *left || *right; left++, right++) {
        left += *left == '-';
        right += *right == '-';
        if (tolower((unsigned char)*left) != tolower((unsigned char)*right))
            return false;
    }
    return true;
}

static bool is_choice(const char *choices, const char *value)
{
    char *wanted = xasprintf(" %s ", value);
    bool found = strstr(choices, wanted) != NULL;
    free(wanted);
    return found;
}

static bool set_number(int64_t *number, const char *value)
{
    char *end;
    *number = strtoll(value, &end, 10);
    return end != value && *end == '\0';
}

bool settings_set(struct settings *settings, const char *name, const char *value)
{
    size_t i = 0;
    while (i < SETTINGS && !same_name(table[i].name, name))
        i++;
    if (i == SETTINGS)
        return false;
    void *place = (char *)settings + table[i].place;
    switch (table[i].kind) {
    case NUMBER:
        return set_number(place, value);
    case INSTANT:
        *(int64_t *)place = 0;
        return !*value || clock_parse_instant(value, place);
    case SWITCH:
        *(bool *)place = strcmp(value, "true") == 0 || strcmp(value, "1") == 0;
        return *(bool *)place || strcmp(value, "false") == 0 || strcmp(value, "0") == 0;
    default:
        if ((table[i].choices && !is_choice(table[i].choices, value)) ||
            (place == &settings->id_token && !token_wrong_is_known(value)))
            return false;
        free(*(char **)place);
        *(char **)place = xstrdup(value);
        return true;
    }
}
