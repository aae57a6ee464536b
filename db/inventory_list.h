// SPDX-License-Identifier: Apache-2.0
/* Lists of certificates as providers of the inventory, "file:NAME": written as a whole, row by row in short
 * transactions, and swapped in at the end. */
#ifndef DB_INVENTORY_LIST_H
#define DB_INVENTORY_LIST_H

#include "db/inventory.h"

#define INVENTORY_FILE_PREFIX "file:"

struct inventory_list; /* opaque */

/* What an earlier import has put aside under that name is dropped. `provider` and `source` (a path, for
 * people) are copied. */
CS_MUST_USE enum cs_err inventory_list_begin(struct inventory_list **out, struct store *store,
                                             const char *provider, const char *source, int64_t now_s,
                                             struct diag *diag);
/* external_id is not looked at: rows are numbered. */
CS_MUST_USE enum cs_err inventory_list_put(struct inventory_list *list,
                                           const struct inventory_certificate *certificate,
                                           struct diag *diag);
/* With `err` CS_OK all rows replace those of the last import at once; else they are dropped and `err` is
 * passed through. Frees. */
CS_MUST_USE enum cs_err inventory_list_end(struct inventory_list *list, enum cs_err err, struct diag *diag);

/* Forgets all that is known from `provider`. CS_E_NOT_FOUND. */
CS_MUST_USE enum cs_err inventory_remove(struct store *store, const char *provider, struct diag *diag);

#endif
