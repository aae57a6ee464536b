// SPDX-License-Identifier: Apache-2.0
#include "cert/expiry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define HOUR_S 3600
#define DAY_S  86400
#define BEGIN  1800000000

/* `left_s` before the end of a certificate that lives `days`. */
static enum expiry left(int64_t days, int64_t left_s)
{
    int64_t end_s = BEGIN + days * DAY_S;
    return expiry_of(&expiry_usual, BEGIN, end_s, end_s - left_s);
}

static void a_year_warns_at_30_days_and_is_critical_at_14(void **state)
{
    (void)state;
    assert_int_equal(left(365, 30 * DAY_S + 1), EXPIRY_FINE);
    assert_int_equal(left(365, 30 * DAY_S), EXPIRY_WARNING);
    assert_int_equal(left(365, 14 * DAY_S + 1), EXPIRY_WARNING);
    assert_int_equal(left(365, 14 * DAY_S), EXPIRY_CRITICAL);
    assert_int_equal(left(365, 0), EXPIRY_CRITICAL);
    assert_int_equal(left(365, -1), EXPIRY_PAST);
}

static void a_short_lifetime_counts_by_its_part(void **state)
{
    (void)state;
    const int64_t third_s = 47 * DAY_S / 100 * 33;
    const int64_t part_s = 47 * DAY_S / 100 * 15;
    assert_int_equal(left(47, third_s + 1), EXPIRY_FINE);
    assert_int_equal(left(47, third_s), EXPIRY_WARNING);
    assert_int_equal(left(47, part_s + 1), EXPIRY_WARNING);
    assert_int_equal(left(47, part_s), EXPIRY_CRITICAL);
}

static void nothing_begins_later_than_48_hours_before(void **state)
{
    (void)state;
    assert_int_equal(left(6, 48 * HOUR_S + 1), EXPIRY_FINE);
    assert_int_equal(left(6, 48 * HOUR_S), EXPIRY_CRITICAL);
    assert_int_equal(left(1, 24 * HOUR_S), EXPIRY_CRITICAL);
    assert_int_equal(expiry_of(&expiry_usual, BEGIN, BEGIN - DAY_S, BEGIN - DAY_S), EXPIRY_CRITICAL);
}

static void a_limit_is_read_as_percent_days_or_both(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t percent;
        uint32_t days;
    } good[] = {{"33%", 33, 0},      {"30d", 0, 30},       {"30", 0, 30},
                {"33%,30d", 33, 30}, {"30d, 33%", 33, 30}, {"100%", 100, 0}};
    struct expiry_limit limit;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(expiry_limit_parse(&limit, good[i].text));
        assert_int_equal(limit.percent, good[i].percent);
        assert_int_equal(limit.days, good[i].days);
    }
    static const char *const bad[] = {"",
                                      "0",
                                      "0d",
                                      "0%",
                                      "101%",
                                      "30h",
                                      "-1",
                                      "d",
                                      "%",
                                      "30d,30d",
                                      "1%,",
                                      ",",
                                      "1,2,3",
                                      "36501d",
                                      "33 %",
                                      "1%,2%",
                                      "99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(expiry_limit_parse(&limit, bad[i]));
}

static void no_lifetime_begins_before_the_coarse_limit(void **state)
{
    (void)state;
    const struct expiry_limit percent = {.percent = 33};
    const struct expiry_limit day = {.days = 1};
    assert_int_equal(expiry_limit_most_s(&expiry_usual.warning), 30 * DAY_S);
    assert_int_equal(expiry_limit_most_s(&day), 48 * HOUR_S);
    assert_true(expiry_limit_most_s(&percent) == INT64_MAX);
    for (int64_t days = 0; days < 10000; days += 13)
        assert_true(expiry_limit_s(&expiry_usual.warning, days * DAY_S) <=
                    expiry_limit_most_s(&expiry_usual.warning));
}

static void the_whole_range_of_time_overflows_nothing(void **state)
{
    (void)state;
    const int64_t first_s = -62167219200; /* the year 0 and the year 9999 */
    const int64_t last_s = 253402300799;
    assert_int_equal(expiry_of(&expiry_usual, first_s, last_s, 0), EXPIRY_FINE);
    assert_int_equal(expiry_of(&expiry_usual, last_s, first_s, 0), EXPIRY_PAST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_year_warns_at_30_days_and_is_critical_at_14),
        cmocka_unit_test(a_short_lifetime_counts_by_its_part),
        cmocka_unit_test(nothing_begins_later_than_48_hours_before),
        cmocka_unit_test(a_limit_is_read_as_percent_days_or_both),
        cmocka_unit_test(no_lifetime_begins_before_the_coarse_limit),
        cmocka_unit_test(the_whole_range_of_time_overflows_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
