// SPDX-License-Identifier: Apache-2.0
/* Managed certificates that should be somewhere in our ranges, since the DNS puts a name of theirs there, and
 * that no scan has ever met. */
#ifndef DB_UNSEEN_H
#define DB_UNSEEN_H

#include <stddef.h>

#include "db/store.h"
#include "model/ip.h"
#include "model/owner.h"

struct unseen_filter {             /* borrowed */
    const struct ip_range *ranges; /* ours: sorted and disjoint */
    size_t range_count;
    const struct owner_name *owner; /* NULL = anybody's */
    int64_t now_s;                  /* expired ones are left out, as are revoked and replaced ones */
};

struct unseen_row { /* one name at one address; text is valid for the call, NULL where it is not known */
    int64_t id;     /* of the certificate; rows of one follow each other */
    const char *provider;
    int64_t external_id;
    const char *common_name;
    const char *serial;
    const char *issuer;
    const char *state;
    const char *requester;
    const char *owner_organization; /* the local owner, else as the provider calls it */
    const char *owner_department;
    int64_t issued_s; /* 0 = not known, as all times here */
    int64_t expires_s;
    const char *name; /* of wildcards the base */
    struct ip ip;
    int64_t resolved_at_s;
};
typedef enum cs_err (*unseen_each_row)(void *context, const struct unseen_row *row);

/* Those that end first come first. Reads only; nothing is asked of the DNS. */
CS_MUST_USE enum cs_err unseen_each(struct store *store, const struct unseen_filter *filter,
                                    unseen_each_row each, void *context, struct diag *diag);

/* How many names of the inventory's certificates have an address in the store. */
CS_MUST_USE enum cs_err unseen_count_resolved(struct store *store, int64_t *count, struct diag *diag);

/* The frozen targets of all scans, each text once. */
typedef enum cs_err (*scanned_targets_each)(void *context, const char *targets);
CS_MUST_USE enum cs_err scanned_targets(struct store *store, scanned_targets_each each, void *context,
                                        struct diag *diag);

#endif
