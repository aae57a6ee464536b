// SPDX-License-Identifier: Apache-2.0
/* What scans learn of names: where the DNS says they are, and the follow-ups that a scan made of them. */
#ifndef DB_SCAN_NAMES_H
#define DB_SCAN_NAMES_H

#include "db/store.h"
#include "model/endpoint.h"
#include "model/outcome.h"

/* Inside the caller's transaction. The DNS has just said of `name` that it is at `ips` and nowhere else in
 * this network. */
CS_MUST_USE enum cs_err scan_names_put(struct store *store, const char *network, const char *name,
                                       const struct ip *ips, size_t count, int64_t now_s, struct diag *diag);

/* The same, from a scan: `ips` may be none (the name does not exist). Its live assets at other addresses of
 * the network become `moved`, but for those that scan `scan_id` has met and those at `at_home`, an address
 * whose PTR it is (may be NULL). */
CS_MUST_USE enum cs_err scan_names_resolved(struct store *store, int64_t scan_id, const char *network,
                                            const char *name, const struct ip *ips, size_t count,
                                            const struct ip *at_home, int64_t now_s, struct diag *diag);

/* The names that were said to be at `ip`, or were tried there. */
typedef enum cs_err (*scan_name_each)(void *context, const char *name);
CS_MUST_USE enum cs_err scan_names_at(struct store *store, const char *network, struct ip ip,
                                      scan_name_each each, void *context, struct diag *diag);

/* `host_name` is that of the address `ip`: its endpoints that were not given or tried by a name get it. */
CS_MUST_USE enum cs_err scan_names_host(struct store *store, const char *network, struct ip ip,
                                        const char *host_name, struct diag *diag);

/* The follow-ups of one scan, numbered from 0. */
CS_MUST_USE enum cs_err follow_up_put(struct store *store, int64_t scan_id, uint64_t number,
                                      const struct endpoint *endpoint, struct diag *diag);
CS_MUST_USE enum cs_err follow_up_end(struct store *store, int64_t scan_id, uint64_t number,
                                      enum outcome outcome, int64_t at_s, struct diag *diag);
/* Forgets those that have not ended (a resumed scan finds them again), then tells the others. */
typedef enum cs_err (*follow_up_each)(void *context, uint64_t number, const struct endpoint *endpoint);
CS_MUST_USE enum cs_err follow_ups_restore(struct store *store, int64_t scan_id, follow_up_each each,
                                           void *context, struct diag *diag);

#endif
