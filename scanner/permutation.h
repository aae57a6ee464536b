// SPDX-License-Identifier: Apache-2.0
/* A keyed bijection of [0, count): counter -> target index. A generalized Feistel network over a x b >= count
 * with a and b near the square root, walked until it falls inside, which it does at once but for about one
 * value in sqrt(count) (Black and Rogaway, "Ciphers with Arbitrary Finite Domains", 2002). Order only, no
 * secret. */
#ifndef SCANNER_PERMUTATION_H
#define SCANNER_PERMUTATION_H

#include <stdint.h>

#define PERMUTATION_ROUNDS 6

struct permutation {
    uint64_t count; /* 1 to 2^48 */
    uint64_t a;
    uint64_t b;
    uint64_t keys[PERMUTATION_ROUNDS];
};

void permutation_init(struct permutation *permutation, uint64_t count, uint64_t seed);
uint64_t permutation_at(const struct permutation *permutation, uint64_t counter); /* counter < count */
uint64_t permutation_inverse(const struct permutation *permutation, uint64_t value);

#endif
