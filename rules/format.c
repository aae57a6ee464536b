// SPDX-License-Identifier: Apache-2.0
#include "rules/parse.h"
#include "rules/values.h"

static void format_test(struct buf *out, const struct expr *test)
{
    buf_printf(out, "%s %s", field_info(test->field)->name, expr_op_name(test->op));
    if (test->value_count == 0)
        return;
    bool is_list = test->op == OP_IN;
    buf_append_str(out, is_list ? " (" : " ");
    for (size_t i = 0; i < test->value_count; i++) {
        buf_append_str(out, i > 0 ? ", " : "");
        value_format(out, test->field, &test->values[i]);
    }
    buf_append_str(out, is_list ? ")" : "");
}

static void format_child(struct buf *out, const struct expr *child)
{
    bool bracketed = child->kind == EXPR_AND || child->kind == EXPR_OR;
    buf_append_str(out, bracketed ? "(" : "");
    rules_format(out, child);
    buf_append_str(out, bracketed ? ")" : "");
}

void rules_format(struct buf *out, const struct expr *expr)
{
    switch (expr->kind) {
    case EXPR_TEST:
        format_test(out, expr);
        break;
    case EXPR_NOT:
        buf_append_str(out, "not ");
        format_child(out, expr->children[0]);
        break;
    case EXPR_AND:
    case EXPR_OR:
        for (size_t i = 0; i < expr->child_count; i++) {
            if (i > 0)
                buf_append_str(out, expr->kind == EXPR_AND ? " and " : " or ");
            format_child(out, expr->children[i]);
        }
        break;
    }
}
