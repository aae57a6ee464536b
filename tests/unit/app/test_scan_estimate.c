// SPDX-License-Identifier: Apache-2.0
#include "app/scan_estimate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct scan_limits limits = {
    .rate_per_s = 500,
    .per_host = 2,
    .per_prefix = 64,
    .connect_timeout_ms = 3000,
    .answer_timeout_ms = 8000,
    .timeout_ms = 30000,
    .threads = 1,
};

static void a_wide_scan_is_held_back_by_the_rate(void **state)
{
    (void)state;
    struct target_set_facts facts = {.densest_host = 24, .densest_prefix = 24 * 256};
    struct scan_estimate estimate = scan_estimate(402653184, &facts, 1, &limits);
    assert_string_equal(estimate.held_back_by, "rate");
    assert_int_equal(estimate.quick_s, 402653184 / 500 + 1);
    assert_int_equal(estimate.dark_s, 402653184 / 500 + 3 + 1);
}

static void one_dense_host_is_held_back_by_its_own_limit(void **state)
{
    (void)state;
    struct target_set_facts facts = {.densest_host = 65535, .densest_prefix = 65535};
    struct scan_estimate estimate = scan_estimate(65535, &facts, 1, &limits);
    assert_string_equal(estimate.held_back_by, "per host");
    assert_int_equal(estimate.dark_s, 65535 * 3 / 2 + 1);
    assert_true(estimate.quick_s < estimate.dark_s);
}

static void without_rate_and_caps_the_number_in_flight_decides(void **state)
{
    (void)state;
    struct scan_limits free_run = limits;
    free_run.rate_per_s = free_run.per_host = free_run.per_prefix = 0;
    struct target_set_facts facts = {.densest_host = 1, .densest_prefix = 256};
    struct scan_estimate estimate = scan_estimate(65536, &facts, 1, &free_run);
    assert_string_equal(estimate.held_back_by, "in flight");
    assert_int_equal(estimate.dark_s, 65536 * 3 / 4096 + 1);
}

static void a_shard_takes_its_part_of_the_time(void **state)
{
    (void)state;
    struct target_set_facts facts = {.densest_host = 1, .densest_prefix = 256};
    uint64_t whole_s = scan_estimate(1000000, &facts, 1, &limits).quick_s;
    uint64_t quarter_s = scan_estimate(1000000, &facts, 4, &limits).quick_s;
    assert_int_equal(whole_s, 2001);
    assert_int_equal(quarter_s, 501);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wide_scan_is_held_back_by_the_rate),
        cmocka_unit_test(one_dense_host_is_held_back_by_its_own_limit),
        cmocka_unit_test(without_rate_and_caps_the_number_in_flight_decides),
        cmocka_unit_test(a_shard_takes_its_part_of_the_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
