// SPDX-License-Identifier: Apache-2.0
/* Of the targets of a scan, those where something has answered before: what --known-only looks at. */
#ifndef APP_KNOWN_TARGETS_H
#define APP_KNOWN_TARGETS_H

#include "base/diag.h"
#include "db/store.h"
#include "scanner/target_set.h"

/* Replaces *targets by the endpoints that the store knows of `network` and that are among them.
 * CS_E_NOT_FOUND where there is none: an ordinary scan has to come first. */
CS_MUST_USE enum cs_err known_targets(struct store *store, const char *network, struct target_set **targets,
                                      struct diag *diag);

#endif
