// SPDX-License-Identifier: Apache-2.0
/* The names of addresses (PTR) in one scan: each address is asked about once, nobody waits for the DNS here.
 */
#ifndef APP_HOST_NAMES_H
#define APP_HOST_NAMES_H

#include "dns/ptr_lookups.h"

struct host_names;

/* `options` as ptr_lookups_start wants them. */
CS_MUST_USE enum cs_err host_names_new(struct host_names **out, const struct resolver_options *options,
                                       struct diag *diag);
void host_names_free(struct host_names *names); /* NULL is fine */

CS_MUST_USE enum cs_err host_names_ask(struct host_names *names, struct ip ip);
/* Takes what was answered since. */
CS_MUST_USE enum cs_err host_names_update(struct host_names *names);
/* From now on nothing is looked up; what is under way ends without answer. */
void host_names_stop(struct host_names *names);

size_t host_names_pending(const struct host_names *names); /* addresses without answer yet */
bool host_names_is_pending(const struct host_names *names, struct ip ip);
/* NULL = none is known. Valid as long as the object. */
const char *host_names_of(const struct host_names *names, struct ip ip);
/* Whether `name` is that of some address, and which. */
bool host_names_find(const struct host_names *names, const char *name, struct ip *ip);
bool host_names_have_answered(const struct host_names *names); /* any DNS server, ever */

/* The address was reported without its name, since the answer was pending: it is told later, once. */
void host_names_miss(struct host_names *names, struct ip ip);
bool host_names_take_late(struct host_names *names, struct ip *ip, const char **name);

#endif
