// SPDX-License-Identifier: Apache-2.0
/* Names to addresses (A and AAAA) and addresses to names (PTR) through c-ares, on a loop of its own, bounded
 * in number at once, in pace and in time. */
#ifndef DNS_RESOLVER_H
#define DNS_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/diag.h"
#include "base/err.h"
#include "base/text_list.h"
#include "dns/resolver_options.h"
#include "model/ip.h"

/* Called once for each name, in any order; `count` 0 = no address (or no answer: `reason` says which, static
 * text). `answered`: the DNS has said so; false = nobody knows. */
typedef enum cs_err (*resolver_found)(void *context, const char *name, const struct ip *ips, size_t count,
                                      bool answered, const char *reason);
/* Likewise for an address; `name` is NULL where it has none. */
typedef enum cs_err (*resolver_named)(void *context, struct ip ip, const char *name, bool answered);

/* Resolves all names, then returns; the first error of the callback ends it. CS_E_INVALID: `server` is no
 * address. */
CS_MUST_USE enum cs_err resolver_run(const struct text_list *names, const struct resolver_options *options,
                                     resolver_found found, void *context, struct diag *diag);
CS_MUST_USE enum cs_err resolver_run_reverse(const struct ip *ips, size_t count,
                                             const struct resolver_options *options, resolver_named named,
                                             void *context, struct diag *diag);

#endif
