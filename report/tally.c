// SPDX-License-Identifier: Apache-2.0
#include "report/tally.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* Where the name is, or would be. */
static size_t find(const struct tally *tally, const char *name, bool *found)
{
    size_t low = 0;
    size_t high = tally->count;
    *found = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = text_compare(tally->entries[middle].name, name);
        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static enum cs_err grow(struct tally *tally)
{
    size_t cap = tally->cap == 0 ? 16 : tally->cap * 2;
    struct tally_entry *entries = realloc(tally->entries, cap * sizeof *entries);
    if (entries == NULL)
        return CS_E_NOMEM;
    tally->entries = entries;
    tally->cap = cap;
    return CS_OK;
}

enum cs_err tally_at(struct tally *tally, const char *name, struct tally_entry **out)
{
    bool found;
    size_t at = find(tally, name, &found);
    if (!found) {
        char *copy = text_copy(name);
        if (copy == NULL || (tally->count == tally->cap && grow(tally) != CS_OK)) {
            free(copy);
            return CS_E_NOMEM;
        }
        memmove(&tally->entries[at + 1], &tally->entries[at], (tally->count - at) * sizeof *tally->entries);
        tally->entries[at] = (struct tally_entry){.name = copy};
        tally->count++;
    }
    *out = &tally->entries[at];
    return CS_OK;
}

enum cs_err tally_add(struct tally *tally, const char *name, size_t count)
{
    struct tally_entry *entry;
    enum cs_err err = tally_at(tally, name, &entry);
    if (err == CS_OK)
        entry->counts[count]++;
    return err;
}

uint64_t tally_count(const struct tally *tally, const char *name, size_t count)
{
    bool found;
    size_t at = find(tally, name, &found);
    return found ? tally->entries[at].counts[count] : 0;
}

void tally_dispose(struct tally *tally)
{
    for (size_t i = 0; i < tally->count; i++)
        free(tally->entries[i].name);
    free(tally->entries);
    *tally = (struct tally){0};
}
