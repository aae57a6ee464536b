// layers: base
// SPDX-License-Identifier: Apache-2.0
/* Any bytes as a CSV file: rows have fields within bounds and lines that go up, and it ends. */
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct diag diag = {0};
    size_t line = 0;
    bool more = true;
    if (size == 0)
        return 0;
    struct csv_reader *reader = calloc(1, sizeof *reader);
    FILE *file = fmemopen((void *)data, size, "r");
    if (reader == NULL || file == NULL)
        abort();
    reader->file = file;
    while (more) {
        if (csv_next(reader, &more, &diag) != CS_OK) {
            if (more || strncmp(diag.text, "line ", 5) != 0)
                abort(); /* every refusal names its line */
            break;
        }
        if (more && (reader->count == 0 || reader->line <= line))
            abort();
        line = reader->line;
        for (size_t i = 0, total = 0; more && i < reader->count; i++) {
            total += strlen(csv_field(reader, i));
            if (total > size)
                abort();
        }
    }
    csv_dispose(reader);
    free(reader);
    fclose(file);
    return 0;
}
