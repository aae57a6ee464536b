// SPDX-License-Identifier: Apache-2.0
#include "base/text_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/text.h"

static void strings_are_copied_in_order(void **state)
{
    (void)state;
    struct text_list list = {0};
    char word[] = "first";
    assert_int_equal(text_list_add(&list, word), CS_OK);
    word[0] = 'X';
    assert_int_equal(text_list_add_n(&list, "second half", 6), CS_OK);
    for (int i = 0; i < 100; i++)
        assert_int_equal(text_list_add(&list, "more"), CS_OK);
    assert_int_equal(list.count, 102);
    assert_string_equal(text_list_view(&list)[0], "first");
    assert_string_equal(list.items[1], "second");
    assert_string_equal(list.items[101], "more");
    text_list_dispose(&list);
    assert_int_equal(list.count, 0);
    text_list_dispose(&list);
}

static void a_string_can_be_handed_over(void **state)
{
    (void)state;
    struct text_list list = {0};
    char *text = text_copy("given");
    assert_int_equal(text_list_take(&list, text), CS_OK);
    assert_ptr_equal(list.items[0], text);
    assert_int_equal(text_list_take(&list, NULL), CS_E_NOMEM); /* a copy that failed */
    assert_int_equal(list.count, 1);
    text_list_dispose(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_are_copied_in_order),
        cmocka_unit_test(a_string_can_be_handed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
