// SPDX-License-Identifier: Apache-2.0
/* Organizations and departments. */
#ifndef DB_OWNERS_H
#define DB_OWNERS_H

#include "db/store.h"
#include "model/owner.h"

struct owner_row {
    int64_t id;
    const char *organization; /* valid for the call */
    const char *department;   /* NULL for an organization */
    const char *mail;         /* NULL = none */
    const char *webhook_file;
    int64_t rule_count;
    int64_t asset_count; /* live assets */
};
typedef enum cs_err (*owner_each)(void *context, const struct owner_row *row);

/* A department needs its organization: CS_E_NOT_FOUND names it. CS_E_EXISTS. */
CS_MUST_USE enum cs_err owners_add(struct store *store, const struct owner_name *name, int64_t *id,
                                   struct diag *diag);
/* The owner, made where it is missing (`*made`), and its organization before it. In the caller's transaction.
 */
CS_MUST_USE enum cs_err owners_make_within(struct store *store, const struct owner_name *name, int64_t *id,
                                           bool *made, struct diag *diag);
CS_MUST_USE enum cs_err owners_find(struct store *store, const struct owner_name *name, int64_t *id,
                                    struct diag *diag);
/* How the owner of that id is called. */
CS_MUST_USE enum cs_err owners_name(struct store *store, int64_t id, struct owner_name *name,
                                    struct diag *diag);
/* Gives the organization or the department (whichever `name` means) a new own name. */
CS_MUST_USE enum cs_err owners_rename(struct store *store, const struct owner_name *name,
                                      const char *new_name, struct diag *diag);
/* CS_E_INVALID while departments, rules or manual assignments use it (named in `diag`). Its assets are
 * nobody's from `now_s` on. */
CS_MUST_USE enum cs_err owners_remove(struct store *store, const struct owner_name *name, int64_t now_s,
                                      struct diag *diag);
CS_MUST_USE enum cs_err owners_set(struct store *store, const struct owner_name *name, const char *mail,
                                   const char *webhook_file,
                                   struct diag *diag); /* NULL = leave as it is, "" = clear */
CS_MUST_USE enum cs_err owners_each(struct store *store, owner_each each, void *context,
                                    struct diag *diag); /* sorted */

#endif
