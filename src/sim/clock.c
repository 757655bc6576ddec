/* Dates and zones of the simulators, worked out without the program's own. */
#include "clock.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tconnectsync/base/monotonic.h"

#define QUARTER_HOUR 900

bool clock_set_zone(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
    if (!*name || name[0] == '/' || strstr(name, "..") || access(path, R_OK) != 0)
        return false;
    setenv("TZ", name, 1);
    tzset();
    return true;
}

int32_t clock_offset(int64_t instant)
{
    /* Zones change at whole quarter hours, and a day's records are asked in order. */
    static int64_t known_quarter = INT64_MIN;
    static int32_t known_offset;
    int64_t quarter = instant / QUARTER_HOUR;
    if (quarter != known_quarter) {
        struct tm parts;
        time_t time = (time_t)instant;
        localtime_r(&time, &parts);
        known_quarter = quarter;
        known_offset = (int32_t)parts.tm_gmtoff;
    }
    return known_offset;
}

int64_t clock_day(int64_t seconds)
{
    int64_t day = seconds / DAY;
    return seconds % DAY < 0 ? day - 1 : day;
}

/* Up to digits decimal digits; false when there are fewer. */
static bool read_digits(const char **at, int digits, int *value)
{
    *value = 0;
    for (int i = 0; i < digits; i++, (*at)++) {
        if (!isdigit((unsigned char)**at))
            return false;
        *value = *value * 10 + (**at - '0');
    }
    return true;
}

static bool read_after(const char **at, char mark, int *value)
{
    if (**at != mark)
        return false;
    (*at)++;
    return read_digits(at, 2, value);
}

/* Z, +02:00, +0200, +02 or nothing, up to the end of the text. */
static bool read_zone(const char *at, int *offset_minutes, bool *has_zone)
{
    int hours, minutes = 0;
    *offset_minutes = 0;
    *has_zone = *at != '\0';
    if (!*has_zone)
        return true;
    if (*at == 'Z' || *at == 'z')
        return at[1] == '\0';
    if (*at != '+' && *at != '-')
        return false;
    int sign = *at++ == '-' ? -1 : 1;
    if (!read_digits(&at, 2, &hours))
        return false;
    if (*at == ':')
        at++;
    if (*at && !read_digits(&at, 2, &minutes))
        return false;
    *offset_minutes = sign * (hours * 60 + minutes);
    return *at == '\0';
}

bool clock_parse(const char *text, int64_t *wall_ms, int *offset_minutes, bool *has_zone)
{
    struct tm parts = {0};
    int milliseconds = 0;
    const char *at = text;
    if (!read_digits(&at, 4, &parts.tm_year) || !read_after(&at, '-', &parts.tm_mon) ||
        !read_after(&at, '-', &parts.tm_mday))
        return false;
    if (*at == 'T' || *at == ' ') {
        at++;
        if (!read_digits(&at, 2, &parts.tm_hour) || !read_after(&at, ':', &parts.tm_min))
            return false;
        if (*at == ':' && !read_after(&at, ':', &parts.tm_sec))
            return false;
        if (*at == '.')
            for (int unit = 100; isdigit((unsigned char)*++at); unit /= 10)
                milliseconds += unit * (*at - '0');
    }
    struct tm wanted = parts;
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    int64_t seconds = timegm(&parts);
    if (parts.tm_mday != wanted.tm_mday || parts.tm_mon + 1 != wanted.tm_mon ||
        parts.tm_hour != wanted.tm_hour || parts.tm_min != wanted.tm_min || parts.tm_sec != wanted.tm_sec)
        return false;
    *wall_ms = seconds * 1000 + milliseconds;
    return read_zone(at, offset_minutes, has_zone);
}

bool clock_parse_instant(const char *text, int64_t *instant)
{
    char *end;
    int64_t wall_ms;
    int offset_minutes;
    bool has_zone;
    *instant = strtoll(text, &end, 10);
    if (end != text && *end == '\0')
        return true;
    if (!clock_parse(text, &wall_ms, &offset_minutes, &has_zone))
        return false;
    int64_t wall = wall_ms / 1000;
    *instant = wall - offset_minutes * 60;
    if (!has_zone) {
        *instant = wall - clock_offset(wall);
        *instant = wall - clock_offset(*instant);
    }
    return true;
}

char *clock_print_wall(char out[CLOCK_TEXT], int64_t wall)
{
    struct tm parts;
    time_t time = (time_t)wall;
    gmtime_r(&time, &parts);
    strftime(out, CLOCK_TEXT, "%Y-%m-%dT%H:%M:%S", &parts);
    return out;
}

char *clock_print_utc(char out[CLOCK_TEXT], int64_t milliseconds)
{
    int64_t seconds = milliseconds / 1000, rest = milliseconds % 1000;
    if (rest < 0) {
        seconds--;
        rest += 1000;
    }
    clock_print_wall(out, seconds);
    size_t length = strlen(out);
    snprintf(out + length, CLOCK_TEXT - length, ".%03dZ", (int)rest);
    return out;
}

double clock_monotonic(void)
{
    return (double)monotonic_microseconds() / 1000;
}
