// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"

#include <string.h>

uint64_t hash_bytes(const void *bytes, size_t len, uint64_t seed)
{
    const uint8_t *at = bytes;
    uint64_t hash = hash_mix64(seed ^ (uint64_t)len * 0x9E3779B97F4A7C15u);
    for (; len >= 8; at += 8, len -= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        hash = hash_mix64(hash ^ word);
    }
    uint64_t tail = 0;
    if (len > 0)
        memcpy(&tail, at, len);
    return hash_mix64(hash ^ tail);
}
