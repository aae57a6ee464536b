// SPDX-License-Identifier: Apache-2.0
/* Rows of a CSV file (RFC 4180, and what spreadsheets make of it): comma, semicolon or tab, found out from
 * the first line; a byte order mark is skipped; CR, LF and CR LF end a row; quoted fields may hold
 * separators, line ends and doubled quotes. Memory is bounded by one row. */
#ifndef BASE_CSV_H
#define BASE_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/diag.h"

#define CSV_MAX_ROW    ((size_t)4 << 20) /* bytes */
#define CSV_MAX_FIELDS 1000

struct csv_reader { /* zero, then set `file` */
    FILE *file;     /* borrowed */
    char separator; /* 0 = to be found out */
    size_t line;    /* at which the row begins, from 1 */
    size_t count;   /* of the fields of the row */

    /* inner */
    size_t lines_read;
    size_t ahead_at;
    struct buf ahead;  /* the first line, read to find out the separator */
    struct buf fields; /* NUL-terminated, one after the other */
    size_t begins[CSV_MAX_FIELDS];
};

/* The next row that is not empty; `*more` is false at the end. CS_E_INVALID, with the line in `diag` (a NUL
 * byte, UTF-16, a row of more than CSV_MAX_ROW, too many fields, a quote that nothing closes), CS_E_IO,
 * CS_E_NOMEM: there are no more rows. */
CS_MUST_USE enum cs_err csv_next(struct csv_reader *reader, bool *more, struct diag *diag);

/* "" behind the last one. Valid until the next row. */
const char *csv_field(const struct csv_reader *reader, size_t index);

void csv_dispose(struct csv_reader *reader);

#endif
