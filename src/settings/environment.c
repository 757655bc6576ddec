/* Where settings come from: the environment, files that hold a secret, .env files. */
#include "tconnectsync/settings/environment.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/log.h"
#include "tconnectsync/base/memory.h"
#include "tconnectsync/settings/configuration.h"

enum { FILE_MAXIMUM = 64 * 1024 };

struct pairs {
    char **names, **values;
    size_t count;
};

struct environment {
    struct pairs working_folder, home;
    struct buffer file; /* the secret that was looked up last */
};

/* 0, or why it cannot be read, as an errno. */
static int read_file(const char *path, struct buffer *content)
{
    char piece[4096];
    ssize_t length = 0;
    int file = open(path, O_RDONLY | O_CLOEXEC), failure = 0;
    if (file < 0)
        return errno;
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
    struct pairs *pairs = context;
    pairs->names = xreallocarray(pairs->names, pairs->count + 1, sizeof *pairs->names);
    pairs->values = xreallocarray(pairs->values, pairs->count + 1, sizeof *pairs->values);
    pairs->names[pairs->count] = xstrdup(name);
    pairs->values[pairs->count++] = xstrdup(value);
}

/* The last line wins. */
static const char *find(const struct pairs *pairs, const char *name)
{
    for (size_t i = pairs->count; i-- > 0;)
        if (strcmp(pairs->names[i], name) == 0)
            return pairs->values[i];
    return NULL;
}

static void forget(struct pairs *pairs)
{
    for (size_t i = 0; i < pairs->count; i++) {
        free(pairs->names[i]);
        free_secret(pairs->values[i]);
    }
    free(pairs->names);
    free(pairs->values);
}

static void load(struct pairs *pairs, const char *path, const char *shown_path, struct log *log)
{
    struct buffer text;
    buffer_init(&text, FILE_MAXIMUM);
    int failure = read_file(path, &text);
    if (failure == 0) {
        size_t skipped = dotenv_parse(text.data, text.length, keep, pairs);
        if (skipped)
            log_warn(log, "settings", "file=%s lines_skipped=%zu hint=\"a line must read NAME=VALUE\"",
                     shown_path, skipped);
    } else if (failure != ENOENT && failure != ENOTDIR) {
        log_warn(log, "settings", "file=%s error=%s", shown_path, log_quote(log, strerror(failure)));
    }
    buffer_wipe(&text);
}

struct environment *environment_new(struct log *log)
{
    struct environment *environment = xcalloc(1, sizeof *environment);
    buffer_init(&environment->file, FILE_MAXIMUM);
    load(&environment->working_folder, ".env", ".env", log);
    const char *home = getenv("HOME");
    if (home && *home == '/') {
        char *path = xasprintf("%s/.config/tconnectsync/.env", home);
        load(&environment->home, path, "~/.config/tconnectsync/.env", log);
        free(path);
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
    forget(&environment->working_folder);
    forget(&environment->home);
    buffer_wipe(&environment->file);
    free(environment);
}

/* ---- files that hold one secret ---- */

/* NULL when there is no such file and it may be missing. */
static const char *secret_in(struct environment *environment, const char *path, bool may_be_missing)
{
    struct buffer *file = &environment->file;
    buffer_wipe(file);
    int failure = read_file(path, file);
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

const char *environment_lookup(void *context, const char *name)
{
    struct environment *environment = context;
    const struct pairs *const files[] = {&environment->working_folder, &environment->home};
    bool secret = configuration_is_secret(name);
    char *name_file = xasprintf("%s_FILE", name);
    const char *found = getenv(name), *path = secret ? getenv(name_file) : NULL;
    if (secret && found && !*found)
        found = NULL; /* an empty secret beside a file of it is no answer */
    if (!found && path && *path)
        found = secret_in(environment, path, false);
    if (!found && secret)
        found = credential(environment, name);
    for (size_t i = 0; !found && i < 2; i++) {
        found = find(files[i], name);
        path = !found && secret ? find(files[i], name_file) : NULL;
        if (path && *path)
            found = secret_in(environment, path, false);
    }
    free(name_file);
    return found;
}
