#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tconnectsync/settings/configuration.h"
#include "tconnectsync/settings/environment.h"

#include "log_to_stream.h"

static char *logged;
static size_t logged_length;
static FILE *log_stream;
static struct log *journal;
static char folder[64];

static const char *const variables[] = {"PORT",
                                        "NS_SECRET",
                                        "NS_SECRET_FILE",
                                        "TCONNECT_PASSWORD",
                                        "LISTEN_HOST",
                                        "TCONNECT_PASSWORD_FILE",
                                        "CREDENTIALS_DIRECTORY",
                                        "HOME"};

static void write_file(const char *name, const char *text, size_t length)
{
    FILE *file = fopen(name, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}
#define WRITE(name, text) write_file(name, text, sizeof text - 1)

static int enter(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        unsetenv(variables[i]);
    snprintf(folder, sizeof folder, "/tmp/environment_test.XXXXXX");
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    assert_int_equal(
        mkdir("home", 0700) | mkdir("home/.config", 0700) | mkdir("home/.config/tconnectsync", 0700), 0);
    assert_int_equal(mkdir("credentials", 0700), 0);
    log_stream = open_memstream(&logged, &logged_length);
    journal = log_new(log_to_stream, log_stream, LOG_INFO, NULL);
    return 0;
}

static int leave(void **state)
{
    (void)state;
    char command[100];
    log_free(journal);
    fclose(log_stream);
    free(logged);
    assert_int_equal(chdir("/"), 0);
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

static void assert_found(const char *name, const char *expected)
{
    struct environment *environment = environment_new(journal);
    const char *found = environment_lookup(environment, name);
    if (expected == configuration_unreadable || !expected)
        assert_ptr_equal(found, expected);
    else if (!found || strcmp(found, expected) != 0)
        fail_msg("%s: expected %s, found %s", name, expected, found ? found : "nothing");
    environment_free(environment);
}

static void the_nearest_place_wins(void **state)
{
    (void)state;
    setenv("HOME", folder, 1);
    WRITE("home/.config/tconnectsync/.env", "PORT=3\n");
    assert_found("PORT", NULL);
    char home[80];
    snprintf(home, sizeof home, "%s/home", folder);
    setenv("HOME", home, 1);
    assert_found("PORT", "3");
    WRITE(".env", "PORT=1\nexport PORT=\"2\" # the last wins\nLISTEN_HOST=::1\n");
    assert_found("PORT", "2");
    setenv("PORT", "1", 1);
    assert_found("PORT", "1");
    setenv("LISTEN_HOST", "", 1);
    assert_found("LISTEN_HOST", "");
    unsetenv("HOME");
    unsetenv("PORT");
    assert_found("PORT", "2");
    fflush(log_stream);
    assert_int_equal(logged_length, 0);
}

static void a_secret_may_stand_in_a_file(void **state)
{
    (void)state;
    WRITE(".env", "NS_SECRET=four\nTCONNECT_PASSWORD_FILE=dotenv\nPORT_FILE=dotenv");
    WRITE("dotenv", " five\r\n");
    WRITE("file", "two\n\n");
    WRITE("credentials/ns_secret", "three");
    assert_found("NS_SECRET", "four");
    assert_found("TCONNECT_PASSWORD", " five");
    assert_found("PORT", NULL);
    setenv("CREDENTIALS_DIRECTORY", "credentials", 1);
    assert_found("NS_SECRET", "three");
    WRITE("credentials/NS_SECRET", "capital three");
    assert_found("NS_SECRET", "capital three");
    assert_found("TCONNECT_PASSWORD", " five");
    setenv("NS_SECRET_FILE", "file", 1);
    assert_found("NS_SECRET", "two\n");
    setenv("NS_SECRET", "", 1);
    assert_found("NS_SECRET", "two\n");
    setenv("NS_SECRET", "one", 1);
    assert_found("NS_SECRET", "one");
}

static void a_file_that_is_no_use_is_told_from_none(void **state)
{
    (void)state;
    static char large[70000];
    setenv("NS_SECRET_FILE", "missing", 1);
    assert_found("NS_SECRET", configuration_unreadable);
    setenv("NS_SECRET_FILE", "home", 1); /* a folder */
    assert_found("NS_SECRET", configuration_unreadable);
    WRITE("nul", "two\0three");
    setenv("NS_SECRET_FILE", "nul", 1);
    assert_found("NS_SECRET", configuration_unreadable);
    memset(large, 'x', sizeof large);
    write_file("large", large, sizeof large);
    setenv("NS_SECRET_FILE", "large", 1);
    assert_found("NS_SECRET", configuration_unreadable);
    WRITE("empty", "");
    setenv("NS_SECRET_FILE", "empty", 1);
    assert_found("NS_SECRET", "");
    unsetenv("NS_SECRET_FILE");
    setenv("CREDENTIALS_DIRECTORY", "missing", 1);
    assert_found("NS_SECRET", NULL);
}

static void a_broken_dotenv_is_logged_without_its_values(void **state)
{
    (void)state;
    WRITE(".env", "NS_SECRET hunter2hunter2\nPORT=1\n");
    assert_found("PORT", "1");
    fflush(log_stream);
    assert_non_null(strstr(logged, "file=.env lines_skipped=1"));
    assert_null(strstr(logged, "hunter2"));
    assert_int_equal(unlink(".env"), 0);
    assert_int_equal(mkdir(".env", 0700), 0);
    assert_found("PORT", NULL);
    assert_non_null(strstr(logged, "file=.env error="));
}

#define in_folder(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_folder(the_nearest_place_wins),
        in_folder(a_secret_may_stand_in_a_file),
        in_folder(a_file_that_is_no_use_is_told_from_none),
        in_folder(a_broken_dotenv_is_logged_without_its_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
