// SPDX-License-Identifier: Apache-2.0
/* Reads lists of certificates: CSV and JSON exports, PEM bundles, DER, and directories of such files. What a
 * file is, its first bytes say. CSV is read row by row; the others are held in memory whole. */
#ifndef INVENTORY_LIST_FILE_H
#define INVENTORY_LIST_FILE_H

#include <stdio.h>

#include "inventory/list_row.h"

#define LIST_MAX_WHOLE ((size_t)128 << 20) /* bytes of a file that is no CSV */

struct list_reading { /* the caller sets the first four */
    enum cs_err (*put)(void *context, const struct inventory_certificate *certificate, struct diag *diag);
    void (*note)(void *context, const char *text); /* of one row: "FILE:LINE: what is wrong" */
    bool (*stopped)(void *context);                /* asked now and then; NULL = never */
    void *context;
    int64_t taken;
    int64_t bad;             /* rows that were left out, with a note for each */
    int64_t no_certificate;  /* rows without one: requested, rejected; and certificates of CAs */
    int64_t unknown_columns; /* over all files */
};

/* One file, or all files of a directory by name (not those below it, and none that begin with a dot).
 * CS_E_INVALID, with the file (and line) in `diag`: no format that is known, no column that tells a
 * certificate, no certificate in it at all; nothing of the list is to be used then. CS_E_CANCELLED. */
CS_MUST_USE enum cs_err list_read(struct list_reading *reading, const char *path, struct diag *diag);

/* The same of an open file. `name` is for messages. */
CS_MUST_USE enum cs_err list_read_stream(struct list_reading *reading, FILE *file, const char *name,
                                         struct diag *diag);

#endif
