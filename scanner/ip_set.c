// SPDX-License-Identifier: Apache-2.0
#include "scanner/ip_set.h"

#include <assert.h>
#include <stdlib.h>

static enum cs_err append(struct ip_set *set, struct ip_range range)
{
    if (set->count == set->cap) {
        size_t cap = set->cap == 0 ? 8 : set->cap * 2;
        struct ip_range *ranges = realloc(set->ranges, cap * sizeof *ranges);
        if (ranges == NULL)
            return CS_E_NOMEM;
        set->ranges = ranges;
        set->cap = cap;
    }
    set->ranges[set->count++] = range;
    set->normal = false;
    return CS_OK;
}

/* IPv4 lies inside the space of IPv6, but who says ::/0 means IPv6 alone. */
enum cs_err ip_set_add(struct ip_set *set, struct ip_range range)
{
    const struct ip_range v4 = {ip_from_v4(0), ip_from_v4(UINT32_MAX)};
    if (ip_is_v4(range.first) || ip_compare(range.last, v4.first) < 0 || ip_compare(v4.last, range.first) < 0)
        return append(set, range);
    struct ip_range below = {range.first, ip_from_u128(ip_to_u128(v4.first) - 1)};
    struct ip_range above = {ip_from_u128(ip_to_u128(v4.last) + 1), range.last};
    enum cs_err err = append(set, below);
    return err == CS_OK && ip_compare(above.first, above.last) <= 0 ? append(set, above) : err;
}

static int by_first(const void *a, const void *b)
{
    const struct ip_range *left = a;
    const struct ip_range *right = b;
    return ip_compare(left->first, right->first);
}

/* Ranges are joined where they touch, but IPv4 never with IPv6: a range keeps one family. */
static bool touches(struct ip_range low, struct ip_range high)
{
    if (ip_compare(high.first, low.last) <= 0)
        return true;
    return ip_to_u128(high.first) - ip_to_u128(low.last) == 1 && ip_is_v4(low.last) == ip_is_v4(high.first);
}

static void merge(struct ip_set *set)
{
    size_t kept = 0;
    for (size_t i = 1; i < set->count; i++) {
        struct ip_range *last = &set->ranges[kept];
        if (!touches(*last, set->ranges[i]))
            set->ranges[++kept] = set->ranges[i];
        else if (ip_compare(set->ranges[i].last, last->last) > 0)
            last->last = set->ranges[i].last;
    }
    set->count = set->count > 0 ? kept + 1 : 0;
}

enum cs_err ip_set_normalize(struct ip_set *set)
{
    if (set->normal)
        return CS_OK;
    if (set->count > 1)
        qsort(set->ranges, set->count, sizeof *set->ranges, by_first);
    merge(set);
    u128 *before = realloc(set->before, (set->count + 1) * sizeof *before);
    if (before == NULL)
        return CS_E_NOMEM;
    set->before = before;
    before[0] = 0;
    for (size_t i = 0; i < set->count; i++)
        before[i + 1] = before[i] + ip_range_count(set->ranges[i]);
    set->normal = true;
    return CS_OK;
}

/* The first range whose end is not below `ip`. */
static size_t range_at_or_above(const struct ip_set *set, struct ip ip)
{
    size_t low = 0;
    size_t high = set->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (ip_compare(set->ranges[middle].last, ip) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool ip_set_has(const struct ip_set *set, struct ip ip)
{
    assert(set->normal || set->count == 0);
    size_t at = range_at_or_above(set, ip);
    return at < set->count && ip_compare(set->ranges[at].first, ip) <= 0;
}

/* Adds to `out` what of `range` is outside `minus`. */
static enum cs_err add_outside(struct ip_set *out, struct ip_range range, const struct ip_set *minus)
{
    for (size_t i = range_at_or_above(minus, range.first); i < minus->count; i++) {
        struct ip_range hole = minus->ranges[i];
        if (ip_compare(hole.first, range.last) > 0)
            break;
        if (ip_compare(range.first, hole.first) < 0) {
            struct ip_range piece = {range.first, ip_from_u128(ip_to_u128(hole.first) - 1)};
            enum cs_err err = ip_set_add(out, piece);
            if (err != CS_OK)
                return err;
        }
        if (ip_compare(hole.last, range.last) >= 0)
            return CS_OK;
        range.first = ip_from_u128(ip_to_u128(hole.last) + 1);
    }
    return ip_set_add(out, range);
}

static enum cs_err add_inside(struct ip_set *out, struct ip_range range, const struct ip_set *with)
{
    enum cs_err err = CS_OK;
    for (size_t i = range_at_or_above(with, range.first); i < with->count && err == CS_OK; i++) {
        struct ip_range other = with->ranges[i];
        if (ip_compare(other.first, range.last) > 0)
            break;
        struct ip_range piece = {
            ip_compare(range.first, other.first) > 0 ? range.first : other.first,
            ip_compare(range.last, other.last) < 0 ? range.last : other.last,
        };
        err = ip_set_add(out, piece);
    }
    return err;
}

static enum cs_err replace_each(struct ip_set *set, const struct ip_set *other,
                                enum cs_err (*add)(struct ip_set *, struct ip_range, const struct ip_set *))
{
    assert((set->normal || set->count == 0) && (other->normal || other->count == 0));
    struct ip_set out = {0};
    enum cs_err err = CS_OK;
    for (size_t i = 0; i < set->count && err == CS_OK; i++)
        err = add(&out, set->ranges[i], other);
    if (err == CS_OK)
        err = ip_set_normalize(&out);
    if (err != CS_OK) {
        ip_set_dispose(&out);
        return err;
    }
    ip_set_dispose(set);
    *set = out;
    return CS_OK;
}

enum cs_err ip_set_subtract(struct ip_set *set, const struct ip_set *minus)
{
    return replace_each(set, minus, add_outside);
}

enum cs_err ip_set_intersect(struct ip_set *set, const struct ip_set *with)
{
    return replace_each(set, with, add_inside);
}

u128 ip_set_size(const struct ip_set *set)
{
    assert(set->normal || set->count == 0);
    return set->count > 0 ? set->before[set->count] : 0;
}

/* Addresses of the set below `ip`. */
static u128 count_below(const struct ip_set *set, struct ip ip)
{
    size_t at = range_at_or_above(set, ip); /* the first that does not end below */
    if (at == set->count)
        return ip_set_size(set);
    bool is_inside = ip_compare(set->ranges[at].first, ip) < 0;
    return set->before[at] + (is_inside ? ip_to_u128(ip) - ip_to_u128(set->ranges[at].first) : 0);
}

static u128 count_between(const struct ip_set *set, struct ip first, struct ip last)
{
    return count_below(set, last) + ip_set_has(set, last) - count_below(set, first);
}

u128 ip_set_count_in(const struct ip_set *set, struct ip_range range)
{
    const struct ip_range v4 = {ip_from_v4(0), ip_from_v4(UINT32_MAX)};
    u128 count = count_between(set, range.first, range.last);
    bool reaches_over_v4 = !ip_is_v4(range.first) && ip_compare(range.first, v4.first) < 0 &&
                           ip_compare(range.last, v4.last) > 0;
    return reaches_over_v4 ? count - count_between(set, v4.first, v4.last) : count;
}

struct ip ip_set_at(const struct ip_set *set, u128 index)
{
    assert(index < ip_set_size(set));
    size_t low = 0;
    size_t high = set->count;
    while (high - low > 1) { /* before[low] <= index < before[high] */
        size_t middle = (low + high) / 2;
        if (set->before[middle] <= index)
            low = middle;
        else
            high = middle;
    }
    return ip_from_u128(ip_to_u128(set->ranges[low].first) + (index - set->before[low]));
}

void ip_set_dispose(struct ip_set *set)
{
    free(set->ranges);
    free(set->before);
    *set = (struct ip_set){0};
}
