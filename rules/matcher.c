// SPDX-License-Identifier: Apache-2.0
#include "rules/matcher.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/timefmt.h"
#include "rules/pattern.h"

#define VALUES_EXPLAINED 3
#define VALUE_SHOWN      100 /* bytes of a value that an explanation shows */
#define MAX_LIMITED      8   /* a test gives up after so many values that ran into the limits */

struct matcher {
    struct expr *expr;
    struct pattern **patterns; /* by expr.pattern */
    size_t pattern_count;
    uint64_t limit_hits;
};

static size_t count_patterns(const struct expr *expr)
{
    size_t count = expr->kind == EXPR_TEST && expr->op == OP_MATCHES_REGEX;
    for (size_t i = 0; i < expr->child_count; i++)
        count += count_patterns(expr->children[i]);
    return count;
}

static enum cs_err compile_patterns(struct matcher *matcher, const struct expr *expr, struct diag *diag)
{
    enum cs_err err = CS_OK;
    if (expr->kind == EXPR_TEST && expr->op == OP_MATCHES_REGEX) {
        char reason[PATTERN_REASON_SIZE] = "";
        err = pattern_compile(&matcher->patterns[expr->pattern], expr->values[0].text, reason);
        if (err != CS_OK) /* the parser has tried it already */
            diag_set(diag, "a regular expression does not compile: %s", reason);
    }
    for (size_t i = 0; i < expr->child_count && err == CS_OK; i++)
        err = compile_patterns(matcher, expr->children[i], diag);
    return err;
}

enum cs_err matcher_compile(struct matcher **out, const char *text, enum rules_scope scope, struct diag *diag)
{
    *out = NULL;
    struct matcher *matcher = calloc(1, sizeof *matcher);
    if (matcher == NULL)
        return diag_fail(diag, CS_E_NOMEM, "out of memory");
    enum cs_err err = rules_parse(&matcher->expr, text, scope, diag);
    if (err == CS_OK) {
        matcher->pattern_count = count_patterns(matcher->expr);
        matcher->patterns = calloc(matcher->pattern_count + 1, sizeof(struct pattern *));
        if (matcher->patterns == NULL)
            err = diag_fail(diag, CS_E_NOMEM, "out of memory");
        else
            err = compile_patterns(matcher, matcher->expr, diag);
    }
    if (err != CS_OK) {
        matcher_free(matcher);
        return err;
    }
    *out = matcher;
    return CS_OK;
}

void matcher_free(struct matcher *matcher)
{
    if (matcher == NULL)
        return;
    for (size_t i = 0; matcher->patterns != NULL && i < matcher->pattern_count; i++)
        pattern_free(matcher->patterns[i]);
    free(matcher->patterns);
    expr_free(matcher->expr);
    free(matcher);
}

const struct expr *matcher_expr(const struct matcher *matcher)
{
    return matcher->expr;
}

uint64_t matcher_limit_hits(const struct matcher *matcher)
{
    return matcher->limit_hits;
}

/* ---- evaluation ---- */

static bool text_passes(struct matcher *matcher, const struct expr *test, const char *text)
{
    const char *value = test->value_count > 0 ? test->values[0].text : "";
    bool limited = false;
    switch (test->op) {
    case OP_EQUALS:
        return text_equals(text, value);
    case OP_STARTS_WITH:
        return text_starts_with(text, value);
    case OP_ENDS_WITH:
        return text_ends_with(text, value);
    case OP_CONTAINS:
        return text_contains(text, value);
    case OP_IN_DOMAIN:
        return text_in_domain(text, value);
    case OP_IN:
        for (size_t i = 0; i < test->value_count; i++) {
            if (text_equals(text, test->values[i].text))
                return true;
        }
        return false;
    case OP_MATCHES_REGEX: {
        bool matches = pattern_matches(matcher->patterns[test->pattern], text, &limited);
        matcher->limit_hits += limited;
        return matches;
    }
    default:
        return false;
    }
}

static bool number_passes(const struct expr *test, int64_t number)
{
    int64_t value = test->value_count > 0 ? test->values[0].number : 0;
    switch (test->op) {
    case OP_EQUALS:
        return number == value;
    case OP_LESS:
        return number < value;
    case OP_LESS_EQUAL:
        return number <= value;
    case OP_GREATER:
        return number > value;
    case OP_GREATER_EQUAL:
        return number >= value;
    case OP_IS_TRUE:
        return number != 0;
    case OP_IS_FALSE:
        return number == 0;
    case OP_IN:
        for (size_t i = 0; i < test->value_count; i++) {
            if (number == test->values[i].number)
                return true;
        }
        return false;
    default:
        return false;
    }
}

static bool ip_passes(const struct expr *test, struct ip ip)
{
    for (size_t i = 0; i < test->value_count; i++) {
        if (ip_range_has(test->values[i].range, ip))
            return true;
    }
    return false;
}

static bool is_empty(const struct expr *test, const struct fact *fact)
{
    return field_info(test->field)->type == FIELD_TYPE_TEXT ? fact->count == 0 : !fact->present;
}

/* A certificate may bring thousands of names made to be dear, so only a few may run into the limits. */
static bool any_text_passes(struct matcher *matcher, const struct expr *test, const struct fact *fact)
{
    uint64_t give_up = matcher->limit_hits + MAX_LIMITED;
    for (size_t i = 0; i < fact->count && matcher->limit_hits < give_up; i++) {
        if (text_passes(matcher, test, fact->texts[i]))
            return true;
    }
    return false;
}

static bool test_holds(struct matcher *matcher, const struct expr *test, const struct facts *facts)
{
    const struct fact *fact = &facts->fact[test->field];
    if (test->op == OP_IS_EMPTY)
        return is_empty(test, fact);
    switch (field_info(test->field)->type) {
    case FIELD_TYPE_TEXT:
        return any_text_passes(matcher, test, fact);
    case FIELD_TYPE_IP:
        return fact->present && ip_passes(test, fact->ip);
    default:
        return fact->present && number_passes(test, fact->number);
    }
}

static bool holds(struct matcher *matcher, const struct expr *expr, const struct facts *facts)
{
    switch (expr->kind) {
    case EXPR_TEST:
        return test_holds(matcher, expr, facts);
    case EXPR_NOT:
        return !holds(matcher, expr->children[0], facts);
    case EXPR_AND:
        for (size_t i = 0; i < expr->child_count; i++) {
            if (!holds(matcher, expr->children[i], facts))
                return false;
        }
        return true;
    case EXPR_OR:
        for (size_t i = 0; i < expr->child_count; i++) {
            if (holds(matcher, expr->children[i], facts))
                return true;
        }
        return false;
    }
    return false;
}

bool matcher_holds(struct matcher *matcher, const struct facts *facts)
{
    return holds(matcher, matcher->expr, facts);
}

/* ---- explanation ---- */

static void append_number(struct buf *out, enum field_type type, int64_t number)
{
    char time[TIMEFMT_SIZE];
    if (type == FIELD_TYPE_TIME)
        buf_append_str(out, timefmt_rfc3339(time, number));
    else if (type == FIELD_TYPE_BOOL)
        buf_append_str(out, number != 0 ? "true" : "false");
    else
        buf_printf(out, "%" PRId64, number);
}

static void append_seen(struct buf *out, const struct expr *test, const struct facts *facts)
{
    const struct fact *fact = &facts->fact[test->field];
    enum field_type type = field_info(test->field)->type;
    char ip[IP_TEXT_SIZE];
    char shown[VALUE_SHOWN];
    if (is_empty(test, fact)) {
        buf_append_str(out, "it has none");
    } else if (type == FIELD_TYPE_IP) {
        buf_printf(out, "it is %s", ip_format(ip, fact->ip));
    } else if (type != FIELD_TYPE_TEXT) {
        buf_append_str(out, "it is ");
        append_number(out, type, fact->number);
    } else {
        buf_append_str(out, fact->count > 1 ? "they are " : "it is ");
        for (size_t i = 0; i < fact->count && i < VALUES_EXPLAINED; i++) {
            text_printable(shown, sizeof shown, fact->texts[i]);
            buf_printf(out, "%s\"%s\"", i > 0 ? ", " : "", shown);
        }
        if (fact->count > VALUES_EXPLAINED)
            buf_printf(out, " and %zu more", fact->count - VALUES_EXPLAINED);
    }
}

static void explain(struct buf *out, struct matcher *matcher, const struct expr *expr,
                    const struct facts *facts)
{
    bool outcome = holds(matcher, expr, facts);
    if (expr->kind == EXPR_TEST) {
        rules_format(out, expr);
        buf_append_str(out, outcome ? " holds: " : " fails: ");
        append_seen(out, expr, facts);
        return;
    }
    if (expr->kind == EXPR_NOT) {
        buf_append_str(out, "not: ");
        explain(out, matcher, expr->children[0], facts);
        return;
    }
    /* what decided: the first that fails an `and`, the first that holds an `or`; else every one of them */
    bool decisive = expr->kind == EXPR_OR;
    bool first = true;
    for (size_t i = 0; i < expr->child_count; i++) {
        if (outcome == decisive && holds(matcher, expr->children[i], facts) != decisive)
            continue;
        buf_append_str(out, first ? "" : "; ");
        explain(out, matcher, expr->children[i], facts);
        first = false;
        if (outcome == decisive)
            return;
    }
}

void matcher_explain(struct buf *out, struct matcher *matcher, const struct facts *facts)
{
    explain(out, matcher, matcher->expr, facts);
}
