// SPDX-License-Identifier: Apache-2.0
/* The standing exclusions of the store, as a set of addresses. */
#ifndef APP_STANDING_H
#define APP_STANDING_H

#include "base/diag.h"
#include "db/store.h"
#include "scanner/ip_set.h"

/* `out` (zeroed by the caller, disposed by it) gets the ranges in force at `now_s`, and the addresses that
 * the names among them have in the DNS of `dns_server` (NULL = the system's) at this moment. */
CS_MUST_USE enum cs_err standing_exclusions(struct store *store, int64_t now_s, const char *dns_server,
                                            struct ip_set *out, struct diag *diag);

#endif
