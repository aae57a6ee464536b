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
#include "rules/scm_filter.h"

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

static void skip(struct buf *skipped, const char *name, const char *reason)
{
    if (skipped == NULL)
        return;
    text_append_printable(skipped, name, strlen(name));
    buf_printf(skipped, ": %s\n", reason);
}

/* CS_E_INVALID: one of them has no equivalent. */
static enum cs_err filters_to_text(const struct json_value *rule, struct buf *match, struct diag *why)
{
    const struct json_value *item = json_array_first(json_get(rule, "filters"));
    enum cs_err err = CS_OK;
    if (item == NULL)
        return diag_fail(why, CS_E_INVALID, "it has no filters");
    for (; item != NULL && err == CS_OK; item = json_next(item)) {
        struct scm_filter filter = {
            .type = json_to_string(json_get(item, "filterType")),
            .match = json_to_string(json_get(item, "matchType")),
            .value = json_to_string(json_get(item, "value")),
        };
        err = scm_filter_to_text(match, &filter, why);
    }
    return err;
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
    struct buf match = {0};
    struct owner_name owner;
    struct diag why = {"it is for another certificate type"};
    bool fits = (type == NULL || text_equals(type, "SSL")) && filters_to_text(rule, &match, &why) == CS_OK;
    enum cs_err err = fits ? scm_rule_owner(import, rule, &owner) : CS_OK;
    if (fits && err == CS_OK) {
        err = ruleset_add(import->set, 0, name, buf_str(&match), &owner, 0, &why);
        fits = err == CS_OK;
        if (err == CS_E_INVALID || err == CS_E_LIMIT)
            err = CS_OK;
        else if (err != CS_OK)
            diag_set(import->diag, "%s", why.text);
    }
    if (!fits && err == CS_OK)
        skip(import->skipped, name, why.text);
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
