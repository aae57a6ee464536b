// SPDX-License-Identifier: Apache-2.0
#include "model/expr.h"

#include <stdlib.h>

#define BIT(type) (1u << FIELD_TYPE_##type)
#define ORDERED   (BIT(NUMBER) | BIT(TIME))
#define ALL       (BIT(TEXT) | ORDERED | BIT(BOOL) | BIT(IP))

static const struct {
    const char *name;
    unsigned types;
} ops[OP_COUNT] = {
    [OP_EQUALS] = {"equals", ALL},
    [OP_STARTS_WITH] = {"starts_with", BIT(TEXT)},
    [OP_ENDS_WITH] = {"ends_with", BIT(TEXT)},
    [OP_CONTAINS] = {"contains", BIT(TEXT)},
    [OP_MATCHES_REGEX] = {"matches_regex", BIT(TEXT)},
    [OP_IN_DOMAIN] = {"in_domain", BIT(TEXT)},
    [OP_IN] = {"in", BIT(TEXT) | ORDERED | BIT(IP)},
    [OP_LESS] = {"<", ORDERED},
    [OP_LESS_EQUAL] = {"<=", ORDERED},
    [OP_GREATER] = {">", ORDERED},
    [OP_GREATER_EQUAL] = {">=", ORDERED},
    [OP_IS_TRUE] = {"is true", BIT(BOOL)},
    [OP_IS_FALSE] = {"is false", BIT(BOOL)},
    [OP_IS_EMPTY] = {"is empty", ALL},
};

const char *expr_op_name(enum expr_op op)
{
    return ops[op].name;
}

bool expr_op_allows(enum expr_op op, enum field_type type)
{
    return (ops[op].types & 1u << type) != 0;
}

void expr_free(struct expr *expr)
{
    if (expr == NULL)
        return;
    for (size_t i = 0; i < expr->child_count; i++)
        expr_free(expr->children[i]);
    for (size_t i = 0; i < expr->value_count; i++)
        free(expr->values[i].text);
    free(expr->children);
    free(expr->values);
    free(expr);
}
