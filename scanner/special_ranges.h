// SPDX-License-Identifier: Apache-2.0
/* Addresses that are nobody's host: left out of wider ranges, scanned only where a TARGET lies wholly inside
 * one of these. Loopback, private and documentation ranges are ordinary. From the IANA special-purpose
 * address registries (RFC 6890, RFC 8190), the IPv4 multicast and class E blocks (RFC 5771, RFC 1112) and the
 * IPv6 address space registry (RFC 4291). */
#ifndef SCANNER_SPECIAL_RANGES_H
#define SCANNER_SPECIAL_RANGES_H

#include "base/buf.h"
#include "base/err.h"
#include "model/ip.h"
#include "scanner/ip_set.h"

/* Adds `range` to `set`, without its special addresses unless it lies wholly inside one special range. A note
 * in one line tells what was left out. */
CS_MUST_USE enum cs_err special_ranges_add(struct ip_set *set, struct ip_range range, struct buf *notes);

/* An address that a name resolved to is special: a DNS answer is no wish to scan it. */
bool special_ranges_has(struct ip ip);

#endif
