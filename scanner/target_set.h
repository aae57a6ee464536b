// SPDX-License-Identifier: Apache-2.0
/* All targets of a scan as an index space: ordered blocks (address set x port list x server name), disjoint,
 * counted with prefix sums. Memory is constant for each range and linear only for listed pairs. Immutable
 * once built, so any number of threads may read it. */
#ifndef SCANNER_TARGET_SET_H
#define SCANNER_TARGET_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"
#include "model/ip.h"
#include "scanner/ip_set.h"
#include "scanner/port_list.h"

#define TARGET_SET_MAX ((uint64_t)1 << 48) /* more targets are refused */

struct target_set; /* opaque */

struct target {
    bool has_ip; /* false: a name without address */
    struct ip ip;
    uint16_t port;
    enum protocol protocol;
    const char *server_name; /* to send as SNI; NULL = none; borrowed from the set */
    const char *host_name;   /* the name it was given by; NULL = an address; borrowed from the set */
};

uint64_t target_set_count(const struct target_set *set);
void target_set_get(const struct target_set *set, uint64_t index, struct target *out); /* index < count */
bool target_set_has(const struct target_set *set, struct ip ip, uint16_t port);        /* under any name */
/* Adds every address of the set to `out`, which is normal then. */
CS_MUST_USE enum cs_err target_set_addresses(const struct target_set *set, struct ip_set *out);
void target_set_free(struct target_set *set);

/* The frozen form a scan row keeps, as JSON; reading it back gives the same index space. */
CS_MUST_USE enum cs_err target_set_freeze(const struct target_set *set, struct buf *out);
CS_MUST_USE enum cs_err target_set_thaw(struct target_set **out, const char *text, size_t len,
                                        struct diag *diag);

/* Facts for --dry-run: distinct addresses, the most targets any one host and any one /24 or /64 has, and a
 * line of text for each block (at most `max_lines`), e.g. `10.0.0.0/8 (16777216 addresses) x 24 ports`. */
struct target_set_facts {
    u128 address_count;
    uint64_t densest_host;
    uint64_t densest_prefix;
};
void target_set_facts(const struct target_set *set, struct target_set_facts *out);
void target_set_describe(const struct target_set *set, struct buf *out, size_t max_lines);

#endif
