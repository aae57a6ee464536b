// SPDX-License-Identifier: Apache-2.0
/* IPv4 and IPv6 as one type: 16 bytes in network order, IPv4 as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2). So
 * ranges, tables and sorting need no second case, and ::ffff:10.0.0.1 is 10.0.0.1. */
#ifndef MODEL_IP_H
#define MODEL_IP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define IP_TEXT_SIZE    46 /* longest address text and the NUL */
#define RANGE_TEXT_SIZE (2 * IP_TEXT_SIZE)

struct ip {
    uint8_t bytes[16];
};

struct ip_range { /* both ends included, first <= last, one family */
    struct ip first;
    struct ip last;
};

typedef unsigned __int128 u128;

u128 ip_to_u128(struct ip ip);
struct ip ip_from_u128(u128 value);
struct ip ip_from_v4(uint32_t host_order);
bool ip_is_v4(struct ip ip);
int ip_compare(struct ip a, struct ip b);
static inline bool ip_equals(struct ip a, struct ip b)
{
    return ip_compare(a, b) == 0;
}

/* The first address of its /24 (IPv4) or /64 (IPv6): the prefix that limits and shards count by. */
struct ip ip_prefix(struct ip ip);

/* One address without port or zone; no surrounding white space. CS_E_INVALID otherwise. */
CS_MUST_USE enum cs_err ip_parse(const char *text, size_t len, struct ip *out);
/* RFC 5952 text; returns `out`. */
char *ip_format(char out[IP_TEXT_SIZE], struct ip ip);

/* An address, `address/n` (bits behind the prefix must be zero or are ignored: 10.0.0.5/24 is 10.0.0.0/24) or
 * `first-last`. On CS_E_INVALID `*reason` (may be NULL) is a static text: what is wrong and what is allowed.
 */
CS_MUST_USE enum cs_err ip_range_parse(const char *text, size_t len, struct ip_range *out,
                                       const char **reason);
/* `address`, `address/n` where it is a prefix, else `first-last`; returns `out`. */
char *ip_range_format(char out[RANGE_TEXT_SIZE], struct ip_range range);
/* An address of the other family is in no range: 10.0.0.1 is not in ::/0. */
bool ip_range_has(struct ip_range range, struct ip ip);
bool ip_range_within(struct ip_range inner, struct ip_range outer);
u128 ip_range_count(struct ip_range range); /* never 0: that of ::/0 is one too small to fit */

#endif
