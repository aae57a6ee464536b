// SPDX-License-Identifier: Apache-2.0
#include "base/map64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/hash.h"

static void a_key_keeps_the_number_it_was_given_first(void **state)
{
    struct map64 map = {0};
    uint32_t number = 99;
    (void)state;
    assert_false(map64_get(&map, 0, &number));
    assert_int_equal(map64_add(&map, 0, 7), CS_OK);
    assert_int_equal(map64_add(&map, 5, 0), CS_OK);
    assert_int_equal(map64_add(&map, 0, 8), CS_OK);
    assert_true(map64_get(&map, 0, &number));
    assert_int_equal(number, 7);
    assert_true(map64_get(&map, 5, &number));
    assert_int_equal(number, 0);
    assert_false(map64_get(&map, 6, &number));
    map64_dispose(&map);
    map64_dispose(&map);
}

static void many_keys_survive_growth(void **state)
{
    struct map64 map = {0};
    uint32_t number;
    (void)state;
    for (uint32_t i = 0; i < 100000; i++)
        assert_int_equal(map64_add(&map, hash_mix64(i), i), CS_OK);
    for (uint32_t i = 0; i < 100000; i++) {
        assert_true(map64_get(&map, hash_mix64(i), &number));
        assert_int_equal(number, i);
    }
    assert_false(map64_get(&map, hash_mix64(100000), &number));
    map64_dispose(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_keeps_the_number_it_was_given_first),
        cmocka_unit_test(many_keys_survive_growth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
