// SPDX-License-Identifier: Apache-2.0
/* SCM's organizations, domains and certificates into the inventory: list, then the details of each, then all
 * of it at once becomes what counts. No transaction is open while SCM is asked. */
#ifndef SCM_PULL_H
#define SCM_PULL_H

#include "db/inventory.h"
#include "scm/client.h"

struct pull_options { /* borrowed */
    struct client *client;
    struct store *store;
    /* `done` of `total` rows have their details; NULL = nobody listens */
    void (*progress)(void *context, enum inventory_resource resource, int64_t done, int64_t total);
    void *context;
    bool accept_empty; /* an empty list may take the place of one that was not */
};

struct pull_result {
    int64_t count;
    bool resumed;        /* an interrupted pull has been brought to its end */
    int64_t total_count; /* what SCM says there are; -1 = it does not say */
};

/* On any error the inventory stays as it was, and what has come so far is put aside for the next pull. Errors
 * of client_call; CS_E_MALFORMED also for rows without id, and for an empty list where there were rows
 * before: an account that has lost its roles is shown one. */
CS_MUST_USE enum cs_err pull_resource(const struct pull_options *options, enum inventory_resource resource,
                                      struct pull_result *result, struct diag *diag);

#endif
