// SPDX-License-Identifier: Apache-2.0
/* Lines of a file or pipe, bounded, with their numbers. */
#ifndef SCANNER_LINE_READER_H
#define SCANNER_LINE_READER_H

#include <stdbool.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/diag.h"

#define LINE_MAX_BYTES ((size_t)4 << 20) /* nmap puts all ports of a host into one line */

struct line_reader {
    FILE *file;       /* borrowed */
    const char *name; /* for messages; borrowed */
    size_t number;    /* of the line read last, from 1 */
    struct buf line;  /* without line end (LF or CR LF); NUL-terminated */
};

/* The next line into reader->line; *more is false at the end. CS_E_INVALID: over-long line, NUL byte, read
 * error. */
CS_MUST_USE enum cs_err line_reader_next(struct line_reader *reader, bool *more, struct diag *diag);
void line_reader_dispose(struct line_reader *reader);

#endif
