#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tconnectsync/settings/configuration.h"
#include "tconnectsync/settings/environment.h"

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/error.h"

static struct error problem;
static char folder[64];

static const char *const variables[] = {"PORT",
                                        "NS_SECRET",
                                        "NS_SECRET_FILE",
                                        "NS_SECRET_2",
                                        "NS_SECRET_2_FILE",
                                        "NS_URL",
                                        "NS_URL_2",
                                        "TCONNECTSYNC_HEROKU_SECRET",
                                        "TCONNECTSYNC_HEROKU_SECRET_2",
                                        "TCONNECT_PASSWORD_2",
                                        "TCONNECT_PASSWORD_2_FILE",
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
    return 0;
}

static int leave(void **state)
{
    (void)state;
    char command[100];
    assert_int_equal(chdir("/"), 0);
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

static void assert_found(const char *name, const char *expected)
{
    struct environment *environment = environment_new(NULL, &problem);
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
    setenv("HOME", "home", 1); /* not from the root: does not count */
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

static void no_file_is_left_open(void **state)
{
    (void)state;
    WRITE(".env", "PORT=1\n");
    WRITE("file", "two\n");
    setenv("NS_SECRET_FILE", "file", 1);
    const int before = open("/dev/null", O_RDONLY);
    close(before);
    assert_found("NS_SECRET", "two");
    const int after = open("/dev/null", O_RDONLY);
    assert_int_equal(after, before);
    close(after);
}

static void what_was_secret_leaves_the_process(void **state)
{
    (void)state;
    static const char secret[] = "open sesame 42", nothing[sizeof secret];
    setenv("NS_SECRET", secret, 1);
    const char *value = getenv("NS_SECRET");
    assert_found("NS_SECRET", secret); /* and lets go of it */
    assert_memory_equal(value, nothing, sizeof nothing);
}

static void the_second_persons_secret_may_stand_in_a_file_too(void **state)
{
    (void)state;
    WRITE(".env", "NS_SECRET=the first one's\nNS_SECRET_2=four\n");
    WRITE("file", "two\n");
    WRITE("credentials/ns_secret_2", "three");
    assert_found("NS_SECRET_2", "four");
    setenv("CREDENTIALS_DIRECTORY", "credentials", 1);
    assert_found("NS_SECRET_2", "three");
    WRITE("credentials/NS_SECRET_2", "capital three");
    assert_found("NS_SECRET_2", "capital three");
    setenv("NS_SECRET_2_FILE", "file", 1);
    assert_found("NS_SECRET_2", "two");
    assert_found("NS_SECRET", "the first one's");
    assert_found("NS_SECRET_3", NULL);
    setenv("NS_SECRET_2_FILE", "missing", 1);
    assert_found("NS_SECRET_2", configuration_unreadable);
}

/* Whoever prepares three files a person leaves empty what the second has of the first. */
static void an_empty_file_of_the_second_person_means_the_first_ones(void **state)
{
    (void)state;
    WRITE(".env", "NS_URL=https://jane.example.org\nNS_URL_2=https://joe.example.org\n");
    WRITE("credentials/TCONNECT_PASSWORD", "janes tandem words\n");
    WRITE("credentials/TCONNECTSYNC_HEROKU_SECRET", "the first one's, and long\n");
    WRITE("credentials/TCONNECTSYNC_HEROKU_SECRET_2", "\n");
    WRITE("credentials/NS_SECRET_2", "joes own api secret\n");
    WRITE("empty", "");
    setenv("CREDENTIALS_DIRECTORY", "credentials", 1);
    setenv("TCONNECT_PASSWORD_2_FILE", "empty", 1);
    struct environment *environment = environment_new(NULL, &problem);
    struct configuration *joe = configuration_read(environment_lookup, environment, 2);
    assert_string_equal(joe->tandem_password, "janes tandem words");
    assert_string_equal(joe->secret, "the first one's, and long");
    assert_string_equal(joe->nightscout_secret, "joes own api secret");
    assert_string_equal(joe->nightscout_url, "https://joe.example.org/");
    configuration_free(joe);
    environment_free(environment);
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
    WRITE(".env", "NS_SECRET_FILE=missing");
    assert_found("NS_SECRET", configuration_unreadable);
}

/* What is said of the files and of their names, sentence by sentence. */
static void assert_reviewed(const char *expected)
{
    char said[2000] = "";
    struct environment *environment = environment_new(NULL, &problem);
    struct configuration *first = configuration_read(environment_lookup, environment, 1);
    for (size_t i = first->warning_count; i-- > 0;)
        free(first->warnings[i]);
    first->warning_count = 0;
    environment_review(environment, &first, 1);
    for (size_t i = 0; i < first->warning_count; i++)
        snprintf(said + strlen(said), sizeof said - strlen(said), "%s|", first->warnings[i]);
    assert_string_equal(said, expected);
    configuration_free(first);
    environment_free(environment);
}

static void skipped_lines_are_named_without_their_values(void **state)
{
    (void)state;
    assert_reviewed("");
    WRITE(".env", "NS_SECRET hunter2hunter2\nPORT=1\n\nTZ\n");
    assert_found("PORT", "1");
    assert_reviewed(".env has lines that are skipped: 1, 4. A line must read NAME=VALUE, and a quotation "
                    "mark that opens must "
                    "close.|");
}

static void a_long_list_of_skipped_lines_is_cut_short(void **state)
{
    (void)state;
    char expected[400] = ".env has lines that are skipped: ";
    struct buffer text;
    buffer_init(&text, 1000);
    for (int line = 1; line <= 99; line++)
        buffer_add_text(&text, "x\n");
    for (int line = 1; line <= 52; line++)
        snprintf(expected + strlen(expected), sizeof expected - strlen(expected), "%d, ", line);
    strcat(expected, ".... A line must read NAME=VALUE, and a quotation mark that opens must close.|");
    write_file(".env", text.data, text.length);
    buffer_free(&text);
    assert_reviewed(expected);
}

static void a_file_of_secrets_that_all_can_read_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        mode_t mode;
        bool warned;
    } cases[] = {{"NS_SECRET=x", 0644, true},  {"NS_SECRET_2=x", 0604, true}, {"NS_SECRET=x", 0600, false},
                 {"NS_SECRET=x", 0640, false}, {"NS_SECRET=", 0644, false},   {"PORT=1", 0644, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_file(".env", cases[i].text, strlen(cases[i].text));
        assert_int_equal(chmod(".env", cases[i].mode), 0);
        assert_reviewed(cases[i].warned
                            ? ".env holds a secret, and every user of this machine can read it. Run: "
                              "chmod 600 .env|"
                            : "");
    }
}

static void a_dotenv_that_cannot_be_read_is_named(void **state)
{
    (void)state;
    assert_int_equal(mkdir(".env", 0700), 0);
    assert_found("PORT", NULL);
    assert_reviewed(".env cannot be read: Is a directory. No setting in it counts.|");
}

static void a_named_file_takes_the_place_of_both(void **state)
{
    (void)state;
    WRITE(".env", "PORT=1\nLISTEN_HOST=::1");
    WRITE("home/family", "PORT=2\nbroken");
    struct environment *environment = environment_new("home/family", &problem);
    assert_string_equal(environment_lookup(environment, "PORT"), "2");
    assert_null(environment_lookup(environment, "LISTEN_HOST"));
    struct configuration *first = configuration_read(environment_lookup, environment, 1);
    environment_review(environment, &first, 1);
    assert_int_equal(first->warning_count, 1);
    assert_memory_equal(first->warnings[0], "family has lines that are skipped: 2.",
                        37); /* a folder may be a person's name */
    configuration_free(first);
    environment_free(environment);
    assert_null(environment_new("home/nobody", &problem));
    assert_string_equal(problem.text, "--env-file home/nobody cannot be read: No such file or directory");
    assert_null(environment_new("home", &problem));
    assert_string_equal(problem.text, "--env-file home cannot be read: Is a directory");
}

static void misspelt_names_are_found_wherever_they_stand(void **state)
{
    (void)state;
    WRITE(".env", "PUMP_CLOKC=zone\nNS_SECERT=x\nNS_SECERT=y\n");
    assert_int_equal(chmod(".env", 0600), 0);
    setenv("ALARM_SAVE_MINUTES", "10", 1);
    assert_reviewed(
        "PUMP_CLOKC: did you mean PUMP_CLOCK? As it is written it has no effect.|"
        "ALARM_SAVE_MINUTES: did you mean ALARM_SAFE_MINUTES? As it is written it has no effect.|");
    unsetenv("ALARM_SAVE_MINUTES");
}

#define in_folder(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_folder(the_nearest_place_wins),
        in_folder(a_secret_may_stand_in_a_file),
        in_folder(the_second_persons_secret_may_stand_in_a_file_too),
        in_folder(an_empty_file_of_the_second_person_means_the_first_ones),
        in_folder(a_file_that_is_no_use_is_told_from_none),
        in_folder(no_file_is_left_open),
        in_folder(what_was_secret_leaves_the_process),
        in_folder(skipped_lines_are_named_without_their_values),
        in_folder(a_long_list_of_skipped_lines_is_cut_short),
        in_folder(a_file_of_secrets_that_all_can_read_is_named),
        in_folder(a_dotenv_that_cannot_be_read_is_named),
        in_folder(a_named_file_takes_the_place_of_both),
        in_folder(misspelt_names_are_found_wherever_they_stand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
