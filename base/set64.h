// SPDX-License-Identifier: Apache-2.0
/* A set of 64-bit hashes (open addressing, grows, never shrinks). 0 is an ordinary member. */
#ifndef BASE_SET64_H
#define BASE_SET64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct set64 {
    uint64_t *slots; /* owned; 0 = free */
    size_t slot_count;
    size_t used;
    bool has_zero;
};

/* Zero-initialised is an empty set. CS_E_NOMEM leaves the set as it was; *added (may be NULL) tells if it is
 * new. */
CS_MUST_USE enum cs_err set64_add(struct set64 *set, uint64_t value, bool *added);
bool set64_has(const struct set64 *set, uint64_t value);
size_t set64_count(const struct set64 *set);
void set64_dispose(struct set64 *set);

#endif
