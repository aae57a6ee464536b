// SPDX-License-Identifier: Apache-2.0
/* Asks the DNS where the names of the inventory are, and stores what it says. */
#ifndef APP_INVENTORY_RESOLVE_H
#define APP_INVENTORY_RESOLVE_H

#include <stddef.h>

#include "base/diag.h"
#include "db/store.h"

struct inventory_resolve_result {
    size_t names;
    size_t found;      /* have an address */
    size_t unanswered; /* the DNS did not answer: what is stored of them stays */
};

/* `dns_server` NULL = the system's; its answers are addresses of `network`. `progress` (may be NULL) is told
 * after each thousand. A DNS that answers nobody is left alone, and the rest is unanswered. */
CS_MUST_USE enum cs_err inventory_resolve(struct store *store, const char *dns_server, const char *network,
                                          int64_t now_s, void (*progress)(size_t done, size_t total),
                                          struct inventory_resolve_result *result, struct diag *diag);

/* Whether `dns_server` is an address to ask, before something long begins. CS_E_INVALID. */
CS_MUST_USE enum cs_err inventory_resolve_check(const char *dns_server, struct diag *diag);

#endif
