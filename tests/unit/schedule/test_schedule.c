// SPDX-License-Identifier: Apache-2.0
#include "schedule/schedule.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/timefmt.h"
#include "tests/support/zone_file.h"

static struct zone *berlin(void)
{
    uint8_t bytes[200];
    struct diag diag;
    struct zone *zone;
    size_t len = zone_file_make(bytes, "CET-1CEST,M3.5.0,M10.5.0/3");
    assert_int_equal(zone_parse(&zone, bytes, len, &diag), CS_OK);
    return zone;
}

static int64_t at(const char *text)
{
    int64_t time_s;
    assert_int_equal(timefmt_parse(text, &time_s), CS_OK);
    return time_s;
}

static struct schedule plan(const char *frequency, const char *time, const char *on, const char *window)
{
    const struct schedule_words words = {frequency, time, on, window};
    struct schedule schedule;
    struct diag diag = {0};
    enum cs_err err = schedule_parse(&schedule, &words, &diag);
    assert_string_equal(diag.text, "");
    assert_int_equal(err, CS_OK);
    return schedule;
}

static void assert_next(struct schedule schedule, const struct zone *zone, const char *after,
                        const char *expected)
{
    char out[TIMEFMT_SIZE];
    int64_t next_s;
    assert_true(schedule_next(&schedule, zone, at(after), &next_s));
    assert_string_equal(timefmt_rfc3339(out, next_s), expected);
}

static void assert_refused(const char *frequency, const char *time, const char *on, const char *window,
                           const char *reason)
{
    const struct schedule_words words = {frequency, time, on, window};
    struct schedule schedule;
    struct diag diag = {0};
    assert_int_equal(schedule_parse(&schedule, &words, &diag), CS_E_INVALID);
    assert_non_null(strstr(diag.text, reason));
}

static void wrong_words_are_refused_by_name(void **state)
{
    (void)state;
    assert_refused("hourly", NULL, NULL, NULL, "--frequency hourly: allowed are manual");
    assert_refused("daily", "24:00", NULL, NULL, "--at 24:00: expected a time of day");
    assert_refused("daily", "2:30", NULL, NULL, "--at 2:30");
    assert_refused("daily", NULL, "mon", NULL, "a daily task has no day");
    assert_refused("manual", "02:00", NULL, NULL, "a manual task has no time");
    assert_refused("once", NULL, NULL, NULL, "needs --on with a date");
    assert_refused("once", NULL, "2027-02-29", NULL, "--on 2027-02-29");
    assert_refused("weekly", NULL, "15", NULL, "mon, tue");
    assert_refused("monthly", NULL, "32", NULL, "1 to 31");
    assert_refused("monthly", NULL, "0", NULL, "1 to 31");
    assert_refused("quarterly", NULL, "13-01", NULL, "or MM-DD");
    assert_refused("annually", NULL, "15", NULL, "expected is MM-DD");
    assert_refused("annually", NULL, "02-30", NULL, "expected is MM-DD");
    assert_refused("daily", NULL, NULL, "22:00", "--window 22:00");
    assert_refused("daily", NULL, NULL, "22:00-22:00", "two different times");
    assert_refused("daily", NULL, NULL, "22:00-06:0x", "--window");
}

static void a_manual_task_is_never_due_and_once_is_once(void **state)
{
    (void)state;
    int64_t next_s;
    struct schedule manual = plan(NULL, NULL, NULL, NULL);
    struct schedule once = plan("once", "03:00", "2027-03-01", NULL);
    assert_false(schedule_next(&manual, NULL, 0, &next_s));
    assert_next(once, NULL, "2026-12-01", "2027-03-01T03:00:00Z");
    assert_false(schedule_next(&once, NULL, at("2027-03-01T03:00:00Z"), &next_s));
}

static void each_frequency_has_its_next_time(void **state)
{
    (void)state;
    struct zone *zone = berlin();
    assert_next(plan("daily", "02:15", NULL, NULL), zone, "2027-01-10T01:15:00Z", "2027-01-11T01:15:00Z");
    assert_next(plan("daily", "02:15", NULL, NULL), zone, "2027-01-10T01:14:59Z", "2027-01-10T01:15:00Z");
    assert_next(plan("weekly", "02:15", "sun", NULL), zone, "2027-01-10T02:00:00Z", "2027-01-17T01:15:00Z");
    assert_next(plan("weekly", NULL, NULL, NULL), zone, "2027-01-10T02:00:00Z", "2027-01-10T23:00:00Z");
    assert_next(plan("monthly", "12:00", "15", NULL), zone, "2027-12-20", "2028-01-15T11:00:00Z");
    assert_next(plan("quarterly", "12:00", "15", NULL), zone, "2027-01-20", "2027-04-15T10:00:00Z");
    assert_next(plan("quarterly", "12:00", "03-15", NULL), zone, "2027-01-20", "2027-03-15T11:00:00Z");
    assert_next(plan("semiannually", "12:00", "1", NULL), zone, "2027-01-20", "2027-07-01T10:00:00Z");
    assert_next(plan("semiannually", "12:00", "09-30", NULL), zone, "2027-01-20", "2027-03-30T10:00:00Z");
    assert_next(plan("annually", "12:00", "03-15", NULL), zone, "2027-03-15T11:00:00Z",
                "2028-03-15T11:00:00Z");
    zone_free(zone);
}

static void a_day_that_a_month_does_not_have_is_its_last(void **state)
{
    (void)state;
    struct schedule end = plan("monthly", NULL, "31", NULL);
    struct schedule leap_day = plan("annually", NULL, "02-29", NULL);
    assert_next(end, NULL, "2027-01-31", "2027-02-28T00:00:00Z");
    assert_next(end, NULL, "2027-02-28", "2027-03-31T00:00:00Z");
    assert_next(end, NULL, "2027-03-31", "2027-04-30T00:00:00Z");
    assert_next(end, NULL, "2028-01-31", "2028-02-29T00:00:00Z");
    assert_next(leap_day, NULL, "2026-06-01", "2027-02-28T00:00:00Z");
    assert_next(leap_day, NULL, "2027-02-28", "2028-02-29T00:00:00Z");
}

static void times_that_are_skipped_or_doubled_are_run_once(void **state)
{
    (void)state;
    struct zone *zone = berlin();
    struct schedule daily = plan("daily", "02:30", NULL, NULL);
    assert_next(daily, zone, "2027-03-27T12:00:00Z", "2027-03-28T01:00:00Z");
    assert_next(daily, zone, "2027-03-28T01:00:00Z", "2027-03-29T00:30:00Z");
    assert_next(daily, zone, "2027-10-30T12:00:00Z", "2027-10-31T00:30:00Z");
    assert_next(daily, zone, "2027-10-31T00:30:00Z", "2027-11-01T01:30:00Z");
    zone_free(zone);
}

/* Two years, 2027 and the leap year 2028, from one run to the next. */
static unsigned runs_of(struct schedule schedule, const struct zone *zone, int64_t from_s, int64_t *last_s)
{
    unsigned count = 0;
    int64_t end_s = from_s + (int64_t)(365 + 366) * 86400;
    *last_s = from_s - 1;
    for (int64_t next_s; schedule_next(&schedule, zone, *last_s, &next_s) && next_s < end_s;
         *last_s = next_s) {
        assert_true(next_s > *last_s);
        count++;
        if (schedule.frequency == FREQUENCY_DAILY) { /* once on every day of the calendar */
            int64_t day = timefmt_floor_days(zone_local(zone, next_s));
            assert_int_equal(day, timefmt_floor_days(zone_local(zone, from_s)) + count - 1);
        }
    }
    return count;
}

static void two_years_have_as_many_runs_as_the_calendar(void **state)
{
    (void)state;
    struct zone *zone = berlin();
    int64_t begin_s = zone_utc(zone, at("2027-01-01"));
    int64_t last_s;
    assert_int_equal(runs_of(plan("daily", "02:30", NULL, NULL), zone, begin_s, &last_s), 731);
    assert_int_equal(runs_of(plan("daily", "00:00", NULL, NULL), zone, begin_s, &last_s), 731);
    assert_int_equal(runs_of(plan("weekly", "02:30", "sun", NULL), zone, begin_s, &last_s), 105);
    assert_int_equal(runs_of(plan("monthly", "02:30", "31", NULL), zone, begin_s, &last_s), 24);
    assert_int_equal(last_s, at("2028-12-31T01:30:00Z"));
    assert_int_equal(runs_of(plan("quarterly", "02:30", "31", NULL), zone, begin_s, &last_s), 8);
    assert_int_equal(runs_of(plan("semiannually", "02:30", "08-31", NULL), zone, begin_s, &last_s), 4);
    assert_int_equal(runs_of(plan("annually", "02:30", "02-29", NULL), zone, begin_s, &last_s), 2);
    assert_int_equal(last_s, at("2028-02-29T01:30:00Z"));
    zone_free(zone);
}

static void missed_runs_are_made_up_for_by_one(void **state)
{
    (void)state;
    struct schedule daily = plan("daily", "02:00", NULL, NULL);
    int64_t now_s = at("2027-01-10T12:00:00Z"); /* switched off since the 5th */
    int64_t next_s;
    assert_true(schedule_next(&daily, NULL, at("2027-01-05T02:00:00Z"), &next_s));
    assert_true(next_s <= now_s); /* due, and run; from then on: */
    assert_next(daily, NULL, "2027-01-10T12:00:00Z", "2027-01-11T02:00:00Z");
}

static void assert_opens(struct schedule schedule, const struct zone *zone, const char *from,
                         const char *expected)
{
    char out[TIMEFMT_SIZE];
    assert_string_equal(timefmt_rfc3339(out, schedule_opens_at(&schedule, zone, at(from))), expected);
}

static void a_window_may_go_over_midnight(void **state)
{
    (void)state;
    struct schedule night = plan(NULL, NULL, NULL, "22:00-06:00");
    assert_opens(night, NULL, "2027-01-10T21:59:30Z", "2027-01-10T22:00:00Z");
    assert_opens(night, NULL, "2027-01-10T23:00:10Z", "2027-01-10T23:00:10Z");
    assert_opens(night, NULL, "2027-01-10T05:59:59Z", "2027-01-10T05:59:59Z");
    assert_opens(night, NULL, "2027-01-10T06:00:00Z", "2027-01-10T22:00:00Z");
    assert_opens(plan(NULL, NULL, NULL, "09:00-17:00"), NULL, "2027-01-10T17:00:00Z", "2027-01-11T09:00:00Z");
    assert_opens(plan(NULL, NULL, NULL, NULL), NULL, "2027-01-10T06:00:00Z", "2027-01-10T06:00:00Z");
}

static void a_window_follows_the_clock_across_its_changes(void **state)
{
    (void)state;
    struct zone *zone = berlin();
    struct schedule night = plan(NULL, NULL, NULL, "22:00-06:00");
    assert_opens(night, zone, "2027-03-28T03:59:00Z", "2027-03-28T03:59:00Z"); /* 05:59, an hour less */
    assert_opens(night, zone, "2027-03-28T04:00:00Z", "2027-03-28T20:00:00Z");
    assert_opens(night, zone, "2027-10-31T04:59:00Z", "2027-10-31T04:59:00Z");
    assert_opens(night, zone, "2027-10-31T05:00:00Z", "2027-10-31T21:00:00Z");
    /* 02:30 does not come: it opens at 03:00; comes twice: it opens twice */
    struct schedule short_one = plan(NULL, NULL, NULL, "02:30-03:30");
    assert_opens(short_one, zone, "2027-03-28T00:10:00Z", "2027-03-28T01:00:00Z");
    assert_opens(short_one, zone, "2027-10-31T00:10:00Z", "2027-10-31T00:30:00Z");
    assert_opens(short_one, zone, "2027-10-31T01:10:00Z", "2027-10-31T01:30:00Z");
    zone_free(zone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_words_are_refused_by_name),
        cmocka_unit_test(a_manual_task_is_never_due_and_once_is_once),
        cmocka_unit_test(each_frequency_has_its_next_time),
        cmocka_unit_test(a_day_that_a_month_does_not_have_is_its_last),
        cmocka_unit_test(times_that_are_skipped_or_doubled_are_run_once),
        cmocka_unit_test(two_years_have_as_many_runs_as_the_calendar),
        cmocka_unit_test(missed_runs_are_made_up_for_by_one),
        cmocka_unit_test(a_window_may_go_over_midnight),
        cmocka_unit_test(a_window_follows_the_clock_across_its_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
