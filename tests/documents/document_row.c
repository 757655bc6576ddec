#include "document_row.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void row_holds(void **state)
{
    const struct row *row = *state;
    struct fixture fixture;
    struct buffer out;
    buffer_init(&out, 1 << 20);
    fixture_open(&fixture);
    fixture_set_features(&fixture,
                         row->features ? row->features : ALL & ~(FEATURE_DEVICE_STATUS | FEATURE_IOB));
    if (row->now)
        fixture_set_now(&fixture, row->now);
    fixture.rules.ignore_zero_unit_basal = row->ignore_zero_unit_basal;
    fixture_read(&fixture, 0, row->events);
    fixture_build(&fixture);
    fixture_write_documents(&fixture, &out);
    assert_string_equal(out.data, row->documents);
    buffer_free(&out);
    fixture_close(&fixture);
}

int run_rows(const char *group, const struct CMUnitTest *tests, size_t test_count, const struct rows *tables,
             size_t table_count)
{
    size_t total = test_count, count = test_count;
    for (size_t i = 0; i < table_count; i++)
        total += tables[i].count;
    struct CMUnitTest *all = calloc(total, sizeof *all);
    if (!all)
        return EXIT_FAILURE;
    memcpy(all, tests, test_count * sizeof *all);
    for (size_t i = 0; i < table_count; i++)
        for (size_t j = 0; j < tables[i].count; j++)
            all[count++] = (struct CMUnitTest){.name = tables[i].row[j].name,
                                               .test_func = row_holds,
                                               .initial_state = (void *)(uintptr_t)&tables[i].row[j]};
    int failed = _cmocka_run_group_tests(group, all, total, NULL, NULL);
    free(all);
    return failed;
}
