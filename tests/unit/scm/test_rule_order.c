// SPDX-License-Identifier: Apache-2.0
#include "scm/rule_order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define IDS(...)                                                                                             \
    (const int64_t[])                                                                                        \
    {                                                                                                        \
        __VA_ARGS__, 0                                                                                       \
    }

static size_t length(const int64_t *ids)
{
    size_t count = 0;
    while (ids[count] != 0)
        count++;
    return count;
}

static void assert_merged(const int64_t *current, const int64_t *wanted, const int64_t *expected)
{
    int64_t out[20];
    size_t count = rule_order_merge(out, current, length(current), wanted, length(wanted));
    assert_int_equal(count, length(expected));
    assert_memory_equal(out, expected, count * sizeof *out);
}

static void those_that_are_there_fill_their_places_in_the_wanted_order(void **state)
{
    (void)state;
    assert_merged(IDS(1, 90, 2, 91, 3), IDS(3, 1, 2), IDS(3, 90, 1, 91, 2));
    assert_merged(IDS(1, 2, 3), IDS(1, 2, 3), IDS(1, 2, 3));
}

static void new_ones_stand_beside_their_neighbours(void **state)
{
    (void)state;
    assert_merged(IDS(90, 1, 91, 2), IDS(1, 7, 2), IDS(90, 1, 7, 91, 2));
    assert_merged(IDS(90, 1, 91), IDS(7, 8, 1), IDS(90, 7, 8, 1, 91));
    assert_merged(IDS(90, 1, 91), IDS(1, 7), IDS(90, 1, 7, 91));
}

static void where_none_is_there_all_come_last(void **state)
{
    (void)state;
    assert_merged(IDS(90, 91), IDS(2, 1), IDS(90, 91, 2, 1));
    assert_merged(IDS(0), IDS(2, 1), IDS(2, 1));
    assert_merged(IDS(90), IDS(0), IDS(90));
}

static void doing_it_twice_is_doing_it_once(void **state)
{
    (void)state;
    const int64_t *wanted = IDS(3, 7, 1, 8);
    int64_t once[20] = {0};
    rule_order_merge(once, IDS(1, 90, 3), 3, wanted, 4);
    assert_merged(once, wanted, once);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(those_that_are_there_fill_their_places_in_the_wanted_order),
        cmocka_unit_test(new_ones_stand_beside_their_neighbours),
        cmocka_unit_test(where_none_is_there_all_come_last),
        cmocka_unit_test(doing_it_twice_is_doing_it_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
