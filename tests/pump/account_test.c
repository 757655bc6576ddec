#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

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
    assert_string_equal(old->assignment_id, "0b1c-old");
    assert_string_equal(old->serial_number, "9000123");
    assert_string_equal(old->model_name, "t:slim X2");
    assert_true(old->newest_event == at("2026-03-02T08:30:00"));
    assert_true(old->first_available == at("2024-01-01T00:00:00"));
    assert_true(old->last_available == at("2026-03-02T08:30:00"));
    assert_true(old->last_upload == at("2026-03-02T14:31:00"));
    assert_null(old->settings);
    assert_null(old->settings_hash);
    assert_string_equal(present->serial_number, "9000456");
    assert_string_equal(present->model_name, "");
    assert_true(present->last_available == NO_TIME && present->last_upload == NO_TIME);
    assert_true(json_is(json_get(present->settings, "profiles"), JSON_OBJECT));
    assert_string_equal(present->settings_hash, "C0FFEE");
    assert_true(retired->first_available == NO_TIME);
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
    assert_string_equal(account->pumps[0].serial_number, "");
    assert_true(account->pumps[0].newest_event == NO_TIME && account->pumps[0].last_upload == NO_TIME);
    account_free(account);
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

static void a_serial_number_chooses_one(void **state)
{
    (void)state;
    struct account *account = parse(answer);
    bool chosen[3];
    char warning[300];
    int64_t now = at("2026-03-04T00:00:00");
    assert_true(
        account_choose_pumps(account, "9000123", now - DAY, now, now, chosen, warning, sizeof warning, NULL));
    assert_true(chosen[0] && !chosen[1] && !chosen[2]);
    assert_string_equal(warning, "");

    now = at("2026-04-10T13:00:00");
    assert_true(
        account_choose_pumps(account, "9000123", now - DAY, now, now, chosen, warning, sizeof warning, NULL));
    assert_true(chosen[0] && !chosen[1]);
    assert_non_null(strstr(warning, "ends in 456"));
    assert_true(
        account_choose_pumps(account, "9000789", now - DAY, now, now, chosen, warning, sizeof warning, NULL));
    assert_non_null(strstr(warning, "ends in 456"));
    assert_true(
        account_choose_pumps(account, "9000456", now - DAY, now, now, chosen, warning, sizeof warning, NULL));
    assert_string_equal(warning, "");
    /* Nobody has anything newer: no new pump. */
    now = at("2026-06-10T13:00:00");
    assert_true(
        account_choose_pumps(account, "9000456", now - DAY, now, now, chosen, warning, sizeof warning, NULL));
    assert_string_equal(warning, "");
    account_free(account);
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
        cmocka_unit_test(another_answer_is_an_error),
        cmocka_unit_test(every_truncation_is_survived),
        cmocka_unit_test(pumps_are_chosen_by_range),
        cmocka_unit_test(a_serial_number_chooses_one),
        cmocka_unit_test(an_unknown_serial_number_names_the_known_ones_endings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
