// SPDX-License-Identifier: Apache-2.0
/* Rule sets as JSON: our own shape, and SCM's assignment rules (Certificate Manager REST API, Discovery:
 * assignment rules), whose filters become tests joined by `and`. */
#include <inttypes.h>
#include <stdio.h>
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
    buf_append_str(out, out->len > 0 ? " and " : "");
    if (filter_types[t].field == FIELD_IP && match_types[m].op == OP_STARTS_WITH && append_prefix(out, value))
        return true;
    if (!expr_op_allows(match_types[m].op, field_info(filter_types[t].field)->type)) {
        *reason = "addresses and ports are compared as such here, not as text: use MATCHES";
        return false;
    }
    buf_printf(out, "%s %s ", field_info(filter_types[t].field)->name, expr_op_name(match_types[m].op));
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

/* SCM gives an orgId; where that means nothing here, a member `assign` may name the owner. */
static enum cs_err scm_rule_owner(struct import *import, const struct json_value *rule,
                                  struct owner_name *owner)
{
    const char *assign = json_to_string(json_get(rule, "assign"));
    int64_t org_id;
    if (assign != NULL)
        return owner_parse(owner, assign, import->diag);
    if (!json_to_int(json_get(rule, "orgId"), &org_id))
        return diag_fail(import->diag, CS_E_INVALID, "neither \"assign\" nor orgId");
    if (import->scm_owner == NULL)
        return diag_fail(import->diag, CS_E_INVALID,
                         "its orgId %" PRId64 " is not known here; name its owner in a member \"assign\"",
                         org_id);
    return import->scm_owner(import->context, org_id, owner, import->diag);
}

/* A filter that has no equivalent, or a value that this language refuses (a regular expression of another
 * flavour, a port that is no number) skips the rule: the others are still worth having. */
static enum cs_err import_scm(struct import *import, const struct json_value *rule, const char *name)
{
    const char *type = json_to_string(json_get(rule, "certType"));
    const char *reason = "it is for another certificate type";
    struct buf match = {0};
    struct owner_name owner;
    struct diag refusal;
    bool fits = (type == NULL || text_equals(type, "SSL")) && filters_to_text(rule, &match, &reason);
    enum cs_err err = fits ? scm_rule_owner(import, rule, &owner) : CS_OK;
    if (fits && err == CS_OK) {
        err = ruleset_add(import->set, 0, name, buf_str(&match), &owner, 0, &refusal);
        if (err == CS_E_INVALID || err == CS_E_LIMIT) {
            fits = false;
            reason = refusal.text;
            err = CS_OK;
        } else if (err != CS_OK) {
            diag_set(import->diag, "%s", refusal.text);
        }
    }
    if (!fits)
        skip(import->skipped, name, reason);
    buf_dispose(&match);
    return err;
}

static enum cs_err import_ours(struct import *import, const struct json_value *rule, const char *name,
                               const char *match)
{
    const char *assign = json_to_string(json_get(rule, "assign"));
    struct owner_name owner;
    if (assign == NULL)
        return diag_fail(import->diag, CS_E_INVALID, "no \"assign\"");
    enum cs_err err = owner_parse(&owner, assign, import->diag);
    return err != CS_OK ? err : ruleset_add(import->set, 0, name, match, &owner, 0, import->diag);
}

/* Ours has `match`, SCM's has `filters`. */
static enum cs_err import_rule(struct import *import, const struct json_value *rule, size_t number)
{
    const char *name = json_to_string(json_get(rule, "name"));
    const char *match = json_to_string(json_get(rule, "match"));
    char shown[100];
    if (number > MAX_RULES)
        return diag_fail(import->diag, CS_E_LIMIT, "more than %d rules", MAX_RULES);
    if (name == NULL)
        return diag_fail(import->diag, CS_E_INVALID, "rule %zu has no name", number);
    if (match == NULL && json_get(rule, "filters") == NULL)
        return diag_fail(import->diag, CS_E_INVALID,
                         "rule %zu (\"%s\") has neither \"match\" nor \"filters\"", number,
                         text_printable(shown, sizeof shown, name));
    enum cs_err err = match != NULL ? import_ours(import, rule, name, match) : import_scm(import, rule, name);
    if (err != CS_OK)
        diag_prefix(import->diag, "rule %zu (\"%s\")", number, text_printable(shown, sizeof shown, name));
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
        err = import_rule(&import, root, 1);
    } else if (!json_is_array(rules)) {
        err =
            diag_fail(diag, CS_E_INVALID, "expected an array of rules or an object with a member \"rules\"");
    } else {
        const struct json_value *rule = json_array_first(rules);
        for (size_t number = 1; rule != NULL && err == CS_OK; rule = json_next(rule))
            err = import_rule(&import, rule, number++);
    }
    json_free(root);
    if (err != CS_OK)
        ruleset_dispose(set);
    return err;
}
