// SPDX-License-Identifier: Apache-2.0
#include "db/sent_log.h"

#include "db/sql.h"

enum cs_err sent_log_begin(struct store *store, const struct sent_by *by, int64_t push_id, const char *call,
                           const char *about, int64_t now_s, int64_t *id, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err =
        sql_prepare(store, &stmt,
                    "INSERT INTO sent_call (push_id, provider, server, account, local_user, sent_at, call,"
                    " about) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                    diag);
    if (err == CS_OK) {
        sql_bind_id(stmt, 1, push_id);
        sql_bind_text(stmt, 2, by->provider);
        sql_bind_text(stmt, 3, by->server);
        sql_bind_text(stmt, 4, by->account);
        sql_bind_text(stmt, 5, by->local_user);
        sql_bind_int(stmt, 6, now_s);
        sql_bind_text(stmt, 7, call);
        sql_bind_text(stmt, 8, about);
        err = sql_run(store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    *id = err == CS_OK ? sqlite3_last_insert_rowid(store->db) : 0;
    return err;
}

enum cs_err sent_log_end(struct store *store, int64_t id, int status, const char *answer, int64_t now_s,
                         struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err = sql_prepare(
        store, &stmt, "UPDATE sent_call SET status = ?2, answer = ?3, answered_at = ?4 WHERE id = ?1", diag);
    if (err == CS_OK) {
        sql_bind_int(stmt, 1, id);
        sql_bind_int(stmt, 2, status);
        sql_bind_text(stmt, 3, answer);
        sql_bind_int(stmt, 4, now_s);
        err = sql_run(store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    return err;
}

enum cs_err sent_log_explain(struct store *store, int64_t id, const char *answer, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    enum cs_err err = sql_prepare(store, &stmt, "UPDATE sent_call SET answer = ?2 WHERE id = ?1", diag);
    if (err == CS_OK) {
        sql_bind_int(stmt, 1, id);
        sql_bind_text(stmt, 2, answer);
        err = sql_run(store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    return err;
}

static void read_row(sqlite3_stmt *stmt, struct sent_row *row)
{
    *row = (struct sent_row){
        .id = sqlite3_column_int64(stmt, 0),
        .push_id = sqlite3_column_int64(stmt, 1),
        .by = {sql_text(stmt, 2), sql_text(stmt, 3), sql_text(stmt, 4), sql_text(stmt, 5)},
        .sent_at_s = sqlite3_column_int64(stmt, 6),
        .call = sql_text(stmt, 7),
        .about = sql_text(stmt, 8),
        .answered_at_s = sqlite3_column_int64(stmt, 9),
        .status = sqlite3_column_int64(stmt, 10),
        .answer = sql_text(stmt, 11),
    };
}

enum cs_err sent_log_each(struct store *store, int64_t push_id, sent_each each, void *context,
                          struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool more = true;
    enum cs_err err = sql_prepare(store, &stmt,
                                  "SELECT id, push_id, provider, server, account, local_user, sent_at, call,"
                                  " about, answered_at, status, answer FROM sent_call"
                                  " WHERE ?1 IS NULL OR push_id = ?1 ORDER BY id DESC",
                                  diag);
    if (err == CS_OK)
        sql_bind_id(stmt, 1, push_id);
    while (err == CS_OK) {
        struct sent_row row;
        err = sql_step(store, stmt, &more, diag);
        if (err != CS_OK || !more)
            break;
        read_row(stmt, &row);
        err = each(context, &row);
    }
    sqlite3_finalize(stmt);
    return err;
}
