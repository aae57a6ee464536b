// SPDX-License-Identifier: Apache-2.0
#include "base/set64.h"

#include <stdlib.h>

#include "base/hash.h"

/* The slot that holds `value`, or the free one where it belongs. */
static size_t slot_of(const uint64_t *slots, size_t slot_count, uint64_t value)
{
    size_t at = (size_t)hash_mix64(value) & (slot_count - 1);
    while (slots[at] != 0 && slots[at] != value)
        at = (at + 1) & (slot_count - 1);
    return at;
}

static enum cs_err grow(struct set64 *set)
{
    size_t slot_count = set->slot_count == 0 ? 64 : set->slot_count * 2;
    uint64_t *slots = calloc(slot_count, sizeof *slots);
    if (slots == NULL)
        return CS_E_NOMEM;
    for (size_t i = 0; i < set->slot_count; i++) {
        if (set->slots[i] != 0)
            slots[slot_of(slots, slot_count, set->slots[i])] = set->slots[i];
    }
    free(set->slots);
    set->slots = slots;
    set->slot_count = slot_count;
    return CS_OK;
}

enum cs_err set64_add(struct set64 *set, uint64_t value, bool *added)
{
    bool is_new = !set64_has(set, value);
    if (added != NULL)
        *added = is_new;
    if (!is_new)
        return CS_OK;
    if (value == 0) {
        set->has_zero = true;
        return CS_OK;
    }
    if (set->used + 1 > set->slot_count / 4 * 3) {
        enum cs_err err = grow(set);
        if (err != CS_OK)
            return err;
    }
    set->slots[slot_of(set->slots, set->slot_count, value)] = value;
    set->used++;
    return CS_OK;
}

bool set64_has(const struct set64 *set, uint64_t value)
{
    if (value == 0)
        return set->has_zero;
    return set->slot_count > 0 && set->slots[slot_of(set->slots, set->slot_count, value)] == value;
}

size_t set64_count(const struct set64 *set)
{
    return set->used + set->has_zero;
}

void set64_dispose(struct set64 *set)
{
    free(set->slots);
    *set = (struct set64){0};
}
