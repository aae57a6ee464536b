// SPDX-License-Identifier: Apache-2.0
/* An absent value makes a test NULL, which counts as false; under `not` each test is coalesce(..., 0), so
 * that `not` is the exact complement, as in memory (and elsewhere not, for that would keep SQLite from its
 * indexes). Text compares ASCII case-insensitively: NOCASE and LIKE both do just that. */
#include "db/expr_sql.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "db/certificate_row.h"
#include "db/estate_finding.h"
#include "db/inventory_sql.h"

#define MAX_LIKE_VALUE 10000 /* bytes; SQLite's own limit on patterns is 50000 */

/* Where the value of a field is: a column, or value rows of some kinds, or both; or rows of its own. */
struct source {
    const char *column; /* an SQL expression; NULL = none */
    int kinds[3];       /* of certificate_value; 0 = end */
    bool is_task;       /* names of the tasks that have seen the asset */
};

#define TASKS "SELECT asset_id FROM asset_task JOIN task ON task.id = task_id"

#define PROTOCOL_NAME                                                                                        \
    "CASE e.protocol WHEN 0 THEN 'tls' WHEN 1 THEN 'smtp' WHEN 2 THEN 'lmtp' WHEN 3 THEN 'imap' WHEN 4 "     \
    "THEN 'pop3'"                                                                                            \
    " WHEN 5 THEN 'ftp' WHEN 6 THEN 'nntp' WHEN 7 THEN 'sieve' WHEN 8 THEN 'xmpp' WHEN 9 THEN 'xmpp-server'" \
    " WHEN 10 THEN 'ldap' WHEN 11 THEN 'postgres' WHEN 12 THEN 'mysql' WHEN 13 THEN 'rdp' WHEN 14 THEN "     \
    "'tds'"                                                                                                  \
    " WHEN 15 THEN 'irc' END"

static const struct source sources[FIELD_COUNT] = {
    [FIELD_COMMON_NAME] = {.column = "c.common_name"},
    [FIELD_SUBJECT] = {.column = "c.subject"},
    [FIELD_ORGANIZATION] = {.column = "c.organization"},
    [FIELD_ORGANIZATION_UNIT] = {.kinds = {VALUE_ORGANIZATION_UNIT}},
    [FIELD_CITY] = {.column = "c.city"},
    [FIELD_STATE] = {.column = "c.state"},
    [FIELD_COUNTRY] = {.column = "c.country"},
    [FIELD_DOMAIN_COMPONENT] = {.kinds = {VALUE_DOMAIN_COMPONENT}},
    [FIELD_SUBJECT_ALT_NAME] = {.kinds = {VALUE_DNS_NAME, VALUE_IP_ADDRESS, VALUE_OTHER_NAME}},
    [FIELD_NAME] = {.column = "c.common_name", .kinds = {VALUE_DNS_NAME}},
    [FIELD_ISSUER] = {.column = "c.issuer"},
    [FIELD_ISSUER_COMMON_NAME] = {.column = "c.issuer_common_name"},
    [FIELD_ISSUER_ORGANIZATION] = {.column = "c.issuer_organization"},
    [FIELD_SERIAL] = {.column = "c.serial"},
    [FIELD_IP] = {.column = "e.ip"},
    [FIELD_PORT] = {.column = "e.port"},
    [FIELD_HOST_NAME] = {.column = "e.host_name"},
    [FIELD_SERVER_NAME] = {.column = "nullif(e.server_name, '')"},
    [FIELD_NETWORK] = {.column = "nullif(e.network, '')"},
    [FIELD_PROTOCOL] = {.column = PROTOCOL_NAME},
    [FIELD_TLS_VERSION] = {.column = "a.tls_version"},
    [FIELD_KEY_TYPE] = {.column = "c.key_type"},
    [FIELD_KEY_BITS] = {.column = "c.key_bits"},
    [FIELD_SIGNATURE_ALGORITHM] = {.column = "c.signature_algorithm"},
    [FIELD_KEY_USAGE] = {.kinds = {VALUE_KEY_USAGE}},
    [FIELD_EXTENDED_KEY_USAGE] = {.kinds = {VALUE_EXTENDED_KEY_USAGE}},
    [FIELD_TEMPLATE_NAME] = {.column = "c.template_name"},
    [FIELD_NOT_AFTER] = {.column = "c.not_after"},
    [FIELD_NOT_BEFORE] = {.column = "c.not_before"},
    [FIELD_LIFETIME_DAYS] = {.column = "c.lifetime_days"},
    [FIELD_SELF_SIGNED] = {.column = "c.self_signed"},
    [FIELD_WILDCARD] = {.column = "c.wildcard"},
    [FIELD_SHA256] = {.column = "lower(hex(c.sha256))"},
    [FIELD_STATUS] = {.column = INVENTORY_STATUS},
    [FIELD_OWNER_ORGANIZATION] = {.column = "coalesce(p.name, o.name)"},
    [FIELD_OWNER_DEPARTMENT] = {.column = "CASE WHEN o.parent_id IS NULL THEN NULL ELSE o.name END"},
    [FIELD_TASK] = {.is_task = true},
    [FIELD_FIRST_SEEN] = {.column = "a.first_seen"},
    [FIELD_LAST_SEEN] = {.column = "a.last_seen"},
    [FIELD_ASSET_STATE] = {.column = "a.state"},
    [FIELD_PSEUDO_SERVICE] = {.column = "(a.pseudo_service <> 0)"},
};

/* ---- parameters ---- */

static struct sql_parameter *new_parameter(struct sql_condition *condition)
{
    if (condition->err != CS_OK)
        return NULL;
    if (condition->count == condition->cap) {
        size_t cap = condition->cap == 0 ? 16 : condition->cap * 2;
        struct sql_parameter *parameters = realloc(condition->parameters, cap * sizeof *parameters);
        if (parameters == NULL) {
            condition->err = CS_E_NOMEM;
            return NULL;
        }
        condition->parameters = parameters;
        condition->cap = cap;
    }
    buf_append_char(&condition->text, '?');
    struct sql_parameter *parameter = &condition->parameters[condition->count++];
    *parameter = (struct sql_parameter){0};
    return parameter;
}

void sql_add_number(struct sql_condition *condition, int64_t number)
{
    struct sql_parameter *parameter = new_parameter(condition);
    if (parameter == NULL)
        return;
    parameter->kind = PARAMETER_NUMBER;
    parameter->number = number;
}

void sql_add_text(struct sql_condition *condition, const char *text)
{
    struct sql_parameter *parameter = new_parameter(condition);
    if (parameter == NULL)
        return;
    parameter->kind = PARAMETER_TEXT;
    parameter->text = text;
}

void sql_add_blob(struct sql_condition *condition, const uint8_t *bytes, size_t len)
{
    struct sql_parameter *parameter = new_parameter(condition);
    if (parameter == NULL)
        return;
    parameter->kind = PARAMETER_BLOB;
    parameter->len = len;
    memcpy(parameter->bytes, bytes, len);
}

static void add_ip(struct sql_condition *condition, struct ip ip)
{
    sql_add_blob(condition, ip.bytes, sizeof ip.bytes);
}

/* `before` + value with LIKE's own characters escaped + `after`. */
static void add_pattern(struct sql_condition *condition, const char *before, const char *value,
                        const char *after)
{
    struct buf pattern = {0};
    buf_append_str(&pattern, before);
    for (; *value != '\0'; value++) {
        if (*value == '%' || *value == '_' || *value == '\\')
            buf_append_char(&pattern, '\\');
        buf_append_char(&pattern, *value);
    }
    buf_append_str(&pattern, after);
    struct sql_parameter *parameter = new_parameter(condition);
    if (parameter != NULL) {
        parameter->kind = PARAMETER_TEXT;
        parameter->owned = buf_take_str(&pattern);
        parameter->text = parameter->owned;
        if (parameter->owned == NULL)
            condition->err = CS_E_NOMEM;
    }
    buf_dispose(&pattern);
    buf_append_str(&condition->text, " ESCAPE '\\'");
}

void sql_condition_bind(const struct sql_condition *condition, sqlite3_stmt *stmt)
{
    /* a name takes the next number where it stands first, and the ? behind it move up */
    int now_at = sqlite3_bind_parameter_index(stmt, ":now");
    if (now_at > 0)
        sql_bind_int(stmt, now_at, condition->now_s);
    for (size_t i = 0; i < condition->count; i++) {
        const struct sql_parameter *parameter = &condition->parameters[i];
        int at = (int)i + 1;
        at += now_at > 0 && at >= now_at;
        if (parameter->kind == PARAMETER_TEXT)
            sql_bind_text(stmt, at, parameter->text);
        else if (parameter->kind == PARAMETER_NUMBER)
            sql_bind_int(stmt, at, parameter->number);
        else
            sql_bind_blob(stmt, at, parameter->bytes, parameter->len);
    }
}

void sql_condition_dispose(struct sql_condition *condition)
{
    for (size_t i = 0; i < condition->count; i++)
        free(condition->parameters[i].owned);
    free(condition->parameters);
    buf_dispose(&condition->text);
    *condition = (struct sql_condition){0};
}

/* ---- tests ---- */

static void add_domain(struct sql_condition *condition, const char *subject, const char *domain)
{
    domain += domain[0] == '.';
    if (domain[0] == '\0') { /* in no domain at all: nothing matches, as in memory */
        buf_append_char(&condition->text, '0');
        return;
    }
    buf_printf(&condition->text, "(%s = ", subject);
    sql_add_text(condition, domain);
    buf_printf(&condition->text, " COLLATE NOCASE OR %s LIKE ", subject);
    add_pattern(condition, "%.", domain, "");
    buf_append_char(&condition->text, ')');
}

/* `subject` OP value, for text. */
static void add_text_test(struct sql_condition *condition, const char *subject, const struct expr *test)
{
    const char *value = test->values[0].text;
    switch (test->op) {
    case OP_STARTS_WITH:
        buf_printf(&condition->text, "%s LIKE ", subject);
        add_pattern(condition, "", value, "%");
        break;
    case OP_ENDS_WITH:
        buf_printf(&condition->text, "%s LIKE ", subject);
        add_pattern(condition, "%", value, "");
        break;
    case OP_CONTAINS:
        buf_printf(&condition->text, "%s LIKE ", subject);
        add_pattern(condition, "%", value, "%");
        break;
    case OP_IN_DOMAIN:
        add_domain(condition, subject, value);
        break;
    default: /* equals, in */
        buf_append_char(&condition->text, '(');
        for (size_t i = 0; i < test->value_count; i++) {
            buf_printf(&condition->text, "%s%s = ", i > 0 ? " OR " : "", subject);
            sql_add_text(condition, test->values[i].text);
            buf_append_str(&condition->text, " COLLATE NOCASE");
        }
        buf_append_char(&condition->text, ')');
    }
}

static void add_kinds(struct sql_condition *condition, const struct source *source)
{
    buf_append_str(&condition->text, "kind IN (");
    for (int i = 0; i < 3 && source->kinds[i] != 0; i++)
        buf_printf(&condition->text, "%s%d", i > 0 ? ", " : "", source->kinds[i]);
    buf_append_char(&condition->text, ')');
}

static void add_text(struct sql_condition *condition, const struct source *source, const struct expr *test)
{
    buf_append_char(&condition->text, '(');
    if (source->is_task) {
        buf_append_str(&condition->text, "a.id IN (" TASKS " WHERE ");
        add_text_test(condition, "task.name", test);
        buf_append_char(&condition->text, ')');
    }
    if (source->column != NULL)
        add_text_test(condition, source->column, test);
    if (source->column != NULL && source->kinds[0] != 0)
        buf_append_str(&condition->text, " OR ");
    if (source->kinds[0] != 0) {
        buf_append_str(&condition->text, "c.id IN (SELECT certificate_id FROM certificate_value WHERE ");
        add_kinds(condition, source);
        buf_append_str(&condition->text, " AND ");
        add_text_test(condition, "value", test);
        buf_append_char(&condition->text, ')');
    }
    buf_append_char(&condition->text, ')');
}

static void add_empty(struct sql_condition *condition, const struct source *source)
{
    buf_append_char(&condition->text, '(');
    if (source->is_task)
        buf_append_str(&condition->text, "a.id NOT IN (" TASKS ")");
    if (source->column != NULL)
        buf_printf(&condition->text, "%s IS NULL", source->column);
    if (source->column != NULL && source->kinds[0] != 0)
        buf_append_str(&condition->text, " AND ");
    if (source->kinds[0] != 0) {
        buf_append_str(&condition->text,
                       "NOT EXISTS (SELECT 1 FROM certificate_value WHERE certificate_id = c.id AND ");
        add_kinds(condition, source);
        buf_append_char(&condition->text, ')');
    }
    buf_append_char(&condition->text, ')');
}

static const char *comparison(enum expr_op op)
{
    switch (op) {
    case OP_LESS:
        return "<";
    case OP_LESS_EQUAL:
        return "<=";
    case OP_GREATER:
        return ">";
    case OP_GREATER_EQUAL:
        return ">=";
    default:
        return "=";
    }
}

/* `column` OP `number`. How much of a table lies in a range is unknown to SQLite; without the hint it would
 * rather read all of it. */
static void add_comparison(struct sql_condition *condition, const char *column, enum expr_op op,
                           int64_t number)
{
    bool is_range = op != OP_EQUALS && op != OP_IN && condition->alternatives == 0;
    buf_printf(&condition->text, is_range ? "likelihood(%s %s " : "%s %s ", column, comparison(op));
    sql_add_number(condition, number);
    buf_append_str(&condition->text, is_range ? ", 0.01)" : "");
}

/* Days are whole ones left, rounded down: a certificate expired a second ago has -1. So fewer than N means
 * before now + N days, and N or fewer before now + N + 1. */
static void add_days_left(struct sql_condition *condition, enum expr_op op, int64_t days)
{
    const int64_t most = INT32_MAX; /* nobody lives to see it, and no sum overflows */
    days = days > most ? most : days < -most ? -most : days;
    int64_t at = condition->now_s + days * 86400;
    int64_t next = at + 86400;
    switch (op) {
    case OP_LESS:
        add_comparison(condition, "c.not_after", OP_LESS, at);
        break;
    case OP_LESS_EQUAL:
        add_comparison(condition, "c.not_after", OP_LESS, next);
        break;
    case OP_GREATER:
        add_comparison(condition, "c.not_after", OP_GREATER_EQUAL, next);
        break;
    case OP_GREATER_EQUAL:
        add_comparison(condition, "c.not_after", OP_GREATER_EQUAL, at);
        break;
    default:
        buf_append_char(&condition->text, '(');
        add_comparison(condition, "c.not_after", OP_GREATER_EQUAL, at);
        buf_append_str(&condition->text, " AND ");
        add_comparison(condition, "c.not_after", OP_LESS, next);
        buf_append_char(&condition->text, ')');
    }
}

static void add_number_test(struct sql_condition *condition, const struct source *source,
                            const struct expr *test)
{
    if (test->op == OP_IS_TRUE || test->op == OP_IS_FALSE) {
        buf_printf(&condition->text, "%s %s 0", source->column, test->op == OP_IS_TRUE ? "<>" : "=");
        return;
    }
    condition->alternatives += test->value_count > 1;
    buf_append_char(&condition->text, '(');
    for (size_t i = 0; i < test->value_count; i++) {
        buf_append_str(&condition->text, i > 0 ? " OR " : "");
        if (test->field == FIELD_DAYS_LEFT)
            add_days_left(condition, test->op, test->values[i].number);
        else
            add_comparison(condition, source->column, test->op, test->values[i].number);
    }
    buf_append_char(&condition->text, ')');
    condition->alternatives -= test->value_count > 1;
}

static void add_between(struct sql_condition *condition, const char *column, struct ip_range range)
{
    buf_printf(&condition->text, "%s BETWEEN ", column);
    add_ip(condition, range.first);
    buf_append_str(&condition->text, " AND ");
    add_ip(condition, range.last);
}

/* As bytes, all of IPv4 lies inside ::/0 and its like; as in memory, an address of the other family is in no
 * range. */
static void add_ip_test(struct sql_condition *condition, const struct source *source, const struct expr *test)
{
    const struct ip_range v4 = {ip_from_v4(0), ip_from_v4(UINT32_MAX)};
    buf_append_char(&condition->text, '(');
    for (size_t i = 0; i < test->value_count; i++) {
        struct ip_range range = test->values[i].range;
        buf_append_str(&condition->text, i > 0 ? " OR (" : "(");
        add_between(condition, source->column, range);
        if (ip_compare(range.first, v4.first) < 0 && ip_compare(v4.last, range.last) < 0) {
            buf_append_str(&condition->text, " AND NOT ");
            add_between(condition, source->column, v4);
        }
        buf_append_char(&condition->text, ')');
    }
    buf_append_char(&condition->text, ')');
}

/* Local findings are judged in memory, those of the estate by SQL. */
static bool asks_estate(const struct expr *test)
{
    if (test->op != OP_EQUALS && test->op != OP_IN)
        return false;
    for (size_t i = 0; i < test->value_count; i++) {
        if (estate_finding_sql(test->values[i].text) == NULL)
            return false;
    }
    return true;
}

static void add_estate(struct sql_condition *condition, const struct expr *test)
{
    buf_append_char(&condition->text, '(');
    for (size_t i = 0; i < test->value_count; i++)
        buf_printf(&condition->text,
                   "%s((%s) AND NOT EXISTS (SELECT 1 FROM acceptance x" ACCEPTANCE_OF_ASSET
                   " AND x.finding = '%s'))",
                   i > 0 ? " OR " : "", estate_finding_sql(test->values[i].text),
                   estate_finding_name(test->values[i].text));
    buf_append_char(&condition->text, ')');
}

static bool can_be_said(const struct expr *test)
{
    if (test->op == OP_MATCHES_REGEX || (test->field == FIELD_FINDING && !asks_estate(test)))
        return false;
    for (size_t i = 0; i < test->value_count; i++) {
        if (test->values[i].text != NULL && strlen(test->values[i].text) > MAX_LIKE_VALUE)
            return false;
    }
    return test->value_count <= 500; /* SQLite limits depth and parameters */
}

/* By its fingerprint a certificate is found at once. False where a value is none. */
static bool add_sha256(struct sql_condition *condition, const struct expr *test)
{
    uint8_t sha256[SHA256_SIZE];
    if (test->op != OP_EQUALS || test->value_count != 1 ||
        !hex_decode(sha256, sizeof sha256, test->values[0].text, strlen(test->values[0].text)))
        return false;
    buf_append_str(&condition->text, "c.sha256 = ");
    sql_add_blob(condition, sha256, sizeof sha256);
    return true;
}

static bool has_index(const struct expr *test)
{
    switch (test->field) {
    case FIELD_COMMON_NAME:
    case FIELD_ORGANIZATION:
    case FIELD_ISSUER_COMMON_NAME:
    case FIELD_SERIAL:
    case FIELD_SHA256:
    case FIELD_NAME:
    case FIELD_SUBJECT_ALT_NAME:
        return test->op == OP_EQUALS || test->op == OP_IN;
    case FIELD_NOT_AFTER:
    case FIELD_DAYS_LEFT:
        return test->op != OP_IS_EMPTY;
    default:
        return false;
    }
}

static void add_value_test(struct sql_condition *condition, const struct source *source,
                           const struct expr *test)
{
    if (test->field == FIELD_SHA256 && add_sha256(condition, test))
        return;
    if (test->field == FIELD_FINDING)
        add_estate(condition, test);
    else if (field_info(test->field)->type == FIELD_TYPE_TEXT)
        add_text(condition, source, test);
    else if (field_info(test->field)->type == FIELD_TYPE_IP)
        add_ip_test(condition, source, test);
    else
        add_number_test(condition, source, test);
}

static bool add_test(struct sql_condition *condition, const struct expr *test)
{
    const struct source *source = &sources[test->field];
    if (!can_be_said(test)) {
        condition->needs_findings |= test->field == FIELD_FINDING;
        buf_append_char(&condition->text, '1');
        return false;
    }
    if (test->op == OP_IS_EMPTY) {
        if (test->field == FIELD_DAYS_LEFT)
            source = &sources[FIELD_NOT_AFTER];
        add_empty(condition, source);
        return true;
    }
    condition->selective |= condition->alternatives == 0 && has_index(test);
    buf_append_str(&condition->text, condition->negations > 0 ? "coalesce(" : "");
    add_value_test(condition, source, test);
    buf_append_str(&condition->text, condition->negations > 0 ? ", 0)" : "");
    return true;
}

static bool add_joined(struct sql_condition *condition, const struct expr *expr, const char *word)
{
    bool exact = true;
    condition->alternatives += expr->kind == EXPR_OR;
    buf_append_char(&condition->text, '(');
    for (size_t i = 0; i < expr->child_count; i++) {
        buf_append_str(&condition->text, i > 0 ? word : "");
        exact = expr_to_sql(condition, expr->children[i]) && exact;
    }
    buf_append_char(&condition->text, ')');
    condition->alternatives -= expr->kind == EXPR_OR;
    return exact;
}

/* More rows than wanted, negated, would be fewer than wanted: what is not exact is replaced by "every row".
 */
static bool add_not(struct sql_condition *condition, const struct expr *child)
{
    size_t text_len = condition->text.len;
    size_t count = condition->count;
    buf_append_str(&condition->text, "NOT ");
    condition->negations++;
    condition->alternatives++;
    bool exact = expr_to_sql(condition, child);
    condition->negations--;
    condition->alternatives--;
    if (exact)
        return true;
    while (condition->count > count)
        free(condition->parameters[--condition->count].owned);
    condition->text.len = text_len;
    buf_append_char(&condition->text, '1');
    return false;
}

bool expr_to_sql(struct sql_condition *condition, const struct expr *expr)
{
    switch (expr->kind) {
    case EXPR_TEST:
        return add_test(condition, expr);
    case EXPR_NOT:
        return add_not(condition, expr->children[0]);
    case EXPR_AND:
        return add_joined(condition, expr, " AND ");
    case EXPR_OR:
        return add_joined(condition, expr, " OR ");
    }
    return false;
}
