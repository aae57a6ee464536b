// SPDX-License-Identifier: Apache-2.0
/* What the store knows of how far scans reached. */
#ifndef DB_COVERAGE_H
#define DB_COVERAGE_H

#include "db/store.h"
#include "model/endpoint.h"
#include "model/outcome.h"

/* Addresses of a network that any name is known of: their own, one that was tried there, or one that the DNS
 * put there. Each once. */
typedef enum cs_err (*coverage_address)(void *context, struct ip ip);
CS_MUST_USE enum cs_err coverage_named(struct store *store, const char *network, coverage_address each,
                                       void *context, struct diag *diag);

/* Follow-ups of a scan that have ended. */
typedef enum cs_err (*coverage_follow_up)(void *context, const struct endpoint *endpoint,
                                          enum outcome outcome);
CS_MUST_USE enum cs_err coverage_follow_ups(struct store *store, int64_t scan_id, coverage_follow_up each,
                                            void *context, struct diag *diag);

/* Which certificates (by id) were served where, between two scans of a network. */
typedef enum cs_err (*coverage_leaf)(void *context, struct ip ip, int64_t certificate_id);
CS_MUST_USE enum cs_err coverage_leaves(struct store *store, const char *network, int64_t first_scan_id,
                                        int64_t last_scan_id, coverage_leaf each, void *context,
                                        struct diag *diag);

#endif
