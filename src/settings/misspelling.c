/* Names that are no settings, but were meant to be: a typing error would otherwise be
   passed over in silence. */
#include "setting.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tconnectsync/base/memory.h"

enum {
    SAME_START = 3, /* so many letters are right: a variable that starts otherwise is another program's */
    SHORTEST = 6,   /* PORT and TZ resemble too much */
    LONG = 8,       /* a name of so many letters may have two errors, a shorter one has one */
    STEM_SIZE = SETTING_NAME_SIZE,
};

/* What a name consists of: NS_SECRET, 2, _FILE. */
struct parts {
    char stem[STEM_SIZE];
    unsigned person;
    bool file;
};

/* False: it is longer than any name of ours. "NS_URL2" is taken for NS_URL_2. */
static bool take_apart(const char *name, struct parts *parts)
{
    size_t length = strlen(name);
    *parts = (struct parts){.person = 1};
    parts->file = length > 5 && strcasecmp(name + length - 5, "_FILE") == 0;
    length -= parts->file ? 5 : 0;
    if (length > 2 && name[length - 1] >= '2' && name[length - 1] <= '0' + PEOPLE_MAXIMUM) {
        parts->person = (unsigned)(name[length - 1] - '0');
        length -= name[length - 2] == '_' ? 2 : 1;
    }
    if (length >= STEM_SIZE)
        return false;
    memcpy(parts->stem, name, length);
    return true;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many letters are wrong, missing, too many, or swapped with the next one. Case does not count. */
static size_t distance(const char *a, const char *b)
{
    const size_t rows = strlen(a), columns = strlen(b);
    size_t table[STEM_SIZE][STEM_SIZE];
    for (size_t i = 0; i <= rows; i++)
        for (size_t j = 0; j <= columns; j++) {
            if (i == 0 || j == 0) {
                table[i][j] = i + j;
                continue;
            }
            const bool same = toupper((unsigned char)a[i - 1]) == b[j - 1];
            table[i][j] = least(table[i - 1][j - 1] + !same, least(table[i - 1][j], table[i][j - 1]) + 1);
            if (i > 1 && j > 1 && toupper((unsigned char)a[i - 1]) == b[j - 2] &&
                toupper((unsigned char)a[i - 2]) == b[j - 1])
                table[i][j] = least(table[i][j], table[i - 2][j - 2] + 1);
        }
    return table[rows][columns];
}

/* The setting whose name comes nearest to the stem, and by which of its names; NULL: none is near. */
static const struct setting *nearest(const char *stem, const char **as)
{
    const struct setting *found = NULL;
    size_t least_errors = SIZE_MAX;
    for (size_t i = 0; setting_at(i); i++) {
        const char *const names[] = {setting_at(i)->name, setting_at(i)->second_name};
        for (size_t j = 0; j < 2 && names[j]; j++) {
            const size_t length = strlen(names[j]), errors = distance(stem, names[j]);
            const bool is_near = errors <= (length < LONG ? 1 : 2) && length >= SHORTEST &&
                                 strncasecmp(stem, names[j], SAME_START) == 0;
            if (is_near && errors < least_errors) {
                least_errors = errors;
                found = setting_at(i);
                *as = names[j];
            }
        }
    }
    return found;
}

/* In place of "TCONNECT_EMAIL is not set." stands what is there instead; otherwise it is a warning. */
static void note(struct configuration *configuration, const char *lacking, const char *sentence)
{
    const size_t length = strlen(lacking);
    for (size_t i = 0; i < configuration->problem_count; i++) {
        char **problem = &configuration->problems[i];
        if (strcmp(*problem, sentence) == 0)
            return;
        if (strncmp(*problem, lacking, length) != 0 || strncmp(*problem + length, " is not set.", 12) != 0)
            continue;
        free(*problem);
        *problem = xstrdup(sentence);
        return;
    }
    configuration_add_warning(configuration, "%s", sentence);
}

void people_note_name(struct configuration *const *people, size_t count, const char *name)
{
    struct parts parts;
    const char *as = NULL;
    const struct setting *setting = take_apart(name, &parts) ? nearest(parts.stem, &as) : NULL;
    char meant[SETTING_NAME_SIZE + 8], lacking[SETTING_NAME_SIZE];
    if (!setting)
        return;
    setting_write_name(lacking, as, parts.person);
    snprintf(meant, sizeof meant, "%s%s", lacking, parts.file ? "_FILE" : "");
    if (strcmp(name, meant) == 0)
        return;
    setting_write_name(lacking, setting->name, parts.person);
    size_t whose = 0;
    for (size_t i = 0; i < count; i++)
        if (people[i]->person == parts.person)
            whose = i;
    char *sentence = xasprintf("%s: did you mean %s? As it is written it has no effect.", name, meant);
    note(people[whose], lacking, sentence);
    free(sentence);
}
