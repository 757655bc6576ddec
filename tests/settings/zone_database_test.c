#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/settings/zone_database.h"

static struct time_zone *open_zone(const char *name)
{
    struct error error = {0};
    struct time_zone *zone = zone_database_open(name, "TIMEZONE_NAME", &error);
    assert_string_equal(error.text, "");
    return zone;
}

/* The instants that a wall time may mean, as UTC. */
static void expect(const struct time_zone *zone, const char *wall, const char *first_utc,
                   const char *second_utc)
{
    char out[CIVIL_TEXT_SIZE];
    int64_t first, second;
    bool repeated = time_zone_instants(zone, civil_parse_wall(wall), &first, &second);
    assert_int_equal(repeated, strcmp(first_utc, second_utc) != 0);
    assert_string_equal(civil_format(out, first, 0, NO_OFFSET), first_utc);
    assert_string_equal(civil_format(out, second, 0, NO_OFFSET), second_utc);
}

static void clock_changes_in_new_york(void **state)
{
    (void)state;
    char out[CIVIL_TEXT_SIZE];
    struct time_zone *zone = open_zone("America/New_York");
    expect(zone, "2026-05-14T00:01:00", "2026-05-14T04:01:00", "2026-05-14T04:01:00");
    expect(zone, "2026-03-08T01:59:59", "2026-03-08T06:59:59", "2026-03-08T06:59:59");
    expect(zone, "2026-03-08T02:30:00", "2026-03-08T07:30:00", "2026-03-08T07:30:00"); /* skipped */
    expect(zone, "2026-03-08T03:00:00", "2026-03-08T07:00:00", "2026-03-08T07:00:00");
    expect(zone, "2026-11-01T00:59:59", "2026-11-01T04:59:59", "2026-11-01T04:59:59");
    expect(zone, "2026-11-01T01:00:00", "2026-11-01T05:00:00", "2026-11-01T06:00:00"); /* repeated */
    expect(zone, "2026-11-01T01:59:59", "2026-11-01T05:59:59", "2026-11-01T06:59:59");
    expect(zone, "2026-11-01T02:00:00", "2026-11-01T07:00:00", "2026-11-01T07:00:00");
    assert_string_equal(time_zone_format(zone, out, 1778731260, 1), "2026-05-14T00:01:00.001-04:00");
    assert_string_equal(time_zone_format(zone, out, 1765000000, 0), "2025-12-06T00:46:40-05:00");
    time_zone_free(zone);
}

static void odd_zones(void **state)
{
    (void)state;
    struct time_zone *zone = open_zone("Australia/Lord_Howe"); /* half an hour of summer time */
    expect(zone, "2026-04-05T01:45:00", "2026-04-04T14:45:00", "2026-04-04T15:15:00");
    expect(zone, "2026-10-04T02:10:00", "2026-10-03T15:40:00", "2026-10-03T15:40:00");
    time_zone_free(zone);
    zone = open_zone("Asia/Kolkata");
    expect(zone, "2026-05-14T05:30:00", "2026-05-14T00:00:00", "2026-05-14T00:00:00");
    time_zone_free(zone);
    zone = open_zone("UTC");
    expect(zone, "2026-05-14T05:30:00", "2026-05-14T05:30:00", "2026-05-14T05:30:00");
    time_zone_free(zone);
}

static void old_names_are_known_and_unknown_ones_refused(void **state)
{
    (void)state;
    struct time_zone *zone = open_zone("US/Eastern");
    assert_string_equal(zone->name, "US/Eastern");
    expect(zone, "2026-05-14T00:01:00", "2026-05-14T04:01:00", "2026-05-14T04:01:00");
    time_zone_free(zone);
    static const char *const wrong[] = {"",
                                        "Mars/Olympus",
                                        "../../etc/passwd",
                                        "/etc/localtime",
                                        "America",
                                        "EST5EDT,M3",
                                        "America/New_York ",
                                        "America/New_York/",
                                        "/America/New_York",
                                        "America//New_York",
                                        "./America/New_York",
                                        "America/../America/New_York",
                                        NULL};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct error error = {0};
        assert_null(zone_database_open(wrong[i], "TIMEZONE_NAME_2", &error));
        assert_int_equal(error.kind, ERROR_CONFIGURATION);
        assert_non_null(strstr(error.text, "TIMEZONE_NAME_2 is not a known time zone."));
    }
}

/* A machine without the package of old names, or with too old a one; and one without any zone. */
static void a_machine_with_few_zones(void **state)
{
    (void)state;
    const int before = open("/dev/null", O_RDONLY);
    close(before);
    char folder[] = "/tmp/zone_database_test.XXXXXX", america[60], kiev[60], fake[60], europe[60];
    struct error error = {0};
    assert_non_null(mkdtemp(folder));
    setenv("TZDIR", folder, 1);
    assert_null(zone_database_open("America/New_York", "TIMEZONE_NAME", &error));
    assert_non_null(strstr(error.text, "has no time zone files"));
    snprintf(america, sizeof america, "%s/America", folder);
    snprintf(europe, sizeof europe, "%s/Europe", folder);
    snprintf(kiev, sizeof kiev, "%s/Europe/Kiev", folder);
    assert_int_equal(symlink("/usr/share/zoneinfo/America", america), 0);
    assert_int_equal(mkdir(europe, 0700), 0);
    assert_int_equal(symlink("/usr/share/zoneinfo/Europe/Berlin", kiev), 0);
    snprintf(fake, sizeof fake, "%s/Europe/Fake", folder);
    FILE *file = fopen(fake, "w");
    fputs("TZig2, nearly", file);
    fclose(file);
    assert_null(zone_database_open("Europe/Fake", "TIMEZONE_NAME", &error));
    static const char *const names[][2] = {{"US/Eastern", "2026-05-14T04:01:00"},
                                           {"us/pacific", "2026-05-14T07:01:00"},
                                           {"US/Alaska", "2026-05-14T08:01:00"},
                                           {"Europe/Kyiv", "2026-05-13T22:01:00"},
                                           {"Mexico/General", "2026-05-14T06:01:00"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct time_zone *zone = open_zone(names[i][0]);
        assert_string_equal(zone->name, names[i][0]);
        expect(zone, "2026-05-14T00:01:00", names[i][1], names[i][1]);
        time_zone_free(zone);
    }
    assert_null(zone_database_open("Turkey", "TIMEZONE_NAME", &error)); /* its zone is not there */
    assert_non_null(strstr(error.text, "TIMEZONE_NAME is not a known time zone."));
    setenv("TZDIR", "usr/share/zoneinfo", 1); /* not from the root: does not count */
    time_zone_free(open_zone("Asia/Tokyo"));
    unsetenv("TZDIR");
    const int after = open("/dev/null", O_RDONLY);
    assert_int_equal(after, before); /* no file is left open */
    close(after);
    assert_int_equal(unlink(america) | unlink(kiev) | unlink(fake) | rmdir(europe) | rmdir(folder), 0);
}

static void the_machines_own_zone_does_not_matter(void **state)
{
    (void)state;
    setenv("TZ", "Asia/Tokyo", 1);
    struct time_zone *zone = open_zone("America/New_York");
    assert_string_equal(getenv("TZ"), "Asia/Tokyo");
    expect(zone, "2026-05-14T00:01:00", "2026-05-14T04:01:00", "2026-05-14T04:01:00");
    time_zone_free(zone);
    unsetenv("TZ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clock_changes_in_new_york),
        cmocka_unit_test(odd_zones),
        cmocka_unit_test(old_names_are_known_and_unknown_ones_refused),
        cmocka_unit_test(a_machine_with_few_zones),
        cmocka_unit_test(the_machines_own_zone_does_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
