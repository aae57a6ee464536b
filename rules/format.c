// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "rules/parse.h"
#include "rules/values.h"

static void format_operator(struct buf *out, const struct expr *test, bool negated)
{
    const char *name = expr_op_name(test->op);
    if (!negated)
        buf_append_str(out, name);
    else if (test->op == OP_EQUALS)
        buf_append_str(out, "!=");
    else if (test->value_count == 0) /* is empty -> is not empty */
        buf_printf(out, "is not %s", name + strlen("is "));
    else
        buf_printf(out, "not %s", name);
}

static void format_test(struct buf *out, const struct expr *test, bool negated)
{
    buf_printf(out, "%s ", field_info(test->field)->name);
    format_operator(out, test, negated);
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

/* Brackets only where the tree needs them: what was just deep enough to be read stays so when written. */
static void format_child(struct buf *out, const struct expr *parent, const struct expr *child)
{
    bool bracketed = child->kind == EXPR_OR || (child->kind == EXPR_AND && parent->kind != EXPR_OR);
    buf_append_str(out, bracketed ? "(" : "");
    rules_format(out, child);
    buf_append_str(out, bracketed ? ")" : "");
}

void rules_format(struct buf *out, const struct expr *expr)
{
    switch (expr->kind) {
    case EXPR_TEST:
        format_test(out, expr, false);
        break;
    case EXPR_NOT:
        if (expr->children[0]->kind == EXPR_TEST) {
            format_test(out, expr->children[0], true);
            break;
        }
        buf_append_str(out, "not ");
        format_child(out, expr, expr->children[0]);
        break;
    case EXPR_AND:
    case EXPR_OR:
        for (size_t i = 0; i < expr->child_count; i++) {
            if (i > 0)
                buf_append_str(out, expr->kind == EXPR_AND ? " and " : " or ");
            format_child(out, expr, expr->children[i]);
        }
        break;
    }
}
