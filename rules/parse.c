// SPDX-License-Identifier: Apache-2.0
/* Recursive descent, one function for each line of the grammar in the header; depth and size are bounded. */
#include "rules/parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/timefmt.h"
#include "rules/lexer.h"
#include "rules/pattern.h"
#include "rules/values.h"

struct parser {
    struct lexer lexer;
    enum rules_scope scope;
    struct diag *diag;
    unsigned depth;
    size_t nodes;
    unsigned patterns;
};

static enum cs_err parse_or(struct parser *parser, struct expr **out);

static enum cs_err next(struct parser *parser)
{
    return lexer_next(&parser->lexer, parser->diag);
}

static enum cs_err next_value(struct parser *parser)
{
    return lexer_next_value(&parser->lexer, parser->diag);
}

/* Counts nodes and values, so that the tree has a ceiling. */
static enum cs_err count_node(struct parser *parser)
{
    if (++parser->nodes <= RULES_MAX_NODES)
        return CS_OK;
    return diag_fail(parser->diag, CS_E_LIMIT, "line %u, column %u: more than %d tests and values",
                     parser->lexer.token_line, parser->lexer.token_column, RULES_MAX_NODES);
}

static bool is_keyword(const struct parser *parser, const char *word)
{
    return parser->lexer.kind == TOKEN_WORD && text_equals(buf_str(&parser->lexer.text), word);
}

static bool is_symbol(const struct parser *parser, const char *symbol)
{
    return parser->lexer.kind == TOKEN_SYMBOL && strcmp(buf_str(&parser->lexer.text), symbol) == 0;
}

/* What stands here, for messages. */
static const char *found(const struct parser *parser, char out[80])
{
    if (parser->lexer.kind == TOKEN_END)
        return "the end";
    char shown[77];
    snprintf(out, 80, "\"%s\"", text_printable(shown, sizeof shown, buf_str(&parser->lexer.text)));
    return out;
}

static enum cs_err new_node(struct parser *parser, enum expr_kind kind, struct expr **out)
{
    *out = NULL;
    enum cs_err err = count_node(parser);
    if (err != CS_OK)
        return err;
    *out = calloc(1, sizeof **out);
    if (*out == NULL)
        return diag_fail(parser->diag, CS_E_NOMEM, "out of memory");
    (*out)->kind = kind;
    return CS_OK;
}

/* Takes `child` over, also on error. */
static enum cs_err add_child(struct parser *parser, struct expr *parent, struct expr *child)
{
    struct expr **children = realloc(parent->children, (parent->child_count + 1) * sizeof *children);
    if (children == NULL) {
        expr_free(child);
        return diag_fail(parser->diag, CS_E_NOMEM, "out of memory");
    }
    parent->children = children;
    children[parent->child_count++] = child;
    return CS_OK;
}

static enum cs_err negate(struct parser *parser, struct expr **expr)
{
    struct expr *not_node;
    enum cs_err err = new_node(parser, EXPR_NOT, &not_node);
    if (err != CS_OK)
        return err;
    struct expr *child = *expr;
    *expr = not_node;
    return add_child(parser, not_node, child);
}

/* ---- operators and values ---- */

static const struct {
    const char *symbol;
    enum expr_op op;
    bool negated;
} symbols[] = {
    {"=", OP_EQUALS, false},         {"==", OP_EQUALS, false},     {"!=", OP_EQUALS, true},
    {"<", OP_LESS, false},           {"<=", OP_LESS_EQUAL, false}, {">", OP_GREATER, false},
    {">=", OP_GREATER_EQUAL, false},
};

static enum cs_err fail_operator(struct parser *parser, const struct expr *test)
{
    struct buf allowed = {0};
    char shown[80];
    const struct field_info *field = field_info(test->field);
    for (int op = 0; op < OP_COUNT; op++) {
        if (expr_op_allows((enum expr_op)op, field->type))
            buf_printf(&allowed, "%s%s", allowed.len > 0 ? ", " : "", expr_op_name((enum expr_op)op));
    }
    enum cs_err err =
        lexer_fail(&parser->lexer, parser->diag, "%s is no operator for %s (%s); allowed are %s",
                   found(parser, shown), field->name, field_type_name(field->type), buf_str(&allowed));
    buf_dispose(&allowed);
    return err;
}

static bool operator_here(const struct parser *parser, enum expr_op *op, bool *negated)
{
    *negated = false;
    for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++) {
        if (is_symbol(parser, symbols[i].symbol)) {
            *op = symbols[i].op;
            *negated = symbols[i].negated;
            return true;
        }
    }
    for (int i = OP_EQUALS; i <= OP_IN; i++) {
        if (is_keyword(parser, expr_op_name((enum expr_op)i))) {
            *op = (enum expr_op)i;
            return true;
        }
    }
    return false;
}

static enum cs_err parse_value(struct parser *parser, struct expr *test)
{
    char shown[80];
    if (parser->lexer.kind != TOKEN_WORD && parser->lexer.kind != TOKEN_STRING)
        return lexer_fail(&parser->lexer, parser->diag, "expected a value, found %s", found(parser, shown));
    enum cs_err err = count_node(parser);
    if (err != CS_OK)
        return err;
    struct expr_value *values = realloc(test->values, (test->value_count + 1) * sizeof *values);
    if (values == NULL)
        return diag_fail(parser->diag, CS_E_NOMEM, "out of memory");
    test->values = values;
    values[test->value_count] = (struct expr_value){0};
    const char *reason;
    err =
        value_parse(&values[test->value_count], test->field, test->op, buf_str(&parser->lexer.text), &reason);
    if (err == CS_E_INVALID)
        return lexer_fail(&parser->lexer, parser->diag, "%s is no value for %s: %s", found(parser, shown),
                          field_info(test->field)->name, reason);
    if (err != CS_OK)
        return diag_fail(parser->diag, err, "out of memory");
    test->value_count++;
    return next(parser);
}

/* Tried here, where line and column are known. */
static enum cs_err check_pattern(const struct parser *parser)
{
    char reason[PATTERN_REASON_SIZE] = "";
    struct pattern *pattern;
    enum cs_err err = pattern_compile(&pattern, buf_str(&parser->lexer.text), reason);
    pattern_free(pattern);
    return err == CS_E_INVALID ? lexer_fail(&parser->lexer, parser->diag, "no regular expression: %s", reason)
                               : err;
}

static enum cs_err parse_list(struct parser *parser, struct expr *test)
{
    char shown[80];
    if (parser->lexer.kind != TOKEN_OPEN)
        return parse_value(parser, test);
    do {
        enum cs_err err = next_value(parser);
        if (err == CS_OK)
            err = parse_value(parser, test);
        if (err != CS_OK)
            return err;
    } while (parser->lexer.kind == TOKEN_COMMA);
    if (parser->lexer.kind != TOKEN_CLOSE)
        return lexer_fail(&parser->lexer, parser->diag, "expected \",\" or \")\", found %s",
                          found(parser, shown));
    return next(parser);
}

/* `is [not] true|false|empty`, behind `is`. */
static enum cs_err parse_is(struct parser *parser, struct expr **test)
{
    static const struct {
        const char *word;
        enum expr_op op;
    } states[] = {{"true", OP_IS_TRUE}, {"false", OP_IS_FALSE}, {"empty", OP_IS_EMPTY}};
    char shown[80];
    enum cs_err err = next(parser);
    bool negated = err == CS_OK && is_keyword(parser, "not");
    if (negated)
        err = next(parser);
    if (err != CS_OK)
        return err;
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        if (!is_keyword(parser, states[i].word))
            continue;
        if (!expr_op_allows(states[i].op, field_info((*test)->field)->type))
            return fail_operator(parser, *test);
        (*test)->op = states[i].op;
        err = next(parser);
        return err == CS_OK && negated ? negate(parser, test) : err;
    }
    return lexer_fail(&parser->lexer, parser->diag, "expected true, false or empty, found %s",
                      found(parser, shown));
}

static enum cs_err parse_operation(struct parser *parser, struct expr **test)
{
    bool negated;
    if (is_keyword(parser, "is"))
        return parse_is(parser, test);
    bool not_before = is_keyword(parser, "not"); /* `name not in (a, b)` */
    enum cs_err err = not_before ? next(parser) : CS_OK;
    if (err != CS_OK)
        return err;
    if (!operator_here(parser, &(*test)->op, &negated) ||
        !expr_op_allows((*test)->op, field_info((*test)->field)->type))
        return fail_operator(parser, *test);
    err = next_value(parser);
    if (err == CS_OK && (*test)->op == OP_MATCHES_REGEX)
        err = check_pattern(parser);
    if (err == CS_OK)
        err = (*test)->op == OP_IN ? parse_list(parser, *test) : parse_value(parser, *test);
    if ((*test)->op == OP_MATCHES_REGEX)
        (*test)->pattern = parser->patterns++;
    return err == CS_OK && negated != not_before ? negate(parser, test) : err;
}

/* ---- the grammar ---- */

static enum cs_err parse_field(struct parser *parser, enum field *out)
{
    char shown[80];
    if (parser->lexer.kind != TOKEN_WORD)
        return lexer_fail(&parser->lexer, parser->diag, "expected a field, found %s", found(parser, shown));
    if (field_by_name(buf_str(&parser->lexer.text), parser->lexer.text.len, out) != CS_OK) {
        const char *near = value_nearest_field(buf_str(&parser->lexer.text));
        return lexer_fail(&parser->lexer, parser->diag,
                          "no field %s%s%s; `certscour rule fields` lists them all", found(parser, shown),
                          near != NULL ? "; did you mean " : "", near != NULL ? near : "");
    }
    if (parser->scope == RULES_ASSIGN && !field_info(*out)->assignable)
        return lexer_fail(
            &parser->lexer, parser->diag,
            "%s cannot decide an owner (it depends on time, findings or owners); it is for --where",
            field_info(*out)->name);
    return next(parser);
}

static enum cs_err parse_test(struct parser *parser, struct expr **out)
{
    enum field field;
    enum cs_err err = parse_field(parser, &field);
    if (err == CS_OK)
        err = new_node(parser, EXPR_TEST, out);
    if (err != CS_OK)
        return err;
    (*out)->field = field;
    return parse_operation(parser, out);
}

static enum cs_err parse_unary(struct parser *parser, struct expr **out)
{
    char shown[80];
    enum cs_err err;
    if (parser->depth == RULES_MAX_DEPTH)
        return diag_fail(parser->diag, CS_E_LIMIT, "line %u, column %u: nested deeper than %d",
                         parser->lexer.token_line, parser->lexer.token_column, RULES_MAX_DEPTH);
    parser->depth++;
    if (is_keyword(parser, "not")) {
        err = next(parser);
        if (err == CS_OK)
            err = parse_unary(parser, out);
        if (err == CS_OK)
            err = negate(parser, out);
    } else if (parser->lexer.kind == TOKEN_OPEN) {
        err = next(parser);
        if (err == CS_OK)
            err = parse_or(parser, out);
        if (err == CS_OK && parser->lexer.kind != TOKEN_CLOSE)
            err = lexer_fail(&parser->lexer, parser->diag, "expected \")\", found %s", found(parser, shown));
        if (err == CS_OK)
            err = next(parser);
    } else {
        err = parse_test(parser, out);
    }
    parser->depth--;
    return err;
}

/* One or more `operand`s joined by `word`. */
static enum cs_err parse_joined(struct parser *parser, struct expr **out, const char *word,
                                enum expr_kind kind, enum cs_err (*operand)(struct parser *, struct expr **))
{
    enum cs_err err = operand(parser, out);
    if (err != CS_OK || !is_keyword(parser, word))
        return err;
    struct expr *joined;
    struct expr *first = *out;
    err = new_node(parser, kind, &joined);
    if (err != CS_OK)
        return err;
    *out = joined;
    err = add_child(parser, joined, first);
    while (err == CS_OK && is_keyword(parser, word)) {
        struct expr *child = NULL;
        err = next(parser);
        if (err == CS_OK)
            err = operand(parser, &child);
        if (err == CS_OK)
            err = add_child(parser, joined, child);
        else
            expr_free(child);
    }
    return err;
}

static enum cs_err parse_and(struct parser *parser, struct expr **out)
{
    return parse_joined(parser, out, "and", EXPR_AND, parse_unary);
}

static enum cs_err parse_or(struct parser *parser, struct expr **out)
{
    return parse_joined(parser, out, "or", EXPR_OR, parse_and);
}

enum cs_err rules_parse(struct expr **out, const char *text, enum rules_scope scope, struct diag *diag)
{
    char shown[80];
    struct parser parser = {.scope = scope, .diag = diag};
    *out = NULL;
    if (strlen(text) > RULES_MAX_TEXT)
        return diag_fail(diag, CS_E_LIMIT, "an expression of more than %d bytes", RULES_MAX_TEXT);
    lexer_init(&parser.lexer, text);
    enum cs_err err = next(&parser);
    if (err == CS_OK)
        err = parse_or(&parser, out);
    if (err == CS_OK && parser.lexer.kind != TOKEN_END)
        err = lexer_fail(&parser.lexer, diag, "expected and, or or the end, found %s", found(&parser, shown));
    lexer_dispose(&parser.lexer);
    if (err != CS_OK) {
        expr_free(*out);
        *out = NULL;
    }
    return err;
}
