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
 * text). `answered`: these are all, the DNS has said so, of A and of AAAA; false = there may be others. */
typedef enum cs_err (*resolver_found)(void *context, const char *name, const struct ip *ips, size_t count,
                                      bool answered, const char *reason);
/* Resolves all names, then returns; the first error of the callback ends it. CS_E_INVALID: `server` is no
 * address. */
CS_MUST_USE enum cs_err resolver_run(const struct text_list *names, const struct resolver_options *options,
                                     resolver_found found, void *context, struct diag *diag);

/* Addresses that turn up while the run goes on: `next` gives them (where it may wait, it waits until there is
 * something to say), `named` is called once for each (`name` is NULL where it has none), all in the thread of
 * the run, which ends with `next`. */
enum resolver_next { RESOLVER_NEXT, RESOLVER_NONE_YET, RESOLVER_END };
struct resolver_feed {
    enum resolver_next (*next)(void *context, bool may_wait, struct ip *out);
    bool (*stopped)(void *context); /* true: no look-up is begun any more, as with `stop` */
    enum cs_err (*named)(void *context, struct ip ip, const char *name, bool answered);
    void *context;
};
CS_MUST_USE enum cs_err resolver_run_fed(const struct resolver_feed *feed,
                                         const struct resolver_options *options, struct diag *diag);

#endif
