// SPDX-License-Identifier: Apache-2.0
#include "rules/ruleset.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static enum cs_err check_name(const char *name, struct diag *diag)
{
    struct buf printable = {0};
    text_append_printable(&printable, name, strlen(name));
    bool clean = printable.len == strlen(name);
    buf_dispose(&printable);
    if (name[0] == '\0' || strlen(name) > RULE_MAX_NAME || !clean)
        return diag_fail(diag, CS_E_INVALID, "a rule's name has 1 to %d bytes of printable UTF-8",
                         RULE_MAX_NAME);
    return CS_OK;
}

static void dispose_rule(struct rule *rule)
{
    free(rule->name);
    free(rule->match);
    matcher_free(rule->matcher);
}

static enum cs_err reserve(struct ruleset *set)
{
    if (set->count < set->cap)
        return CS_OK;
    size_t cap = set->cap == 0 ? 16 : set->cap * 2;
    struct rule *rules = realloc(set->rules, cap * sizeof *rules);
    if (rules == NULL)
        return CS_E_NOMEM;
    set->rules = rules;
    set->cap = cap;
    return CS_OK;
}

enum cs_err ruleset_add(struct ruleset *set, int64_t id, const char *name, const char *match,
                        const struct owner_name *owner, int64_t owner_id, struct diag *diag)
{
    struct rule rule = {.id = id, .owner = *owner, .owner_id = owner_id};
    enum cs_err err = check_name(name, diag);
    if (err == CS_OK)
        err = matcher_compile(&rule.matcher, match, RULES_ASSIGN, diag);
    if (err != CS_OK)
        return err;
    rule.name = text_copy(name);
    rule.match = text_copy(match);
    if (rule.name == NULL || rule.match == NULL || reserve(set) != CS_OK) {
        dispose_rule(&rule);
        return diag_fail(diag, CS_E_NOMEM, "out of memory");
    }
    set->rules[set->count++] = rule;
    return CS_OK;
}

void ruleset_dispose(struct ruleset *set)
{
    for (size_t i = 0; i < set->count; i++)
        dispose_rule(&set->rules[i]);
    free(set->rules);
    *set = (struct ruleset){0};
}

size_t ruleset_match(struct ruleset *set, const struct facts *facts)
{
    for (size_t i = 0; i < set->count; i++) {
        if (matcher_holds(set->rules[i].matcher, facts))
            return i;
    }
    return RULESET_NO_MATCH;
}
