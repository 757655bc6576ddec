/* Where settings come from: the environment, files that hold a secret, .env files. */
#include "tconnectsync/settings/environment.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/base/memory.h"

enum { FILE_MAXIMUM = 64 * 1024, LINES_MAXIMUM = 200, SOURCES = 2 };

/* A .env file. */
struct source {
    char
        *shown; /* its name for people, without the folders that may tell who they are; NULL: there is none */
    char **names, **values;
    size_t count;
    struct buffer skipped; /* the numbers of lines: "3, 7" */
    int failure;           /* why it cannot be read, as an errno */
    bool open_to_all;      /* everybody on this machine can read it */
};

struct environment {
    struct source sources[SOURCES]; /* the first one wins */
    struct buffer file;             /* the secret that was looked up last */
};

/* 0, or why it cannot be read, as an errno. */
static int read_file(const char *path, struct buffer *content, struct stat *status)
{
    char piece[4096];
    ssize_t length = 0;
    int file = open(path, O_RDONLY | O_CLOEXEC), failure = 0;
    if (file < 0)
        return errno;
    if (fstat(file, status) != 0)
        failure = errno;
    while (failure == 0 && (length = read(file, piece, sizeof piece)) != 0) {
        if (length < 0 && errno != EINTR)
            failure = errno;
        else if (length > 0 && !buffer_add(content, piece, (size_t)length))
            failure = EFBIG;
    }
    close(file);
    OPENSSL_cleanse(piece, sizeof piece);
    return failure;
}

/* ---- .env ---- */

static void keep(void *context, const char *name, const char *value)
{
    struct source *source = context;
    source->names = xreallocarray(source->names, source->count + 1, sizeof *source->names);
    source->values = xreallocarray(source->values, source->count + 1, sizeof *source->values);
    source->names[source->count] = xstrdup(name);
    source->values[source->count++] = xstrdup(value);
}

static void keep_skipped(void *context, unsigned line)
{
    struct source *source = context;
    buffer_addf(&source->skipped, "%s%u", source->skipped.length ? ", " : "", line);
}

/* The last line wins. */
static const char *find(const struct source *source, const char *name)
{
    for (size_t i = source->count; i-- > 0;)
        if (strcmp(source->names[i], name) == 0)
            return source->values[i];
    return NULL;
}

static bool holds_secret(const struct source *source)
{
    for (size_t i = 0; i < source->count; i++)
        if (*source->values[i] && configuration_is_secret(source->names[i]))
            return true;
    return false;
}

static void forget(struct source *source)
{
    for (size_t i = 0; i < source->count; i++) {
        free(source->names[i]);
        free_secret(source->values[i]);
    }
    free(source->names);
    free(source->values);
    free(source->shown);
    buffer_free(&source->skipped);
}

static void load(struct source *source, const char *path, const char *shown)
{
    struct buffer text;
    struct stat status;
    source->shown = xstrdup(shown);
    buffer_init(&text, FILE_MAXIMUM);
    source->failure = read_file(path, &text, &status);
    if (source->failure == 0) {
        dotenv_parse(text.data, text.length, &(struct dotenv_listener){keep, keep_skipped, source});
        source->open_to_all = S_ISREG(status.st_mode) && (status.st_mode & S_IROTH) && holds_secret(source);
    }
    buffer_wipe(&text);
}

static bool load_named(struct environment *environment, const char *file, struct error *error)
{
    const char *slash = strrchr(file, '/');
    load(&environment->sources[0], file, slash ? slash + 1 : file);
    const int failure = environment->sources[0].failure;
    return failure == 0 ||
           error_set(error, ERROR_USAGE, "--env-file %s cannot be read: %s", file, strerror(failure));
}

static void load_standard(struct environment *environment)
{
    const char *home = getenv("HOME");
    load(&environment->sources[0], ".env", ".env");
    if (!home || *home != '/')
        return;
    char *path = xasprintf("%s/.config/tconnectsync/.env", home);
    load(&environment->sources[1], path, "~/.config/tconnectsync/.env");
    free(path);
}

struct environment *environment_new(const char *file, struct error *error)
{
    struct environment *environment = xcalloc(1, sizeof *environment);
    buffer_init(&environment->file, FILE_MAXIMUM);
    for (size_t i = 0; i < SOURCES; i++)
        buffer_init(&environment->sources[i].skipped, LINES_MAXIMUM);
    if (!file) {
        load_standard(environment);
    } else if (!load_named(environment, file, error)) {
        environment_free(environment);
        return NULL;
    }
    return environment;
}

/* Of the process's own variables: they would stand in its memory, and in /proc, for as long as it lives. */
static void wipe_secrets(void)
{
    for (char **variable = environ; variable && *variable; variable++) {
        char *value = strchr(*variable, '=');
        char *name = value ? xstrndup(*variable, (size_t)(value - *variable)) : NULL;
        if (name && configuration_is_secret(name))
            OPENSSL_cleanse(value + 1, strlen(value + 1));
        free(name);
    }
}

void environment_free(struct environment *environment)
{
    if (!environment)
        return;
    wipe_secrets();
    for (size_t i = 0; i < SOURCES; i++)
        forget(&environment->sources[i]);
    buffer_wipe(&environment->file);
    free(environment);
}

/* ---- files that hold one secret ---- */

/* NULL when there is no such file and it may be missing. */
static const char *secret_in(struct environment *environment, const char *path, bool may_be_missing)
{
    struct buffer *file = &environment->file;
    buffer_wipe(file);
    struct stat status;
    int failure = read_file(path, file, &status);
    if (failure == ENOENT && may_be_missing)
        return NULL;
    if (failure || memchr(file->data, '\0', file->length))
        return configuration_unreadable;
    if (file->length && file->data[file->length - 1] == '\n')
        file->data[--file->length] = '\0';
    if (file->length && file->data[file->length - 1] == '\r')
        file->data[--file->length] = '\0';
    return file->data;
}

/* systemd's LoadCredential: the folder holds a file per secret. */
static const char *credential(struct environment *environment, const char *name)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY"), *found = NULL;
    if (!folder || !*folder)
        return NULL;
    char *path = xasprintf("%s/%s", folder, name);
    found = secret_in(environment, path, true);
    for (char *letter = path + strlen(folder); !found && *letter; letter++)
        *letter = (char)tolower((unsigned char)*letter);
    if (!found)
        found = secret_in(environment, path, true);
    free(path);
    return found;
}

/* In the variable itself, in the file that NAME_FILE names, in systemd's credential. */
static const char *secret_in_process(struct environment *environment, const char *name, const char *name_file)
{
    const char *found = getenv(name), *path = getenv(name_file);
    if (found && *found) /* an empty secret beside a file of it is no answer */
        return found;
    found = path && *path ? secret_in(environment, path, false) : NULL;
    return found ? found : credential(environment, name);
}

static const char *secret_in_source(struct environment *environment, const struct source *source,
                                    const char *name, const char *name_file)
{
    const char *found = find(source, name), *path = found ? NULL : find(source, name_file);
    return path && *path ? secret_in(environment, path, false) : found;
}

const char *environment_lookup(void *context, const char *name)
{
    struct environment *environment = context;
    const bool secret = configuration_is_secret(name);
    char *name_file = xasprintf("%s_FILE", name);
    const char *found = secret ? secret_in_process(environment, name, name_file) : getenv(name);
    for (size_t i = 0; !found && i < SOURCES; i++)
        found = secret ? secret_in_source(environment, &environment->sources[i], name, name_file)
                       : find(&environment->sources[i], name);
    free(name_file);
    return found;
}

/* ---- what is wrong with it ---- */

static void review(const struct source *source, struct configuration *first)
{
    const bool is_missing = source->failure == ENOENT || source->failure == ENOTDIR;
    if (source->failure && !is_missing)
        configuration_add_warning(first, "%s cannot be read: %s. No setting in it counts.", source->shown,
                                  strerror(source->failure));
    if (source->open_to_all)
        configuration_add_warning(
            first, "%s holds a secret, and every user of this machine can read it. Run: chmod 600 %s",
            source->shown, source->shown);
    if (source->skipped.length)
        configuration_add_warning(first,
                                  "%s has lines that are skipped: %s%s. A line must read NAME=VALUE, and a "
                                  "quotation mark that opens must close.",
                                  source->shown, source->skipped.data, source->skipped.full ? ", ..." : "");
}

/* Only the part before the '=' leaves this room. */
static void review_variable(const char *variable, struct configuration *const *people, size_t count)
{
    char *name = xstrndup(variable, strcspn(variable, "="));
    people_note_name(people, count, name);
    free(name);
}

void environment_review(const struct environment *environment, struct configuration *const *people,
                        size_t count)
{
    for (size_t i = 0; i < SOURCES; i++) {
        const struct source *source = &environment->sources[i];
        review(source, people[0]);
        for (size_t j = 0; j < source->count; j++)
            people_note_name(people, count, source->names[j]);
    }
    for (char **variable = environ; variable && *variable; variable++)
        review_variable(*variable, people, count);
}
