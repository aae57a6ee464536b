// SPDX-License-Identifier: Apache-2.0
/* Names of addresses (PTR), looked up beside a scan in a thread of its own: asking and taking never wait for
 * the DNS. All functions belong to one thread, the consumer behind the loops. */
#ifndef DNS_PTR_LOOKUPS_H
#define DNS_PTR_LOOKUPS_H

#include "dns/resolver.h"

struct ptr_lookups;

struct ptr_answer {
    struct ip ip;
    char *name;    /* owned by the taker; NULL = it has none, or nobody knows */
    bool answered; /* the DNS has said so */
};

/* `options` is copied, its server borrowed; its `stop` is to be NULL. CS_E_INVALID, CS_E_IO, CS_E_NOMEM. */
CS_MUST_USE enum cs_err ptr_lookups_start(struct ptr_lookups **out, const struct resolver_options *options,
                                          struct diag *diag);
/* Every address that is asked about is answered once, in any order. */
CS_MUST_USE enum cs_err ptr_lookups_ask(struct ptr_lookups *lookups, struct ip ip);
/* `*got` false: there is no answer now. CS_E_NOMEM: there will be none any more. */
CS_MUST_USE enum cs_err ptr_lookups_take(struct ptr_lookups *lookups, struct ptr_answer *out, bool *got);
/* From now on nothing is looked up: what is asked, and what is under way, is answered by nobody. */
void ptr_lookups_stop(struct ptr_lookups *lookups);
void ptr_lookups_free(struct ptr_lookups *lookups); /* NULL is fine */

#endif
