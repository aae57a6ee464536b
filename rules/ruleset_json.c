// SPDX-License-Identifier: Apache-2.0
/* Rule sets as JSON: our own shape, and SCM's assignment rules (Certificate Manager REST API, Discovery:
 * assignment rules), whose filters become tests joined by `and`. */
#include <string.h>

#include "base/json.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "rules/ruleset.h"

#define MAX_RULES 10000

void ruleset_to_json(const struct ruleset *set, struct buf *out)
{
    struct json_writer json;
    json_writer_init(&json, out);
    json_begin_object(&json);
    json_member_int(&json, "version", 1);
    json_key(&json, "rules");
    json_begin_array(&json);
    for (size_t i = 0; i < set->count; i++) {
        const struct rule *rule = &set->rules[i];
        struct buf owner = {0};
        owner_append(&owner, rule->owner.organization, rule->owner.department);
        json_begin_object(&json);
        json_member_string(&json, "name", rule->name);
        json_member_string(&json, "match", rule->match);
        json_member_string(&json, "assign", buf_str(&owner));
        json_end_object(&json);
        buf_dispose(&owner);
    }
    json_end_array(&json);
    json_end_object(&json);
}

/* SCM's filter types. HOSTNAME is the manual's spelling, HOST_NAME the API's. */
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

static const struct {
    const char *name;
    enum expr_op op;
} match_types[] = {
    {"MATCHES", OP_EQUALS},    {"STARTS_WITH", OP_STARTS_WITH},   {"ENDS_WITH", OP_ENDS_WITH},
    {"CONTAINS", OP_CONTAINS}, {"MATCH_REGEX", OP_MATCHES_REGEX}, {"MATCHES_REGEX", OP_MATCHES_REGEX},
};

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

/* One filter as a test. False with `*reason` where the rule language has no equivalent. */
static bool append_filter(struct buf *out, const struct json_value *filter, const char **reason)
{
    const char *type = json_to_string(json_get(filter, "filterType"));
    const char *match = json_to_string(json_get(filter, "matchType"));
    const char *value = json_to_string(json_get(filter, "value"));
    size_t t = 0;
    size_t m = 0;
    if (type == NULL || match == NULL || value == NULL) {
        *reason = "a filter without filterType, matchType or value";
        return false;
    }
    if (text_equals(type, "EXPIRATION")) {
        *reason = "EXPIRATION depends on the present time; filter with --where not_after instead";
        return false;
    }
    while (t < sizeof filter_types / sizeof filter_types[0] && !text_equals(type, filter_types[t].name))
        t++;
    while (m < sizeof match_types / sizeof match_types[0] && !text_equals(match, match_types[m].name))
        m++;
    if (t == sizeof filter_types / sizeof filter_types[0] ||
        m == sizeof match_types / sizeof match_types[0]) {
        *reason = "an unknown filterType or matchType";
        return false;
    }
    if (!expr_op_allows(match_types[m].op, field_info(filter_types[t].field)->type)) {
        *reason = "addresses and ports are compared as such here, not as text: use MATCHES";
        return false;
    }
    buf_printf(out, "%s%s %s ", out->len > 0 ? " and " : "", field_info(filter_types[t].field)->name,
               expr_op_name(match_types[m].op));
    append_quoted(out, value);
    return true;
}

static void skip(struct buf *skipped, const char *name, const char *reason)
{
    if (skipped == NULL)
        return;
    text_append_printable(skipped, name, strlen(name));
    buf_printf(skipped, ": %s\n", reason);
}

static bool filters_to_text(const struct json_value *rule, struct buf *match, const char **reason)
{
    const struct json_value *filter = json_array_first(json_get(rule, "filters"));
    *reason = "it has no filters";
    if (filter == NULL)
        return false;
    for (; filter != NULL; filter = json_next(filter)) {
        if (!append_filter(match, filter, reason))
            return false;
    }
    return true;
}

struct import {
    struct ruleset *set;
    ruleset_scm_owner scm_owner;
    void *context;
    struct buf *skipped;
    struct diag *diag;
};

static enum cs_err import_scm(struct import *import, const struct json_value *rule, const char *name)
{
    const char *type = json_to_string(json_get(rule, "certType"));
    const char *reason = "it is for another certificate type";
    struct buf match = {0};
    struct owner_name owner;
    int64_t org_id;
    if ((type != NULL && !text_equals(type, "SSL")) || !filters_to_text(rule, &match, &reason)) {
        skip(import->skipped, name, reason);
        buf_dispose(&match);
        return CS_OK;
    }
    enum cs_err err = CS_E_INVALID;
    if (!json_to_int(json_get(rule, "orgId"), &org_id))
        diag_set(import->diag, "rule \"%.100s\": no orgId", name);
    else if (import->scm_owner == NULL)
        diag_set(import->diag,
                 "rule \"%.100s\": its orgId %lld is not known here; name its owner in a member \"assign\"",
                 name, (long long)org_id);
    else
        err = import->scm_owner(import->context, org_id, &owner, import->diag);
    if (err == CS_OK)
        err = ruleset_add(import->set, 0, name, buf_str(&match), &owner, 0, import->diag);
    buf_dispose(&match);
    return err;
}

/* Ours has `match`; SCM's has `filters`, and may say `assign` where its orgId is not known. */
static enum cs_err import_rule(struct import *import, const struct json_value *rule)
{
    const char *name = json_to_string(json_get(rule, "name"));
    const char *match = json_to_string(json_get(rule, "match"));
    const char *assign = json_to_string(json_get(rule, "assign"));
    const char *reason;
    struct owner_name owner;
    struct buf filters = {0};
    if (name == NULL)
        return diag_fail(import->diag, CS_E_INVALID, "a rule without name (rule %zu)",
                         import->set->count + 1);
    if (import->set->count >= MAX_RULES)
        return diag_fail(import->diag, CS_E_LIMIT, "more than %d rules", MAX_RULES);
    if (match == NULL && assign == NULL)
        return import_scm(import, rule, name);
    enum cs_err err = CS_OK;
    if (assign == NULL)
        err = diag_fail(import->diag, CS_E_INVALID, "no \"assign\"");
    else
        err = owner_parse(&owner, assign, import->diag);
    if (err == CS_OK && match == NULL) {
        if (!filters_to_text(rule, &filters, &reason)) {
            skip(import->skipped, name, reason);
            buf_dispose(&filters);
            return CS_OK;
        }
        match = buf_str(&filters);
    }
    if (err == CS_OK)
        err = ruleset_add(import->set, 0, name, match, &owner, 0, import->diag);
    if (err != CS_OK)
        diag_prefix(import->diag, "rule \"%.100s\"", name);
    buf_dispose(&filters);
    return err;
}

enum cs_err ruleset_from_json(struct ruleset *set, const char *text, size_t len, ruleset_scm_owner scm_owner,
                              void *context, struct buf *skipped, struct diag *diag)
{
    struct json_value *root;
    struct import import = {set, scm_owner, context, skipped, diag};
    enum cs_err err = json_parse(&root, text, len, diag);
    if (err != CS_OK)
        return CS_E_INVALID;
    const struct json_value *rules = json_is_array(root) ? root : json_get(root, "rules");
    if (rules == NULL && json_is_object(root) && json_get(root, "name") != NULL) {
        err = import_rule(&import, root);
    } else if (!json_is_array(rules)) {
        err =
            diag_fail(diag, CS_E_INVALID, "expected an array of rules or an object with a member \"rules\"");
    } else {
        const struct json_value *rule = json_array_first(rules);
        for (; rule != NULL && err == CS_OK; rule = json_next(rule))
            err = import_rule(&import, rule);
    }
    json_free(root);
    if (err != CS_OK)
        ruleset_dispose(set);
    return err;
}
