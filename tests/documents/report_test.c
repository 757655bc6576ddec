/* What one sync did, as the table that a person reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tconnectsync/base/buffer.h"
#include "tconnectsync/documents/report.h"

static void the_table_ends_in_the_sum_of_its_columns(void **state)
{
    (void)state;
    struct report report;
    struct buffer table;
    buffer_init(&table, 10000);
    report_init(&report, 0);
    report.kinds[DOCUMENT_TEMP_BASAL] = (struct report_counts){.created = 1, .amended = 20, .unchanged = 300};
    report.kinds[DOCUMENT_READING] = (struct report_counts){.created = 5, .amended = 60, .withheld = 7};
    report_write_table(&report, &table);
    assert_string_equal(table.data, "                    created  amended unchanged withheld\n"
                                    "Temp Basal                1       20       300        0\n"
                                    "sgv                       5       60         0        7\n"
                                    "total                     6       80       300        7\n");
    buffer_free(&table);
    report_free(&report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_ends_in_the_sum_of_its_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
