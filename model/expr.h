// SPDX-License-Identifier: Apache-2.0
/* The expression tree of rules and filters as plain data: rules/parse.h makes it, rules/matcher.h evaluates
 * it in memory, db turns what it can of it into SQL. Type-checked when made: a node never holds an operator
 * its field's type does not have, nor a value of another type. */
#ifndef MODEL_EXPR_H
#define MODEL_EXPR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/field.h"
#include "model/ip.h"

enum expr_kind { EXPR_TEST, EXPR_AND, EXPR_OR, EXPR_NOT };

enum expr_op {
    OP_EQUALS,        /* text, number, time, bool, ip */
    OP_STARTS_WITH,   /* text */
    OP_ENDS_WITH,     /* text */
    OP_CONTAINS,      /* text */
    OP_MATCHES_REGEX, /* text; PCRE2, case-insensitive, anchored nowhere */
    OP_IN_DOMAIN,     /* text; whole labels */
    OP_IN,            /* text, number, time: one of the list; ip: in one of the ranges */
    OP_LESS,          /* number, time, and so on below */
    OP_LESS_EQUAL,
    OP_GREATER,
    OP_GREATER_EQUAL,
    OP_IS_TRUE, /* bool: no value */
    OP_IS_FALSE,
    OP_IS_EMPTY, /* every type: the field has no value */
    OP_COUNT
};

struct expr_value {
    char *text;            /* TEXT: owned */
    int64_t number;        /* NUMBER, TIME, BOOL */
    struct ip_range range; /* IP; one address is a range of one */
};

/* A test holds if any value of the field passes; a field without value passes nothing but `is empty`
 * (and so `not (x equals y)` holds for it). */
struct expr {
    enum expr_kind kind;
    struct expr **children; /* AND, OR: two or more; NOT: one */
    size_t child_count;
    enum field field; /* EXPR_TEST, as everything below */
    enum expr_op op;
    struct expr_value *values; /* none for IS_*, one or more for OP_IN, one for the others */
    size_t value_count;
    unsigned
        pattern; /* OP_MATCHES_REGEX: index among the tree's regular expressions, in order of appearance */
};

const char *expr_op_name(enum expr_op op); /* "ends_with", "<=", "is empty", ... */
bool expr_op_allows(enum expr_op op, enum field_type type);
void expr_free(struct expr *expr); /* the whole tree; NULL is fine */

#endif
