// SPDX-License-Identifier: Apache-2.0
/* Organizations and departments of a certificate manager, as owners here. */
#ifndef DB_INVENTORY_OWNER_H
#define DB_INVENTORY_OWNER_H

#include "base/buf.h"
#include "db/store.h"

struct inventory_owner { /* dispose after use, also after an error */
    bool known;          /* the inventory has it */
    int64_t owner_id;    /* its local owner; 0 = it has none */
    int64_t parent_id;   /* of a department: its organization there; else 0 */
    struct buf name;     /* as an owner is written; under its organization's local name, where that has one */
};
CS_MUST_USE enum cs_err inventory_owner_find(struct store *store, const char *provider, int64_t external_id,
                                             struct inventory_owner *out, struct diag *diag);
void inventory_owner_dispose(struct inventory_owner *owner);

/* From now on it is that local owner. Inside the caller's transaction. */
CS_MUST_USE enum cs_err inventory_owner_adopt(struct store *store, const char *provider, int64_t external_id,
                                              int64_t owner_id, struct diag *diag);

#endif
