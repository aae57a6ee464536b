// SPDX-License-Identifier: Apache-2.0
/* Hashing for tables and shards, and a small pseudo random generator. None of it is cryptographic. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* A bijection on 64 bits in which every input bit moves every output bit (splitmix64's finaliser). */
static inline uint64_t hash_mix64(uint64_t x)
{
    x ^= x >> 30;
    x *= 0xBF58476D1CE4E5B9u;
    x ^= x >> 27;
    x *= 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

/* The next number of a sequence; *state is the seed and moves on. */
static inline uint64_t hash_next_random(uint64_t *state)
{
    *state += 0x9E3779B97F4A7C15u;
    return hash_mix64(*state);
}

uint64_t hash_bytes(const void *bytes, size_t len, uint64_t seed);

#endif
