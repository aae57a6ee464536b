// SPDX-License-Identifier: Apache-2.0
/* Counts by name: what reports add up. As many names as there are owners, findings or weeks, not as assets.
 */
#ifndef REPORT_TALLY_H
#define REPORT_TALLY_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define TALLY_COUNTS 12

struct tally_entry {
    char *name; /* owned */
    uint64_t counts[TALLY_COUNTS];
};

struct tally { /* zero-initialised is empty; entries are sorted by name, ASCII case-insensitively */
    struct tally_entry *entries;
    size_t count;
    size_t cap;
};

/* The entry of that name, a new one if need be; valid until the next call. CS_E_NOMEM. */
CS_MUST_USE enum cs_err tally_at(struct tally *tally, const char *name, struct tally_entry **out);
/* Adds one to a count of that name. */
CS_MUST_USE enum cs_err tally_add(struct tally *tally, const char *name, size_t count);
/* 0 where there is no such name. */
uint64_t tally_count(const struct tally *tally, const char *name, size_t count);
void tally_dispose(struct tally *tally); /* idempotent */

#endif
