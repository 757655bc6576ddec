#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tconnectsync/settings/configuration.h"

static const char *only_second_site(void *context, const char *name)
{
    (void)context;
    return strcmp(name, "NS_URL_2") == 0 ? "https://ben.example.org/" : NULL;
}

static const char *a_wrong_address(void *context, const char *name)
{
    (void)context;
    return strcmp(name, "NS_URL") == 0 ? "ftp://ns.example.org" : NULL;
}

static void forget(struct configuration *people[PEOPLE_MAXIMUM], size_t count)
{
    for (size_t i = 0; i < count; i++)
        configuration_free(people[i]);
}

/* Whether that sentence about name is in the list. */
static bool is_said(char *const *list, size_t count, const char *name, const char *meant)
{
    char sentence[200];
    snprintf(sentence, sizeof sentence, "%s: did you mean %s? As it is written it has no effect.", name,
             meant);
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i], sentence) == 0)
            return true;
    return false;
}

static void what_was_meant_is_named(void **state)
{
    (void)state;
    static const char *const names[][2] = {
        {"TCONNECT_EMIAL", "TCONNECT_EMAIL"},
        {"TCONNECT_EMAI", "TCONNECT_EMAIL"},
        {"TCONNECT_PASWORDD", "TCONNECT_PASSWORD"},
        {"TCONNECT_EMIAL_2", "TCONNECT_EMAIL_2"},
        {"TCONNECT_EMAIL2", "TCONNECT_EMAIL_2"},
        {"NS_SECERT_9", "NS_SECRET_9"},
        {"NS_SECERT_FILE", "NS_SECRET_FILE"},
        {"NS_SECRETS_2_FILE", "NS_SECRET_2_FILE"},
        {"NS_ULR", "NS_URL"},
        {"NS_ULR_2", "NS_URL_2"},
        {"NS_UR_2", "NS_URL_2"},
        {"NS_UR2", "NS_URL_2"},
        {"API_SECRT", "API_SECRET"},
        {"timezone_name", "TIMEZONE_NAME"},
        {"TCONNECTSYNC_HEROKU_INTERVAL_MIN", "TCONNECTSYNC_HEROKU_INTERVAL_MINS"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct configuration *people[PEOPLE_MAXIMUM];
        size_t count = people_read(only_second_site, NULL, people);
        bool said = false;
        people_note_name(people, count, names[i][0]);
        for (size_t j = 0; j < count; j++)
            said |= is_said(people[j]->problems, people[j]->problem_count, names[i][0], names[i][1]) ||
                    is_said(people[j]->warnings, people[j]->warning_count, names[i][0], names[i][1]);
        if (!said)
            fail_msg("%s: %s is not named", names[i][0], names[i][1]);
        forget(people, count);
    }
}

static void settings_of_nobody_are_told_to_the_first(void **state)
{
    (void)state;
    for (int second = 0; second < 2; second++) {
        struct configuration *people[PEOPLE_MAXIMUM];
        size_t count = people_read(second ? only_second_site : a_wrong_address, NULL, people);
        assert_int_equal(count, 1 + second);
        people_note_name(people, count, "NS_SECERT_9");
        assert_true(is_said(people[0]->warnings, people[0]->warning_count, "NS_SECERT_9", "NS_SECRET_9"));
        forget(people, count);
    }
}

/* Settings, and other programs' variables, that of systemd and of the Python version among them. */
static void nobody_else_is_blamed(void **state)
{
    (void)state;
    static const char *const names[] = {
        "TCONNECT_EMAIL",
        "TCONNECT_EMAIL_2",
        "NS_SECRET_9_FILE",
        "API_SECRET",
        "PORT",
        "PORT_2",
        "PORT2",
        "POST",
        "PATH",
        "TZ",
        "TZDIR",
        "tz",
        "HOME",
        "DYNO",
        "LISTEN_PID",
        "LISTEN_FDS",
        "LISTEN_FDNAMES",
        "APP_SECRET",
        "API_KEY",
        "DB_URL",
        "MY_URL",
        "NS_LANG",
        "NSS_URL_PATH",
        "LOG_LEVEL",
        "LOG_FILE",
        "LOG_FORMATTER",
        "PUMP_ROOM",
        "HTTP_PROXY",
        "http_proxy",
        "REQUESTS_CA_BUNDLE",
        "AUTOUPDATE_FAILURE_MINUTES",
        "AUTOUPDATE_USE_FIXED_SLEEP",
        "SKIP_NS_LAST_UPLOADED_CHECK",
        "",
        "_FILE",
        "_2",
        "2",
        "A_NAME_THAT_IS_FAR_LONGER_THAN_THE_LONGEST_SETTING_EVER_WAS_IN_THIS_PROGRAM_2_FILE",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct configuration *people[PEOPLE_MAXIMUM];
        size_t count = people_read(only_second_site, NULL, people);
        const size_t before = people[0]->warning_count + people[1]->warning_count;
        people_note_name(people, count, names[i]);
        if (people[0]->warning_count + people[1]->warning_count != before)
            fail_msg("%s is blamed", names[i]);
        forget(people, count);
    }
}

/* Something else is wrong with the setting that was meant: that is told as well. */
static void another_problem_stays(void **state)
{
    (void)state;
    struct configuration *people[PEOPLE_MAXIMUM];
    size_t count = people_read(a_wrong_address, NULL, people), wrong = 0;
    people_note_name(people, count, "NS_ULR");
    for (size_t i = 0; i < people[0]->problem_count; i++)
        wrong += strncmp(people[0]->problems[i], "NS_URL must be the whole address", 32) == 0;
    assert_int_equal(wrong, 1);
    assert_true(is_said(people[0]->warnings, people[0]->warning_count, "NS_ULR", "NS_URL"));
    forget(people, count);
}

static void one_message_for_one_problem(void **state)
{
    (void)state;
    struct configuration *people[PEOPLE_MAXIMUM];
    size_t count = people_read(only_second_site, NULL, people);
    const size_t first = people[0]->problem_count, second = people[1]->problem_count;
    for (int times = 0; times < 2; times++) {
        people_note_name(people, count, "NS_SECERT");
        people_note_name(people, count, "API_SECRTE_2");
    }
    assert_int_equal(people[0]->problem_count, first);
    assert_int_equal(people[1]->problem_count, second);
    assert_int_equal(people[0]->warning_count + people[1]->warning_count, 0);
    assert_true(is_said(people[0]->problems, first, "NS_SECERT", "NS_SECRET"));
    assert_true(is_said(people[1]->problems, second, "API_SECRTE_2", "API_SECRET_2"));
    assert_false(is_said(people[0]->problems, first, "API_SECRTE_2", "API_SECRET_2"));
    forget(people, count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_meant_is_named),
        cmocka_unit_test(settings_of_nobody_are_told_to_the_first),
        cmocka_unit_test(nobody_else_is_blamed),
        cmocka_unit_test(another_problem_stays),
        cmocka_unit_test(one_message_for_one_problem),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
