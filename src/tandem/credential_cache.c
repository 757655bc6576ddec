/* The file that keeps Tandem's token, and that a password was refused. */
#include "credential_cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/base/log.h"
#include "tconnectsync/base/memory.h"

enum {
    FORMAT = 1,
    FILE_MAXIMUM = 64 << 10,
    TOKEN_MAXIMUM = 16 << 10,
    SALT_SIZE = 33, /* 16 bytes in hexadecimal and a NUL */
    DIGEST_SIZE = 65,
    LONGEST_TOKEN_LIFE = 30 * 86400, /* a later expiry is damage, or a clock that went wrong */
};

static const char temporary[] = ".new-XXXXXX"; /* behind the file's name, until it is complete */

void credentials_clear(struct credentials *credentials)
{
    free_secret(credentials->token);
    free(credentials->pumper_id);
    free(credentials->account_id);
    *credentials = (struct credentials){0};
}

bool credentials_is_token(const char *text)
{
    size_t length = 0;
    for (; text && text[length]; length++)
        if (text[length] <= ' ' || text[length] > '~')
            return false;
    return length > 0 && length <= TOKEN_MAXIMUM;
}

/* ---- digests ---- */

static void write_hexadecimal(char *out, const unsigned char *bytes, size_t count)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < count; i++) {
        out[i * 2] = digits[bytes[i] >> 4];
        out[i * 2 + 1] = digits[bytes[i] & 15];
    }
    out[count * 2] = '\0';
}

/* SHA-256 over the salt and the parts, each with its NUL so that no two lists of parts read alike. */
static void salted_digest(char out[DIGEST_SIZE], const char *salt, const char *const *parts, size_t count)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (!context || EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1)
        end_process("libcrypto does not work");
    EVP_DigestUpdate(context, salt, strlen(salt) + 1);
    for (size_t i = 0; i < count; i++)
        EVP_DigestUpdate(context, parts[i], strlen(parts[i]) + 1);
    EVP_DigestFinal_ex(context, digest, NULL);
    EVP_MD_CTX_free(context);
    write_hexadecimal(out, digest, 32);
}

static void account_digest(char out[DIGEST_SIZE], const char *salt, const struct credential_owner *owner)
{
    const char *const parts[] = {"account", owner->email};
    salted_digest(out, salt, parts, 2);
}

static void password_digest(char out[DIGEST_SIZE], const char *salt, const struct credential_owner *owner)
{
    const char *const parts[] = {"refusal", owner->email, owner->password, owner->region,
                                 owner->accounts_url};
    salted_digest(out, salt, parts, 5);
}

static bool same_text(const struct json *json, const char *text)
{
    const char *held = json_text(json);
    return held && strlen(held) == strlen(text) && CRYPTO_memcmp(held, text, strlen(text)) == 0;
}

/* ---- the file ---- */

/* Opening a device can already do something, and replacing one as root breaks the machine. */
static bool is_something_else(const char *path)
{
    struct stat file;
    return lstat(path, &file) == 0 && !S_ISREG(file.st_mode);
}

/* The path's folder, with its slash; to be freed. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? xstrndup(path, (size_t)(slash - path) + 1) : xstrdup("./");
}

/* A file that is about to be renamed is locked by whoever writes it, and no longer
   once that process is dead. */
static void remove_orphan(int folder, const char *name)
{
    struct stat file;
    int descriptor = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (descriptor < 0)
        return;
    if (fstat(descriptor, &file) == 0 && S_ISREG(file.st_mode) && file.st_uid == geteuid() &&
        flock(descriptor, LOCK_EX | LOCK_NB) == 0)
        unlinkat(folder, name, 0);
    close(descriptor);
}

void credential_cache_clean(const char *path)
{
    char *folder = folder_of(path);
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    size_t length = strlen(name);
    DIR *directory = opendir(folder);
    free(folder);
    for (struct dirent *entry; directory && (entry = readdir(directory));)
        if (strlen(entry->d_name) == length + strlen(temporary) &&
            strncmp(entry->d_name, name, length) == 0 &&
            strncmp(entry->d_name + length, temporary, strcspn(temporary, "X")) == 0)
            remove_orphan(dirfd(directory), entry->d_name);
    if (directory)
        closedir(directory);
}

/* ---- reading ---- */

/* Whole content of a regular file that nobody but us can write to; NULL or why not.
   Sets absent when there is none. */
static const char *read_file(const char *path, struct buffer *content, bool *absent)
{
    struct stat file;
    char block[4096];
    ssize_t length = 0;
    *absent = false;
    if (is_something_else(path))
        return "it is not a file";
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    *absent = descriptor < 0 && (errno == ENOENT || errno == ENOTDIR);
    if (descriptor < 0)
        return *absent ? "there is none" : strerror(errno);
    const char *why = NULL;
    if (fstat(descriptor, &file) != 0 || !S_ISREG(file.st_mode))
        why = "it is not a file";
    else if (file.st_uid != geteuid() || (file.st_mode & (S_IWGRP | S_IWOTH)))
        why = "others can write to it";
    while (!why && (length = read(descriptor, block, sizeof block)) > 0)
        if (!buffer_add(content, block, (size_t)length))
            why = "it is damaged";
    if (!why && length < 0)
        why = strerror(errno);
    OPENSSL_cleanse(block, sizeof block);
    close(descriptor);
    return why;
}

/* Takes the token over; NULL or why not. */
static const char *take_token(const struct json *file, const struct credential_owner *owner, int64_t now,
                              struct credentials *credentials)
{
    int64_t expires;
    const char *token = json_text(json_get(file, "token")),
               *pumper_id = json_text(json_get(file, "pumper_id"));
    const char *account_id = json_text(json_get(file, "account_id"));
    if (json_is(json_get(file, "token"), JSON_NULL))
        return NULL;
    if (!same_text(json_get(file, "region"), owner->region) ||
        !same_text(json_get(file, "accounts_url"), owner->accounts_url))
        return "its token is for another region or address";
    if (!credentials_is_token(token) || !pumper_id || !json_integer(json_get(file, "expires"), &expires))
        return "it is damaged";
    if (expires <= now)
        return "its token has expired";
    if (expires > now + LONGEST_TOKEN_LIFE)
        return "its token's expiry is too far ahead";
    credentials->token = xstrdup(token);
    credentials->expires = expires;
    credentials->pumper_id = xstrdup(pumper_id);
    credentials->account_id = xstrdup(account_id ? account_id : "");
    return NULL;
}

/* Whole numbers that are missing are 0. */
static int64_t number_of(const struct json *object, const char *name)
{
    int64_t number;
    return json_integer(json_get(object, name), &number) ? number : 0;
}

/* What became of this password; nothing where it was changed since. */
static void take_failures(const struct json *file, const char *salt, const struct credential_owner *owner,
                          struct credentials *credentials)
{
    char digest[DIGEST_SIZE];
    const struct json *refusal = json_get(file, "refusal"), *limit = json_get(file, "limit");
    password_digest(digest, salt, owner);
    if (same_text(json_get(refusal, "digest"), digest)) {
        credentials->refused = number_of(refusal, "time");
        credentials->lifted = number_of(refusal, "lifted");
    }
    if (!same_text(json_get(limit, "digest"), digest))
        return;
    credentials->limit.attempts = number_of(limit, "attempts");
    credentials->limit.since = number_of(limit, "since");
    credentials->limit.not_before = number_of(limit, "not_before");
}

static const char *interpret(const struct buffer *content, const struct credential_owner *owner, int64_t now,
                             struct credentials *credentials)
{
    int64_t format;
    char digest[DIGEST_SIZE];
    struct json *file = json_parse(content->data, content->length, NULL);
    const char *salt = json_text(json_get(file, "salt")), *why = NULL;
    if (!json_integer(json_get(file, "format"), &format) || !salt || !json_text(json_get(file, "account"))) {
        why = "it is damaged";
    } else if (format != FORMAT) {
        why = "another version of this program wrote it";
    } else {
        account_digest(digest, salt, owner);
        if (!same_text(json_get(file, "account"), digest)) {
            why = "it belongs to another email address";
        } else {
            take_failures(file, salt, owner, credentials);
            why = take_token(file, owner, now, credentials);
        }
    }
    json_free(file);
    return why;
}

void credential_cache_read(const char *path, const struct credential_owner *owner, int64_t now,
                           struct log *log, struct credentials *credentials)
{
    bool absent;
    struct buffer content;
    *credentials = (struct credentials){0};
    buffer_init(&content, FILE_MAXIMUM);
    const char *why = read_file(path, &content, &absent);
    if (!why)
        why = interpret(&content, owner, now, credentials);
    if (why && !absent)
        log_info(log, "tandem", "credential_cache=ignored reason=%s", log_quote(log, why));
    buffer_wipe(&content);
}

/* ---- writing ---- */

struct number {
    const char *name;
    int64_t value;
};

/* digest: of the password that they are about. */
static void compose_numbers(struct json_writer *writer, const char *name, const char *digest,
                            const struct number *numbers, size_t count)
{
    json_write_key(writer, name);
    json_open_object(writer);
    json_write_key(writer, "digest");
    json_write_text(writer, digest);
    for (size_t i = 0; i < count; i++) {
        json_write_key(writer, numbers[i].name);
        json_write_integer(writer, numbers[i].value);
    }
    json_close_object(writer);
}

static bool compose(struct buffer *out, const struct credential_owner *owner,
                    const struct credentials *credentials)
{
    unsigned char random[16];
    char salt[SALT_SIZE], digest[DIGEST_SIZE];
    if (RAND_bytes(random, sizeof random) != 1)
        return false;
    write_hexadecimal(salt, random, sizeof random);
    struct json_writer *writer = json_writer_new(out);
    json_open_object(writer);
    json_write_key(writer, "format");
    json_write_integer(writer, FORMAT);
    json_write_key(writer, "salt");
    json_write_text(writer, salt);
    json_write_key(writer, "account");
    account_digest(digest, salt, owner);
    json_write_text(writer, digest);
    json_write_key(writer, "region");
    json_write_text(writer, owner->region);
    json_write_key(writer, "accounts_url");
    json_write_text(writer, owner->accounts_url);
    json_write_key(writer, "token");
    json_write_text(writer, credentials->token);
    json_write_key(writer, "expires");
    json_write_integer(writer, credentials->expires);
    json_write_key(writer, "pumper_id");
    json_write_text(writer, credentials->pumper_id);
    json_write_key(writer, "account_id");
    json_write_text(writer, credentials->account_id);
    password_digest(digest, salt, owner);
    if (credentials->refused)
        compose_numbers(writer, "refusal", digest,
                        (struct number[]){{"time", credentials->refused}, {"lifted", credentials->lifted}},
                        2);
    if (credentials->limit.not_before)
        compose_numbers(writer, "limit", digest,
                        (struct number[]){{"attempts", credentials->limit.attempts},
                                          {"since", credentials->limit.since},
                                          {"not_before", credentials->limit.not_before}},
                        3);
    json_close_object(writer);
    json_writer_free(writer);
    return !out->full;
}

/* Every folder above path that is missing, for its owner alone. */
static void make_folders(const char *path)
{
    char *folder = xstrdup(path);
    for (char *slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(folder, 0700);
        *slash = '/';
    }
    free(folder);
}

static bool write_all(int descriptor, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t written = write(descriptor, data, length);
        if (written < 0 && errno != EINTR)
            return false;
        if (written > 0) {
            data += written;
            length -= (size_t)written;
        }
    }
    return true;
}

/* So that the new name survives a power cut as well; a file system that cannot do it does no harm. */
static void sync_folder(const char *path)
{
    char *folder = folder_of(path);
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor >= 0) {
        fsync(descriptor);
        close(descriptor);
    }
    free(folder);
}

bool credential_cache_write(const char *path, const struct credential_owner *owner,
                            const struct credentials *credentials, struct error *error)
{
    struct buffer content;
    if (is_something_else(path))
        return error_set(
            error, ERROR_CONFIGURATION,
            "CACHE_CREDENTIALS_PATH names something that is not a file. It is left alone, and each "
            "start signs in again: choose another path, or none.");
    buffer_init(&content, FILE_MAXIMUM);
    make_folders(path);
    char *new_path = xasprintf("%s%s", path, temporary);
    int descriptor = mkostemp(new_path, O_CLOEXEC); /* mode 0600 */
    if (descriptor >= 0)
        flock(descriptor, LOCK_EX);
    bool written = descriptor >= 0 && compose(&content, owner, credentials) &&
                   write_all(descriptor, content.data, content.length) && fsync(descriptor) == 0;
    written = written && rename(new_path, path) == 0;
    int why = errno;
    if (descriptor >= 0)
        close(descriptor);
    if (written)
        sync_folder(path);
    else
        error_set(
            error, ERROR_CONFIGURATION,
            "The sign-in cannot be remembered in CACHE_CREDENTIALS_PATH (%s): each start signs in again.",
            strerror(why));
    if (!written && descriptor >= 0)
        unlink(new_path);
    free(new_path);
    buffer_wipe(&content);
    return written;
}
