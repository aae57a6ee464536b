// SPDX-License-Identifier: Apache-2.0
#include "report/pseudo_groups.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/map64.h"

struct group {
    uint64_t count;
    bool shown;
};

struct pseudo_groups {
    struct map64 numbers;
    struct group *items; /* owned */
    size_t count;
    size_t cap;
};

enum cs_err pseudo_groups_new(struct pseudo_groups **out)
{
    *out = calloc(1, sizeof **out);
    return *out != NULL ? CS_OK : CS_E_NOMEM;
}

void pseudo_groups_free(struct pseudo_groups *groups)
{
    if (groups == NULL)
        return;
    map64_dispose(&groups->numbers);
    free(groups->items);
    free(groups);
}

static struct ip_range place_of(const struct asset_row *row)
{
    struct ip_range place = {row->endpoint.ip, row->endpoint.ip};
    if (row->pseudo_service == PSEUDO_PREFIX) {
        u128 first = ip_to_u128(ip_prefix(row->endpoint.ip));
        u128 size = ip_is_v4(row->endpoint.ip) ? 256 : (u128)1 << 64;
        place = (struct ip_range){ip_from_u128(first), ip_from_u128(first + size - 1)};
    }
    return place;
}

static uint64_t key_of(const struct asset_row *row)
{
    struct ip_range place = place_of(row);
    const char *network = row->endpoint.network;
    uint64_t key = hash_bytes(row->cert.sha256, SHA256_SIZE, (uint64_t)row->pseudo_service);
    key = hash_bytes(&place, sizeof place, key);
    return hash_bytes(network, strlen(network), key);
}

enum cs_err pseudo_groups_add(struct pseudo_groups *groups, const struct asset_row *row)
{
    uint32_t number;
    if (row->pseudo_service == PSEUDO_NONE)
        return CS_OK;
    if (map64_get(&groups->numbers, key_of(row), &number)) {
        groups->items[number].count++;
        return CS_OK;
    }
    if (groups->count == groups->cap) {
        size_t cap = groups->cap == 0 ? 16 : groups->cap * 2;
        struct group *more = realloc(groups->items, cap * sizeof *more);
        if (more == NULL)
            return CS_E_NOMEM;
        groups->items = more;
        groups->cap = cap;
    }
    enum cs_err err = map64_add(&groups->numbers, key_of(row), (uint32_t)groups->count);
    if (err == CS_OK)
        groups->items[groups->count++] = (struct group){.count = 1};
    return err;
}

bool pseudo_groups_show(struct pseudo_groups *groups, const struct asset_row *row, uint64_t *count)
{
    uint32_t number;
    *count = 0;
    if (row->pseudo_service == PSEUDO_NONE || !map64_get(&groups->numbers, key_of(row), &number))
        return true;
    struct group *group = &groups->items[number];
    bool is_first = !group->shown;
    group->shown = true;
    *count = group->count > 1 ? group->count : 0;
    return is_first;
}

char *pseudo_group_format(char out[PSEUDO_TEXT_SIZE], const struct asset_row *row, uint64_t count)
{
    char place[RANGE_TEXT_SIZE];
    snprintf(out, PSEUDO_TEXT_SIZE, "%s (%" PRIu64 " endpoints, pseudo service)",
             ip_range_format(place, place_of(row)), count);
    return out;
}
