// SPDX-License-Identifier: Apache-2.0
#include "base/timefmt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void assert_time(int64_t time_s, const char *expected)
{
    char out[TIMEFMT_SIZE];
    assert_string_equal(timefmt_rfc3339(out, time_s), expected);
}

static void times_print_as_rfc_3339_in_utc(void **state)
{
    (void)state;
    assert_time(0, "1970-01-01T00:00:00Z");
    assert_time(-1, "1969-12-31T23:59:59Z");
    assert_time(951782400, "2000-02-29T00:00:00Z");
    assert_time(1801396800, "2027-01-31T12:00:00Z");
    assert_time(4294967296, "2106-02-07T06:28:16Z");
    assert_time(-631152000, "1950-01-01T00:00:00Z");
    assert_time(253402300799, "9999-12-31T23:59:59Z");
    assert_time(-62167219200, "0000-01-01T00:00:00Z");
    char out[TIMEFMT_SIZE];
    assert_string_equal(timefmt_date(out, -1), "1969-12-31");
}

static void times_beyond_the_calendar_do_no_harm(void **state)
{
    (void)state;
    char out[TIMEFMT_SIZE];
    timefmt_rfc3339(out, INT64_MIN);
    timefmt_rfc3339(out, INT64_MAX);
    timefmt_date(out, INT64_MIN);
    assert_true(timefmt_date(out, INT64_MAX) == out);
}

static void days_run_on_over_leap_years(void **state)
{
    (void)state;
    assert_int_equal(timefmt_days(1970, 1, 1), 0);
    assert_int_equal(timefmt_days(2000, 3, 1) - timefmt_days(2000, 2, 28), 2);
    assert_int_equal(timefmt_days(1900, 3, 1) - timefmt_days(1900, 2, 28), 1);
    assert_int_equal(timefmt_days(2401, 1, 1) - timefmt_days(2001, 1, 1), 146097);
}

static void every_day_of_four_centuries_prints_and_parses_back(void **state)
{
    (void)state;
    char out[TIMEFMT_SIZE];
    for (int64_t day = timefmt_days(1899, 12, 31); day < timefmt_days(2300, 1, 2); day++) {
        int64_t back;
        assert_int_equal(timefmt_parse(timefmt_date(out, day * 86400), &back), CS_OK);
        assert_int_equal(back, day * 86400);
    }
}

static void assert_parses(const char *text, int64_t expected)
{
    int64_t time_s;
    assert_int_equal(timefmt_parse(text, &time_s), CS_OK);
    assert_int_equal(time_s, expected);
}

static void dates_and_times_with_offset_are_read(void **state)
{
    (void)state;
    assert_parses("2027-01-31", 1801353600);
    assert_parses("2027-01-31T12:00:00Z", 1801396800);
    assert_parses("2027-01-31t12:00:00z", 1801396800);
    assert_parses("2027-01-31 12:00:00Z", 1801396800);
    assert_parses("2027-01-31T13:30:00+01:30", 1801396800);
    assert_parses("2027-01-31T07:00:00-05:00", 1801396800);
    assert_parses("2027-01-31T12:00:00.999999999Z", 1801396800);
    assert_parses("2016-12-31T23:59:60Z", 1483228800); /* a leap second */
    assert_parses("2024-02-29", 1709164800);
    assert_parses("0000-01-01", -62167219200);
}

static void anything_else_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "2027",
        "2027-1-31",
        "2027-13-01",
        "2027-00-01",
        "2027-01-32",
        "2027-01-00",
        "2026-02-29",
        "2100-02-29",
        "2027-01-31x",
        "2027-01-31T",
        "2027-01-31T12:00Z",
        "2027-01-31T24:00:00Z",
        "2027-01-31T12:60:00Z",
        "2027-01-31T12:00:61Z",
        "2027-01-31T12:00:00",
        "2027-01-31T12:00:00.Z",
        "2027-01-31T12:00:00+0130",
        "2027-01-31T12:00:00+24:00",
        "2027-01-31T12:00:00Zx",
        "-027-01-31",
        "+2027-01-31",
        "9999-12-31T23:59:59-00:01", /* its offset leads out of the years that can be printed */
        "0000-01-01T00:00:00+00:01",
    };
    int64_t time_s;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (timefmt_parse(wrong[i], &time_s) != CS_E_INVALID)
            fail_msg("%s was read", wrong[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_print_as_rfc_3339_in_utc),
        cmocka_unit_test(times_beyond_the_calendar_do_no_harm),
        cmocka_unit_test(days_run_on_over_leap_years),
        cmocka_unit_test(every_day_of_four_centuries_prints_and_parses_back),
        cmocka_unit_test(dates_and_times_with_offset_are_read),
        cmocka_unit_test(anything_else_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
