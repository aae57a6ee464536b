// SPDX-License-Identifier: Apache-2.0
/* Which part of a split scan a target belongs to: by hash of its /24 or /64, so that one part sees all of a
 * prefix and limits by host and prefix hold without talking to the others. Independent of the seed. */
#ifndef SCANNER_SHARD_H
#define SCANNER_SHARD_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/hash.h"
#include "scanner/target_set.h"

static inline uint64_t shard_hash(const struct target *target)
{
    if (target->has_ip) {
        struct ip prefix = ip_prefix(target->ip);
        return hash_bytes(prefix.bytes, sizeof prefix.bytes, 0x5348415244u);
    }
    return hash_bytes(target->host_name, strlen(target->host_name), 0x5348415244u);
}

/* Scanner `index` of `count`, and of its `loop_count` loops the one with number `loop`. */
static inline bool shard_is_mine(uint64_t hash, uint32_t index, uint32_t count, uint32_t loop,
                                 uint32_t loop_count)
{
    return hash % count == index && hash / count % loop_count == loop;
}

#endif
