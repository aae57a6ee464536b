// SPDX-License-Identifier: Apache-2.0
/* Small helpers around SQLite, for .c files of db/ only. Statements are made once or for one use; errors
 * become cs_err with a sentence. */
#ifndef DB_SQL_H
#define DB_SQL_H

#include <sqlite3.h>
#include <stddef.h>

#include "db/store.h"

#define SQL_MAX_KEPT 16

struct store {
    sqlite3 *db;
    char *path;
    enum store_mode mode;
    struct sql_kept {
        const char *sql;
        sqlite3_stmt *stmt;
    } kept[SQL_MAX_KEPT];
    size_t kept_count;
};

/* What SQLite's last error means; `diag` gets "PATH: sentence". */
enum cs_err sql_fail(struct store *store, int rc, struct diag *diag);

CS_MUST_USE enum cs_err sql_prepare(struct store *store, sqlite3_stmt **out, const char *sql,
                                    struct diag *diag);
/* For what is run many times: prepared once, and the store's to finalize. `sql` is a static text, by whose
 * address it is found again; at most SQL_MAX_KEPT of them. Whoever reads rows of it and stops before the last
 * resets it. */
CS_MUST_USE enum cs_err sql_keep(struct store *store, sqlite3_stmt **out, const char *sql, struct diag *diag);
CS_MUST_USE enum cs_err sql_exec(struct store *store, const char *sql, struct diag *diag);

/* One row or the end. After the end or an error the statement is reset, ready for new values. */
CS_MUST_USE enum cs_err sql_step(struct store *store, sqlite3_stmt *stmt, bool *row, struct diag *diag);
/* For statements without rows. */
CS_MUST_USE enum cs_err sql_run(struct store *store, sqlite3_stmt *stmt, struct diag *diag);
/* The first column of the first row; `missing` where there is none. Resets the statement. */
CS_MUST_USE enum cs_err sql_int(struct store *store, sqlite3_stmt *stmt, int64_t *out, int64_t missing,
                                struct diag *diag);

/* Parameters count from 1. Text and blobs must outlive the statement's run. NULL text binds NULL. */
void sql_bind_text(sqlite3_stmt *stmt, int at, const char *text);
void sql_bind_int(sqlite3_stmt *stmt, int at, int64_t value);
void sql_bind_id(sqlite3_stmt *stmt, int at, int64_t id); /* 0 binds NULL */
void sql_bind_blob(sqlite3_stmt *stmt, int at, const void *bytes, size_t len);

/* Columns count from 0. */
const char *sql_text(sqlite3_stmt *stmt, int at); /* NULL for NULL */

/* Runs all of `body` in a transaction of its own. */
typedef enum cs_err (*sql_body)(struct store *store, void *context, struct diag *diag);
CS_MUST_USE enum cs_err sql_transaction(struct store *store, sql_body body, void *context, struct diag *diag);

#endif
