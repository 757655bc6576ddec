/* Dates and times as people write them, read and written. */
#include "tconnectsync/base/civil_time.h"

#include <stdio.h>
#include <string.h>

/* Days since 1970-01-01 of a proleptic Gregorian date: years begin in March, so that leap days come last. */
static int64_t days_from_date(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static void date_from_days(int64_t days, int *year, int *month, int *day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted_month = (5 * day_of_year + 2) / 153;
    *day = (int)(day_of_year - (153 * shifted_month + 2) / 5 + 1);
    *month = (int)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
    *year = (int)(year_of_era + era * 400 + (*month <= 2));
}

struct scanner {
    const char *at, *end;
};

/* Exactly count digits. */
static bool digits(struct scanner *scanner, int count, int *value)
{
    *value = 0;
    for (; count > 0; count--, scanner->at++) {
        if (scanner->at == scanner->end || *scanner->at < '0' || *scanner->at > '9')
            return false;
        *value = *value * 10 + (*scanner->at - '0');
    }
    return true;
}

static bool literal(struct scanner *scanner, char wanted)
{
    if (scanner->at == scanner->end || *scanner->at != wanted)
        return false;
    scanner->at++;
    return true;
}

/* Any number of digits behind the point; those past the milliseconds are dropped. */
static bool fraction(struct scanner *scanner, int *milliseconds)
{
    int weight = 100;
    const char *begin = scanner->at;
    for (*milliseconds = 0; scanner->at < scanner->end; scanner->at++, weight /= 10) {
        if (*scanner->at < '0' || *scanner->at > '9')
            break;
        *milliseconds += (*scanner->at - '0') * weight;
    }
    return scanner->at > begin;
}

static bool zone_suffix(struct scanner *scanner, int32_t *offset)
{
    *offset = 0;
    if (literal(scanner, 'Z'))
        return true;
    int sign = literal(scanner, '-') ? -1 : literal(scanner, '+') ? 1 : 0;
    int hours, minutes;
    if (sign == 0 || !digits(scanner, 2, &hours))
        return false;
    literal(scanner, ':');
    if (!digits(scanner, 2, &minutes) || hours > 18 || minutes > 59)
        return false;
    *offset = sign * (hours * SECONDS_PER_HOUR + minutes * SECONDS_PER_MINUTE);
    return true;
}

/* "2026-05-14", a day that exists, as days since 1970. */
static bool date(struct scanner *scanner, int64_t *days)
{
    int year, month, day, real_year, real_month, real_day;
    if (!digits(scanner, 4, &year) || !literal(scanner, '-') || !digits(scanner, 2, &month) ||
        !literal(scanner, '-') || !digits(scanner, 2, &day) || month < 1 || month > 12)
        return false;
    *days = days_from_date(year, month, day);
    date_from_days(*days, &real_year, &real_month, &real_day);
    return real_month == month && real_day == day;
}

/* "00:01:00", with or without a fraction, as seconds of the day. */
static bool time_of_day(struct scanner *scanner, int64_t *seconds, int *milliseconds)
{
    int hour, minute, second;
    if (!digits(scanner, 2, &hour) || !literal(scanner, ':') || !digits(scanner, 2, &minute) ||
        !literal(scanner, ':') || !digits(scanner, 2, &second))
        return false;
    *seconds = hour * SECONDS_PER_HOUR + minute * SECONDS_PER_MINUTE + second;
    return hour <= 23 && minute <= 59 && second <= 59 &&
           (!literal(scanner, '.') || fraction(scanner, milliseconds));
}

bool civil_parse(const char *text, size_t length, int64_t *wall, int *milliseconds, int32_t *offset)
{
    struct scanner scanner = {text, text + length};
    int64_t days, seconds = 0;
    int thousandths = 0;
    *offset = NO_OFFSET;
    if (!date(&scanner, &days))
        return false;
    if (scanner.at < scanner.end) {
        if (!literal(&scanner, 'T') && !literal(&scanner, ' '))
            return false;
        if (!time_of_day(&scanner, &seconds, &thousandths))
            return false;
        if (scanner.at < scanner.end && !zone_suffix(&scanner, offset))
            return false;
    }
    *wall = days * SECONDS_PER_DAY + seconds;
    if (milliseconds)
        *milliseconds = thousandths;
    return scanner.at == scanner.end;
}

int64_t civil_parse_wall(const char *text)
{
    int64_t wall;
    int32_t offset;
    return text && civil_parse(text, strlen(text), &wall, NULL, &offset) ? wall : NO_TIME;
}

int64_t civil_parse_instant(const char *text, size_t length)
{
    int64_t wall;
    int milliseconds;
    int32_t offset;
    if (!text || !civil_parse(text, length, &wall, &milliseconds, &offset) || offset == NO_OFFSET)
        return NO_TIME;
    return (wall - offset) * 1000 + milliseconds;
}

char *civil_format(char *out, int64_t wall, int milliseconds, int32_t offset)
{
    int64_t days = civil_day_number(wall);
    int second = (int)(wall - days * SECONDS_PER_DAY);
    int year, month, day;
    date_from_days(days, &year, &month, &day);
    int length = snprintf(out, CIVIL_TEXT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d", year, month, day,
                          second / 3600, second / 60 % 60, second % 60);
    if (milliseconds > 0)
        length += snprintf(out + length, CIVIL_TEXT_SIZE - (size_t)length, ".%03d", milliseconds);
    if (offset != NO_OFFSET) {
        int minutes = (offset < 0 ? -offset : offset) / SECONDS_PER_MINUTE;
        snprintf(out + length, CIVIL_TEXT_SIZE - (size_t)length, "%c%02d:%02d", offset < 0 ? '-' : '+',
                 minutes / 60, minutes % 60);
    }
    return out;
}

char *civil_format_utc(char *out, int64_t instant_milliseconds)
{
    int64_t seconds = instant_milliseconds / 1000 - (instant_milliseconds % 1000 < 0);
    civil_format(out, seconds, 0, NO_OFFSET);
    size_t length = strlen(out);
    snprintf(out + length, CIVIL_TEXT_SIZE - length, ".%03dZ", (int)(instant_milliseconds - seconds * 1000));
    return out;
}

char *civil_format_date(char *out, int64_t wall)
{
    civil_format(out, wall, 0, NO_OFFSET);
    out[10] = '\0';
    return out;
}
