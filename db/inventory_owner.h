// SPDX-License-Identifier: Apache-2.0
/* Organizations and departments of a certificate manager, as owners here. */
#ifndef DB_INVENTORY_OWNER_H
#define DB_INVENTORY_OWNER_H

#include "base/buf.h"
#include "db/store.h"

/* Of the organization or department `external_id`: its local owner (0 = it has none) and its names there,
 * written as an owner is ("ORG/DEPARTMENT"). `*known` false: the inventory does not have it. */
CS_MUST_USE enum cs_err inventory_owner_find(struct store *store, const char *provider, int64_t external_id,
                                             bool *known, int64_t *owner_id, struct buf *name,
                                             struct diag *diag);
/* From now on it is that local owner. Inside the caller's transaction. */
CS_MUST_USE enum cs_err inventory_owner_adopt(struct store *store, const char *provider, int64_t external_id,
                                              int64_t owner_id, struct diag *diag);

#endif
