// SPDX-License-Identifier: Apache-2.0
#ifndef APP_PATIENT_BEGIN_H
#define APP_PATIENT_BEGIN_H

#include <signal.h>

#include "db/store.h"

#define BUSY_PATIENCE_MS                                                                                     \
    60000 /* how long a scan waits for a store that somebody holds before it gives up                        \
           */

/* store_begin for a scan, whose results are not dropped since somebody else writes: as long as that lasts it
 * is tried again, up to BUSY_PATIENCE_MS, and told to stderr; unless somebody has interrupted twice
 * (`interrupts` may be NULL). CS_E_BUSY after that. */
CS_MUST_USE enum cs_err patient_begin(struct store *store, const volatile sig_atomic_t *interrupts,
                                      struct diag *diag);

#endif
