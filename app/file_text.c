// SPDX-License-Identifier: Apache-2.0
#include "app/file_text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define PART 65536

enum cs_err file_text_read(struct buf *out, const char *path, size_t max, struct diag *diag)
{
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "re");
    if (file == NULL)
        return diag_fail(diag, CS_E_INVALID, "%s: %s", path, strerror(errno));
    buf_init(out, max);
    for (size_t got = 1; got > 0 && out->err == CS_OK;) {
        uint8_t *room = buf_reserve(out, PART);
        got = room != NULL ? fread(room, 1, PART, file) : 0;
        if (got > 0)
            buf_commit(out, got);
    }
    bool failed = ferror(file) != 0;
    int why = errno;
    if (!is_stdin)
        fclose(file);
    if (failed || out->err != CS_OK)
        return diag_fail(diag, CS_E_INVALID, "%s: %s", path, failed ? strerror(why) : "too large");
    return CS_OK;
}
