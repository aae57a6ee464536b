// SPDX-License-Identifier: Apache-2.0
#include "model/expr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void every_operator_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int i = 0; i < OP_COUNT; i++) {
        for (int k = 0; k < i; k++)
            assert_string_not_equal(expr_op_name((enum expr_op)i), expr_op_name((enum expr_op)k));
    }
    assert_string_equal(expr_op_name(OP_ENDS_WITH), "ends_with");
    assert_string_equal(expr_op_name(OP_IS_EMPTY), "is empty");
}

/* One letter for each type that has the operator: Text, Number, tiMe, Bool, Ip. */
static void operators_belong_to_types(void **state)
{
    (void)state;
    static const char *const types[OP_COUNT] = {
        [OP_EQUALS] = "TNMBI",    [OP_STARTS_WITH] = "T",  [OP_ENDS_WITH] = "T",      [OP_CONTAINS] = "T",
        [OP_MATCHES_REGEX] = "T", [OP_IN_DOMAIN] = "T",    [OP_IN] = "TNMI",          [OP_LESS] = "NM",
        [OP_LESS_EQUAL] = "NM",   [OP_GREATER] = "NM",     [OP_GREATER_EQUAL] = "NM", [OP_IS_TRUE] = "B",
        [OP_IS_FALSE] = "B",      [OP_IS_EMPTY] = "TNMBI",
    };
    static const struct {
        char letter;
        enum field_type type;
    } letters[] = {{'T', FIELD_TYPE_TEXT},
                   {'N', FIELD_TYPE_NUMBER},
                   {'M', FIELD_TYPE_TIME},
                   {'B', FIELD_TYPE_BOOL},
                   {'I', FIELD_TYPE_IP}};
    for (int op = 0; op < OP_COUNT; op++) {
        for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++)
            assert_int_equal(expr_op_allows((enum expr_op)op, letters[i].type),
                             strchr(types[op], letters[i].letter) != NULL);
    }
}

static void a_tree_is_freed_with_everything_in_it(void **state)
{
    (void)state;
    struct expr *test = calloc(1, sizeof *test);
    struct expr *root = calloc(1, sizeof *root);
    test->values = calloc(1, sizeof *test->values);
    test->value_count = 1;
    test->values[0].text = strdup("value");
    root->kind = EXPR_NOT;
    root->children = calloc(1, sizeof(struct expr *));
    root->children[0] = test;
    root->child_count = 1;
    expr_free(root); /* the leak checker looks on */
    expr_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operator_has_a_name_of_its_own),
        cmocka_unit_test(operators_belong_to_types),
        cmocka_unit_test(a_tree_is_freed_with_everything_in_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
