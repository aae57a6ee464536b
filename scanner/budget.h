// SPDX-License-Identifier: Apache-2.0
/* What all scans of one process share: one rate, and places at each host and each /24 or /64. Each scan keeps
 * its own limits as well; both hold. Any thread. */
#ifndef SCANNER_BUDGET_H
#define SCANNER_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "model/ip.h"

struct budget; /* opaque */

#define BUDGET_SCANS 2 /* at once; each has its part of the file descriptors */

/* 0 = no limit, for each of them. CS_E_NOMEM, CS_E_IO. */
CS_MUST_USE enum cs_err budget_new(struct budget **out, uint64_t rate_per_s, uint32_t per_host,
                                   uint32_t per_prefix, uint64_t now_ns);
void budget_free(struct budget *budget); /* no scan uses it any more */

/* Some tokens, each worth one connection; 0 = none yet. */
uint32_t budget_tokens(struct budget *budget, uint64_t now_ns);

/* A place at `ip`; false: there is none at the moment. */
bool budget_enter(struct budget *budget, struct ip ip);
void budget_leave(struct budget *budget, struct ip ip);

#endif
