// SPDX-License-Identifier: Apache-2.0
#include "scanner/permutation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hash.h"

#define LARGEST ((uint64_t)1 << 48)

static void visits_all_once(uint64_t count, uint64_t seed)
{
    struct permutation permutation;
    uint8_t *seen = calloc((size_t)count, 1);
    assert_non_null(seen);
    permutation_init(&permutation, count, seed);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t value = permutation_at(&permutation, i);
        if (value >= count || seen[value]++ != 0)
            fail_msg("count %llu, seed %llu: %llu -> %llu", (unsigned long long)count,
                     (unsigned long long)seed, (unsigned long long)i, (unsigned long long)value);
        assert_int_equal(permutation_inverse(&permutation, value), i);
    }
    free(seen);
}

static void every_small_count_is_a_bijection(void **state)
{
    (void)state;
    for (uint64_t count = 1; count <= 300; count++) {
        for (uint64_t seed = 0; seed < 5; seed++)
            visits_all_once(count, seed);
    }
}

static void counts_around_powers_of_two_are_bijections(void **state)
{
    (void)state;
    for (unsigned bits = 9; bits <= 17; bits++) {
        uint64_t power = (uint64_t)1 << bits;
        visits_all_once(power - 1, bits);
        visits_all_once(power, bits);
        visits_all_once(power + 1, bits);
    }
}

static void counts_around_squares_are_bijections(void **state)
{
    (void)state;
    for (uint64_t root = 30; root <= 300; root += 27) {
        visits_all_once(root * root - 1, root);
        visits_all_once(root * root, root);
        visits_all_once(root * root + 1, root);
        visits_all_once(root * root + root, root);
    }
}

static void the_inverse_holds_where_counting_is_out_of_reach(void **state)
{
    (void)state;
    static const uint64_t counts[] = {
        LARGEST, LARGEST - 1, ((uint64_t)1 << 47) + 1, 402653184, ((uint64_t)1 << 40) - 87, 6442450944};
    uint64_t random = 1;
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        struct permutation permutation;
        permutation_init(&permutation, counts[c], 99);
        for (int i = 0; i < 20000; i++) {
            uint64_t counter = hash_next_random(&random) % counts[c];
            uint64_t value = permutation_at(&permutation, counter);
            assert_true(value < counts[c]);
            assert_true(permutation_inverse(&permutation, value) == counter);
        }
        uint64_t ends[] = {0, counts[c] - 1};
        for (size_t i = 0; i < 2; i++)
            assert_true(permutation_inverse(&permutation, permutation_at(&permutation, ends[i])) == ends[i]);
    }
}

static unsigned equal_places(uint64_t seed_a, uint64_t seed_b, uint64_t count, unsigned draws)
{
    struct permutation a;
    struct permutation b;
    unsigned equal = 0;
    permutation_init(&a, count, seed_a);
    permutation_init(&b, count, seed_b);
    for (unsigned i = 0; i < draws; i++)
        equal += permutation_at(&a, i) == permutation_at(&b, i);
    return equal;
}

static void a_seed_gives_one_order_and_another_seed_another(void **state)
{
    (void)state;
    assert_int_equal(equal_places(5, 5, 1000003, 10000), 10000);
    for (uint64_t seed = 0; seed < 20; seed++)
        assert_true(equal_places(seed, seed + 1, 1000003, 10000) < 5);
}

/* Of a random order over a /8 on 24 ports, two neighbours share their /24 once in 65,536 draws. */
static void neighbours_in_time_are_strangers_in_space(void **state)
{
    (void)state;
    const uint64_t count = (uint64_t)24 << 24;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct permutation permutation;
        permutation_init(&permutation, count, seed);
        uint64_t last_net = UINT64_MAX;
        unsigned together = 0;
        for (uint64_t i = 0; i < 200000; i++) {
            uint64_t net = permutation_at(&permutation, i) / (24 * 256);
            together += net == last_net;
            last_net = net;
        }
        assert_true(together <= 15); /* expected 3.05; more than 15 by chance: once in 10^7 */
    }
}

/* The first draws reach all parts alike: chi-squared over 256 equal parts, 255 degrees of freedom. */
static void the_first_draws_spread_over_the_whole_space(void **state)
{
    (void)state;
    static const uint64_t counts[] = {65536, 1000000, (uint64_t)24 << 24, LARGEST};
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        struct permutation permutation;
        unsigned hits[256] = {0};
        double chi = 0;
        permutation_init(&permutation, counts[c], 3);
        for (uint64_t i = 0; i < 25600; i++)
            hits[permutation_at(&permutation, i) / ((counts[c] + 255) / 256)]++;
        for (size_t i = 0; i < 256; i++)
            chi += ((double)hits[i] - 100) * ((double)hits[i] - 100) / 100;
        assert_true(chi < 380); /* p < 10^-6 beyond */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_small_count_is_a_bijection),
        cmocka_unit_test(counts_around_powers_of_two_are_bijections),
        cmocka_unit_test(counts_around_squares_are_bijections),
        cmocka_unit_test(the_inverse_holds_where_counting_is_out_of_reach),
        cmocka_unit_test(a_seed_gives_one_order_and_another_seed_another),
        cmocka_unit_test(neighbours_in_time_are_strangers_in_space),
        cmocka_unit_test(the_first_draws_spread_over_the_whole_space),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
