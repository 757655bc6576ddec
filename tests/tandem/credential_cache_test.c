#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "credential_cache.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/base/log.h"
#include "tconnectsync/base/memory.h"

#define NOW 1778731200

static const struct credential_owner owner = {"kim@example.net", "correct horse", "US",
                                              "https://accounts.test/api"};
static char folder[] = "/tmp/credential_cache_test.XXXXXX", path[128];

static int make_folder(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "%s/deep/er/credentials.json", mkdtemp(folder));
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    char name[128];
    unlink(path);
    snprintf(name, sizeof name, "%s/deep/er", folder);
    rmdir(name);
    snprintf(name, sizeof name, "%s/deep", folder);
    rmdir(name);
    return rmdir(folder);
}

static struct credentials sample(void)
{
    return (struct credentials){.token = xstrdup("t0k3n"),
                                .expires = NOW + 1800,
                                .pumper_id = xstrdup("p-1"),
                                .account_id = xstrdup("a-1")};
}

static void write_cache(const struct credentials *credentials)
{
    struct error error = {0};
    assert_true(credential_cache_write(path, &owner, credentials, &error));
    assert_int_equal(error.kind, ERROR_NONE);
}

static char *file_text(void)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    char *text = xcalloc(1, 10000);
    assert_true(fread(text, 1, 9999, file) > 0);
    fclose(file);
    return text;
}

static void write_text(const char *text, size_t length)
{
    FILE *file = fopen(path, "w");
    assert_int_equal(fwrite(text, 1, length, file), length);
    fclose(file);
}

/* What the file holds for whom at what time; the token's presence. */
static bool has_token(const struct credential_owner *whose, int64_t now)
{
    struct credentials credentials;
    credential_cache_read(path, whose, now, NULL, &credentials);
    bool has = credentials.token != NULL;
    credentials_clear(&credentials);
    return has;
}

static void what_was_written_comes_back(void **state)
{
    (void)state;
    struct credentials written = sample(), read;
    written.refused = NOW - 5;
    written.lifted = NOW - 3;
    write_cache(&written);
    credential_cache_read(path, &owner, NOW, NULL, &read);
    assert_string_equal(read.token, "t0k3n");
    assert_int_equal(read.expires, NOW + 1800);
    assert_string_equal(read.pumper_id, "p-1");
    assert_string_equal(read.account_id, "a-1");
    assert_int_equal(read.refused, NOW - 5);
    assert_int_equal(read.lifted, NOW - 3);
    credentials_clear(&read);
    credentials_clear(&written);
}

/* In the cache's folder. */
static unsigned count_files(void)
{
    char name[128];
    unsigned files = 0;
    snprintf(name, sizeof name, "%s/deep/er", folder);
    DIR *directory = opendir(name);
    for (struct dirent *entry; (entry = readdir(directory));)
        files += entry->d_name[0] != '.';
    closedir(directory);
    return files;
}

static void only_the_owner_can_read_it_and_it_names_nobody(void **state)
{
    (void)state;
    struct credentials written = sample();
    struct stat file;
    char name[128];
    written.refused = NOW;
    umask(0);
    write_cache(&written);
    write_cache(&written);
    umask(022);
    assert_int_equal(stat(path, &file), 0);
    assert_int_equal(file.st_mode & 0777, 0600);
    snprintf(name, sizeof name, "%s/deep", folder);
    assert_int_equal(stat(name, &file), 0);
    assert_int_equal(file.st_mode & 0777, 0700);
    char *text = file_text();
    assert_null(strstr(text, owner.email));
    assert_null(strstr(text, owner.password));
    free(text);
    assert_int_equal(count_files(), 1); /* nothing temporary is left */
    credentials_clear(&written);
}

/* As root a rename would replace the device for the whole machine. */
static void only_a_file_is_ever_replaced(void **state)
{
    (void)state;
    struct credentials written = sample();
    struct error error = {0};
    struct stat file;
    char target[160];
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0); /* a fifo that is opened to be written to would wait as well */
    assert_false(credential_cache_write(path, &owner, &written, &error));
    assert_non_null(strstr(error.text, "not a file"));
    assert_false(has_token(&owner, NOW));
    assert_int_equal(lstat(path, &file), 0);
    assert_true(S_ISFIFO(file.st_mode));
    unlink(path);
    assert_int_equal(symlink("/dev/null", path), 0);
    assert_false(credential_cache_write(path, &owner, &written, &error));
    assert_int_equal(readlink(path, target, sizeof target), strlen("/dev/null"));
    unlink(path);
    write_cache(&written);
    assert_true(has_token(&owner, NOW));
    credentials_clear(&written);
}

static void what_a_kill_left_behind_is_removed(void **state)
{
    (void)state;
    struct credentials written = sample();
    char orphan[192], busy[192], other[192];
    write_cache(&written);
    snprintf(orphan, sizeof orphan, "%s.new-a1B2c3", path);
    snprintf(busy, sizeof busy, "%s.new-ZZZZZZ", path);
    snprintf(other, sizeof other, "%s.backup", path);
    fclose(fopen(orphan, "w"));
    fclose(fopen(other, "w"));
    FILE *writer = fopen(busy, "w"); /* by another process that is alive */
    assert_int_equal(flock(fileno(writer), LOCK_EX), 0);
    credential_cache_clean(path);
    assert_int_equal(unlink(orphan), -1);
    assert_int_equal(unlink(other), 0);
    assert_int_equal(unlink(busy), 0);
    fclose(writer);
    assert_true(has_token(&owner, NOW));
    credentials_clear(&written);
}

/* Two files about the same person share no digest. */
static void every_file_has_its_own_salt(void **state)
{
    (void)state;
    struct credentials written = {.refused = NOW};
    write_cache(&written);
    char *first = file_text();
    write_cache(&written);
    char *second = file_text();
    for (const char *name = "salt"; name; name = strcmp(name, "salt") == 0 ? "digest" : NULL) {
        char *one = strstr(first, name), *other = strstr(second, name);
        assert_non_null(one);
        assert_memory_not_equal(one, other, strlen(name) + 3 + 32);
    }
    free(first);
    free(second);
}

static void a_token_is_for_one_account_region_and_time(void **state)
{
    (void)state;
    struct credentials written = sample();
    write_cache(&written);
    assert_true(has_token(&owner, NOW));
    assert_false(has_token(&owner, NOW + 1800));
    assert_false(has_token(&owner, NOW - 31 * 86400));
    struct credential_owner other = owner;
    other.password = "new";
    assert_true(has_token(&other, NOW));
    other.email = "lee@example.net";
    assert_false(has_token(&other, NOW));
    other.email = "kim@example.ne7";
    assert_false(has_token(&other, NOW));
    other = owner;
    other.region = "EU";
    assert_false(has_token(&other, NOW));
    other = owner;
    other.accounts_url = "https://accounts.eu.test/api";
    assert_false(has_token(&other, NOW));
    credentials_clear(&written);
}

static void a_refusal_is_for_one_password_and_region(void **state)
{
    (void)state;
    struct credentials written = {.refused = NOW, .lifted = NOW}, read;
    write_cache(&written);
    const struct credential_owner others[] = {
        {"lee@example.net", owner.password, owner.region, owner.accounts_url},
        {owner.email, "correct horse ", owner.region, owner.accounts_url},
        {owner.email, "correct hors7", owner.region, owner.accounts_url},
        {owner.email, "correct horseU", "S", owner.accounts_url},
        {owner.email, owner.password, "EU", owner.accounts_url},
        {owner.email, owner.password, owner.region, "https://accounts.eu.test/api"},
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        credential_cache_read(path, &others[i], NOW, NULL, &read);
        assert_int_equal(read.refused, 0);
        assert_int_equal(read.lifted, 0);
    }
    credential_cache_read(path, &owner, NOW + 300000000, NULL, &read);
    assert_int_equal(read.refused, NOW);
    assert_int_equal(read.lifted, NOW);
}

static void a_damaged_file_is_ignored(void **state)
{
    (void)state;
    struct credentials written = sample(), read;
    written.refused = NOW;
    write_cache(&written);
    char *text = file_text();
    size_t length = strlen(text);
    for (size_t cut = 0; cut < length; cut++) {
        write_text(text, cut);
        credential_cache_read(path, &owner, NOW, NULL, &read);
        assert_null(read.token);
        assert_int_equal(read.refused, 0);
    }
    static const char *const others[] = {"[]",
                                         "null",
                                         "{\"format\":2,\"salt\":\"\",\"account\":\"\"}",
                                         "{\"format\":1,\"account\":\"\"}",
                                         "{\"format\":1,\"salt\":\"\"}",
                                         "<html>"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        write_text(others[i], strlen(others[i]));
        assert_false(has_token(&owner, NOW));
    }
    /* A file has at most 64 KiB, and whatever is larger is none of ours. */
    char *large = xcalloc(1, 65537);
    memset(large, ' ', 65537);
    memcpy(large, text, length);
    write_text(large, 65536);
    assert_true(has_token(&owner, NOW));
    write_text(large, 65537);
    assert_false(has_token(&owner, NOW));
    free(large);
    free(text);
    credentials_clear(&written);
}

/* As it was for the password that it is about, and nothing for another. */
static void what_limits_the_next_sign_in_is_for_one_password(void **state)
{
    (void)state;
    const struct sign_in_limit limits[] = {{3, NOW - 100, NOW + 500}, {0, 0, 1}, {5, NOW, 0}};
    struct credential_owner other = owner;
    other.password = "new";
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        struct credentials written = {.limit = limits[i]}, read;
        const bool none = !limits[i].not_before;
        write_cache(&written);
        credential_cache_read(path, &owner, NOW, NULL, &read);
        assert_int_equal(read.limit.attempts, none ? 0 : limits[i].attempts);
        assert_int_equal(read.limit.since, none ? 0 : limits[i].since);
        assert_int_equal(read.limit.not_before, limits[i].not_before);
        assert_int_equal(read.refused, 0);
        char *text = file_text();
        assert_true(none == !strstr(text, "\"limit\""));
        assert_null(strstr(text, "\"refusal\""));
        free(text);
        credential_cache_read(path, &other, NOW, NULL, &read);
        assert_int_equal(read.limit.attempts, 0);
        assert_int_equal(read.limit.since, 0);
        assert_int_equal(read.limit.not_before, 0);
    }
}

static void keep_line(void *context, enum log_level level, const char *line, size_t length)
{
    assert_int_equal(level, LOG_INFO);
    assert_true(length < 300);
    strcpy(context, line);
}

/* Of a file with that text (NULL: no file) the log says why it is not used; why NULL: nothing. */
static void assert_said(const char *text, const struct credential_owner *whose, int64_t now, const char *why)
{
    char line[300] = "";
    struct log *log = log_new(keep_line, line, LOG_DEBUG, NULL);
    struct credentials read;
    unlink(path);
    if (text)
        write_text(text, strlen(text));
    credential_cache_read(path, whose, now, log, &read);
    credentials_clear(&read);
    log_free(log);
    const char *reason = strstr(line, " module=tandem credential_cache=ignored reason=");
    if (!why)
        assert_string_equal(line, "");
    else if (!reason || !strstr(reason, why))
        fail_msg("expected %s, but: %s", why, line);
}

static void why_a_file_is_ignored_is_said(void **state)
{
    (void)state;
    struct credentials written = sample(), nothing = {0};
    struct credential_owner lee = owner, european = owner;
    lee.email = "lee@example.net";
    european.region = "EU";
    write_cache(&written);
    char *text = file_text();
    write_cache(&nothing);
    char *empty = file_text();
    assert_said(NULL, &owner, NOW, NULL);
    assert_said(text, &owner, NOW, NULL);
    assert_said(empty, &owner, NOW, NULL);
    assert_said("{}", &owner, NOW, "it is damaged");
    assert_said("{\"format\":2,\"salt\":\"\",\"account\":\"\"}", &owner, NOW,
                "another version of this program");
    assert_said(text, &lee, NOW, "it belongs to another email address");
    assert_said(text, &european, NOW, "its token is for another region or address");
    assert_said(text, &owner, NOW + 1799, NULL);
    assert_said(text, &owner, NOW + 1800, "its token has expired");
    assert_said(text, &owner, NOW + 1800 - 30 * 86400, NULL);
    assert_said(text, &owner, NOW + 1799 - 30 * 86400, "its token's expiry is too far ahead");
    free(empty);
    free(text);
    credentials_clear(&written);
}

/* A file that version 1.1.0 wrote is as good to a later one. */
static void a_file_of_an_earlier_version_is_read(void **state)
{
    (void)state;
    static const char text[] =
        "{\"format\":1,\"salt\":\"00112233445566778899aabbccddeeff\",\"account\":"
        "\"eb5ff7ca4dc5e906cf7ad27cbbf84beb48647205b274c7978b9189329fa95ab2\",\"region\":\"US\","
        "\"accounts_url\":\"https://accounts.test/api\",\"token\":\"t0k3n\",\"expires\":1778731201,"
        "\"pumper_id\":\"p-1\",\"account_id\":\"a-1\",\"refusal\":{\"digest\":"
        "\"7ad13aba0d988a9510202b3b9aae9e5bcff86afa1721770f04d7bdbfbab227de\",\"time\":5,\"lifted\":6}}";
    struct credentials read;
    write_text(text, strlen(text));
    credential_cache_read(path, &owner, NOW, NULL, &read);
    assert_string_equal(read.token, "t0k3n");
    assert_int_equal(read.refused, 5);
    assert_int_equal(read.lifted, 6);
    credentials_clear(&read);
}

/* A disk that is full: the old file stays as it was, and what could be written of the new one is removed. */
static void what_cannot_be_written_whole_leaves_the_old_file(void **state)
{
    (void)state;
    struct credentials written = sample(), newer = {0};
    struct error error = {0};
    struct rlimit before, little = {10, RLIM_INFINITY};
    write_cache(&written);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    little.rlim_max = before.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
    const bool done = credential_cache_write(path, &owner, &newer, &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_DFL);
    assert_false(done);
    assert_non_null(strstr(error.text, "cannot be remembered in CACHE_CREDENTIALS_PATH (File too large)"));
    assert_int_equal(count_files(), 1);
    assert_true(has_token(&owner, NOW));
    credentials_clear(&written);
}

/* A token becomes part of a header, where a line break would begin another. */
static void what_fits_no_header_is_no_token(void **state)
{
    (void)state;
    static char tokens[][12] = {"", "two\r\nlines", "two words", "caf\xc3\xa9", "\x7f"};
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
        struct credentials written = sample();
        free_secret(written.token);
        written.token = xstrdup(tokens[i]);
        write_cache(&written);
        credentials_clear(&written);
        assert_false(has_token(&owner, NOW));
    }
}

static void a_file_that_others_can_write_to_is_ignored(void **state)
{
    (void)state;
    struct credentials written = sample();
    write_cache(&written);
    assert_int_equal(chmod(path, 0620), 0);
    assert_false(has_token(&owner, NOW));
    assert_int_equal(chmod(path, 0602), 0);
    assert_false(has_token(&owner, NOW));
    write_cache(&written);
    assert_true(has_token(&owner, NOW));
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_false(has_token(&owner, NOW));
    credentials_clear(&written);
}

static int count_descriptors(void)
{
    int count = 0;
    for (int descriptor = 0; descriptor < 256; descriptor++)
        count += fcntl(descriptor, F_GETFD) >= 0;
    return count;
}

static void no_file_is_left_open(void **state)
{
    (void)state;
    unlink(path); /* whatever stands there */
    const int before = count_descriptors();
    struct credentials written = sample();
    char orphan[192];
    snprintf(orphan, sizeof orphan, "%s.new-a1B2c3", path);
    write_cache(&written);
    assert_int_equal(count_descriptors(), before);
    assert_true(has_token(&owner, NOW));
    assert_int_equal(count_descriptors(), before);
    fclose(fopen(orphan, "w"));
    credential_cache_clean(path);
    assert_int_equal(count_descriptors(), before);
    credentials_clear(&written);
}

static void an_unwritable_place_is_told(void **state)
{
    (void)state;
    struct credentials nothing = {0};
    struct error error = {0};
    assert_false(credential_cache_write("/dev/null/credentials.json", &owner, &nothing, &error));
    assert_non_null(strstr(error.text, "CACHE_CREDENTIALS_PATH"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_comes_back),
        cmocka_unit_test(only_the_owner_can_read_it_and_it_names_nobody),
        cmocka_unit_test(only_a_file_is_ever_replaced),
        cmocka_unit_test(what_a_kill_left_behind_is_removed),
        cmocka_unit_test(every_file_has_its_own_salt),
        cmocka_unit_test(a_token_is_for_one_account_region_and_time),
        cmocka_unit_test(a_refusal_is_for_one_password_and_region),
        cmocka_unit_test(what_limits_the_next_sign_in_is_for_one_password),
        cmocka_unit_test(a_damaged_file_is_ignored),
        cmocka_unit_test(why_a_file_is_ignored_is_said),
        cmocka_unit_test(a_file_of_an_earlier_version_is_read),
        cmocka_unit_test(what_cannot_be_written_whole_leaves_the_old_file),
        cmocka_unit_test(what_fits_no_header_is_no_token),
        cmocka_unit_test(a_file_that_others_can_write_to_is_ignored),
        cmocka_unit_test(no_file_is_left_open),
        cmocka_unit_test(an_unwritable_place_is_told),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
