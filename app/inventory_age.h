// SPDX-License-Identifier: Apache-2.0
/* How old the inventory is, for all who show a status that comes from it. */
#ifndef APP_INVENTORY_AGE_H
#define APP_INVENTORY_AGE_H

#include "base/buf.h"
#include "db/store.h"

#define INVENTORY_OLD_S (7 * 86400)

/* Lines on stdout, one for each resource, each after `label`; one that says so where there is none. */
CS_MUST_USE enum cs_err print_inventory(struct store *store, const char *label, struct diag *diag);

/* Appends the sentence that whoever shows a status has to show too; nothing where the inventory is there and
 * young. */
CS_MUST_USE enum cs_err append_inventory_warning(struct store *store, struct buf *out, struct diag *diag);
/* A note on stderr where there is no inventory of certificates, or an old one. */
CS_MUST_USE enum cs_err note_inventory_age(struct store *store, struct diag *diag);
/* The same for domains. */
CS_MUST_USE enum cs_err note_domain_age(struct store *store, struct diag *diag);

#endif
