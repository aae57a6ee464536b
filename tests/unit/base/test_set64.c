// SPDX-License-Identifier: Apache-2.0
#include "base/set64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/hash.h"

static void members_are_told_from_strangers(void **state)
{
    (void)state;
    struct set64 set = {0};
    uint64_t seed = 1;
    bool added;
    assert_false(set64_has(&set, 5));
    for (int i = 0; i < 10000; i++) {
        assert_int_equal(set64_add(&set, hash_next_random(&seed), &added), CS_OK);
        assert_true(added);
    }
    assert_int_equal(set64_count(&set), 10000);
    seed = 1;
    for (int i = 0; i < 10000; i++)
        assert_true(set64_has(&set, hash_next_random(&seed)));
    for (int i = 0; i < 10000; i++)
        assert_false(set64_has(&set, hash_next_random(&seed)));
    set64_dispose(&set);
    assert_int_equal(set64_count(&set), 0);
}

static void zero_is_an_ordinary_member(void **state)
{
    (void)state;
    struct set64 set = {0};
    bool added;
    assert_false(set64_has(&set, 0));
    assert_int_equal(set64_add(&set, 0, &added), CS_OK);
    assert_true(added);
    assert_true(set64_has(&set, 0));
    assert_int_equal(set64_add(&set, 0, &added), CS_OK);
    assert_false(added);
    assert_int_equal(set64_count(&set), 1);
    set64_dispose(&set);
}

static void a_member_added_again_is_not_new(void **state)
{
    (void)state;
    struct set64 set = {0};
    bool added;
    assert_int_equal(set64_add(&set, UINT64_MAX, NULL), CS_OK);
    assert_int_equal(set64_add(&set, UINT64_MAX, &added), CS_OK);
    assert_false(added);
    assert_int_equal(set64_count(&set), 1);
    set64_dispose(&set);
}

static void hashes_depend_on_every_byte_length_and_seed(void **state)
{
    (void)state;
    const char text[] = "0123456789abcdef";
    assert_true(hash_bytes(text, 16, 1) == hash_bytes(text, 16, 1));
    assert_true(hash_bytes(text, 16, 1) != hash_bytes(text, 16, 2));
    assert_true(hash_bytes("\0", 1, 1) != hash_bytes("\0\0", 2, 1));
    assert_true(hash_bytes(NULL, 0, 1) != hash_bytes("\0", 1, 1));
    for (size_t i = 0; i < 16; i++) {
        char other[sizeof text];
        for (size_t k = 0; k < sizeof text; k++)
            other[k] = (char)(text[k] ^ (k == i));
        assert_true(hash_bytes(text, 16, 1) != hash_bytes(other, 16, 1));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_are_told_from_strangers),
        cmocka_unit_test(zero_is_an_ordinary_member),
        cmocka_unit_test(a_member_added_again_is_not_new),
        cmocka_unit_test(hashes_depend_on_every_byte_length_and_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
