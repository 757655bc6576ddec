/* Time zones by their names, from the machine's zone files. */
#include "tconnectsync/settings/zone_database.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "tconnectsync/base/civil_time.h"
#include "tconnectsync/base/error.h"
#include "tconnectsync/base/memory.h"

/* Names that newer Debian packages leave out (tzdata-legacy), as the tz database's
   "backward" file links them. */
static const struct {
    const char *old, *current;
} old_names[] = {
    {"US/Alaska", "America/Anchorage"},
    {"US/Aleutian", "America/Adak"},
    {"US/Arizona", "America/Phoenix"},
    {"US/Central", "America/Chicago"},
    {"US/East-Indiana", "America/Indiana/Indianapolis"},
    {"US/Eastern", "America/New_York"},
    {"US/Hawaii", "Pacific/Honolulu"},
    {"US/Indiana-Starke", "America/Indiana/Knox"},
    {"US/Michigan", "America/Detroit"},
    {"US/Mountain", "America/Denver"},
    {"US/Pacific", "America/Los_Angeles"},
    {"US/Samoa", "Pacific/Pago_Pago"},
    {"Canada/Atlantic", "America/Halifax"},
    {"Canada/Central", "America/Winnipeg"},
    {"Canada/Eastern", "America/Toronto"},
    {"Canada/Mountain", "America/Edmonton"},
    {"Canada/Newfoundland", "America/St_Johns"},
    {"Canada/Pacific", "America/Vancouver"},
    {"Canada/Saskatchewan", "America/Regina"},
    {"Canada/Yukon", "America/Whitehorse"},
    {"America/Buenos_Aires", "America/Argentina/Buenos_Aires"},
    {"America/Fort_Wayne", "America/Indiana/Indianapolis"},
    {"America/Indianapolis", "America/Indiana/Indianapolis"},
    {"America/Louisville", "America/Kentucky/Louisville"},
    {"America/Montreal", "America/Toronto"},
    {"Asia/Calcutta", "Asia/Kolkata"},
    {"Asia/Katmandu", "Asia/Kathmandu"},
    {"Asia/Rangoon", "Asia/Yangon"},
    {"Asia/Saigon", "Asia/Ho_Chi_Minh"},
    {"Asia/Tel_Aviv", "Asia/Jerusalem"},
    {"Atlantic/Faeroe", "Atlantic/Faroe"},
    {"Australia/ACT", "Australia/Sydney"},
    {"Australia/Canberra", "Australia/Sydney"},
    {"Australia/NSW", "Australia/Sydney"},
    {"Australia/North", "Australia/Darwin"},
    {"Australia/Queensland", "Australia/Brisbane"},
    {"Australia/South", "Australia/Adelaide"},
    {"Australia/Tasmania", "Australia/Hobart"},
    {"Australia/Victoria", "Australia/Melbourne"},
    {"Australia/West", "Australia/Perth"},
    {"Brazil/East", "America/Sao_Paulo"},
    {"Eire", "Europe/Dublin"},
    {"Europe/Kiev", "Europe/Kyiv"},
    {"Europe/Kyiv", "Europe/Kiev"}, /* the other way round: the name is newer than some zone files */
    {"GB", "Europe/London"},
    {"Hongkong", "Asia/Hong_Kong"},
    {"Israel", "Asia/Jerusalem"},
    {"Japan", "Asia/Tokyo"},
    {"Mexico/General", "America/Mexico_City"},
    {"NZ", "Pacific/Auckland"},
    {"Poland", "Europe/Warsaw"},
    {"Portugal", "Europe/Lisbon"},
    {"ROK", "Asia/Seoul"},
    {"Singapore", "Asia/Singapore"},
    {"Turkey", "Europe/Istanbul"},
};

/* The years whose clock changes are looked up: from before the first pump event to well past any real one. */
#define FIRST_INSTANT INT64_C(1167609600) /* 2007-01-01 */
#define LAST_INSTANT  INT64_C(2840140800) /* 2060-01-01 */

/* Written as the zone files are: another way to the same file is not the name that Nightscout knows. */
static bool is_plain_name(const char *name)
{
    size_t length = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/_+-");
    return name[length] == '\0' && name[0] != '/' && !strstr(name, "//");
}

static const char *zone_folder(void)
{
    const char *folder = getenv("TZDIR");
    return folder && *folder == '/' ? folder : "/usr/share/zoneinfo";
}

/* glibc takes a name it does not know for UTC without a word: look at the file first. */
static bool is_zone_file(const char *name)
{
    char magic[4] = "", *path = xasprintf("%s/%s", zone_folder(), name);
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    free(path);
    if (file < 0)
        return false;
    bool found = read(file, magic, sizeof magic) == sizeof magic && memcmp(magic, "TZif", 4) == 0;
    close(file);
    return found;
}

static const char *find_name(const char *name)
{
    if (is_zone_file(name))
        return name;
    for (size_t i = 0; i < sizeof old_names / sizeof *old_names; i++)
        if (strcasecmp(name, old_names[i].old) == 0 && is_zone_file(old_names[i].current))
            return old_names[i].current;
    return NULL;
}

static int32_t local_offset(int64_t instant)
{
    time_t seconds = (time_t)instant;
    struct tm local;
    return localtime_r(&seconds, &local) ? (int32_t)local.tm_gmtoff : 0;
}

static void add_change(struct time_zone *zone, int64_t at, int32_t offset)
{
    zone->changes = xreallocarray(zone->changes, zone->change_count + 1, sizeof *zone->changes);
    zone->changes[zone->change_count++] = (struct time_zone_change){at, offset};
}

/* Walks through the years by the day; where the offset differs, the exact second is found by halving. */
static void find_changes(struct time_zone *zone)
{
    int32_t offset = local_offset(FIRST_INSTANT);
    add_change(zone, INT64_MIN, offset);
    for (int64_t day = FIRST_INSTANT; day < LAST_INSTANT; day += SECONDS_PER_DAY) {
        int32_t next = local_offset(day + SECONDS_PER_DAY);
        if (next == offset)
            continue;
        int64_t before = day, after = day + SECONDS_PER_DAY;
        while (after - before > 1) {
            int64_t middle = before + (after - before) / 2;
            if (local_offset(middle) == offset)
                before = middle;
            else
                after = middle;
        }
        add_change(zone, after, next);
        offset = next;
    }
}

/* Without memory glibc takes the zone for UTC, and says so nowhere else than in errno. */
static void use_zone(const char *variable)
{
    errno = 0;
    if (variable)
        setenv("TZ", variable, 1);
    else
        unsetenv("TZ");
    tzset();
    if (errno == ENOMEM)
        end_process("out of memory");
}

struct time_zone *zone_database_open(const char *name, const char *setting, struct error *error)
{
    const char *found = name && is_plain_name(name) ? find_name(name) : NULL;
    if (!found) {
        if (!is_zone_file("UTC") && !is_zone_file("America/New_York"))
            error_set(error, ERROR_CONFIGURATION,
                      "This machine has no time zone files: install its tzdata package.");
        else
            error_set(error, ERROR_CONFIGURATION,
                      "%s is not a known time zone. Set it to the zone that the pump's clock is set to, such "
                      "as America/New_York or Europe/Berlin.",
                      setting);
        return NULL;
    }
    char *saved = xstrdup(getenv("TZ")), *variable = xasprintf(":%s/%s", zone_folder(), found);
    use_zone(variable);
    struct time_zone *zone = xcalloc(1, sizeof *zone);
    zone->name = xstrdup(name);
    find_changes(zone);
    use_zone(saved);
    free(variable);
    free(saved);
    return zone;
}
