// SPDX-License-Identifier: Apache-2.0
#include "base/timefmt.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define DAY_S       86400
#define YEAR_0_S    (-62167219200) /* 0000-01-01T00:00:00Z */
#define YEAR_9999_S 253402300799   /* 9999-12-31T23:59:59Z */

/* Days are counted in 400-year eras that begin on 1 March, so that the leap day comes last. */
int64_t timefmt_days(int64_t year, unsigned month, unsigned day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

void timefmt_civil(int64_t days, int64_t *year, unsigned *month, unsigned *day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153;
    *day = (unsigned)(day_of_year - (153 * shifted + 2) / 5 + 1);
    *month = (unsigned)(shifted < 10 ? shifted + 3 : shifted - 9);
    *year = year_of_era + era * 400 + (*month <= 2);
}

int64_t timefmt_floor_days(int64_t time_s)
{
    return time_s / DAY_S - (time_s % DAY_S < 0);
}

/* Lists print millions of times: this is an order of magnitude cheaper than printf. */
static char *put_digits(char *at, unsigned value, unsigned count)
{
    for (unsigned i = count; i-- > 0; value /= 10)
        at[i] = (char)('0' + value % 10);
    return at + count;
}

char *timefmt_date(char out[TIMEFMT_SIZE], int64_t time_s)
{
    int64_t year;
    unsigned month;
    unsigned day;
    timefmt_civil(timefmt_floor_days(time_s), &year, &month, &day);
    if (year < 0 || year > 9999) {
        snprintf(out, TIMEFMT_SIZE, "%04lld-%02u-%02u", (long long)(year % 100000), month % 100, day % 100);
        return out;
    }
    char *at = put_digits(out, (unsigned)year, 4);
    *at++ = '-';
    at = put_digits(at, month, 2);
    *at++ = '-';
    *put_digits(at, day, 2) = '\0';
    return out;
}

char *timefmt_rfc3339(char out[TIMEFMT_SIZE], int64_t time_s)
{
    unsigned second = (unsigned)((time_s % DAY_S + DAY_S) % DAY_S);
    char *at = timefmt_date(out, time_s);
    at += strlen(at);
    *at++ = 'T';
    at = put_digits(at, second / 3600, 2);
    *at++ = ':';
    at = put_digits(at, second / 60 % 60, 2);
    *at++ = ':';
    at = put_digits(at, second % 60, 2);
    memcpy(at, "Z", 2);
    return out;
}

/* Exactly `count` digits at *at; moves on. -1 if there are none. */
static int take_digits(const char **at, size_t count)
{
    uint64_t value;
    if (strnlen(*at, count) < count || text_to_u64(*at, count, 9999, &value) != CS_OK)
        return -1;
    *at += count;
    return (int)value;
}

static bool take_char(const char **at, char c)
{
    if (text_lower(**at) != text_lower(c))
        return false;
    (*at)++;
    return true;
}

static bool take_date(const char **at, int64_t *out_s)
{
    static const uint8_t month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = take_digits(at, 4);
    if (year < 0 || !take_char(at, '-'))
        return false;
    int month = take_digits(at, 2);
    if (month < 1 || month > 12 || !take_char(at, '-'))
        return false;
    int day = take_digits(at, 2);
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (day < 1 || day > month_days[month - 1] + (month == 2 && leap))
        return false;
    *out_s = timefmt_days(year, (unsigned)month, (unsigned)day) * DAY_S;
    return true;
}

static bool take_clock(const char **at, bool with_seconds, int64_t *out_s)
{
    int hour = take_digits(at, 2);
    if (hour < 0 || hour > 23 || !take_char(at, ':'))
        return false;
    int minute = take_digits(at, 2);
    int second = 0;
    if (with_seconds)
        second = take_char(at, ':') ? take_digits(at, 2) : -1;
    if (minute < 0 || minute > 59 || second < 0 || second > 60)
        return false;
    *out_s = hour * 3600 + minute * 60 + second;
    return true;
}

static bool take_zone(const char **at, int64_t *out_s)
{
    *out_s = 0;
    if (take_char(at, 'Z'))
        return true;
    bool east = **at == '+';
    if (!east && **at != '-')
        return false;
    (*at)++;
    if (!take_clock(at, false, out_s))
        return false;
    if (!east)
        *out_s = -*out_s;
    return true;
}

enum cs_err timefmt_parse(const char *text, int64_t *out_s)
{
    const char *at = text;
    int64_t date_s;
    if (!take_date(&at, &date_s))
        return CS_E_INVALID;
    if (*at == '\0') {
        *out_s = date_s;
        return CS_OK;
    }
    int64_t clock_s;
    int64_t zone_s;
    if ((!take_char(&at, 'T') && !take_char(&at, ' ')) || !take_clock(&at, true, &clock_s))
        return CS_E_INVALID;
    if (take_char(&at, '.')) {
        if (take_digits(&at, 1) < 0)
            return CS_E_INVALID;
        while (*at >= '0' && *at <= '9')
            at++;
    }
    if (!take_zone(&at, &zone_s) || *at != '\0')
        return CS_E_INVALID;
    *out_s = date_s + clock_s - zone_s;
    return *out_s >= YEAR_0_S && *out_s <= YEAR_9999_S ? CS_OK : CS_E_INVALID; /* an offset may lead out */
}

static bool two_digits(const char *text, unsigned *out)
{
    uint64_t number;
    bool good = text_to_u64(text, 2, 99, &number) == CS_OK;
    *out = good ? (unsigned)number : 0;
    return good;
}

/* "01/31/2027", "2027-01-31 12:00:00": told apart by what stands where, and written as RFC 3339. */
int64_t timefmt_read(const char *text)
{
    char form[40];
    int64_t time_s;
    unsigned month;
    unsigned day;
    size_t len = text != NULL ? strlen(text) : 0;
    if (len == 0)
        return 0;
    if (len >= 10 && text[2] == '/' && text[5] == '/' && two_digits(text, &month) &&
        two_digits(text + 3, &day))
        snprintf(form, sizeof form, "%.4s-%02u-%02u", text + 6, month, day);
    else if (len == 19 && (text[10] == ' ' || text[10] == 'T'))
        snprintf(form, sizeof form, "%.10sT%.8sZ", text, text + 11);
    else
        snprintf(form, sizeof form, "%.39s", text);
    return timefmt_parse(form, &time_s) == CS_OK ? time_s : 0;
}
