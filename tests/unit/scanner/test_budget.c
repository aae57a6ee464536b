// SPDX-License-Identifier: Apache-2.0
#include "scanner/budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct ip host(uint8_t subnet, uint8_t number)
{
    return (struct ip){{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 192, 0, subnet, number}};
}

static void places_are_counted_over_all_scans(void **state)
{
    (void)state;
    struct budget *budget;
    assert_int_equal(budget_new(&budget, 0, 2, 3, 0), CS_OK);
    assert_true(budget_enter(budget, host(2, 1)));
    assert_true(budget_enter(budget, host(2, 1)));
    assert_false(budget_enter(budget, host(2, 1))); /* the host is full */
    assert_true(budget_enter(budget, host(2, 2)));
    assert_false(budget_enter(budget, host(2, 3))); /* its prefix is */
    assert_true(budget_enter(budget, host(3, 1)));
    budget_leave(budget, host(2, 1));
    assert_true(budget_enter(budget, host(2, 3)));
    assert_false(budget_enter(budget, host(2, 1)));
    budget_free(budget);
}

static void no_limit_is_none(void **state)
{
    (void)state;
    struct budget *budget;
    assert_int_equal(budget_new(&budget, 0, 0, 0, 0), CS_OK);
    for (int i = 0; i < 1000; i++)
        assert_true(budget_enter(budget, host(2, 1)));
    assert_true(budget_tokens(budget, 0) > 1);
    budget_free(budget);
}

static void tokens_come_at_the_one_rate(void **state)
{
    (void)state;
    struct budget *budget;
    uint64_t tokens = 0;
    assert_int_equal(budget_new(&budget, 100, 0, 0, 0), CS_OK);
    for (uint64_t ms = 1; ms <= 1000; ms++)
        tokens += budget_tokens(budget, ms * 1000000);
    assert_in_range(tokens, 98, 102);
    budget_free(budget);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_are_counted_over_all_scans),
        cmocka_unit_test(no_limit_is_none),
        cmocka_unit_test(tokens_come_at_the_one_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
