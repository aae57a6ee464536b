// SPDX-License-Identifier: Apache-2.0
#include "base/cursor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define OVER(text)                                                                                           \
    {                                                                                                        \
        (const uint8_t *)(text), sizeof(text) - 1                                                            \
    }

static void is_text(struct cursor got, const char *expected)
{
    assert_int_equal(got.left, strlen(expected));
    assert_memory_equal(got.at, expected, got.left);
}

static void bytes_are_taken_where_they_lie(void **state)
{
    struct cursor from = OVER("abcdef");
    const uint8_t *begin = from.at;
    struct cursor taken;
    (void)state;
    assert_true(cursor_bytes(&from, 2, &taken));
    is_text(taken, "ab");
    assert_ptr_equal(taken.at, begin);
    assert_true(cursor_bytes(&from, 0, &taken));
    assert_int_equal(taken.left, 0);
    assert_true(cursor_bytes(&from, 4, &taken)); /* to the very end */
    is_text(taken, "cdef");
    assert_int_equal(from.left, 0);
    assert_true(cursor_bytes(&from, 0, &taken));
}

static void more_than_there_is_takes_nothing(void **state)
{
    struct cursor from = OVER("abc");
    struct cursor taken = OVER("before");
    (void)state;
    assert_false(cursor_bytes(&from, 4, &taken));
    assert_false(cursor_bytes(&from, SIZE_MAX, &taken));
    is_text(from, "abc");
    is_text(taken, "before");
}

static void numbers_have_their_most_significant_byte_first(void **state)
{
    struct cursor from = OVER("\x01\x02\x03\x04\xFE\xDC\xBA\xFF\xFF\xFF\xFF");
    uint32_t number;
    uint16_t two;
    uint8_t one;
    (void)state;
    assert_true(cursor_u8(&from, &one));
    assert_int_equal(one, 0x01);
    assert_true(cursor_u16(&from, &two));
    assert_int_equal(two, 0x0203);
    assert_true(cursor_number(&from, 4, &number));
    assert_int_equal(number, 0x04FEDCBA);
    assert_true(cursor_number(&from, 3, &number));
    assert_int_equal(number, 0xFFFFFF);
    assert_true(cursor_number(&from, 1, &number));
    assert_int_equal(number, 0xFF);
    assert_int_equal(from.left, 0);
}

static void a_number_that_is_not_all_there_takes_nothing(void **state)
{
    struct cursor from = OVER("\x01");
    struct cursor empty = {NULL, 0};
    uint32_t number = 7;
    uint16_t two = 7;
    uint8_t one = 7;
    (void)state;
    assert_false(cursor_u16(&from, &two));
    for (unsigned size = 2; size <= 4; size++)
        assert_false(cursor_number(&from, size, &number));
    assert_int_equal(from.left, 1);
    assert_false(cursor_u8(&empty, &one));
    assert_false(cursor_number(&empty, 1, &number));
    assert_int_equal(number, 7);
    assert_int_equal(two, 7);
    assert_int_equal(one, 7);
}

static void a_vector_is_what_its_length_announces(void **state)
{
    struct cursor from = OVER("\x02"
                              "ab"
                              "\x00\x03"
                              "cde"
                              "\x00\x00\x01"
                              "f"
                              "\x00");
    struct cursor taken;
    (void)state;
    assert_true(cursor_vector(&from, 1, &taken));
    is_text(taken, "ab");
    assert_true(cursor_vector(&from, 2, &taken));
    is_text(taken, "cde");
    assert_true(cursor_vector(&from, 3, &taken));
    is_text(taken, "f");
    assert_true(cursor_vector(&from, 1, &taken)); /* an empty one is one */
    assert_int_equal(taken.left, 0);
    assert_non_null(taken.at);
    assert_int_equal(from.left, 0);
    assert_false(cursor_vector(&from, 1, &taken));
}

static void a_vector_that_lies_takes_nothing_not_even_its_length(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        unsigned size;
    } lies[] = {
        {"\x03"
         "ab",
         3, 1},
        {"\x00\x03"
         "ab",
         4, 2},
        {"\xFF\xFF\xFF"
         "ab",
         5, 3},
        {"\x00", 1, 2}, /* not even the length is all there */
        {"\x00\x00", 2, 3},
    };
    (void)state;
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        struct cursor from = {(const uint8_t *)lies[i].bytes, lies[i].len};
        struct cursor taken = OVER("before");
        assert_false(cursor_vector(&from, lies[i].size, &taken));
        assert_int_equal(from.left, lies[i].len);
        assert_ptr_equal(from.at, lies[i].bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_taken_where_they_lie),
        cmocka_unit_test(more_than_there_is_takes_nothing),
        cmocka_unit_test(numbers_have_their_most_significant_byte_first),
        cmocka_unit_test(a_number_that_is_not_all_there_takes_nothing),
        cmocka_unit_test(a_vector_is_what_its_length_announces),
        cmocka_unit_test(a_vector_that_lies_takes_nothing_not_even_its_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
