// layers: rules
// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "rules/ruleset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ruleset set = {0};
    struct ruleset again = {0};
    struct buf skipped = {0};
    struct buf text = {0};
    if (ruleset_from_json(&set, (const char *)data, size, NULL, NULL, &skipped, NULL) == CS_OK) {
        ruleset_to_json(&set, &text);
        if (ruleset_from_json(&again, buf_str(&text), text.len, NULL, NULL, NULL, NULL) != CS_OK ||
            again.count != set.count)
            abort();
    } else if (set.count != 0) {
        abort(); /* nothing half read stays */
    }
    ruleset_dispose(&again);
    ruleset_dispose(&set);
    buf_dispose(&skipped);
    buf_dispose(&text);
    return 0;
}
