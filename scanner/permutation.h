// SPDX-License-Identifier: Apache-2.0
/* A keyed bijection of [0, count): counter -> target index. A balanced Feistel network over the next even
 * number of bits, walked until it falls inside (Black and Rogaway, "Ciphers with Arbitrary Finite Domains",
 * 2002). */
#ifndef SCANNER_PERMUTATION_H
#define SCANNER_PERMUTATION_H

#include <stdint.h>

struct permutation {
    uint64_t count;
    uint64_t keys[6];
    unsigned half_bits;
};

void permutation_init(struct permutation *permutation, uint64_t count, uint64_t seed);
uint64_t permutation_at(const struct permutation *permutation, uint64_t counter); /* counter < count */
uint64_t permutation_inverse(const struct permutation *permutation, uint64_t value);

#endif
