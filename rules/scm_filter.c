// SPDX-License-Identifier: Apache-2.0
#include "rules/scm_filter.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/text_list.h"
#include "rules/parse.h"

/* The first name of a field or operator is the one that is sent. HOSTNAME is the manual's spelling,
 * HOST_NAME the API's. */
static const struct {
    const char *name;
    enum field field;
} filter_types[] = {
    {"COMMON_NAME", FIELD_COMMON_NAME},
    {"ORGANIZATION", FIELD_ORGANIZATION},
    {"ORGANIZATION_UNIT", FIELD_ORGANIZATION_UNIT},
    {"CITY", FIELD_CITY},
    {"STATE", FIELD_STATE},
    {"COUNTRY", FIELD_COUNTRY},
    {"SUBJECT_ALT_NAME", FIELD_SUBJECT_ALT_NAME},
    {"ISSUER", FIELD_ISSUER},
    {"IP", FIELD_IP},
    {"PORT", FIELD_PORT},
    {"DOMAIN_COMPONENT", FIELD_DOMAIN_COMPONENT},
    {"TEMPLATE_NAME", FIELD_TEMPLATE_NAME},
    {"KU", FIELD_KEY_USAGE},
    {"EKU", FIELD_EXTENDED_KEY_USAGE},
    {"HOST_NAME", FIELD_HOST_NAME},
    {"HOSTNAME", FIELD_HOST_NAME},
};
#define TYPE_COUNT (sizeof filter_types / sizeof filter_types[0])

static const struct {
    const char *name;
    enum expr_op op;
} match_types[] = {
    {"MATCHES", OP_EQUALS},    {"STARTS_WITH", OP_STARTS_WITH},   {"ENDS_WITH", OP_ENDS_WITH},
    {"CONTAINS", OP_CONTAINS}, {"MATCH_REGEX", OP_MATCHES_REGEX}, {"MATCHES_REGEX", OP_MATCHES_REGEX},
};
#define MATCH_COUNT (sizeof match_types / sizeof match_types[0])

static size_t find_type(const char *name)
{
    size_t t = 0;
    while (t < TYPE_COUNT && !text_equals(name, filter_types[t].name))
        t++;
    return t;
}

static size_t find_match(const char *name)
{
    size_t m = 0;
    while (m < MATCH_COUNT && !text_equals(name, match_types[m].name))
        m++;
    return m;
}

/* ---- from SCM ---- */

/* SCM compares an address as text: "10.1." means 10.1.0.0/16. False unless `text` is one to three whole
 * octets, each with its dot. */
static bool append_prefix(struct buf *out, const char *text)
{
    char address[IP_TEXT_SIZE];
    struct ip ip;
    size_t octets = 0;
    for (const char *at = text; *at != '\0'; at++)
        octets += *at == '.';
    size_t len = strlen(text);
    if (octets == 0 || octets > 3 || len > 12 || text[len - 1] != '.')
        return false;
    snprintf(address, sizeof address, "%s%s", text, &"0.0.0"[2 * (octets - 1)]);
    if (ip_parse(address, strlen(address), &ip) != CS_OK)
        return false;
    buf_printf(out, "ip in %s/%zu", address, 8 * octets);
    return true;
}

static void append_quoted(struct buf *out, const char *text)
{
    buf_append_char(out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            buf_append_char(out, '\\');
        buf_append_char(out, *text);
    }
    buf_append_char(out, '"');
}

enum cs_err scm_filter_to_text(struct buf *out, const struct scm_filter *filter, struct diag *why)
{
    char shown[80];
    if (filter->type == NULL || filter->match == NULL || filter->value == NULL)
        return diag_fail(why, CS_E_INVALID, "a filter without filterType, matchType or value");
    if (text_equals(filter->type, "EXPIRATION"))
        return diag_fail(why, CS_E_INVALID,
                         "EXPIRATION depends on the present time; filter with --where not_after instead");
    size_t t = find_type(filter->type);
    size_t m = find_match(filter->match);
    if (t == TYPE_COUNT)
        return diag_fail(why, CS_E_INVALID, "an unknown filterType \"%s\"",
                         text_printable(shown, sizeof shown, filter->type));
    if (m == MATCH_COUNT)
        return diag_fail(why, CS_E_INVALID, "an unknown matchType \"%s\"",
                         text_printable(shown, sizeof shown, filter->match));
    buf_append_str(out, out->len > 0 ? " and " : "");
    const struct field_info *field = field_info(filter_types[t].field);
    if (field->type == FIELD_TYPE_IP && match_types[m].op == OP_STARTS_WITH &&
        append_prefix(out, filter->value))
        return CS_OK;
    if (!expr_op_allows(match_types[m].op, field->type))
        return diag_fail(why, CS_E_INVALID,
                         "addresses and ports are compared as such here, not as text: use MATCHES");
    buf_printf(out, "%s %s ", field->name, expr_op_name(match_types[m].op));
    append_quoted(out, filter->value);
    return out->err == CS_OK ? CS_OK : diag_fail(why, out->err, "out of memory");
}

/* ---- to SCM ---- */

/* 10.0.0.0/8, 172.16.0.0/16, 192.0.2.0/24 are the beginnings of texts, with the dot; one address is
 * itself. */
static bool range_to_filter(struct scm_filter_made *filter, struct ip_range range)
{
    char text[IP_TEXT_SIZE];
    ip_format(text, range.first);
    filter->match = "MATCHES";
    snprintf(filter->value, sizeof filter->value, "%s", text);
    if (ip_equals(range.first, range.last))
        return true;
    u128 count = ip_range_count(range);
    u128 first = ip_to_u128(range.first);
    if (!ip_is_v4(range.first) || (first & (count - 1)) != 0)
        return false;
    size_t octets = count == 1U << 8 ? 3 : count == 1U << 16 ? 2 : count == 1U << 24 ? 1 : 0;
    char *at = filter->value;
    for (size_t dots = 0; dots < octets; at++)
        dots += *at == '.';
    *at = '\0';
    filter->match = "STARTS_WITH";
    return octets > 0;
}

/* False: the operator, or what it is given, has no twin there. */
static bool value_to_filter(struct scm_filter_made *filter, const struct expr *test)
{
    const struct expr_value *value = test->values;
    size_t m = 0;
    enum expr_op op = test->op == OP_IN && test->value_count == 1 ? OP_EQUALS : test->op;
    if (test->value_count != 1)
        return false;
    if (field_info(test->field)->type == FIELD_TYPE_IP)
        return range_to_filter(filter, value->range);
    while (m < MATCH_COUNT && match_types[m].op != op)
        m++;
    if (m == MATCH_COUNT)
        return false;
    filter->match = match_types[m].name;
    if (field_info(test->field)->type == FIELD_TYPE_NUMBER)
        snprintf(filter->value, sizeof filter->value, "%" PRId64, value->number);
    else
        snprintf(filter->value, sizeof filter->value, "%s", value->text);
    return true;
}

/* "; and what to do instead" where that helps. */
static const char *hint(const struct expr *test)
{
    if (test->op == OP_IN_DOMAIN)
        return ": it has ends_with; make a rule for the domain and one for what ends with .domain";
    if (test->op == OP_IN)
        return field_info(test->field)->type == FIELD_TYPE_IP
                   ? ": it has single addresses and IPv4 networks /8, /16 and /24"
                   : ": make a rule for each value";
    if (test->field == FIELD_NAME)
        return ": make a rule for common_name and one for subject_alt_name";
    return "";
}

static enum cs_err add_test(struct scm_filters *out, const struct expr *test, struct diag *why)
{
    struct buf text = {0};
    char shown[120];
    size_t t = 0;
    while (t < TYPE_COUNT && filter_types[t].field != test->field)
        t++;
    if (out->count == SCM_FILTERS_MAX)
        return diag_fail(why, CS_E_INVALID, "more than %d tests", SCM_FILTERS_MAX);
    struct scm_filter_made *filter = &out->items[out->count];
    bool fits = t < TYPE_COUNT && value_to_filter(filter, test);
    rules_format(&text, test);
    text_printable(shown, sizeof shown, buf_str(&text));
    buf_dispose(&text);
    if (!fits)
        return diag_fail(why, CS_E_INVALID, "SCM cannot express `%s`%s", shown, hint(test));
    if (utf8_columns(filter->value) > SCM_FILTER_VALUE)
        return diag_fail(why, CS_E_INVALID, "the value of `%s` has more than %d characters", shown,
                         SCM_FILTER_VALUE);
    filter->type = filter_types[t].name;
    out->count++;
    return CS_OK;
}

static enum cs_err add_expr(struct scm_filters *out, const struct expr *expr, struct diag *why)
{
    enum cs_err err = CS_OK;
    switch (expr->kind) {
    case EXPR_TEST:
        return add_test(out, expr, why);
    case EXPR_AND:
        for (size_t i = 0; i < expr->child_count && err == CS_OK; i++)
            err = add_expr(out, expr->children[i], why);
        return err;
    case EXPR_OR:
        return diag_fail(why, CS_E_INVALID, "SCM has no `or`: make a rule of each part");
    case EXPR_NOT:
        break;
    }
    return diag_fail(why, CS_E_INVALID, "SCM has no `not`");
}

enum cs_err scm_filters_from_expr(struct scm_filters *out, const struct expr *expr, struct diag *why)
{
    out->count = 0;
    return add_expr(out, expr, why);
}

/* ---- the same? ---- */

static enum cs_err list_tests(struct text_list *list, const struct expr *expr)
{
    enum cs_err err = CS_OK;
    if (expr->kind == EXPR_AND) {
        for (size_t i = 0; i < expr->child_count && err == CS_OK; i++)
            err = list_tests(list, expr->children[i]);
        return err;
    }
    struct buf text = {0};
    rules_format(&text, expr);
    err = text.err == CS_OK ? text_list_add(list, buf_str(&text)) : text.err;
    buf_dispose(&text);
    return err;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The tests that `and` joins, in one order. */
static bool sorted_tests(struct text_list *list, const char *text)
{
    struct expr *expr = NULL;
    bool good = rules_parse(&expr, text, RULES_ASSIGN, NULL) == CS_OK && list_tests(list, expr) == CS_OK;
    expr_free(expr);
    if (good && list->count > 0)
        qsort(list->items, list->count, sizeof *list->items, by_text);
    return good;
}

bool scm_match_same(const char *a, const char *b)
{
    struct text_list first = {0};
    struct text_list second = {0};
    if (strcmp(a, b) == 0)
        return true;
    bool same = sorted_tests(&first, a) && sorted_tests(&second, b) && first.count == second.count;
    for (size_t i = 0; i < first.count && same; i++)
        same = strcmp(first.items[i], second.items[i]) == 0;
    text_list_dispose(&first);
    text_list_dispose(&second);
    return same;
}
