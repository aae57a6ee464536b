// SPDX-License-Identifier: Apache-2.0
/* Verdicts on chains as columns. Each chain is judged once, when it is stored, and again when the roots that
 * are trusted have become others. */
#ifndef DB_CHAIN_VERDICTS_H
#define DB_CHAIN_VERDICTS_H

#include <stddef.h>

#include "cert/trust.h"
#include "db/store.h"

/* How many chains were judged under other roots, or never; counts up to `most` and costs a look-up where
 * there is none. */
CS_MUST_USE enum cs_err chain_verdicts_stale(struct store *store, struct trust *trust, size_t most,
                                             size_t *out, struct diag *diag);

/* Judges them. Commits every few hundred, so that it can be interrupted and others can write. */
CS_MUST_USE enum cs_err chain_verdicts_refresh(struct store *store, struct trust *trust, int64_t now_s,
                                               struct diag *diag);

/* ---- for .c files of db/ only: the columns `roots IS NOT NULL, flaws, path_ends` ---- */

struct sqlite3_stmt;
struct chain_verdict chain_verdict_read(struct sqlite3_stmt *stmt, int at);
/* The parameters roots, flaws, path_ends. `verdict` NULL or not known: as never judged. */
void chain_verdict_bind(struct sqlite3_stmt *stmt, int at, const struct chain_verdict *verdict,
                        const uint8_t *roots);

#endif
