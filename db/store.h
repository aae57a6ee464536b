// SPDX-License-Identifier: Apache-2.0
/* The store: one SQLite file in WAL mode. One struct store is one connection and belongs to one thread;
 * several processes may have the file open. Reading never creates it. Every error has a sentence in `diag`.
 */
#ifndef DB_STORE_H
#define DB_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/err.h"

struct store; /* opaque */

enum store_mode {
    STORE_READ,  /* the file must exist: CS_E_NOT_FOUND */
    STORE_WRITE, /* created when absent (0600; 0660 where its directory is group-writable; parents are made
                    0700) */
};

/* Opens, checks that it is ours (application_id), migrates an older file when writing (a copy is kept beside
 * it, and `diag` names it on CS_OK; "" otherwise). A reader of an older file gets CS_E_READONLY with advice.
 * CS_E_NEWER, CS_E_CORRUPT, CS_E_READONLY, CS_E_BUSY, CS_E_FULL, CS_E_IO. */
CS_MUST_USE enum cs_err store_open(struct store **out, const char *path, enum store_mode mode,
                                   struct diag *diag);
void store_close(struct store *store); /* NULL is fine */
const char *store_path(const struct store *store);

/* One write transaction around several calls (BEGIN IMMEDIATE); never held over network waits. */
CS_MUST_USE enum cs_err store_begin(struct store *store, struct diag *diag);
CS_MUST_USE enum cs_err store_commit(struct store *store, struct diag *diag);
void store_rollback(struct store *store); /* reports nothing: the first error is the one to keep */

/* A number that changes whenever any process commits (PRAGMA data_version). */
int64_t store_data_version(struct store *store);

#endif
