// SPDX-License-Identifier: Apache-2.0
#include "scanner/line_reader.h"

#include <errno.h>
#include <string.h>

static enum cs_err fail(struct line_reader *reader, struct diag *diag, const char *reason)
{
    return diag_fail(diag, CS_E_INVALID, "%s:%zu: %s", reader->name, reader->number, reason);
}

enum cs_err line_reader_next(struct line_reader *reader, bool *more, struct diag *diag)
{
    int c;
    buf_reset(&reader->line);
    reader->line.max = LINE_MAX_BYTES;
    reader->number++;
    while ((c = getc_unlocked(reader->file)) != EOF && c != '\n') {
        if (c == '\0')
            return fail(reader, diag, "a NUL byte: this is no text file");
        buf_append_char(&reader->line, (char)c);
        if (reader->line.err != CS_OK)
            return fail(reader, diag, "the line is too long");
    }
    if (ferror(reader->file) != 0)
        return fail(reader, diag, strerror(errno));
    if (reader->line.len > 0 && reader->line.data[reader->line.len - 1] == '\r')
        reader->line.data[--reader->line.len] = '\0';
    *more = c != EOF || reader->line.len > 0;
    return CS_OK;
}

void line_reader_dispose(struct line_reader *reader)
{
    buf_dispose(&reader->line);
}
