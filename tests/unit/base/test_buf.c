// SPDX-License-Identifier: Apache-2.0
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void pieces_join_and_stay_terminated(void **state)
{
    (void)state;
    struct buf buf = {0};
    assert_string_equal(buf_str(&buf), "");
    buf_append_str(&buf, "port ");
    buf_printf(&buf, "%d%s", 443, "/tls");
    buf_append_char(&buf, '!');
    buf_append(&buf, NULL, 0);
    assert_string_equal(buf_str(&buf), "port 443/tls!");
    assert_int_equal(buf.len, 13);
    assert_int_equal(buf.data[buf.len], 0);
    buf_dispose(&buf);
    assert_null(buf.data);
    buf_dispose(&buf);
}

static void growth_keeps_what_was_there(void **state)
{
    (void)state;
    struct buf buf = {0};
    for (int i = 0; i < 10000; i++)
        buf_append_char(&buf, (char)('a' + i % 26));
    assert_int_equal(buf.len, 10000);
    for (size_t i = 0; i < buf.len; i++)
        assert_int_equal(buf.data[i], 'a' + (int)(i % 26));
    buf_dispose(&buf);
}

static void a_ceiling_is_never_passed_and_the_first_failure_sticks(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 5);
    buf_append_str(&buf, "12345");
    assert_int_equal(buf.err, CS_OK);
    buf_append_str(&buf, "67");
    assert_int_equal(buf.err, CS_E_LIMIT);
    assert_string_equal(buf_str(&buf), "12345"); /* nothing half done */
    buf_append_str(&buf, "");
    assert_int_equal(buf.err, CS_E_LIMIT);
    assert_null(buf_reserve(&buf, 1));
    buf_reset(&buf);
    buf_append_str(&buf, "abc");
    assert_int_equal(buf.err, CS_OK);
    assert_string_equal(buf_str(&buf), "abc");
    buf_dispose(&buf);
    assert_int_equal(buf.max, 5);
}

static void a_length_beyond_memory_is_a_limit_not_an_overflow(void **state)
{
    (void)state;
    struct buf buf = {0};
    buf_append_char(&buf, 'x');
    assert_null(buf_reserve(&buf, SIZE_MAX));
    assert_int_equal(buf.err, CS_E_LIMIT);
    buf_dispose(&buf);
}

static void reserved_room_counts_only_when_committed(void **state)
{
    (void)state;
    struct buf buf = {0};
    uint8_t *room = buf_reserve(&buf, 100);
    assert_non_null(room);
    memset(room, 'a', 3);
    assert_int_equal(buf.len, 0);
    buf_commit(&buf, 3);
    assert_string_equal(buf_str(&buf), "aaa");
    buf_dispose(&buf);
}

static void consuming_removes_from_the_front(void **state)
{
    (void)state;
    struct buf buf = {0};
    buf_consume(&buf, 0);
    buf_append_str(&buf, "EHLO x");
    buf_consume(&buf, 5);
    assert_string_equal(buf_str(&buf), "x");
    buf_consume(&buf, 1);
    assert_string_equal(buf_str(&buf), "");
    buf_dispose(&buf);
}

static void the_text_can_be_taken_over_unless_writing_failed(void **state)
{
    (void)state;
    struct buf buf = {0};
    char *text = buf_take_str(&buf);
    assert_string_equal(text, "");
    free(text);
    buf_append_str(&buf, "mine");
    text = buf_take_str(&buf);
    assert_string_equal(text, "mine");
    assert_int_equal(buf.len, 0);
    free(text);
    buf_init(&buf, 2);
    buf_append_str(&buf, "too long");
    assert_null(buf_take_str(&buf));
    assert_int_equal(buf.err, CS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_join_and_stay_terminated),
        cmocka_unit_test(growth_keeps_what_was_there),
        cmocka_unit_test(a_ceiling_is_never_passed_and_the_first_failure_sticks),
        cmocka_unit_test(a_length_beyond_memory_is_a_limit_not_an_overflow),
        cmocka_unit_test(reserved_room_counts_only_when_committed),
        cmocka_unit_test(consuming_removes_from_the_front),
        cmocka_unit_test(the_text_can_be_taken_over_unless_writing_failed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
