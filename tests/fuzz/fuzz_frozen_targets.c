// layers: scanner
// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "scanner/target_set.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct target_set *set;
    struct target_set *again;
    struct target_set_facts facts;
    struct target target;
    struct buf frozen = {0};
    if (target_set_thaw(&set, (const char *)data, size, NULL) != CS_OK)
        return 0;
    if (target_set_count(set) == 0 || target_set_count(set) > TARGET_SET_MAX)
        abort();
    target_set_get(set, target_set_count(set) - 1, &target);
    target_set_facts(set, &facts);
    if (target_set_freeze(set, &frozen) != CS_OK ||
        target_set_thaw(&again, buf_str(&frozen), frozen.len, NULL) != CS_OK ||
        target_set_count(again) != target_set_count(set))
        abort();
    target_set_free(again);
    target_set_free(set);
    buf_dispose(&frozen);
    return 0;
}
