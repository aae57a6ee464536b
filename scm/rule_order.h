// SPDX-License-Identifier: Apache-2.0
/* One order brought into another. Pure. */
#ifndef SCM_RULE_ORDER_H
#define SCM_RULE_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Brings the ids of `wanted` (each once) into `current`: those that are there already fill the places they
 * hold together, in the order of `wanted`; one that is not there comes directly behind the one before it in
 * `wanted`, or before the one behind it; where none is there, all come last. The others stay where they are.
 * `out` has room for both together; returns how many there are. */
size_t rule_order_merge(int64_t *out, const int64_t *current, size_t current_count, const int64_t *wanted,
                        size_t wanted_count);

bool rule_order_has(const int64_t *ids, size_t count, int64_t id);

#endif
