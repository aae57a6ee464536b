// SPDX-License-Identifier: Apache-2.0
#include "db/task_links.h"

#include <stdlib.h>

#include "base/text.h"
#include "db/sql.h"

void task_link_dispose(struct task_link *link)
{
    free(link->bucket);
    free(link->agreed);
    *link = (struct task_link){0};
}

enum cs_err task_links_get(struct store *store, int64_t task_id, struct task_link *out, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool found = false;
    *out = (struct task_link){0};
    enum cs_err err =
        sql_prepare(store, &stmt, "SELECT bucket, agreed FROM task_link WHERE task_id = ?1", diag);
    if (err == CS_OK) {
        sql_bind_int(stmt, 1, task_id);
        err = sql_step(store, stmt, &found, diag);
    }
    if (err == CS_OK && found) {
        out->bucket = text_copy(sql_text(stmt, 0));
        out->agreed = text_copy(sql_text(stmt, 1));
        if ((sql_text(stmt, 0) != NULL && out->bucket == NULL) ||
            (sql_text(stmt, 1) != NULL && out->agreed == NULL))
            err = diag_fail(diag, CS_E_NOMEM, "out of memory");
    }
    sqlite3_finalize(stmt);
    return err;
}

enum cs_err task_links_put(struct store *store, int64_t task_id, const char *bucket, const char *agreed,
                           struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err = sql_prepare(
        store, &stmt,
        "INSERT INTO task_link (task_id, bucket, agreed) VALUES (?1, ?2, ?3) ON CONFLICT (task_id)"
        " DO UPDATE SET bucket = coalesce(excluded.bucket, bucket), agreed = excluded.agreed",
        diag);
    if (err == CS_OK) {
        sql_bind_int(stmt, 1, task_id);
        sql_bind_text(stmt, 2, bucket);
        sql_bind_text(stmt, 3, agreed);
        err = sql_run(store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    return err;
}

enum cs_err task_links_drop(struct store *store, int64_t task_id, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err = sql_prepare(store, &stmt, "DELETE FROM task_link WHERE task_id = ?1", diag);
    if (err == CS_OK) {
        sql_bind_int(stmt, 1, task_id);
        err = sql_run(store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    return err;
}
