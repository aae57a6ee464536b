// SPDX-License-Identifier: Apache-2.0
#include "schedule/schedule.h"

#include <string.h>

#include "base/text.h"
#include "base/timefmt.h"

#define DAY_S         86400
#define MINUTE_S      60
#define DAY_MINUTES   1440
#define MOST_A_SEARCH (3 * DAY_MINUTES) /* a window opens every day, but for days that a zone skips */

enum day_form { DAY_NONE, DAY_DATE, DAY_WEEKDAY, DAY_OF_MONTH, DAY_AND_MONTH_OR_DAY, DAY_AND_MONTH };

static const struct {
    const char *name;
    enum day_form form;
    unsigned months; /* from one to the next */
    const char *allowed;
} frequencies[FREQUENCY_COUNT] = {
    [FREQUENCY_MANUAL] = {"manual", DAY_NONE, 0, ""},
    [FREQUENCY_ONCE] = {"once", DAY_DATE, 0, "a date, 2027-03-01"},
    [FREQUENCY_DAILY] = {"daily", DAY_NONE, 0, ""},
    [FREQUENCY_WEEKLY] = {"weekly", DAY_WEEKDAY, 0, "mon, tue, wed, thu, fri, sat or sun"},
    [FREQUENCY_MONTHLY] = {"monthly", DAY_OF_MONTH, 1, "a day from 1 to 31"},
    [FREQUENCY_QUARTERLY] = {"quarterly", DAY_AND_MONTH_OR_DAY, 3, "a day from 1 to 31, or MM-DD"},
    [FREQUENCY_SEMIANNUALLY] = {"semiannually", DAY_AND_MONTH_OR_DAY, 6, "a day from 1 to 31, or MM-DD"},
    [FREQUENCY_ANNUALLY] = {"annually", DAY_AND_MONTH, 12, "MM-DD"},
};

const char *frequency_name(enum frequency frequency)
{
    return frequencies[frequency].name;
}

static unsigned days_in_month(int64_t year, unsigned month)
{
    int64_t next = month == 12 ? timefmt_days(year + 1, 1, 1) : timefmt_days(year, month + 1, 1);
    return (unsigned)(next - timefmt_days(year, month, 1));
}

/* ---- words ---- */

/* Exactly `digits` digits. */
static bool parse_digits(const char *text, size_t digits, unsigned high, unsigned *out)
{
    uint64_t value;
    if (strlen(text) < digits || text_to_u64(text, digits, high, &value) != CS_OK)
        return false;
    *out = (unsigned)value;
    return true;
}

static bool parse_clock(const char *text, size_t len, unsigned *minute)
{
    unsigned hours;
    unsigned minutes;
    if (len != 5 || text[2] != ':' || !parse_digits(text, 2, 23, &hours) ||
        !parse_digits(text + 3, 2, 59, &minutes))
        return false;
    *minute = hours * 60 + minutes;
    return true;
}

static bool parse_weekday(const char *text, unsigned *out)
{
    static const char *const names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    for (*out = 0; *out < 7; ++*out) {
        if (text_equals(text, names[*out]))
            return true;
    }
    return false;
}

static bool parse_month_day(const char *text, unsigned *month, unsigned *day)
{
    static const int64_t leap_year = 2028;
    return strlen(text) == 5 && text[2] == '-' && parse_digits(text, 2, 12, month) &&
           parse_digits(text + 3, 2, 31, day) && *month >= 1 && *day >= 1 &&
           *day <= days_in_month(leap_year, *month);
}

static bool parse_date(const char *text, struct schedule *out)
{
    unsigned year;
    bool valid = strlen(text) == 10 && text[4] == '-' && parse_digits(text, 4, 9999, &year) && year >= 1970 &&
                 parse_month_day(text + 5, &out->month, &out->day) &&
                 out->day <= days_in_month(year, out->month);
    out->year = valid ? year : 0;
    return valid;
}

static bool parse_day(const char *text, struct schedule *out)
{
    uint64_t day;
    bool is_day = text_to_u64(text, strlen(text), 31, &day) == CS_OK && day >= 1;
    switch (frequencies[out->frequency].form) {
    case DAY_NONE:
        return false;
    case DAY_DATE:
        return parse_date(text, out);
    case DAY_WEEKDAY:
        return parse_weekday(text, &out->weekday);
    case DAY_AND_MONTH:
        return parse_month_day(text, &out->month, &out->day);
    case DAY_AND_MONTH_OR_DAY:
        if (!is_day)
            return parse_month_day(text, &out->month, &out->day);
        break;
    case DAY_OF_MONTH:
        break;
    }
    out->day = is_day ? (unsigned)day : out->day;
    return is_day;
}

static enum cs_err parse_frequency(const char *text, struct schedule *out, struct diag *diag)
{
    char shown[60];
    for (int i = 0; i < FREQUENCY_COUNT; i++) {
        if (text_equals(frequencies[i].name, text)) {
            out->frequency = (enum frequency)i;
            return CS_OK;
        }
    }
    diag_set(diag,
             "--frequency %s: allowed are manual, once, daily, weekly, monthly, quarterly, semiannually,"
             " annually",
             text_printable(shown, sizeof shown, text));
    return CS_E_INVALID;
}

static enum cs_err parse_when(const struct schedule_words *words, struct schedule *out, struct diag *diag)
{
    char shown[60];
    const char *name = frequencies[out->frequency].name;
    if (words->at != NULL && out->frequency == FREQUENCY_MANUAL)
        return diag_fail(diag, CS_E_INVALID, "--at needs a --frequency: a manual task has no time");
    if (words->at != NULL && !parse_clock(words->at, strlen(words->at), &out->minute))
        return diag_fail(diag, CS_E_INVALID, "--at %s: expected a time of day, 00:00 to 23:59",
                         text_printable(shown, sizeof shown, words->at));
    if (words->on == NULL && out->frequency == FREQUENCY_ONCE)
        return diag_fail(diag, CS_E_INVALID, "--frequency once needs --on with a date, 2027-03-01");
    if (words->on == NULL || parse_day(words->on, out))
        return CS_OK;
    text_printable(shown, sizeof shown, words->on);
    if (frequencies[out->frequency].form == DAY_NONE)
        return diag_fail(diag, CS_E_INVALID, "--on %s: a %s task has no day", shown, name);
    return diag_fail(diag, CS_E_INVALID, "--on %s: with --frequency %s expected is %s", shown, name,
                     frequencies[out->frequency].allowed);
}

static enum cs_err parse_window(const char *text, struct schedule *out, struct diag *diag)
{
    char shown[60];
    if (text == NULL)
        return CS_OK;
    out->has_window = strlen(text) == 11 && text[5] == '-' && parse_clock(text, 5, &out->opens) &&
                      parse_clock(text + 6, 5, &out->closes) && out->opens != out->closes;
    if (!out->has_window)
        return diag_fail(diag, CS_E_INVALID, "--window %s: expected two different times of day, 22:00-06:00",
                         text_printable(shown, sizeof shown, text));
    return CS_OK;
}

enum cs_err schedule_parse(struct schedule *out, const struct schedule_words *words, struct diag *diag)
{
    *out = (struct schedule){.day = 1, .month = 1};
    enum cs_err err = words->frequency != NULL ? parse_frequency(words->frequency, out, diag) : CS_OK;
    if (err == CS_OK)
        err = parse_when(words, out, diag);
    if (err == CS_OK)
        err = parse_window(words->window, out, diag);
    return err;
}

/* ---- time ---- */

static int64_t moment(const struct schedule *schedule, const struct zone *zone, int64_t day)
{
    return zone_utc(zone, day * DAY_S + (int64_t)schedule->minute * MINUTE_S);
}

static int64_t day_of_month(const struct schedule *schedule, int64_t year, unsigned month)
{
    unsigned last = days_in_month(year, month);
    return timefmt_days(year, month, schedule->day < last ? schedule->day : last);
}

static int64_t next_by_days(const struct schedule *schedule, const struct zone *zone, int64_t day,
                            int64_t after_s)
{
    int64_t step = schedule->frequency == FREQUENCY_WEEKLY ? 7 : 1;
    day -= 1; /* of two moments on a day that is repeated, the first may be yesterday's */
    if (step == 7)
        day -= ((day + 3) % 7 + 7 - schedule->weekday) % 7; /* 1970-01-01 was a Thursday */
    while (moment(schedule, zone, day) <= after_s)
        day += step;
    return moment(schedule, zone, day);
}

static int64_t next_by_months(const struct schedule *schedule, const struct zone *zone, int64_t day,
                              int64_t after_s)
{
    int64_t year;
    unsigned month;
    unsigned ignored;
    timefmt_civil(day, &year, &month, &ignored);
    int64_t step = frequencies[schedule->frequency].months;
    int64_t at = (year - 1) * 12 + (schedule->month - 1); /* months since year 0, a year back */
    at += (year * 12 + month - 1 - at) / step * step - step;
    for (;; at += step) {
        int64_t due_s = moment(schedule, zone, day_of_month(schedule, at / 12, (unsigned)(at % 12) + 1));
        if (due_s > after_s)
            return due_s;
    }
}

bool schedule_next(const struct schedule *schedule, const struct zone *zone, int64_t after_s, int64_t *out_s)
{
    int64_t day = timefmt_floor_days(zone_local(zone, after_s));
    switch (schedule->frequency) {
    case FREQUENCY_MANUAL:
    case FREQUENCY_COUNT:
        return false;
    case FREQUENCY_ONCE:
        *out_s = moment(schedule, zone, timefmt_days(schedule->year, schedule->month, schedule->day));
        return *out_s > after_s;
    case FREQUENCY_DAILY:
    case FREQUENCY_WEEKLY:
        *out_s = next_by_days(schedule, zone, day, after_s);
        return true;
    case FREQUENCY_MONTHLY:
    case FREQUENCY_QUARTERLY:
    case FREQUENCY_SEMIANNUALLY:
    case FREQUENCY_ANNUALLY:
        *out_s = next_by_months(schedule, zone, day, after_s);
        return true;
    }
    return false;
}

bool schedule_is_open(const struct schedule *schedule, const struct zone *zone, int64_t now_s)
{
    int64_t local_s = zone_local(zone, now_s);
    int64_t minute = (local_s - timefmt_floor_days(local_s) * DAY_S) / MINUTE_S;
    if (!schedule->has_window)
        return true;
    if (schedule->opens < schedule->closes)
        return minute >= schedule->opens && minute < schedule->closes;
    return minute >= schedule->opens || minute < schedule->closes;
}

int64_t schedule_opens_at(const struct schedule *schedule, const struct zone *zone, int64_t from_s)
{
    if (schedule_is_open(schedule, zone, from_s))
        return from_s;
    int64_t at_s = (timefmt_floor_days(from_s) * DAY_S) +
                   (from_s - timefmt_floor_days(from_s) * DAY_S) / MINUTE_S * MINUTE_S;
    for (int i = 0; i < MOST_A_SEARCH; i++) {
        at_s += MINUTE_S;
        if (schedule_is_open(schedule, zone, at_s))
            break;
    }
    return at_s;
}
