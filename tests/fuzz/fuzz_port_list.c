// layers: scanner
// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "scanner/port_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct port_list once = {0};
    struct port_list again = {0};
    struct buf text = {0};
    char *copy = malloc(size + 1);
    if (copy == NULL)
        return 0;
    memcpy(copy, data, size);
    copy[size] = '\0';
    if (port_list_parse(&once, copy, NULL) == CS_OK) { /* what was read is written, and read as the same */
        port_list_format(&text, &once);
        if (port_list_parse(&again, buf_str(&text), NULL) != CS_OK || again.count != once.count)
            abort();
        for (size_t i = 0; i < once.count; i++) {
            if (once.entries[i].port != again.entries[i].port ||
                once.entries[i].protocol != again.entries[i].protocol)
                abort();
        }
    }
    free(copy);
    buf_dispose(&text);
    port_list_dispose(&once);
    port_list_dispose(&again);
    return 0;
}
