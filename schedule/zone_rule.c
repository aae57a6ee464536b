// SPDX-License-Identifier: Apache-2.0
#include "schedule/zone_rule.h"

#include "base/timefmt.h"

#define HOUR_S     3600
#define DAY_S      86400
#define MAX_OFFSET 24  /* hours */
#define MAX_TIME   167 /* hours, RFC 8536 section 3.3.1 */

struct reader {
    const char *at;
    const char *end;
};

static bool take(struct reader *reader, char c)
{
    bool is_there = reader->at < reader->end && *reader->at == c;
    reader->at += is_there;
    return is_there;
}

static bool take_number(struct reader *reader, int low, int high, int *out)
{
    const char *from = reader->at;
    *out = 0;
    while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9' && *out <= high)
        *out = *out * 10 + (*reader->at++ - '0');
    return reader->at > from && *out >= low && *out <= high;
}

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Three letters or more, or anything between < and >. */
static bool take_name(struct reader *reader)
{
    const char *from = reader->at;
    if (take(reader, '<')) {
        while (reader->at < reader->end && *reader->at != '>')
            reader->at++;
        return take(reader, '>');
    }
    while (reader->at < reader->end && is_letter(*reader->at))
        reader->at++;
    return reader->at - from >= 3;
}

/* [+-]hh[:mm[:ss]] */
static bool take_time(struct reader *reader, int max_hours, int32_t *out)
{
    int parts[3] = {0};
    int sign = take(reader, '-') ? -1 : 1;
    if (sign == 1)
        take(reader, '+');
    bool valid = take_number(reader, 0, max_hours, &parts[0]);
    for (int i = 1; i < 3 && valid && take(reader, ':'); i++)
        valid = take_number(reader, 0, 59, &parts[i]);
    *out = sign * (parts[0] * HOUR_S + parts[1] * 60 + parts[2]);
    return valid;
}

static bool take_day(struct reader *reader, struct zone_change *out)
{
    if (take(reader, 'M')) {
        out->kind = ZONE_DAY_OF_WEEK;
        return take_number(reader, 1, 12, &out->month) && take(reader, '.') &&
               take_number(reader, 1, 5, &out->week) && take(reader, '.') &&
               take_number(reader, 0, 6, &out->day);
    }
    bool is_julian = take(reader, 'J');
    out->kind = is_julian ? ZONE_DAY_JULIAN : ZONE_DAY_OF_YEAR;
    return take_number(reader, is_julian ? 1 : 0, 365, &out->day);
}

static bool take_change(struct reader *reader, struct zone_change *out)
{
    out->second = 2 * HOUR_S;
    return take(reader, ',') && take_day(reader, out) &&
           (!take(reader, '/') || take_time(reader, MAX_TIME, &out->second));
}

bool zone_rule_parse(struct zone_rule *out, const char *text, size_t len)
{
    struct reader reader = {text, text + len};
    *out = (struct zone_rule){0};
    if (!take_name(&reader) || !take_time(&reader, MAX_OFFSET, &out->standard_s))
        return false;
    out->standard_s = -out->standard_s; /* POSIX counts west of UTC */
    if (reader.at == reader.end)
        return true;
    out->has_summer = true;
    out->summer_s = out->standard_s + HOUR_S;
    if (!take_name(&reader))
        return false;
    if (reader.at < reader.end && *reader.at != ',') {
        if (!take_time(&reader, MAX_OFFSET, &out->summer_s))
            return false;
        out->summer_s = -out->summer_s;
    }
    return take_change(&reader, &out->to_summer) && take_change(&reader, &out->to_standard) &&
           reader.at == reader.end;
}

static bool is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int64_t change_day(const struct zone_change *change, int64_t year)
{
    int64_t first = timefmt_days(year, 1, 1);
    if (change->kind == ZONE_DAY_OF_YEAR)
        return first + change->day;
    if (change->kind == ZONE_DAY_JULIAN)
        return first + change->day - 1 + (is_leap(year) && change->day >= 60);
    int64_t month = timefmt_days(year, (unsigned)change->month, 1);
    int64_t next_month = change->month == 12 ? timefmt_days(year + 1, 1, 1)
                                             : timefmt_days(year, (unsigned)change->month + 1, 1);
    int64_t weekday = ((month + 4) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */
    int64_t day = month + (change->day - weekday + 7) % 7 + 7 * (change->week - 1);
    while (day >= next_month)
        day -= 7;
    return day;
}

int32_t zone_rule_offset(const struct zone_rule *rule, int64_t utc_s, int64_t *until_s)
{
    int64_t year;
    unsigned month;
    unsigned day;
    int32_t offset = rule->standard_s;
    int64_t since_s = INT64_MIN;
    *until_s = INT64_MAX;
    if (!rule->has_summer)
        return offset;
    timefmt_civil(timefmt_floor_days(utc_s), &year, &month, &day);
    for (int64_t y = year - 1; y <= year + 1; y++) { /* the latest change up to now, the first one after */
        int64_t changes[2] = {
            change_day(&rule->to_standard, y) * DAY_S + rule->to_standard.second - rule->summer_s,
            change_day(&rule->to_summer, y) * DAY_S + rule->to_summer.second - rule->standard_s};
        for (int to_summer = 0; to_summer < 2; to_summer++) {
            int64_t at_s = changes[to_summer];
            if (at_s <= utc_s && at_s >= since_s) {
                since_s = at_s;
                offset = to_summer ? rule->summer_s : rule->standard_s;
            } else if (at_s > utc_s && at_s < *until_s) {
                *until_s = at_s;
            }
        }
    }
    return offset;
}
