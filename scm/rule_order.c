// SPDX-License-Identifier: Apache-2.0
#include "scm/rule_order.h"

bool rule_order_has(const int64_t *ids, size_t count, int64_t id)
{
    for (size_t i = 0; i < count; i++) {
        if (ids[i] == id)
            return true;
    }
    return false;
}

size_t rule_order_merge(int64_t *out, const int64_t *current, size_t current_count, const int64_t *wanted,
                        size_t wanted_count)
{
    size_t count = 0;
    size_t next = 0; /* of `wanted` */
    for (size_t i = 0; i < current_count; i++) {
        if (!rule_order_has(wanted, wanted_count, current[i])) {
            out[count++] = current[i];
            continue;
        }
        while (!rule_order_has(current, current_count, wanted[next])) /* new ones in front of the first */
            out[count++] = wanted[next++];
        out[count++] = wanted[next++];
        while (next < wanted_count && !rule_order_has(current, current_count, wanted[next]))
            out[count++] = wanted[next++];
    }
    while (next < wanted_count)
        out[count++] = wanted[next++];
    return count;
}
