// SPDX-License-Identifier: Apache-2.0
/* Counts over a target set without visiting addresses: each range becomes two events on a line, where a
 * weight begins and ends, and one walk over the sorted events finds the heaviest place. */
#include <stdlib.h>

#include "scanner/target_blocks.h"

struct event {
    u128 at;
    int64_t change; /* of the weight, from `at` on */
};

struct sweep {
    struct event *events; /* owned */
    size_t count;
};

static void put(struct sweep *sweep, u128 first, u128 beyond, uint64_t weight)
{
    sweep->events[sweep->count++] = (struct event){first, (int64_t)weight};
    sweep->events[sweep->count++] = (struct event){beyond, -(int64_t)weight};
}

static void put_hosts(struct sweep *sweep, struct ip_range range, uint64_t ports)
{
    put(sweep, ip_to_u128(range.first), ip_to_u128(range.last) + 1, ports);
}

static uint64_t weigh(u128 addresses, uint64_t ports)
{
    u128 weight = addresses > TARGET_SET_MAX ? TARGET_SET_MAX : addresses * ports;
    return weight > TARGET_SET_MAX ? TARGET_SET_MAX : (uint64_t)weight;
}

/* On the line of prefixes: a partial one at each end, whole ones between. */
static void put_prefixes(struct sweep *sweep, struct ip_range range, uint64_t ports)
{
    unsigned bits = ip_is_v4(range.first) ? 8 : 64;
    u128 first = ip_to_u128(range.first);
    u128 last = ip_to_u128(range.last);
    u128 low = first >> bits;
    u128 high = last >> bits;
    u128 size = (u128)1 << bits;
    if (low == high) {
        put(sweep, low, low + 1, weigh(last - first + 1, ports));
        return;
    }
    put(sweep, low, low + 1, weigh(size - (first & (size - 1)), ports));
    if (high - low > 1)
        put(sweep, low + 1, high, weigh(size, ports));
    put(sweep, high, high + 1, weigh((last & (size - 1)) + 1, ports));
}

static int by_place(const void *a, const void *b)
{
    const struct event *left = a;
    const struct event *right = b;
    if (left->at != right->at)
        return left->at < right->at ? -1 : 1;
    return (left->change > right->change) - (left->change < right->change);
}

/* The heaviest place, and (unless NULL) how many places have any weight. */
static uint64_t heaviest(struct sweep *sweep, u128 *covered)
{
    int64_t weight = 0;
    int64_t most = 0;
    u128 total = 0;
    qsort(sweep->events, sweep->count, sizeof *sweep->events, by_place);
    for (size_t i = 0; i < sweep->count; i++) {
        if (weight > 0)
            total += sweep->events[i].at - sweep->events[i - 1].at;
        weight += sweep->events[i].change;
        most = weight > most ? weight : most;
    }
    if (covered != NULL)
        *covered = total;
    return (uint64_t)most;
}

static size_t range_count(const struct target_set *set)
{
    size_t count = 0;
    for (size_t i = 0; i < set->block_count; i++)
        count += set->blocks[i].addresses.count;
    return count;
}

static void put_all(struct sweep *sweep, const struct target_set *set, bool prefixes)
{
    sweep->count = 0;
    for (size_t i = 0; i < set->block_count; i++) {
        const struct target_block *block = &set->blocks[i];
        for (size_t k = 0; k < block->addresses.count; k++) {
            struct ip_range range = block->addresses.ranges[k];
            if (!prefixes)
                put_hosts(sweep, range, block->ports.count);
            else
                put_prefixes(sweep, range, block->ports.count);
        }
    }
}

void target_set_facts(const struct target_set *set, struct target_set_facts *out)
{
    struct sweep sweep = {0};
    *out = (struct target_set_facts){0};
    sweep.events = calloc(range_count(set) * 6 + 1, sizeof *sweep.events);
    if (sweep.events == NULL)
        return; /* an estimate without them, not a failure */
    put_all(&sweep, set, false);
    out->densest_host = heaviest(&sweep, &out->address_count);
    put_all(&sweep, set, true);
    out->densest_prefix = heaviest(&sweep, NULL);
    free(sweep.events);
}
