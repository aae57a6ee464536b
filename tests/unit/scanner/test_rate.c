// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "scanner/rate.h"

#define SECOND 1000000000u
#define MS     1000000u

static struct rate rate;

static void begin(uint64_t per_s, uint32_t loops)
{
    assert_int_equal(rate_init(&rate, per_s, loops, SECOND), CS_OK);
}

/* Everything that can be had at one moment. */
static uint64_t take_all(uint64_t at_ns)
{
    uint64_t all = 0;
    for (uint32_t got; (got = rate_take(&rate, at_ns)) > 0;)
        all += got;
    return all;
}

/* Asked every `step_ns` for `seconds`. */
static uint64_t granted_in(unsigned seconds, uint64_t step_ns)
{
    uint64_t all = 0;
    for (uint64_t at = SECOND; at < (1u + seconds) * (uint64_t)SECOND; at += step_ns)
        all += take_all(at);
    return all;
}

static void the_rate_holds_over_time_and_is_used_up(void **state)
{
    const uint64_t rates[] = {1, 3, 19, 20, 500, 7777, 100000};
    (void)state;
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        for (uint32_t loops = 1; loops <= 4; loops *= 2) {
            begin(rates[i], loops);
            uint64_t granted = granted_in(10, 10 * MS);
            /* a bucket of one token is full for up to 10 ms before it is asked again: that is lost */
            assert_in_range(granted, rates[i] * 10 * 85 / 100 - 1, rates[i] * 10 + rates[i] / 20 + 1);
            rate_dispose(&rate);
        }
    }
}

static void a_rest_saves_no_more_than_50_ms_worth(void **state)
{
    (void)state;
    begin(1000, 1);
    take_all(SECOND);
    assert_int_equal(take_all(60u * (uint64_t)SECOND), 50);
    assert_int_equal(take_all(60u * (uint64_t)SECOND), 0);
    rate_dispose(&rate);
}

static void the_start_is_no_burst(void **state)
{
    (void)state;
    begin(1000, 1);
    assert_int_equal(take_all(SECOND), 1);
    assert_int_equal(take_all(SECOND + 10 * MS), 10);
    rate_dispose(&rate);
}

static void one_loop_cannot_take_what_belongs_to_all(void **state)
{
    (void)state;
    begin(1000, 5);
    assert_int_equal(rate_take(&rate, 2 * (uint64_t)SECOND), 10);
    assert_int_equal(rate_take(&rate, 2 * (uint64_t)SECOND), 10);
    rate_dispose(&rate);
}

static void a_clock_that_goes_back_grants_nothing(void **state)
{
    (void)state;
    begin(1000, 1);
    take_all(SECOND);
    assert_int_equal(rate_take(&rate, 0), 0);
    assert_int_equal(take_all(SECOND + 5 * MS), 5);
    rate_dispose(&rate);
}

static void without_a_limit_there_is_always_a_token(void **state)
{
    (void)state;
    begin(0, 4);
    for (int i = 0; i < 1000; i++)
        assert_true(rate_take(&rate, SECOND) > 0);
    rate_dispose(&rate);
}

/* ---- threads ---- */

static void take_for_a_while(void *data)
{
    uint64_t *granted = data;
    for (uint64_t at = SECOND; at <= 11u * (uint64_t)SECOND; at += MS)
        *granted += rate_take(&rate, at);
}

static void threads_share_one_rate(void **state)
{
    uv_thread_t threads[4];
    uint64_t granted[4] = {0};
    (void)state;
    begin(1000, 4);
    for (int i = 0; i < 4; i++)
        assert_int_equal(uv_thread_create(&threads[i], take_for_a_while, &granted[i]), 0);
    for (int i = 0; i < 4; i++)
        uv_thread_join(&threads[i]);
    assert_in_range(granted[0] + granted[1] + granted[2] + granted[3], 1, 10000 + 50);
    rate_dispose(&rate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rate_holds_over_time_and_is_used_up),
        cmocka_unit_test(a_rest_saves_no_more_than_50_ms_worth),
        cmocka_unit_test(the_start_is_no_burst),
        cmocka_unit_test(one_loop_cannot_take_what_belongs_to_all),
        cmocka_unit_test(a_clock_that_goes_back_grants_nothing),
        cmocka_unit_test(without_a_limit_there_is_always_a_token),
        cmocka_unit_test(threads_share_one_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
