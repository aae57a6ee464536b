// SPDX-License-Identifier: Apache-2.0
/* 64-bit hashes to numbers (open addressing, grows, never shrinks). 0 is an ordinary key. */
#ifndef BASE_MAP64_H
#define BASE_MAP64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct map64_slot {
    uint64_t key;
    uint32_t number_plus_1; /* 0 = free */
};

struct map64 {
    struct map64_slot *slots; /* owned */
    size_t slot_count;
    size_t used;
};

/* Zero-initialised is an empty map. A key that is there keeps its number. CS_E_NOMEM leaves the map as it
 * was. */
CS_MUST_USE enum cs_err map64_add(struct map64 *map, uint64_t key, uint32_t number);
bool map64_get(const struct map64 *map, uint64_t key, uint32_t *number);
void map64_dispose(struct map64 *map);

#endif
