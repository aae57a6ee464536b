// SPDX-License-Identifier: Apache-2.0
#include "db/exclusions.h"

#include <string.h>

#include "base/text.h"
#include "db/sql.h"

enum cs_err exclusions_add(struct store *store, const char *what, const struct ip_range *range,
                           const char *reason, int64_t now_s, const int64_t *until_s, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    char shown[160];
    enum cs_err err = sql_prepare(store, &stmt,
                                  "INSERT INTO exclusion (what, first_ip, last_ip, reason, created_at, until)"
                                  " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                                  diag);
    if (err == CS_OK) {
        sql_bind_text(stmt, 1, what);
        if (range != NULL) {
            sql_bind_blob(stmt, 2, range->first.bytes, sizeof range->first.bytes);
            sql_bind_blob(stmt, 3, range->last.bytes, sizeof range->last.bytes);
        }
        sql_bind_text(stmt, 4, reason);
        sql_bind_int(stmt, 5, now_s);
        if (until_s != NULL)
            sql_bind_int(stmt, 6, *until_s);
        err = sql_run(store, stmt, diag);
        if (err == CS_E_EXISTS)
            diag_set(diag, "%s is excluded already; remove it first to change reason or date",
                     text_printable(shown, sizeof shown, what));
    }
    sqlite3_finalize(stmt);
    return err;
}

enum cs_err exclusions_remove(struct store *store, const char *what, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    char shown[160];
    enum cs_err err = sql_prepare(store, &stmt, "DELETE FROM exclusion WHERE what = ?1", diag);
    if (err == CS_OK) {
        sql_bind_text(stmt, 1, what);
        err = sql_run(store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    if (err == CS_OK && sqlite3_changes(store->db) == 0)
        return diag_fail(diag, CS_E_NOT_FOUND, "there is no exclusion %s; `certscour exclude list` shows all",
                         text_printable(shown, sizeof shown, what));
    return err;
}

static void read_range(sqlite3_stmt *stmt, struct exclusion_row *row)
{
    row->is_range = sqlite3_column_bytes(stmt, 2) == 16 && sqlite3_column_bytes(stmt, 3) == 16;
    if (!row->is_range)
        return;
    memcpy(row->range.first.bytes, sqlite3_column_blob(stmt, 2), 16);
    memcpy(row->range.last.bytes, sqlite3_column_blob(stmt, 3), 16);
}

enum cs_err exclusions_each(struct store *store, int64_t now_s, bool expired_too, exclusion_each each,
                            void *context, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum cs_err err =
        sql_prepare(store, &stmt,
                    "SELECT id, what, first_ip, last_ip, reason, created_at, until FROM exclusion"
                    " WHERE ?2 OR until IS NULL OR until > ?1 ORDER BY first_ip, what",
                    diag);
    if (err == CS_OK) {
        sql_bind_int(stmt, 1, now_s);
        sql_bind_int(stmt, 2, expired_too);
    }
    while (err == CS_OK) {
        err = sql_step(store, stmt, &row, diag);
        if (err != CS_OK || !row)
            break;
        struct exclusion_row exclusion = {
            .id = sqlite3_column_int64(stmt, 0),
            .what = sql_text(stmt, 1),
            .reason = sql_text(stmt, 4),
            .created_at_s = sqlite3_column_int64(stmt, 5),
            .has_until = sqlite3_column_type(stmt, 6) != SQLITE_NULL,
            .until_s = sqlite3_column_int64(stmt, 6),
        };
        read_range(stmt, &exclusion);
        err = each(context, &exclusion);
    }
    sqlite3_finalize(stmt);
    return err;
}
