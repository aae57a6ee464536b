// SPDX-License-Identifier: Apache-2.0
/* Ordered assignment rules: the first that matches gives the owner. */
#ifndef RULES_RULESET_H
#define RULES_RULESET_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"
#include "model/owner.h"
#include "rules/matcher.h"

struct rule {
    int64_t id;  /* of the store; 0 if it is not stored */
    char *name;  /* owned */
    char *match; /* the expression as written; owned */
    struct owner_name owner;
    int64_t owner_id; /* of the store; 0 if not stored */
    struct matcher *matcher;
};

struct ruleset {
    struct rule *rules; /* owned, in order */
    size_t count;
    size_t cap;
};

#define RULESET_NO_MATCH SIZE_MAX
#define RULE_MAX_NAME    128

/* Compiles and appends. CS_E_INVALID with a reason (name empty or over-long, expression). Zero-initialised is
 * empty. */
CS_MUST_USE enum cs_err ruleset_add(struct ruleset *set, int64_t id, const char *name, const char *match,
                                    const struct owner_name *owner, int64_t owner_id, struct diag *diag);
void ruleset_dispose(struct ruleset *set);

/* Index of the first rule that holds, or RULESET_NO_MATCH. */
size_t ruleset_match(struct ruleset *set, const struct facts *facts);

/* Export: {"version":1,"rules":[{"name":..,"match":..,"assign":"ORG/DEPT"}]}, in order. */
void ruleset_to_json(const struct ruleset *set, struct buf *out);

/* Import, into an empty set: the shape above, or SCM's: an array of (or one, or {"rules":[..]} of) rules
 * {"name","orgId","certType","filters":[{"filterType","matchType","value"}]} whose filters are joined by
 * `and`. SCM rules give an orgId instead of an owner: `scm_owner` (may be NULL: then such a rule is refused
 * with the reason) turns it into an owner; a member "assign" does without. Rules for certificate types other
 * than SSL, and those without an equivalent, are skipped; `skipped` (may be NULL) gets one line for each with
 * its reason. On any error the set is empty again. */
typedef enum cs_err (*ruleset_scm_owner)(void *context, int64_t org_id, struct owner_name *out,
                                         struct diag *diag);
CS_MUST_USE enum cs_err ruleset_from_json(struct ruleset *set, const char *text, size_t len,
                                          ruleset_scm_owner scm_owner, void *context, struct buf *skipped,
                                          struct diag *diag);

#endif
