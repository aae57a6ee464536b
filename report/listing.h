// SPDX-License-Identifier: Apache-2.0
/* Every list and report in one of five formats, streamed: table, json (one array), jsonl, csv, html. A
 * listing knows its columns as a table; a row is handed over cell by cell. Text of any origin is made
 * harmless for its format. */
#ifndef REPORT_LISTING_H
#define REPORT_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/text_list.h"
#include "report/html.h"

enum listing_format { LISTING_TABLE, LISTING_JSON, LISTING_JSONL, LISTING_CSV, LISTING_HTML };
CS_MUST_USE enum cs_err listing_format_parse(enum listing_format *out, const char *text, struct diag *diag);

struct listing_column {
    const char *name;
    bool in_table; /* shown in a table and a page without --columns */
};

struct listing_options {
    enum listing_format format;
    const char *columns;          /* --columns: comma-separated names; NULL = the default */
    const char *sort;             /* --sort: a column, `-column` for descending; NULL = as they come */
    uint64_t limit;               /* rows; 0 = all */
    bool no_header;               /* csv, table */
    char csv_separator;           /* 0 = comma */
    size_t width;                 /* columns of the terminal; 0 = unlimited */
    const struct html_page *page; /* html: what is around the table, borrowed until the listing is closed */
};

#define LISTING_MAX_SORTED ((size_t)1 << 30) /* bytes of rows held to be sorted */

struct listing; /* opaque */

/* `columns` is borrowed. CS_E_INVALID: an unknown column, the message lists them all. */
CS_MUST_USE enum cs_err listing_open(struct listing **out, FILE *file, const struct listing_options *options,
                                     const struct listing_column *columns, size_t count, struct diag *diag);

/* The cells of one row, in the order of the columns; a column that is not wanted may be given all the same.
 * Unset cells are null. */
bool listing_wants(const struct listing *listing, size_t column);
void listing_text(struct listing *listing, size_t column, const char *text); /* NULL = null */
void listing_int(struct listing *listing, size_t column, int64_t number);
void listing_bool(struct listing *listing, size_t column, bool value);
void listing_time(struct listing *listing, size_t column, int64_t time_s);
void listing_texts(struct listing *listing, size_t column, const char *const *texts, size_t count);

/* Ends the row. CS_E_CANCELLED: the limit is reached, no more rows are wanted; CS_E_IO: cannot be written. */
CS_MUST_USE enum cs_err listing_end_row(struct listing *listing, struct diag *diag);

/* Writes what is held back and frees. Call it always; `err` of earlier calls is passed through
 * (CS_E_CANCELLED by the limit becomes CS_OK). */
CS_MUST_USE enum cs_err listing_close(struct listing *listing, enum cs_err err, struct diag *diag);

#endif
