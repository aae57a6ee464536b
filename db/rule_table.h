// SPDX-License-Identifier: Apache-2.0
/* Assignment rules as stored: text and order. Compiling them is the business of rules/. */
#ifndef DB_RULE_TABLE_H
#define DB_RULE_TABLE_H

#include <stddef.h>

#include "db/store.h"
#include "model/owner.h"

struct rule_row {
    int64_t id;
    int64_t position; /* 1 = first */
    const char *name; /* valid for the call, as all text */
    const char *match;
    struct owner_name owner;
    int64_t owner_id;
};
typedef enum cs_err (*rule_each)(void *context, const struct rule_row *row);

/* Names are unique, case-insensitively. `match` has been checked by the caller. The owner must exist. */
CS_MUST_USE enum cs_err rule_table_add(struct store *store, const char *name, const char *match,
                                       const struct owner_name *owner, int64_t *id, struct diag *diag);
CS_MUST_USE enum cs_err rule_table_edit(struct store *store, const char *name, const char *new_name,
                                        const char *match, const struct owner_name *owner,
                                        struct diag *diag); /* NULL = leave */
/* `before` NULL = to the end. */
CS_MUST_USE enum cs_err rule_table_move(struct store *store, const char *name, const char *before,
                                        struct diag *diag);
CS_MUST_USE enum cs_err rule_table_remove(struct store *store, const char *name, struct diag *diag);
CS_MUST_USE enum cs_err rule_table_each(struct store *store, rule_each each, void *context,
                                        struct diag *diag); /* in order */

/* For changing many rules at once, inside the caller's transaction. */
CS_MUST_USE enum cs_err rule_table_clear_within(struct store *store, struct diag *diag);
CS_MUST_USE enum cs_err rule_table_add_within(struct store *store, const char *name, const char *match,
                                              const struct owner_name *owner, int64_t *id,
                                              struct diag *diag); /* `id` may be NULL */
CS_MUST_USE enum cs_err rule_table_edit_within(struct store *store, const char *name, const char *new_name,
                                               const char *match, const struct owner_name *owner,
                                               struct diag *diag);
CS_MUST_USE enum cs_err rule_table_remove_within(struct store *store, const char *name, struct diag *diag);
/* All rules, in the order they shall have. */
CS_MUST_USE enum cs_err rule_table_order_within(struct store *store, const int64_t *ids, size_t count,
                                                struct diag *diag);

#endif
