// SPDX-License-Identifier: Apache-2.0
#include "db/sql.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

static enum cs_err meaning(int rc)
{
    switch (rc & 0xFF) {
    case SQLITE_OK:
        return CS_OK;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return CS_E_BUSY;
    case SQLITE_FULL:
        return CS_E_FULL;
    case SQLITE_NOMEM:
        return CS_E_NOMEM;
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return CS_E_READONLY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return CS_E_CORRUPT;
    case SQLITE_CONSTRAINT:
        return CS_E_EXISTS;
    case SQLITE_TOOBIG:
        return CS_E_LIMIT;
    default:
        return CS_E_IO;
    }
}

/* A full file system shows as an I/O error where SQLite maps memory or grows its index of the log. */
static bool is_disk_full(const struct store *store)
{
    struct statvfs info;
    return (store->db != NULL && sqlite3_system_errno(store->db) == ENOSPC) ||
           (statvfs(store->path, &info) == 0 && info.f_bavail == 0);
}

enum cs_err sql_fail(struct store *store, int rc, struct diag *diag)
{
    enum cs_err err = meaning(rc);
    if (err == CS_E_IO && (rc & 0xFF) == SQLITE_IOERR && is_disk_full(store))
        err = CS_E_FULL;
    const char *said = store->db != NULL ? sqlite3_errmsg(store->db) : sqlite3_errstr(rc);
    switch (err) {
    case CS_E_BUSY:
        diag_set(diag, "%s: another process is writing to the database and does not let go", store->path);
        break;
    case CS_E_FULL:
        diag_set(diag, "%s: no space is left for the database", store->path);
        break;
    case CS_E_READONLY:
        diag_set(diag, "%s: the database cannot be written: %s", store->path, said);
        break;
    case CS_E_CORRUPT:
        diag_set(diag, "%s: no certscour database, or a damaged one (%s); restore a back-up", store->path,
                 said);
        break;
    default:
        diag_set(diag, "%s: %s%s", store->path, said,
                 (rc & 0xFF) == SQLITE_CANTOPEN
                     ? " (file and folder must be writable, for reading too: SQLite keeps its log beside it)"
                     : "");
    }
    return err;
}

enum cs_err sql_prepare(struct store *store, sqlite3_stmt **out, const char *sql, struct diag *diag)
{
    int rc = sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL);
    return rc == SQLITE_OK ? CS_OK : sql_fail(store, rc, diag);
}

enum cs_err sql_keep(struct store *store, sqlite3_stmt **out, const char *sql, struct diag *diag)
{
    for (size_t i = 0; i < store->kept_count; i++) {
        if (store->kept[i].sql == sql) {
            *out = store->kept[i].stmt;
            return CS_OK;
        }
    }
    assert(store->kept_count < SQL_MAX_KEPT);
    enum cs_err err = sql_prepare(store, out, sql, diag);
    if (err == CS_OK)
        store->kept[store->kept_count++] = (struct sql_kept){sql, *out};
    return err;
}

enum cs_err sql_exec(struct store *store, const char *sql, struct diag *diag)
{
    int rc = sqlite3_exec(store->db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? CS_OK : sql_fail(store, rc, diag);
}

enum cs_err sql_step(struct store *store, sqlite3_stmt *stmt, bool *row, struct diag *diag)
{
    int rc = sqlite3_step(stmt);
    *row = rc == SQLITE_ROW;
    if (rc == SQLITE_ROW)
        return CS_OK;
    enum cs_err err = rc == SQLITE_DONE ? CS_OK : sql_fail(store, rc, diag);
    sqlite3_reset(stmt);
    return err;
}

enum cs_err sql_run(struct store *store, sqlite3_stmt *stmt, struct diag *diag)
{
    bool row = true;
    enum cs_err err = CS_OK;
    while (row && err == CS_OK)
        err = sql_step(store, stmt, &row, diag);
    return err;
}

enum cs_err sql_int(struct store *store, sqlite3_stmt *stmt, int64_t *out, int64_t missing, struct diag *diag)
{
    bool row;
    enum cs_err err = sql_step(store, stmt, &row, diag);
    *out = err == CS_OK && row ? sqlite3_column_int64(stmt, 0) : missing;
    sqlite3_reset(stmt);
    return err;
}

void sql_bind_text(sqlite3_stmt *stmt, int at, const char *text)
{
    if (text != NULL)
        sqlite3_bind_text(stmt, at, text, -1, SQLITE_STATIC);
    else
        sqlite3_bind_null(stmt, at);
}

void sql_bind_int(sqlite3_stmt *stmt, int at, int64_t value)
{
    sqlite3_bind_int64(stmt, at, value);
}

void sql_bind_id(sqlite3_stmt *stmt, int at, int64_t id)
{
    if (id != 0)
        sqlite3_bind_int64(stmt, at, id);
    else
        sqlite3_bind_null(stmt, at);
}

void sql_bind_blob(sqlite3_stmt *stmt, int at, const void *bytes, size_t len)
{
    sqlite3_bind_blob64(stmt, at, bytes, len, SQLITE_STATIC);
}

const char *sql_text(sqlite3_stmt *stmt, int at)
{
    return (const char *)sqlite3_column_text(stmt, at);
}

enum cs_err sql_transaction(struct store *store, sql_body body, void *context, struct diag *diag)
{
    enum cs_err err = store_begin(store, diag);
    if (err != CS_OK)
        return err;
    err = body(store, context, diag);
    if (err == CS_OK)
        err = store_commit(store, diag);
    if (err != CS_OK)
        store_rollback(store); /* reports nothing: the first error is the one to keep */
    return err;
}
