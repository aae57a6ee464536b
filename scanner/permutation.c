// SPDX-License-Identifier: Apache-2.0
#include "scanner/permutation.h"

#include <assert.h>

#include "base/hash.h"

/* The smallest a with a * a >= count. */
static uint64_t root_above(uint64_t count)
{
    uint64_t low = 1;
    uint64_t high = (uint64_t)1 << 24;
    while (low < high) {
        uint64_t middle = (low + high) / 2;
        if (middle * middle >= count)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

void permutation_init(struct permutation *permutation, uint64_t count, uint64_t seed)
{
    assert(count >= 1 && count <= (uint64_t)1 << 48);
    uint64_t a = root_above(count);
    *permutation = (struct permutation){.count = count, .a = a, .b = (count + a - 1) / a};
    for (int round = 0; round < PERMUTATION_ROUNDS; round++)
        permutation->keys[round] = hash_next_random(&seed);
}

/* The round function, scaled to [0, range) with range <= 2^24. */
static uint64_t round_of(uint64_t half, uint64_t key, uint64_t range)
{
    return (hash_mix64(half ^ key) >> 32) * range >> 32;
}

static uint64_t encrypt(const struct permutation *p, uint64_t value)
{
    uint64_t x = value % p->a;
    uint64_t y = value / p->a;
    for (int round = 0; round < PERMUTATION_ROUNDS; round += 2) {
        x += round_of(y, p->keys[round], p->a);
        x -= x >= p->a ? p->a : 0;
        y += round_of(x, p->keys[round + 1], p->b);
        y -= y >= p->b ? p->b : 0;
    }
    return x + p->a * y;
}

static uint64_t decrypt(const struct permutation *p, uint64_t value)
{
    uint64_t x = value % p->a;
    uint64_t y = value / p->a;
    for (int round = PERMUTATION_ROUNDS - 2; round >= 0; round -= 2) {
        y += p->b - round_of(x, p->keys[round + 1], p->b);
        y -= y >= p->b ? p->b : 0;
        x += p->a - round_of(y, p->keys[round], p->a);
        x -= x >= p->a ? p->a : 0;
    }
    return x + p->a * y;
}

uint64_t permutation_at(const struct permutation *permutation, uint64_t counter)
{
    assert(counter < permutation->count);
    do
        counter = encrypt(permutation, counter);
    while (counter >= permutation->count);
    return counter;
}

uint64_t permutation_inverse(const struct permutation *permutation, uint64_t value)
{
    assert(value < permutation->count);
    do
        value = decrypt(permutation, value);
    while (value >= permutation->count);
    return value;
}
