// SPDX-License-Identifier: Apache-2.0
/* A set of addresses as sorted, disjoint, non-adjacent ranges. Memory is linear in ranges, not in addresses.
 */
#ifndef SCANNER_IP_SET_H
#define SCANNER_IP_SET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "model/ip.h"

struct ip_set {
    struct ip_range *ranges; /* owned */
    u128 *before;            /* addresses in all ranges before this one; owned */
    size_t count;
    size_t cap;
    bool normal; /* sorted, merged and counted: everything but adding needs it */
};

/* An IPv6 range that reaches over the IPv4-mapped addresses does not take them along. */
CS_MUST_USE enum cs_err ip_set_add(struct ip_set *set, struct ip_range range);
CS_MUST_USE enum cs_err ip_set_normalize(struct ip_set *set);
/* set := set without `minus`; both normal. */
CS_MUST_USE enum cs_err ip_set_subtract(struct ip_set *set, const struct ip_set *minus);
CS_MUST_USE enum cs_err ip_set_intersect(struct ip_set *set, const struct ip_set *with);
bool ip_set_has(const struct ip_set *set, struct ip ip);
u128 ip_set_size(const struct ip_set *set);
u128 ip_set_count_in(const struct ip_set *set,
                     struct ip_range range);               /* addresses in both; those of one family */
struct ip ip_set_at(const struct ip_set *set, u128 index); /* index < size */
void ip_set_dispose(struct ip_set *set);

#endif
