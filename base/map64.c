// SPDX-License-Identifier: Apache-2.0
#include "base/map64.h"

#include <stdlib.h>

#include "base/hash.h"

/* The slot that holds `key`, or the free one where it belongs. */
static struct map64_slot *slot_of(struct map64_slot *slots, size_t slot_count, uint64_t key)
{
    size_t at = (size_t)hash_mix64(key) & (slot_count - 1);
    while (slots[at].number_plus_1 != 0 && slots[at].key != key)
        at = (at + 1) & (slot_count - 1);
    return &slots[at];
}

static enum cs_err grow(struct map64 *map)
{
    size_t slot_count = map->slot_count == 0 ? 64 : map->slot_count * 2;
    struct map64_slot *slots = calloc(slot_count, sizeof *slots);
    if (slots == NULL)
        return CS_E_NOMEM;
    for (size_t i = 0; i < map->slot_count; i++) {
        if (map->slots[i].number_plus_1 != 0)
            *slot_of(slots, slot_count, map->slots[i].key) = map->slots[i];
    }
    free(map->slots);
    map->slots = slots;
    map->slot_count = slot_count;
    return CS_OK;
}

enum cs_err map64_add(struct map64 *map, uint64_t key, uint32_t number)
{
    uint32_t there;
    if (map64_get(map, key, &there))
        return CS_OK;
    enum cs_err err = map->used + 1 > map->slot_count / 4 * 3 ? grow(map) : CS_OK;
    if (err != CS_OK)
        return err;
    *slot_of(map->slots, map->slot_count, key) = (struct map64_slot){key, number + 1};
    map->used++;
    return CS_OK;
}

bool map64_get(const struct map64 *map, uint64_t key, uint32_t *number)
{
    if (map->slot_count == 0)
        return false;
    const struct map64_slot *slot = slot_of(map->slots, map->slot_count, key);
    if (slot->number_plus_1 == 0)
        return false;
    *number = slot->number_plus_1 - 1;
    return true;
}

void map64_dispose(struct map64 *map)
{
    free(map->slots);
    *map = (struct map64){0};
}
