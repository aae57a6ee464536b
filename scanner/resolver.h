// SPDX-License-Identifier: Apache-2.0
/* Names to addresses through c-ares on a loop of its own: A and AAAA, bounded in number at once and in time.
 */
#ifndef SCANNER_RESOLVER_H
#define SCANNER_RESOLVER_H

#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/err.h"
#include "base/text_list.h"
#include "model/ip.h"

struct resolver_options {
    const char *server;   /* ADDRESS[:PORT] or [v6]:PORT; NULL = the system's */
    uint32_t timeout_ms;  /* of one try; 0 = 2000 */
    uint32_t tries;       /* 0 = 2 */
    uint32_t max_at_once; /* 0 = 64 */
};

/* Called once for each name, in any order; `count` 0 = no address (or no answer: `reason` says which, static
 * text). */
typedef enum cs_err (*resolver_found)(void *context, const char *name, const struct ip *ips, size_t count,
                                      const char *reason);

/* Resolves all names, then returns; the first error of the callback ends it. CS_E_INVALID: `server` is no
 * address. */
CS_MUST_USE enum cs_err resolver_run(const struct text_list *names, const struct resolver_options *options,
                                     resolver_found found, void *context, struct diag *diag);

#endif
