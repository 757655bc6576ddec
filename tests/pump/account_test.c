#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/base/json.h"
#include "tconnectsync/pump/account.h"

#define DAY ((int64_t)SECONDS_PER_DAY)

/* An old pump with an end, the present one, and a retired one whose newest event is a placeholder. */
static const char answer[] =
    "{\"firstName\":\"Ada\",\"pumps\":["
    "{\"assignmentId\":\"0b1c-old\",\"serialNumber\":\"9000123\",\"modelName\":\"t:slim X2\","
    " \"maxDateOfEvents\":\"2026-03-02T08:30:00\",\"lastUploadDate\":\"2026-03-02T14:31:00Z\","
    " \"availableDataRange\":{\"start\":\"2024-01-01T00:00:00\",\"end\":\"2026-03-02T08:30:00\"},"
    "\"settings\":null},"
    "{\"assignmentId\":\"0b1c-new\",\"serialNumber\":9000456,\"maxDateOfEvents\":\"2026-04-10T12:00:00\","
    " \"lastUploadDate\":null,\"availableDataRange\":{\"start\":\"2026-03-02T10:00:00\",\"end\":null},"
    " \"settings\":{\"settingsHash\":\"C0FFEE\",\"details\":{\"profiles\":{}}}},"
    "{\"assignmentId\":\"0b1c-retired\",\"serialNumber\":\"9000789\",\"maxDateOfEvents\":\"2149-06-06T00:00:"
    "00\","
    " \"availableDataRange\":null,\"settings\":{\"details\":7}}]}";

static struct account *parse(const char *text)
{
    struct error error = {0};
    struct account *account = account_parse(text, strlen(text), &error);
    if (!account)
        fail_msg("%s", error.text);
    return account;
}

static int64_t at(const char *text)
{
    int64_t wall = civil_parse_wall(text);
    assert_true(wall != NO_TIME);
    return wall;
}

static void pumps_are_read(void **state)
{
    (void)state;
    struct account *account = parse(answer);
    assert_int_equal(account->pump_count, 3);
    const struct pump *old = &account->pumps[0], *present = &account->pumps[1], *retired = &account->pumps[2];
    assert_int_equal(old->assignment_count, 1);
    const struct assignment *its = &old->assignments[0];
    assert_string_equal(its->id, "0b1c-old");
    assert_string_equal(old->serial_number, "9000123");
    assert_string_equal(old->model_name, "t:slim X2");
    assert_true(its->newest_event == at("2026-03-02T08:30:00"));
    assert_true(its->first_available == at("2024-01-01T00:00:00"));
    assert_true(its->last_available == at("2026-03-02T08:30:00"));
    assert_true(its->last_upload == at("2026-03-02T14:31:00") && old->last_upload == its->last_upload);
    assert_null(old->settings);
    assert_null(old->settings_hash);
    assert_string_equal(present->serial_number, "9000456");
    assert_string_equal(present->model_name, "");
    assert_true(present->assignments[0].last_available == NO_TIME && present->last_upload == NO_TIME);
    assert_true(json_is(json_get(present->settings, "profiles"), JSON_OBJECT));
    assert_string_equal(present->settings_hash, "C0FFEE");
    assert_true(retired->assignments[0].first_available == NO_TIME);
    assert_null(retired->settings);
    account_free(account);
    account_free(NULL);
}

static void what_is_no_pump_is_left_out(void **state)
{
    (void)state;
    struct account *account =
        parse("{\"pumps\":[null,7,\"x\",[],{},{\"assignmentId\":null},{\"assignmentId\":\"\"},{"
              "\"assignmentId\":\"../x\"},"
              "{\"assignmentId\":\"..\"},{\"assignmentId\":\"a\\u0000b\"},{\"assignmentId\":7},"
              "{\"assignmentId\":\"ok\",\"serialNumber\":[],\"modelName\":{},\"maxDateOfEvents\":\"soon\","
              "\"lastUploadDate\":5,\"availableDataRange\":[1],\"settings\":[]},{\"assignmentId\":\"ok\"}]}");
    assert_int_equal(account->pump_count, 1);
    assert_string_equal(account->pumps[0].serial_number, "ok"); /* so that two without a number stay two */
    assert_true(account->pumps[0].assignments[0].newest_event == NO_TIME);
    assert_true(account->pumps[0].last_upload == NO_TIME);
    account_free(account);
}

static void an_assignment_goes_into_an_address(void **state)
{
    (void)state;
    for (int length = 128; length <= 129; length++) {
        char text[400];
        snprintf(text, sizeof text, "{\"pumps\":[{\"assignmentId\":\"%0*d\",\"serialNumber\":\"1\"}]}",
                 length, 7);
        struct account *account = parse(text);
        assert_int_equal(account->pump_count, length <= 128);
        account_free(account);
    }
}

static void another_answer_is_an_error(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "", "{}", "[]", "null", "{\"pumps\":null}", "{\"pumps\":{}}", "<html>", "{\"pumps\":["};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct error error = {0};
        assert_null(account_parse(texts[i], strlen(texts[i]), &error));
        assert_int_equal(error.kind, ERROR_DATA);
        assert_string_not_equal(error.text, "");
    }
}

static void every_truncation_is_survived(void **state)
{
    (void)state;
    for (size_t length = 0; length < sizeof answer - 1; length++) {
        char *copy = malloc(length ? length : 1);
        memcpy(copy, answer, length);
        assert_null(account_parse(copy, length, NULL));
        free(copy);
    }
}

static void pumps_are_chosen_by_range(void **state)
{
    (void)state;
    struct account *account = parse(answer);
    static const struct {
        const char *from, *to, *now, *chosen;
    } cases[] = {
        {"2026-04-09T00:00:00", "2026-04-10T13:00:00", "2026-04-10T13:00:00", "-+-"},
        {"2026-03-01T00:00:00", "2026-03-03T00:00:00", "2026-04-10T13:00:00", "++-"},
        {"2026-03-01T00:00:00", "2026-03-02T10:00:00", "2026-04-10T13:00:00", "+--"},
        {"2026-03-02T08:30:00", "2026-03-02T10:00:01", "2026-04-10T13:00:00", "++-"},
        {"2026-04-10T12:00:01", "2026-04-11T00:00:00", "2026-04-11T00:00:00", "---"},
        {"2023-01-01T00:00:00", "2023-02-01T00:00:00", "2026-04-10T13:00:00", "---"},
        {"2026-04-09T00:00:00", "2026-04-10T00:00:00", "2026-04-09T11:59:59", "---"}, /* over 24 h ahead */
        {"2149-06-01T00:00:00", "2149-06-07T00:00:00", "2149-06-06T00:00:00", "--+"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool chosen[3];
        char warning[300], got[4] = "";
        assert_true(account_choose_pumps(account, NULL, at(cases[i].from), at(cases[i].to), at(cases[i].now),
                                         chosen, warning, sizeof warning, NULL));
        for (size_t j = 0; j < 3; j++)
            got[j] = chosen[j] ? '+' : '-';
        assert_string_equal(got, cases[i].chosen);
        assert_int_equal(*warning != '\0', strcmp(got, "---") == 0);
    }
    account_free(account);
}

/* An account of pumps, each "serial maxDateOfEvents lastUploadDate hash"; "-" is null. The id is its place.
 */
static struct account *account_of(const char *const *lines)
{
    struct buffer text;
    buffer_init(&text, 10000);
    buffer_add_text(&text, "{\"pumps\":[");
    for (size_t i = 0; lines[i]; i++) {
        char serial[20], newest[30], upload[30], hash[20];
        assert_int_equal(sscanf(lines[i], "%19s %29s %29s %19s", serial, newest, upload, hash), 4);
        buffer_addf(&text,
                    "%s{\"assignmentId\":\"%zu\",\"serialNumber\":\"%s\",\"maxDateOfEvents\":\"%s\","
                    "\"lastUploadDate\":\"%s\",\"settings\":{\"settingsHash\":\"%s\",\"details\":{}}}",
                    i ? "," : "", i, serial, newest, upload, hash);
    }
    buffer_add_text(&text, "]}");
    struct account *account = parse(text.data);
    buffer_free(&text);
    return account;
}

static void one_serial_number_is_one_pump(void **state)
{
    (void)state;
    static const char *const lines[] = {"9000456 2026-03-01T10:00:00 2026-03-01T14:05:00Z OLD",
                                        "9000123 - - X",
                                        "9000456 2026-05-14T10:00:00 2026-05-14T14:05:00Z NEW",
                                        "9000456 2026-04-01T10:00:00 2026-04-01T14:05:00Z MIDDLE", NULL};
    struct account *account = account_of(lines);
    assert_int_equal(account->pump_count, 2);
    const struct pump *pump = &account->pumps[0];
    assert_int_equal(pump->assignment_count, 3);
    assert_string_equal(pump->assignments[1].id, "2");
    assert_true(pump->last_upload == at("2026-05-14T14:05:00"));
    assert_string_equal(pump->settings_hash, "NEW");
    int64_t now = at("2026-05-14T15:00:00"), from = at("2026-03-20T00:00:00"), to = at("2026-04-20T00:00:00");
    assert_true(pump_newest(pump, now) == at("2026-05-14T10:00:00"));
    assert_false(assignment_reaches_into(&pump->assignments[0], from, to, now));
    assert_true(assignment_reaches_into(&pump->assignments[1], from, to, now));
    assert_true(assignment_reaches_into(&pump->assignments[2], from, to, now));
    assert_true(
        assignment_reaches_into(&account->pumps[1].assignments[0], from, to, now)); /* nobody can tell */

    bool chosen[2];
    char warning[600];
    assert_true(
        account_choose_pumps(account, "9000456", from, to, now, chosen, warning, sizeof warning, NULL));
    assert_true(chosen[0] && !chosen[1]);
    assert_string_equal(warning, "");
    assert_true(account_choose_pumps(account, NULL, from, to, now, chosen, warning, sizeof warning, NULL));
    assert_true(chosen[0] && !chosen[1]);
    account_free(account);
}

/* A row of cases about one pump at 2026-05-14T15:00:00Z. */
static void dates_that_cannot_be_are_none(void **state)
{
    (void)state;
    static const struct {
        const char *line, *newest;
        bool in_use, reads_today;
    } cases[] = {
        {"1 2026-05-14T10:00:00 2026-05-14T14:05:00Z H", "2026-05-14T10:00:00", true, true},
        {"1 2037-12-31T00:00:00 2022-03-01T09:00:00Z H", NULL, false,
         false},                                                            /* retired, with a placeholder */
        {"1 2056-05-14T10:00:00 2026-05-14T14:05:00Z H", NULL, true, true}, /* in use, its year is wrong */
        {"1 2008-01-01T10:00:00 2026-05-14T14:05:00Z H", "2008-01-01T10:00:00", true, true},
        {"1 2026-05-15T04:00:00 2026-05-14T14:05:00Z H", "2026-05-15T04:00:00", true,
         true}, /* in Kiritimati */
        {"1 2026-05-15T14:05:01 2026-05-14T14:05:00Z H", NULL, true, true},
        {"1 2026-05-07T10:00:00 2026-05-07T15:00:00Z H", "2026-05-07T10:00:00", true, false},
        {"1 2026-05-07T10:00:00 2026-05-07T14:59:59Z H", "2026-05-07T10:00:00", false, false},
        {"1 2026-05-14T10:00:00 - H", "2026-05-14T10:00:00", false, true},
        {"1 2098-12-31T00:00:00 - H", NULL, false, false},
        {"1 - 2098-12-31T00:00:00Z H", NULL, false, false},
        {"1 - - H", NULL, false, false},
    };
    int64_t now = at("2026-05-14T15:00:00");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const lines[] = {cases[i].line, NULL};
        struct account *account = account_of(lines);
        bool chosen[1];
        char warning[600];
        if (pump_newest(&account->pumps[0], now) != (cases[i].newest ? at(cases[i].newest) : NO_TIME) ||
            pump_in_use(&account->pumps[0], now) != cases[i].in_use)
            fail_msg("%s", cases[i].line);
        assert_true(
            account_choose_pumps(account, NULL, now - DAY, now, now, chosen, warning, sizeof warning, NULL));
        if (chosen[0] != cases[i].reads_today || chosen[0] == (*warning != '\0'))
            fail_msg("%s: %s", cases[i].line, warning);
        account_free(account);
    }
}

static void a_serial_number_chooses_one(void **state)
{
    (void)state;
    static const struct {
        const char *lines[4], *serial, *warning, *profile;
    } cases[] = {
        /* The setting names the old pump: silent for 3 days, then for longer. */
        {{"9000123 - 2026-05-11T15:00:00Z OLD", "9000456 - 2026-05-14T14:00:00Z NEW"},
         "9000123",
         NULL,
         "OLD"},
        {{"9000123 - 2026-05-11T14:59:59Z OLD", "9000456 - 2026-05-14T14:00:00Z NEW"},
         "9000123",
         "456",
         NULL},
        {{"9000123 - 2022-05-11T14:59:59Z OLD", "9000456 - 2026-05-14T14:00:00Z NEW"},
         "9000123",
         "456",
         NULL},
        {{"9000123 2037-01-01T00:00:00 - OLD", "9000456 - 2026-05-14T14:00:00Z NEW"}, "9000123", "456", NULL},
        {{"9000123 - 2022-05-11T14:59:59Z OLD", "9000456 - 2026-05-14T14:00:00Z NEW"},
         "9000456",
         NULL,
         "NEW"},
        /* The other is a retired one that claims the future. */
        {{"9000123 - 2026-05-09T14:59:59Z OLD", "9000456 2037-01-01T00:00:00 2026-05-01T14:00:00Z NEW"},
         "9000123",
         NULL,
         "OLD"},
        /* Both are silent: the phone is, and no pump is new. */
        {{"9000123 - 2026-05-10T12:00:00Z OLD", "9000456 - 2026-05-10T11:00:00Z NEW"},
         "9000123",
         NULL,
         "OLD"},
        {{"9000123 - 2026-05-01T12:00:00Z OLD", "9000456 - 2026-05-01T11:00:00Z NEW"}, "9000123", NULL, NULL},
        /* Without the setting the pump in use that uploaded last is the one with the profile. */
        {{"9000456 - 2026-05-14T14:00:00Z NEW", "9000123 2037-01-01T00:00:00 2022-01-01T00:00:00Z OLD"},
         NULL,
         NULL,
         "NEW"},
        {{"9000123 - 2026-05-13T14:00:00Z OLD", "9000456 - 2026-05-14T14:00:00Z NEW"}, NULL, NULL, "NEW"},
        {{"9000123 2026-05-14T14:00:00 2026-05-01T14:00:00Z OLD"}, NULL, "", NULL},
    };
    int64_t now = at("2026-05-14T15:00:00");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct account *account = account_of(cases[i].lines);
        bool chosen[4];
        char warning[600], ending[20];
        assert_true(account_choose_pumps(account, cases[i].serial, now - DAY, now, now, chosen, warning,
                                         sizeof warning, NULL));
        for (size_t j = 0; cases[i].serial && j < account->pump_count; j++)
            assert_int_equal(chosen[j], strcmp(account->pumps[j].serial_number, cases[i].serial) == 0);
        snprintf(ending, sizeof ending, "ends in %s", cases[i].warning ? cases[i].warning : "");
        const struct pump *pump = account_profile_pump(account, cases[i].serial, now - DAY, now);
        if ((cases[i].serial && (cases[i].warning ? !strstr(warning, ending) : *warning)) ||
            (pump != NULL) != (cases[i].profile != NULL) ||
            (pump && strcmp(pump->settings_hash, cases[i].profile) != 0))
            fail_msg("case %zu: %s", i, warning);
        account_free(account);
    }
}

/* In 2026, of a range in May 2025. */
static void days_of_long_ago_bring_the_profile_of_then(void **state)
{
    (void)state;
    static const struct {
        const char *lines[3], *serial, *profile;
    } cases[] = {
        {{"9000123 2025-06-01T10:00:00 2025-06-01T14:00:00Z THEN"}, NULL, "THEN"},
        {{"9000123 2025-06-01T10:00:00 - THEN"}, NULL, "THEN"},
        {{"9000123 2025-04-01T10:00:00 2025-04-01T14:00:00Z THEN"}, NULL, NULL},
        {{"9000123 2025-06-01T10:00:00 2025-06-01T14:00:00Z THEN", "9000456 - 2026-05-14T14:00:00Z NOW"},
         NULL,
         "NOW"},
        {{"9000123 2025-06-01T10:00:00 2025-06-01T14:00:00Z THEN", "9000456 - 2026-05-14T14:00:00Z NOW"},
         "9000123",
         NULL},
        {{"9000123 2025-06-01T10:00:00 2025-06-01T14:00:00Z THEN",
          "9000456 2025-07-01T10:00:00 2025-07-01T14:00:00Z LATER"},
         NULL,
         "LATER"},
        {{"9000123 2037-01-01T00:00:00 2025-06-01T14:00:00Z THEN"},
         NULL,
         NULL}, /* retired, with a placeholder */
        {{"9000123 2037-01-01T00:00:00 - THEN"}, NULL, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct account *account = account_of(cases[i].lines);
        const struct pump *pump = account_profile_pump(account, cases[i].serial, at("2025-05-01T00:00:00"),
                                                       at("2026-05-14T15:00:00"));
        if ((pump != NULL) != (cases[i].profile != NULL) ||
            (pump && strcmp(pump->settings_hash, cases[i].profile) != 0))
            fail_msg("case %zu: %s", i, pump ? pump->settings_hash : "none");
        account_free(account);
    }
}

static void a_monstrous_account_is_refused(void **state)
{
    (void)state;
    for (size_t count = ASSIGNMENTS_MAXIMUM; count <= 80000; count += 80000 - ASSIGNMENTS_MAXIMUM) {
        struct buffer text;
        struct error error = {0};
        buffer_init(&text, 1 << 23);
        buffer_add_text(&text, "{\"pumps\":[");
        for (size_t i = 0; i < count; i++)
            buffer_addf(&text, "%s{\"assignmentId\":\"%zu\",\"serialNumber\":\"%zu\"}", i ? "," : "", i,
                        9000000 + i);
        buffer_add_text(&text, "]}");
        struct account *account = account_parse(text.data, text.length, &error);
        assert_int_equal(account != NULL, count == ASSIGNMENTS_MAXIMUM);
        assert_int_equal(error.kind, account ? ERROR_NONE : ERROR_LIMIT);
        account_free(account);
        buffer_free(&text);
    }
}

static void an_unknown_serial_number_names_the_known_ones_endings(void **state)
{
    (void)state;
    struct account *account = parse(answer);
    bool chosen[3];
    char warning[300];
    struct error error = {0};
    assert_false(account_choose_pumps(account, "9000124", 0, 1, 1, chosen, warning, sizeof warning, &error));
    assert_int_equal(error.kind, ERROR_CONFIGURATION);
    assert_non_null(strstr(error.text, "end in 123, 456, 789."));
    assert_null(strstr(error.text, "9000"));
    account_free(account);

    account = parse("{\"pumps\":[{\"assignmentId\":\"a\",\"serialNumber\":\"<b>\"}]}");
    assert_false(account_choose_pumps(account, "1", 0, 1, 1, chosen, warning, sizeof warning, &error));
    assert_null(strstr(error.text, "<b>"));
    account_free(account);

    account = parse("{\"pumps\":[{\"assignmentId\":\"a\",\"serialNumber\":\"1234\"},{\"assignmentId\":\"b\","
                    "\"serialNumber\":\"123\"}]}"); /* of a whole number nothing is told */
    assert_false(account_choose_pumps(account, "1", 0, 1, 1, chosen, warning, sizeof warning, &error));
    assert_non_null(strstr(error.text, "end in 234, (unknown)."));
    account_free(account);

    account = parse("{\"pumps\":[]}");
    assert_false(account_choose_pumps(account, "1", 0, 1, 1, NULL, warning, sizeof warning, &error));
    assert_non_null(strstr(error.text, "has no pump"));
    assert_true(account_choose_pumps(account, NULL, 0, 1, 1, NULL, warning, sizeof warning, &error));
    assert_non_null(strstr(warning, "has no pump"));
    account_free(account);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pumps_are_read),
        cmocka_unit_test(what_is_no_pump_is_left_out),
        cmocka_unit_test(an_assignment_goes_into_an_address),
        cmocka_unit_test(another_answer_is_an_error),
        cmocka_unit_test(every_truncation_is_survived),
        cmocka_unit_test(pumps_are_chosen_by_range),
        cmocka_unit_test(one_serial_number_is_one_pump),
        cmocka_unit_test(dates_that_cannot_be_are_none),
        cmocka_unit_test(a_serial_number_chooses_one),
        cmocka_unit_test(days_of_long_ago_bring_the_profile_of_then),
        cmocka_unit_test(a_monstrous_account_is_refused),
        cmocka_unit_test(an_unknown_serial_number_names_the_known_ones_endings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
