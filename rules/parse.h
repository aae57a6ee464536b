// SPDX-License-Identifier: Apache-2.0
/* The rule language: text -> tree.
 *   expr  = and { "or" and } ;  and = unary { "and" unary } ;  unary = "not" unary | "(" expr ")" | test
 *   test  = FIELD OPERATOR VALUE | FIELD "is" ("true" | "false" | "empty") | FIELD "in" ( "(" VALUE { ","
 * VALUE } ")" | VALUE ) VALUE = bare word | "double-quoted" with \" and \\ escapes (any other escape is kept
 * as it stands, so that regular expressions need no doubled backslash beside \\ and \") Keywords, fields and
 * operators in any case. `=` and `==` are equals, `!=` is not equals. Dates: 2027-01-31 or RFC 3339. */
#ifndef RULES_PARSE_H
#define RULES_PARSE_H

#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"
#include "model/expr.h"

enum rules_scope {
    RULES_ASSIGN, /* only fields that may decide an owner */
    RULES_FILTER, /* every field: --where */
};

#define RULES_MAX_TEXT  (64 * 1024) /* bytes of one expression */
#define RULES_MAX_DEPTH 64          /* nested parentheses and nots */
#define RULES_MAX_NODES 10000

/* `*out` is freed with expr_free. CS_E_INVALID: `diag` says "line L, column C: what is wrong, what is
 * allowed" (columns count characters from 1); CS_E_LIMIT likewise; CS_E_NOMEM. */
CS_MUST_USE enum cs_err rules_parse(struct expr **out, const char *text, enum rules_scope scope,
                                    struct diag *diag);

/* Appends the canonical text: parsing it again gives an equal tree (unless it has grown beyond
 * RULES_MAX_TEXT). */
void rules_format(struct buf *out, const struct expr *expr);

#endif
