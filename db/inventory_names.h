// SPDX-License-Identifier: Apache-2.0
/* The names in the inventory: its domains, and those of its certificates. */
#ifndef DB_INVENTORY_NAMES_H
#define DB_INVENTORY_NAMES_H

#include "db/scan_names.h"
#include "db/store.h"

/* Each once, of every provider, in any form that a provider writes; of wildcards the base. */
CS_MUST_USE enum cs_err inventory_names_each(struct store *store, scan_name_each each, void *context,
                                             struct diag *diag);

#endif
