// SPDX-License-Identifier: Apache-2.0
/* Local rules and their twins at a certificate manager. A link keeps the rule as it was when both sides last
 * agreed, so that later it is known which side has changed. */
#ifndef DB_RULE_LINKS_H
#define DB_RULE_LINKS_H

#include <stddef.h>

#include "db/store.h"
#include "model/owner.h"

struct rule_twin {       /* text is borrowed where it is given, owned where it is read */
    int64_t external_id; /* 0 = none */
    bool made_here;      /* else it came from there */
    char *bucket;        /* in which it was read; NULL = in none */
    char *name;          /* there, when both last agreed; as is what follows */
    char *match;
    int64_t organization_id;
};

struct linked_rule {
    int64_t rule_id; /* 0 = it has been removed here, the twin is left */
    char *name;      /* NULL where it has been removed */
    char *match;
    struct owner_name owner;
    int64_t owner_id;
    int64_t organization_id; /* its owner there; 0 = not known there */
    struct rule_twin twin;
};

struct linked_rules { /* zero-initialise; dispose also after an error */
    struct linked_rule *items;
    size_t count;
    size_t cap;
};

/* All local rules in order, with a twin or without, then the twins of rules that have been removed. */
CS_MUST_USE enum cs_err rule_links_read(struct store *store, const char *provider, struct linked_rules *out,
                                        struct diag *diag);
void linked_rules_dispose(struct linked_rules *rules); /* idempotent */

/* Makes or changes the link of `twin->external_id`. In the caller's transaction, or in one of its own. */
CS_MUST_USE enum cs_err rule_links_put(struct store *store, const char *provider, int64_t rule_id,
                                       const struct rule_twin *twin, struct diag *diag);
CS_MUST_USE enum cs_err rule_links_drop(struct store *store, const char *provider, int64_t external_id,
                                        struct diag *diag);

#endif
