/* What one sync did, as JSON and as the table that a person reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/documents/report.h"

static void write_table(const struct report *report, struct buffer *out)
{
    buffer_clear(out);
    report_write_table(report, out);
}

static void the_table_ends_in_the_sum_of_its_columns(void **state)
{
    (void)state;
    struct report report;
    struct buffer table;
    buffer_init(&table, 10000);
    report_init(&report, 0);
    report.kinds[DOCUMENT_TEMP_BASAL] = (struct report_counts){.created = 1, .amended = 20, .unchanged = 300};
    report.kinds[DOCUMENT_READING] = (struct report_counts){.created = 5, .amended = 60, .withheld = 7};
    report.kinds[DOCUMENT_NOTE] = (struct report_counts){.created = 2, .amended = 2};
    write_table(&report, &table);
    assert_string_equal(table.data, "                    created  amended unchanged withheld\n"
                                    "Temp Basal                1       20       300        0\n"
                                    "Note                      2        2         0        0\n"
                                    "sgv                       5       60         0        7\n"
                                    "total                     8       82       300        7\n");
    buffer_free(&table);
    report_free(&report);
}

static void some_warnings_are_kept(void **state)
{
    (void)state;
    struct report report;
    struct buffer table;
    buffer_init(&table, 10000);
    report_init(&report, 0);
    for (int i = 1; i <= REPORT_WARNINGS_MAXIMUM + 1; i++)
        report_warn(&report, "number %d", i);
    write_table(&report, &table);
    assert_string_equal(table.data, "                    created  amended unchanged withheld\n"
                                    "total                     0        0         0        0\n"
                                    "warning: number 1\nwarning: number 2\nwarning: number 3\n"
                                    "warning: number 4\nwarning: number 5\nwarning: number 6\n"
                                    "warning: number 7\nwarning: number 8\n");
    buffer_free(&table);
    report_free(&report);
}

static void the_json_tells_all(void **state)
{
    (void)state;
    struct report report;
    struct buffer json;
    buffer_init(&json, 10000);
    report_init(&report, 0);
    report.ok = true;
    report.seconds = 1.25;
    report.events_read = 7;
    report.kinds[DOCUMENT_READING].created = 5;
    report.refused = 2;
    report.requests = 9;
    report.connections = 3;
    report_warn(&report, "careful");
    report_write_json(&report, NULL, &json);
    assert_string_equal(
        json.data,
        "{\"result\":\"ok\",\"error\":null,\"events_read\":7,\"created\":5,\"amended\":0,\"unchanged\":0,"
        "\"withheld\":0,"
        "\"skipped\":{\"refused by Nightscout\":2},"
        "\"by_type\":{\"sgv\":{\"created\":5,\"amended\":0,\"unchanged\":0,\"withheld\":0}},"
        "\"deleted\":0,\"pretend\":false,\"warnings\":[\"careful\"],\"requests\":9,\"connections\":3,"
        "\"seconds\":1.25,\"last_sequence\":null,\"newest_event\":null}");
    buffer_free(&json);
    report_free(&report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_ends_in_the_sum_of_its_columns),
        cmocka_unit_test(some_warnings_are_kept),
        cmocka_unit_test(the_json_tells_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
