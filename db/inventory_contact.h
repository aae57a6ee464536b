// SPDX-License-Identifier: Apache-2.0
/* Contact mails that a provider of the inventory may know of local owners that have none. */
#ifndef DB_INVENTORY_CONTACT_H
#define DB_INVENTORY_CONTACT_H

#include "db/inventory.h"
#include "model/owner.h"

struct inventory_mailless {
    int64_t external_id;
    int64_t owner_id;
    struct owner_name owner;
};

/* The next of the provider's organizations and departments, after `after` by external id, that is a local
 * owner without mail. CS_E_NOT_FOUND, with nothing in `diag`: there is none. */
CS_MUST_USE enum cs_err inventory_next_mailless(struct store *store, const char *provider, int64_t after,
                                                struct inventory_mailless *out, struct diag *diag);

/* Gives an owner that has no mail this one. `*taken` is false where it has got one meanwhile, which stays. */
CS_MUST_USE enum cs_err inventory_take_mail(struct store *store, int64_t owner_id, const char *mail,
                                            bool *taken, struct diag *diag);

#endif
