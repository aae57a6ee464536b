// layers: scanner
// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "scanner/target_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct target_text target;
    struct diag diag = {0};
    enum cs_err err = target_text_parse(&target, (const char *)data, size, &diag);
    if (err != CS_OK) {
        if (diag.text[0] == '\0')
            abort(); /* every refusal has a reason */
        return 0;
    }
    if (target.is_range && ip_compare(target.range.first, target.range.last) > 0)
        abort();
    if (!target.is_range && (target.name[0] == '\0' || strlen(target.name) > ENDPOINT_MAX_NAME))
        abort();
    if (target.has_port && target.port.port == 0)
        abort();
    return 0;
}
