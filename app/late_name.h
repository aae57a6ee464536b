// SPDX-License-Identifier: Apache-2.0
#ifndef APP_LATE_NAME_H
#define APP_LATE_NAME_H

#include "base/diag.h"
#include "db/store.h"
#include "model/ip.h"
#include "rules/ruleset.h"

/* The name of an address that came after its certificates had been stored: it is stored too, and the rules
 * are asked again about the assets there. A transaction of its own. */
CS_MUST_USE enum cs_err late_name_store(struct store *store, const char *network, struct ip ip,
                                        const char *host_name, struct ruleset *rules, struct diag *diag);

#endif
