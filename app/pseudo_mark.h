// SPDX-License-Identifier: Apache-2.0
#ifndef APP_PSEUDO_MARK_H
#define APP_PSEUDO_MARK_H

#include "db/pseudo_services.h"
#include "scanner/target_set.h"

/* Marks pseudo services once a scan is done, by what it met at its targets. */
CS_MUST_USE enum cs_err pseudo_mark(struct store *store, int64_t scan_id, const char *network,
                                    const struct target_set *targets, struct pseudo_counts *out,
                                    struct diag *diag);

#endif
